/**
 * Linear memory: reads and writes of 1, 2 and 4 bytes, with the TLB hit inline.
 *
 * Here: `read…`, `write…`, and `probe…Write`, which raises the fault a later write would raise. An access
 * that crosses a page translates both pages before it reads or writes; comparing the page of the *last*
 * byte with the entry sends such accesses to the slow path. SDM Vol. 3A, 4.7.
 * @module
 */
import { raiseWithCode, VECTOR_AC } from "../interrupt/exception.ts";
import type { Core } from "../state/core.ts";
import { INDEX_MASK, PAGE_MASK, translate } from "./tlb.ts";

export function read8(core: Core, linear: number): number {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  const tlb = core.tlb;
  if (tlb[entry] === (linear & PAGE_MASK)) return core.ram8[(tlb[entry + 2] + linear) | 0];
  const physical = translate(core, linear, false);
  core.watch?.accessed(linear, 1, false);
  return core.memory.read8(physical);
}

export function read16(core: Core, linear: number): number {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  const tlb = core.tlb;
  if (tlb[entry] === ((linear + 1) & PAGE_MASK)) return core.ram.getUint16((tlb[entry + 2] + linear) | 0, true);
  return slowRead(core, linear, 2);
}

/** Signed 32 bits. */
export function read32(core: Core, linear: number): number {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  const tlb = core.tlb;
  if (tlb[entry] === ((linear + 3) & PAGE_MASK)) return core.ram.getInt32((tlb[entry + 2] + linear) | 0, true);
  return slowRead(core, linear, 4);
}

export function write8(core: Core, linear: number, value: number): void {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  const tlb = core.tlb;
  if (tlb[entry + 1] === (linear & PAGE_MASK)) core.ram8[(tlb[entry + 2] + linear) | 0] = value;
  else slowWrite8(core, linear, value);
}

export function write16(core: Core, linear: number, value: number): void {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  const tlb = core.tlb;
  if (tlb[entry + 1] === ((linear + 1) & PAGE_MASK)) core.ram.setInt16((tlb[entry + 2] + linear) | 0, value, true);
  else slowWrite(core, linear, 2, value);
}

export function write32(core: Core, linear: number, value: number): void {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  const tlb = core.tlb;
  if (tlb[entry + 1] === ((linear + 3) & PAGE_MASK)) core.ram.setInt32((tlb[entry + 2] + linear) | 0, value, true);
  else slowWrite(core, linear, 4, value);
}

/** Raises what writing `size` bytes would raise; writes nothing. */
export function probeWrite(core: Core, linear: number, size: number): void {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  if (core.tlb[entry + 1] === ((linear + size - 1) & PAGE_MASK)) return;
  translate(core, linear, true);
  const last = (linear + size - 1) | 0;
  if ((last ^ linear) & PAGE_MASK) translate(core, last & PAGE_MASK, true);
  checkAlignment(core, linear, size);
}

/** #AC, where alignment is checked, unless `linear` is a multiple of `size`, a power of two. SDM Vol. 3A, table 6-7. */
export function checkAlignment(core: Core, linear: number, size: number): void {
  if (core.alignmentCheck && core.user && linear & (size - 1)) raiseWithCode(core, VECTOR_AC, 0);
}

/** The old value of a read-modify-write operand: every fault is that of the write. */
export function readForWrite8(core: Core, linear: number): number {
  probeWrite(core, linear, 1);
  return read8(core, linear);
}

export function readForWrite16(core: Core, linear: number): number {
  probeWrite(core, linear, 2);
  return read16(core, linear);
}

export function readForWrite32(core: Core, linear: number): number {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  const tlb = core.tlb;
  if (tlb[entry + 1] === ((linear + 3) & PAGE_MASK)) return core.ram.getInt32((tlb[entry + 2] + linear) | 0, true);
  probeWrite(core, linear, 4);
  return read32(core, linear);
}

export function slowRead(core: Core, linear: number, size: 2 | 4): number {
  const memory = core.memory;
  const first = translate(core, linear, false);
  const inPage = 0x1000 - (linear & 0xfff);
  const second = inPage >= size ? 0 : translate(core, (linear + inPage) & PAGE_MASK, false);
  checkAlignment(core, linear, size);
  core.watch?.accessed(linear, size, false);
  if (inPage >= size) return size === 2 ? memory.read16(first) : memory.read32(first);
  let value = 0;
  for (let i = 0; i < size; i++) value |= memory.read8(i < inPage ? first + i : second + i - inPage) << (8 * i);
  return value;
}

function slowWrite8(core: Core, linear: number, value: number): void {
  const physical = translate(core, linear, true);
  core.watch?.accessed(linear, 1, true);
  core.memory.write8(physical, value);
}

export function slowWrite(core: Core, linear: number, size: 2 | 4, value: number): void {
  const memory = core.memory;
  const first = translate(core, linear, true);
  const inPage = 0x1000 - (linear & 0xfff);
  const second = inPage >= size ? 0 : translate(core, (linear + inPage) & PAGE_MASK, true);
  checkAlignment(core, linear, size);
  core.watch?.accessed(linear, size, true);
  if (inPage >= size) {
    if (size === 2) memory.write16(first, value);
    else memory.write32(first, value);
    return;
  }
  for (let i = 0; i < size; i++) memory.write8(i < inPage ? first + i : second + i - inPage, value >>> (8 * i));
}
