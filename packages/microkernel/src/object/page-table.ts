/**
 * Page tables: IA-32's structures, and the mapping node behind each entry.
 *
 * Here: finding, making and reading entries. 4 KiB pages only. Each page table has a companion frame
 * whose word i is the mapping node of entry i (0: the kernel's own page, or sigma0's idempotent one).
 * Not here: who may map what (→ mapping-database.ts).
 * Reference: SDM Vol. 3, 4.3 (32-bit paging).
 * @module
 */
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_USER, PTE_WRITABLE, TAGS } from "@kintsugi/ia32";
import { PAGE_BITS, PAGE_SIZE } from "../api/fpage.ts";
import type { Arena } from "../table/arena.ts";
import { K, S } from "../table/layout.ts";
import { giveFrame, kernelFrameRow, takeFrame } from "./kernel-frames.ts";

/** Address bits of an entry. */
export const PTE_FRAME = -0x1000; // 0xfffff000

/** Physical address of the entry for `page` (linear >> 12), or 0 when there is no page table. */
export function findEntry(a: Arena, space: number, page: number): number {
  const directory = a.spaces.get(space, S.pageDirectory);
  if (directory === 0) return 0;
  const pde = a.memory.read32(directory + 4 * (page >>> 10));
  return pde & PTE_PRESENT ? (pde & PTE_FRAME) + 4 * (page & 0x3ff) : 0;
}

/** As {@link findEntry}, making the page table. 0 when the kernel is out of frames. */
export function makeEntry(a: Arena, space: number, page: number): number {
  const found = findEntry(a, space, page);
  if (found !== 0) return found;
  const directory = a.spaces.get(space, S.pageDirectory);
  if (directory === 0) return 0;
  const table = takeFrame(a);
  const companion = takeFrame(a);
  if (companion === 0) {
    if (table !== 0) giveFrame(a, table);
    return 0;
  }
  a.kernelFrames.set(kernelFrameRow(a, table), K.companion, companion);
  a.memory.write32(directory + 4 * (page >>> 10), table | PTE_PRESENT | PTE_WRITABLE | PTE_USER);
  return table + 4 * (page & 0x3ff);
}

/** The mapping node of an entry. */
export function entryNode(a: Arena, entry: number): number {
  const companion = a.kernelFrames.get(kernelFrameRow(a, entry & PTE_FRAME), K.companion);
  return a.memory.read32(companion + (entry & (PAGE_SIZE - 1)));
}

export function setEntryNode(a: Arena, entry: number, node: number): void {
  const companion = a.kernelFrames.get(kernelFrameRow(a, entry & PTE_FRAME), K.companion);
  a.memory.write32(companion + (entry & (PAGE_SIZE - 1)), node);
}

/** TLB tag of a space: spaces that share one are told apart by the kernel at each switch (→ glue/ia32). */
export function spaceTag(space: number): number {
  return space % TAGS;
}

/** Tells the processor that an entry lost rights or status bits. */
export function invalidate(a: Arena, space: number, page: number): void {
  a.cpu.invalidatePage(spaceTag(space), page << PAGE_BITS);
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
  return ((pte & PTE_FRAME) >>> 0) + (linear & (PAGE_SIZE - 1));
}
