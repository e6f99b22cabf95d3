/**
 * The cleaner: live blocks of some segments go to the end of the log, and the segments become clean.
 *
 * Here: when cleaning is wanted, and carrying it out a block at a time. Not here: which segment
 * (`choose.ts`). The reserve rule: an operation that writes begins only while more than `logReserve`
 * segments are clean; one write-out of the arena and a checkpoint fit in these. What files may hold
 * leaves `lfs_minfreeseg` segments out, so that cleaning the emptiest segments always gains.
 * @module
 */
import { H, MAX_VICTIMS, SB, type Volume } from "../cache/arena.ts";
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
  SEGUSE_PINNED,
} from "../format/constants.ts";
import { DI } from "../format/dinode.ts";
import { segmentOf } from "../format/geometry.ts";
import { type LoggedBlock, readSummary, walkSummary } from "../format/segsum.ts";
import { ifileInode, inodeDaddr, inodeLimit, inodeVersion, vget } from "../ifile/inode-map.ts";
import { hasBlocks } from "../ifile/release.ts";
import { bmap, readBlock } from "../inode/bmap.ts";
import { diSize, markInode } from "../inode/inode.ts";
import { packedMetaUnits } from "../inode/write.ts";
import { FLUSH_ALL, FLUSH_CHECKPOINT, startFlush } from "../segment/flush.ts";
import { logStart } from "../segment/next-segment.ts";
import { cleanSegments, liveBytes, psegsOf, segFlags, segmentTime } from "../usage/segment-usage.ts";
import { type CleaningPolicy, chooseBatch, costBenefit, greedy, type SegmentAge } from "./choose.ts";

const IDLE = 0;
const CHOOSE = 1;
const COPY = 2;
const WRITTEN = 3;
const START = 4;

/** By `H.cleanPolicy`; the first unless another is set. */
export const POLICIES: readonly CleaningPolicy[] = [costBenefit, greedy];

/** Clean segments that only the cleaner and checkpoints may use up. */
export function logReserve(v: Volume): number {
  return Math.max(6, Math.floor(v.g.minfreeseg / 2) - 2);
}

/** Whether the log must be cleaned before anything more is written. */
export function cleanIsWanted(v: Volume): boolean {
  return cleanSegments(v) <= logReserve(v) && v.words[H.cleanPhase] === IDLE && v.words[H.cleanFailed] === 0;
}

/**
 * Whether summaries and blocks of inodes hold so much that `lfs_bfree` is used up though files have not taken what they
 * may: cleaning packs them. Files are given room by `freeUnits`, which counts them packed.
 */
export function metadataIsDeep(v: Volume): boolean {
  const low = (4 * v.g.bsize) / v.g.unit;
  return v.sb(SB.lfs_bfree) < low && v.sb(SB.lfs_dmeta) > packedMetaUnits(v);
}

/** Begins to clean: `count` segments at most, or with 0 as many as end the need. */
export function startCleaner(v: Volume, count: number): void {
  const w = v.words;
  w[H.cleanPhase] = START;
  w[H.cleanTarget] = count;
  w[H.cleanAge] = 0;
  w[H.cleanVictimCount] = 0;
  w[H.cleanCount] = 0;
  w[H.cleanFailed] = 0;
}

export function isCleaning(v: Volume): boolean {
  return v.words[H.cleanPhase] !== IDLE;
}

/** Segments that can be cleaned, as the policies see them. */
export function candidates(v: Volume): SegmentAge[] {
  const current = segmentOf(v.g, v.sb(SB.lfs_curseg));
  const unusable = SEGUSE_ACTIVE | SEGUSE_ERROR | SEGUSE_INVAL | SEGUSE_PINNED;
  const list: SegmentAge[] = [];
  for (let segment = 0; segment < v.g.nseg; segment++) {
    const flags = segFlags(v, segment);
    if (segment === current || (flags & SEGUSE_DIRTY) === 0 || (flags & unusable) !== 0) continue;
    list.push({
      segment,
      live: liveBytes(v, segment),
      age: Math.max(0, (v.words[H.timeSeconds] >>> 0) - segmentTime(v, segment)),
      summaries: psegsOf(v, segment) * v.g.sumsize,
    });
  }
  return list;
}

/** Carries the cleaner a little further. May miss, or start a flush. */
export function stepCleaner(v: Volume): void {
  const w = v.words;
  if (w[H.cleanPhase] === START) {
    // New data go first and by themselves: they are hotter than what is moved.
    w[H.cleanPhase] = CHOOSE;
    startFlush(v, FLUSH_ALL);
  } else if (w[H.cleanPhase] === CHOOSE) choose(v);
  else if (w[H.cleanPhase] === COPY) copyPseg(v);
  else {
    // Behind the checkpoint the segments are empty, and clean.
    w[H.cleanAge] = 0;
    w[H.cleanCount] += w[H.cleanVictimCount];
    const target = w[H.cleanTarget];
    const enough = target === 0 ? cleanSegments(v) > logReserve(v) : w[H.cleanCount] >= target;
    w[H.cleanPhase] = enough ? IDLE : CHOOSE;
  }
}

function choose(v: Volume): void {
  const w = v.words;
  mutate(v);
  const usable = v.g.ssize - v.g.ssize / 16;
  const list = candidates(v).filter((s) => s.live < usable);
  const wanted = w[H.cleanTarget] === 0 ? MAX_VICTIMS : w[H.cleanTarget] - w[H.cleanCount];
  // What is clean, less room for metadata and the ifile, and a quarter of the buffers.
  const inReserve = (Math.min(logReserve(v), cleanSegments(v)) - 3) * v.g.ssize * 0.8;
  const room = Math.min(inReserve, (v.buffers.rows / 4) * v.g.bsize);
  const batch = chooseBatch(POLICIES[w[H.cleanPolicy]], list, v.g.ssize, Math.min(wanted, MAX_VICTIMS), room);
  if (batch.length === 0 || w[H.cleanCount] > 4 * v.g.nseg) {
    w[H.cleanVictimCount] = 0;
    if (w[H.nactive] > 0) {
      // What was written since the last checkpoint can be cleaned behind the next.
      finishBatch(v);
      return;
    }
    // Nothing to gain: operations that need room answer ENOSPC until something is freed.
    w[H.cleanFailed] = 1;
    w[H.cleanPhase] = IDLE;
    return;
  }
  const now = w[H.timeSeconds] >>> 0;
  const youngest = Math.min(...list.filter((s) => batch.includes(s.segment)).map((s) => s.age));
  w[H.cleanAge] = Math.max(1, now - youngest);
  w[H.cleanVictimCount] = batch.length;
  w[H.cleanVictimNext] = 0;
  w.set(batch, H.cleanVictims);
  w[H.cleanPsegs] = 0;
  w[H.cleanPhase] = COPY;
}

function finishBatch(v: Volume): void {
  v.words[H.cleanPhase] = WRITTEN;
  startFlush(v, FLUSH_CHECKPOINT, { both: true });
}

/** Goes on to the next segment of the batch. */
function enterVictim(v: Volume): void {
  const w = v.words;
  const segment = w[H.cleanVictims + w[H.cleanVictimNext]];
  w[H.cleanVictimNext]++;
  w[H.cleanDaddr] = logStart(v, segment);
  w[H.cleanPsegs] = liveBytes(v, segment) === 0 ? 0 : psegsOf(v, segment);
  w[H.cleanItem] = 0;
}

/** The live blocks and inodes of one partial segment become dirty. May miss. */
function copyPseg(v: Volume): void {
  const w = v.words;
  if (w[H.cleanPsegs] === 0) {
    if (w[H.cleanVictimNext] < w[H.cleanVictimCount]) enterVictim(v);
    else finishBatch(v);
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
export function keep(v: Volume, block: LoggedBlock): void {
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
