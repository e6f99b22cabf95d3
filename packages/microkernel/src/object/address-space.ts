/**
 * Address spaces: page directory, KIP area, UTCB area, and their end.
 *
 * Here: making, initialising and destroying spaces; the pages that the kernel itself puts into them.
 * Not here: pages from others (→ mapping-database.ts), SpaceControl's checks (→ syscall/space-control.ts).
 * The page at LOCAL_ID_PAGE is one frame in all spaces: its word is the running thread's local id.
 * @module
 */
import { PDE_LARGE, PTE_PRESENT, PTE_USER, PTE_WRITABLE } from "@kintsugi/ia32";
import { fpageBase, fpageSize, PAGE_BITS, PAGE_SIZE } from "../api/fpage.ts";
import { LOCAL_ID_PAGE, USER_AREA_END } from "../api/kip.ts";
import { UTCB_MR0_OFFSET, UTCB_SIZE } from "../api/utcb.ts";
import type { Arena } from "../table/arena.ts";
import { H, S, T } from "../table/layout.ts";
import { giveFrame, takeFrame } from "./kernel-frames.ts";
import { mappingWithin, pageBehind, splitLarge } from "./large-pages.ts";
import { findNode, removeSubtree } from "./mapping-database.ts";
import { isLarge, isUserFrame } from "./mapping-tree.ts";
import {
  directoryEntry,
  entryNode,
  findEntry,
  giveTable,
  makeEntry,
  PTE_FRAME,
  spaceTag,
  TABLE_PAGES,
} from "./page-table.ts";
import { dropPorts } from "./port-database.ts";

const LOCAL_ID_PDE = LOCAL_ID_PAGE >>> 22;

/** A space without page directory or areas, 0 when the table is full. */
export function takeSpace(a: Arena): number {
  const row = a.get(H.freeSpace);
  if (row === 0) return 0;
  a.set(H.freeSpace, a.spaces.get(row, S.freeNext));
  a.spaces.clear(row);
  a.spaces.set(row, S.used, 1);
  a.spaces.set(row, S.memory, a.spaces.stride * 4);
  return row;
}

export function isInitialised(a: Arena, space: number): boolean {
  return a.spaces.get(space, S.pageDirectory) !== 0;
}

/** Fixes the areas (fpages, already checked) and maps the KIP. False when the kernel is out of frames. */
export function initialiseSpace(a: Arena, space: number, kipArea: number, utcbArea: number): boolean {
  const directory = takeFrame(a, space);
  if (directory === 0) return false;
  a.spaces.set(space, S.pageDirectory, directory);
  const entry = makeEntry(a, space, fpageBase(kipArea) >>> PAGE_BITS);
  if (entry === 0) {
    a.spaces.set(space, S.pageDirectory, 0);
    giveFrame(a, space, directory);
    return false;
  }
  a.memory.write32(entry, a.get(H.kip) | PTE_PRESENT | PTE_USER);
  a.memory.write32(directory + 4 * LOCAL_ID_PDE, a.get(H.localIdTable) | PTE_PRESENT | PTE_USER);
  a.spaces.set(space, S.kipArea, kipArea);
  a.spaces.set(space, S.utcbArea, utcbArea);
  a.cpu.invalidateSpace(spaceTag(space));
  return true;
}

/** Whether a UTCB of the space was ever backed: from then on the areas are fixed. */
export function hasUtcbs(a: Arena, space: number): boolean {
  const area = a.spaces.get(space, S.utcbArea);
  const first = fpageBase(area) / PAGE_SIZE;
  const end = first + fpageSize(area) / PAGE_SIZE;
  for (let page = first; page < end; page++) {
    const entry = findEntry(a, space, page);
    if (entry === 0)
      page |= 0x3ff; // no page table: nothing up to the next one
    else if (a.memory.read32(entry) & PTE_PRESENT) return true;
  }
  return false;
}

/** Other areas (already checked) for a space without UTCBs; what was mapped there goes. False when the kernel is out of frames. */
export function moveAreas(a: Arena, space: number, kipArea: number, utcbArea: number): boolean {
  const page = fpageBase(kipArea) >>> PAGE_BITS;
  const there = findNode(a, space, page);
  if (there !== 0 && isLarge(a, there) && !splitLarge(a, there)) return false;
  const entry = makeEntry(a, space, page);
  if (entry === 0) return false;
  const old = findEntry(a, space, fpageBase(a.spaces.get(space, S.kipArea)) >>> PAGE_BITS);
  a.memory.write32(old, 0);
  clearMappings(a, space, kipArea);
  clearMappings(a, space, utcbArea);
  a.memory.write32(entry, a.get(H.kip) | PTE_PRESENT | PTE_USER);
  a.spaces.set(space, S.kipArea, kipArea);
  a.spaces.set(space, S.utcbArea, utcbArea);
  a.cpu.invalidateSpace(spaceTag(space));
  return true;
}

function clearMappings(a: Arena, space: number, area: number): void {
  const first = fpageBase(area) / PAGE_SIZE;
  const end = first + fpageSize(area) / PAGE_SIZE;
  for (let page = first; page < end; page++) {
    if (findEntry(a, space, page) === 0) {
      page |= TABLE_PAGES - 1;
      continue;
    }
    const node = mappingWithin(a, space, page, end);
    if (node === 0) continue;
    page = pageBehind(a, node) - 1;
    removeSubtree(a, node);
  }
}

/** Whether one of `count` pages lies in the space's KIP or UTCB area, or beyond the user's addresses. */
export function isKernelPage(a: Arena, space: number, page: number, count: number = 1): boolean {
  const linear = page * PAGE_SIZE;
  const end = linear + count * PAGE_SIZE;
  return (
    end > USER_AREA_END ||
    inArea(linear, end, a.spaces.get(space, S.kipArea)) ||
    inArea(linear, end, a.spaces.get(space, S.utcbArea))
  );
}

/** Whether some of the bytes `linear`…`end - 1` are in an area. */
function inArea(linear: number, end: number, area: number): boolean {
  const base = fpageBase(area);
  return end > base && linear < base + fpageSize(area);
}

/** Whether a UTCB can begin at this address. */
export function isUtcbLocation(a: Arena, space: number, location: number): boolean {
  return (
    (location & (UTCB_SIZE - 1)) === 0 &&
    inArea(location >>> 0, (location >>> 0) + UTCB_SIZE, a.spaces.get(space, S.utcbArea))
  );
}

/**
 * Backs a thread's UTCB with memory and makes the thread active. False when the kernel is out of frames.
 * The block is zero; the caller fills in the TCRs.
 */
export function backUtcb(a: Arena, row: number): boolean {
  const space = a.threads.get(row, T.space);
  const mr0 = a.threads.get(row, T.utcb);
  const entry = makeEntry(a, space, mr0 >>> PAGE_BITS);
  if (entry === 0) return false;
  if ((a.memory.read32(entry) & PTE_PRESENT) === 0) {
    const frame = takeFrame(a, space);
    if (frame === 0) return false;
    a.memory.write32(entry, frame | PTE_PRESENT | PTE_USER | PTE_WRITABLE);
  }
  const physical = (a.memory.read32(entry) & PTE_FRAME) + (mr0 & (PAGE_SIZE - 1));
  a.memory.fill(physical - UTCB_MR0_OFFSET, UTCB_SIZE, 0);
  a.threads.set(row, T.utcbPhysical, physical);
  return true;
}

/** Enters sigma0's own page: linear = physical. False in the arena, and where the kernel's own pages are. */
export function mapIdempotent(a: Arena, space: number, linear: number): boolean {
  const page = linear >>> PAGE_BITS;
  if (!isUserFrame(a, page) || isKernelPage(a, space, page)) return false;
  const entry = makeEntry(a, space, page);
  if (entry === 0) return false;
  a.memory.write32(entry, (page << PAGE_BITS) | PTE_PRESENT | PTE_USER | PTE_WRITABLE);
  return true;
}

/** Takes every mapping of a space away, with all that was derived from them, and frees its frames and row. */
export function destroySpace(a: Arena, space: number): void {
  if (isInitialised(a, space)) {
    for (let page = 0; page < USER_AREA_END / PAGE_SIZE; page += TABLE_PAGES) {
      const entry = directoryEntry(a, space, page);
      const pde = a.memory.read32(entry);
      if ((pde & PTE_PRESENT) === 0) continue;
      if (pde & PDE_LARGE) removeSubtree(a, entryNode(a, entry));
      else destroyTable(a, space, pde & PTE_FRAME, page);
    }
    giveTable(a, space, a.spaces.get(space, S.pageDirectory));
    a.cpu.invalidateSpace(spaceTag(space));
  }
  dropPorts(a, space);
  a.spaces.clear(space);
  a.spaces.set(space, S.freeNext, a.get(H.freeSpace));
  a.set(H.freeSpace, space);
}

/** A page table with what is in it: from `page` on. */
function destroyTable(a: Arena, space: number, table: number, page: number): void {
  for (let i = 0; i < TABLE_PAGES; i++) {
    const pte = a.memory.read32(table + 4 * i);
    if ((pte & PTE_PRESENT) === 0) continue;
    const node = entryNode(a, table + 4 * i);
    if (node !== 0) removeSubtree(a, node);
    else if (isUtcbPage(a, space, page + i)) giveFrame(a, space, pte & PTE_FRAME);
  }
  giveTable(a, space, table);
}

function isUtcbPage(a: Arena, space: number, page: number): boolean {
  return inArea(page * PAGE_SIZE, (page + 1) * PAGE_SIZE, a.spaces.get(space, S.utcbArea));
}

/** Whether a page of a space is present, and its entry's physical address if so; 0 otherwise. */
export function presentEntry(a: Arena, space: number, page: number): number {
  const entry = findEntry(a, space, page);
  return entry !== 0 && (a.memory.read32(entry) & PTE_PRESENT) !== 0 ? entry : 0;
}
