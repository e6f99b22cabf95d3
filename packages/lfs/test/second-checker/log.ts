/**
 * Segments: every partial segment of a dirty segment, walked as often as its usage entry says.
 *
 * Here: summaries, their checksums, the list of who owned which block when it was written.
 * Not here: whether the owner still points there (check.ts).
 * @module
 */
import { at, cksum, type Disk, headUnits, type Report, segmentOf, segmentStart, view } from "./geometry.ts";

const SUMMARY_MAGIC = 0x061561;
export const SS_DIROP = 1;
export const SS_CONT = 2;

/** A block as its summary describes it. */
export interface Written {
  readonly ino: number;
  readonly version: number;
  readonly lbn: number;
  readonly bytes: number;
}

/** What the walk of one segment found. */
export interface Walk {
  /** Address → block. */
  readonly blocks: Map<number, Written>;
  /** Addresses of inode blocks. */
  readonly inodeBlocks: Set<number>;
  readonly psegs: number;
  /** Where the next partial segment of this segment would begin. */
  readonly end: number;
  readonly firstSerial: bigint;
  readonly lastSerial: bigint;
  readonly lastNext: number;
  readonly lastCont: boolean;
  readonly lastStart: number;
  /** How often the serial leapt, as it may behind a crash. */
  readonly leaps: number;
}

/** One partial segment at `start`; a string says why it is none. */
export function readPseg(disk: Disk, start: number, blocks: Map<number, Written>, inodeBlocks: Set<number>) {
  const { sb, v2, unit } = disk;
  const summary = at(disk, start, sb.sumsize);
  if (summary === undefined) return `the summary at ${start} lies outside the disk`;
  const v = view(summary);
  if (v.getUint32(8, true) !== SUMMARY_MAGIC) return `no summary at ${start}`;
  if (v.getUint32(0, true) !== cksum(summary.subarray(4))) return `summary at ${start}: checksum`;
  const ident = v2 ? v.getUint32(16, true) : 0;
  if (v2 && ident !== sb.ident) return `summary at ${start}: of file system ${ident}, not ${sb.ident}`;
  const nfinfo = v.getUint16(20, true);
  const ninos = v.getUint16(22, true);
  const flags = v.getUint16(24, true);
  const inodeBlockCount = Math.ceil(ninos / sb.inopb);
  const limit = sb.sumsize - 4 * inodeBlockCount;
  const inodeAddresses: number[] = [];
  for (let k = 0; k < inodeBlockCount; k++) inodeAddresses.push(v.getInt32(sb.sumsize - 4 * (k + 1), true));
  const finish = segmentStart(disk, segmentOf(disk, start)) + disk.segmentUnits;
  let x = start + sb.sumsize / unit;
  let sum = 0;
  let sumOfLongs = 0;
  let nextInodeBlock = 0;
  const place = (bytes: number): string | undefined => {
    if (x + bytes / unit > finish) return `partial segment at ${start} crosses its segment's end`;
    sum ^= cksum(disk.image.subarray(x * unit, x * unit + 4));
    sumOfLongs ^= cksum(disk.image.subarray(x * unit, x * unit + 8));
    return undefined;
  };
  const takeInodeBlocks = (): string | undefined => {
    while (nextInodeBlock < inodeBlockCount && inodeAddresses[nextInodeBlock] === x) {
      const wrong = place(sb.ibsize);
      if (wrong !== undefined) return wrong;
      inodeBlocks.add(x);
      nextInodeBlock++;
      x += sb.ibsize / unit;
    }
    return undefined;
  };
  let o = v2 ? 48 : 28;
  for (let f = 0; f < nfinfo; f++) {
    const wrong = takeInodeBlocks();
    if (wrong !== undefined) return wrong;
    if (o + 16 > limit) return `summary at ${start}: finfo ${f} does not fit`;
    const nblocks = v.getUint32(o, true);
    const version = v.getUint32(o + 4, true);
    const ino = v.getUint32(o + 8, true);
    const lastlength = v.getUint32(o + 12, true);
    o += 16;
    if (nblocks === 0) return `summary at ${start}: finfo ${f} has no blocks`;
    if (nblocks > (limit - o) / 4) return `summary at ${start}: finfo ${f} of ${nblocks} blocks does not fit`;
    if (lastlength === 0 || lastlength > sb.bsize)
      return `summary at ${start}: finfo ${f} has lastlength ${lastlength}`;
    let before = Number.NEGATIVE_INFINITY;
    for (let b = 0; b < nblocks; b++, o += 4) {
      const lbn = v.getInt32(o, true);
      const rounded = v2 ? Math.ceil(lastlength / sb.fsize) * sb.fsize : Math.ceil(lastlength / unit) * unit;
      const bytes = b === nblocks - 1 ? rounded : sb.bsize;
      // Ascending data, then single, double, triple indirect blocks; among singles there is no order.
      const rank = lbn >= 0 ? lbn : 2 ** 32 + indirectLevel(disk, lbn);
      if (rank < before || (lbn >= 0 && rank === before))
        return `summary at ${start}: finfo ${f} of inode ${ino} is not in order at ${lbn}`;
      before = rank;
      const out = place(bytes);
      if (out !== undefined) return out;
      blocks.set(x, { ino, version, lbn, bytes });
      x += bytes / unit;
    }
  }
  const wrong = takeInodeBlocks();
  if (wrong !== undefined) return wrong;
  if (nextInodeBlock < inodeBlockCount)
    return `summary at ${start}: inode block ${nextInodeBlock} at ${inodeAddresses[nextInodeBlock]} is not where the log is`;
  // v1 takes a `long` of each block, which has 8 bytes on 64-bit ports.
  const datasum = v.getUint32(4, true);
  if (datasum !== sum && (v2 || datasum !== sumOfLongs)) return `partial segment at ${start}: checksum of the data`;
  return {
    end: x,
    next: v.getInt32(12, true),
    flags,
    inodeBlocks: inodeBlockCount,
    serial: v2 ? v.getBigUint64(32, true) : 0n,
  };
}

/** 0 single, 1 double, 2 triple. */
export function indirectLevel(disk: Disk, lbn: number): number {
  return (((-lbn - 12) % disk.sb.nindir) + disk.sb.nindir) % disk.sb.nindir;
}

/** Walks the first `nsums` partial segments of one segment. */
export function walkSegment(disk: Disk, segment: number, nsums: number, ninos: number, report: Report): Walk {
  const blocks = new Map<number, Written>();
  const inodeBlocks = new Set<number>();
  const start = segmentStart(disk, segment);
  let x = start + headUnits(disk, segment);
  let counted = 0;
  let psegs = 0;
  let firstSerial = 0n;
  let lastSerial = 0n;
  let lastNext = 0;
  let lastCont = false;
  let leaps = 0;
  let lastStart = x;
  for (; psegs < nsums; psegs++) {
    const pseg = readPseg(disk, x, blocks, inodeBlocks);
    if (typeof pseg === "string") {
      report(`segment ${segment}, partial segment ${psegs} of ${nsums}: ${pseg}`);
      break;
    }
    if (psegs === 0) firstSerial = pseg.serial;
    else if (disk.v2 && pseg.serial > lastSerial + 1n) leaps++;
    else if (disk.v2 && pseg.serial !== lastSerial + 1n)
      report(`segment ${segment}: serial ${pseg.serial} follows ${lastSerial}`);
    if (psegs > 0 && pseg.next !== lastNext) report(`segment ${segment}: its summaries name different next segments`);
    lastSerial = pseg.serial;
    lastNext = pseg.next;
    lastCont = (pseg.flags & SS_CONT) !== 0;
    lastStart = x;
    counted += pseg.inodeBlocks;
    x = pseg.end;
  }
  if (psegs === nsums && counted !== ninos)
    report(`segment ${segment}: ${counted} inode blocks written, its usage says ${ninos}`);
  if (psegs > 0) {
    const to = segmentOf(disk, lastNext);
    if (to < 0 || to >= disk.sb.nseg || segmentStart(disk, to) !== lastNext)
      report(`segment ${segment}: its next segment ${lastNext} is no segment's start`);
  }
  return { blocks, inodeBlocks, psegs, end: x, firstSerial, lastSerial, lastNext, lastCont, lastStart, leaps };
}
