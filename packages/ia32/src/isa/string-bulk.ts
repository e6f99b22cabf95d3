/**
 * Bulk steps of REP MOVS and REP STOS: many iterations inside one page at once.
 *
 * Here: what several single steps would do, where both operands are in the TLB, flat, forward and do not overlap
 * in a way a plain copy would get wrong. Not here: counting and the registers (→ string.ts).
 * @module
 */
import { INDEX_MASK, PAGE_MASK } from "../mmu/tlb.ts";
import type { Core } from "../state/core.ts";
import { DF } from "../state/eflags.ts";
import { EAX, EDI, ESI } from "../state/registers.ts";
import { FLAT, type Operation } from "./operation.ts";

/** Shorter runs are not worth the setting up. */
const WORTHWHILE = 8;

/** Does some of `count` iterations of `size` bytes; returns how many, 0 when single steps must do them. */
export type Bulk = (core: Core, operation: Operation, count: number) => number;

/** Bytes from `linear` to the end of its page. */
function toPageEnd(linear: number): number {
  return 0x1000 - (linear & 0xfff);
}

function possible(core: Core, operation: Operation): boolean {
  return core.flat && operation.addressMask < 0 && (core.systemFlags & DF) === 0;
}

/** RAM offset that the TLB gives `linear`, or −1. `word` 0: for reading, 1: for writing. */
function ramOffset(core: Core, linear: number, word: 0 | 1): number {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  return core.tlb[entry + word] === (linear & PAGE_MASK) ? (core.tlb[entry + 2] + linear) | 0 : -1;
}

function bulkMove(core: Core, operation: Operation, count: number, size: number): number {
  if (!possible(core, operation) || operation.segment !== FLAT) return 0;
  const source = core.r[ESI];
  const destination = core.r[EDI];
  const n = Math.min(count, Math.floor(Math.min(toPageEnd(source), toPageEnd(destination)) / size));
  if (n < WORTHWHILE) return 0;
  const from = ramOffset(core, source, 0);
  const to = ramOffset(core, destination, 1);
  const length = n * size;
  // A forward copy into its own tail repeats a pattern; only a copy to lower addresses is a plain move.
  if (from < 0 || to < 0 || (to > from && to < from + length)) return 0;
  core.ram8.copyWithin(to, from, from + length);
  core.r[ESI] = source + length;
  core.r[EDI] = destination + length;
  return n;
}

function bulkStore(core: Core, operation: Operation, count: number, size: number): number {
  if (!possible(core, operation)) return 0;
  const destination = core.r[EDI];
  const n = Math.min(count, Math.floor(toPageEnd(destination) / size));
  if (n < WORTHWHILE) return 0;
  const to = ramOffset(core, destination, 1);
  if (to < 0) return 0;
  const length = n * size;
  const value = core.r[EAX];
  if (size === 1) core.ram8.fill(value, to, to + length);
  else {
    if (size === 2) core.ram.setInt16(to, value, true);
    else core.ram.setInt32(to, value, true);
    // What is there is doubled until it is enough.
    for (let done = size; done < length; done *= 2)
      core.ram8.copyWithin(to + done, to, to + Math.min(done, length - done));
  }
  core.r[EDI] = destination + length;
  return n;
}

export function bulkMove8(core: Core, operation: Operation, count: number): number {
  return bulkMove(core, operation, count, 1);
}
export function bulkMove16(core: Core, operation: Operation, count: number): number {
  return bulkMove(core, operation, count, 2);
}
export function bulkMove32(core: Core, operation: Operation, count: number): number {
  return bulkMove(core, operation, count, 4);
}
export function bulkStore8(core: Core, operation: Operation, count: number): number {
  return bulkStore(core, operation, count, 1);
}
export function bulkStore16(core: Core, operation: Operation, count: number): number {
  return bulkStore(core, operation, count, 2);
}
export function bulkStore32(core: Core, operation: Operation, count: number): number {
  return bulkStore(core, operation, count, 4);
}
