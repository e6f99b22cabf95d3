/**
 * The page table: what each page frame of RAM is, and the allocator over it.
 *
 * Here: size, type and state of a frame; taking free frames, one or a run, and giving them back. All in one step of the
 * caller. Not here: who holds a frame, and where (`space.ts`); mapping and unmapping (`memory.ts`, `sharing.ts`).
 * A row of zeroes is a free conventional page of 4 KiB. Frame 0 is never given out, so 0 means "none".
 *
 *     page word:   15 size (log2, less 12) 8 | 7 type 4 | 3 state 0
 *
 * Reference: thesis, appendix A.2.1.
 * @module
 */
import { FPAGE_RWX, makeFpage, PAGE_BITS, PAGE_SIZE } from "@kintsugi/microkernel";
import type { WordReader, WordWriter } from "../server/table.ts";
import type { Transaction } from "../server/transaction.ts";
import { type ArtMemory, F, G, R } from "./art-memory.ts";

/** States of a page: nobody's; taken by a service routine; a Space's, never mapped; mapped; taken back, still a Space's; never to be given out. */
export const PAGE_FREE = 0;
export const PAGE_ALLOCATED = 1;
export const PAGE_RESERVED = 2;
export const PAGE_MAPPED = 3;
export const PAGE_UNMAPPED = 4;
export const PAGE_IMMORTAL = 5;

/** Types: may be mapped to any process; belongs to the kernel, sigma0, ART or the boot modules. */
export const PAGE_CONVENTIONAL = 0;
export const PAGE_OF_THE_SYSTEM = 1;

const STATE = 0xf;
const TYPE_SHIFT = 4;
const SIZE_SHIFT = 8;

/** What the page table says of a frame. */
export interface PageInfo {
  /** Bytes. */
  readonly size: number;
  readonly type: number;
  readonly state: number;
}

export function pageInfo({ frames }: ArtMemory, tx: WordReader, frame: number): PageInfo {
  const word = frames.get(tx, frame, F.page);
  return { size: PAGE_SIZE << (word >>> SIZE_SHIFT), type: (word >>> TYPE_SHIFT) & 0xf, state: word & STATE };
}

/** Only a frame of RAM has a row; device memory is nobody's to give away. */
export function isRam({ frames }: ArtMemory, frame: number): boolean {
  return frame < frames.rows;
}

export function setState({ frames }: ArtMemory, tx: WordWriter, frame: number, state: number): void {
  frames.set(tx, frame, F.page, (frames.get(tx, frame, F.page) & ~STATE) | state);
}

/** Adds a region of frames that sigma0 has given. False when there are too many. */
export function addRegion(memory: ArtMemory, tx: WordWriter, first: number, count: number): boolean {
  const { globals, regions } = memory;
  const row = globals.get(tx, 0, G.regions);
  if (row >= regions.rows || first + count > memory.frames.rows) return false;
  regions.set(tx, row, R.next, first);
  regions.set(tx, row, R.end, first + count);
  globals.set(tx, 0, G.regions, row + 1);
  globals.set(tx, 0, G.freePages, globals.get(tx, 0, G.freePages) + count);
  return true;
}

/** Declares every frame outside the regions immortal: kernel, images, modules. Once, when all regions are known. */
export function markImmortal(memory: ArtMemory, tx: Transaction): void {
  const { globals, regions, frames } = memory;
  const taken = Array.from({ length: globals.get(tx, 0, G.regions) }, (_, row) => ({
    first: regions.get(tx, row, R.next),
    end: regions.get(tx, row, R.end),
  })).sort((a, b) => a.first - b.first);
  let at = 0;
  for (const { first, end } of [...taken, { first: frames.rows, end: frames.rows }]) {
    const rows = new Int32Array(((first - at) * frames.stride) / 4);
    for (let i = F.page; i < rows.length; i += frames.stride / 4)
      rows[i] = (PAGE_OF_THE_SYSTEM << TYPE_SHIFT) | PAGE_IMMORTAL;
    if (rows.length > 0) tx.pages.write(frames.address(at, 0), new Uint8Array(rows.buffer));
    at = end;
  }
}

export function freePages(memory: ArtMemory, tx: WordReader): number {
  return memory.globals.get(tx, 0, G.freePages);
}

/** Takes a free frame; it is allocated then. Returns 0 when there is none. */
export function takeFrame(memory: ArtMemory, tx: WordWriter): number {
  const { globals } = memory;
  const frame = takeFree(memory, tx);
  if (frame === 0) return 0;
  setState(memory, tx, frame, PAGE_ALLOCATED);
  globals.set(tx, 0, G.freePages, globals.get(tx, 0, G.freePages) - 1);
  return frame;
}

function takeFree({ globals, regions, frames }: ArtMemory, tx: WordWriter): number {
  const free = globals.get(tx, 0, G.freeFrame);
  if (free !== 0) {
    globals.set(tx, 0, G.freeFrame, frames.get(tx, free, F.next));
    return free;
  }
  for (let row = globals.get(tx, 0, G.regions) - 1; row >= 0; row--) {
    const next = regions.get(tx, row, R.next);
    if (next === regions.get(tx, row, R.end)) continue;
    regions.set(tx, row, R.next, next + 1);
    return next;
  }
  return 0;
}

/**
 * Takes `count` (at most `line`) frames that lie one behind the other, below frame `limit` and not across a multiple of
 * `line` frames: what an ISA DMA channel can reach. They come from the end of a region, so that the rest of it stays one.
 * Regions are aligned to their size: none reaches across the limit. Returns the first, or 0.
 */
export function takeRun(memory: ArtMemory, tx: WordWriter, count: number, limit: number, line: number): number {
  const { globals, regions, frames } = memory;
  for (let row = 0; row < globals.get(tx, 0, G.regions); row++) {
    const next = regions.get(tx, row, R.next);
    const end = regions.get(tx, row, R.end);
    let first = end - count;
    if (Math.floor(first / line) !== Math.floor((end - 1) / line)) first -= end % line;
    if (first < next || end > limit) continue;
    for (let frame = end - 1; frame >= first + count; frame--) pushFree(memory, tx, frame);
    regions.set(tx, row, R.end, first);
    for (let frame = first; frame < first + count; frame++) {
      frames.set(tx, frame, F.next, 0);
      setState(memory, tx, frame, PAGE_ALLOCATED);
    }
    globals.set(tx, 0, G.freePages, globals.get(tx, 0, G.freePages) - count);
    return first;
  }
  return 0;
}

/** Whether a frame may be given to anybody who asks for it. */
export function isFree(memory: ArtMemory, tx: WordReader, frame: number): boolean {
  if (frame === 0 || !isRam(memory, frame)) return false;
  const { type, state } = pageInfo(memory, tx, frame);
  return type === PAGE_CONVENTIONAL && state === PAGE_FREE;
}

/** Takes just this frame, which is free. False when the regions are in too many pieces. */
export function takeAt(memory: ArtMemory, tx: WordWriter, frame: number): boolean {
  if (!takeFromRegion(memory, tx, frame)) return false;
  setState(memory, tx, frame, PAGE_ALLOCATED);
  memory.globals.set(tx, 0, G.freePages, freePages(memory, tx) - 1);
  return true;
}

/** Takes a free frame out of its region, which may become two, or else out of the free list. False when there is no row for the second, or it is in neither. */
function takeFromRegion({ globals, regions, frames }: ArtMemory, tx: WordWriter, frame: number): boolean {
  const count = globals.get(tx, 0, G.regions);
  for (let row = 0; row < count; row++) {
    const next = regions.get(tx, row, R.next);
    const end = regions.get(tx, row, R.end);
    if (frame < next || frame >= end) continue;
    if (frame === next) regions.set(tx, row, R.next, frame + 1);
    else if (frame < end - 1) {
      if (count === regions.rows) return false;
      regions.set(tx, count, R.next, frame + 1);
      regions.set(tx, count, R.end, end);
      globals.set(tx, 0, G.regions, count + 1);
    }
    if (frame !== next) regions.set(tx, row, R.end, frame);
    return true;
  }
  let before = 0;
  let at = globals.get(tx, 0, G.freeFrame);
  while (at !== frame && at !== 0) [before, at] = [at, frames.get(tx, at, F.next)];
  if (at === 0) return false;
  const following = frames.get(tx, frame, F.next);
  if (before === 0) globals.set(tx, 0, G.freeFrame, following);
  else frames.set(tx, before, F.next, following);
  frames.set(tx, frame, F.next, 0);
  return true;
}

/** A frame is free again: nobody holds it. */
export function giveFrame(memory: ArtMemory, tx: WordWriter, frame: number): void {
  const { globals } = memory;
  setState(memory, tx, frame, PAGE_FREE);
  pushFree(memory, tx, frame);
  globals.set(tx, 0, G.freePages, globals.get(tx, 0, G.freePages) + 1);
}

function pushFree({ globals, frames }: ArtMemory, tx: WordWriter, frame: number): void {
  frames.set(tx, frame, F.next, globals.get(tx, 0, G.freeFrame));
  globals.set(tx, 0, G.freeFrame, frame);
}

/** Physical address of a frame. */
export function frameAddress(frame: number): number {
  return frame * PAGE_SIZE;
}

/** The fpage that takes a frame from everybody but ART, or gives it with these rights. */
export function pageOf(frame: number, rights: number = FPAGE_RWX): number {
  return makeFpage(frameAddress(frame), PAGE_BITS, rights);
}
