/**
 * Protected mode as boot loaders leave it: flat 32-bit segments, no paging, interrupts off.
 *
 * Here: the processor's state at a kernel's first instruction, and the memory map that it is told.
 * Multiboot Specification 0.6.96, section 3.2; Linux/x86 boot protocol, "32-bit boot protocol".
 * @module
 */
import type { GuestMemory, ProcessorState, Segment } from "@kintsugi/ia32";

/** Selectors of the loader's table. */
const CODE = 0x10;
const DATA = 0x18;
const GDT = 0x800;
const GDT_BYTES = 32;
const CODE_DESCRIPTOR_HIGH = 0x00cf9b00;
const DATA_DESCRIPTOR_HIGH = 0x00cf9300;
const LIMIT_LOW = 0xffff;
/** PE, ET. */
const CR0 = 0x11;
const FLAGS = 0x2;

/** The values that differ between loaders; every other register is 0. */
export interface StartRegisters {
  readonly eip: number;
  readonly eax?: number;
  readonly ebx?: number;
  readonly esi?: number;
}

/** Writes the loader's descriptor table. */
export function writeDescriptors(memory: GuestMemory): void {
  memory.fill(GDT, GDT_BYTES, 0);
  for (const [selector, high] of [
    [CODE, CODE_DESCRIPTOR_HIGH],
    [DATA, DATA_DESCRIPTOR_HIGH],
  ]) {
    memory.write32(GDT + selector, LIMIT_LOW);
    memory.write32(GDT + selector + 4, high);
  }
}

/** `state` as it is at the kernel's first instruction. */
export function protectedStart(state: ProcessorState, at: StartRegisters): ProcessorState {
  if (state.system === null) throw new RangeError("the processor is not in architectural mode");
  const { eip, eax = 0, ebx = 0, esi = 0 } = at;
  const segment = (code: boolean): Segment => ({
    selector: code ? CODE : DATA,
    base: 0,
    limit: 0xffffffff,
    readable: true,
    writable: !code,
    code,
    conforming: false,
    expandDown: false,
    big: true,
    dpl: 0,
    flat: true,
  });
  return {
    ...state,
    registers: [eax, 0, 0, ebx, 0, 0, esi, 0, eip, FLAGS],
    segments: state.segments.map((_, number) => segment(number === 1)),
    system: { ...state.system, cr0: CR0, gdtr: { base: GDT, limit: GDT_BYTES - 1 }, a20Mask: -1 },
  };
}

/** A range of the memory map; types 1 (RAM) and 2 (reserved) of the BIOS call E820. */
export interface MemoryRange {
  readonly first: number;
  readonly count: number;
  readonly type: 1 | 2;
}

export const LOW_MEMORY_END = 0x9fc00;
export const HIGH_MEMORY = 0x100000;

/** What a BIOS tells of `size` bytes of RAM. */
export function memoryRanges(size: number): readonly MemoryRange[] {
  return [
    { first: 0, count: LOW_MEMORY_END, type: 1 },
    { first: LOW_MEMORY_END, count: 0xa0000 - LOW_MEMORY_END, type: 2 },
    { first: 0xf0000, count: 0x10000, type: 2 },
    { first: HIGH_MEMORY, count: size - HIGH_MEMORY, type: 1 },
  ];
}
