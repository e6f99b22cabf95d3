/**
 * Segment usage: how many bytes of each segment are live, and which segments are clean.
 *
 * Here: the entries in the arena and the totals that follow from them. Not here: choosing segments
 * (`segment/next-segment.ts`, `cleaner/`). The segment table is pinned in the cache: nothing here misses.
 * @module
 */
import { H, SB, type Volume } from "../cache/arena.ts";
import { blockAt, markDirty } from "../cache/buffer-cache.ts";
import { LFS_IFILE_INUM, SEGUSE_DIRTY, SEGUSE_EMPTY, SEGUSE_PINNED, SEGUSE_SUPERBLOCK } from "../format/constants.ts";
import { segmentReserve } from "../format/geometry.ts";
import { CleanerInfo, SegUse, SegUseV1, segUsePlace } from "../format/ifile.ts";

import { countPins } from "../format/pins.ts";

const SU = SegUse.offsets;
const CI = CleanerInfo.offsets;

/** Byte in the arena of a segment's entry. */
export function segUse(v: Volume, segment: number): number {
  const { lbn, at } = segUsePlace(v.g, segment);
  return blockAt(v, v.buffers.find(LFS_IFILE_INUM, lbn)) + at;
}

export function markSegUse(v: Volume, segment: number): void {
  markDirty(v, v.buffers.find(LFS_IFILE_INUM, segUsePlace(v.g, segment).lbn));
  v.words[H.changed] = 1;
}

export function segFlags(v: Volume, segment: number): number {
  return v.view.getUint32(segUse(v, segment) + SU.su_flags, true);
}

export function setSegFlags(v: Volume, segment: number, flags: number): void {
  v.view.setUint32(segUse(v, segment) + SU.su_flags, flags, true);
  markSegUse(v, segment);
}

/** Bytes of live blocks and inodes. 4.4BSD's count holds the summaries too. */
export function liveBytes(v: Volume, segment: number): number {
  const at = segUse(v, segment);
  const counted = v.view.getUint32(at + SU.su_nbytes, true);
  if (!v.g.is44Bsd) return counted;
  return Math.max(0, counted - v.view.getUint16(at + SU.su_nsums, true) * v.g.sumsize);
}

/** Byte of the time of a segment, from its entry on. */
const lastmodAt = (v: Volume): number => (v.g.version === 1 ? SegUseV1.offsets.su_lastmod : SU.su_lastmod);

/** Seconds at which the youngest data in a segment were written. */
export function segmentTime(v: Volume, segment: number): number {
  return v.view.getUint32(segUse(v, segment) + lastmodAt(v), true);
}

/** Changes the live bytes of a segment; below zero is a bug or a corrupted disk, and counts as zero. */
export function addLiveBytes(v: Volume, segment: number, delta: number): void {
  const at = segUse(v, segment);
  v.view.setUint32(at + SU.su_nbytes, Math.max(0, v.view.getUint32(at + SU.su_nbytes, true) + delta), true);
  markSegUse(v, segment);
}

/**
 * Counts a partial segment with this many blocks of inodes, written now, or holding data that the cleaner
 * moves: a segment is as old as the youngest data in it (Rosenblum and Ousterhout 1992, 3.6).
 */
export function countPseg(v: Volume, segment: number, inodeBlocks: number, now: number): void {
  const at = segUse(v, segment);
  const sums = v.view.getUint16(at + SU.su_nsums, true);
  const moved = v.words[H.cleanAge] >>> 0;
  const before = sums === 0 ? 0 : v.view.getUint32(at + lastmodAt(v), true);
  const age = Math.max(moved === 0 ? now : moved, before);
  v.view.setUint16(at + SU.su_nsums, sums + 1, true);
  v.view.setUint16(at + SU.su_ninos, v.view.getUint16(at + SU.su_ninos, true) + inodeBlocks, true);
  v.view.setUint32(at + lastmodAt(v), age, true);
  v.view.setUint32(at + SU.su_olastmod, age, true);
  if (v.g.is44Bsd) v.view.setUint32(at, v.view.getUint32(at + SU.su_nbytes, true) + v.g.sumsize, true);
  const units = (v.g.sumsize + inodeBlocks * v.g.ibsize) / v.g.unit;
  v.addSb(SB.lfs_dmeta, units);
  v.addSb(SB.lfs_bfree, -units);
  markSegUse(v, segment);
}

export function psegsOf(v: Volume, segment: number): number {
  return v.view.getUint16(segUse(v, segment) + SU.su_nsums, true);
}

/** Units of summaries and blocks of inodes in a segment. */
export function metaUnits(v: Volume, segment: number): number {
  const at = segUse(v, segment);
  const sums = v.view.getUint16(at + SU.su_nsums, true) * v.g.sumsize;
  return (sums + v.view.getUint16(at + SU.su_ninos, true) * v.g.ibsize) / v.g.unit;
}

/** Bytes of a segment that are in use, with its summaries; with its blocks of inodes whole or not. */
export function usedBytes(v: Volume, segment: number, inodeBlocks: boolean): number {
  const at = segUse(v, segment);
  const summaries = v.view.getUint16(at + SU.su_nsums, true) * v.g.sumsize;
  const inodes = inodeBlocks ? v.view.getUint16(at + SU.su_ninos, true) * v.g.ibsize : 0;
  return liveBytes(v, segment) + summaries + inodes;
}

/** Units of a clean segment that the log can use. */
export function usableUnits(v: Volume, segment: number): number {
  const superblock = (segFlags(v, segment) & SEGUSE_SUPERBLOCK) !== 0;
  return v.g.unitsPerSegment - segmentReserve(v.g, segment, superblock);
}

function addCounts(v: Volume, clean: number, dirty: number): void {
  const at = cleanerInfoBlock(v);
  v.view.setUint32(at + CI.clean, v.view.getUint32(at + CI.clean, true) + clean, true);
  v.view.setUint32(at + CI.dirty, v.view.getUint32(at + CI.dirty, true) + dirty, true);
  v.addSb(SB.lfs_nclean, clean);
  markDirty(v, v.buffers.find(LFS_IFILE_INUM, 0));
}

function cleanerInfoBlock(v: Volume): number {
  return blockAt(v, v.buffers.find(LFS_IFILE_INUM, 0));
}

/** A clean segment becomes one that holds data; what the log can use shrinks by it until it is current. */
export function makeDirty(v: Volume, segment: number, flags: number): void {
  const old = segFlags(v, segment);
  if ((old & SEGUSE_DIRTY) === 0) {
    addCounts(v, -1, 1);
    v.addSb(SB.lfs_avail, -usableUnits(v, segment));
  } else forgetMeta(v, segment);
  v.view.setUint32(segUse(v, segment) + SU.su_nbytes, 0, true);
  v.view.setUint32(segUse(v, segment) + SU.su_nsums, 0, true);
  setSegFlags(v, segment, (old & SEGUSE_SUPERBLOCK) | SEGUSE_DIRTY | flags);
}

function forgetMeta(v: Volume, segment: number): void {
  const units = metaUnits(v, segment);
  v.addSb(SB.lfs_dmeta, -units);
  v.addSb(SB.lfs_bfree, units);
}

/** A segment without live bytes becomes clean (segclean); the disk must not need it any more. */
export function makeClean(v: Volume, segment: number): void {
  const flags = segFlags(v, segment);
  if ((flags & (SEGUSE_DIRTY | SEGUSE_PINNED)) !== SEGUSE_DIRTY || liveBytes(v, segment) !== 0)
    throw new Error(`segment ${segment} is not empty`);
  forgetMeta(v, segment);
  v.view.setUint32(segUse(v, segment) + SU.su_nbytes, 0, true);
  v.view.setUint32(segUse(v, segment) + SU.su_nsums, 0, true);
  setSegFlags(v, segment, flags & ~(SEGUSE_DIRTY | SEGUSE_EMPTY));
  addCounts(v, 1, -1);
  v.addSb(SB.lfs_avail, usableUnits(v, segment));
}

/** Whether a checkpoint is pinned. */
export function hasPins(v: Volume): boolean {
  return countPins(v.g, v.view, cleanerInfoBlock(v)) > 0;
}

/**
 * Units of dead blocks in segments that a pin keeps from being written again: what files may hold is less by
 * so much. The current segment counts as if it were full.
 */
export function pinnedDeadUnits(v: Volume): number {
  if (!hasPins(v)) return 0;
  let units = 0;
  for (let segment = 0; segment < v.g.nseg; segment++)
    if ((segFlags(v, segment) & SEGUSE_PINNED) !== 0)
      units += Math.max(0, usableUnits(v, segment) - Math.ceil(liveBytes(v, segment) / v.g.unit));
  return units;
}

/** Clean segments. */
export function cleanSegments(v: Volume): number {
  return v.sb(SB.lfs_nclean);
}
