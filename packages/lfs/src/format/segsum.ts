/**
 * The segment summary: what the blocks of one partial segment are.
 *
 *   | header | finfo, finfo, ... -> | slack: "KCRC", crc | <- inode block addresses |   sumsize bytes
 *
 * Here: reading and sealing a summary, and the walk that gives every block its address. Not here: which
 * blocks go in (`segment/`), how far a log is believed (`checkpoint/roll-forward.ts`). The CRC is ours:
 * it lies in bytes that no other system reads, and covers every byte of the partial segment, where
 * `ss_datasum` covers four bytes per block and cannot see a block torn in its middle.
 * @module
 */
import { type Struct, struct } from "@kintsugi/records";
import { cksum, crc32 } from "./checksum.ts";
import { SS_MAGIC } from "./constants.ts";
import { type Geometry, segmentOf, segmentStart } from "./geometry.ts";

const V2_FIELDS = {
  ss_sumsum: "u32",
  ss_datasum: "u32",
  ss_magic: "u32",
  ss_next: "i32",
  ss_ident: "u32",
  ss_nfinfo: "u16",
  ss_ninos: "u16",
  ss_flags: "u16",
  ss_pad: "u16",
  ss_reclino: "u32",
  ss_serial: "words[2]",
  ss_create: "words[2]",
} as const;
const V1_FIELDS = {
  ss_sumsum: "u32",
  ss_datasum: "u32",
  ss_magic: "u32",
  ss_next: "i32",
  ss_create: "u32",
  ss_nfinfo: "u16",
  ss_ninos: "u16",
  ss_flags: "u16",
  ss_pad: "u16",
} as const;

export const SegsumV2: Struct<typeof V2_FIELDS> = struct(V2_FIELDS);
export const SegsumV1: Struct<typeof V1_FIELDS> = struct(V1_FIELDS);
/** Bytes of a FINFO without its block numbers. */
export const FINFO_SIZE = 16;
/** Our trailer in the slack: its magic and the CRC. */
export const CRC_TRAILER_MAGIC = 0x4352434b;
export const CRC_TRAILER_SIZE = 8;

/** The blocks of one file in a partial segment. */
export interface Finfo {
  readonly ino: number;
  /** Generation of the inode (`fi_version`). */
  readonly version: number;
  /** Bytes of the last block; the others are whole. */
  readonly lastlength: number;
  readonly lbns: readonly number[];
}

export interface Summary {
  /** Start of the next segment. */
  readonly next: number;
  readonly ident: number;
  readonly flags: number;
  /** 0 in version 1. */
  readonly serial: number;
  /** Seconds. */
  readonly create: number;
  readonly datasum: number;
  readonly ninos: number;
  readonly finfos: readonly Finfo[];
  readonly inodeBlocks: readonly number[];
  /** The CRC of our trailer, or undefined in a foreign summary. */
  readonly crc: number | undefined;
  /** Byte offset of the CRC in the summary. */
  readonly crcAt: number;
}

/** One block of a partial segment; `ino` 0 is a block of inodes. */
export interface LoggedBlock {
  readonly ino: number;
  readonly version: number;
  readonly lbn: number;
  readonly daddr: number;
  readonly bytes: number;
}

/**
 * Reads the summary at `at`, or says undefined when it is none: wrong magic or checksum, or lists that do
 * not fit. Never reads beyond `at + sumsize`.
 */
export function readSummary(g: Geometry, bytes: Uint8Array, at: number): Summary | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + g.sumsize > bytes.length || view.getUint32(at + 8, true) !== SS_MAGIC) return undefined;
  if (view.getUint32(at, true) !== cksum(bytes, at + 4, at + g.sumsize)) return undefined;
  const v1 = g.version === 1;
  const head = v1 ? SegsumV1.read(view, at) : SegsumV2.read(view, at);
  const nInodeBlocks = Math.ceil(head.ss_ninos / g.inopb);
  const end = g.sumsize - 4 * nInodeBlocks;
  let p = v1 ? SegsumV1.size : SegsumV2.size;
  const finfos: Finfo[] = [];
  for (let n = 0; n < head.ss_nfinfo; n++) {
    if (p + FINFO_SIZE > end) return undefined;
    const count = view.getUint32(at + p, true);
    // A list with no blocks is illegal, but old kernels wrote one at the end.
    if (count > (end - p - FINFO_SIZE) / 4) return undefined;
    const lbns: number[] = [];
    for (let i = 0; i < count; i++) lbns.push(view.getInt32(at + p + FINFO_SIZE + 4 * i, true));
    finfos.push({
      version: view.getUint32(at + p + 4, true),
      ino: view.getUint32(at + p + 8, true),
      lastlength: view.getUint32(at + p + 12, true),
      lbns,
    });
    p += FINFO_SIZE + 4 * count;
  }
  const inodeBlocks: number[] = [];
  for (let k = 0; k < nInodeBlocks; k++) inodeBlocks.push(view.getInt32(at + g.sumsize - 4 * (k + 1), true));
  const trailer = end - CRC_TRAILER_SIZE;
  const ours = !v1 && trailer >= p && view.getUint32(at + trailer, true) === CRC_TRAILER_MAGIC;
  const serial = "ss_serial" in head ? (head.ss_serial as readonly number[]) : [0, 0];
  const create = typeof head.ss_create === "number" ? [head.ss_create, 0] : head.ss_create;
  return {
    next: head.ss_next,
    ident: "ss_ident" in head ? (head.ss_ident as number) : 0,
    flags: head.ss_flags,
    serial: serial[0] + serial[1] * 2 ** 32,
    create: create[0] + create[1] * 2 ** 32,
    datasum: head.ss_datasum,
    ninos: head.ss_ninos,
    finfos,
    inodeBlocks,
    crc: ours ? view.getInt32(at + trailer + 4, true) : undefined,
    crcAt: trailer + 4,
  };
}

/**
 * Every block of the partial segment at `daddr` with its address, in the order of the disk, and the
 * address behind the last; undefined when the lists contradict each other or leave the segment.
 */
export function walkSummary(
  g: Geometry,
  summary: Summary,
  daddr: number,
): { readonly blocks: readonly LoggedBlock[]; readonly end: number } | undefined {
  const blocks: LoggedBlock[] = [];
  const limit = segmentStart(g, segmentOf(g, daddr) + 1);
  let x = daddr + g.sumsize / g.unit;
  let nextInode = 0;
  const takeInodeBlocks = (): void => {
    while (nextInode < summary.inodeBlocks.length && summary.inodeBlocks[nextInode] === x) {
      blocks.push({ ino: 0, version: 0, lbn: 0, daddr: x, bytes: g.ibsize });
      x += g.ibsize / g.unit;
      nextInode++;
    }
  };
  for (const finfo of summary.finfos) {
    const last = finfo.lastlength;
    if (finfo.lbns.length > 0 && (last === 0 || last > g.bsize || last % g.unit !== 0)) return undefined;
    for (const [i, lbn] of finfo.lbns.entries()) {
      takeInodeBlocks();
      const bytes = i === finfo.lbns.length - 1 ? last : g.bsize;
      blocks.push({ ino: finfo.ino, version: finfo.version, lbn, daddr: x, bytes });
      x += bytes / g.unit;
      if (x > limit) return undefined;
    }
  }
  takeInodeBlocks();
  return nextInode === summary.inodeBlocks.length && x <= limit ? { blocks, end: x } : undefined;
}

/** XOR over the first word of every block (`ss_datasum`); `bytes` holds the partial segment from `at` on. */
export function dataSum(
  g: Geometry,
  bytes: Uint8Array,
  at: number,
  daddr: number,
  blocks: readonly LoggedBlock[],
  width: number = 4,
): number {
  let sum = 0;
  for (const block of blocks) {
    const from = at + (block.daddr - daddr) * g.unit;
    sum ^= cksum(bytes, from, from + width);
  }
  return sum;
}

/** Whether `ss_datasum` is right; version 1 was written with a word of 4 or 8 bytes, as the machine's `u_long` was. */
export function dataSumIsRight(
  g: Geometry,
  bytes: Uint8Array,
  at: number,
  daddr: number,
  blocks: readonly LoggedBlock[],
  stored: number,
): boolean {
  const widths = g.version === 1 ? [4, 8] : [4];
  return widths.some((width) => dataSum(g, bytes, at, daddr, blocks, width) === stored);
}

/** The CRC of a partial segment of `length` bytes at `at`: all but the two sums and the CRC itself. */
export function psegCrc(bytes: Uint8Array, at: number, length: number, crcAt: number): number {
  return crc32(bytes, at + crcAt + 4, at + length, crc32(bytes, at + 8, at + crcAt));
}

/**
 * Writes our trailer and both sums into a partial segment whose summary is otherwise complete.
 * `crcAt` is the offset of the CRC word: `sumsize - 4 * inode blocks - 4`.
 */
export function sealPseg(bytes: Uint8Array, at: number, length: number, sumsize: number, crcAt: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(at + crcAt - 4, CRC_TRAILER_MAGIC, true);
  view.setInt32(at + crcAt, psegCrc(bytes, at, length, crcAt), true);
  sealSummary(bytes, at, sumsize);
}

/** Stores the checksum of a summary that is otherwise complete. */
export function sealSummary(bytes: Uint8Array, at: number, sumsize: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(at, cksum(bytes, at + 4, at + sumsize), true);
}
