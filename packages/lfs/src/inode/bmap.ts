/**
 * From logical block numbers to disk addresses and buffers.
 *
 * Here: following and setting pointers in inodes and indirect blocks, reading blocks. Not here: giving
 * blocks addresses (`segment/`), sizes of files (`blocks.ts`). A buffer in the cache comes before what a
 * pointer says: a block that has never been on the disk has pointer 0 and a dirty buffer.
 * @module
 */
import type { Volume } from "../cache/arena.ts";
import { blockAt, findBuffer, loadBuffer } from "../cache/buffer-cache.ts";
import { refuse } from "../cache/device.ts";
import { isLbn, parentOf } from "../format/addressing.ts";
import { NDADDR } from "../format/constants.ts";
import { DI } from "../format/dinode.ts";
import { blockBytes, type Geometry, segmentOf } from "../format/geometry.ts";
import { diGet, diSet, diSize, inodeNumber } from "./inode.ts";

/** Whether `bytes` at a disk address lie inside one segment. */
export function isBlockAddress(g: Geometry, daddr: number, bytes: number): boolean {
  const segment = segmentOf(g, daddr);
  return segment >= 0 && segment < g.nseg && segmentOf(g, daddr + bytes / g.unit - 1) === segment;
}

function checkDaddr(v: Volume, daddr: number, bytes: number): number {
  if (daddr !== 0 && !isBlockAddress(v.g, daddr, bytes)) refuse("EIO");
  return daddr;
}

/** Byte offset in the dinode of pointer `index`: 0 to 11 direct, 12 to 14 indirect. */
export function inodePointer(index: number): number {
  return index < NDADDR ? DI.di_db + 4 * index : DI.di_ib + 4 * (index - NDADDR);
}

/** Disk address of a block of a file as its pointer says, 0 for none. Follows the path; may miss. */
export function bmap(v: Volume, ip: number, lbn: number): number {
  const { parent, index } = parentOf(v.g.nindir, lbn);
  const bytes = blockBytes(v.g, diSize(v, ip), lbn);
  if (parent === 0) return checkDaddr(v, diGet(v, ip, inodePointer(index)) | 0, bytes);
  const row = readBlock(v, ip, parent);
  return row === -1 ? 0 : checkDaddr(v, v.view.getInt32(blockAt(v, row) + 4 * index, true), bytes);
}

/** The buffer of a block of a file, or -1 for a hole. May miss. */
export function readBlock(v: Volume, ip: number, lbn: number): number {
  const ino = inodeNumber(v, ip);
  const found = findBuffer(v, ino, lbn);
  if (found !== -1) return found;
  if (!isLbn(v.g.nindir, lbn)) refuse("EFBIG");
  const daddr = bmap(v, ip, lbn);
  return daddr === 0 ? -1 : loadBuffer(v, ino, lbn, daddr, blockBytes(v.g, diSize(v, ip), lbn));
}

/** The pointer to a block, all of whose ancestors are in the cache. Never misses. */
export function pointerTo(v: Volume, ip: number, lbn: number): number {
  const { parent, index } = parentOf(v.g.nindir, lbn);
  if (parent === 0) return diGet(v, ip, inodePointer(index)) | 0;
  const row = v.buffers.find(inodeNumber(v, ip), parent);
  return row === -1 ? 0 : v.view.getInt32(blockAt(v, row) + 4 * index, true);
}

/** Sets the pointer to a block; says which buffer has changed, or -1 for the inode. Never misses. */
export function setPointer(v: Volume, ip: number, lbn: number, daddr: number): number {
  const { parent, index } = parentOf(v.g.nindir, lbn);
  if (parent === 0) {
    diSet(v, ip, inodePointer(index), daddr);
    return -1;
  }
  const row = v.buffers.find(inodeNumber(v, ip), parent);
  if (row === -1) throw new Error(`block ${lbn} has no parent in the cache`);
  v.view.setInt32(blockAt(v, row) + 4 * index, daddr, true);
  return row;
}

/** Brings every indirect block above `lbn` that exists into the cache. May miss. */
export function loadParents(v: Volume, ip: number, lbn: number): void {
  const { parent } = parentOf(v.g.nindir, lbn);
  if (parent === 0) return;
  loadParents(v, ip, parent);
  readBlock(v, ip, parent);
}
