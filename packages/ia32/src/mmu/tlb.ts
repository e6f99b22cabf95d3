/**
 * The soft TLB: one direct-mapped table for each address-space tag, in the control area.
 *
 *   word 0  linear page that may be read   (INVALID: none)
 *   word 1  linear page that may be written without asking (dirty bit set, page without hooks)
 *   word 2  physical page − linear page
 *   word 3  unused
 *
 * Here: filling and taking back entries. Entries hold for the privilege level (user or not) they were
 * filled at; the owner flushes when that changes. Not here: the hit path (→ access.ts).
 * @module
 */
import { raisePageFault } from "../interrupt/exception.ts";
import {
  ENTRY_WORDS,
  PAGE_HOOKED,
  PAGE_WRITE_CACHED,
  TAGS,
  TLB_ENTRIES,
  WORDS_PER_TAG,
} from "../state/control-area.ts";
import type { Core } from "../state/core.ts";
import { ACCESS_READ, ACCESS_USER, ACCESS_WRITE } from "./fault.ts";
import { isDirty, walk } from "./page-walk.ts";

/** Never equal to a page-aligned address. */
export const INVALID = 1;
/** Turns `linear >>> 10` into the word index of an entry. */
export const INDEX_MASK: number = (TLB_ENTRIES - 1) << 2;
export const PAGE_MASK: number = ~0xfff;

/** Physical address of an access by the current program, or a page fault; fills the TLB where it may. */
export function translate(core: Core, linear: number, write: boolean): number {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  const page = linear & PAGE_MASK;
  const user = core.cpl === 3;
  let physical: number;
  if (core.paging) {
    const access = (write ? ACCESS_WRITE : ACCESS_READ) | (user ? ACCESS_USER : 0);
    physical = walk(core.memory, core.pageDirectory, linear, access, core.pageSizeExtensions, core.writeProtect);
    if (physical < 0) raisePageFault(core, linear, -1 - physical);
  } else {
    physical = linear >>> 0;
  }
  const frame = physical >>> 12;
  if ((frame + 1) * 4096 > core.memory.size) return physical;
  const flags = core.memory.flags;
  const writable =
    (flags[frame] & PAGE_HOOKED) === 0 &&
    (write ||
      !core.paging ||
      isDirty(core.memory, core.pageDirectory, linear, core.pageSizeExtensions, user, core.writeProtect));
  const tlb = core.tlb;
  tlb[entry] = page;
  tlb[entry + 1] = writable ? page : INVALID;
  tlb[entry + 2] = frame * 4096 - page;
  if (writable) flags[frame] |= PAGE_WRITE_CACHED;
  return physical;
}

/** Physical page number of a read, from the TLB where it has it. May raise a page fault. */
export function frameOf(core: Core, linear: number): number {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  const page = linear & PAGE_MASK;
  if (core.tlb[entry] === page) return (core.tlb[entry + 2] + page) >>> 12;
  return translate(core, linear, false) >>> 12;
}

/** Forgets one page of one address space. */
export function invalidatePage(core: Core, tag: number, linear: number): void {
  const entry = (tag % TAGS) * WORDS_PER_TAG + ((linear >>> 10) & INDEX_MASK);
  core.tlb[entry] = INVALID;
  core.tlb[entry + 1] = INVALID;
}

/** Forgets one address space. */
export function invalidateSpace(core: Core, tag: number): void {
  const from = (tag % TAGS) * WORDS_PER_TAG;
  core.tlb.fill(INVALID, from, from + WORDS_PER_TAG);
}

/** Forgets everything. */
export function invalidateAll(core: Core): void {
  core.tlb.fill(INVALID);
}

/** Takes back the right to write to a physical page through the TLB: it got a hook. */
export function revokeWrites(core: Core, frame: number): void {
  const flags = core.memory.flags;
  if ((flags[frame] & PAGE_WRITE_CACHED) === 0) return;
  flags[frame] &= ~PAGE_WRITE_CACHED;
  const tlb = core.tlb;
  const address = frame * 4096;
  for (let entry = 0; entry < tlb.length; entry += ENTRY_WORDS) {
    const page = tlb[entry + 1];
    if (page !== INVALID && ((page + tlb[entry + 2]) | 0) === (address | 0)) tlb[entry + 1] = INVALID;
  }
}
