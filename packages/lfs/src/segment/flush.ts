/**
 * Writing files to the log: groups of partial segments that are on the disk whole or not at all.
 *
 * Here: `startFlush`, choosing the inodes of a group, and building its partial segments one by one. Not
 * here: the ifile and the superblocks (`checkpoint/`). An inode is written behind all its dirty blocks
 * and indirect blocks, in one group; so what roll-forward finds is each file as it was at one moment.
 * Every partial segment but the last of a group carries SS_CONT.
 * @module
 */
import { B_CUR, B_OLD, F_DIROP, F_DIRTY, F_FLUSH, F_TOMBSTONE, H, SB, type Volume } from "../cache/arena.ts";
import {
  blockAt,
  bufferWord,
  forEachBuffer,
  isDirty,
  markClean,
  markDirty,
  setBufferWord,
} from "../cache/buffer-cache.ts";
import { mutate } from "../cache/device.ts";
import { firstDataUnder, levelOf } from "../format/addressing.ts";
import { DINODE_SIZE, LFS_IFILE_INUM, SS_CONT, SS_DIROP } from "../format/constants.ts";
import { DI } from "../format/dinode.ts";
import { segmentOf } from "../format/geometry.ts";
import { ifileEntry, inodeDaddr, inodeVersion, setInodeDaddr } from "../ifile/inode-map.ts";
import { loadParents, pointerTo, setPointer } from "../inode/bmap.ts";
import { cleanInode, diGet, dropInode, inodeNumber } from "../inode/inode.ts";
import { addLiveBytes, countPseg } from "../usage/segment-usage.ts";
import { advanceSegment, hasRoom } from "./next-segment.ts";
import { PartialSegment } from "./partial-segment.ts";

/** `H.flushKind`. */
export const FLUSH_NONE = 0;
/** One file, and with it everything that directory operations have touched; then the device's flush. */
export const FLUSH_FILE = 1;
/** All files, because the arena needs the room. */
export const FLUSH_ALL = 2;
/** All files, the ifile, the superblock. */
export const FLUSH_CHECKPOINT = 3;

/** `H.flushPhase`. The checkpoint's own phases follow in `checkpoint/checkpoint.ts`. */
export const PHASE_SELECT = 1;
export const PHASE_FILES = 2;
export const PHASE_FILES_DONE = 3;

/** Begins a flush; the loop of steps carries it through before the operation goes on. */
export function startFlush(
  v: Volume,
  kind: number,
  options: { ino?: number; both?: boolean; clean?: boolean } = {},
): void {
  if (v.words[H.flushKind] !== FLUSH_NONE) throw new Error("a flush is in progress");
  v.words[H.flushKind] = kind;
  v.words[H.flushPhase] = PHASE_SELECT;
  v.words[H.flushIno] = options.ino ?? 0;
  v.words[H.flushBoth] = options.both === true || v.g.version === 1 ? 1 : 0;
  v.words[H.flushClean] = options.clean === true ? 1 : 0;
  v.words[H.flushDirop] = 0;
}

/** Marks the inodes of the group. */
export function selectInodes(v: Volume): void {
  const kind = v.words[H.flushKind];
  for (let ip = 0; ip < v.inodes.rows; ip++) {
    const flags = v.inodes.flags(ip);
    if ((flags & F_DIRTY) === 0) continue;
    const ino = inodeNumber(v, ip);
    if (ino === LFS_IFILE_INUM) continue;
    if (kind === FLUSH_FILE && ino !== v.words[H.flushIno] >>> 0 && (flags & F_DIROP) === 0) continue;
    if ((flags & F_DIROP) !== 0) v.words[H.flushDirop] = 1;
    v.inodes.setFlags(ip, flags | F_FLUSH);
  }
  v.words[H.flushPhase] = PHASE_FILES;
}

/** Dirty buffers of one file: level 0 data, 1 to 3 indirect, each in the order of the file. */
interface DirtyFile {
  readonly ip: number;
  readonly ino: number;
  readonly levels: readonly [number[], number[], number[], number[]];
}

function dirtyFiles(v: Volume): DirtyFile[] {
  const files = new Map<number, DirtyFile>();
  for (let ip = 0; ip < v.inodes.rows; ip++)
    if ((v.inodes.flags(ip) & F_FLUSH) !== 0) {
      const ino = inodeNumber(v, ip);
      files.set(ino, { ip, ino, levels: [[], [], [], []] });
    }
  forEachBuffer(v, (row, ino, lbn) => {
    if (isDirty(v, row)) files.get(ino)?.levels[levelOf(v.g.nindir, lbn)].push(row);
  });
  const list = [...files.values()].sort((a, b) => a.ino - b.ino);
  for (const file of list) for (const level of file.levels) sortByPlace(v, level);
  return list;
}

function sortByPlace(v: Volume, rows: number[]): void {
  const first = (row: number): number => firstDataUnder(v.g.nindir, bufferWord(v, row, 1));
  rows.sort((a, b) => first(a) - first(b));
}

/** Brings in every indirect block and map entry that the next partial segment can touch. May miss. */
function loadForNext(v: Volume, files: readonly DirtyFile[], room: number): void {
  let units = 0;
  for (const file of files) {
    ifileEntry(v, file.ino);
    for (const level of file.levels)
      for (const row of level) {
        loadParents(v, file.ip, bufferWord(v, row, 1));
        units += bufferWord(v, row, B_CUR) / v.g.unit;
        if (units > room) return;
      }
  }
}

/** Builds the next partial segment of the group and asks the device to write it; moves the phase on. */
export function writeNextFiles(v: Volume): void {
  const files = dirtyFiles(v);
  if (files.length === 0) {
    v.words[H.flushPhase] = PHASE_FILES_DONE;
    return;
  }
  loadForNext(v, files, Math.max(v.g.unitsPerSegment, 1));
  mutate(v);
  if (!hasRoom(v, v.sb(SB.lfs_offset))) advanceSegment(v);
  const offset = v.sb(SB.lfs_offset);
  const segment = segmentOf(v.g, offset);
  const pseg = new PartialSegment(v, offset, v.sb(SB.lfs_curseg) + v.g.unitsPerSegment - offset);
  let complete = true;
  for (const file of files)
    if (!placeFile(v, pseg, file, segment)) {
      complete = false;
      break;
    }
  if (pseg.isEmpty) throw new Error("nothing fits into a partial segment");
  settleInodes(v, pseg, segment);
  const dirop = v.words[H.flushDirop] !== 0 || !complete ? SS_DIROP : 0;
  // From the first SS_CONT on, the whole group is one directory operation to a foreign reader.
  if (!complete) v.words[H.flushDirop] = 1;
  const units = pseg.finish(dirop | (complete ? 0 : SS_CONT), v.sb(SB.lfs_nextseg));
  countPseg(v, segment, pseg.inodeBlocks, v.words[H.timeSeconds] >>> 0);
  v.addSb(SB.lfs_offset, units);
  v.addSb(SB.lfs_avail, -units);
  dropTombstones(v, pseg);
  if (complete) v.words[H.flushPhase] = PHASE_FILES_DONE;
}

/** Places what fits of a file; true when all of it is placed, its inode included. */
function placeFile(v: Volume, pseg: PartialSegment, file: DirtyFile, segment: number): boolean {
  // 4.4BSD counts generations in the inode and versions in the map; summaries carry the latter.
  const version = v.g.version === 1 ? inodeVersion(v, file.ino) : diGet(v, file.ip, DI.di_gen);
  for (const [level, rows] of file.levels.entries()) {
    for (const row of rows) {
      const bytes = bufferWord(v, row, B_CUR);
      if (!pseg.fitsBlock(file.ino, bytes)) return false;
      const lbn = bufferWord(v, row, 1);
      const daddr = pseg.placeBlock(file.ino, version, lbn, bytes);
      const parent = settleBlock(v, file.ip, row, lbn, daddr, segment);
      pseg.copyBlock(daddr, blockAt(v, row), bytes);
      if (parent !== -1 && !isDirty(v, parent)) {
        markDirty(v, parent);
        file.levels[level + 1].push(parent);
      }
    }
    if (level < 3) sortByPlace(v, file.levels[level + 1]);
  }
  if (!pseg.fitsInode()) return false;
  pseg.placeInode(file.ip);
  return true;
}

/** A block has its new address: pointer, live bytes of both segments, buffer clean. Returns the parent's row. */
export function settleBlock(v: Volume, ip: number, row: number, lbn: number, daddr: number, segment: number): number {
  const old = pointerTo(v, ip, lbn);
  if (old !== 0) addLiveBytes(v, segmentOf(v.g, old), -bufferWord(v, row, B_OLD));
  const bytes = bufferWord(v, row, B_CUR);
  addLiveBytes(v, segment, bytes);
  setBufferWord(v, row, B_OLD, bytes);
  markClean(v, row);
  return setPointer(v, ip, lbn, daddr);
}

/** The inodes placed get their addresses in the map. */
function settleInodes(v: Volume, pseg: PartialSegment, segment: number): void {
  for (const [n, ip] of pseg.inodes.entries()) {
    const flags = v.inodes.flags(ip);
    cleanInode(v, ip);
    v.inodes.setFlags(ip, v.inodes.flags(ip) & ~(F_FLUSH | F_DIROP));
    if ((flags & F_TOMBSTONE) !== 0) continue;
    const ino = inodeNumber(v, ip);
    const old = inodeDaddr(v, ino);
    if (old !== 0) addLiveBytes(v, segmentOf(v.g, old), -DINODE_SIZE);
    addLiveBytes(v, segment, DINODE_SIZE);
    setInodeDaddr(v, ino, pseg.inodeBlockAddress(n));
  }
}

function dropTombstones(v: Volume, pseg: PartialSegment): void {
  for (const ip of pseg.inodes) if ((v.inodes.flags(ip) & F_TOMBSTONE) !== 0) dropInode(v, ip);
}
