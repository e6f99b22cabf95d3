/**
 * Page tables: IA-32's structures, and the mapping node behind each entry.
 *
 * Here: finding, making and reading entries: of 4 KiB pages in page tables, of 4 MiB pages in the directory. Each page table
 * has a companion frame whose word i is the mapping node of entry i (0: the kernel's own page, or sigma0's idempotent one);
 * a directory gets one with its first 4 MiB page.
 * Not here: who may map what (→ mapping-database.ts).
 * Reference: SDM Vol. 3, 4.3 (32-bit paging).
 * @module
 */
import { PDE_LARGE, PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_USER, PTE_WRITABLE, TAGS } from "@kintsugi/ia32";
import { PAGE_BITS, PAGE_SIZE } from "../api/fpage.ts";
import type { Arena } from "../table/arena.ts";
import { K, S } from "../table/layout.ts";
import { LARGE } from "../table/states.ts";
import { giveFrame, kernelFrameRow, takeFrame } from "./kernel-frames.ts";

/** Address bits of an entry. */
export const PTE_FRAME = -0x1000; // 0xfffff000
/** Entries of a page table: pages of 4 KiB in one of 4 MiB. */
export const TABLE_PAGES = 1024;
/** log2 size of what one page table covers, and of a large page. */
export const LARGE_PAGE_BITS = 22;

/** Physical address of the directory's entry for `page` (linear >> 12). The space must be initialised. */
export function directoryEntry(a: Arena, space: number, page: number): number {
  return a.spaces.get(space, S.pageDirectory) + 4 * (page >>> 10);
}

/**
 * Physical address of the entry for `page` (linear >> 12): its page table's, or the directory's where that has a 4 MiB
 * page. 0 when there is neither.
 */
export function findEntry(a: Arena, space: number, page: number): number {
  if (a.spaces.get(space, S.pageDirectory) === 0) return 0;
  const at = directoryEntry(a, space, page);
  const pde = a.memory.read32(at);
  if ((pde & PTE_PRESENT) === 0) return 0;
  return pde & PDE_LARGE ? at : (pde & PTE_FRAME) + 4 * (page & (TABLE_PAGES - 1));
}

/** As {@link findEntry}, making the page table. 0 when the kernel is out of frames for the space. */
export function makeEntry(a: Arena, space: number, page: number): number {
  const found = findEntry(a, space, page);
  if (found !== 0) return found;
  if (a.spaces.get(space, S.pageDirectory) === 0) return 0;
  const table = takeFrame(a, space);
  if (table === 0) return 0;
  if (!makeCompanion(a, space, table)) {
    giveFrame(a, space, table);
    return 0;
  }
  a.memory.write32(directoryEntry(a, space, page), table | PTE_PRESENT | PTE_WRITABLE | PTE_USER);
  return table + 4 * (page & (TABLE_PAGES - 1));
}

/** The directory's entry for a 4 MiB page, which must be free. 0 when the kernel is out of frames for the space. */
export function makeLargeEntry(a: Arena, space: number, page: number): number {
  const directory = a.spaces.get(space, S.pageDirectory);
  return directory !== 0 && makeCompanion(a, space, directory) ? directoryEntry(a, space, page) : 0;
}

function companionOf(a: Arena, table: number): number {
  return a.kernelFrames.get(kernelFrameRow(a, table), K.companion);
}

function makeCompanion(a: Arena, space: number, table: number): boolean {
  if (companionOf(a, table) !== 0) return true;
  const companion = takeFrame(a, space);
  a.kernelFrames.set(kernelFrameRow(a, table), K.companion, companion);
  return companion !== 0;
}

/** Gives a page table or a directory back, with its companion. */
export function giveTable(a: Arena, space: number, table: number): void {
  const companion = companionOf(a, table);
  if (companion !== 0) giveFrame(a, space, companion);
  giveFrame(a, space, table);
}

/** The mapping node of an entry. */
export function entryNode(a: Arena, entry: number): number {
  return a.memory.read32(companionOf(a, entry & PTE_FRAME) + (entry & (PAGE_SIZE - 1)));
}

export function setEntryNode(a: Arena, entry: number, node: number): void {
  a.memory.write32(companionOf(a, entry & PTE_FRAME) + (entry & (PAGE_SIZE - 1)), node);
}

/** TLB tag of a space: spaces that share one are told apart by the kernel at each switch (→ glue/ia32). */
export function spaceTag(space: number): number {
  return space % TAGS;
}

/** Tells the processor that a page lost rights or status bits; with LARGE in `frame`, the 4 MiB that begin with it. */
export function invalidate(a: Arena, space: number, page: number, frame: number): void {
  const tag = spaceTag(space);
  const end = frame & LARGE ? page + TABLE_PAGES : page + 1;
  for (let at = page; at < end; at++) a.cpu.invalidatePage(tag, at << PAGE_BITS);
}

/**
 * Physical address of a user access, or -1. Sets accessed and dirty as the processor would.
 * `write` 0 or 1; `linear` any address.
 */
export function translate(a: Arena, space: number, linear: number, write: number): number {
  const entry = findEntry(a, space, linear >>> PAGE_BITS);
  if (entry === 0) return -1;
  const pte = a.memory.read32(entry);
  if ((pte & PTE_USER) === 0 || (pte & PTE_PRESENT) === 0) return -1;
  if (write !== 0 && (pte & PTE_WRITABLE) === 0) return -1;
  const status = write !== 0 ? PTE_ACCESSED | PTE_DIRTY : PTE_ACCESSED;
  if ((pte & status) !== status) a.memory.write32(entry, pte | status);
  const inside = (pte & PDE_LARGE ? TABLE_PAGES * PAGE_SIZE : PAGE_SIZE) - 1;
  return ((pte & PTE_FRAME) >>> 0) + (linear & inside);
}
