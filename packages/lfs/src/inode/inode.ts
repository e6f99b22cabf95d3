/**
 * Inodes in core: a row of the arena with the 128 bytes of the disk in it.
 *
 * Here: finding, making room, fields, dirtying. Not here: fetching one from the disk (`ifile/vget.ts`),
 * its blocks (`bmap.ts`). A row is kept while it is dirty, pinned or referenced by an open file.
 * @module
 */
import {
  F_DIRTY,
  F_FLUSH,
  F_PINNED,
  F_REFERENCED,
  F_USED,
  F_VALID,
  H,
  I_DINODE,
  I_REFS,
  I_STAMP,
  type Volume,
} from "../cache/arena.ts";
import { DINODE_SIZE, S_IFMT } from "../format/constants.ts";
import { DI } from "../format/dinode.ts";

/** First byte of a row's dinode in the arena. */
export function dinodeAt(v: Volume, ip: number): number {
  return (v.inodes.at(ip) + I_DINODE) * 4;
}

/** An unsigned word of the dinode; `offset` from `DI`. */
export function diGet(v: Volume, ip: number, offset: number): number {
  return v.view.getUint32(dinodeAt(v, ip) + offset, true);
}

export function diSet(v: Volume, ip: number, offset: number, value: number): void {
  v.view.setUint32(dinodeAt(v, ip) + offset, value, true);
}

export function diMode(v: Volume, ip: number): number {
  return v.view.getUint16(dinodeAt(v, ip) + DI.di_mode, true);
}

export function diType(v: Volume, ip: number): number {
  return diMode(v, ip) & S_IFMT;
}

export function setDiMode(v: Volume, ip: number, mode: number): void {
  v.view.setUint16(dinodeAt(v, ip) + DI.di_mode, mode, true);
}

export function diNlink(v: Volume, ip: number): number {
  return v.view.getInt16(dinodeAt(v, ip) + DI.di_nlink, true);
}

export function setDiNlink(v: Volume, ip: number, nlink: number): void {
  v.view.setInt16(dinodeAt(v, ip) + DI.di_nlink, nlink, true);
}

export function diSize(v: Volume, ip: number): number {
  const at = dinodeAt(v, ip) + DI.di_size;
  return v.view.getUint32(at, true) + v.view.getUint32(at + 4, true) * 2 ** 32;
}

export function setDiSize(v: Volume, ip: number, size: number): void {
  const at = dinodeAt(v, ip) + DI.di_size;
  v.view.setUint32(at, size >>> 0, true);
  v.view.setUint32(at + 4, Math.floor(size / 2 ** 32), true);
}

export function inodeNumber(v: Volume, ip: number): number {
  return v.words[v.inodes.at(ip)] >>> 0;
}

/** The row of an inode that is in core, or -1. */
export function findInode(v: Volume, ino: number): number {
  const ip = v.inodes.find(ino, 0);
  if (ip !== -1) {
    const at = v.inodes.at(ip);
    v.words[at + 2] |= F_REFERENCED;
    v.words[at + I_STAMP] = v.words[H.attempt];
  }
  return ip;
}

/** A row for an inode that is not in core, with a dinode of zeros. */
export function createInode(v: Volume, ino: number): number {
  const w = v.words;
  const rows = v.inodes.rows;
  for (let tries = 0; tries < 2 * rows + 1; tries++) {
    const ip = w[H.inodeHand];
    w[H.inodeHand] = ip + 1 === rows ? 0 : ip + 1;
    const at = v.inodes.at(ip);
    const flags = w[at + 2];
    if (flags !== 0) {
      if ((flags & (F_DIRTY | F_PINNED | F_FLUSH)) !== 0 || w[at + I_REFS] > 0) continue;
      if (w[at + I_STAMP] === w[H.attempt]) continue;
      if ((flags & F_REFERENCED) !== 0) {
        w[at + 2] = flags & ~F_REFERENCED;
        continue;
      }
      v.inodes.remove(ip);
    }
    v.inodes.insert(ip, ino, 0, F_USED | F_VALID);
    w[at + I_REFS] = 0;
    w[at + I_STAMP] = w[H.attempt];
    v.bytes.fill(0, dinodeAt(v, ip), dinodeAt(v, ip) + DINODE_SIZE);
    return ip;
  }
  throw new Error("the arena has too few inodes for one step");
}

/** Says that the inode must be written; `flags` may add F_DIROP or F_TOMBSTONE. */
export function markInode(v: Volume, ip: number, flags: number = 0): void {
  const old = v.inodes.flags(ip);
  if ((old & F_DIRTY) === 0) v.words[H.dirtyInodes]++;
  v.inodes.setFlags(ip, old | F_DIRTY | flags);
  v.words[H.changed] = 1;
}

/** Says that the disk has the inode as it is. */
export function cleanInode(v: Volume, ip: number): void {
  const old = v.inodes.flags(ip);
  if ((old & F_DIRTY) !== 0) v.words[H.dirtyInodes]--;
  v.inodes.setFlags(ip, old & ~F_DIRTY);
}

/** Forgets a row, dirty or not. */
export function dropInode(v: Volume, ip: number): void {
  cleanInode(v, ip);
  v.inodes.remove(ip);
}

/** Stamps times with the time of the operation: any of "a", "m", "c". */
export function touchInode(v: Volume, ip: number, which: string): void {
  const seconds = v.words[H.timeSeconds];
  const nanoseconds = v.words[H.timeNanoseconds];
  if (which.includes("a")) {
    diSet(v, ip, DI.di_atime, seconds);
    diSet(v, ip, DI.di_atimensec, nanoseconds);
  }
  if (which.includes("m")) {
    diSet(v, ip, DI.di_mtime, seconds);
    diSet(v, ip, DI.di_mtimensec, nanoseconds);
  }
  if (which.includes("c")) {
    diSet(v, ip, DI.di_ctime, seconds);
    diSet(v, ip, DI.di_ctimensec, nanoseconds);
  }
}
