/**
 * The page table: which process has which page frame, and where.
 *
 * Here: taking frames for a process, its list of them (its Space's mapping database), giving them back.
 * Not here: mapping and unmapping (`memory.ts`, `removal.ts`). All in one step of the caller.
 * A frame is in exactly one place: unused in a region, in the free list, or in one process's list.
 * Frame 0 is never given out, so 0 ends every list.
 * Reference: thesis, appendix A.2.1.
 * @module
 */
import { PAGE_SIZE } from "@kintsugi/microkernel";
import type { WordReader, WordWriter } from "../server/table.ts";
import { type ArtMemory, F, G, P, R } from "./art-memory.ts";

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

export function freePages(memory: ArtMemory, tx: WordReader): number {
  return memory.globals.get(tx, 0, G.freePages);
}

/** Takes a frame for `pid`, to be mapped at `address` there. Returns 0 when there is none. */
export function takeFrame(memory: ArtMemory, tx: WordWriter, pid: number, address: number): number {
  const { globals, processes, frames } = memory;
  const frame = takeFree(memory, tx);
  if (frame === 0) return 0;
  const row = pid - 1;
  frames.set(tx, frame, F.owner, pid);
  frames.set(tx, frame, F.address, address);
  frames.set(tx, frame, F.next, processes.get(tx, row, P.frame));
  processes.set(tx, row, P.frame, frame);
  processes.set(tx, row, P.pages, processes.get(tx, row, P.pages) + 1);
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

/** Frames of a process whose address lies in [low, high), as pairs of frame and address; at most `most`. */
export function framesIn(
  { processes, frames }: ArtMemory,
  tx: WordReader,
  pid: number,
  low: number,
  high: number,
  most: number,
): number[] {
  const found: number[] = [];
  let frame = processes.get(tx, pid - 1, P.frame);
  for (; frame !== 0 && found.length < 2 * most; frame = frames.get(tx, frame, F.next)) {
    const address = frames.get(tx, frame, F.address) >>> 0;
    if (address >= low && address < high) found.push(frame, address);
  }
  return found;
}

/** Gives back the first `most` frames of a process whose address lies in [low, high). */
export function giveFrames(
  memory: ArtMemory,
  tx: WordWriter,
  pid: number,
  low: number,
  high: number,
  most: number,
): void {
  const { globals, processes, frames } = memory;
  let given = 0;
  let before = 0;
  let frame = processes.get(tx, pid - 1, P.frame);
  while (frame !== 0 && given < most) {
    const next = frames.get(tx, frame, F.next);
    const address = frames.get(tx, frame, F.address) >>> 0;
    if (address < low || address >= high) before = frame;
    else {
      if (before === 0) processes.set(tx, pid - 1, P.frame, next);
      else frames.set(tx, before, F.next, next);
      frames.set(tx, frame, F.owner, 0);
      frames.set(tx, frame, F.next, globals.get(tx, 0, G.freeFrame));
      globals.set(tx, 0, G.freeFrame, frame);
      given++;
    }
    frame = next;
  }
  processes.set(tx, pid - 1, P.pages, processes.get(tx, pid - 1, P.pages) - given);
  globals.set(tx, 0, G.freePages, globals.get(tx, 0, G.freePages) + given);
}

/** Physical address of a frame. */
export function frameAddress(frame: number): number {
  return frame * PAGE_SIZE;
}
