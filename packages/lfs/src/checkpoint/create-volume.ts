/**
 * Making a file system: an ifile and a root directory in core, and a checkpoint.
 *
 * Here: `createVolumeStep`, the operation behind newfs. Not here: its sizes (`format/new-superblock.ts`).
 * The log's own writer puts everything on the disk, so a new file system is as any other is at unmount.
 * @module
 */
import {
  F_DIROP,
  F_PINNED,
  H,
  layOutRegions,
  leastArenaSize,
  SB,
  SUPERBLOCK_AT,
  TRANSFER_AT,
  VOLUME_MOUNTING,
  VOLUME_UNMOUNTED,
  type Volume,
} from "../cache/arena.ts";
import { blockAt, createBuffer } from "../cache/buffer-cache.ts";
import { DEVICE_FLUSH, DEVICE_WRITE, mutate, refuse, requestDevice } from "../cache/device.ts";
import {
  LFS_FIRST_INUM,
  LFS_IFILE_INUM,
  LFS_SBPAD,
  S_IFDIR,
  S_IFREG,
  SEGUSE_ACTIVE,
  SEGUSE_DIRTY,
  SEGUSE_SUPERBLOCK,
  SF_IMMUTABLE,
  ULFS_ROOTINO,
} from "../format/constants.ts";
import { DI } from "../format/dinode.ts";
import { DIRBLKSIZ, direntSize, writeDirent, writeEmptyDirectory } from "../format/dirent.ts";
import { blockBytes, geometryOf, hasSuperblock } from "../format/geometry.ts";
import { CleanerInfo, IfileEntry, ifileEntryPlace } from "../format/ifile.ts";
import { Dlfs, readSuperblock, writeSuperblock } from "../format/superblock.ts";
import { cleanerInfo } from "../ifile/inode-map.ts";
import { ensureParents, setBlockBytes } from "../inode/blocks.ts";
import { createInode, diSet, markInode, setDiMode, setDiNlink, setDiSize, touchInode } from "../inode/inode.ts";
import { FLUSH_CHECKPOINT, startFlush } from "../segment/flush.ts";
import { segFlags, setSegFlags, usableUnits } from "../usage/segment-usage.ts";

/** 4.4BSD makes a directory for what fsck finds. */
const LOST_AND_FOUND_INUM = 3;

/** data: a superblock of {@link newSuperblock}. True when the disk holds an empty file system. */
export function createVolumeStep(v: Volume): boolean {
  const w = v.words;
  if (w[H.opPhase] === 0) {
    build(v);
    startFlush(v, FLUSH_CHECKPOINT, { both: true, clean: true });
    // 4.4BSD never writes the second again either.
    w[H.scratch] = v.g.is44Bsd ? 1 : 2;
    w[H.opPhase] = 1;
    return false;
  }
  const copy = w[H.scratch];
  if (copy < v.g.sboffs.length) {
    writeSpareSuperblock(v, copy);
    w[H.scratch] = copy + 1;
    return false;
  }
  if (w[H.opPhase] === 1) {
    requestDevice(v, DEVICE_FLUSH, 0, 0, 0);
    w[H.opPhase] = 2;
    return false;
  }
  w[H.state] = VOLUME_UNMOUNTED;
  w[H.inodeRows] = 0;
  return true;
}

/** Copies beyond the second are never written again; their time is 0, so that nobody takes them for new. */
function writeSpareSuperblock(v: Volume, copy: number): void {
  const at = v.words[H.stagingAt];
  v.bytes.fill(0, at, at + LFS_SBPAD);
  writeSuperblock(v.bytes, at, { ...v.superblock(), lfs_tstamp: [0, 0] });
  requestDevice(v, DEVICE_WRITE, v.g.sboffs[copy] * v.g.unit, LFS_SBPAD, at);
}

function build(v: Volume): void {
  const sb = readSuperblock(v.bytes.subarray(TRANSFER_AT, TRANSFER_AT + 1024));
  if (typeof sb === "string") refuse("EINVAL");
  const g = geometryOf(sb);
  if (v.bytes.length < leastArenaSize(g)) refuse("ENOMEM");
  mutate(v);
  Dlfs.write(v.view, SUPERBLOCK_AT, sb);
  layOutRegions(v, g);
  const w = v.words;
  w[H.state] = VOLUME_MOUNTING;
  w[H.activeSuperblock] = 1;
  w[H.dirtyBuffers] = 0;
  w[H.dirtyInodes] = 0;
  buildIfile(v);
  const root = buildDirectory(v, ULFS_ROOTINO, ULFS_ROOTINO);
  if (!g.is44Bsd) return;
  buildDirectory(v, LOST_AND_FOUND_INUM, ULFS_ROOTINO);
  setDiNlink(v, root, 3);
  const at = blockAt(v, v.buffers.find(ULFS_ROOTINO, 0));
  const named: readonly [number, number, string][] = [
    [LFS_IFILE_INUM, S_IFREG, "ifile"],
    [LOST_AND_FOUND_INUM, S_IFDIR, "lost+found"],
  ];
  let here = at + 12;
  for (const [ino, mode, name] of named) {
    v.view.setUint16(here + 4, direntSize(direntLength(v, here)), true);
    here += direntSize(direntLength(v, here));
    const bytes = Uint8Array.from(name, (c) => c.charCodeAt(0));
    writeDirent(v.bytes, here, ino, at + DIRBLKSIZ - here, mode >> 12, bytes);
  }
  v.addSb(SB.lfs_nfiles, 3);
}

const direntLength = (v: Volume, at: number): number => v.view.getUint8(at + 7);

function buildIfile(v: Volume): void {
  const { g } = v;
  const head = g.cleansz + g.segtabsz;
  const ifile = createInode(v, LFS_IFILE_INUM);
  v.inodes.setFlags(ifile, v.inodes.flags(ifile) | F_PINNED);
  setDiMode(v, ifile, S_IFREG | 0o600);
  setDiNlink(v, ifile, 1);
  diSet(v, ifile, DI.di_inumber, LFS_IFILE_INUM);
  diSet(v, ifile, DI.di_gen, 1);
  diSet(v, ifile, DI.di_flags, SF_IMMUTABLE);
  setDiSize(v, ifile, (head + 1) * g.bsize);
  touchInode(v, ifile, "amc");
  for (let lbn = 0; lbn <= head; lbn++) {
    ensureParents(v, ifile, lbn);
    const row = createBuffer(v, LFS_IFILE_INUM, lbn);
    setBlockBytes(v, ifile, row, g.bsize);
    if (lbn < head) v.buffers.setFlags(row, v.buffers.flags(row) | F_PINNED);
  }
  let avail = -(g.minfreeseg - Math.floor(g.minfreeseg / 2)) * g.unitsPerSegment;
  for (let segment = 0; segment < g.nseg; segment++) {
    const superblock = hasSuperblock(g, segment) ? SEGUSE_SUPERBLOCK : 0;
    setSegFlags(v, segment, superblock | (segment === 0 ? SEGUSE_DIRTY | SEGUSE_ACTIVE : 0));
    avail += usableUnits(v, segment);
  }
  v.setSb(SB.lfs_avail, avail);
  const map = blockAt(v, v.buffers.find(LFS_IFILE_INUM, head));
  const first = g.is44Bsd ? LOST_AND_FOUND_INUM + 1 : LFS_FIRST_INUM;
  for (let ino = 0; ino < g.ifpb; ino++) {
    const at = map + ifileEntryPlace(g, ino).at;
    const next = ino < first || ino === g.ifpb - 1 ? 0 : ino + 1;
    v.view.setUint32(at + IfileEntry.offsets.if_version, ino === 0 ? 0 : 1, true);
    v.view.setUint32(at + IfileEntry.offsets.if_nextfree, next, true);
  }
  const rest = g.is44Bsd ? {} : { free_head: first, free_tail: g.ifpb - 1 };
  CleanerInfo.write(v.view, cleanerInfo(v), { clean: g.nseg - 1, dirty: 1, ...rest });
  if (segFlags(v, 0) === 0) throw new Error("segment 0 of a new volume is not in use");
}

function buildDirectory(v: Volume, ino: number, parent: number): number {
  const ip = createInode(v, ino);
  setDiMode(v, ip, S_IFDIR | 0o755);
  setDiNlink(v, ip, 2);
  diSet(v, ip, DI.di_inumber, ino);
  diSet(v, ip, DI.di_gen, 1);
  setDiSize(v, ip, DIRBLKSIZ);
  touchInode(v, ip, "amc");
  const row = createBuffer(v, ino, 0);
  writeEmptyDirectory(v.bytes, blockAt(v, row), ino, parent);
  setBlockBytes(v, ip, row, blockBytes(v.g, DIRBLKSIZ, 0));
  markInode(v, ip, F_DIROP);
  return ip;
}
