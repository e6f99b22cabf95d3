/**
 * What the summaries in the log say, whatever the ifile says.
 *
 * Here: every partial segment that can be read, whose block each address is, the newest copy of each
 * inode, and the log behind the checkpoint. Not here: what is done about it (`salvage.ts`). A partial
 * segment is kept where it lies only while all before it in its segment are good: that is how it is found.
 * @module
 */
import { SS_CONT } from "../format/constants.ts";
import { Dinode, type DinodeRecord, findDinode } from "../format/dinode.ts";
import { type Geometry, hasSuperblock, segmentOf, segmentReserve, segmentStart } from "../format/geometry.ts";
import { dataSum, type LoggedBlock, psegCrc, readSummary, type Summary, walkSummary } from "../format/segsum.ts";
import type { Image } from "./image.ts";

/** A partial segment whose summary is good. */
export interface FoundPseg {
  readonly daddr: number;
  readonly end: number;
  readonly summary: Summary;
  readonly blocks: readonly LoggedBlock[];
  /** Whether its sums say that a block in it has other bytes than were written. */
  readonly damaged: boolean;
}

/** What a summary says of an address. */
export interface Known {
  readonly block: LoggedBlock;
  readonly segment: number;
  /** Place of the partial segment in its segment; -1 when it cannot stay where it is. */
  readonly index: number;
  readonly damaged: boolean;
}

/** The log by summaries. */
export interface Survey {
  readonly psegs: readonly (readonly FoundPseg[])[];
  /** By disk address. */
  readonly known: ReadonlyMap<number, Known>;
  /** The newest copies of inodes: address of the block, by inode. */
  readonly newest: ReadonlyMap<number, { readonly daddr: number; readonly serial: number }>;
}

/** The partial segment at `daddr`; `bytes` holds the disk from `base` on. */
function foundAt(g: Geometry, bytes: Uint8Array, base: number, daddr: number): FoundPseg | undefined {
  const at = (daddr - base) * g.unit;
  const summary = at + g.sumsize > bytes.length ? undefined : readSummary(g, bytes, at);
  if (summary === undefined || summary.ident !== g.ident) return undefined;
  const walk = walkSummary(g, summary, daddr);
  if (walk === undefined || walk.end === daddr || (walk.end - base) * g.unit > bytes.length) return undefined;
  const length = (walk.end - daddr) * g.unit;
  const crcIsWrong = summary.crc !== undefined && psegCrc(bytes, at, length, summary.crcAt) !== summary.crc;
  const damaged = crcIsWrong || dataSum(g, bytes, at, daddr, walk.blocks) !== summary.datasum;
  return { daddr, end: walk.end, summary, blocks: walk.blocks, damaged };
}

/** The inodes of a partial segment, the copy that counts of each. */
export function inodesOf(image: Image, pseg: FoundPseg): Map<number, { daddr: number; di: DinodeRecord }> {
  const { g } = image;
  const found = new Map<number, { daddr: number; di: DinodeRecord }>();
  for (const { ino, daddr } of pseg.blocks) {
    if (ino !== 0) continue;
    const bytes = image.block(daddr, g.ibsize);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < g.ibsize; at += Dinode.size) {
      const di = Dinode.read(view, at);
      if (di.di_inumber !== 0 && findDinode(bytes, 0, g.ibsize, di.di_inumber) === at)
        found.set(di.di_inumber, { daddr, di });
    }
  }
  return found;
}

/** Reads all summaries. */
export function survey(image: Image): Survey {
  const { g } = image;
  const known = new Map<number, Known>();
  const newest = new Map<number, { daddr: number; serial: number }>();
  const psegs = Array.from({ length: g.nseg }, (_, segment) => {
    const list: FoundPseg[] = [];
    const base = segmentStart(g, segment);
    const bytes = image.block(base, g.ssize);
    let daddr = base + segmentReserve(g, segment, hasSuperblock(g, segment));
    let good = true;
    for (let serial = 0; ; ) {
      const pseg = foundAt(g, bytes, base, daddr);
      if (pseg === undefined || pseg.summary.serial <= serial) return list;
      good = good && !pseg.damaged;
      for (const block of pseg.blocks)
        known.set(block.daddr, { block, segment, index: good ? list.length : -1, damaged: pseg.damaged });
      for (const [ino, copy] of inodesOf(image, pseg))
        if ((newest.get(ino)?.serial ?? 0) < pseg.summary.serial)
          newest.set(ino, { daddr: copy.daddr, serial: pseg.summary.serial });
      list.push(pseg);
      serial = pseg.summary.serial;
      daddr = pseg.end;
    }
  });
  return { psegs, known, newest };
}

/** The good partial segments behind the checkpoint, without a group that was not closed (format digest, 11). */
export function logTail(image: Image): readonly FoundPseg[] {
  const { g, sb } = image;
  const tail: FoundPseg[] = [];
  let closed = 0;
  let segment = segmentOf(g, sb.lfs_curseg);
  let daddr = sb.lfs_offset;
  let next = sb.lfs_nextseg;
  for (let serial = serialOf(image) + 1; tail.length < g.nseg * g.unitsPerSegment; serial++) {
    if (segmentStart(g, segment + 1) - daddr <= g.bsize / g.unit) {
      segment = segmentOf(g, next);
      if (!image.isInside(next, g.bsize)) break;
      daddr = segmentStart(g, segment) + segmentReserve(g, segment, hasSuperblock(g, segment));
    }
    if (!image.isInside(daddr, g.sumsize)) break;
    const pseg = foundAt(g, image.block(daddr, (segmentStart(g, segment + 1) - daddr) * g.unit), daddr, daddr);
    if (pseg === undefined || pseg.damaged || pseg.summary.serial !== serial) break;
    tail.push(pseg);
    if ((pseg.summary.flags & SS_CONT) === 0) closed = tail.length;
    daddr = pseg.end;
    next = pseg.summary.next;
  }
  return tail.slice(0, closed);
}

/** Serial of the checkpoint. */
export function serialOf(image: Image): number {
  return image.sb.lfs_serial[0] + image.sb.lfs_serial[1] * 2 ** 32;
}
