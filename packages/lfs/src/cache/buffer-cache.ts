/**
 * The buffer cache: blocks in the arena, keyed by (inode, lbn), or (0, disk address) for blocks of inodes.
 *
 * Here: finding, loading, creating, dirtying, dropping, taking the least used. Not here: where a block
 * lies on the disk (`inode/bmap.ts`), when dirty ones are written (`segment/`). A dirty or pinned buffer
 * is never taken; neither is one that the current attempt has touched.
 * @module
 */
import {
  B_CUR,
  B_DADDR,
  B_OLD,
  B_STAMP,
  F_ASSIGNED,
  F_DIRTY,
  F_PINNED,
  F_REFERENCED,
  F_USED,
  F_VALID,
  H,
  type Volume,
} from "./arena.ts";
import { readAndMiss } from "./device.ts";

/** First byte of a buffer's block in the arena. */
export function blockAt(v: Volume, row: number): number {
  return v.bufferDataAt + row * v.g.bsize;
}

export function bufferWord(v: Volume, row: number, word: number): number {
  return v.words[v.buffers.at(row) + word];
}

export function setBufferWord(v: Volume, row: number, word: number, value: number): void {
  v.words[v.buffers.at(row) + word] = value;
}

/** The buffer with this key, or -1; it counts as used. */
export function findBuffer(v: Volume, ino: number, lbn: number): number {
  const row = v.buffers.find(ino, lbn);
  if (row !== -1) touch(v, row);
  return row;
}

function touch(v: Volume, row: number): void {
  const at = v.buffers.at(row);
  v.words[at + 2] |= F_REFERENCED;
  v.words[at + B_STAMP] = v.words[H.attempt];
}

/** A row that nobody needs, made free. */
function takeRow(v: Volume): number {
  const w = v.words;
  const rows = v.buffers.rows;
  for (let tries = 0; tries < 2 * rows + 1; tries++) {
    const row = w[H.bufferHand];
    w[H.bufferHand] = row + 1 === rows ? 0 : row + 1;
    const flags = v.buffers.flags(row);
    if (flags === 0) return row;
    if ((flags & (F_DIRTY | F_PINNED | F_ASSIGNED)) !== 0 || bufferWord(v, row, B_STAMP) === w[H.attempt]) continue;
    if ((flags & F_REFERENCED) !== 0) v.buffers.setFlags(row, flags & ~F_REFERENCED);
    else {
      v.buffers.remove(row);
      return row;
    }
  }
  throw new Error("the arena has too few buffers for one step");
}

/** A new valid buffer of zeros; the caller knows that the key is not in the cache. */
export function createBuffer(v: Volume, ino: number, lbn: number): number {
  const row = takeRow(v);
  v.buffers.insert(row, ino, lbn, F_USED | F_VALID);
  setBufferWord(v, row, B_OLD, 0);
  setBufferWord(v, row, B_CUR, 0);
  setBufferWord(v, row, B_DADDR, 0);
  const at = blockAt(v, row);
  v.bytes.fill(0, at, at + v.g.bsize);
  touch(v, row);
  return row;
}

/** The buffer with this key, read from `daddr` when it is not in the cache. */
export function loadBuffer(v: Volume, ino: number, lbn: number, daddr: number, length: number): number {
  const found = findBuffer(v, ino, lbn);
  if (found !== -1) return found;
  const row = createBuffer(v, ino, lbn);
  v.buffers.setFlags(row, F_USED);
  setBufferWord(v, row, B_OLD, length);
  setBufferWord(v, row, B_CUR, length);
  readAndMiss(v, daddr * v.g.unit, length, blockAt(v, row), row);
}

export function isDirty(v: Volume, row: number): boolean {
  return (v.buffers.flags(row) & F_DIRTY) !== 0;
}

export function markDirty(v: Volume, row: number): void {
  const flags = v.buffers.flags(row);
  if ((flags & F_DIRTY) !== 0) return;
  v.buffers.setFlags(row, flags | F_DIRTY);
  v.words[H.dirtyBuffers]++;
}

export function markClean(v: Volume, row: number): void {
  const flags = v.buffers.flags(row);
  if ((flags & F_DIRTY) === 0) return;
  v.buffers.setFlags(row, flags & ~F_DIRTY);
  v.words[H.dirtyBuffers]--;
}

/** Forgets a buffer, dirty or not. */
export function dropBuffer(v: Volume, row: number): void {
  markClean(v, row);
  v.buffers.remove(row);
}

/** Calls `visit` for every used buffer. Rows may be dropped meanwhile. */
export function forEachBuffer(v: Volume, visit: (row: number, ino: number, lbn: number) => void): void {
  const w = v.words;
  for (let row = 0; row < v.buffers.rows; row++) {
    const at = v.buffers.at(row);
    if (w[at + 2] !== 0) visit(row, w[at] >>> 0, w[at + 1]);
  }
}

/** Forgets every buffer of a file. */
export function dropFile(v: Volume, ino: number): void {
  forEachBuffer(v, (row, owner) => {
    if (owner === ino) dropBuffer(v, row);
  });
}
