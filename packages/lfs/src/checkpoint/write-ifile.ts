/**
 * Writing the ifile: the file that counts the segments it is itself written to.
 *
 * Here: which of its blocks must go, their addresses, and the partial segments. Not here: the order of a
 * checkpoint (`checkpoint.ts`). Planning comes first: the set of dirty blocks grows until writing it
 * touches no segment whose usage entry is outside it. Then every count and pointer is settled at once,
 * and the blocks are written with their final content.
 * @module
 */
import { B_CUR, B_DADDR, F_ASSIGNED, H, SB, type Volume } from "../cache/arena.ts";
import {
  blockAt,
  bufferWord,
  forEachBuffer,
  isDirty,
  markClean,
  markDirty,
  setBufferWord,
} from "../cache/buffer-cache.ts";
import { mutate, refuse } from "../cache/device.ts";
import { firstDataUnder, levelOf, parentOf } from "../format/addressing.ts";
import { DINODE_SIZE, LFS_IFILE_INUM, SEGUSE_ACTIVE } from "../format/constants.ts";
import { segmentOf, segmentStart } from "../format/geometry.ts";
import { CleanerInfo, segUsePlace } from "../format/ifile.ts";
import { CRC_TRAILER_SIZE, FINFO_SIZE, SegsumV2 } from "../format/segsum.ts";
import { cleanerInfo, ifileInode } from "../ifile/inode-map.ts";
import { loadParents, pointerTo } from "../inode/bmap.ts";
import { cleanInode } from "../inode/inode.ts";
import { settleBlock } from "../segment/flush.ts";
import { advanceSegment, chooseNext, logStart } from "../segment/next-segment.ts";
import { PartialSegment } from "../segment/partial-segment.ts";
import { addLiveBytes, countPseg, segFlags, setSegFlags } from "../usage/segment-usage.ts";
import { stampPins } from "./pins.ts";

/** One partial segment of the plan. */
interface PlannedPseg {
  readonly segment: number;
  /** Address of its summary. */
  readonly daddr: number;
  readonly blocks: number;
  readonly hasInode: boolean;
}

/** Buffers of the ifile with a flag, in the order of the log: data, single, double, triple. */
function ifileRows(v: Volume, wanted: (row: number) => boolean): number[] {
  const rows: number[] = [];
  forEachBuffer(v, (row, ino) => {
    if (ino === LFS_IFILE_INUM && wanted(row)) rows.push(row);
  });
  const lbn = (row: number): number => bufferWord(v, row, 1);
  const { nindir } = v.g;
  return rows.sort(
    (a, b) =>
      levelOf(nindir, lbn(a)) - levelOf(nindir, lbn(b)) ||
      firstDataUnder(nindir, lbn(a)) - firstDataUnder(nindir, lbn(b)),
  );
}

/** Where `count` blocks and the ifile's inode would go from here on. Changes nothing. */
function planPsegs(v: Volume, count: number): PlannedPseg[] {
  const { g } = v;
  const blockUnits = g.bsize / g.unit;
  const head = g.sumsize / g.unit;
  const inodeUnits = g.ibsize / g.unit;
  const perSummary = (g.sumsize - SegsumV2.size - CRC_TRAILER_SIZE - FINFO_SIZE - 4) >> 2;
  const plan: PlannedPseg[] = [];
  const taken: number[] = [];
  let segment = segmentOf(g, v.sb(SB.lfs_curseg));
  let next = segmentOf(g, v.sb(SB.lfs_nextseg));
  let offset = v.sb(SB.lfs_offset);
  for (let left = count, done = false; !done; ) {
    const end = segmentStart(g, segment + 1);
    if (end - offset <= blockUnits) {
      segment = next;
      taken.push(segment);
      next = chooseNext(v, segment, taken);
      if (next === -1) refuse("ENOSPC");
      offset = logStart(v, segment);
      continue;
    }
    const staged = Math.floor(v.words[H.stagingSize] / g.unit);
    const room = Math.min(end - offset, staged) - head;
    const blocks = Math.min(left, Math.floor(room / blockUnits), perSummary);
    const hasInode = blocks === left && room - blocks * blockUnits >= inodeUnits;
    plan.push({ segment, daddr: offset, blocks, hasInode });
    offset += head + blocks * blockUnits + (hasInode ? inodeUnits : 0);
    left -= blocks;
    done = hasInode;
  }
  return plan;
}

/** Plans and settles the whole ifile; the blocks keep their final content until they are written. May miss. */
export function assignIfile(v: Volume): void {
  const ifile = ifileInode(v);
  const current = segmentOf(v.g, v.sb(SB.lfs_curseg));
  for (let segment = 0; segment < v.g.nseg; segment++)
    if (segment !== current && (segFlags(v, segment) & SEGUSE_ACTIVE) !== 0)
      setSegFlags(v, segment, segFlags(v, segment) & ~SEGUSE_ACTIVE);
  const isDirtyRow = (row: number): boolean => isDirty(v, row);
  const { rows, plan } = closeOver(v, ifile, isDirtyRow);

  mutate(v);
  let n = 0;
  for (const pseg of plan) {
    if (pseg.segment !== segmentOf(v.g, v.sb(SB.lfs_curseg))) advanceSegment(v);
    if (v.sb(SB.lfs_offset) !== pseg.daddr) throw new Error("the log is not where the plan of the ifile has it");
    let daddr = pseg.daddr + v.g.sumsize / v.g.unit;
    for (let k = 0; k < pseg.blocks; k++, n++) {
      settleBlock(v, ifile, rows[n], bufferWord(v, rows[n], 1), daddr, pseg.segment);
      setBufferWord(v, rows[n], B_DADDR, daddr);
      daddr += v.g.bsize / v.g.unit;
    }
    countPseg(v, pseg.segment, pseg.hasInode ? 1 : 0, v.words[H.timeSeconds] >>> 0);
    if (pseg.hasInode) {
      const old = v.sb(SB.lfs_idaddr);
      if (old !== 0) addLiveBytes(v, segmentOf(v.g, old), -DINODE_SIZE);
      addLiveBytes(v, pseg.segment, DINODE_SIZE);
      v.setSb(SB.lfs_idaddr, daddr);
      v.words[H.flushIfileDaddr] = daddr;
      daddr += v.g.ibsize / v.g.unit;
    }
    v.addSb(SB.lfs_avail, -(daddr - pseg.daddr));
    v.setSb(SB.lfs_offset, daddr);
  }
  stampPins(v, v.serial + plan.length, v.sb(SB.lfs_tstamp));
  v.words[H.flushIfilePsegs] = plan.length;
  const info = cleanerInfo(v);
  if (!v.g.is44Bsd) {
    v.view.setInt32(info + CleanerInfo.offsets.bfree, v.sb(SB.lfs_bfree), true);
    v.view.setInt32(info + CleanerInfo.offsets.avail, v.sb(SB.lfs_avail), true);
  }
  const planned = new Set(rows);
  for (const row of ifileRows(v, isDirtyRow))
    if (!planned.has(row)) throw new Error(`block ${bufferWord(v, row, 1)} of the ifile is not in its plan`);
  for (const row of rows) {
    markClean(v, row);
    v.buffers.setFlags(row, v.buffers.flags(row) | F_ASSIGNED);
  }
  cleanInode(v, ifile);
}

/** Dirties blocks until the plan for the dirty ones touches nothing else. Repeatable; may miss. */
function closeOver(
  v: Volume,
  ifile: number,
  isDirtyRow: (row: number) => boolean,
): { readonly rows: number[]; readonly plan: PlannedPseg[] } {
  const touch = (segment: number): void => markDirty(v, v.buffers.find(LFS_IFILE_INUM, segUsePlace(v.g, segment).lbn));
  for (;;) {
    const rows = ifileRows(v, isDirtyRow);
    for (const row of rows) {
      const lbn = bufferWord(v, row, 1);
      loadParents(v, ifile, lbn);
      const { parent } = parentOf(v.g.nindir, lbn);
      if (parent !== 0) markDirty(v, v.buffers.find(LFS_IFILE_INUM, parent));
      const old = pointerTo(v, ifile, lbn);
      if (old !== 0) touch(segmentOf(v.g, old));
    }
    markDirty(v, v.buffers.find(LFS_IFILE_INUM, 0));
    if (v.sb(SB.lfs_idaddr) !== 0) touch(segmentOf(v.g, v.sb(SB.lfs_idaddr)));
    const plan = planPsegs(v, rows.length);
    for (const pseg of plan) touch(pseg.segment);
    if (ifileRows(v, isDirtyRow).length === rows.length) return { rows, plan };
  }
}

/** Writes the next partial segment of the settled ifile; false when nothing is left to write. */
export function writeNextIfile(v: Volume): boolean {
  const { g } = v;
  const rows = ifileRows(v, (row) => (v.buffers.flags(row) & F_ASSIGNED) !== 0);
  const inodeDaddr = v.words[H.flushIfileDaddr];
  if (rows.length === 0 && inodeDaddr === 0) {
    if (v.words[H.flushIfilePsegs] !== 0) throw new Error("the ifile took fewer partial segments than planned");
    return false;
  }
  mutate(v);
  v.words[H.flushIfilePsegs]--;
  const ifile = ifileInode(v);
  const first = rows.length > 0 ? bufferWord(v, rows[0], B_DADDR) : inodeDaddr;
  const segment = segmentOf(g, first);
  const start = first - g.sumsize / g.unit;
  const pseg = new PartialSegment(v, start, segmentStart(g, segment + 1) - start);
  for (const row of rows) {
    if (bufferWord(v, row, B_DADDR) !== pseg.cursor) break;
    const bytes = bufferWord(v, row, B_CUR);
    const daddr = pseg.placeBlock(LFS_IFILE_INUM, 1, bufferWord(v, row, 1), bytes);
    pseg.copyBlock(daddr, blockAt(v, row), bytes);
    v.buffers.setFlags(row, v.buffers.flags(row) & ~F_ASSIGNED);
  }
  if (pseg.cursor === inodeDaddr) {
    pseg.placeInode(ifile);
    v.words[H.flushIfileDaddr] = 0;
  }
  // The summary names the segment after this one: where the rest goes, or what was chosen for later.
  const rest = rows.map((row) => bufferWord(v, row, B_DADDR)).concat(inodeDaddr);
  const elsewhere = rest.slice(rows.findIndex((row) => (v.buffers.flags(row) & F_ASSIGNED) !== 0));
  const other = elsewhere.find((daddr) => segmentOf(g, daddr) !== segment);
  pseg.finish(0, other === undefined ? v.sb(SB.lfs_nextseg) : segmentStart(g, segmentOf(g, other)));
  return true;
}
