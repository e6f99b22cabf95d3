/**
 * Address spaces: page directory, KIP area, UTCB area, and their end.
 *
 * Here: making, initialising and destroying spaces; the pages that the kernel itself puts into them.
 * Not here: pages from others (→ mapping-database.ts), SpaceControl's checks (→ syscall/space-control.ts).
 * The page at LOCAL_ID_PAGE is one frame in all spaces: its word is the running thread's local id.
 * @module
 */
import { PTE_PRESENT, PTE_USER, PTE_WRITABLE } from "@kintsugi/ia32";
import { fpageBase, fpageSize, PAGE_BITS, PAGE_SIZE } from "../api/fpage.ts";
import { LOCAL_ID_PAGE, USER_AREA_END } from "../api/kip.ts";
import { UTCB_MR0_OFFSET, UTCB_SIZE } from "../api/utcb.ts";
import type { Arena } from "../table/arena.ts";
import { H, K, S, T } from "../table/layout.ts";
import { giveFrame, kernelFrameRow, takeFrame } from "./kernel-frames.ts";
import { isUserFrame, removeSubtree } from "./mapping-database.ts";
import { entryNode, findEntry, makeEntry, PTE_FRAME, spaceTag } from "./page-table.ts";
import { dropPorts } from "./port-database.ts";

const LOCAL_ID_PDE = LOCAL_ID_PAGE >>> 22;

/** A space without page directory or areas, 0 when the table is full. */
export function takeSpace(a: Arena): number {
  const row = a.get(H.freeSpace);
  if (row === 0) return 0;
  a.set(H.freeSpace, a.spaces.get(row, S.freeNext));
  a.spaces.clear(row);
  a.spaces.set(row, S.used, 1);
  return row;
}

export function isInitialised(a: Arena, space: number): boolean {
  return a.spaces.get(space, S.pageDirectory) !== 0;
}

/** Fixes the areas (fpages, already checked) and maps the KIP. False when the kernel is out of frames. */
export function initialiseSpace(a: Arena, space: number, kipArea: number, utcbArea: number): boolean {
  const directory = takeFrame(a);
  if (directory === 0) return false;
  a.spaces.set(space, S.pageDirectory, directory);
  const entry = makeEntry(a, space, fpageBase(kipArea) >>> PAGE_BITS);
  if (entry === 0) {
    a.spaces.set(space, S.pageDirectory, 0);
    giveFrame(a, directory);
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
    const entry = findEntry(a, space, page);
    if (entry === 0) page |= 0x3ff;
    else if (entryNode(a, entry) !== 0) removeSubtree(a, entryNode(a, entry));
  }
}

/** Whether a page lies in the space's KIP or UTCB area, or beyond the user's addresses. */
export function isKernelPage(a: Arena, space: number, page: number): boolean {
  const linear = page * PAGE_SIZE;
  return (
    linear >= USER_AREA_END ||
    inArea(linear, a.spaces.get(space, S.kipArea)) ||
    inArea(linear, a.spaces.get(space, S.utcbArea))
  );
}

function inArea(linear: number, area: number): boolean {
  const base = fpageBase(area);
  return linear >= base && linear < base + fpageSize(area);
}

/** Whether a UTCB can begin at this address. */
export function isUtcbLocation(a: Arena, space: number, location: number): boolean {
  return (location & (UTCB_SIZE - 1)) === 0 && inArea(location >>> 0, a.spaces.get(space, S.utcbArea));
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
    const frame = takeFrame(a);
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
  const directory = a.spaces.get(space, S.pageDirectory);
  if (directory !== 0) {
    for (let index = 0; index < 1024; index++) {
      const pde = a.memory.read32(directory + 4 * index);
      if ((pde & PTE_PRESENT) === 0 || index === LOCAL_ID_PDE) continue;
      destroyTable(a, space, pde & PTE_FRAME, index);
    }
    giveFrame(a, directory);
    a.cpu.invalidateSpace(spaceTag(space));
  }
  dropPorts(a, space);
  a.spaces.clear(space);
  a.spaces.set(space, S.freeNext, a.get(H.freeSpace));
  a.set(H.freeSpace, space);
}

function destroyTable(a: Arena, space: number, table: number, index: number): void {
  for (let i = 0; i < 1024; i++) {
    const pte = a.memory.read32(table + 4 * i);
    if ((pte & PTE_PRESENT) === 0) continue;
    const node = entryNode(a, table + 4 * i);
    if (node !== 0) removeSubtree(a, node);
    else if (inArea((index * 1024 + i) * PAGE_SIZE, a.spaces.get(space, S.utcbArea))) giveFrame(a, pte & PTE_FRAME);
  }
  giveFrame(a, a.kernelFrames.get(kernelFrameRow(a, table), K.companion));
  giveFrame(a, table);
}

/** Whether a page of a space is present, and its entry's physical address if so; 0 otherwise. */
export function presentEntry(a: Arena, space: number, page: number): number {
  const entry = findEntry(a, space, page);
  return entry !== 0 && (a.memory.read32(entry) & PTE_PRESENT) !== 0 ? entry : 0;
}
