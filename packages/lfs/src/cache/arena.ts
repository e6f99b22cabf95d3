/**
 * The arena: every byte of mounted state that is not on the disk.
 *
 *   | header words | arguments, results | superblock | names | transfer | staging | inodes | buffers |
 *
 * Here: the map of the arena, and `Volume`, the views over it. Not here: what the parts mean. A Volume
 * keeps nothing that cannot be made again from the bytes: throw it away at any device request, make
 * another over the same bytes, and the operation in progress goes on (README, "State in bytes").
 * @module
 */
import { type Geometry, geometryOf } from "../format/geometry.ts";
import { Dlfs, type Superblock } from "../format/superblock.ts";
import { RowTable } from "./row-table.ts";

export const ARENA_MAGIC = 0x4c465341;
export const ARENA_VERSION = 1;

/** Header words, by index. */
export const H = {
  magic: 0,
  version: 1,
  size: 2,
  /** What the volume is: a `VolumeState`. */
  state: 3,
  /** Counts attempts at steps; rows touched in the current one are not evicted. */
  attempt: 4,
  // The device request in progress.
  deviceKind: 5,
  deviceOffsetLow: 6,
  deviceOffsetHigh: 7,
  deviceLength: 8,
  /** Byte in the arena. */
  deviceAt: 9,
  /** Buffer row that becomes valid when a read completes, or -1. */
  deviceRow: 10,
  // The operation in progress.
  opCode: 11,
  opPhase: 12,
  opErrno: 13,
  nameLength0: 14,
  nameLength1: 15,
  dataLength: 16,
  // The map of the regions that follow the mount.
  stagingAt: 20,
  stagingSize: 21,
  inodeRows: 22,
  inodeWord: 23,
  inodeHashWord: 24,
  inodeHashSize: 25,
  bufferRows: 26,
  bufferWord: 27,
  bufferHashWord: 28,
  bufferHashSize: 29,
  bufferDataAt: 30,
  inodeHand: 31,
  bufferHand: 32,
  // Counts of what must be written before its row can be used again.
  dirtyBuffers: 33,
  dirtyInodes: 34,
  dirtyLimit: 35,
  // The flush in progress (segment/flush.ts).
  flushKind: 40,
  flushPhase: 41,
  flushIno: 42,
  /** Address of the ifile's inode in the checkpoint being written. */
  flushIfileDaddr: 43,
  flushBoth: 44,
  flushClean: 45,
  /** Whether the group being written carries SS_DIROP. */
  flushDirop: 46,
  // The log.
  /** Which of the first two superblocks was written last. */
  activeSuperblock: 50,
  /** Segments entered since the last checkpoint. */
  nactive: 51,
  /** 1 when something differs from the last checkpoint. */
  changed: 52,
  timeSeconds: 53,
  timeNanoseconds: 54,
  // The cleaner (cleaner/).
  cleanPhase: 60,
  cleanDaddr: 62,
  cleanPsegs: 63,
  cleanFailed: 64,
  cleanPolicy: 65,
  cleanTarget: 66,
  cleanCount: 67,
  /** Block of the partial segment. */
  cleanItem: 68,
  /** Second at which the data being moved were written, 0 when they are written for the first time. */
  cleanAge: 97,
  /** Segments being cleaned together: how many, which is next, their numbers. */
  cleanVictimCount: 98,
  cleanVictimNext: 99,
  cleanVictims: 100,
  // Roll-forward (checkpoint/roll-forward.ts).
  rollDaddr: 70,
  /** The segment that the last summary names as the next. */
  rollNext: 72,
  rollEnd: 73,
  rollPsegs: 74,
  rollEndPsegs: 75,
  rollEndNext: 76,
  rollItem: 77,
  /** First address in the staging area, 0 for none. */
  rollWindow: 78,
  /** The block of the file at which the comparison of pointers stands. */
  rollLbn: 79,
  // Scratch of the operation in progress; each operation says what it keeps here.
  scratch: 80,
  // Pins (checkpoint/pins.ts).
  /** Whether the list on the disk is one that a foreign system has outdated. */
  pinsStale: 81,
  /** Pins that the mount has dropped for that. */
  pinsDropped: 82,
  pinIndex: 83,
  /** Partial segments that the ifile being written takes. */
  flushIfilePsegs: 84,
} as const;

export const HEADER_WORDS = 128;
/** Segments that are cleaned together at most. */
export const MAX_VICTIMS = 16;
/** Eight numbers each. */
export const ARGS_AT: number = HEADER_WORDS * 4;
export const RESULTS_AT: number = ARGS_AT + 64;
export const SUPERBLOCK_AT: number = RESULTS_AT + 64;
export const NAMES_AT: number = SUPERBLOCK_AT + 1024;
export const NAME_SIZE = 1024;
export const TRANSFER_AT: number = NAMES_AT + 2 * NAME_SIZE;
export const TRANSFER_SIZE = 65536;
/** First byte behind the fixed part. */
export const FIXED_SIZE: number = TRANSFER_AT + TRANSFER_SIZE;

/** `H.state`. */
export const VOLUME_UNMOUNTED = 0;
export const VOLUME_MOUNTING = 1;
export const VOLUME_READ_ONLY = 2;
export const VOLUME_WRITABLE = 3;
/** A write failed: what is in core is readable, nothing more goes to the disk. */
export const VOLUME_FAILED = 4;

/** Words of a buffer row. The first four are `RowTable`'s: inode, lbn, flags, next. */
export const B_OLD = 4;
export const B_CUR = 5;
export const B_STAMP = 6;
export const B_DADDR = 7;
export const BUFFER_STRIDE = 8;
/** Words of an inode row: key, 0, flags, next; then these; then the 128 bytes of the disk. */
export const I_REFS = 4;
export const I_STAMP = 5;
/** Bytes 0 of the dinode in the row. */
export const I_DINODE = 8;
export const INODE_STRIDE: number = I_DINODE + 32;

/** Row flags, of buffers and inodes. */
export const F_USED = 0x01;
export const F_VALID = 0x02;
export const F_DIRTY = 0x04;
export const F_PINNED = 0x08;
export const F_REFERENCED = 0x10;
/** Buffer: has its new address in the checkpoint being written, not yet on the disk. */
export const F_ASSIGNED = 0x20;
/** Inode: part of the group being written. */
export const F_FLUSH = 0x40;
/** Inode: touched by a directory operation since it was last written. */
export const F_DIROP = 0x80;
/** Inode: freed; what is written is a record that says so. */
export const F_TOMBSTONE = 0x100;

/** Views over an arena, and the tables in it once mounted. */
export class Volume {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly words: Int32Array;
  /** Arguments and results of the operation in progress, eight numbers each. */
  readonly args: Float64Array;
  readonly results: Float64Array;
  /** Set while the regions are laid out, by `attachRegions`. */
  g: Geometry = undefined as unknown as Geometry;
  inodes: RowTable = undefined as unknown as RowTable;
  buffers: RowTable = undefined as unknown as RowTable;
  /** Buffer rows begin here, in bytes; one block each. */
  bufferDataAt = 0;

  constructor(arena: Uint8Array) {
    if (arena.byteOffset % 8 !== 0) throw new RangeError("an arena begins at a multiple of 8 bytes");
    this.bytes = arena;
    this.view = new DataView(arena.buffer, arena.byteOffset, arena.byteLength);
    this.words = new Int32Array(arena.buffer, arena.byteOffset, arena.byteLength >> 2);
    this.args = new Float64Array(arena.buffer, arena.byteOffset + ARGS_AT, 8);
    this.results = new Float64Array(arena.buffer, arena.byteOffset + RESULTS_AT, 8);
    if (this.words[H.magic] === ARENA_MAGIC && this.words[H.inodeRows] > 0) this.attachRegions();
  }

  /** Makes the tables again from the header and the superblock in the arena. */
  attachRegions(): void {
    const w = this.words;
    this.g = geometryOf(this.superblock());
    this.inodes = new RowTable(w, w[H.inodeWord], w[H.inodeRows], INODE_STRIDE, w[H.inodeHashWord], w[H.inodeHashSize]);
    this.buffers = new RowTable(
      w,
      w[H.bufferWord],
      w[H.bufferRows],
      BUFFER_STRIDE,
      w[H.bufferHashWord],
      w[H.bufferHashSize],
    );
    this.bufferDataAt = w[H.bufferDataAt];
  }

  superblock(): Superblock {
    return Dlfs.read(this.view, SUPERBLOCK_AT);
  }

  /** A signed word of the superblock; `offset` from `SB`. */
  sb(offset: number): number {
    return this.view.getInt32(SUPERBLOCK_AT + offset, true);
  }

  setSb(offset: number, value: number): void {
    this.view.setInt32(SUPERBLOCK_AT + offset, value, true);
  }

  addSb(offset: number, delta: number): void {
    this.setSb(offset, this.sb(offset) + delta);
  }

  get serial(): number {
    const at = SUPERBLOCK_AT + SB.lfs_serial;
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 2 ** 32;
  }

  set serial(value: number) {
    const at = SUPERBLOCK_AT + SB.lfs_serial;
    this.view.setUint32(at, value >>> 0, true);
    this.view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
  }
}

/** Byte offsets in the superblock. */
export const SB: typeof Dlfs.offsets = Dlfs.offsets;

/** Least bytes of an arena that mounts a file system of these sizes. */
export function leastArenaSize(g: Geometry): number {
  // The cleaner dirties a segment's worth at once.
  const buffers = MIN_BUFFERS + g.cleansz + g.segtabsz + 2 * (g.ssize / g.bsize);
  return FIXED_SIZE + g.ssize + g.bsize + Math.ceil(buffers * (g.bsize + 64) * (8 / 7)) + MIN_INODES * 256 + 4096;
}

/** Rows below which an operation could find every row in use by itself. */
export const MIN_BUFFERS = 128;
export const MIN_INODES = 64;

const powerOfTwoAtLeast = (n: number): number => 2 ** Math.ceil(Math.log2(n));

/** Lays the regions out behind the fixed part; false when the arena is too small for the geometry. */
export function layOutRegions(v: Volume, g: Geometry): boolean {
  const w = v.words;
  if (v.bytes.length < leastArenaSize(g)) return false;
  let at = FIXED_SIZE;
  const take = (size: number): number => {
    const here = at;
    at += Math.ceil(size / 8) * 8;
    return here;
  };
  w[H.stagingSize] = g.ssize + g.bsize;
  w[H.stagingAt] = take(w[H.stagingSize]);
  const rest = v.bytes.length - at - 64;
  // An eighth for inodes: a row of 160 bytes and its share of the hash, at most one per buffer.
  const inodeRows = Math.max(MIN_INODES, Math.min(Math.floor(rest / 8 / 200), Math.floor(rest / (g.bsize + 64))));
  w[H.inodeRows] = inodeRows;
  w[H.inodeHashSize] = powerOfTwoAtLeast(inodeRows);
  w[H.inodeWord] = take(inodeRows * INODE_STRIDE * 4) / 4;
  w[H.inodeHashWord] = take(w[H.inodeHashSize] * 4) / 4;
  const bufferRows = Math.floor((v.bytes.length - at - 64) / (g.bsize + BUFFER_STRIDE * 4 + 8));
  const hashSize = powerOfTwoAtLeast(bufferRows) / 2;
  w[H.bufferRows] = bufferRows;
  w[H.bufferHashSize] = hashSize;
  w[H.bufferWord] = take(bufferRows * BUFFER_STRIDE * 4) / 4;
  w[H.bufferHashWord] = take(hashSize * 4) / 4;
  w[H.bufferDataAt] = take(bufferRows * g.bsize);
  w.fill(0, w[H.inodeWord], w[H.bufferDataAt] / 4);
  w.fill(-1, w[H.inodeHashWord], w[H.inodeHashWord] + w[H.inodeHashSize]);
  w.fill(-1, w[H.bufferHashWord], w[H.bufferHashWord] + hashSize);
  v.attachRegions();
  return true;
}
