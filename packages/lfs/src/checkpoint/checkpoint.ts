/**
 * The checkpoint: the order in which the log, the ifile and the superblocks reach the disk.
 *
 * Here: the phases of a flush, one device request each, and what becomes clean behind a checkpoint. Not
 * here: what is in the partial segments (`segment/flush.ts`, `write-ifile.ts`). Order: files, ifile,
 * device flush, one superblock, device flush; the two superblocks alternate, and a synchronous
 * checkpoint (sync, unmount) writes the other one too, behind another flush. In version 1, where a reader
 * tells them apart by seconds, the first is written first and the second always follows.
 * @module
 */
import { H, SB, SUPERBLOCK_AT, type Volume } from "../cache/arena.ts";
import { DEVICE_FLUSH, DEVICE_WRITE, requestDevice } from "../cache/device.ts";
import {
  LFS_PF_CLEAN,
  LFS_SBPAD,
  SEGUSE_ACTIVE,
  SEGUSE_DIRTY,
  SEGUSE_EMPTY,
  SEGUSE_PINNED,
} from "../format/constants.ts";
import { segmentOf } from "../format/geometry.ts";
import { writeSuperblock } from "../format/superblock.ts";
import {
  FLUSH_ALL,
  FLUSH_CHECKPOINT,
  FLUSH_FILE,
  FLUSH_NONE,
  PHASE_FILES,
  PHASE_FILES_DONE,
  PHASE_SELECT,
  selectInodes,
  writeNextFiles,
} from "../segment/flush.ts";
import { liveBytes, makeClean, segFlags, setSegFlags } from "../usage/segment-usage.ts";
import { assignIfile, writeNextIfile } from "./write-ifile.ts";

const PHASE_IFILE = 4;
const PHASE_LOG_SYNC = 5;
const PHASE_SUPERBLOCK = 6;
const PHASE_SUPERBLOCK_SYNC = 7;
const PHASE_OTHER_SUPERBLOCK = 8;
const PHASE_OTHER_SYNC = 9;
const PHASE_DONE = 10;

/** Carries the flush in progress one phase or one partial segment further. May miss or leave a request. */
export function stepFlush(v: Volume): void {
  const w = v.words;
  switch (w[H.flushPhase]) {
    case PHASE_SELECT:
      selectInodes(v);
      return;
    case PHASE_FILES:
      writeNextFiles(v);
      return;
    case PHASE_FILES_DONE:
      filesDone(v);
      return;
    case PHASE_IFILE:
      if (!writeNextIfile(v)) w[H.flushPhase] = PHASE_LOG_SYNC;
      return;
    case PHASE_LOG_SYNC:
      requestDevice(v, DEVICE_FLUSH, 0, 0, 0);
      w[H.flushPhase] = w[H.flushKind] === FLUSH_CHECKPOINT ? PHASE_SUPERBLOCK : PHASE_DONE;
      return;
    case PHASE_SUPERBLOCK:
      w[H.activeSuperblock] = copiesInUse(v) === 2 && v.g.version !== 1 ? 1 - w[H.activeSuperblock] : 0;
      writeSuperblockTo(v, w[H.activeSuperblock]);
      w[H.flushPhase] = PHASE_SUPERBLOCK_SYNC;
      return;
    case PHASE_SUPERBLOCK_SYNC:
      requestDevice(v, DEVICE_FLUSH, 0, 0, 0);
      w[H.flushPhase] = w[H.flushBoth] !== 0 && copiesInUse(v) === 2 ? PHASE_OTHER_SUPERBLOCK : PHASE_DONE;
      return;
    case PHASE_OTHER_SUPERBLOCK:
      writeSuperblockTo(v, 1 - w[H.activeSuperblock]);
      w[H.flushPhase] = PHASE_OTHER_SYNC;
      return;
    case PHASE_OTHER_SYNC:
      requestDevice(v, DEVICE_FLUSH, 0, 0, 0);
      w[H.flushPhase] = PHASE_DONE;
      return;
    default:
      finishFlush(v);
  }
}

function filesDone(v: Volume): void {
  const w = v.words;
  if (w[H.flushKind] === FLUSH_ALL) w[H.flushPhase] = PHASE_DONE;
  else if (w[H.flushKind] === FLUSH_FILE) w[H.flushPhase] = PHASE_LOG_SYNC;
  else {
    v.setSb(SB.lfs_tstamp, w[H.timeSeconds]);
    assignIfile(v);
    const flags = v.view.getUint16(SUPERBLOCK_AT + SB.lfs_pflags, true) & ~LFS_PF_CLEAN;
    v.view.setUint16(SUPERBLOCK_AT + SB.lfs_pflags, flags | (w[H.flushClean] !== 0 ? LFS_PF_CLEAN : 0), true);
    w[H.flushPhase] = PHASE_IFILE;
  }
}

/** Superblocks that take turns. 4.4BSD writes and reads only the first. */
export function copiesInUse(v: Volume): number {
  return v.g.is44Bsd ? 1 : Math.min(2, v.g.sboffs.length);
}

/**
 * Asks the device to write the superblock of the arena to copy 0 or 1: the fragment that holds it, and at an unmount,
 * as newfs does, all of the 8192 bytes that are its own.
 */
function writeSuperblockTo(v: Volume, copy: number): void {
  const at = v.words[H.stagingAt];
  v.bytes.fill(0, at, at + LFS_SBPAD);
  writeSuperblock(v.bytes, at, v.superblock());
  const length = v.words[H.flushClean] !== 0 ? LFS_SBPAD : Math.min(LFS_SBPAD, v.g.fsize);
  requestDevice(v, DEVICE_WRITE, v.g.sboffs[copy] * v.g.unit, length, at);
}

function finishFlush(v: Volume): void {
  const w = v.words;
  const kind = w[H.flushKind];
  w[H.flushKind] = FLUSH_NONE;
  w[H.flushPhase] = 0;
  if (kind !== FLUSH_CHECKPOINT) return;
  w[H.nactive] = 0;
  w[H.changed] = 0;
  if (w[H.flushClean] === 0) cleanEmptySegments(v, w[H.flushBoth] !== 0);
}

/**
 * Segments with nothing live can be written again once no superblock on the disk leads to them: behind a
 * checkpoint in both superblocks at once, behind the second one otherwise. The disk hears of it with the
 * next checkpoint.
 */
export function cleanEmptySegments(v: Volume, both: boolean): void {
  const current = segmentOf(v.g, v.sb(SB.lfs_curseg));
  const next = segmentOf(v.g, v.sb(SB.lfs_nextseg));
  for (let segment = 0; segment < v.g.nseg; segment++) {
    const flags = segFlags(v, segment);
    if ((flags & (SEGUSE_DIRTY | SEGUSE_PINNED)) !== SEGUSE_DIRTY || segment === current || segment === next) continue;
    if (liveBytes(v, segment) !== 0 || (flags & SEGUSE_ACTIVE) !== 0) {
      if ((flags & SEGUSE_EMPTY) !== 0) setSegFlags(v, segment, flags & ~SEGUSE_EMPTY);
    } else if (both || (flags & SEGUSE_EMPTY) !== 0) makeClean(v, segment);
    else setSegFlags(v, segment, flags | SEGUSE_EMPTY);
  }
}
