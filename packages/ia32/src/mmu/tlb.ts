/**
 * The soft TLB: one direct-mapped table for each address-space tag, in the control area.
 *
 *   word 0  linear page that may be read   (INVALID: none)
 *   word 1  linear page that may be written without asking (dirty bit set, page without hooks)
 *   word 2  physical page − linear page
 *   word 3  WALKED_… bits of the page (architectural mode)
 *
 * Here: filling and taking back entries. Entries hold for the privilege level (user or not) they were
 * filled at; a host flushes when that changes, in architectural mode supervisor and user have tags of their own.
 * Pages that devices answer for, and watched ones, are never entered. Not here: the hit path (→ access.ts).
 * @module
 */
import { FAULT, notePageFault } from "../interrupt/exception.ts";
import {
  ENTRY_WORDS,
  PAGE_DEVICE,
  PAGE_HOOKED,
  PAGE_WRITE_CACHED,
  TAGS,
  TLB_ENTRIES,
  WORDS_PER_TAG,
} from "../state/control-area.ts";
import { type Core, TAG_ALIGNED, TAG_SUPERVISOR, TAG_USER } from "../state/core.ts";
import { ACCESS_FETCH, ACCESS_READ, ACCESS_USER, ACCESS_WRITE } from "./fault.ts";
import { isDirty, walk } from "./page-walk.ts";
import { WALKED_DIRTY, WALKED_GLOBAL, WALKED_LARGE, WALKED_NO_EXECUTE, walkFull } from "./page-walk-full.ts";

/** Never equal to a page-aligned address. */
export const INVALID = 1;
/** Turns `linear >>> 10` into the word index of an entry. */
export const INDEX_MASK: number = (TLB_ENTRIES - 1) << 2;
/** Turns `linear >>> 8` into the byte offset of an entry. */
export const OFFSET_MASK: number = INDEX_MASK << 2;
export const PAGE_MASK: number = ~0xfff;
/** The largest large page. */
const LARGE_MASK = ~0x3fffff;

/** Physical address of an access by the current program, or a page fault; fills the TLB where it may. */
export function translate(core: Core, linear: number, write: boolean): number {
  const physical = tryTranslate(core, linear, write);
  if (physical < 0) throw FAULT;
  return physical;
}

/** The same, where a page fault is −1: it has been noted, but nothing is thrown. */
export function tryTranslate(core: Core, linear: number, write: boolean): number {
  return core.architectural
    ? translateFull(core, linear, write ? ACCESS_WRITE : ACCESS_READ)
    : translateForHost(core, linear, write);
}

function pageFault(core: Core, linear: number, errorCode: number): number {
  notePageFault(core, linear, errorCode);
  return -1;
}

/** Host kernel mode: 32-bit paging under the host's rules of invalidation. */
function translateForHost(core: Core, linear: number, write: boolean): number {
  let physical: number;
  if (core.paging) {
    const access = (write ? ACCESS_WRITE : ACCESS_READ) | (core.user ? ACCESS_USER : 0);
    physical = walk(core.memory, core.pageDirectory, linear, access, core.pageSizeExtensions, core.writeProtect);
    if (physical < 0) return pageFault(core, linear, -1 - physical);
  } else {
    physical = linear >>> 0;
  }
  const frame = physical >>> 12;
  if ((frame + 1) * 4096 > core.memory.size || core.memory.flags[frame] & PAGE_DEVICE) return physical;
  if (core.watch?.watches(linear >>> 12)) return physical;
  const clean =
    write ||
    !core.paging ||
    isDirty(core.memory, core.pageDirectory, linear, core.pageSizeExtensions, core.user, core.writeProtect);
  enter(core, linear, frame, clean, 0);
  return physical;
}

/** Architectural mode. `access`: ACCESS_READ, ACCESS_WRITE or ACCESS_FETCH. */
function translateFull(core: Core, linear: number, access: number): number {
  const { system, memory } = core;
  let physical = linear >>> 0;
  core.walked = WALKED_DIRTY;
  if (core.paging) {
    physical = walkFull(core, linear, access | (core.user ? ACCESS_USER : 0));
    if (physical < 0) return pageFault(core, linear, -1 - physical);
  }
  physical = (physical & system.a20Mask) >>> 0;
  const frame = physical >>> 12;
  if ((frame + 1) * 4096 > memory.size || memory.flags[frame] & PAGE_DEVICE) return physical;
  if (core.tlbBase === TAG_ALIGNED * WORDS_PER_TAG || core.watch?.watches(linear >>> 12)) return physical;
  enter(core, linear, frame, access === ACCESS_WRITE || (core.walked & WALKED_DIRTY) !== 0, core.walked);
  return physical;
}

function enter(core: Core, linear: number, frame: number, dirty: boolean, walked: number): void {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  const page = linear & PAGE_MASK;
  const { flags } = core.memory;
  const writable = dirty && (flags[frame] & PAGE_HOOKED) === 0;
  const tlb = core.tlb;
  tlb[entry] = page;
  tlb[entry + 1] = writable ? page : INVALID;
  tlb[entry + 2] = frame * 4096 - page;
  tlb[entry + 3] = walked;
  if (walked & WALKED_LARGE) core.largeCached[linear >>> 22] = 1;
  if ((walked & WALKED_GLOBAL) === 0 && core.filledCount < core.filled.length) core.filled[core.filledCount++] = entry;
  if (writable) flags[frame] |= PAGE_WRITE_CACHED;
}

/** Physical page number of an instruction fetch, from the TLB where it has it. May raise a page fault. */
export function frameOf(core: Core, linear: number): number {
  const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
  const page = linear & PAGE_MASK;
  if (core.tlb[entry] === page && (!core.noExecute || (core.tlb[entry + 3] & WALKED_NO_EXECUTE) === 0))
    return (core.tlb[entry + 2] + page) >>> 12;
  return fetchAddress(core, linear) >>> 12;
}

/** Physical address of an instruction byte that the TLB does not have. May raise a page fault. */
function fetchAddress(core: Core, linear: number): number {
  const physical = core.architectural
    ? translateFull(core, linear, ACCESS_FETCH)
    : translateForHost(core, linear, false);
  if (physical < 0) throw FAULT;
  return physical;
}

/** Forgets what a load of CR3 makes stale: everything but global pages. */
export function invalidateLocal(core: Core): void {
  const { tlb, filled, filledCount } = core;
  core.filledCount = 0;
  if (filledCount === filled.length)
    for (let entry = 0; entry < TAG_ALIGNED * WORDS_PER_TAG; entry += ENTRY_WORDS) forgetLocal(tlb, entry);
  else for (let i = 0; i < filledCount; i++) forgetLocal(tlb, filled[i]);
}

function forgetLocal(tlb: Int32Array, entry: number): void {
  if (tlb[entry] === INVALID || tlb[entry + 3] & WALKED_GLOBAL) return;
  tlb[entry] = INVALID;
  tlb[entry + 1] = INVALID;
}

/** Forgets one page of one address space. */
export function invalidatePage(core: Core, tag: number, linear: number): void {
  const entry = (tag % TAGS) * WORDS_PER_TAG + ((linear >>> 10) & INDEX_MASK);
  core.tlb[entry] = INVALID;
  core.tlb[entry + 1] = INVALID;
}

/** INVLPG: forgets the page that `linear` lies in, at any privilege; all of it, if it is a large one. */
export function invalidateEverywhere(core: Core, linear: number): void {
  for (const tag of [TAG_SUPERVISOR, TAG_USER]) invalidatePage(core, tag, linear);
  const { tlb } = core;
  core.refetch = true;
  if (core.largeCached[linear >>> 22] === 0) return;
  for (let entry = 0; entry < TAG_ALIGNED * WORDS_PER_TAG; entry += ENTRY_WORDS) {
    if ((tlb[entry + 3] & WALKED_LARGE) === 0 || (tlb[entry] ^ linear) & LARGE_MASK) continue;
    tlb[entry] = INVALID;
    tlb[entry + 1] = INVALID;
  }
}

/** Forgets one address space. */
export function invalidateSpace(core: Core, tag: number): void {
  const from = (tag % TAGS) * WORDS_PER_TAG;
  core.tlb.fill(INVALID, from, from + WORDS_PER_TAG);
}

/** Forgets everything. */
export function invalidateAll(core: Core): void {
  core.filledCount = 0;
  core.largeCached.fill(0);
  core.tlb.fill(INVALID, 0, core.architectural ? (TAG_ALIGNED + 1) * WORDS_PER_TAG : core.tlb.length);
}

/** Takes back the right to write to a physical page through the TLB: it got a hook. */
export function revokeWrites(core: Core, frame: number): void {
  const flags = core.memory.flags;
  if ((flags[frame] & PAGE_WRITE_CACHED) === 0) return;
  flags[frame] &= ~PAGE_WRITE_CACHED;
  const tlb = core.tlb;
  const address = frame * 4096;
  const filled = core.architectural ? TAG_ALIGNED * WORDS_PER_TAG : tlb.length;
  for (let entry = 0; entry < filled; entry += ENTRY_WORDS) {
    const page = tlb[entry + 1];
    if (page !== INVALID && ((page + tlb[entry + 2]) | 0) === (address | 0)) tlb[entry + 1] = INVALID;
  }
}
