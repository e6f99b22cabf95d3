/**
 * One inode of the log taken over: its pointers replace what is in core.
 *
 * Here: `replayInode`, one span of pointers per step. Not here: the log (`roll-forward.ts`). The old and
 * the new pointers are compared from the top; a pointer that is the same on both sides covers the same
 * blocks, since nothing is written in place.
 * @module
 */
import { H, SB, type Volume } from "../cache/arena.ts";
import { blockAt, dropFile, loadBuffer } from "../cache/buffer-cache.ts";
import { mutate, refuse } from "../cache/device.ts";
import { indirectBase, parentOf, rootLevel, span } from "../format/addressing.ts";
import { DINODE_SIZE, NDADDR } from "../format/constants.ts";
import { DI } from "../format/dinode.ts";
import { blockBytes, segmentOf } from "../format/geometry.ts";
import {
  findBeforeFree,
  growInodeMap,
  inodeDaddr,
  inodeLimit,
  inodeVersion,
  insertFree,
  prepareGrow,
  removeFree,
  setInodeDaddr,
  setInodeVersion,
  setNextFree,
  vget,
} from "../ifile/inode-map.ts";
import { hasBlocks, pointersAreAddresses } from "../ifile/release.ts";
import { bmap, inodePointer, isBlockAddress } from "../inode/bmap.ts";
import { cleanInode, createInode, diGet, dinodeAt, diSize, dropInode, findInode } from "../inode/inode.ts";
import { addLiveBytes } from "../usage/segment-usage.ts";

/** Bytes that become live (or dead, below zero) at an address. */
type Delta = readonly [daddr: number, bytes: number];

/** The inode of the log: its bytes in the arena, and whether it says that the file is gone. */
interface Logged {
  readonly at: number;
  readonly dead: boolean;
  /** Whether its pointers are addresses. */
  readonly points: boolean;
  readonly size: number;
}

/** Applies a little of the dinode at `at`, which lies in the block at `daddr`; true when all of it. May miss. */
export function replayInode(v: Volume, at: number, daddr: number): boolean {
  const ino = v.view.getUint32(at + DI.di_inumber, true);
  if (ino >= inodeLimit(v)) {
    if (ino >= inodeLimit(v) + 64 * v.g.ifpb) refuse("EIO");
    prepareGrow(v);
    mutate(v);
    growInodeMap(v);
    return false;
  }
  const generation = v.view.getUint32(at + DI.di_gen, true);
  if (generation < inodeVersion(v, ino)) return true;
  const dead = v.view.getUint16(at + DI.di_mode, true) === 0 || v.view.getInt16(at + DI.di_nlink, true) <= 0;
  const size = v.view.getUint32(at + DI.di_size, true) + v.view.getUint32(at + DI.di_size + 4, true) * 2 ** 32;
  if (size > v.g.maxFileSize) refuse("EIO");
  const points = !dead && pointersAreAddresses(v, v.view.getUint16(at + DI.di_mode, true), size);
  const logged: Logged = { at, dead, points, size: dead ? 0 : size };
  const ip = inodeDaddr(v, ino) === 0 ? -1 : vget(v, ino);
  const old = ip !== -1 && hasBlocks(v, ip) ? diSize(v, ip) : 0;
  const blocks = Math.ceil(Math.max(points ? size : 0, old) / v.g.bsize);
  const lbn = v.words[H.rollLbn];
  if (lbn < blocks) {
    const { deltas, next } = lbn < NDADDR ? compareDirect(v, ip, logged) : compareSpan(v, ip, logged, lbn);
    mutate(v);
    for (const [address, bytes] of deltas) addLiveBytes(v, segmentOf(v.g, address), bytes);
    v.words[H.rollLbn] = Math.min(next, 0x7fffffff);
    return false;
  }
  install(v, ino, ip, logged, daddr, generation);
  v.words[H.rollLbn] = 0;
  return true;
}

function oldPointer(v: Volume, ip: number, lbn: number): number {
  return ip === -1 || !hasBlocks(v, ip) ? 0 : bmap(v, ip, lbn);
}

function newPointer(v: Volume, logged: Logged, lbn: number): number {
  if (!logged.points) return 0;
  const { parent, index } = parentOf(v.g.nindir, lbn);
  let daddr: number;
  if (parent === 0) daddr = v.view.getInt32(logged.at + inodePointer(index), true);
  else {
    const above = newPointer(v, logged, parent);
    if (above === 0) return 0;
    const row = loadBuffer(v, 0, above, above, v.g.bsize);
    daddr = v.view.getInt32(blockAt(v, row) + 4 * index, true);
  }
  if (daddr !== 0 && !isBlockAddress(v.g, daddr, blockBytes(v.g, logged.size, lbn))) refuse("EIO");
  return daddr;
}

function compareDirect(v: Volume, ip: number, logged: Logged): { deltas: Delta[]; next: number } {
  const deltas: Delta[] = [];
  const oldSize = ip === -1 ? 0 : diSize(v, ip);
  for (let lbn = 0; lbn < NDADDR; lbn++) {
    const before = oldPointer(v, ip, lbn);
    const after = lbn * v.g.bsize < logged.size ? newPointer(v, logged, lbn) : 0;
    if (before === after) continue;
    if (before !== 0) deltas.push([before, -blockBytes(v.g, oldSize, lbn)]);
    if (after !== 0) deltas.push([after, blockBytes(v.g, logged.size, lbn)]);
  }
  return { deltas, next: NDADDR };
}

/** Compares what one single indirect block covers, from `lbn` on, or skips what is the same. */
function compareSpan(v: Volume, ip: number, logged: Logged, lbn: number): { deltas: Delta[]; next: number } {
  const { nindir, bsize } = v.g;
  const deltas: Delta[] = [];
  const note = (before: number, after: number): void => {
    if (before !== 0) deltas.push([before, -bsize]);
    if (after !== 0) deltas.push([after, bsize]);
  };
  const root = rootLevel(nindir, lbn);
  const base = indirectBase(nindir, root);
  for (let level = root; level >= 1; level--) {
    const covered = span(nindir, level);
    const start = base + Math.floor((lbn - base) / covered) * covered;
    const before = oldPointer(v, ip, -start - (level - 1));
    const after = newPointer(v, logged, -start - (level - 1));
    if (before === after) return { deltas, next: start + covered };
    if (lbn === start) note(before, after);
  }
  for (let n = lbn; n < lbn + nindir; n++) {
    const before = oldPointer(v, ip, n);
    const after = newPointer(v, logged, n);
    if (before !== after) note(before, after);
  }
  return { deltas, next: lbn + nindir };
}

/** All pointers are compared: the map, the free list, the counts and the row follow. May miss before it begins. */
function install(v: Volume, ino: number, ip: number, logged: Logged, daddr: number, generation: number): void {
  const old = inodeDaddr(v, ino);
  const before = old === 0 ? findBeforeFree(v, ino) : -1;
  mutate(v);
  const held = logged.dead ? 0 : v.view.getUint32(logged.at + DI.di_blocks, true);
  v.addSb(SB.lfs_bfree, (ip === -1 ? 0 : diGet(v, ip, DI.di_blocks)) - held);
  dropFile(v, ino);
  if (old !== 0) addLiveBytes(v, segmentOf(v.g, old), -DINODE_SIZE);
  if (logged.dead) {
    setInodeVersion(v, ino, (generation + 1) >>> 0);
    if (old === 0) return;
    setInodeDaddr(v, ino, 0);
    insertFree(v, ino);
    v.addSb(SB.lfs_nfiles, -1);
    dropInode(v, ip);
    return;
  }
  if (old === 0) {
    if (before !== -1) removeFree(v, ino, before);
    v.addSb(SB.lfs_nfiles, 1);
  } else setNextFree(v, ino, 0);
  setInodeVersion(v, ino, generation);
  setInodeDaddr(v, ino, daddr);
  addLiveBytes(v, segmentOf(v.g, daddr), DINODE_SIZE);
  let row = findInode(v, ino);
  if (row === -1) row = createInode(v, ino);
  v.bytes.copyWithin(dinodeAt(v, row), logged.at, logged.at + DINODE_SIZE);
  cleanInode(v, row);
}
