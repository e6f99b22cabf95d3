// A machine in architectural mode for tests: 32-bit protected mode without paging, tables and a TSS in low memory.
import {
  allocateMemory,
  EIP,
  ESP,
  type FloatErrorPin,
  GuestMemory,
  type MemoryIo,
  type Model,
  type PortIo,
  Processor,
  type ProcessorOptions,
} from "../src/index.ts";

export const RAM = 0x200000;
export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS = 0x3000;
/** A second task. */
export const TSS2 = 0x3100;
export const LDT = 0x3400;
export const CODE = 0x10000;
export const HANDLERS = 0x20000;
export const STACK = 0x80000;
export const USER_CODE = 0x30000;
export const USER_STACK = 0x90000;

export const KERNEL_CODE = 0x08;
export const KERNEL_DATA = 0x10;
export const USER_CODE_SELECTOR = 0x1b;
export const USER_DATA_SELECTOR = 0x23;
export const TASK = 0x28;
export const TASK2 = 0x30;
/** Free for the test. */
export const FREE = 0x38;
export const CODE16 = 0x40;
export const LOCAL = 0x48;

export interface SystemMachine {
  readonly processor: Processor;
  readonly memory: GuestMemory;
  /** Puts a descriptor's words at a GDT selector. */
  describe(selector: number, low: number, high: number): void;
  /** Puts an interrupt gate to HANDLERS + 16 · vector (rights 8E00: DPL 0). */
  gate(vector: number, rights?: number, selector?: number): void;
  /** 32-bit words from the top of the stack. */
  stack(words: number): number[];
}

export interface SystemOptions {
  readonly code: readonly number[];
  readonly user?: readonly number[];
  readonly mmio?: MemoryIo;
  readonly floatError?: FloatErrorPin;
  readonly model?: Model;
  readonly vector?: number;
  readonly acknowledged?: () => void;
  readonly engine?: Pick<ProcessorOptions, "engine" | "jit">;
  readonly ports?: PortIo;
}

/** Every handler is HLT; CPL 0 begins at CODE with interrupts off. */
export function createSystemMachine(options: SystemOptions): SystemMachine {
  const memory = new GuestMemory(allocateMemory(RAM), RAM);
  const processor = new Processor({
    memory,
    ports: options.ports ?? { read: () => 0, write: () => {} },
    architectural: true,
    ...options.engine,
    model: options.model ?? "pentium4",
    interrupts: {
      acknowledge: () => {
        options.acknowledged?.();
        return options.vector ?? 0x20;
      },
    },
    ...(options.mmio === undefined ? {} : { mmio: options.mmio }),
    ...(options.floatError === undefined ? {} : { floatError: options.floatError }),
  });
  const describe = (selector: number, low: number, high: number): void => {
    memory.write32(GDT + (selector & ~7), low);
    memory.write32(GDT + (selector & ~7) + 4, high);
  };
  describe(KERNEL_CODE, 0xffff, 0xcf9a00);
  describe(KERNEL_DATA, 0xffff, 0xcf9200);
  describe(USER_CODE_SELECTOR, 0xffff, 0xcffa00);
  describe(USER_DATA_SELECTOR, 0xffff, 0xcff200);
  describe(TASK, 0x67 | (TSS << 16), 0x8b00);
  describe(TASK2, 0x67 | (TSS2 << 16), 0x8900);
  describe(CODE16, 0xffff, 0x009a00);
  describe(LOCAL, 0x3f | (LDT << 16), 0x8200);
  const gate = (vector: number, rights = 0x8e00, selector: number = KERNEL_CODE): void => {
    const target = HANDLERS + vector * 16;
    memory.write32(IDT + vector * 8, (selector << 16) | (target & 0xffff));
    memory.write32(IDT + vector * 8 + 4, (target & 0xffff0000) | rights);
  };
  for (let vector = 0; vector < 0x30; vector++) gate(vector);
  memory.fill(HANDLERS, 0x1000, 0xf4);
  memory.write32(TSS + 4, STACK - 0x1000);
  memory.write32(TSS + 8, KERNEL_DATA);
  memory.write16(TSS + 102, 0x68);
  memory.writeBytes(CODE, Uint8Array.from(options.code));
  memory.writeBytes(USER_CODE, Uint8Array.from(options.user ?? []));
  const { state } = processor;
  if (state.system === null) throw new Error("not in architectural mode");
  processor.state = {
    ...state,
    system: {
      ...state.system,
      cr0: 0x11,
      gdtr: { base: GDT, limit: 0x7f },
      idtr: { base: IDT, limit: 0x17f },
      tr: { selector: TASK, base: TSS, limit: 0x67, wide: true },
    },
  };
  processor.loadSegment("cs", KERNEL_CODE);
  for (const name of ["ss", "ds", "es"] as const) processor.loadSegment(name, KERNEL_DATA);
  processor.registers[EIP] = CODE;
  processor.registers[ESP] = STACK;
  return {
    processor,
    memory,
    describe,
    gate,
    stack: (words) => Array.from({ length: words }, (_, i) => memory.read32(processor.registers[ESP] + 4 * i) >>> 0),
  };
}

/** A 32-bit value as four bytes, lowest first. */
export function dword(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

/** Code that goes to USER_CODE at CPL 3 by IRET with these flags. */
export function toUser(flags = 0x202): number[] {
  return [
    ...[0x68, ...dword(USER_DATA_SELECTOR), 0x68, ...dword(USER_STACK), 0x68, ...dword(flags)],
    ...[0x68, ...dword(USER_CODE_SELECTOR), 0x68, ...dword(USER_CODE), 0xcf],
  ];
}

/** As toUser(), with DS and ES for level 3, too, where IRET would empty them: code is compiled only where all four are flat. */
export function toFlatUser(flags = 0x202): number[] {
  // mov eax, the selector; mov ds, ax; mov es, ax
  return [0xb8, ...dword(USER_DATA_SELECTOR), 0x8e, 0xd8, 0x8e, 0xc0, ...toUser(flags)];
}
