/**
 * Mounting: from two superblocks to a volume in core.
 *
 * Here: choosing the superblock, laying out the arena, what a crash has left clean, roll-forward, orphans, the first
 * checkpoint. Not here: the parts (`roll-forward.ts`, `ifile/`). Each phase is a step that can be tried again;
 * `opPhase` says which is next. A writable mount that was not preceded by an orderly unmount raises the serial, so
 * that partial segments of a group that was never closed can never follow one written from now on. Over 300 lines: each phase is
 * short, and their order is read in one place.
 * @module
 */
import {
  F_PINNED,
  H,
  layOutRegions,
  leastArenaSize,
  SB,
  SUPERBLOCK_AT,
  TRANSFER_AT,
  VOLUME_MOUNTING,
  VOLUME_READ_ONLY,
  VOLUME_WRITABLE,
  type Volume,
} from "../cache/arena.ts";
import { DEVICE_FLUSH, DEVICE_READ, DEVICE_WRITE, mutate, refuse, requestDevice } from "../cache/device.ts";
import {
  LFS_IFILE_INUM,
  LFS_LABELPAD,
  LFS_ORPHAN_NEXTFREE,
  LFS_PF_CLEAN,
  LFS_SBPAD,
  S_IFREG,
  SEGUSE_DIRTY,
} from "../format/constants.ts";
import { geometryOf, segmentOf, segmentStart } from "../format/geometry.ts";
import { IfileEntry } from "../format/ifile.ts";
import { Dlfs, is44Bsd, readSuperblock, type Superblock, superblockChecksumIsRight } from "../format/superblock.ts";
import { freeHead, ifileEntry, ifileInode, inodeLimit, loadInode, setFreeHead } from "../ifile/inode-map.ts";
import { releaseInode } from "../ifile/release.ts";
import { readBlock } from "../inode/bmap.ts";
import { diSize, diType } from "../inode/inode.ts";
import { FLUSH_CHECKPOINT, startFlush } from "../segment/flush.ts";
import { chooseNext } from "../segment/next-segment.ts";
import { metaUnits, segFlags, usableUnits, usedBytes } from "../usage/segment-usage.ts";
import { cleanEmptySegments, copiesInUse } from "./checkpoint.ts";
import { dropStalePins, judgePins } from "./pins.ts";
import { findEndStep, replayStep, startReplay, startRollForward } from "./roll-forward.ts";

/** `args[0]` of a mount; `args[1]` is the address of an older ifile inode to mount, read-only, or 0. */
export const MOUNT_READ_ONLY = 1;
export const MOUNT_NO_ROLL_FORWARD = 2;

/** Least step of the serial at a mount after a crash: more partial segments than lie between two checkpoints. */
const SERIAL_STEP = 2 ** 24;

const FIRST = TRANSFER_AT;
const SECOND: number = TRANSFER_AT + LFS_SBPAD;

const PHASE_READ_FIRST = 0;
const PHASE_READ_SECOND = 1;
const PHASE_CHOOSE = 2;
const PHASE_IFILE = 3;
const PHASE_PINS = 4;
const PHASE_ONE_CHECKPOINT = 5;
const PHASE_RECLAIM = 6;
const PHASE_FIND_END = 7;
const PHASE_REPLAY = 8;
const PHASE_SETTLE = 9;
const PHASE_ORPHANS = 10;
const PHASE_MOUNTED = 11;

/** One phase of a mount; true when mounted. May miss or leave a device request. */
export function mountStep(v: Volume): boolean {
  const w = v.words;
  switch (w[H.opPhase]) {
    case PHASE_READ_FIRST:
      w[H.state] = VOLUME_MOUNTING;
      w[H.pinsDropped] = 0;
      requestDevice(v, DEVICE_READ, LFS_LABELPAD, LFS_SBPAD, FIRST);
      w[H.opPhase] = PHASE_READ_SECOND;
      return false;
    case PHASE_READ_SECOND:
      readSecond(v);
      return false;
    case PHASE_CHOOSE:
      chooseSuperblock(v);
      w[H.opPhase] = PHASE_IFILE;
      return false;
    case PHASE_IFILE:
      loadIfile(v);
      w[H.opPhase] = PHASE_PINS;
      return false;
    case PHASE_PINS:
      pinHead(v);
      judgePins(v);
      w[H.opPhase] = isReadOnly(v) || wasClean(v) ? rollPhase(v) : PHASE_ONE_CHECKPOINT;
      return false;
    case PHASE_ONE_CHECKPOINT:
      writeOtherSuperblock(v);
      return false;
    case PHASE_RECLAIM:
      mutate(v);
      cleanEmptySegments(v, true);
      w[H.opPhase] = rollPhase(v);
      return false;
    case PHASE_FIND_END:
      if (!findEndStep(v)) return false;
      startReplay(v);
      w[H.opPhase] = PHASE_REPLAY;
      return false;
    case PHASE_REPLAY:
      if (replayStep(v)) w[H.opPhase] = PHASE_SETTLE;
      return false;
    case PHASE_SETTLE:
      if (isReadOnly(v)) {
        w[H.state] = VOLUME_READ_ONLY;
        return true;
      }
      settleLog(v);
      w[H.scratch] = 0;
      w[H.opPhase] = PHASE_ORPHANS;
      return false;
    case PHASE_ORPHANS:
      if (!freeOrphansStep(v)) return false;
      startFlush(v, FLUSH_CHECKPOINT, { both: true });
      w[H.opPhase] = PHASE_MOUNTED;
      return false;
    default:
      w[H.state] = VOLUME_WRITABLE;
      v.results[0] = w[H.pinsDropped];
      return true;
  }
}

const isReadOnly = (v: Volume): boolean => (v.args[0] & MOUNT_READ_ONLY) !== 0;
const wasClean = (v: Volume): boolean => (v.view.getUint16(SUPERBLOCK_AT + SB.lfs_pflags, true) & LFS_PF_CLEAN) !== 0;

/** Begins roll-forward at the chosen checkpoint; the phase that follows. */
function rollPhase(v: Volume): number {
  startRollForward(v);
  const rolls = v.g.version !== 1 && (v.args[0] & MOUNT_NO_ROLL_FORWARD) === 0 && !wasClean(v);
  return rolls ? PHASE_FIND_END : PHASE_SETTLE;
}

/**
 * What became clean behind the chosen checkpoint the disk does not know: only the other superblock, if any, still
 * leads to it. Written over with the chosen one, and flushed, the log has all its clean segments again; without them
 * a crash soon after the cleaner could leave none for this mount's own checkpoint.
 */
function writeOtherSuperblock(v: Volume): void {
  const w = v.words;
  if (copiesInUse(v) === 1 || w[H.scratch] === 1) {
    w[H.scratch] = 0;
    w[H.opPhase] = PHASE_RECLAIM;
    if (copiesInUse(v) === 2) requestDevice(v, DEVICE_FLUSH, 0, 0, 0);
    return;
  }
  w[H.scratch] = 1;
  const chosen = w[H.activeSuperblock];
  const length = Math.min(LFS_SBPAD, v.g.fsize);
  requestDevice(v, DEVICE_WRITE, v.g.sboffs[1 - chosen] * v.g.unit, length, chosen === 0 ? FIRST : SECOND);
}

/** The first superblock says where the second lies, even when its checksum is wrong. */
function readSecond(v: Volume): void {
  const first = readSuperblock(v.bytes.subarray(FIRST, FIRST + LFS_SBPAD));
  if (typeof first === "string") refuse(first === "lfs64" || first === "foreign-endian" ? "ENOTSUP" : "EINVAL");
  const unit = first.lfs_version === 1 ? 512 : first.lfs_fsize;
  const where = first.lfs_sboffs[0] * unit;
  if (where !== LFS_LABELPAD && v.words[H.scratch] === 0) {
    v.words[H.scratch] = 1;
    requestDevice(v, DEVICE_READ, where, LFS_SBPAD, FIRST);
    return;
  }
  v.words[H.opPhase] = 2;
  v.words[H.scratch] = 0;
  if (first.lfs_sboffs[1] === 0) v.bytes.fill(0, SECOND, SECOND + LFS_SBPAD);
  else requestDevice(v, DEVICE_READ, first.lfs_sboffs[1] * unit, LFS_SBPAD, SECOND);
}

const serialOf = (sb: Superblock): number => sb.lfs_serial[0] + sb.lfs_serial[1] * 2 ** 32;

/**
 * The newest superblock whose checksum is right. It was written behind a flush of all that it names, so a
 * good checksum makes the checkpoint good. 4.4BSD's checksum covers memory: there the first is taken.
 */
function chooseSuperblock(v: Volume): void {
  const candidates: { sb: Superblock; index: number }[] = [];
  for (const [index, at] of [FIRST, SECOND].entries()) {
    const bytes = v.bytes.subarray(at, at + LFS_SBPAD);
    const sb = readSuperblock(bytes);
    if (typeof sb === "string") continue;
    if (superblockChecksumIsRight(bytes) || (is44Bsd(sb) && index === 0)) candidates.push({ sb, index });
  }
  // Version 1 has no serials but ours, which only tell two checkpoints of one second apart.
  candidates.sort((a, b) => {
    const bySerial = serialOf(b.sb) - serialOf(a.sb);
    const byTime = b.sb.lfs_tstamp[0] - a.sb.lfs_tstamp[0];
    return a.sb.lfs_version === 1 ? byTime || bySerial : bySerial || byTime;
  });
  const best = candidates[0];
  if (best === undefined) refuse("EIO");
  const older = v.args[1];
  if (older !== 0 && v.args[0] !== (MOUNT_READ_ONLY | MOUNT_NO_ROLL_FORWARD)) refuse("EINVAL");
  const g = geometryOf(best.sb);
  if (v.bytes.length < leastArenaSize(g)) refuse("ENOMEM");
  Dlfs.write(v.view, SUPERBLOCK_AT, best.sb);
  if (older !== 0) v.setSb(SB.lfs_idaddr, older);
  layOutRegions(v, g);
  v.words[H.activeSuperblock] = best.index;
  v.words[H.dirtyBuffers] = 0;
  v.words[H.dirtyInodes] = 0;
  v.words[H.nactive] = 0;
  v.words[H.changed] = 0;
}

/** The ifile's inode, pinned. */
function loadIfile(v: Volume): void {
  const ip = loadInode(v, LFS_IFILE_INUM, v.sb(SB.lfs_idaddr));
  const blocks = diSize(v, ip) / v.g.bsize;
  const bad =
    diType(v, ip) !== S_IFREG ||
    !Number.isInteger(blocks) ||
    blocks <= v.g.cleansz + v.g.segtabsz ||
    v.g.segtabsz * v.g.sepb < v.g.nseg;
  const places = [SB.lfs_curseg, SB.lfs_nextseg].map((field) => segmentOf(v.g, v.sb(field)));
  const offset = v.sb(SB.lfs_offset) - v.sb(SB.lfs_curseg);
  if (bad || places.some((n) => n < 0 || n >= v.g.nseg) || offset < 0 || offset > v.g.unitsPerSegment) {
    v.inodes.remove(ip);
    refuse("EIO");
  }
  v.inodes.setFlags(ip, v.inodes.flags(ip) | F_PINNED);
}

/** Cleaner info and segment table stay in the cache. */
function pinHead(v: Volume): void {
  const ip = ifileInode(v);
  for (let lbn = 0; lbn < v.g.cleansz + v.g.segtabsz; lbn++) {
    const row = readBlock(v, ip, lbn);
    if (row === -1) refuse("EIO");
    v.buffers.setFlags(row, v.buffers.flags(row) | F_PINNED);
  }
}

/** The log goes on at the end that was found: the next segment, room, serial. */
function settleLog(v: Volume): void {
  mutate(v);
  dropStalePins(v);
  const w = v.words;
  const current = segmentOf(v.g, v.sb(SB.lfs_curseg));
  const next = segmentOf(v.g, w[H.rollEndNext]);
  const usable = next !== current && (segFlags(v, next) & SEGUSE_DIRTY) === 0;
  const chosen = usable ? next : chooseNext(v, current, [current]);
  if (chosen === -1) refuse("ENOSPC");
  v.setSb(SB.lfs_nextseg, segmentStart(v.g, chosen));
  let avail = segmentStart(v.g, current + 1) - v.sb(SB.lfs_offset);
  avail -= (v.g.minfreeseg - Math.floor(v.g.minfreeseg / 2)) * v.g.unitsPerSegment;
  let clean = 0;
  let used = 0;
  let usedAtMost = 0;
  for (let segment = 0; segment < v.g.nseg; segment++)
    if ((segFlags(v, segment) & SEGUSE_DIRTY) === 0) {
      clean++;
      avail += usableUnits(v, segment);
    } else {
      used += Math.floor(usedBytes(v, segment, false) / v.g.unit);
      usedAtMost += Math.floor(usedBytes(v, segment, true) / v.g.unit);
    }
  v.setSb(SB.lfs_avail, avail);
  // Not all kernels have counted what is free as fsck_lfs does; outside its bounds the middle of them is taken.
  const most = v.sb(SB.lfs_dsize) - (v.g.start * v.g.unit < LFS_LABELPAD ? LFS_LABELPAD / v.g.unit : 0);
  const free = v.sb(SB.lfs_bfree);
  if (!v.g.is44Bsd && (free > most - used || free < most - usedAtMost))
    v.setSb(SB.lfs_bfree, most - Math.floor((used + usedAtMost) / 2));
  v.setSb(SB.lfs_nclean, clean);
  if (!wasClean(v) && v.g.version !== 1) v.serial += SERIAL_STEP;
  if (v.g.version === 1) settleVersion1(v);
}

/** What version 1 keeps in other places, or not at all: the head of the free list, units of summaries and inodes. */
function settleVersion1(v: Volume): void {
  let meta = 0;
  for (let segment = 0; segment < v.g.nseg; segment++)
    if ((segFlags(v, segment) & SEGUSE_DIRTY) !== 0) meta += metaUnits(v, segment);
  v.setSb(SB.lfs_dmeta, meta);
  setFreeHead(v, freeHead(v));
}

/** One inode or one block of the map: files that were unlinked but open are freed. True at the end. May miss. */
function freeOrphansStep(v: Volume): boolean {
  if (wasClean(v)) return true;
  const first = v.words[H.scratch];
  const limit = Math.min(inodeLimit(v), (Math.floor(first / v.g.ifpb) + 1) * v.g.ifpb);
  const IF = IfileEntry.offsets;
  for (let ino = Math.max(first, LFS_IFILE_INUM + 1); ino < limit; ino++) {
    const entry = ifileEntry(v, ino);
    if (v.view.getInt32(entry + IF.if_daddr, true) === 0) continue;
    if (v.view.getUint32(entry + IF.if_nextfree, true) !== LFS_ORPHAN_NEXTFREE) continue;
    v.words[H.scratch] = ino;
    releaseInode(v, ino, true);
    return false;
  }
  v.words[H.scratch] = limit;
  return limit >= inodeLimit(v);
}
