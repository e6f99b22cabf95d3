/**
 * Operations on names: create, mkdir, symlink, link, unlink, rmdir, rename, lookup, readdir.
 *
 * Here: each as one atomic step, and the freeing of a file behind its last name. Not here: entries of one
 * directory (`directory.ts`), arguments (`operation.ts`). Every inode that such a step touches is marked
 * F_DIROP, and all of these are written in one group: the disk sees the whole operation or nothing.
 * @module
 */
import { F_DIROP, H, NAME_SIZE, NAMES_AT, TRANSFER_AT, TRANSFER_SIZE, type Volume } from "../cache/arena.ts";
import { blockAt, createBuffer } from "../cache/buffer-cache.ts";
import { mutate, refuse } from "../cache/device.ts";
import {
  LFS_IFILE_INUM,
  LFS_LINK_MAX,
  LFS_ORPHAN_NEXTFREE,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  ULFS_ROOTINO,
} from "../format/constants.ts";
import { DI } from "../format/dinode.ts";
import { DIRBLKSIZ, direntName, direntSize, writeEmptyDirectory } from "../format/dirent.ts";
import { blockBytes } from "../format/geometry.ts";
import { ifileEntry, prepareTake, setNextFree, takeInode, vget } from "../ifile/inode-map.ts";
import { releaseInode } from "../ifile/release.ts";
import { setBlockBytes } from "../inode/blocks.ts";
import {
  diMode,
  diNlink,
  dinodeAt,
  diSet,
  diType,
  inodeNumber,
  markInode,
  setDiMode,
  setDiNlink,
  setDiSize,
  touchInode,
} from "../inode/inode.ts";
import { checkSpace, commitWrite } from "../inode/write.ts";
import {
  addEntry,
  directory,
  entryName,
  type FoundEntry,
  forEachRecord,
  isDot,
  isDotDot,
  isEmptyDirectory,
  operationName,
  prepareAdd,
  removeEntry,
  replaceEntry,
  scan,
} from "./directory.ts";

const DOT_DOT = new Uint8Array([0x2e, 0x2e]);

/** results: inode. args: directory. name 0. */
export function lookup(v: Volume): boolean {
  const { entry } = scan(v, directory(v, v.args[0]), entryName(v, 0));
  if (entry === undefined) refuse("ENOENT");
  v.results[0] = entry.ino;
  return true;
}

/** args: directory, mode with type, uid, gid, device. name 0; name 1 is the target of a link. results: inode. */
export function create(v: Volume): boolean {
  const name = entryName(v, 0);
  const dp = directory(v, v.args[0]);
  const mode = v.args[1];
  const type = mode & S_IFMT;
  const found = scan(v, dp, name);
  if (found.entry !== undefined || isDot(name) || isDotDot(name)) refuse("EEXIST");
  if (type === S_IFDIR && diNlink(v, dp) >= LFS_LINK_MAX) refuse("EMLINK");
  const target = operationName(v, 1);
  if (type === S_IFLNK && (target.length === 0 || target.length >= NAME_SIZE))
    refuse(target.length ? "ENAMETOOLONG" : "ENOENT");
  prepareTake(v);
  prepareAdd(v, dp, found);
  checkSpace(v, (v.g.ibsize + 2 * v.g.bsize) / v.g.unit);

  const ip = takeInode(v);
  const ino = inodeNumber(v, ip);
  setDiMode(v, ip, mode);
  setDiNlink(v, ip, type === S_IFDIR ? 2 : 1);
  diSet(v, ip, DI.di_uid, v.args[2]);
  diSet(v, ip, DI.di_gid, v.args[3]);
  touchInode(v, ip, "amc");
  if (type === S_IFDIR) makeDirectory(v, ip, inodeNumber(v, dp), dp);
  else if (type === S_IFLNK) storeTarget(v, ip, target);
  else if (type !== S_IFREG) diSet(v, ip, DI.di_db, v.args[4]);
  addEntry(v, dp, found, ino, mode >> 12, name);
  v.results[0] = ino;
  return true;
}

function makeDirectory(v: Volume, ip: number, parent: number, dp: number): void {
  const row = createBuffer(v, inodeNumber(v, ip), 0);
  writeEmptyDirectory(v.bytes, blockAt(v, row), inodeNumber(v, ip), parent);
  setDiSize(v, ip, DIRBLKSIZ);
  setBlockBytes(v, ip, row, blockBytes(v.g, DIRBLKSIZ, 0));
  setDiNlink(v, dp, diNlink(v, dp) + 1);
}

function storeTarget(v: Volume, ip: number, target: Uint8Array): void {
  if (target.length < v.g.maxSymlinkLength) {
    v.bytes.set(target, dinodeAt(v, ip) + DI.di_db);
    setDiSize(v, ip, target.length);
  } else commitWrite(v, ip, 0, NAMES_AT + NAME_SIZE, target.length);
}

/** args: inode, directory. name 0. */
export function link(v: Volume): boolean {
  const name = entryName(v, 0);
  const ip = vget(v, v.args[0]);
  const dp = directory(v, v.args[1]);
  if (diType(v, ip) === S_IFDIR || v.args[0] === LFS_IFILE_INUM) refuse("EPERM");
  if (diNlink(v, ip) <= 0) refuse("ENOENT");
  if (diNlink(v, ip) >= LFS_LINK_MAX) refuse("EMLINK");
  const found = scan(v, dp, name);
  if (found.entry !== undefined) refuse("EEXIST");
  prepareAdd(v, dp, found);
  mutate(v);
  setDiNlink(v, ip, diNlink(v, ip) + 1);
  touchInode(v, ip, "c");
  markInode(v, ip, F_DIROP);
  addEntry(v, dp, found, inodeNumber(v, ip), diMode(v, ip) >> 12, name);
  return true;
}

/** args: directory. name 0. `H.scratch` keeps the inode while its blocks are freed. */
export function unlink(v: Volume): boolean {
  if (v.words[H.opPhase] === 1) return releaseInode(v, v.words[H.scratch] >>> 0);
  const dp = directory(v, v.args[0]);
  const { entry } = scan(v, dp, entryName(v, 0));
  if (entry === undefined) refuse("ENOENT");
  const ip = vget(v, entry.ino);
  if (diType(v, ip) === S_IFDIR || entry.ino === LFS_IFILE_INUM) refuse("EPERM");
  ifileEntry(v, entry.ino);
  mutate(v);
  removeEntry(v, dp, entry);
  dropLink(v, ip, 1);
  return goOnReleasing(v, entry.ino);
}

/** args: directory. name 0. */
export function rmdir(v: Volume): boolean {
  if (v.words[H.opPhase] === 1) return releaseInode(v, v.words[H.scratch] >>> 0);
  const name = entryName(v, 0);
  const dp = directory(v, v.args[0]);
  if (isDot(name)) refuse("EINVAL");
  if (isDotDot(name)) refuse("ENOTEMPTY");
  const { entry } = scan(v, dp, name);
  if (entry === undefined) refuse("ENOENT");
  const ip = directory(v, entry.ino);
  if (!isEmptyDirectory(v, ip)) refuse("ENOTEMPTY");
  ifileEntry(v, entry.ino);
  mutate(v);
  removeEntry(v, dp, entry);
  setDiNlink(v, dp, diNlink(v, dp) - 1);
  dropLink(v, ip, 2);
  return goOnReleasing(v, entry.ino);
}

/** An inode has fewer names; without any it is an orphan until it is freed. Its map entry is in the cache. */
function dropLink(v: Volume, ip: number, names: number): void {
  setDiNlink(v, ip, Math.max(0, diNlink(v, ip) - names));
  touchInode(v, ip, "c");
  markInode(v, ip, F_DIROP);
  if (diNlink(v, ip) === 0) setNextFree(v, inodeNumber(v, ip), LFS_ORPHAN_NEXTFREE);
}

function goOnReleasing(v: Volume, ino: number): boolean {
  v.words[H.opPhase] = 1;
  v.words[H.scratch] = ino;
  return false;
}

/** args: old directory, new directory. name 0 old, name 1 new. */
export function rename(v: Volume): boolean {
  if (v.words[H.opPhase] === 1) return releaseInode(v, v.words[H.scratch] >>> 0);
  const oldName = entryName(v, 0);
  const newName = entryName(v, 1);
  const from = directory(v, v.args[0]);
  const to = directory(v, v.args[1]);
  const { entry: source } = scan(v, from, oldName);
  if (source === undefined) refuse("ENOENT");
  if ([oldName, newName].some((name) => isDot(name) || isDotDot(name))) refuse("EINVAL");
  const ip = vget(v, source.ino);
  const isDirectory = diType(v, ip) === S_IFDIR;
  const found = scan(v, to, newName);
  if (found.entry?.ino === source.ino) return true;
  if (isDirectory && from !== to) refuseLoop(v, source.ino, inodeNumber(v, to));
  if (source.ino === LFS_IFILE_INUM || found.entry?.ino === LFS_IFILE_INUM) refuse("EPERM");
  const target = found.entry === undefined ? -1 : vget(v, found.entry.ino);
  if (target !== -1) checkTarget(v, isDirectory, target);
  else if (isDirectory && from !== to && diNlink(v, to) >= LFS_LINK_MAX) refuse("EMLINK");
  const up = isDirectory ? scan(v, ip, DOT_DOT).entry : undefined;
  if (isDirectory && up === undefined) refuse("EIO");
  if (target !== -1) ifileEntry(v, inodeNumber(v, target));
  else prepareAdd(v, to, found);

  mutate(v);
  if (found.entry !== undefined) replaceEntry(v, to, found.entry, source.ino, diMode(v, ip) >> 12);
  else addEntry(v, to, found, source.ino, diMode(v, ip) >> 12, newName);
  // Adding may have moved the bounds of the old record.
  removeEntry(v, from, scan(v, from, oldName).entry as FoundEntry);
  touchInode(v, ip, "c");
  markInode(v, ip, F_DIROP);
  if (up !== undefined && from !== to) {
    replaceEntry(v, ip, up, inodeNumber(v, to), 4);
    setDiNlink(v, from, diNlink(v, from) - 1);
    setDiNlink(v, to, diNlink(v, to) + 1);
  }
  if (target === -1) return true;
  if (isDirectory) setDiNlink(v, to, diNlink(v, to) - 1);
  dropLink(v, target, isDirectory ? 2 : 1);
  return goOnReleasing(v, inodeNumber(v, target));
}

/** EINVAL when `ino` is `below` or one of its ancestors: a directory cannot move into itself. May miss. */
function refuseLoop(v: Volume, ino: number, below: number): void {
  for (let at = below, steps = 0; ; steps++) {
    if (at === ino) refuse("EINVAL");
    if (at === ULFS_ROOTINO) return;
    const { entry } = scan(v, directory(v, at), DOT_DOT);
    if (entry === undefined || steps > 4096) refuse("EIO");
    at = entry.ino;
  }
}

function checkTarget(v: Volume, isDirectory: boolean, target: number): void {
  const onto = diType(v, target) === S_IFDIR;
  if (isDirectory && !onto) refuse("ENOTDIR");
  if (!isDirectory && onto) refuse("EISDIR");
  if (onto && !isEmptyDirectory(v, target)) refuse("ENOTEMPTY");
}

/**
 * args: directory, cookie (0 at first). Fills the transfer area with records: inode u32, next cookie u32,
 * type u8, length u8, 0 u16, name padded to 4. No data when nothing is left.
 */
export function readdir(v: Volume): boolean {
  const dp = vget(v, v.args[0]);
  if (diType(v, dp) !== S_IFDIR) refuse("ENOTDIR");
  const cookie = v.args[1];
  let out = TRANSFER_AT;
  forEachRecord(
    v,
    dp,
    (entry, lbn) => {
      const at = lbn * v.g.bsize + entry.at - blockAt(v, v.buffers.find(inodeNumber(v, dp), lbn));
      if (entry.ino === 0 || at < cookie) return false;
      const size = 4 + direntSize(entry.namlen);
      if (out + size > TRANSFER_AT + TRANSFER_SIZE) return true;
      v.view.setUint32(out, entry.ino, true);
      v.view.setUint32(out + 4, at + entry.reclen, true);
      v.view.setUint32(out + 8, entry.type | (entry.namlen << 8), true);
      v.bytes.set(direntName(v.bytes, entry), out + 12);
      out += size;
      return false;
    },
    cookie,
  );
  v.words[H.dataLength] = out - TRANSFER_AT;
  return true;
}
