/**
 * The kernel interface page: contents, entry code, the boot info beside it.
 *
 * Here: writing the page once at boot. Not here: field offsets (→ api/kip.ts), mapping it (→ object/address-space.ts).
 * Entry code: Ipc and Lipc are `pop %ebx; mov %esp,%ebp; sysenter`: the kernel returns to EBX with
 * ESP = EBP. SystemClock is user code. Each other call is `int $0x30+n; ret`. Local ids are converted by the kernel.
 * @module
 */

import { PAGE_SIZE } from "../../api/fpage.ts";
import {
  BOOT_INFO_HEADER_SIZE,
  BOOT_INFO_MAGIC,
  BOOT_RECORD_MODULE,
  BOOT_RECORD_RESET,
  KIP_API_VERSION,
  KIP_API_VERSION_WORD,
  KIP_BOOT_INFO,
  KIP_CLOCK_INFO,
  KIP_EXCHANGE_REGISTERS,
  KIP_IPC,
  KIP_KERN_DESC_PTR,
  KIP_KERNEL_ID,
  KIP_KIP_AREA_INFO,
  KIP_LIPC,
  KIP_MAGIC,
  KIP_MAGIC_WORD,
  KIP_MEMORY_CONTROL,
  KIP_MEMORY_INFO,
  KIP_PAGE_INFO,
  KIP_PROC_DESC_PTR,
  KIP_PROCESSOR_CONTROL,
  KIP_PROCESSOR_INFO,
  KIP_RESIDENT_CONTROL,
  KIP_RESTART_CONTROL,
  KIP_ROOT_SERVER,
  KIP_SCHEDULE,
  KIP_SIGMA0,
  KIP_SPACE_CONTROL,
  KIP_STATE_CONTROL,
  KIP_SYSTEM_CLOCK,
  KIP_THREAD_CONTROL,
  KIP_THREAD_INFO,
  KIP_THREAD_SWITCH,
  KIP_UNMAP,
  KIP_UTCB_INFO,
  MEMORY_BOOT_IMAGE,
  MEMORY_BOOT_INFO,
  MEMORY_BOOT_MODULE,
  MEMORY_CONVENTIONAL,
  MEMORY_RESERVED,
  MEMORY_SHARED,
  MEMORY_VIRTUAL,
  USER_AREA_END,
} from "../../api/kip.ts";
import {
  SYSCALL_EXCHANGE_REGISTERS,
  SYSCALL_MEMORY_CONTROL,
  SYSCALL_PROCESSOR_CONTROL,
  SYSCALL_RESIDENT_CONTROL,
  SYSCALL_RESTART_CONTROL,
  SYSCALL_SCHEDULE,
  SYSCALL_SPACE_CONTROL,
  SYSCALL_STATE_CONTROL,
  SYSCALL_THREAD_CONTROL,
  SYSCALL_THREAD_SWITCH,
  SYSCALL_UNMAP,
  SYSCALL_VECTOR_BASE,
} from "../../api/syscall.ts";
import { SYSTEM_BASE, THREAD_NUMBER_BITS, USER_BASE } from "../../api/thread-id.ts";
import { periodCode } from "../../api/time.ts";
import { UTCB_SIZE_BITS } from "../../api/utcb.ts";
import type { BootConfig, FirstProgram } from "../../boot-config.ts";
import type { KernelMemory } from "../../hardware.ts";
import { RESET_REASON_BYTES } from "../../table/layout.ts";

const PROCESSOR_DESCRIPTOR = 0x120;
const KERNEL_DESCRIPTOR = 0x130;
const MEMORY_DESCRIPTORS = 0x180;
const ENTRY_CODE = 0xf00;
/** pop %ebx; mov %esp,%ebp; sysenter */
const SYSENTER_STUB: readonly number[] = [0x5b, 0x89, 0xe5, 0x0f, 0x34];
const LARGE_PAGE_SIZE = 0x400000;
/** Microseconds: a timeout is seen at once, but the way into and out of a wait takes time, too. */
const SCHEDULE_PRECISION = 10;
const DESCRIPTOR_ROOM = (ENTRY_CODE - MEMORY_DESCRIPTORS) / 8;

const TRAP_CALLS: readonly (readonly [number, number])[] = [
  [KIP_SPACE_CONTROL, SYSCALL_SPACE_CONTROL],
  [KIP_THREAD_CONTROL, SYSCALL_THREAD_CONTROL],
  [KIP_PROCESSOR_CONTROL, SYSCALL_PROCESSOR_CONTROL],
  [KIP_MEMORY_CONTROL, SYSCALL_MEMORY_CONTROL],
  [KIP_UNMAP, SYSCALL_UNMAP],
  [KIP_EXCHANGE_REGISTERS, SYSCALL_EXCHANGE_REGISTERS],
  [KIP_THREAD_SWITCH, SYSCALL_THREAD_SWITCH],
  [KIP_SCHEDULE, SYSCALL_SCHEDULE],
  [KIP_RESTART_CONTROL, SYSCALL_RESTART_CONTROL],
  [KIP_RESIDENT_CONTROL, SYSCALL_RESIDENT_CONTROL],
  [KIP_STATE_CONTROL, SYSCALL_STATE_CONTROL],
];

const RESET_RECORD_SIZE = 20 + RESET_REASON_BYTES + 4;

/** Pages that the boot info of these modules takes; it lies right below the arena. A loader that has its own: none. */
export function bootInfoPages(config: BootConfig): number {
  if (config.loader !== undefined) return 0;
  let bytes = BOOT_INFO_HEADER_SIZE + RESET_RECORD_SIZE;
  for (const module of config.modules) bytes += 24 + ((module.commandLine.length + 4) & ~3);
  return Math.ceil(bytes / PAGE_SIZE);
}

/** Whether the KIP has room for the descriptors. */
export function describable(config: BootConfig): boolean {
  return (config.loader?.descriptors.length ?? config.modules.length + 6) + 2 <= DESCRIPTOR_ROOM;
}

/** What a kernel tells of the resets before it. */
export interface LastReset {
  readonly resets: number;
  readonly reason: string;
}

/** Fills the KIP's frame at `kip`, and the boot info below the arena. */
export function writeKip(
  memory: KernelMemory,
  kip: number,
  arenaBase: number,
  config: BootConfig,
  reset: LastReset,
): void {
  const word = (offset: number, value: number): void => memory.write32(kip + offset, value);
  const perMicrosecond = config.cyclesPerMicrosecond ?? 100;
  const bootInfo = arenaBase - bootInfoPages(config) * PAGE_SIZE;
  word(KIP_MAGIC, KIP_MAGIC_WORD);
  word(KIP_API_VERSION, KIP_API_VERSION_WORD);
  word(KIP_KERN_DESC_PTR, KERNEL_DESCRIPTOR);
  writeServer(memory, kip + KIP_SIGMA0, config.sigma0);
  writeServer(memory, kip + KIP_ROOT_SERVER, config.root);
  word(KIP_UTCB_INFO, (12 << 16) | (UTCB_SIZE_BITS << 10) | 1);
  word(KIP_KIP_AREA_INFO, 12);
  word(KIP_BOOT_INFO, config.loader?.bootInfo ?? bootInfo);
  word(KIP_PROC_DESC_PTR, PROCESSOR_DESCRIPTOR);
  word(KIP_CLOCK_INFO, (periodCode(SCHEDULE_PRECISION) << 16) | periodCode(1));
  word(KIP_THREAD_INFO, (USER_BASE << 20) | (SYSTEM_BASE << 8) | THREAD_NUMBER_BITS);
  word(KIP_PAGE_INFO, LARGE_PAGE_SIZE | PAGE_SIZE | 6);
  word(KIP_PROCESSOR_INFO, 4 << 28);
  word(PROCESSOR_DESCRIPTOR + 4, perMicrosecond * 1000);
  word(KERNEL_DESCRIPTOR, KIP_KERNEL_ID);
  word(KERNEL_DESCRIPTOR + 4, (26 << 9) | (1 << 5) | 1);
  word(KERNEL_DESCRIPTOR + 8, 1 << 16);
  writeText(memory, kip + KERNEL_DESCRIPTOR + 12, "KNTSKintsugi 0.1");
  writeDescriptors(memory, kip, arenaBase, bootInfo, config);
  writeEntryCode(memory, kip, perMicrosecond);
  if (config.loader === undefined) writeBootInfo(memory, bootInfo, config, reset);
}

function writeServer(memory: KernelMemory, at: number, server: FirstProgram): void {
  const { low, high } = "program" in server ? server.image : server;
  memory.write32(at, "program" in server ? 0 : server.sp);
  memory.write32(at + 4, "program" in server ? 0 : server.ip);
  memory.write32(at + 8, low);
  memory.write32(at + 12, high);
}

/** Later descriptors override earlier ones. */
function writeDescriptors(
  memory: KernelMemory,
  kip: number,
  arenaBase: number,
  bootInfo: number,
  config: BootConfig,
): void {
  let count = 0;
  const describe = (type: number, low: number, end: number): void => {
    if (end <= low) return;
    memory.write32(kip + MEMORY_DESCRIPTORS + 8 * count, (low & ~0x3ff) | type);
    memory.write32(kip + MEMORY_DESCRIPTORS + 8 * count + 4, (end - 1) & ~0x3ff);
    count++;
  };
  const image = (server: FirstProgram): void => {
    const { low, high } = "program" in server ? server.image : server;
    describe(MEMORY_BOOT_IMAGE, low, high);
  };
  if (config.loader !== undefined) for (const { type, low, end } of config.loader.descriptors) describe(type, low, end);
  else {
    describe(MEMORY_SHARED, 0, 2 ** 32);
    describe(MEMORY_CONVENTIONAL, 0, memory.size);
    describe(MEMORY_RESERVED, 0, PAGE_SIZE);
    describe(MEMORY_SHARED, 0xa0000, 0x100000);
    image(config.sigma0);
    image(config.root);
    for (const module of config.modules) describe(MEMORY_BOOT_MODULE, module.start, module.start + module.size);
    describe(MEMORY_BOOT_INFO, bootInfo, arenaBase);
  }
  describe(MEMORY_RESERVED, arenaBase, memory.size);
  describe(MEMORY_CONVENTIONAL | MEMORY_VIRTUAL, 0, USER_AREA_END);
  memory.write32(kip + KIP_MEMORY_INFO, (MEMORY_DESCRIPTORS << 16) | count);
}

function writeEntryCode(memory: KernelMemory, kip: number, perMicrosecond: number): void {
  let at = ENTRY_CODE;
  const enter = (field: number, code: readonly number[]): void => {
    memory.write32(kip + field, at);
    memory.writeBytes(kip + at, Uint8Array.from(code));
    at += (code.length + 7) & ~7;
  };
  enter(KIP_SYSTEM_CLOCK, clockCode(perMicrosecond));
  enter(KIP_IPC, SYSENTER_STUB);
  enter(KIP_LIPC, SYSENTER_STUB);
  for (const [field, call] of TRAP_CALLS) enter(field, [0xcd, SYSCALL_VECTOR_BASE + call, 0xc3]);
}

/** SystemClock without the kernel: EDX:EAX = cycles / cycles per microsecond. EBX, ECX and EBP stay. */
function clockCode(perMicrosecond: number): readonly number[] {
  const divisor = [0, 8, 16, 24].map((shift) => (perMicrosecond >>> shift) & 0xff);
  return [
    ...[0x0f, 0x31], // rdtsc
    ...[0x89, 0xc6, 0x89, 0xd0, 0x31, 0xd2], // mov %eax,%esi; mov %edx,%eax; xor %edx,%edx
    ...[0xbf, ...divisor, 0xf7, 0xf7, 0x96], // mov $divisor,%edi; div %edi; xchg %eax,%esi
    ...[0xf7, 0xf7, 0x89, 0xf2, 0xc3], // div %edi; mov %esi,%edx; ret
  ];
}

/**
 * One record {type, version, offset_next, start, size, cmdline_offset} and its text per module, then the
 * record of the last reset {type, version, offset_next, resets, text_offset} and its text.
 */
function writeBootInfo(memory: KernelMemory, base: number, config: BootConfig, reset: LastReset): void {
  let at = BOOT_INFO_HEADER_SIZE;
  const record = (words: readonly number[], text: string): void => {
    for (const [i, value] of words.entries()) memory.write32(base + at + 4 * i, value);
    writeText(memory, base + at + 4 * words.length, text);
  };
  for (const { commandLine, start, size } of config.modules) {
    const next = 24 + ((commandLine.length + 4) & ~3);
    record([BOOT_RECORD_MODULE, 1, next, start, size, 24], commandLine);
    at += next;
  }
  record([BOOT_RECORD_RESET, 1, 0, reset.resets, 20], reset.reason);
  const header = [
    BOOT_INFO_MAGIC,
    1,
    at + RESET_RECORD_SIZE,
    BOOT_INFO_HEADER_SIZE,
    config.modules.length + 1,
    0,
    0,
    0,
  ];
  for (const [i, value] of header.entries()) memory.write32(base + 4 * i, value);
}

/** Latin-1 bytes and a NUL. */
function writeText(memory: KernelMemory, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) memory.write8(at + i, text.charCodeAt(i) & 0xff);
  memory.write8(at + text.length, 0);
}
