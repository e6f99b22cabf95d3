/**
 * A second opinion on a disk: every invariant of the format, recomputed from nothing.
 *
 * Here: what ties segments, inodes and names together, and the sums of the superblock; the result is a list of sentences.
 * Not here: repair. The package's own fsck shares no code with this, so neither can hide the other's misreading.
 * Over 300 lines: all rules ask the same walk of the disk.
 * @module
 */

import {
  contents,
  fileType,
  IFILE_INO,
  type Ifile,
  type Inode,
  type Owned,
  ownedBlocks,
  ROOT_INO,
  readDirectory,
  readIfile,
  readInode,
} from "./files.ts";
import { type Disk, headUnits, openDisk, segmentOf, segmentStart, view } from "./geometry.ts";
import { type Walk, walkSegment } from "./log.ts";

const SEGUSE_ACTIVE = 1;
const SEGUSE_DIRTY = 2;
const SEGUSE_SUPERBLOCK = 4;
const SEGUSE_EMPTY = 0x10;
const ORPHAN = 0xffffffff;

/** One name of the tree. */
export interface Listed {
  readonly path: string;
  readonly mode: number;
  readonly nlink: number;
  readonly size: number;
  readonly ino: number;
  readonly contents: Uint8Array;
}

/** What the checker has to say, and the tree it saw. */
export interface Opinion {
  readonly findings: readonly string[];
  readonly listing: readonly Listed[];
  readonly clean: boolean;
  /** Places inside segments where the serial leaps: as many crashes and recoveries at least. */
  readonly leaps: number;
}

/** Checks the newest checkpoint of a disk image. What was written behind it (roll-forward's work) is not looked at. */
export function check(image: Uint8Array): Opinion {
  const findings: string[] = [];
  const report = (finding: string): void => void findings.push(finding);
  const listing: Listed[] = [];
  const disk = openDisk(image, report);
  if (disk === undefined) return { findings, listing, clean: false, leaps: 0 };
  const ifile = readIfile(disk, report);
  if (ifile === undefined) return { findings, listing, clean: disk.sb.clean, leaps: 0 };
  const walks = walkLog(disk, ifile, report);
  const live = new Int32Array(disk.sb.nseg);
  const claims = new Map<number, number>();
  const inodes = new Map<number, { readonly inode: Inode; readonly owned: readonly Owned[] }>();
  claim(disk, ifile.inode, ifile.owned, ifile.entries[IFILE_INO]!.version, disk.sb.idaddr, walks, live, claims, report);
  // 4.4BSD names the ifile in the root directory.
  if (disk.sb.layout === "v1-44bsd") inodes.set(IFILE_INO, ifile);
  for (const [ino, entry] of ifile.entries.entries()) {
    if (ino <= IFILE_INO || entry.daddr === 0) continue;
    const inode = readInode(disk, entry.daddr, ino);
    if (inode === undefined) {
      report(`inode ${ino} is not at ${entry.daddr}`);
      continue;
    }
    if (inode.gen !== entry.version && !(inode.gen === 0 && disk.sb.layout === "v1-44bsd"))
      report(`inode ${ino}: generation ${inode.gen}, the ifile says ${entry.version}`);
    const owned = ownedBlocks(disk, inode, report);
    claim(disk, inode, owned, entry.version, entry.daddr, walks, live, claims, report);
    inodes.set(ino, { inode, owned });
  }
  checkFreeList(disk, ifile, report);
  checkTree(disk, ifile, inodes, listing, report);
  checkSegments(disk, ifile, walks, live, report);
  if (disk.v2) checkSums(disk, ifile, inodes.size, report);
  const leaps = [...walks.values()].reduce((sum, walk) => sum + walk.leaps, 0);
  return { findings, listing, clean: disk.sb.clean, leaps };
}

function walkLog(disk: Disk, ifile: Ifile, report: (f: string) => void): Map<number, Walk> {
  const walks = new Map<number, Walk>();
  ifile.segments.forEach((usage, n) => {
    if ((usage.flags & SEGUSE_DIRTY) !== 0) walks.set(n, walkSegment(disk, n, usage.nsums, usage.ninos, report));
  });
  const { sb } = disk;
  const current = segmentOf(disk, sb.curseg);
  if (current < 0 || current >= sb.nseg || segmentStart(disk, current) !== sb.curseg)
    report(`curseg ${sb.curseg} is no segment's start`);
  const walk = walks.get(current);
  if (walk === undefined) report(`the current segment ${current} is clean`);
  else if (walk.end !== sb.offset) report(`offset is ${sb.offset}, the log ends at ${walk.end}`);
  if (!disk.v2) return walks;
  if (walk !== undefined && walk.psegs > 0) {
    if (walk.lastSerial !== sb.serial) report(`serial is ${sb.serial}, the log's last is ${walk.lastSerial}`);
    if (segmentOf(disk, sb.lastpseg) !== current) report(`lastpseg ${sb.lastpseg} is not in the current segment`);
    if (walk.lastNext !== sb.nextseg) report(`nextseg is ${sb.nextseg}, the last summary says ${walk.lastNext}`);
    if (walk.lastCont) report("the checkpoint ends inside a group of directory operations");
  }
  const next = segmentOf(disk, sb.nextseg);
  if (next !== current && ((ifile.segments[next]?.flags ?? SEGUSE_DIRTY) & SEGUSE_DIRTY) !== 0)
    report(`the next segment ${next} is not clean`);
  const owners = new Map<bigint, number>();
  for (const [n, w] of walks) if (w.psegs > 0) owners.set(w.firstSerial, n);
  for (const [n, w] of walks) {
    if (w.psegs === 0) continue;
    if (w.lastSerial > sb.serial) report(`segment ${n}: serial ${w.lastSerial} is of the future`);
    const after = owners.get(w.lastSerial + 1n);
    if (after !== undefined && segmentStart(disk, after) !== w.lastNext)
      report(`segment ${n}: the log goes on in ${after}, its summary says ${segmentOf(disk, w.lastNext)}`);
    for (const [m, other] of walks)
      if (m > n && other.psegs > 0 && w.firstSerial <= other.lastSerial && other.firstSerial <= w.lastSerial)
        report(`segments ${n} and ${m} share serials`);
  }
  return walks;
}

/** Marks an inode and its blocks as live, and looks each up in the summary that wrote it. */
function claim(
  disk: Disk,
  inode: Inode,
  owned: readonly Owned[],
  version: number,
  daddr: number,
  walks: ReadonlyMap<number, Walk>,
  live: Int32Array,
  claims: Map<number, number>,
  report: (f: string) => void,
): void {
  const { ino } = inode;
  const home = segmentOf(disk, daddr);
  if (walks.get(home)?.inodeBlocks.has(daddr) !== true) report(`inode ${ino}: no summary tells of its block ${daddr}`);
  else live[home]! += 128;
  let units = 0;
  for (const block of owned) {
    const n = segmentOf(disk, block.daddr);
    const written = walks.get(n)?.blocks.get(block.daddr);
    units += block.bytes / disk.unit;
    if (written === undefined) {
      report(`inode ${ino}, block ${block.lbn}: no summary tells of ${block.daddr}`);
      continue;
    }
    if (written.ino !== ino || written.lbn !== block.lbn || written.version !== version)
      report(
        `inode ${ino}.${version}, block ${block.lbn} at ${block.daddr}: the summary says ${written.ino}.${written.version}, ${written.lbn}`,
      );
    if (written.bytes !== block.bytes)
      report(`inode ${ino}, block ${block.lbn}: ${block.bytes} bytes, the summary says ${written.bytes}`);
    const other = claims.get(block.daddr);
    if (other !== undefined) report(`block ${block.daddr} belongs to inodes ${other} and ${ino}`);
    claims.set(block.daddr, ino);
    live[n]! += block.bytes;
  }
  if (units !== inode.blocks) report(`inode ${ino}: di_blocks is ${inode.blocks}, it has ${units}`);
}

function checkFreeList(disk: Disk, ifile: Ifile, report: (f: string) => void): void {
  if (disk.v2 && ifile.freeHead !== disk.sb.freeHead)
    report(`the free list begins at ${ifile.freeHead}, the superblock says ${disk.sb.freeHead}`);
  const seen = new Set<number>();
  let last = 0;
  for (let ino = ifile.freeHead; ino !== 0; ino = ifile.entries[ino]!.nextFree) {
    const entry = ifile.entries[ino];
    if (entry === undefined || seen.has(ino) || entry.daddr !== 0 || ino <= ROOT_INO) {
      report(`the free list is broken at ${ino}`);
      break;
    }
    seen.add(ino);
    last = ino;
  }
  if (disk.v2 && last !== ifile.freeTail) report(`the free list ends at ${last}, its tail says ${ifile.freeTail}`);
  ifile.entries.forEach((entry, ino) => {
    if (ino > ROOT_INO && entry.daddr === 0 && !seen.has(ino)) report(`inode ${ino} is free and not on the free list`);
    if (ino > ROOT_INO && entry.daddr !== 0 && entry.nextFree === ORPHAN && disk.sb.clean)
      report(`inode ${ino} is an orphan on a clean disk`);
  });
}

function checkTree(
  disk: Disk,
  ifile: Ifile,
  inodes: ReadonlyMap<number, { readonly inode: Inode; readonly owned: readonly Owned[] }>,
  listing: Listed[],
  report: (f: string) => void,
): void {
  const names = new Map<number, number>();
  const parents = new Map<number, number>();
  const visit = (ino: number, path: string, parent: number): void => {
    const { inode, owned } = inodes.get(ino)!;
    parents.set(ino, parent);
    const bytes = contents(disk, inode, owned);
    const present = owned.filter((b) => b.lbn >= 0).length;
    const entries = readDirectory(inode, bytes, present !== Math.ceil(inode.size / disk.sb.bsize), report);
    for (const { name, ino: child, type } of entries) {
      names.set(child, (names.get(child) ?? 0) + 1);
      const target = inodes.get(child);
      const where = `${path}/${name}`;
      if (target === undefined) {
        report(`${where}: inode ${child} does not exist`);
        continue;
      }
      if (fileType(target.inode) !== type) report(`${where}: type ${type}, the inode's is ${fileType(target.inode)}`);
      const { mode, nlink, size } = target.inode;
      const regular = fileType(target.inode) === 8 || fileType(target.inode) === 10;
      const body =
        regular && name !== "." && name !== ".." ? contents(disk, target.inode, target.owned) : new Uint8Array();
      listing.push({ path: where, mode, nlink, size, ino: child, contents: body });
      if (name === ".") continue;
      if (name === "..") {
        if (child !== parent) report(`${where}: inode ${child}, the parent is ${parent}`);
        continue;
      }
      if (type !== 4 || fileType(target.inode) !== 4) continue;
      if (parents.has(child)) report(`${where}: directory ${child} has a second name`);
      else visit(child, where, ino);
    }
  };
  const root = inodes.get(ROOT_INO);
  if (root === undefined || fileType(root.inode) !== 4) {
    report("there is no root directory");
    return;
  }
  visit(ROOT_INO, ".", ROOT_INO);
  for (const [ino, { inode }] of inodes) {
    const counted = names.get(ino) ?? 0;
    const orphan = ifile.entries[ino]!.nextFree === ORPHAN && !disk.sb.clean;
    if (counted !== inode.nlink) report(`inode ${ino}: ${inode.nlink} links, ${counted} names`);
    if (counted === 0 && !orphan) report(`inode ${ino} has no name`);
  }
}

function checkSegments(
  disk: Disk,
  ifile: Ifile,
  walks: ReadonlyMap<number, Walk>,
  live: Int32Array,
  report: (f: string) => void,
): void {
  let dirty = 0;
  const current = segmentOf(disk, disk.sb.curseg);
  ifile.segments.forEach((usage, n) => {
    const isDirty = walks.has(n);
    if (isDirty) dirty++;
    // As 4.4BSD's newlfs does, its summaries count as live.
    const expected = live[n]! + (disk.sb.layout === "v1-44bsd" && isDirty ? usage.nsums * disk.sb.sumsize : 0);
    if (usage.nbytes !== expected) report(`segment ${n}: ${usage.nbytes} live bytes, counted ${expected}`);
    const hasSuperblock = disk.sb.sboffs.some((o, i) => (o !== 0 || i === 0) && segmentOf(disk, o) === n);
    if (((usage.flags & SEGUSE_SUPERBLOCK) !== 0) !== hasSuperblock)
      report(`segment ${n}: flags 0x${usage.flags.toString(16)}, superblock ${hasSuperblock}`);
    if ((usage.flags & SEGUSE_ACTIVE) !== 0 && !isDirty) report(`segment ${n}: active and clean`);
    // newfs_lfs leaves EMPTY on clean segments too.
    if (disk.v2 && (usage.flags & SEGUSE_EMPTY) !== 0 && usage.nbytes !== 0)
      report(`segment ${n}: marked empty with ${usage.nbytes} bytes`);
    if (disk.v2 && n === current && (usage.flags & SEGUSE_ACTIVE) === 0)
      report(`the current segment ${n} is not active`);
  });
  if (ifile.clean !== disk.sb.nseg - dirty) report(`${ifile.clean} clean segments, counted ${disk.sb.nseg - dirty}`);
  if (ifile.dirty !== dirty) report(`${ifile.dirty} dirty segments, counted ${dirty}`);
}

/** The superblock's sums (section 8 of the digest). */
function checkSums(disk: Disk, ifile: Ifile, inUse: number, report: (f: string) => void): void {
  const { sb, unit, segmentUnits } = disk;
  let nclean = 0;
  let avail = 0;
  let dmeta = 0;
  let bb = 0;
  let ubb = 0;
  ifile.segments.forEach((usage, n) => {
    if ((usage.flags & SEGUSE_DIRTY) === 0) {
      nclean++;
      avail += segmentUnits - headUnits(disk, n);
      return;
    }
    const summaries = usage.nsums * sb.sumsize;
    const inodeBlocks = usage.ninos * sb.ibsize;
    dmeta += Math.floor((summaries + inodeBlocks) / unit);
    bb += Math.floor((usage.nbytes + summaries) / unit);
    ubb += Math.floor((usage.nbytes + summaries + inodeBlocks) / unit);
  });
  const current = segmentOf(disk, sb.curseg);
  avail += segmentStart(disk, current) + segmentUnits - sb.offset;
  avail -= (sb.minfreeseg - Math.floor(sb.minfreeseg / 2)) * segmentUnits;
  const skew = sb.start * unit < 8192 ? 8192 / unit : 0;
  if (sb.nclean !== nclean) report(`nclean is ${sb.nclean}, counted ${nclean}`);
  if (sb.dmeta !== dmeta) report(`dmeta is ${sb.dmeta}, counted ${dmeta}`);
  if (sb.avail !== avail) report(`avail is ${sb.avail}, counted ${avail}`);
  if (sb.bfree < sb.dsize - ubb - skew || sb.bfree > sb.dsize - bb - skew)
    report(`bfree is ${sb.bfree}, must be ${sb.dsize - ubb - skew}…${sb.dsize - bb - skew}`);
  if (sb.nfiles !== inUse - 1) report(`nfiles is ${sb.nfiles}, counted ${inUse - 1}`);
  const lastseg = segmentOf(disk, sb.lastseg);
  if (lastseg < 0 || lastseg >= sb.nseg || segmentStart(disk, lastseg) !== sb.lastseg)
    report(`lastseg ${sb.lastseg} is no segment's start`);
  if (view(sb.raw).getUint16(322, true) > 1) report("unknown flags in the superblock");
}
