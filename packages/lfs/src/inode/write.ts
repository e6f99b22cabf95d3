/**
 * Changing the bytes of a file in core.
 *
 * Here: `prepareWrite`, which brings in and checks, and `commitWrite`, which changes. Not here: operations
 * (`vfs/`). Blocks get addresses when they are written; what is counted here is how many they will be.
 * @module
 */
import { B_CUR, B_OLD, H, SB, type Volume } from "../cache/arena.ts";
import { blockAt, bufferWord, createBuffer, findBuffer, isDirty, setBufferWord } from "../cache/buffer-cache.ts";
import { refuse } from "../cache/device.ts";
import { LFS_SBPAD } from "../format/constants.ts";
import { blockBytes } from "../format/geometry.ts";
import { CRC_TRAILER_SIZE, FINFO_SIZE, SegsumV2 } from "../format/segsum.ts";
import { hasPins, pinnedDeadUnits } from "../usage/segment-usage.ts";
import { ensureParents, lastFragment, missingParents, setBlockBytes } from "./blocks.ts";
import { bmap, loadParents, pointerTo, readBlock } from "./bmap.ts";
import { diSize, inodeNumber, markInode, setDiSize, touchInode } from "./inode.ts";

/** Units of disk that a change needs; ENOSPC when the file system would hold more than it promises. */
export function checkSpace(v: Volume, units: number): void {
  if (units > 0 && units > freeUnits(v) - spaceReserve(v)) refuse("ENOSPC");
}

/**
 * Units that files can still take, the reserve included. Summaries and blocks of inodes count as cleaning packs them,
 * not as they lie: what describes dead data takes no room from files. What pins keep is not free.
 */
export function freeUnits(v: Volume): number {
  const unpacked = v.sb(SB.lfs_bfree) + v.sb(SB.lfs_dmeta);
  return unpacked - packedMetaUnits(v) - pinnedDeadUnits(v) - keptUnits44(v);
}

/** Bytes that a file takes beside its blocks: its inode, and a FINFO of one block. */
const META_PER_FILE = 160;

/**
 * Units that files cannot have of the segments they may fill, when each is written in one piece: summaries, a block of
 * inodes, and a tail too short for a block.
 */
export function packedMetaUnits(v: Volume): number {
  const { g } = v;
  const perSummary = Math.floor((g.sumsize - SegsumV2.size - CRC_TRAILER_SIZE - FINFO_SIZE) / 4);
  const perSegment = Math.ceil(g.ssize / g.bsize / perSummary) * g.sumsize + g.ibsize + g.bsize;
  const files = v.sb(SB.lfs_nfiles) * META_PER_FILE;
  return Math.ceil((Math.max(1, g.nseg - g.minfreeseg) * perSegment + files) / g.unit);
}

/** Units that 4.4BSD calls free and our cleaner keeps: its superblock counts two segments as kept. */
function keptUnits44(v: Volume): number {
  if (!v.g.is44Bsd) return 0;
  const superblocks = (v.g.sboffs.length * LFS_SBPAD) / v.g.unit;
  return Math.max(0, v.sb(SB.lfs_dsize) - (v.g.nseg - v.g.minfreeseg) * v.g.unitsPerSegment + superblocks);
}

/**
 * Units that files never get: what summaries and blocks of inodes may take while all that is in the arena
 * is written, and two blocks for the operation that makes room.
 */
export function spaceReserve(v: Volume): number {
  const { g } = v;
  const inodeBlocks = Math.ceil(v.inodes.rows / g.inopb) * (g.ibsize / g.unit);
  return Math.min(inodeBlocks, 2 * g.unitsPerSegment) + Math.ceil((4 * g.sumsize + 8 * g.bsize) / g.unit);
}

/** Brings in what a write of `[offset, offset + length)` touches, and checks size and space. May miss. */
export function prepareWrite(v: Volume, ip: number, offset: number, length: number): void {
  const { bsize, unit } = v.g;
  const end = offset + length;
  if (end > v.g.maxFileSize) refuse("EFBIG");
  const size = diSize(v, ip);
  const newSize = Math.max(size, end);
  let units = prepareGrowth(v, ip, newSize);
  const fragment = lastFragment(v, ip, newSize);
  const ino = inodeNumber(v, ip);
  const pinned = hasPins(v);
  for (let lbn = Math.floor(offset / bsize); lbn * bsize < end; lbn++) {
    loadParents(v, ip, lbn);
    units += (missingParents(v, ip, lbn) * bsize) / unit;
    let row = findBuffer(v, ino, lbn);
    const daddr = row === -1 ? bmap(v, ip, lbn) : 0;
    const whole = offset <= lbn * bsize && end >= Math.min((lbn + 1) * bsize, newSize);
    if (daddr !== 0 && !whole) row = readBlock(v, ip, lbn);
    if (lbn === fragment) continue;
    // What is pinned is not given back when it is overwritten.
    if (pinned && (row === -1 || !isDirty(v, row))) units += bsize / unit;
    const held = row !== -1 ? bufferWord(v, row, B_CUR) : daddr !== 0 ? blockBytes(v.g, size, lbn) : 0;
    units += (blockBytes(v.g, newSize, lbn) - held) / unit;
  }
  checkSpace(v, units);
}

/** Brings in the fragment that grows when the file does; the units by which it grows. May miss. */
export function prepareGrowth(v: Volume, ip: number, newSize: number): number {
  const lbn = lastFragment(v, ip, newSize);
  if (lbn === -1) return 0;
  const row = readBlock(v, ip, lbn);
  return row === -1 ? 0 : (blockBytes(v.g, newSize, lbn) - bufferWord(v, row, B_CUR)) / v.g.unit;
}

/** The file gets longer; its last fragment becomes what it must be. `prepareGrowth` has passed. */
export function commitGrowth(v: Volume, ip: number, newSize: number): void {
  const size = diSize(v, ip);
  const lbn = lastFragment(v, ip, newSize);
  const row = lbn === -1 ? -1 : v.buffers.find(inodeNumber(v, ip), lbn);
  setDiSize(v, ip, newSize);
  markInode(v, ip);
  if (row === -1) return;
  const at = blockAt(v, row);
  // What a foreign system left behind the old end must not come to light.
  v.bytes.fill(0, at + (size - lbn * v.g.bsize), at + v.g.bsize);
  setBlockBytes(v, ip, row, blockBytes(v.g, newSize, lbn));
}

/** Copies `length` bytes at `from` of the arena into the file. `prepareWrite` has passed in this attempt. */
export function commitWrite(v: Volume, ip: number, offset: number, from: number, length: number): void {
  const { bsize } = v.g;
  const ino = inodeNumber(v, ip);
  const end = offset + length;
  const oldSize = diSize(v, ip);
  if (end > oldSize) commitGrowth(v, ip, end);
  const size = diSize(v, ip);
  for (let lbn = Math.floor(offset / bsize); lbn * bsize < end; lbn++) {
    ensureParents(v, ip, lbn);
    let row = findBuffer(v, ino, lbn);
    if (row === -1) {
      const held = pointerTo(v, ip, lbn) === 0 ? 0 : blockBytes(v.g, oldSize, lbn);
      row = createBuffer(v, ino, lbn);
      setBufferWord(v, row, B_OLD, held);
      setBufferWord(v, row, B_CUR, held);
    }
    const start = Math.max(offset, lbn * bsize);
    const stop = Math.min(end, (lbn + 1) * bsize);
    v.bytes.copyWithin(blockAt(v, row) + (start - lbn * bsize), from + (start - offset), from + (stop - offset));
    setBlockBytes(v, ip, row, blockBytes(v.g, size, lbn));
  }
  touchInode(v, ip, "mc");
  markInode(v, ip);
  v.words[H.changed] = 1;
}
