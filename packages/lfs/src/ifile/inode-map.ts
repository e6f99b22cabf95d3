/**
 * The inode map: where each inode lies, its generation, and the list of free ones.
 *
 * Here: entries of the ifile in the arena, taking and giving back inode numbers. Not here: the inodes.
 * The ifile's own inode is pinned in core; blocks of the map are read when they are needed.
 * @module
 */
import { B_CUR, F_DIROP, F_TOMBSTONE, H, SB, type Volume } from "../cache/arena.ts";
import { blockAt, createBuffer, findBuffer, loadBuffer, markDirty, setBufferWord } from "../cache/buffer-cache.ts";
import { mutate, refuse } from "../cache/device.ts";
import { DINODE_SIZE, LFS_IFILE_INUM, LFS_UNUSED_INUM } from "../format/constants.ts";
import { DI, findDinode } from "../format/dinode.ts";
import { segmentOf } from "../format/geometry.ts";
import { CleanerInfo, IfileEntry, ifileEntryPlace } from "../format/ifile.ts";
import { ensureParents } from "../inode/blocks.ts";
import { loadParents, readBlock } from "../inode/bmap.ts";
import {
  createInode,
  diGet,
  diMode,
  dinodeAt,
  diSet,
  diSize,
  findInode,
  markInode,
  setDiSize,
} from "../inode/inode.ts";
import { addLiveBytes } from "../usage/segment-usage.ts";

const IF = IfileEntry.offsets;
const CI = CleanerInfo.offsets;

/** The ifile's inode. */
export function ifileInode(v: Volume): number {
  return v.inodes.find(LFS_IFILE_INUM, 0);
}

/** Byte in the arena of an inode's entry. May miss; ESTALE beyond the end of the map. */
export function ifileEntry(v: Volume, ino: number): number {
  const { lbn, at } = ifileEntryPlace(v.g, ino);
  const ifile = ifileInode(v);
  if ((lbn + 1) * v.g.bsize > diSize(v, ifile)) refuse("ESTALE");
  const row = readBlock(v, ifile, lbn);
  if (row === -1) refuse("EIO");
  return blockAt(v, row) + at;
}

/** Marks the block of an inode's entry dirty; the block is in the cache. */
function markEntry(v: Volume, ino: number): void {
  markDirty(v, findBuffer(v, LFS_IFILE_INUM, ifileEntryPlace(v.g, ino).lbn));
  v.words[H.changed] = 1;
}

/** Byte in the arena of the cleaner info. Never misses: the block is pinned. */
export function cleanerInfo(v: Volume): number {
  return blockAt(v, v.buffers.find(LFS_IFILE_INUM, 0));
}

export function markCleanerInfo(v: Volume): void {
  markDirty(v, v.buffers.find(LFS_IFILE_INUM, 0));
  v.words[H.changed] = 1;
}

/** Disk address of the block that holds an inode, 0 when it is free. May miss. */
export function inodeDaddr(v: Volume, ino: number): number {
  return v.view.getInt32(ifileEntry(v, ino) + IF.if_daddr, true);
}

export function inodeVersion(v: Volume, ino: number): number {
  return v.view.getUint32(ifileEntry(v, ino) + IF.if_version, true);
}

/** Sets the address of an inode; its entry is in the cache. */
export function setInodeDaddr(v: Volume, ino: number, daddr: number): void {
  v.view.setInt32(ifileEntry(v, ino) + IF.if_daddr, daddr, true);
  markEntry(v, ino);
}

export function setInodeVersion(v: Volume, ino: number, version: number): void {
  v.view.setUint32(ifileEntry(v, ino) + IF.if_version, version, true);
  markEntry(v, ino);
}

export function nextFree(v: Volume, ino: number): number {
  return v.view.getUint32(ifileEntry(v, ino) + IF.if_nextfree, true);
}

export function setNextFree(v: Volume, ino: number, next: number): void {
  v.view.setUint32(ifileEntry(v, ino) + IF.if_nextfree, next, true);
  markEntry(v, ino);
}

/** Inode numbers below this have an entry. */
export function inodeLimit(v: Volume): number {
  const blocks = Math.floor(diSize(v, ifileInode(v)) / v.g.bsize) - v.g.cleansz - v.g.segtabsz;
  return Math.max(0, blocks) * v.g.ifpb;
}

/** The inode in core, read from the disk when it is not there. May miss; ESTALE for a free one. */
export function vget(v: Volume, ino: number): number {
  const found = findInode(v, ino);
  if (found !== -1) {
    if ((v.inodes.flags(found) & F_TOMBSTONE) !== 0) refuse("ESTALE");
    return found;
  }
  if (ino === LFS_UNUSED_INUM || ino >= inodeLimit(v)) refuse("ESTALE");
  const daddr = inodeDaddr(v, ino);
  if (daddr === 0) refuse("ESTALE");
  return loadInode(v, ino, daddr);
}

/** Reads an inode from a known block of inodes into a new row. */
export function loadInode(v: Volume, ino: number, daddr: number): number {
  const segment = segmentOf(v.g, daddr);
  if (segment < 0 || segment >= v.g.nseg) refuse("EIO");
  const row = loadBuffer(v, 0, daddr, daddr, v.g.ibsize);
  const at = findDinode(v.bytes, blockAt(v, row), v.g.ibsize, ino);
  if (at === -1) refuse("EIO");
  const ip = createInode(v, ino);
  v.bytes.copyWithin(dinodeAt(v, ip), at, at + DINODE_SIZE);
  if (diSize(v, ip) > v.g.maxFileSize) {
    v.inodes.remove(ip);
    refuse("EIO");
  }
  return ip;
}

/** Head of the free list. */
export function freeHead(v: Volume): number {
  return v.sb(SB.lfs_freehd) >>> 0;
}

export function setFreeHead(v: Volume, ino: number): void {
  v.setSb(SB.lfs_freehd, ino | 0);
  if (!v.g.is44Bsd) v.view.setUint32(cleanerInfo(v) + CI.free_head, ino, true);
  markCleanerInfo(v);
}

/** Tail of the free list. Version 1 keeps none; it is asked for only when the list has one member. */
export function freeTail(v: Volume): number {
  if (v.g.version === 1) return freeHead(v);
  return v.view.getUint32(cleanerInfo(v) + CI.free_tail, true);
}

export function setFreeTail(v: Volume, ino: number): void {
  if (v.g.is44Bsd) return;
  v.view.setUint32(cleanerInfo(v) + CI.free_tail, ino, true);
  markCleanerInfo(v);
}

/** Brings in what {@link takeInode} needs; says which inode it will take. May miss. */
export function prepareTake(v: Volume): number {
  const ino = freeHead(v);
  if (ino === LFS_UNUSED_INUM || ino >= inodeLimit(v)) refuse("EIO");
  if (inodeDaddr(v, ino) !== 0) refuse("EIO");
  if (nextFree(v, ino) === 0) {
    prepareGrow(v);
  }
  return ino;
}

/** Brings in what {@link growInodeMap} needs. May miss. */
export function prepareGrow(v: Volume): void {
  const ifile = ifileInode(v);
  if (diSize(v, ifile) + v.g.bsize > 2 ** 31) refuse("ENOSPC");
  loadParents(v, ifile, diSize(v, ifile) / v.g.bsize);
  const tail = freeTail(v);
  if (tail !== 0) ifileEntry(v, tail);
}

/** Takes the head of the free list: a row with a dinode of zeros but number and generation. */
export function takeInode(v: Volume): number {
  const ino = freeHead(v);
  mutate(v);
  if (nextFree(v, ino) === 0) growInodeMap(v);
  setFreeHead(v, nextFree(v, ino));
  setNextFree(v, ino, 0);
  let ip = findInode(v, ino);
  // The row of a freed inode that has not been written since: the new inode is written in its place.
  if (ip === -1) ip = createInode(v, ino);
  else v.inodes.setFlags(ip, v.inodes.flags(ip) & ~F_TOMBSTONE);
  v.bytes.fill(0, dinodeAt(v, ip), dinodeAt(v, ip) + DINODE_SIZE);
  diSet(v, ip, DI.di_inumber, ino);
  diSet(v, ip, DI.di_gen, inodeVersion(v, ino));
  v.addSb(SB.lfs_nfiles, 1);
  markInode(v, ip, F_DIROP);
  return ip;
}

/** Appends a block of free entries to the map, chained behind the last free inode. */
export function growInodeMap(v: Volume): void {
  const ifile = ifileInode(v);
  const size = diSize(v, ifile);
  const lbn = size / v.g.bsize;
  const first = inodeLimit(v);
  ensureParents(v, ifile, lbn);
  const row = createBuffer(v, LFS_IFILE_INUM, lbn);
  setBufferWord(v, row, B_CUR, v.g.bsize);
  markDirty(v, row);
  const units = v.g.bsize / v.g.unit;
  diSet(v, ifile, DI.di_blocks, diGet(v, ifile, DI.di_blocks) + units);
  v.addSb(SB.lfs_bfree, -units);
  setDiSize(v, ifile, size + v.g.bsize);
  markInode(v, ifile);
  for (let n = 0; n < v.g.ifpb; n++) {
    const at = blockAt(v, row) + n * v.g.ifileEntrySize;
    v.view.setUint32(at + IF.if_version, 1, true);
    v.view.setUint32(at + IF.if_nextfree, n + 1 === v.g.ifpb ? 0 : first + n + 1, true);
  }
  const tail = freeTail(v);
  if (tail === 0) setFreeHead(v, first);
  else setNextFree(v, tail, first);
  setFreeTail(v, first + v.g.ifpb - 1);
}

/** The member of the free list before `ino`, 0 when it is the head, -1 when it is not in the list. May miss. */
export function findBeforeFree(v: Volume, ino: number): number {
  let before = 0;
  const limit = inodeLimit(v);
  for (let at = freeHead(v), steps = 0; at !== 0 && at < limit && steps <= limit; at = nextFree(v, at), steps++) {
    if (at === ino) return before;
    before = at;
  }
  return -1;
}

/** Takes `ino` out of the free list; `before` as {@link findBeforeFree} says. */
export function removeFree(v: Volume, ino: number, before: number): void {
  const next = nextFree(v, ino);
  if (before === 0) setFreeHead(v, next);
  else setNextFree(v, before, next);
  if (next === 0) setFreeTail(v, before);
  setNextFree(v, ino, 0);
}

/** Puts `ino` at the head of the free list. */
export function insertFree(v: Volume, ino: number): void {
  const head = freeHead(v);
  setNextFree(v, ino, head);
  setFreeHead(v, ino);
  if (head === 0) setFreeTail(v, ino);
}

/**
 * Gives an inode number back: the entry becomes free with the next generation, and the row stays as a
 * record of that until it is written. The file has no blocks left; the entry is in the cache.
 */
export function freeInode(v: Volume, ip: number): void {
  const ino = diGet(v, ip, DI.di_inumber);
  const old = inodeDaddr(v, ino);
  mutate(v);
  if (old !== 0) addLiveBytes(v, segmentOf(v.g, old), -DINODE_SIZE);
  setInodeDaddr(v, ino, 0);
  setInodeVersion(v, ino, (inodeVersion(v, ino) + 1) >>> 0);
  insertFree(v, ino);
  v.addSb(SB.lfs_nfiles, -1);
  markInode(v, ip, F_TOMBSTONE | F_DIROP);
  if (diMode(v, ip) === 0) throw new Error(`inode ${ino} is freed twice`);
}
