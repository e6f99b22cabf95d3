/**
 * Roll-forward: what the log says behind the last checkpoint.
 *
 * Here: how far the log is believed, and its records applied one by one. Not here: what a mount does before
 * and after (`mount.ts`). Two passes: the first finds the end, which is behind the last partial segment
 * that verifies and closes its group; the second replays up to there. An inode is taken as it stands,
 * with its pointers; only in foreign partial segments, which may hold blocks without their inode, are
 * blocks patched in too. Usage is corrected by the difference between the old and the new pointers:
 * blocks of pointers at the same address are the same, so only what has changed is read.
 * @module
 */
import { H, SB, type Volume } from "../cache/arena.ts";
import { dropBuffer, markDirty } from "../cache/buffer-cache.ts";
import { DEVICE_READ, MISS, mutate, requestDevice } from "../cache/device.ts";
import { DINODE_SIZE, LFS_IFILE_INUM, SEGUSE_ACTIVE, SS_CONT } from "../format/constants.ts";
import { DI } from "../format/dinode.ts";
import { blockBytes, hasSuperblock, segmentOf, segmentReserve, segmentStart } from "../format/geometry.ts";
import { dataSum, type LoggedBlock, psegCrc, readSummary, type Summary, walkSummary } from "../format/segsum.ts";
import { inodeDaddr, inodeLimit, inodeVersion, vget } from "../ifile/inode-map.ts";
import { hasBlocks } from "../ifile/release.ts";
import { countBytes, ensureParents } from "../inode/blocks.ts";
import { bmap, loadParents, pointerTo, setPointer } from "../inode/bmap.ts";
import { diSize, markInode } from "../inode/inode.ts";
import { addLiveBytes, countPseg, makeDirty, segFlags } from "../usage/segment-usage.ts";
import { replayInode } from "./replay-inode.ts";

/** A partial segment that verifies. */
interface Pseg {
  readonly daddr: number;
  readonly summary: Summary;
  readonly blocks: readonly LoggedBlock[];
  readonly end: number;
}

/** Begins at what the superblock says. */
export function startRollForward(v: Volume): void {
  const w = v.words;
  w[H.rollDaddr] = v.sb(SB.lfs_offset);
  w[H.rollPsegs] = 0;
  w[H.rollEndPsegs] = 0;
  w[H.rollEnd] = v.sb(SB.lfs_offset);
  w[H.rollEndNext] = v.sb(SB.lfs_nextseg);
  w[H.rollItem] = 0;
  w[H.rollNext] = v.sb(SB.lfs_nextseg);
  w[H.rollWindow] = 0;
}

/** The rest of the segment from `daddr` on, in the staging area; the byte there. May miss. */
function stage(v: Volume, daddr: number): number {
  const w = v.words;
  const from = w[H.rollWindow];
  const at = w[H.stagingAt];
  if (from !== 0 && daddr >= from && segmentOf(v.g, from) === segmentOf(v.g, daddr))
    return at + (daddr - from) * v.g.unit;
  w[H.rollWindow] = daddr;
  const end = segmentStart(v.g, segmentOf(v.g, daddr) + 1);
  requestDevice(v, DEVICE_READ, daddr * v.g.unit, (end - daddr) * v.g.unit, at);
  throw MISS;
}

/** Where the next partial segment would lie when the last ended at `offset`; -1 outside the disk. */
function nextPosition(v: Volume, offset: number, next: number): number {
  const { g } = v;
  const last = segmentOf(g, offset - 1);
  if (segmentStart(g, last + 1) - offset > g.bsize / g.unit) return offset;
  const segment = segmentOf(g, next);
  if (segment < 0 || segment >= g.nseg || next !== segmentStart(g, segment)) return -1;
  return next + segmentReserve(g, segment, hasSuperblock(g, segment));
}

/** The partial segment at `daddr` if its summary is good and carries this serial; its blocks are not looked at. May miss. */
function psegAt(v: Volume, daddr: number, serial: number): Pseg | undefined {
  if (segmentStart(v.g, segmentOf(v.g, daddr) + 1) - daddr < v.g.sumsize / v.g.unit) return undefined;
  const at = stage(v, daddr);
  const summary = readSummary(v.g, v.bytes, at);
  if (summary === undefined || summary.ident !== v.g.ident || summary.serial !== serial) return undefined;
  const walk = walkSummary(v.g, summary, daddr);
  return walk === undefined ? undefined : { daddr, summary, blocks: walk.blocks, end: walk.end };
}

/** Whether the blocks of a partial segment that has just been found are those that were written. May miss. */
function verify(v: Volume, { daddr, summary, blocks, end }: Pseg): boolean {
  const at = stage(v, daddr);
  const length = (end - daddr) * v.g.unit;
  if (summary.crc !== undefined && psegCrc(v.bytes, at, length, summary.crcAt) !== summary.crc) return false;
  return dataSum(v.g, v.bytes, at, daddr, blocks) === summary.datasum;
}

/** One partial segment of the first pass; true when the end is known. May miss. */
export function findEndStep(v: Volume): boolean {
  const w = v.words;
  const daddr = nextPosition(v, w[H.rollDaddr], w[H.rollNext]);
  const pseg = daddr === -1 ? undefined : psegAt(v, daddr, v.serial + w[H.rollPsegs] + 1);
  if (pseg === undefined || !verify(v, pseg)) return true;
  w[H.rollPsegs]++;
  w[H.rollDaddr] = pseg.end;
  w[H.rollNext] = pseg.summary.next;
  if ((pseg.summary.flags & SS_CONT) === 0) {
    w[H.rollEnd] = pseg.end;
    w[H.rollEndPsegs] = w[H.rollPsegs];
  }
  return false;
}

/** Goes back to the start for the second pass. */
export function startReplay(v: Volume): void {
  const w = v.words;
  w[H.rollDaddr] = v.sb(SB.lfs_offset);
  w[H.rollNext] = v.sb(SB.lfs_nextseg);
  w[H.rollItem] = 0;
}

/** One record of the second pass; true when the log is replayed. May miss. */
export function replayStep(v: Volume): boolean {
  const w = v.words;
  if (w[H.rollEndPsegs] === 0) return true;
  const daddr = nextPosition(v, w[H.rollDaddr], w[H.rollNext]);
  const pseg = psegAt(v, daddr, v.serial + 1);
  if (pseg === undefined || (w[H.rollItem] === 0 && !verify(v, pseg)))
    throw new Error("a partial segment that was verified is not there any more");
  if (w[H.rollItem] === 0) {
    mutate(v);
    enter(v, pseg);
    w[H.rollItem] = 1;
    return false;
  }
  const foreign = pseg.summary.crc === undefined;
  if (foreign) w[H.pinsStale] = 1;
  const items: LoggedBlock[] = foreign
    ? pseg.blocks.filter((block) => block.ino > LFS_IFILE_INUM && block.lbn >= 0)
    : [];
  const item = w[H.rollItem] - 1;
  if (item < items.length) {
    patchBlock(v, items[item]);
    w[H.rollItem]++;
    return false;
  }
  const inodes = pseg.blocks.filter((block) => block.ino === 0);
  const slot = item - items.length;
  const block = inodes[Math.floor(slot / v.g.inopb)];
  if (block !== undefined) {
    const at = stage(v, block.daddr) + (slot % v.g.inopb) * DINODE_SIZE;
    if (!isNewestSlot(v, at, block, slot % v.g.inopb) || replayInode(v, at, block.daddr)) w[H.rollItem]++;
    return false;
  }
  v.serial += 1;
  v.setSb(SB.lfs_offset, pseg.end);
  v.setSb(SB.lfs_lastpseg, pseg.daddr);
  w[H.rollDaddr] = pseg.end;
  w[H.rollNext] = pseg.summary.next;
  w[H.rollEndNext] = pseg.summary.next;
  w[H.rollItem] = 0;
  w[H.rollEndPsegs]--;
  return w[H.rollEndPsegs] === 0;
}

/** Whether no later slot of the block holds the same inode. */
function isNewestSlot(v: Volume, at: number, block: LoggedBlock, slot: number): boolean {
  const ino = v.view.getUint32(at + DI.di_inumber, true);
  for (let n = slot + 1; n < block.bytes / DINODE_SIZE; n++)
    if (v.view.getUint32(at + (n - slot) * DINODE_SIZE + DI.di_inumber, true) === ino) return false;
  return ino > LFS_IFILE_INUM;
}

/** Counts a partial segment, and its segment when the log enters it. */
function enter(v: Volume, pseg: Pseg): void {
  const segment = segmentOf(v.g, pseg.daddr);
  const current = segmentOf(v.g, v.sb(SB.lfs_curseg));
  if (segment !== current) {
    makeDirty(v, segment, SEGUSE_ACTIVE);
    v.setSb(SB.lfs_lastseg, v.sb(SB.lfs_curseg));
    v.setSb(SB.lfs_curseg, segmentStart(v.g, segment));
    v.words[H.nactive]++;
    if ((segFlags(v, segment) & SEGUSE_ACTIVE) === 0) throw new Error("a segment is not active after it was entered");
  }
  countPseg(v, segment, pseg.summary.inodeBlocks.length, pseg.summary.create);
}

/** A block of a foreign partial segment whose inode may not follow. May miss. */
function patchBlock(v: Volume, block: LoggedBlock): void {
  if (block.ino >= inodeLimit(v) || inodeDaddr(v, block.ino) === 0) return;
  if (inodeVersion(v, block.ino) !== block.version) return;
  const ip = vget(v, block.ino);
  if (!hasBlocks(v, ip)) return;
  const size = diSize(v, ip);
  if (block.lbn * v.g.bsize >= size || block.bytes !== blockBytes(v.g, size, block.lbn)) return;
  loadParents(v, ip, block.lbn);
  const old = bmap(v, ip, block.lbn);
  if (old === block.daddr) return;
  mutate(v);
  ensureParents(v, ip, block.lbn);
  if (pointerTo(v, ip, block.lbn) !== old) throw new Error("a pointer changed under roll-forward");
  if (old !== 0) addLiveBytes(v, segmentOf(v.g, old), -block.bytes);
  else countBytes(v, ip, block.bytes);
  addLiveBytes(v, segmentOf(v.g, block.daddr), block.bytes);
  const parent = setPointer(v, ip, block.lbn, block.daddr);
  if (parent !== -1) markDirty(v, parent);
  const row = v.buffers.find(block.ino, block.lbn);
  if (row !== -1) dropBuffer(v, row);
  markInode(v, ip);
}
