/**
 * Blocks of a file in core: making them, sizing them, giving them up.
 *
 * Here: indirect blocks made when the first block under them is, the fragment at the end of a small file,
 * and the counts of blocks held and free. Not here: addresses, which blocks get only when they are
 * written (`segment/`). B_CUR of a buffer is what `di_blocks` counts for it, B_OLD what lies on the disk.
 * @module
 */
import { B_CUR, B_OLD, H, SB, type Volume } from "../cache/arena.ts";
import { bufferWord, createBuffer, dropBuffer, findBuffer, markDirty, setBufferWord } from "../cache/buffer-cache.ts";
import { parentOf } from "../format/addressing.ts";
import { NDADDR } from "../format/constants.ts";
import { DI } from "../format/dinode.ts";
import { blockBytes, segmentOf } from "../format/geometry.ts";
import { addLiveBytes } from "../usage/segment-usage.ts";
import { pointerTo, setPointer } from "./bmap.ts";
import { diGet, diSet, diSize, inodeNumber, markInode } from "./inode.ts";

/** Counts bytes of blocks that the file now holds more (or fewer), in the inode and the superblock. */
export function countBytes(v: Volume, ip: number, bytes: number): void {
  const units = bytes / v.g.unit;
  diSet(v, ip, DI.di_blocks, diGet(v, ip, DI.di_blocks) + units);
  v.addSb(SB.lfs_bfree, -units);
}

/** Makes the size of a block in the cache what it must be when written, and dirties it. */
export function setBlockBytes(v: Volume, ip: number, row: number, bytes: number): void {
  countBytes(v, ip, bytes - bufferWord(v, row, B_CUR));
  setBufferWord(v, row, B_CUR, bytes);
  markDirty(v, row);
  markInode(v, ip);
}

/** Makes the indirect blocks above `lbn` that do not exist; those that do are in the cache. */
export function ensureParents(v: Volume, ip: number, lbn: number): void {
  const { parent } = parentOf(v.g.nindir, lbn);
  if (parent === 0) return;
  const ino = inodeNumber(v, ip);
  if (findBuffer(v, ino, parent) !== -1) return;
  if (pointerTo(v, ip, parent) !== 0) throw new Error(`indirect block ${parent} was not brought in`);
  ensureParents(v, ip, parent);
  setBlockBytes(v, ip, createBuffer(v, ino, parent), v.g.bsize);
}

/** How many blocks {@link ensureParents} would make. */
export function missingParents(v: Volume, ip: number, lbn: number): number {
  const { parent } = parentOf(v.g.nindir, lbn);
  if (parent === 0 || v.buffers.find(inodeNumber(v, ip), parent) !== -1) return 0;
  return 1 + missingParents(v, ip, parent);
}

/** The block that may be a run of fragments and would have to grow with the file, or -1. */
export function lastFragment(v: Volume, ip: number, newSize: number): number {
  const size = diSize(v, ip);
  if (size === 0 || newSize <= size) return -1;
  const lbn = Math.floor((size - 1) / v.g.bsize);
  if (lbn >= NDADDR) return -1;
  return blockBytes(v.g, size, lbn) === blockBytes(v.g, newSize, lbn) ? -1 : lbn;
}

/**
 * Gives up a block of a file: its bytes on the disk are dead, its buffer is dropped, its pointer is 0.
 * Its ancestors are in the cache. `heldBytes` is what `di_blocks` counts for a block not in the cache.
 */
export function freeBlock(v: Volume, ip: number, lbn: number, heldBytes: number): void {
  const row = v.buffers.find(inodeNumber(v, ip), lbn);
  const daddr = pointerTo(v, ip, lbn);
  const onDisk = row === -1 ? heldBytes : bufferWord(v, row, B_OLD);
  if (daddr !== 0) {
    addLiveBytes(v, segmentOf(v.g, daddr), -onDisk);
    const changed = setPointer(v, ip, lbn, 0);
    if (changed !== -1) markDirty(v, changed);
  }
  if (row !== -1) {
    countBytes(v, ip, -bufferWord(v, row, B_CUR));
    dropBuffer(v, row);
  } else if (daddr !== 0) countBytes(v, ip, -heldBytes);
  if (daddr !== 0 || row !== -1) markInode(v, ip);
  v.words[H.changed] = 1;
}
