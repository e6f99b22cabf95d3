/**
 * Directories: finding, adding and removing names.
 *
 * Here: one directory's entries as a file of 512-byte chunks. Not here: operations on several
 * (`namespace.ts`). A scan holds the whole directory in the cache, so that what it found stays true in
 * the step; a directory that would fill half of the cache is refused (ENOMEM).
 * @module
 */
import { B_CUR, F_DIROP, H, NAME_SIZE, NAMES_AT, TRANSFER_AT, type Volume } from "../cache/arena.ts";
import { blockAt, bufferWord } from "../cache/buffer-cache.ts";
import { refuse } from "../cache/device.ts";
import { S_IFDIR } from "../format/constants.ts";
import {
  DIRBLKSIZ,
  type Dirent,
  direntName,
  direntNameIs,
  direntSize,
  MAXNAMLEN,
  readDirent,
  writeDirent,
} from "../format/dirent.ts";
import { vget } from "../ifile/inode-map.ts";
import { setBlockBytes } from "../inode/blocks.ts";
import { readBlock } from "../inode/bmap.ts";
import { diNlink, diSize, diType, inodeNumber, markInode, touchInode } from "../inode/inode.ts";
import { commitWrite, prepareWrite } from "../inode/write.ts";

/** A name found in a directory. */
export interface FoundEntry {
  readonly ino: number;
  readonly lbn: number;
  /** Byte of the record in its block. */
  readonly at: number;
  /** Byte of the record before it in its chunk, or -1. */
  readonly before: number;
}

/** Room for a record: behind the `used` bytes of the record at `at`. */
interface Slot {
  readonly lbn: number;
  readonly at: number;
  readonly used: number;
}

export interface Scan {
  readonly entry: FoundEntry | undefined;
  /** Room for the name, or undefined when the directory must grow. */
  readonly slot: Slot | undefined;
}

/** A name of the operation in progress: number 0 or 1. */
export function operationName(v: Volume, which: 0 | 1): Uint8Array {
  const at = NAMES_AT + which * NAME_SIZE;
  return v.bytes.subarray(at, at + v.words[which === 0 ? H.nameLength0 : H.nameLength1]);
}

/** The same as a name in a directory: ENAMETOOLONG, EINVAL for an empty one or one with "/" or NUL. */
export function entryName(v: Volume, which: 0 | 1): Uint8Array {
  const name = operationName(v, which);
  if (name.length > MAXNAMLEN) refuse("ENAMETOOLONG");
  if (name.length === 0 || name.includes(0x2f) || name.includes(0)) refuse("EINVAL");
  return name;
}

export function isDot(name: Uint8Array): boolean {
  return name.length === 1 && name[0] === 0x2e;
}

export function isDotDot(name: Uint8Array): boolean {
  return name.length === 2 && name[0] === 0x2e && name[1] === 0x2e;
}

/** The inode of a directory: ENOTDIR, ENOENT when it has been removed. May miss. */
export function directory(v: Volume, ino: number): number {
  const dp = vget(v, ino);
  if (diType(v, dp) !== S_IFDIR) refuse("ENOTDIR");
  if (diNlink(v, dp) <= 0) refuse("ENOENT");
  return dp;
}

/** Calls `visit` for every record until it says true. May miss. */
export function forEachRecord(
  v: Volume,
  dp: number,
  visit: (entry: Dirent, lbn: number, before: number) => boolean,
  from: number = 0,
): void {
  const size = diSize(v, dp);
  if (size % DIRBLKSIZ !== 0) refuse("EIO");
  if (size / v.g.bsize > v.buffers.rows / 2) refuse("ENOMEM");
  for (let chunk = Math.floor(from / DIRBLKSIZ) * DIRBLKSIZ; chunk < size; chunk += DIRBLKSIZ) {
    const lbn = Math.floor(chunk / v.g.bsize);
    const row = readBlock(v, dp, lbn);
    if (row === -1) refuse("EIO");
    const start = blockAt(v, row) + (chunk % v.g.bsize);
    let before = -1;
    for (let at = start; at < start + DIRBLKSIZ; ) {
      const entry = readDirent(v.view, at, start + DIRBLKSIZ);
      if (entry === undefined) refuse("EIO");
      if (visit(entry, lbn, before)) return;
      before = at - blockAt(v, row);
      at += entry.reclen;
    }
  }
}

/** Looks for a name, and for room for it. May miss. */
export function scan(v: Volume, dp: number, name: Uint8Array): Scan {
  let entry: FoundEntry | undefined;
  let slot: Slot | undefined;
  const need = direntSize(name.length);
  forEachRecord(v, dp, (record, lbn, before) => {
    const at = record.at - blockAt(v, v.buffers.find(inodeNumber(v, dp), lbn));
    if (record.ino !== 0 && direntNameIs(v.bytes, record, name)) entry = { ino: record.ino, lbn, at, before };
    const used = record.ino === 0 ? 0 : direntSize(record.namlen);
    if (slot === undefined && record.reclen - used >= need) slot = { lbn, at, used };
    return entry !== undefined;
  });
  return { entry, slot };
}

/** Brings in what adding a name needs. May miss. */
export function prepareAdd(v: Volume, dp: number, found: Scan): void {
  if (found.slot === undefined) prepareWrite(v, dp, diSize(v, dp), DIRBLKSIZ);
  else readBlock(v, dp, found.slot.lbn);
}

/** Adds a name; `prepareAdd` has passed in this attempt. `type` as in the record: mode >> 12. */
export function addEntry(v: Volume, dp: number, found: Scan, ino: number, type: number, name: Uint8Array): void {
  if (found.slot === undefined) {
    // The transfer area holds no data in an operation on names.
    v.bytes.fill(0, TRANSFER_AT, TRANSFER_AT + DIRBLKSIZ);
    writeDirent(v.bytes, TRANSFER_AT, ino, DIRBLKSIZ, type, name);
    commitWrite(v, dp, diSize(v, dp), TRANSFER_AT, DIRBLKSIZ);
  } else {
    const { lbn, at, used } = found.slot;
    const row = v.buffers.find(inodeNumber(v, dp), lbn);
    const here = blockAt(v, row) + at;
    const reclen = v.view.getUint16(here + 4, true);
    if (used !== 0) v.view.setUint16(here + 4, used, true);
    writeDirent(v.bytes, here + used, ino, reclen - used, type, name);
    setBlockBytes(v, dp, row, bufferWord(v, row, B_CUR));
  }
  changed(v, dp);
}

function changed(v: Volume, dp: number): void {
  touchInode(v, dp, "mc");
  markInode(v, dp, F_DIROP);
}

/** Removes a name that a scan of this attempt has found. */
export function removeEntry(v: Volume, dp: number, entry: FoundEntry): void {
  const row = v.buffers.find(inodeNumber(v, dp), entry.lbn);
  const block = blockAt(v, row);
  const here = block + entry.at;
  if (entry.before === -1) v.view.setUint32(here, 0, true);
  else {
    const before = block + entry.before;
    const reclen = v.view.getUint16(before + 4, true) + v.view.getUint16(here + 4, true);
    v.view.setUint16(before + 4, reclen, true);
  }
  setBlockBytes(v, dp, row, bufferWord(v, row, B_CUR));
  changed(v, dp);
}

/** Lets a name that a scan has found name another inode. */
export function replaceEntry(v: Volume, dp: number, entry: FoundEntry, ino: number, type: number): void {
  const row = v.buffers.find(inodeNumber(v, dp), entry.lbn);
  const here = blockAt(v, row) + entry.at;
  v.view.setUint32(here, ino, true);
  v.view.setUint8(here + 6, type);
  setBlockBytes(v, dp, row, bufferWord(v, row, B_CUR));
  changed(v, dp);
}

/** Whether a directory names nothing but itself and its parent. May miss. */
export function isEmptyDirectory(v: Volume, dp: number): boolean {
  let empty = true;
  forEachRecord(v, dp, (entry) => {
    const name = direntName(v.bytes, entry);
    empty = entry.ino === 0 || isDot(name) || isDotDot(name);
    return !empty;
  });
  return empty;
}
