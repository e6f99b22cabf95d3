// The fuzzed machine: a program laid out in RAM, with tables, page tables and a small kernel that brings it back when it faults.
//
// Here: bytes and set-up. Not here: running (run.ts), the kernel's code (kernel.ts). Over 300 lines: one layout.
import { allocateMemory, EFLAGS, EIP, ESP, FCW, GuestMemory, MXCSR, Processor } from "../../src/index.ts";
import { JUMP_CACHE, PAGE_FLAGS } from "../../src/state/control-area.ts";
import { FSW, FTW, R0 } from "../../src/state/fpu.ts";
import type { EngineOptions } from "./engines.ts";
import { kernel } from "./kernel.ts";
import {
  ALIAS,
  BASED_DATA,
  BLOCK_TABLE,
  BLOCK_TABLE_LENGTH,
  CODE,
  CODE_16,
  CODE_SIZE,
  DATA,
  DATA_SIZE,
  DEVICE,
  GDT,
  GDT_LIMIT,
  HANDLERS,
  IDT,
  KERNEL_CODE,
  KERNEL_DATA,
  KERNEL_STACK,
  RAM,
  RECOVER,
  STACK,
  TABLES,
  TASK,
  TASK_2,
  TASK_2_CODE,
  TASK_2_STACK,
  TASK_VECTOR,
  TSS,
  TSS_2,
  USER_CODE,
  USER_DATA,
} from "./places.ts";
import type { Environment, Fixup, Program } from "./program.ts";
import { Random } from "./random.ts";

const PAGE = 4096;
const RW = 3;
const RWU = 7;
const LARGE = 0x80;
/** In the upper word of a PAE entry. */
const NO_EXECUTE = 0x80000000;
const EFER_NXE = 0x800;
const INT3 = 0xcc;
/** Words of XMM0 to XMM7, which come first. */
const XMM_WORDS = 32;
const VECTORS = 256;
/** Bytes of chance that the data region repeats. */
const NOISE = 4096;

export interface Machine {
  readonly program: Program;
  readonly memory: GuestMemory;
  readonly processor: Processor;
  /** What went out and came in through ports and the device, with the count of instructions. */
  readonly traffic: string[];
}

/** Physical address of a linear one in the first mapping, as the page tables begin. */
export function physicalOf({ paging, codeFrames, dataFrames }: Environment, linear: number): number {
  if (paging === "off") return linear;
  const within = (base: number, frames: readonly number[]): number =>
    base + frames[(linear - base) >>> 12] * PAGE + (linear & (PAGE - 1));
  if (linear >= CODE && linear < CODE + CODE_SIZE) return within(CODE, codeFrames);
  if (linear >= DATA && linear < DATA + DATA_SIZE) return within(DATA, dataFrames);
  return linear;
}

/** The value of EIP at a linear address of the program's code segment. */
export function eipOf({ wide }: Environment, linear: number): number {
  return wide ? linear : linear - CODE;
}

/** Linear address of each item of each block, and of the blocks' ends. */
export function addresses(program: Program): number[][] {
  return program.blocks.map(({ at, items }) => {
    let next = at;
    const list = [at];
    for (const { bytes } of items) {
      next += bytes.length;
      list.push(next);
    }
    return list;
  });
}

/** Bytes of the code region, by linear address. */
export function layOut(program: Program): Uint8Array {
  const { environment } = program;
  const bytes = new Uint8Array(CODE_SIZE).fill(INT3);
  const view = new DataView(bytes.buffer);
  const places = addresses(program);
  const target = ({ block, item, add, kind }: Fixup): number => {
    const list = places[block] ?? [CODE];
    const linear = list[Math.min(item, list.length - 1)] + add;
    if (kind === "eip") return eipOf(environment, linear);
    return kind === "alias" || kind === "eipAlias" ? ALIAS + physicalOf(environment, linear) : linear;
  };
  program.blocks.forEach(({ items }, block) => {
    items.forEach((item, number) => {
      const at = places[block][number] - CODE;
      if (at < 0 || at + item.bytes.length > CODE_SIZE) return;
      bytes.set(item.bytes, at);
      for (const fixup of item.fixups) {
        const field = at + fixup.at;
        const value = target(fixup);
        const size = fixup.kind === "rel8" ? 1 : fixup.kind === "rel16" ? 2 : 4;
        const relative = value - (CODE + field + size);
        if (fixup.kind === "rel8") {
          if (relative >= -128 && relative < 128) view.setInt8(field, relative);
        } else if (fixup.kind === "rel16") view.setInt16(field, relative, true);
        else view.setInt32(field, fixup.kind === "rel32" ? relative : value, true);
      }
    });
  });
  return bytes;
}

function writeDescriptors(memory: GuestMemory): void {
  const describe = (selector: number, base: number, limit: number, rights: number): void => {
    memory.write32(GDT + (selector & ~7), (limit & 0xffff) | (base << 16));
    memory.write32(
      GDT + (selector & ~7) + 4,
      (base & 0xff000000) | ((base >>> 16) & 0xff) | (rights << 8) | (limit & 0xf0000),
    );
  };
  describe(KERNEL_CODE, 0, 0xfffff, 0xc09b);
  describe(KERNEL_DATA, 0, 0xfffff, 0xc093);
  describe(USER_CODE, 0, 0xfffff, 0xc0fb);
  describe(USER_DATA, 0, 0xfffff, 0xc0f3);
  describe(TASK, TSS, 0xfff, 0x008b);
  describe(BASED_DATA, 0x1000, 0x2ffff, 0x40f3);
  describe(CODE_16, CODE, 0xffff, 0x00fb);
  describe(TASK_2, TSS_2, 0xfff, 0x0089);
  for (const tss of [TSS, TSS_2]) memory.write32(tss + 28, TABLES); // CR3
  memory.write32(TSS_2 + 32, TASK_2_CODE);
  memory.write32(TSS_2 + 36, 2);
  memory.write32(TSS_2 + 56, TASK_2_STACK);
  memory.write32(TSS_2 + 76, KERNEL_CODE);
  for (const segment of [72, 80, 84]) memory.write32(TSS_2 + segment, KERNEL_DATA); // ES, SS, DS
  memory.write32(TSS + 4, KERNEL_STACK);
  memory.write32(TSS + 8, KERNEL_DATA);
  memory.write16(TSS + 102, 0x68);
}

function writePageTables(memory: GuestMemory, environment: Environment): void {
  const { paging, large, tablesOpen, codeRights, dataRights, aliasRights, noExecute } = environment;
  const rights = (linear: number): number => {
    if (linear >= CODE && linear < CODE + CODE_SIZE) return codeRights[(linear - CODE) >>> 12];
    if (linear >= DATA && linear < DATA + DATA_SIZE) return dataRights[(linear - DATA) >>> 12];
    const supervisor = linear < HANDLERS || (linear >= TABLES && linear < DEVICE && !tablesOpen);
    return supervisor ? RW : RWU;
  };
  const size = paging === "pae" ? 8 : 4;
  const first = TABLES + (paging === "pae" ? 3 : 1) * PAGE;
  const second = first + PAGE;
  for (let linear = 0; linear < RAM; linear += PAGE) {
    memory.write32(first + (linear >>> 12) * size, physicalOf(environment, linear) | rights(linear));
    memory.write32(second + (linear >>> 12) * size, linear | aliasRights);
    if (!noExecute) continue;
    memory.write32(second + (linear >>> 12) * size + 4, NO_EXECUTE);
    if (linear === CODE + 5 * PAGE) memory.write32(first + (linear >>> 12) * size + 4, NO_EXECUTE);
  }
  const alias = large ? LARGE | aliasRights : second | RWU;
  if (paging === "pae") {
    memory.write32(TABLES, (TABLES + PAGE) | 1);
    memory.write32(TABLES + PAGE, first | RWU);
    memory.write32(TABLES + PAGE + 2 * size, alias);
  } else {
    memory.write32(TABLES, first | RWU);
    memory.write32(TABLES + size, alias);
  }
}

/** What RAM holds before the first instruction. */
function writeImage(memory: GuestMemory, program: Program, noise: Random): void {
  const { environment } = program;
  memory.ram.fill(INT3);
  memory.ram.fill(0, 0, CODE);
  memory.ram.fill(0, TABLES, DEVICE);
  const data = new Int32Array(NOISE / 4).map(() => noise.operand());
  for (let i = 0; i < data.length; i += 2) if (noise.once(2)) data.set(noise.numbers(), i);
  for (let at = 0; at < DATA_SIZE; at += NOISE) memory.ram.set(new Uint8Array(data.buffer), DATA + at);
  const code = layOut(program);
  for (let page = 0; page < CODE_SIZE; page += PAGE)
    memory.ram.set(code.subarray(page, page + PAGE), physicalOf(environment, CODE + page));
  const places = addresses(program);
  for (let i = 0; i < BLOCK_TABLE_LENGTH; i++) {
    const starts = places[i % places.length];
    const into = i < places.length ? 0 : noise.below(starts.length - 1);
    memory.write32(BLOCK_TABLE + 4 * i, eipOf(environment, starts[into]));
  }
  if (environment.paging !== "off") writePageTables(memory, environment);
  memory.writeBytes(HANDLERS, kernel(environment));
  writeDescriptors(memory);
  for (let vector = 0; vector < VECTORS; vector++) {
    const target = HANDLERS + 16 * vector;
    memory.write32(IDT + vector * 8, (KERNEL_CODE << 16) | (target & 0xffff));
    memory.write32(IDT + vector * 8 + 4, (target & 0xffff0000) | (vector === 0x80 || vector < 5 ? 0xee00 : 0x8e00));
  }
  memory.write32(IDT + 8 * TASK_VECTOR, TASK_2 << 16);
  memory.write32(IDT + 8 * TASK_VECTOR + 4, 0xe500);
}

/** Makes a memory like new where the next processor does not do that by itself. */
function clear({ buffer }: WebAssembly.Memory): void {
  new Uint8Array(buffer, 0, JUMP_CACHE).fill(0);
  new Uint8Array(buffer, PAGE_FLAGS, RAM / PAGE).fill(0);
}

/**
 * The machine of a program, before its first instruction; in the memory of one that is not used any more, if there is one. `twin`: a
 * machine of the same program that has not run, to copy from.
 */
export function createMachine(
  program: Program,
  engine: EngineOptions,
  place?: WebAssembly.Memory,
  twin?: Machine,
): Machine {
  const { environment, registers } = program;
  const { level, paging, wide, writeProtect, alignmentMask, device, controlWord, mxcsr } = environment;
  if (place !== undefined) clear(place);
  const memory = new GuestMemory(place ?? allocateMemory(RAM, engine.shared ?? false), RAM);
  const noise = new Random(program.seed);
  if (twin === undefined) writeImage(memory, program, noise);
  else memory.ram.set(twin.memory.ram);

  const traffic: string[] = [];
  let answers = program.seed;
  const note = (what: string, at: number, size: number, value: number): void => {
    traffic.push(`${processor.retired} ${what} ${at.toString(16)} ${size} ${value.toString(16)}`);
    if ((answers & 15) === 7 && level !== "host") processor.setInterruptLine(true);
    if ((answers & 15) === 3) processor.requestExit();
    if ((answers & 15) === 5) processor.charge((answers >>> 8) & 0x3f);
  };
  const answer = (what: string, at: number, size: number): number => {
    answers = (Math.imul(answers, 0x343fd) + 0x269ec3) | 0;
    const value = (answers >>> 8) & (size === 1 ? 0xff : 0xffff);
    note(what, at, size, value);
    return value;
  };
  const processor: Processor = new Processor({
    memory,
    model: "pentium4",
    ...engine,
    float: true,
    architectural: level !== "host",
    ports: {
      read: (port, size) => answer("in", port, size),
      write: (port, size, value) => note("out", port, size, value),
    },
    mmio: {
      timed: (program.seed & 1) === 0,
      read: (physical, size) => answer("load", physical, size),
      write: (physical, size, value) => note("store", physical, size, value),
    },
    interrupts: {
      acknowledge: () => {
        processor.setInterruptLine(false);
        traffic.push(`${processor.retired} acknowledge`);
        return 0x20;
      },
    },
  });
  if (device) memory.setPages(DEVICE / PAGE, 1, "device");

  if (level === "host") {
    const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
    processor.setDescriptor(3, { ...flat, kind: "code", readable: true });
    processor.setDescriptor(4, { ...flat, kind: "data", writable: true });
    processor.setDescriptor(6, { base: 0x1000, limit: 0x2ffff, dpl: 3, kind: "data", writable: true });
    processor.setAddressSpace(TABLES, 1);
    processor.setPaging(paging !== "off");
  } else {
    const { state } = processor;
    if (state.system === null) throw new Error("not in architectural mode");
    const cr0 =
      0x31 | (writeProtect ? 0x10000 : 0) | (alignmentMask ? 0x40000 : 0) | (paging === "off" ? 0 : 0x80000000);
    const cr4 = 0x610 | (paging === "pae" ? 0x20 : 0);
    processor.state = {
      ...state,
      pageDirectory: TABLES,
      system: {
        ...state.system,
        cr0: cr0 | 0,
        cr4,
        efer: environment.noExecute ? EFER_NXE : 0,
        gdtr: { base: GDT, limit: GDT_LIMIT },
        idtr: { base: IDT, limit: VECTORS * 8 - 1 },
        tr: { selector: TASK, base: TSS, limit: 0xfff, wide: true },
        pdpte: [(TABLES + PAGE) | 1, 0, 0, 0, 0, 0, 0, 0],
        sysenter: [KERNEL_CODE, KERNEL_STACK, HANDLERS],
      },
    };
  }
  const user = level === "user" || level === "host";
  processor.loadSegment("cs", user ? (wide ? USER_CODE : CODE_16) : KERNEL_CODE);
  for (const name of ["ss", "ds", "es", "fs", "gs"] as const)
    processor.loadSegment(name, user ? USER_DATA : KERNEL_DATA);
  processor.registers.set(registers);
  // A virtual-8086 program is begun by its kernel.
  processor.registers[ESP] = level === "virtual" ? KERNEL_STACK : STACK;
  processor.registers[EIP] = level === "virtual" ? RECOVER : eipOf(environment, program.blocks[0].at);
  processor.registers[EFLAGS] = 0x202;
  if (twin === undefined) {
    for (let word = 0; word < XMM_WORDS; word += 2) processor.floatRegisters.set(noise.numbers(), word);
    fillStack(processor.floatRegisters, () => noise.numbers());
    processor.floatRegisters[FCW] = controlWord;
    processor.floatRegisters[MXCSR] = mxcsr & 0xffff;
  } else processor.floatRegisters.set(twin.processor.floatRegisters);
  return { program, memory, processor, traffic };
}

/** Places on the register stack that are full: none, all, the upper half, all but two. */
const TAGS = [0, 0xff, 0xf0, 0xfc];

/** Fills the x87 registers with normal numbers, and the register stack from some place on. */
function fillStack(words: Int32Array, numbers: () => ArrayLike<number>): void {
  let last = 0;
  for (let register = R0; register < FCW; register += 4) {
    const [low, high] = Array.from(numbers());
    words.set([low, high | (1 << 31), (low & 0x8000) | (0x3fe0 + (high & 0x3f)), 0], register);
    last = high;
  }
  const tags = TAGS[(last >>> 8) & 3];
  words[FTW] = tags;
  words[FSW] = tags === 0 ? 0 : (31 - Math.clz32(tags & -tags)) << 11;
}
