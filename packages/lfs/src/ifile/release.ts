/**
 * Freeing a file that nothing names any more.
 *
 * Here: `releaseInode`, a step at a time. Not here: names (`vfs/`), the free list (`inode-map.ts`).
 * From its last name to the end of this the file is marked as an orphan in the map; a crash between
 * leaves it to the next mount.
 * @module
 */
import { I_REFS, type Volume } from "../cache/arena.ts";
import { mutate } from "../cache/device.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../format/constants.ts";
import { DI } from "../format/dinode.ts";
import { diMode, diNlink, dinodeAt, diSize, setDiMode } from "../inode/inode.ts";
import { truncateStep } from "../inode/truncate.ts";
import { freeInode, ifileEntry, setNextFree, vget } from "./inode-map.ts";

/** Whether the pointers of an inode are addresses: not those of a device, nor of a short symbolic link. */
export function pointersAreAddresses(v: Volume, mode: number, size: number): boolean {
  const type = mode & S_IFMT;
  return type === S_IFREG || type === S_IFDIR || (type === S_IFLNK && size >= v.g.maxSymlinkLength);
}

export function hasBlocks(v: Volume, ip: number): boolean {
  return pointersAreAddresses(v, diMode(v, ip), diSize(v, ip));
}

/** Frees what has no name and is not open; true when there is nothing left to do. `orphan`: whatever its links. */
export function releaseInode(v: Volume, ino: number, orphan: boolean = false): boolean {
  const ip = vget(v, ino);
  if ((!orphan && diNlink(v, ip) > 0) || v.words[v.inodes.at(ip) + I_REFS] > 0) return true;
  // Brought in before anything changes: cutting may end in this very step.
  ifileEntry(v, ino);
  if (hasBlocks(v, ip) && !truncateStep(v, ip, 0)) return false;
  mutate(v);
  v.bytes.fill(0, dinodeAt(v, ip) + DI.di_db, dinodeAt(v, ip) + DI.di_flags);
  setNextFree(v, ino, 0);
  freeInode(v, ip);
  setDiMode(v, ip, 0);
  return true;
}
