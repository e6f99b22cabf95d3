/**
 * Phases 0 and 1: the inode map, the free list, inodes and their blocks.
 *
 * Here: every pointer of every inode. Not here: names (`check-tree.ts`), sums (`check-segments.ts`).
 * @module
 */
import { firstDataUnder, levelOf, span } from "../format/addressing.ts";
import {
  DINODE_SIZE,
  LFS_FIRST_INUM,
  LFS_IFILE_INUM,
  LFS_ORPHAN_NEXTFREE,
  NDADDR,
  NIADDR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "../format/constants.ts";
import type { DinodeRecord } from "../format/dinode.ts";
import { blockBytes, segmentOf } from "../format/geometry.ts";
import { type Image, sizeOf } from "./image.ts";

/** The inode map: free list, and every inode in use. */
export function checkInodes(image: Image): void {
  const { ifile } = image;
  if ((ifile.di_mode & S_IFMT) !== S_IFREG) image.report("ifile", "it is not a regular file");
  if (!Number.isInteger(image.inodeLimit) || sizeOf(ifile) > image.g.nseg * image.g.ssize) {
    image.report("ifile", "its size is not a number of blocks, or larger than the disk");
    return;
  }
  checkInode(image, LFS_IFILE_INUM, ifile, image.sb.lfs_idaddr);
  const free = new Set<number>();
  for (let ino = LFS_IFILE_INUM + 1; ino < image.inodeLimit; ino++) {
    const entry = image.ifileEntry(ino);
    if (entry.if_daddr === 0) {
      if (ino >= LFS_FIRST_INUM) free.add(ino);
      continue;
    }
    const di = image.inodeAt(entry.if_daddr, ino);
    if (di === undefined) {
      image.report("inode", `${ino} is not in the block at ${entry.if_daddr}`);
      continue;
    }
    if (image.g.version !== 1 && di.di_gen !== entry.if_version)
      image.report("inode", `${ino} has generation ${di.di_gen}, its entry ${entry.if_version}`);
    if (di.di_nlink === 0 && entry.if_nextfree !== LFS_ORPHAN_NEXTFREE)
      image.report("orphan", `${ino} has no links and no mark`);
    if (entry.if_nextfree === LFS_ORPHAN_NEXTFREE) image.report("orphan", `${ino} is to be freed`);
    checkInode(image, ino, di, entry.if_daddr);
  }
  checkFreeList(image, free);
}

function checkFreeList(image: Image, free: ReadonlySet<number>): void {
  const info = image.cleanerInfo;
  // Version 1 has the head in the superblock only, and no tail.
  const isListed = image.g.version !== 1;
  if (isListed && info.free_head !== image.sb.lfs_freehd)
    image.report("free-list", `head ${info.free_head} in the ifile, ${image.sb.lfs_freehd} in the superblock`);
  const seen = new Set<number>();
  let last = 0;
  for (let ino = image.sb.lfs_freehd; ino !== 0; ino = image.ifileEntry(ino).if_nextfree) {
    if (seen.has(ino)) {
      image.report("free-list", `${ino} is in it twice`);
      return;
    }
    if (!free.has(ino)) {
      image.report("free-list", `${ino} is in it but not free`);
      return;
    }
    seen.add(ino);
    last = ino;
  }
  if (isListed && last !== info.free_tail)
    image.report("free-list", `tail is ${info.free_tail}, the last member ${last}`);
  for (const ino of free) if (!seen.has(ino)) image.report("free-list", `${ino} is free but not in it`);
}

/** Claims a block for its owner; two owners of a byte are an error. */
function claim(image: Image, daddr: number, ino: number, lbn: number, bytes: number): boolean {
  if (!image.isInside(daddr, bytes)) {
    image.report("block", `inode ${ino} block ${lbn}: address ${daddr} is not on the disk`);
    return false;
  }
  let isFirst = true;
  for (let unit = daddr; unit < daddr + bytes / image.g.unit; unit++) {
    const other = image.uses.get(unit);
    if (other !== undefined) {
      image.report("block", `address ${unit} belongs to inodes ${other.ino} and ${ino}`);
      isFirst = false;
    }
    image.uses.set(unit, { ino, lbn, bytes: unit === daddr ? bytes : 0 });
  }
  image.live[segmentOf(image.g, daddr)] += bytes;
  // What is under a second owner is not walked again: a block that leads to itself would never end.
  return isFirst;
}

function checkInode(image: Image, ino: number, di: DinodeRecord, daddr: number): void {
  const { g } = image;
  const type = di.di_mode & S_IFMT;
  const size = sizeOf(di);
  image.inodes.set(ino, di);
  image.live[segmentOf(g, daddr)] += DINODE_SIZE;
  if (image.uses.get(daddr) === undefined) image.uses.set(daddr, { ino: 0, lbn: 0, bytes: g.ibsize });
  else if (image.uses.get(daddr)?.ino !== 0) image.report("block", `the block of inode ${ino} belongs to a file`);
  if (type === S_IFLNK && size < g.maxSymlinkLength) {
    if (di.di_blocks !== 0) image.report("inode", `${ino} is a short link with blocks`);
    return;
  }
  if (type !== S_IFREG && type !== S_IFDIR && type !== S_IFLNK) return;
  if (type === S_IFDIR && (size === 0 || size % 512 !== 0)) image.report("directory", `${ino} has ${size} bytes`);
  let units = 0;
  const blocks = Math.ceil(size / g.bsize);
  const visit = (lbn: number, address: number): void => {
    const level = levelOf(g.nindir, lbn);
    if (address === 0) {
      if (level === 0 && type === S_IFDIR && lbn < blocks) image.report("directory", `${ino} has a hole at ${lbn}`);
      return;
    }
    const first = firstDataUnder(g.nindir, lbn);
    if (first >= blocks) image.report("block", `inode ${ino} has block ${lbn} behind its end`);
    const bytes = blockBytes(g, size, lbn);
    if (!claim(image, address, ino, lbn, bytes)) return;
    units += bytes / g.unit;
    if (level === 0) return;
    const block = image.block(address, g.bsize);
    const view = new DataView(block.buffer, block.byteOffset);
    const step = span(g.nindir, level - 1);
    for (let n = 0; n < g.nindir; n++) {
      const below = first + n * step;
      visit(level === 1 ? below : -below - (level - 2), view.getInt32(4 * n, true));
    }
  };
  for (let n = 0; n < NDADDR; n++) visit(n, di.di_db[n] | 0);
  for (let level = 1, first = NDADDR; level <= NIADDR; first += span(g.nindir, level++))
    visit(-first - (level - 1), di.di_ib[level - 1] | 0);
  if (units !== di.di_blocks) image.report("inode", `${ino} counts ${di.di_blocks} fragments and has ${units}`);
}
