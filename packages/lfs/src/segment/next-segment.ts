/**
 * Moving the log from one segment to the next.
 *
 * Here: which clean segment follows, and entering it. Not here: making segments clean (`cleaner/`,
 * `checkpoint/`). `lfs_nextseg` is chosen one segment ahead, because every summary names it.
 * @module
 */
import { H, SB, type Volume } from "../cache/arena.ts";
import { dropBuffer, forEachBuffer, isDirty } from "../cache/buffer-cache.ts";
import { refuse } from "../cache/device.ts";
import { SEGUSE_ACTIVE, SEGUSE_DIRTY, SEGUSE_ERROR, SEGUSE_INVAL, SEGUSE_SUPERBLOCK } from "../format/constants.ts";
import { segmentOf, segmentReserve, segmentStart } from "../format/geometry.ts";
import { makeDirty, segFlags, usableUnits } from "../usage/segment-usage.ts";

/** The first clean segment behind `segment`, round the disk, that is not in `taken`; -1 when there is none. */
export function chooseNext(v: Volume, segment: number, taken: readonly number[]): number {
  for (let n = 1; n <= v.g.nseg; n++) {
    const candidate = (segment + n) % v.g.nseg;
    const unusable = SEGUSE_DIRTY | SEGUSE_ERROR | SEGUSE_INVAL;
    if ((segFlags(v, candidate) & unusable) === 0 && !taken.includes(candidate)) return candidate;
  }
  return -1;
}

/** Whether the current segment has room for a summary of one fragment and a block. */
export function hasRoom(v: Volume, offset: number): boolean {
  const end = v.sb(SB.lfs_curseg) + v.g.unitsPerSegment;
  return end - offset > v.g.bsize / v.g.unit;
}

/** Address at which the log begins in a segment. */
export function logStart(v: Volume, segment: number): number {
  const superblock = (segFlags(v, segment) & SEGUSE_SUPERBLOCK) !== 0;
  return segmentStart(v.g, segment) + segmentReserve(v.g, segment, superblock);
}

/** Enters the next segment. What is left of the current one stays unused. */
export function advanceSegment(v: Volume): void {
  const current = v.sb(SB.lfs_curseg);
  const next = segmentOf(v.g, v.sb(SB.lfs_nextseg));
  v.addSb(SB.lfs_avail, -(current + v.g.unitsPerSegment - v.sb(SB.lfs_offset)));
  makeDirty(v, next, SEGUSE_ACTIVE);
  v.addSb(SB.lfs_avail, usableUnits(v, next));
  v.setSb(SB.lfs_lastseg, current);
  v.setSb(SB.lfs_curseg, segmentStart(v.g, next));
  v.setSb(SB.lfs_offset, logStart(v, next));
  const following = chooseNext(v, next, []);
  // Only a disk that came with too few clean segments gets here; the volume stops writing.
  if (following === -1) refuse("ENOSPC");
  v.setSb(SB.lfs_nextseg, segmentStart(v.g, following));
  v.words[H.nactive]++;
  dropInodeBlocks(v, next);
}

/** Forgets cached blocks of inodes of a segment that is about to be written again. */
function dropInodeBlocks(v: Volume, segment: number): void {
  forEachBuffer(v, (row, ino, daddr) => {
    if (ino === 0 && segmentOf(v.g, daddr) === segment && !isDirty(v, row)) dropBuffer(v, row);
  });
}
