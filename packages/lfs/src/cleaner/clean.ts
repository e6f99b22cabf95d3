/**
 * The cleaner: live blocks of a segment go to the end of the log, and the segment becomes clean.
 *
 * Here: when cleaning is wanted, and carrying it out a block at a time. Not here: which segment
 * (`choose.ts`). The reserve rule: an operation that writes begins only while more than `logReserve`
 * segments are clean; one write-out of the arena and a checkpoint fit in these. What files may hold
 * leaves `lfs_minfreeseg` segments out, so that cleaning the emptiest segments always gains.
 * @module
 */
import { H, SB, type Volume } from "../cache/arena.ts";
import { blockAt, loadBuffer, markDirty } from "../cache/buffer-cache.ts";
import { mutate, refuse } from "../cache/device.ts";
import { isLbn } from "../format/addressing.ts";
import {
  DINODE_SIZE,
  LFS_IFILE_INUM,
  SEGUSE_ACTIVE,
  SEGUSE_DIRTY,
  SEGUSE_ERROR,
  SEGUSE_INVAL,
} from "../format/constants.ts";
import { DI } from "../format/dinode.ts";
import { segmentOf } from "../format/geometry.ts";
import { SegUse } from "../format/ifile.ts";
import { type LoggedBlock, readSummary, walkSummary } from "../format/segsum.ts";
import { ifileInode, inodeDaddr, inodeLimit, inodeVersion, vget } from "../ifile/inode-map.ts";
import { hasBlocks } from "../ifile/release.ts";
import { bmap, readBlock } from "../inode/bmap.ts";
import { diSize, markInode } from "../inode/inode.ts";
import { FLUSH_CHECKPOINT, startFlush } from "../segment/flush.ts";
import { logStart } from "../segment/next-segment.ts";
import { cleanSegments, liveBytes, psegsOf, segFlags, segUse } from "../usage/segment-usage.ts";
import { type CleaningPolicy, costBenefit, greedy, type SegmentAge } from "./choose.ts";

const IDLE = 0;
const CHOOSE = 1;
const COPY = 2;
const WRITTEN = 3;

/** `H.cleanPolicy`. */
export const POLICIES: readonly CleaningPolicy[] = [greedy, costBenefit];

/** Clean segments that only the cleaner and checkpoints may use up. */
export function logReserve(v: Volume): number {
  return Math.max(6, Math.floor(v.g.minfreeseg / 2) - 2);
}

/** Whether the log must be cleaned before anything more is written. */
export function cleanIsWanted(v: Volume): boolean {
  return cleanSegments(v) <= logReserve(v) && v.words[H.cleanPhase] === IDLE && v.words[H.cleanFailed] === 0;
}

/** Begins to clean: `count` segments at most, or with 0 as many as end the need. */
export function startCleaner(v: Volume, count: number): void {
  const w = v.words;
  w[H.cleanPhase] = CHOOSE;
  w[H.cleanTarget] = count;
  w[H.cleanCount] = 0;
  w[H.cleanFailed] = 0;
}

export function isCleaning(v: Volume): boolean {
  return v.words[H.cleanPhase] !== IDLE;
}

/** Segments that can be cleaned, as the policies see them. */
export function candidates(v: Volume): SegmentAge[] {
  const current = segmentOf(v.g, v.sb(SB.lfs_curseg));
  const unusable = SEGUSE_ACTIVE | SEGUSE_ERROR | SEGUSE_INVAL;
  const list: SegmentAge[] = [];
  for (let segment = 0; segment < v.g.nseg; segment++) {
    const flags = segFlags(v, segment);
    if (segment === current || (flags & SEGUSE_DIRTY) === 0 || (flags & unusable) !== 0) continue;
    const lastmod = v.view.getUint32(segUse(v, segment) + SegUse.offsets.su_lastmod, true);
    list.push({
      segment,
      live: liveBytes(v, segment),
      age: Math.max(0, (v.words[H.timeSeconds] >>> 0) - lastmod),
      summaries: psegsOf(v, segment) * v.g.sumsize,
    });
  }
  return list;
}

/** Carries the cleaner a little further. May miss, or start a flush. */
export function stepCleaner(v: Volume): void {
  const w = v.words;
  if (w[H.cleanPhase] === CHOOSE) choose(v);
  else if (w[H.cleanPhase] === COPY) copyPseg(v);
  else {
    // Behind the checkpoint the segment is empty, and clean.
    w[H.cleanCount]++;
    const target = w[H.cleanTarget];
    const enough = target === 0 ? cleanSegments(v) > logReserve(v) + 2 : w[H.cleanCount] >= target;
    w[H.cleanPhase] = enough ? IDLE : CHOOSE;
  }
}

function choose(v: Volume): void {
  const w = v.words;
  mutate(v);
  const usable = v.g.ssize - v.g.ssize / 16;
  const list = candidates(v).filter((s) => s.live < usable);
  const order = POLICIES[w[H.cleanPolicy]]?.(list, v.g.ssize) ?? [];
  const segment = order[0];
  if (segment === undefined && w[H.nactive] > 0) {
    // What was written since the last checkpoint can be cleaned behind the next.
    w[H.cleanPhase] = WRITTEN;
    startFlush(v, FLUSH_CHECKPOINT, { both: true });
    return;
  }
  if (segment === undefined || w[H.cleanCount] > 4 * v.g.nseg) {
    // Nothing to gain: operations that need room answer ENOSPC until something is freed.
    w[H.cleanFailed] = 1;
    w[H.cleanPhase] = IDLE;
    return;
  }
  w[H.cleanSegment] = segment;
  w[H.cleanDaddr] = logStart(v, segment);
  w[H.cleanPsegs] = psegsOf(v, segment);
  w[H.cleanItem] = 0;
  w[H.cleanPhase] = liveBytes(v, segment) === 0 ? WRITTEN : COPY;
  if (w[H.cleanPhase] === WRITTEN) startFlush(v, FLUSH_CHECKPOINT, { both: true });
}

/** The live blocks and inodes of one partial segment become dirty. May miss. */
function copyPseg(v: Volume): void {
  const w = v.words;
  if (w[H.cleanPsegs] === 0) {
    mutate(v);
    w[H.cleanPhase] = WRITTEN;
    startFlush(v, FLUSH_CHECKPOINT, { both: true });
    return;
  }
  const daddr = w[H.cleanDaddr];
  const row = loadBuffer(v, 0, daddr, daddr, v.g.sumsize);
  const summary = readSummary(v.g, v.bytes, blockAt(v, row));
  const walk = summary === undefined ? undefined : walkSummary(v.g, summary, daddr);
  if (walk === undefined) refuse("EIO");
  const item = w[H.cleanItem];
  if (item < walk.blocks.length) {
    keep(v, walk.blocks[item]);
    w[H.cleanItem]++;
    return;
  }
  w[H.cleanItem] = 0;
  w[H.cleanPsegs]--;
  w[H.cleanDaddr] = walk.end;
}

/** Dirties what is live in a block, so that it is written elsewhere. May miss. */
function keep(v: Volume, block: LoggedBlock): void {
  if (block.ino === 0) {
    keepInodes(v, block.daddr);
    return;
  }
  if (block.ino !== LFS_IFILE_INUM) {
    if (block.ino >= inodeLimit(v) || inodeDaddr(v, block.ino) === 0) return;
    if (inodeVersion(v, block.ino) !== block.version) return;
  }
  if (!isLbn(v.g.nindir, block.lbn)) refuse("EIO");
  const ip = block.ino === LFS_IFILE_INUM ? ifileInode(v) : vget(v, block.ino);
  if (!hasBlocks(v, ip) || block.lbn * v.g.bsize >= diSize(v, ip) || bmap(v, ip, block.lbn) !== block.daddr) return;
  const row = readBlock(v, ip, block.lbn);
  mutate(v);
  markDirty(v, row);
  markInode(v, ip);
}

function keepInodes(v: Volume, daddr: number): void {
  if (daddr === v.sb(SB.lfs_idaddr)) {
    mutate(v);
    markInode(v, ifileInode(v));
  }
  const row = loadBuffer(v, 0, daddr, daddr, v.g.ibsize);
  const at = blockAt(v, row);
  const live: number[] = [];
  for (let p = at; p < at + v.g.ibsize; p += DINODE_SIZE) {
    const ino = v.view.getUint32(p + DI.di_inumber, true);
    if (ino > LFS_IFILE_INUM && ino < inodeLimit(v) && inodeDaddr(v, ino) === daddr) live.push(vget(v, ino));
  }
  mutate(v);
  for (const ip of live) markInode(v, ip);
}
