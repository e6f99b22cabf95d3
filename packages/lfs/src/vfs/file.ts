/**
 * Operations on one file: attributes, reading, writing, length, open and close, fsync.
 *
 * Here: each as a step or a few. Not here: names (`namespace.ts`), arguments (`operation.ts`). Reading
 * changes nothing, not even the access time.
 * @module
 */
import { H, I_REFS, SB, TRANSFER_AT, TRANSFER_SIZE, VOLUME_WRITABLE, type Volume } from "../cache/arena.ts";
import { blockAt } from "../cache/buffer-cache.ts";
import { mutate, refuse } from "../cache/device.ts";
import { DINODE_SIZE, LFS_IFILE_INUM, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../format/constants.ts";
import { DI } from "../format/dinode.ts";
import { vget } from "../ifile/inode-map.ts";
import { releaseInode } from "../ifile/release.ts";
import { readBlock } from "../inode/bmap.ts";
import { diMode, diNlink, dinodeAt, diSet, diSize, diType, markInode, setDiMode, touchInode } from "../inode/inode.ts";
import { truncateStep } from "../inode/truncate.ts";
import { checkSpace, commitGrowth, commitWrite, freeUnits, prepareGrowth, prepareWrite } from "../inode/write.ts";
import { FLUSH_CHECKPOINT, FLUSH_FILE, startFlush } from "../segment/flush.ts";

/** args: inode. The 128 bytes of the inode are the data. */
export function getattr(v: Volume): boolean {
  const at = dinodeAt(v, vget(v, v.args[0]));
  v.bytes.copyWithin(TRANSFER_AT, at, at + DINODE_SIZE);
  v.words[H.dataLength] = DINODE_SIZE;
  return true;
}

/** The inode of a file that calls may change: EPERM for the ifile, which 4.4BSD's root names. May miss. */
function changeable(v: Volume, ino: number): number {
  if (ino === LFS_IFILE_INUM) refuse("EPERM");
  return vget(v, ino);
}

/** `args[1]` of `setattr`: which of the values that follow are given. */
export const SET_MODE = 1;
export const SET_UID = 2;
export const SET_GID = 4;
export const SET_ATIME = 8;
export const SET_MTIME = 16;
/** Times are whole seconds, and the last argument has the nanoseconds of either: a double has no room for them. */
export const SET_NANOSECONDS = 32;

/** args: inode, mask, mode, uid, gid, atime, mtime (seconds, with fractions), nanoseconds. */
export function setattr(v: Volume): boolean {
  const [ino, mask, mode, uid, gid, atime, mtime, nanoseconds] = v.args;
  const ip = changeable(v, ino);
  mutate(v);
  if (mask & SET_MODE) setDiMode(v, ip, (diMode(v, ip) & S_IFMT) | (mode & 0o7777));
  if (mask & SET_UID) diSet(v, ip, DI.di_uid, uid);
  if (mask & SET_GID) diSet(v, ip, DI.di_gid, gid);
  const exact = mask & SET_NANOSECONDS ? nanoseconds : undefined;
  if (mask & SET_ATIME) setTime(v, ip, DI.di_atime, atime, exact);
  if (mask & SET_MTIME) setTime(v, ip, DI.di_mtime, mtime, exact);
  touchInode(v, ip, "c");
  markInode(v, ip);
  return true;
}

/** Seconds as a number; what a double keeps of the nanoseconds goes in the word behind. */
function setTime(v: Volume, ip: number, field: number, seconds: number, nanoseconds?: number): void {
  const whole = Math.floor(seconds);
  diSet(v, ip, field, whole);
  diSet(v, ip, field + 4, nanoseconds ?? Math.min(999_999_999, Math.round((seconds - whole) * 1e9)));
}

/** args: inode, offset, length ≤ the transfer area. The bytes are the data, fewer at the end. May miss. */
export function read(v: Volume): boolean {
  const [ino, offset, wanted] = v.args;
  if (offset < 0 || wanted < 0 || !Number.isInteger(offset) || !Number.isInteger(wanted)) refuse("EINVAL");
  const ip = vget(v, ino);
  if (diType(v, ip) === S_IFDIR) refuse("EISDIR");
  if (diType(v, ip) !== S_IFREG) refuse("EINVAL");
  const end = Math.min(diSize(v, ip), offset + Math.min(wanted, TRANSFER_SIZE));
  const { bsize } = v.g;
  v.words[H.dataLength] = 0;
  if (offset >= end) return true; // the end may lie before the offset in the same block
  for (let lbn = Math.floor(offset / bsize); lbn * bsize < end; lbn++) readBlock(v, ip, lbn);
  for (let lbn = Math.floor(offset / bsize); lbn * bsize < end; lbn++) {
    const row = readBlock(v, ip, lbn);
    const start = Math.max(offset, lbn * bsize);
    const stop = Math.min(end, (lbn + 1) * bsize);
    const to = TRANSFER_AT + (start - offset);
    if (row === -1) v.bytes.fill(0, to, to + (stop - start));
    else {
      const from = blockAt(v, row) + (start - lbn * bsize);
      v.bytes.copyWithin(to, from, from + (stop - start));
    }
  }
  v.words[H.dataLength] = end - offset;
  return true;
}

/** args: inode, offset, or -1 for the end of the file. The data are written. results: the offset. */
export function write(v: Volume): boolean {
  const [ino, where] = v.args;
  const ip = changeable(v, ino);
  if (diType(v, ip) === S_IFDIR) refuse("EISDIR");
  if (diType(v, ip) !== S_IFREG) refuse("EINVAL");
  const offset = where === -1 ? diSize(v, ip) : where;
  if (offset < 0 || !Number.isInteger(offset)) refuse("EINVAL");
  v.results[0] = offset;
  const length = v.words[H.dataLength];
  if (length === 0) return true;
  prepareWrite(v, ip, offset, length);
  mutate(v);
  commitWrite(v, ip, offset, TRANSFER_AT, length);
  return true;
}

/** args: inode, length. */
export function truncate(v: Volume): boolean {
  const [ino, size] = v.args;
  const ip = changeable(v, ino);
  if (diType(v, ip) === S_IFDIR) refuse("EISDIR");
  if (diType(v, ip) !== S_IFREG || size < 0 || !Number.isInteger(size)) refuse("EINVAL");
  if (size > v.g.maxFileSize) refuse("EFBIG");
  if (size >= diSize(v, ip)) {
    checkSpace(v, prepareGrowth(v, ip, size));
    mutate(v);
    if (size > diSize(v, ip)) commitGrowth(v, ip, size);
  } else if (!truncateStep(v, ip, size)) return false;
  mutate(v);
  touchInode(v, ip, "mc");
  markInode(v, ip);
  return true;
}

/** args: inode. The data are the target. */
export function readlink(v: Volume): boolean {
  const ip = vget(v, v.args[0]);
  if (diType(v, ip) !== S_IFLNK) refuse("EINVAL");
  const size = diSize(v, ip);
  if (size < v.g.maxSymlinkLength) {
    const at = dinodeAt(v, ip) + DI.di_db;
    v.bytes.copyWithin(TRANSFER_AT, at, at + size);
  } else {
    if (size > 4096) refuse("EIO");
    for (let lbn = 0; lbn * v.g.bsize < size; lbn++) {
      const row = readBlock(v, ip, lbn);
      if (row === -1) refuse("EIO");
      const length = Math.min(v.g.bsize, size - lbn * v.g.bsize);
      v.bytes.copyWithin(TRANSFER_AT + lbn * v.g.bsize, blockAt(v, row), blockAt(v, row) + length);
    }
  }
  v.words[H.dataLength] = size;
  return true;
}

/** args: inode. The file stays, with or without names, until it is closed as often. */
export function open(v: Volume): boolean {
  const ip = vget(v, v.args[0]);
  mutate(v);
  v.words[v.inodes.at(ip) + I_REFS]++;
  return true;
}

/** args: inode. */
export function close(v: Volume): boolean {
  const ip = vget(v, v.args[0]);
  const refs = v.inodes.at(ip) + I_REFS;
  if (v.words[H.opPhase] === 0) {
    if (v.words[refs] === 0) refuse("EINVAL");
    mutate(v);
    v.words[refs]--;
    v.words[H.opPhase] = 1;
    return false;
  }
  // A volume that does not write keeps its orphans.
  return v.words[H.state] !== VOLUME_WRITABLE || diNlink(v, ip) > 0 || releaseInode(v, v.args[0]);
}

/** args: inode. */
export function fsync(v: Volume): boolean {
  if (v.words[H.opPhase] !== 0) return true;
  vget(v, v.args[0]);
  // Version 1 has no serials: nobody reads its log behind a checkpoint.
  if (v.g.version === 1) startFlush(v, FLUSH_CHECKPOINT, { both: true });
  else startFlush(v, FLUSH_FILE, { ino: v.args[0] });
  v.words[H.opPhase] = 1;
  return false;
}

/** results: block bytes, fragment bytes, fragments in all, free ones, files, clean segments, segments. */
export function statfs(v: Volume): boolean {
  v.results.set([
    v.g.bsize,
    v.g.fsize,
    v.sb(SB.lfs_dsize),
    freeUnits(v),
    v.sb(SB.lfs_nfiles),
    v.sb(SB.lfs_nclean),
    v.g.nseg,
  ]);
  return true;
}
