/**
 * The kernel's own frames: page directories, page tables, UTCB pages, KIP.
 *
 * Here: a free list over the pool at the end of the arena. Not here: frames of users (→ mapping-database.ts).
 * @module
 */
import { PAGE_SIZE } from "../api/fpage.ts";
import type { Arena } from "../table/arena.ts";
import { H, K } from "../table/layout.ts";
import { book, unbook } from "./kernel-memory.ts";

/** Physical address of a zeroed frame for a space (0: for all of them), or 0 when there is none for it. */
export function takeFrame(a: Arena, space: number): number {
  const row = a.get(H.freeKernelFrame);
  if (row === 0 || !book(a, space, PAGE_SIZE)) return 0;
  a.set(H.freeKernelFrame, a.kernelFrames.get(row, K.next));
  a.kernelFrames.clear(row);
  const physical = a.get(H.poolBase) + row * PAGE_SIZE;
  a.memory.fill(physical, PAGE_SIZE, 0);
  return physical;
}

/** Gives a space's frame back. */
export function giveFrame(a: Arena, space: number, physical: number): void {
  const row = kernelFrameRow(a, physical);
  a.kernelFrames.clear(row);
  a.kernelFrames.set(row, K.next, a.get(H.freeKernelFrame));
  a.set(H.freeKernelFrame, row);
  unbook(a, space, PAGE_SIZE);
}

/** The row of a frame of the pool. */
export function kernelFrameRow(a: Arena, physical: number): number {
  return (physical - a.get(H.poolBase)) / PAGE_SIZE;
}
