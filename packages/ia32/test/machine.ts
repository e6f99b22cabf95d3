// A small machine for tests: RAM, page tables at the top, flat segments, ports that record.
import {
  allocateMemory,
  EFLAGS,
  EIP,
  ESP,
  GuestMemory,
  type PortIo,
  Processor,
  type ProcessorOptions,
} from "../src/index.ts";

export const CODE = 0x1000;
export const STACK = 0x8000;
export const DIRECTORY = 0x30000;
export const TABLE = 0x31000;
export const RAM = 0x40000;
/** Linear page of the first 4 MB that is mapped one to one, and present | writable | user. */
export const RWU = 7;

export interface TestMachine {
  readonly processor: Processor;
  readonly memory: GuestMemory;
}

export interface MachineOptions {
  readonly code?: readonly number[];
  readonly ports?: PortIo;
  readonly paging?: boolean;
  readonly model?: NonNullable<ProcessorOptions["model"]>;
  readonly shared?: boolean;
  readonly float?: boolean;
}

/** Entry of the page that holds `linear` in the one page table. */
export function entryOf(linear: number): number {
  return TABLE + ((linear >>> 12) & 0x3ff) * 4;
}

/** Selectors: CS 0B, SS DS ES 13. Index 3 is free. */
export function createMachine(options: MachineOptions = {}): TestMachine {
  const memory = new GuestMemory(allocateMemory(RAM, options.shared ?? false), RAM);
  const processor = new Processor({
    memory,
    ports: options.ports ?? { read: () => 0, write: () => {} },
    float: options.float ?? false,
    ...(options.model === undefined ? {} : { model: options.model }),
  });
  memory.write32(DIRECTORY, TABLE | RWU);
  for (let linear = 0; linear < RAM; linear += 0x1000) memory.write32(entryOf(linear), linear | RWU);
  const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
  processor.setDescriptor(1, { ...flat, kind: "code", readable: true });
  processor.setDescriptor(2, { ...flat, kind: "data", writable: true });
  processor.loadSegment("cs", 0x0b);
  for (const name of ["ss", "ds", "es"] as const) processor.loadSegment(name, 0x13);
  processor.setAddressSpace(DIRECTORY, 1);
  processor.setPaging(options.paging ?? true);
  memory.writeBytes(CODE, Uint8Array.from(options.code ?? []));
  processor.registers[EIP] = CODE;
  processor.registers[ESP] = STACK;
  processor.registers[EFLAGS] = 0x202;
  return { processor, memory };
}

/** A 32-bit value as four bytes, lowest first. */
export function dword(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}
