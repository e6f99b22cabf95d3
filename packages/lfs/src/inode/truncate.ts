/**
 * Cutting a file: one indirect block's worth per step, from the end.
 *
 * Here: `truncateStep`. Not here: removing the inode (`vfs/`). Each step first brings in what it needs,
 * then frees and shortens the file, so that a step that misses has changed nothing, and a file being cut
 * is a good file of some length at every step.
 * @module
 */
import type { Volume } from "../cache/arena.ts";
import { blockAt } from "../cache/buffer-cache.ts";
import { mutate } from "../cache/device.ts";
import { firstDataUnder, parentOf } from "../format/addressing.ts";
import { NDADDR } from "../format/constants.ts";
import { blockBytes } from "../format/geometry.ts";
import { freeBlock, setBlockBytes } from "./blocks.ts";
import { readBlock } from "./bmap.ts";
import { diSize, markInode, setDiSize } from "./inode.ts";

/** Shortens the file towards `newSize` bytes; true when it is that short. May miss. */
export function truncateStep(v: Volume, ip: number, newSize: number): boolean {
  const { bsize, nindir } = v.g;
  const size = diSize(v, ip);
  if (size <= newSize) return true;
  const keep = Math.ceil(newSize / bsize);
  const last = Math.ceil(size / bsize) - 1;
  if (last < NDADDR || last < keep) return truncateDirect(v, ip, newSize);

  // The lowest indirect block above the last block that exists, or the highest that does not.
  const above = parentOf(nindir, last).parent;
  const missing = lowestMissing(v, ip, above);
  if (missing !== 0) {
    // Nothing below `missing`: skip all that it would cover.
    mutate(v);
    const bottom = firstDataUnder(nindir, missing);
    const first = Math.max(bottom, keep);
    if (first === bottom) freeAncestors(v, ip, missing);
    setDiSize(v, ip, Math.max(first * bsize, newSize));
    markInode(v, ip);
    return diSize(v, ip) <= newSize;
  }
  const base = firstDataUnder(nindir, above);
  const from = Math.max(base, keep);
  mutate(v);
  for (let lbn = last; lbn >= from; lbn--) freeBlock(v, ip, lbn, bsize);
  if (from === base) {
    freeBlock(v, ip, above, bsize);
    freeAncestors(v, ip, above);
  }
  setDiSize(v, ip, Math.max(from * bsize, newSize));
  markInode(v, ip);
  return diSize(v, ip) <= newSize;
}

/** Nothing is left under an indirect block, nor under the blocks above it of which it is the first child: frees those. */
function freeAncestors(v: Volume, ip: number, lbn: number): void {
  const { bsize, nindir } = v.g;
  const base = firstDataUnder(nindir, lbn);
  for (let { parent } = parentOf(nindir, lbn); parent !== 0; { parent } = parentOf(nindir, parent)) {
    if (firstDataUnder(nindir, parent) !== base) return;
    freeBlock(v, ip, parent, bsize);
  }
}

/** The highest of `lbn` and its ancestors that does not exist, or 0 when all do. May miss. */
function lowestMissing(v: Volume, ip: number, lbn: number): number {
  const { parent } = parentOf(v.g.nindir, lbn);
  if (parent !== 0) {
    const above = lowestMissing(v, ip, parent);
    if (above !== 0) return above;
  }
  return readBlock(v, ip, lbn) === -1 ? lbn : 0;
}

/** The end of cutting: direct blocks, and the last block's bytes behind the new end. May miss. */
function truncateDirect(v: Volume, ip: number, newSize: number): boolean {
  const { bsize, nindir } = v.g;
  const size = diSize(v, ip);
  const keep = Math.ceil(newSize / bsize);
  const partial = newSize % bsize !== 0 ? keep - 1 : -1;
  let row = -1;
  if (partial >= 0) {
    const { parent } = parentOf(nindir, partial);
    if (parent !== 0) readBlock(v, ip, parent);
    row = readBlock(v, ip, partial);
  }
  mutate(v);
  const lastDirect = Math.min(Math.ceil(size / bsize), NDADDR) - 1;
  for (let lbn = lastDirect; lbn >= keep; lbn--) freeBlock(v, ip, lbn, blockBytes(v.g, size, lbn));
  setDiSize(v, ip, newSize);
  markInode(v, ip);
  if (row !== -1) {
    const at = blockAt(v, row);
    v.bytes.fill(0, at + (newSize % bsize), at + bsize);
    setBlockBytes(v, ip, row, blockBytes(v.g, newSize, partial));
  }
  return true;
}
