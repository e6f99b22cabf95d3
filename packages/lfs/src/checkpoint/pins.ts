/**
 * Pinned checkpoints: their segments are not written again, whatever becomes of what is in them.
 *
 * Here: `pin`, `unpin` and `pins`, and what a mount does with a list that a foreign system has outdated. Not
 * here: the list's bytes (`format/pins.ts`), who spares the segments (`checkpoint.ts`, `cleaner/`), what pins
 * cost (`usage/`). A pin keeps each segment that had something live in the segment table of its checkpoint,
 * by a flag in the table of today. Both operations first mark, which changes nothing that counts, and then
 * settle all flags at once.
 * @module
 */
import { H, SB, TRANSFER_AT, type Volume } from "../cache/arena.ts";
import { blockAt, loadBuffer } from "../cache/buffer-cache.ts";
import { mutate, refuse } from "../cache/device.ts";
import { parentOf } from "../format/addressing.ts";
import { LFS_IFILE_INUM, SEGUSE_DIRTY, SEGUSE_MARKED, SEGUSE_PINNED } from "../format/constants.ts";
import { findDinode } from "../format/dinode.ts";
import { SegUse, segUsePlace } from "../format/ifile.ts";
import {
  countPins,
  PINS_AT,
  PINS_MAGIC,
  PinHead,
  PinRecord,
  pinAt,
  pinCapacity,
  pinsAreOf,
  readPins,
} from "../format/pins.ts";
import { readSummary } from "../format/segsum.ts";
import { cleanerInfo, markCleanerInfo } from "../ifile/inode-map.ts";
import { inodePointer, isBlockAddress } from "../inode/bmap.ts";
import { FLUSH_CHECKPOINT, startFlush } from "../segment/flush.ts";
import { logStart } from "../segment/next-segment.ts";
import { segFlags, setSegFlags } from "../usage/segment-usage.ts";

const PR = PinRecord.offsets;
const PH = PinHead.offsets;

/** Byte in the arena of the block that holds the list. */
const block0 = (v: Volume): number => cleanerInfo(v);

function pinCount(v: Volume): number {
  return countPins(v.g, v.view, block0(v));
}

function setPinCount(v: Volume, count: number): void {
  v.view.setUint32(block0(v) + PINS_AT + PH.magic, PINS_MAGIC, true);
  v.view.setUint32(block0(v) + PINS_AT + PH.count, count, true);
  markCleanerInfo(v);
}

/** Says in the list which checkpoint it is written with; `serial` is that of its last partial segment. */
export function stampPins(v: Volume, serial: number, time: number): void {
  if (pinCount(v) === 0) return;
  const stamp = { serial: [serial % 2 ** 32, Math.floor(serial / 2 ** 32)], time: time >>> 0 };
  PinHead.write(v.view, block0(v) + PINS_AT, stamp);
}

/** At a mount, before roll-forward: whether the list belongs to the checkpoint that is mounted. */
export function judgePins(v: Volume): void {
  const word = (at: number): number => v.sb(at) >>> 0;
  const serial = [word(SB.lfs_serial), word(SB.lfs_serial + 4)];
  v.words[H.pinsStale] = pinCount(v) === 0 || pinsAreOf(v.view, block0(v), serial, word(SB.lfs_tstamp)) ? 0 : 1;
}

/** At a mount for writing: the list and all flags go when somebody else has written to the disk. */
export function dropStalePins(v: Volume): void {
  const count = pinCount(v);
  if (count === 0 || v.words[H.pinsStale] === 0) return;
  setPinCount(v, 0);
  for (let segment = 0; segment < v.g.nseg; segment++) {
    const flags = segFlags(v, segment);
    if ((flags & SEGUSE_PINNED) !== 0) setSegFlags(v, segment, flags & ~(SEGUSE_PINNED | SEGUSE_MARKED));
  }
  v.words[H.pinsDropped] = count;
  v.words[H.pinsStale] = 0;
}

/** The segment table entry that the ifile with its inode at `idaddr` has for a segment: a byte in the arena. May miss. */
function oldSegUse(v: Volume, idaddr: number, segment: number): number {
  const { g } = v;
  if (!isBlockAddress(g, idaddr, g.ibsize)) refuse("ESTALE");
  const inodes = blockAt(v, loadBuffer(v, 0, idaddr, idaddr, g.ibsize));
  const dinode = findDinode(v.bytes, inodes, g.ibsize, LFS_IFILE_INUM);
  if (dinode === -1) refuse("ESTALE");
  const follow = (lbn: number): number => {
    const { parent, index } = parentOf(g.nindir, lbn);
    const at = parent === 0 ? dinode + inodePointer(index) : follow(parent) + 4 * index;
    const daddr = v.view.getInt32(at, true);
    if (daddr === 0 || !isBlockAddress(g, daddr, g.bsize)) refuse("ESTALE");
    return blockAt(v, loadBuffer(v, 0, daddr, daddr, g.bsize));
  };
  const { lbn, at } = segUsePlace(g, segment);
  return follow(lbn) + at;
}

/** Marks a segment that a checkpoint needs; ESTALE when it has been written again since, or may be at any time. May miss. */
function markSegment(v: Volume, idaddr: number, serial: number, segment: number): void {
  const entry = oldSegUse(v, idaddr, segment);
  const flags = v.view.getUint32(entry + SegUse.offsets.su_flags, true);
  if ((flags & SEGUSE_DIRTY) === 0 || v.view.getUint32(entry + SegUse.offsets.su_nbytes, true) === 0) return;
  const now = segFlags(v, segment);
  if ((now & SEGUSE_DIRTY) === 0) refuse("ESTALE");
  // A segment is written from its start on: its first partial segment tells whether it is the same.
  const first = logStart(v, segment);
  const summary = readSummary(v.g, v.bytes, blockAt(v, loadBuffer(v, 0, first, first, v.g.sumsize)));
  if (summary === undefined || summary.serial > serial) refuse("ESTALE");
  mutate(v);
  setSegFlags(v, segment, now | SEGUSE_MARKED);
}

/** The marks become the flags. With `keep` those that are there stay. */
function settleMarks(v: Volume, keep: boolean): void {
  for (let segment = 0; segment < v.g.nseg; segment++) {
    const flags = segFlags(v, segment);
    const pinned = (flags & SEGUSE_MARKED) !== 0 || (keep && (flags & SEGUSE_PINNED) !== 0);
    const settled = (flags & ~(SEGUSE_MARKED | SEGUSE_PINNED)) | (pinned ? SEGUSE_PINNED : 0);
    if (settled !== flags) setSegFlags(v, segment, settled);
  }
}

function unmark(v: Volume): void {
  for (let segment = 0; segment < v.g.nseg; segment++) {
    const flags = segFlags(v, segment);
    if ((flags & SEGUSE_MARKED) !== 0) setSegFlags(v, segment, flags & ~SEGUSE_MARKED);
  }
}

const serialAt = (v: Volume, at: number): number =>
  v.view.getUint32(at, true) + v.view.getUint32(at + 4, true) * 2 ** 32;

/** Place of the pin of a serial, or -1. */
function findPin(v: Volume, serial: number): number {
  return readPins(v.g, v.bytes, block0(v)).findIndex((pinned) => pinned.serial === serial);
}

const CHECKPOINT = 0;
const TAKE = 1;
const MARK = 2;
const WRITE = 3;
const DONE = 4;

/**
 * args: serial, address of the ifile's inode, seconds, of the checkpoint; all 0 for one that is made now. results:
 * the same three. Durable on return. ENOSPC when the list is full, ESTALE when a segment of it is gone.
 */
export function pin(v: Volume): boolean {
  const w = v.words;
  const { args, results } = v;
  if (v.g.version === 1) refuse("ENOTSUP");
  switch (w[H.opPhase]) {
    case CHECKPOINT:
      if (pinCount(v) >= pinCapacity(v.g)) refuse("ENOSPC");
      unmark(v);
      w[H.opPhase] = TAKE;
      if (args[1] === 0) startFlush(v, FLUSH_CHECKPOINT, { both: true });
      return false;
    case TAKE:
      if (args[1] === 0) args.set([v.serial, v.sb(SB.lfs_idaddr), v.sb(SB.lfs_tstamp)]);
      if (!Number.isInteger(args[0]) || args[0] > v.serial) refuse("EINVAL");
      results.set(args.subarray(0, 3));
      if (findPin(v, args[0]) !== -1) return true;
      w[H.scratch] = 0;
      w[H.opPhase] = MARK;
      return false;
    case MARK:
      if (w[H.scratch] === v.g.nseg) w[H.opPhase] = WRITE;
      else {
        markSegment(v, args[1], args[0], w[H.scratch]);
        w[H.scratch]++;
      }
      return false;
    case WRITE: {
      mutate(v);
      const count = pinCount(v);
      const record = { serial: [args[0] % 2 ** 32, Math.floor(args[0] / 2 ** 32)], idaddr: args[1], time: args[2] };
      PinRecord.write(v.view, block0(v) + pinAt(count), record);
      setPinCount(v, count + 1);
      settleMarks(v, true);
      startFlush(v, FLUSH_CHECKPOINT, { both: true });
      w[H.opPhase] = DONE;
      return false;
    }
    default:
      return true;
  }
}

/** args: serial of a pinned checkpoint. What only it kept can be written again. ENOENT when it is not pinned. */
export function unpin(v: Volume): boolean {
  const w = v.words;
  switch (w[H.opPhase]) {
    case CHECKPOINT:
      if (findPin(v, v.args[0]) === -1) refuse("ENOENT");
      unmark(v);
      w[H.scratch] = 0;
      w[H.pinIndex] = 0;
      w[H.opPhase] = MARK;
      return false;
    case MARK: {
      if (w[H.pinIndex] === findPin(v, v.args[0])) w[H.pinIndex]++;
      if (w[H.pinIndex] >= pinCount(v)) {
        w[H.opPhase] = WRITE;
        return false;
      }
      const at = block0(v) + pinAt(w[H.pinIndex]);
      if (w[H.scratch] < v.g.nseg) {
        markSegment(v, v.view.getInt32(at + PR.idaddr, true), serialAt(v, at + PR.serial), w[H.scratch]);
        w[H.scratch]++;
        return false;
      }
      w[H.pinIndex]++;
      w[H.scratch] = 0;
      return false;
    }
    case WRITE: {
      mutate(v);
      const from = block0(v) + pinAt(findPin(v, v.args[0]));
      const end = block0(v) + pinAt(pinCount(v));
      v.bytes.copyWithin(from, from + PinRecord.size, end);
      v.bytes.fill(0, end - PinRecord.size, end);
      setPinCount(v, pinCount(v) - 1);
      settleMarks(v, false);
      startFlush(v, FLUSH_CHECKPOINT, { both: true });
      w[H.opPhase] = DONE;
      return false;
    }
    default:
      return true;
  }
}

/** The data are records of {@link PinRecord}. None on a disk whose list a foreign system has outdated. */
export function pins(v: Volume): boolean {
  const count = v.words[H.pinsStale] === 0 ? pinCount(v) : 0;
  const from = block0(v) + pinAt(0);
  v.bytes.copyWithin(TRANSFER_AT, from, from + count * PinRecord.size);
  v.words[H.dataLength] = count * PinRecord.size;
  return true;
}
