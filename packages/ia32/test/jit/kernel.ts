// The small kernel under a fuzzed program, in machine code: its handlers bring a program that faults back to one of its blocks.
//
// Here: the code at HANDLERS; entry of vector v at HANDLERS + 16 · v. Not here: tables (machine.ts).
import {
  ALIAS,
  BLOCK_TABLE,
  BLOCK_TABLE_LENGTH,
  CODE,
  CODE_16,
  COUNTER,
  DATA,
  HANDLERS,
  KERNEL_STACK,
  STACK,
  TABLES,
  TASK_2_CODE,
  USER_CODE,
  USER_DATA,
} from "./places.ts";
import type { Environment } from "./program.ts";

/** SS of a virtual-8086 program, and its flags: VM, IOPL 3, IF. */
const V86_STACK = 0x3000;
const V86_FLAGS = 0x23202;
const ENTRY = 16;
const ROUTINES = 0x1000;
const VECTOR_DB = 1;
const VECTOR_NMI = 2;
const VECTOR_PF = 14;
const VECTOR_TIMER = 0x20;
const VECTOR_SYSCALL = 0x80;
/** What the system call does, by AL. */
export const SERVICES = 16;

function dword(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}

/** Bytes of the handlers. */
export function kernel(environment: Environment): Uint8Array {
  const { level, wide, demand, paging } = environment;
  const bytes = new Uint8Array(0x2000).fill(0xf4);
  let at = ROUTINES;
  const routine = (...code: number[]): number => {
    const start = at;
    bytes.set(code, start);
    at += code.length;
    return HANDLERS + start;
  };
  const jump = (from: number, to: number): number[] => [0xe9, ...dword(to - (HANDLERS + from + 5))];

  const virtual = [
    DATA >>> 4,
    DATA >>> 4,
    DATA >>> 4,
    DATA >>> 4,
    V86_STACK,
    STACK - 16 * V86_STACK,
    V86_FLAGS,
    CODE >>> 4,
  ];
  const toProgram =
    level === "virtual"
      ? [...virtual.flatMap((word) => [0x68, ...dword(word)]), 0x50, 0xcf] // push GS, FS, DS, ES, SS, ESP, EFLAGS, CS, EAX; iret
      : level === "kernel"
        ? [0xbc, ...dword(STACK), 0x68, ...dword(0x202), 0x0e, 0x50, 0xcf] // mov esp, STACK; push 202; push cs; push eax; iret
        : [
            ...[0xb9, ...dword(USER_DATA), 0x8e, 0xd9, 0x8e, 0xc1], // mov ecx, USER_DATA; mov ds, ecx; mov es, ecx
            ...[0x51, 0x68, ...dword(STACK), 0x68, ...dword(0x3202)], // push ecx; push STACK; push 3202
            ...[0x6a, wide ? USER_CODE : CODE_16, 0x50, 0xcf], // push CS; push eax; iret
          ];
  // Goes on at the next block of the table, with everything as it was at the start.
  const recover = routine(
    ...[0xfc, 0x8c, 0xd0, 0x8e, 0xd8, 0x8e, 0xc0], // cld; mov eax, ss; mov ds, eax; mov es, eax
    ...[0xbc, ...dword(KERNEL_STACK), 0x0f, 0x06, 0xdb, 0xe2], // mov esp, KERNEL_STACK; clts; fnclex
    ...[0xa1, ...dword(COUNTER), 0x40, 0xa3, ...dword(COUNTER)], // inc dword [COUNTER]
    ...[0x83, 0xe0, BLOCK_TABLE_LENGTH - 1, 0x8b, 0x04, 0x85, ...dword(BLOCK_TABLE)], // eax = BLOCK_TABLE[eax & 15]
    ...toProgram,
  );
  const count = [0x36, 0xff, 0x05, ...dword(COUNTER + 8)]; // inc dword ss:[COUNTER + 8]
  const timer = routine(...count, 0xcf);
  // Traps seven times out of eight, then clears TF in the frame.
  const debug = routine(
    ...count,
    ...[0x36, 0xf6, 0x05, ...dword(COUNTER + 8), 7, 0x75, 8], // test byte ss:[COUNTER + 8], 7; jnz +8
    ...[0x81, 0x64, 0x24, 8, ...dword(~0x100)], // and dword [esp + 8], ~TF
    0xcf,
  );
  // Makes the page present, writable and a user's, if its table is one of ours and the fault was no fetch from NX.
  const table = TABLES + (paging === "pae" ? 3 : 1) * 4096;
  const entry = paging === "pae" ? [0xc5, ...dword(table)] : [0x85, ...dword(table)];
  const fault = [0x50, 0x51, 0x0f, 0x20, 0xd0, 0x89, 0xc1, 0xc1, 0xe8, 12]; // push eax; push ecx; eax = ecx = CR2; shr eax, 12
  fault.push(0x3d, ...dword(0x60), 0x0f, 0x83, 0, 0, 0, 0); // cmp eax, 60; jae recover
  const above = fault.length;
  fault.push(0xf7, 0x44, 0x24, 8, ...dword(0x10), 0x0f, 0x85, 0, 0, 0, 0); // test dword [esp + 8], 10; jnz recover
  const noExecute = fault.length;
  fault.push(0x36, 0x83, 0x0c, ...entry, 7, 0x36, 0x0f, 0x01, 0x39); // or dword ss:[table + …], 7; invlpg ss:[ecx]
  fault.push(...count, 0x59, 0x58, 0x83, 0xc4, 4, 0xcf); // pop ecx; pop eax; add esp, 4; iret
  for (const end of [above, noExecute]) {
    const field = dword(recover - (HANDLERS + at + end));
    fault.splice(end - 4, 4, ...field);
  }
  const present = routine(...fault);

  const page = DATA + 3 * 4096;
  const size = paging === "pae" ? 8 : 4;
  const entryOf = (linear: number): number =>
    table + (linear >= ALIAS ? 4096 + ((linear - ALIAS) >>> 12) * size : (linear >>> 12) * size);
  const forget = (linear: number): number[] => [0x36, 0x0f, 0x01, 0x3d, ...dword(linear)]; // invlpg ss:[linear]
  const toggle = (linear: number, bit: number): number[] => [0x36, 0x80, 0x35, ...dword(entryOf(linear)), bit]; // xor byte
  /** Exchanges the frames of two pages. */
  const swap = (a: number, b: number): number[] => [
    ...[0x36, 0xa1, ...dword(entryOf(a)), 0x36, 0x87, 0x05, ...dword(entryOf(b)), 0x36, 0xa3, ...dword(entryOf(a))],
  ];
  /** Makes the pages of the second mapping executable, or not. */
  const toggleExecution = (linear: number): number[] =>
    paging === "pae" ? [0x36, 0x80, 0x35, ...dword(entryOf(linear) + 7), 0x80] : [];
  const code = (number: number): number => CODE + number * 4096;
  const paged = (...code: number[]): number => (paging === "off" ? routine(0xcf) : routine(...code, 0xcf));
  const services = [
    routine(0xcf),
    routine(0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, 0xcf), // reload CR3
    routine(0x36, 0x0f, 0x01, 0x3f, 0xcf), // invlpg ss:[edi]
    routine(0x0f, 0x20, 0xc0, 0x35, ...dword(0x10000), 0x0f, 0x22, 0xc0, 0xcf), // CR0.WP
    routine(0x0f, 0x20, 0xe0, 0x35, ...dword(0x80), 0x0f, 0x22, 0xe0, 0xcf), // CR4.PGE
    routine(0x81, 0x4c, 0x24, 8, ...dword(0x100), 0xcf), // single-step the program
    paged(...toggle(page, 2), ...forget(page)), // page not writable
    routine(
      ...[0xb8, ...dword(DATA + 0x123), 0x0f, 0x23, 0xc0, 0x0f, 0x21, 0xf8], // DR0 = …; eax = DR7
      ...[0x35, ...dword(0x10001), 0x0f, 0x23, 0xf8, 0xcf], // watch writes, or no more
    ),
    paged(...swap(code(0), code(1)), ...forget(code(0)), ...forget(code(1))),
    paged(...swap(code(1), code(2)), ...forget(code(2))), // the first one is stale
    paged(...toggle(code(0), 1), ...forget(code(0))), // not present
    paged(...toggle(code(1), 2), ...toggle(code(1), 0x20), ...forget(code(1))), // not writable, not accessed
    paged(...toggleExecution(ALIAS + code(0)), ...toggleExecution(ALIAS + code(1)), 0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8),
    paged(...toggleExecution(code(0)), ...forget(code(0))),
    paged(...swap(code(0), page), ...forget(code(0)), ...forget(page)),
    paged(...swap(code(3), ALIAS + code(3)), ...forget(code(3)), ...forget(ALIAS + code(3))),
  ];
  // The second task: counts, returns, and goes on here the next time.
  bytes.set([...count, 0xcf, 0xeb, 0x100 - count.length - 3], TASK_2_CODE - HANDLERS);
  const list = routine(...services.flatMap(dword));
  const syscall = routine(0x25, ...dword(SERVICES - 1), 0x2e, 0xff, 0x24, 0x85, ...dword(list));

  for (let vector = 0; vector < 256; vector++) {
    const handler =
      vector === VECTOR_TIMER || vector === VECTOR_NMI
        ? timer
        : vector === VECTOR_DB
          ? debug
          : vector === VECTOR_SYSCALL
            ? syscall
            : vector === VECTOR_PF && demand
              ? present
              : recover;
    bytes.set(jump(vector * ENTRY, handler), vector * ENTRY);
  }
  return bytes;
}
