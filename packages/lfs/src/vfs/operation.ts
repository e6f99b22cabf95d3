/**
 * The operations of a volume: their numbers, arguments, and what goes before each.
 *
 * Here: the table from number to function, and the housekeeping that lets an operation begin: room in the
 * arena, room in the log, no more active segments than a roll-forward should read. Not here: the loop of
 * steps (`lfs.ts`).
 * @module
 */
import { H, I_REFS, VOLUME_READ_ONLY, VOLUME_UNMOUNTED, VOLUME_WRITABLE, type Volume } from "../cache/arena.ts";
import { forEachBuffer, isDirty } from "../cache/buffer-cache.ts";
import { refuse } from "../cache/device.ts";
import { createVolumeStep } from "../checkpoint/create-volume.ts";
import { mountStep } from "../checkpoint/mount.ts";
import { pin, pins, unpin } from "../checkpoint/pins.ts";
import { bmapv, markv, segclean, segwait } from "../cleaner/block-info.ts";
import { cleanIsWanted, logReserve, metadataIsDeep, startCleaner } from "../cleaner/clean.ts";
import { LFS_IFILE_INUM, LFS_MAX_ACTIVE } from "../format/constants.ts";
import { releaseInode } from "../ifile/release.ts";
import { diMode, diNlink, inodeNumber } from "../inode/inode.ts";
import { FLUSH_ALL, FLUSH_CHECKPOINT, startFlush } from "../segment/flush.ts";
import { cleanSegments } from "../usage/segment-usage.ts";
import * as file from "./file.ts";
import * as namespace from "./namespace.ts";

/** One operation: true when it is done, false when another step is to follow. */
type Step = (v: Volume) => boolean;

interface Operation {
  readonly step: Step;
  /** Whether it needs a volume that writes. */
  readonly changes: boolean;
}

function unmount(v: Volume): boolean {
  const w = v.words;
  if (w[H.state] !== VOLUME_WRITABLE || w[H.opPhase] === 1) {
    w[H.state] = VOLUME_UNMOUNTED;
    w[H.inodeRows] = 0;
    return true;
  }
  // Files that are open but have no name end here.
  for (let ip = 0; ip < v.inodes.rows; ip++) {
    const at = v.inodes.at(ip);
    if (w[at + 2] !== 0) w[at + I_REFS] = 0;
  }
  for (let ip = 0; ip < v.inodes.rows; ip++) {
    if (v.inodes.flags(ip) === 0 || !isUnnamed(v, ip)) continue;
    releaseInode(v, inodeNumber(v, ip));
    return false;
  }
  startFlush(v, FLUSH_CHECKPOINT, { both: true, clean: true });
  w[H.opPhase] = 1;
  return false;
}

/** Whether a row holds a file without a name, and not the record of one that is freed already. */
function isUnnamed(v: Volume, ip: number): boolean {
  return diMode(v, ip) !== 0 && diNlink(v, ip) === 0;
}

function sync(v: Volume): boolean {
  if (v.words[H.opPhase] !== 0) return true;
  startFlush(v, FLUSH_CHECKPOINT, { both: true });
  v.words[H.opPhase] = 1;
  return false;
}

/** args: how many segments at most. results: how many were cleaned. */
function clean(v: Volume): boolean {
  if (v.words[H.opPhase] === 0) {
    startCleaner(v, v.args[0]);
    v.words[H.opPhase] = 1;
    return false;
  }
  v.results[0] = v.words[H.cleanCount];
  return true;
}

/** What an {@link LfsRequest} can ask for. */
export type OperationName =
  | "newfs"
  | "mount"
  | "unmount"
  | "sync"
  | "statfs"
  | "lookup"
  | "readdir"
  | "create"
  | "link"
  | "unlink"
  | "rmdir"
  | "rename"
  | "getattr"
  | "setattr"
  | "read"
  | "write"
  | "truncate"
  | "readlink"
  | "open"
  | "close"
  | "fsync"
  | "clean"
  | "bmapv"
  | "markv"
  | "segclean"
  | "segwait"
  | "pin"
  | "unpin"
  | "pins";

/** The number of an operation in the arena is its place here. */
export const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  newfs: { step: createVolumeStep, changes: false },
  mount: { step: mountStep, changes: false },
  unmount: { step: unmount, changes: false },
  sync: { step: sync, changes: true },
  statfs: { step: file.statfs, changes: false },
  lookup: { step: namespace.lookup, changes: false },
  readdir: { step: namespace.readdir, changes: false },
  create: { step: namespace.create, changes: true },
  link: { step: namespace.link, changes: true },
  unlink: { step: namespace.unlink, changes: true },
  rmdir: { step: namespace.rmdir, changes: true },
  rename: { step: namespace.rename, changes: true },
  getattr: { step: file.getattr, changes: false },
  setattr: { step: file.setattr, changes: true },
  read: { step: file.read, changes: false },
  write: { step: file.write, changes: true },
  truncate: { step: file.truncate, changes: true },
  readlink: { step: file.readlink, changes: false },
  open: { step: file.open, changes: false },
  close: { step: file.close, changes: false },
  fsync: { step: file.fsync, changes: true },
  clean: { step: clean, changes: true },
  bmapv: { step: bmapv, changes: false },
  markv: { step: markv, changes: true },
  segclean: { step: segclean, changes: true },
  segwait: { step: segwait, changes: false },
  pin: { step: pin, changes: true },
  unpin: { step: unpin, changes: true },
  pins: { step: pins, changes: false },
};

export const OPERATION_NAMES: readonly OperationName[] = Object.keys(OPERATIONS) as OperationName[];

/** Operations that a log without room refuses; the others make room or need none. */
const GROWING: ReadonlySet<OperationName> = new Set(["create", "link", "write"]);

/** Segments cleaned before an operation when too much is taken by what describes dead data. */
const METADATA_STEP = 2;

/** What must be done before an operation's first step; true when nothing is left. May start a flush or the cleaner. */
export function prepareVolume(v: Volume, name: OperationName): boolean {
  const w = v.words;
  if (name === "mount" || name === "newfs") {
    if (w[H.state] !== VOLUME_UNMOUNTED) refuse("EBUSY");
    return true;
  }
  if (w[H.state] < VOLUME_READ_ONLY) refuse("EINVAL");
  const { changes } = OPERATIONS[name];
  if (changes && w[H.state] !== VOLUME_WRITABLE) refuse(w[H.state] === VOLUME_READ_ONLY ? "EROFS" : "EIO");
  if (w[H.state] !== VOLUME_WRITABLE) return true;
  if (w[H.nactive] >= LFS_MAX_ACTIVE) {
    startFlush(v, FLUSH_CHECKPOINT);
    return false;
  }
  if (w[H.dirtyInodes] > v.inodes.rows / 2 || w[H.dirtyBuffers] > dirtyLimit(v)) {
    let ofIfile = 0;
    forEachBuffer(v, (row, ino) => {
      if (ino === LFS_IFILE_INUM && isDirty(v, row)) ofIfile++;
    });
    startFlush(v, ofIfile > dirtyLimit(v) / 2 ? FLUSH_CHECKPOINT : FLUSH_ALL);
    return false;
  }
  if (changes && name !== "clean" && cleanIsWanted(v)) {
    startCleaner(v, 0);
    return false;
  }
  if (changes && name !== "clean" && w[H.cleanCount] === 0 && metadataIsDeep(v)) {
    startCleaner(v, METADATA_STEP);
    return false;
  }
  if (GROWING.has(name) && cleanSegments(v) <= logReserve(v) / 2) refuse("ENOSPC");
  return true;
}

/** Dirty buffers at which they are written: a third of the arena, and half of what the log keeps in reserve. */
export function dirtyLimit(v: Volume): number {
  const inReserve = Math.floor(((logReserve(v) - 2) * v.g.ssize) / v.g.bsize / 2);
  return Math.max(8, Math.min(Math.floor(v.buffers.rows / 3), inReserve));
}
