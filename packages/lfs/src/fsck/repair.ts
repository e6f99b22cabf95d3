/**
 * fsck -y: a plan that makes a damaged disk good, and carrying it out.
 *
 * Here: `planRepair`, `applyRepair`. Not here: what is salvaged (`salvage.ts`, `repair-tree.ts`). All
 * inodes, indirect blocks and the ifile are written anew to segments that nothing needs, with the data
 * that cannot stay; then both superblocks. Until the first superblock is written the disk is as it was, so a
 * crash during a repair costs nothing. Counts are those of the format digest, section 8.
 * Over 300 lines: one plan, whose parts share the same maps of the disk.
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import type { BlockDevice } from "../block-device.ts";
import { parentOf } from "../format/addressing.ts";
import {
  DINODE_SIZE,
  LFS_FIRST_INUM,
  LFS_IFILE_INUM,
  LFS_PF_CLEAN,
  LFS_SBPAD,
  NDADDR,
  SEGUSE_ACTIVE,
  SEGUSE_DIRTY,
  SEGUSE_SUPERBLOCK,
} from "../format/constants.ts";
import { Dinode, type DinodeRecord } from "../format/dinode.ts";
import { blockBytes, hasSuperblock, segmentOf, segmentReserve, segmentStart } from "../format/geometry.ts";
import { CleanerInfo, IfileEntry, ifileEntryPlace, SegUse, segUsePlace } from "../format/ifile.ts";
import { writeSuperblock } from "../format/superblock.ts";
import { fsck } from "./fsck-lfs.ts";
import { type Finding, type Image, openImage, type ReadDisk } from "./image.ts";
import { type DiskWrite, LogPlan } from "./log-plan.ts";
import { recoverImage } from "./recover-superblock.ts";
import { repairTree } from "./repair-tree.ts";
import { holdsNoBlocks, Salvage, type SalvagedFile } from "./salvage.ts";
import { logTail, serialOf, survey } from "./survey.ts";

/** What a repair writes, in this order with a flush between the parts; nothing when the disk is good. */
export interface RepairPlan {
  /** What is wrong, and will not be. */
  readonly findings: readonly Finding[];
  /** What does not come back: blocks, names, files. */
  readonly lost: readonly Finding[];
  readonly log: readonly DiskWrite[];
  readonly superblocks: readonly DiskWrite[];
}

/** As the mount: more serials than a log behind a checkpoint can hold. */
const SERIAL_STEP = 2 ** 24;

/**
 * What makes the disk good. `time` in seconds is written as the time of the checkpoint. The error says
 * what keeps it from being repaired: no copy of a superblock, no ifile, no room.
 */
export function planRepair(read: ReadDisk, time: number): Result<RepairPlan, readonly Finding[]> {
  const whole: ReadDisk = (offset, length) => {
    const bytes = read(offset, length);
    if (bytes.length === length) return bytes;
    const padded = new Uint8Array(length);
    padded.set(bytes);
    return padded;
  };
  const findings = fsck(whole);
  if (findings.length === 0) return ok({ findings, lost: [], log: [], superblocks: [] });
  const opened = openImage(whole);
  if (!Array.isArray(opened) && opened.g.version === 1) {
    const text = "version 1 is not repaired: its log has no serials to find the newest by";
    return err([...findings, { code: "superblock", text }]);
  }
  const isWhole = !Array.isArray(opened) && opened.inodeAt(opened.sb.lfs_idaddr, LFS_IFILE_INUM) !== undefined;
  const image = isWhole ? opened : recoverImage(whole);
  if (image === undefined) return err(findings);
  const salvage = new Salvage(image, survey(image));
  const tail = (image.sb.lfs_pflags & LFS_PF_CLEAN) === 0 ? logTail(image) : [];
  salvage.takeAll(tail);
  repairTree(salvage);
  const plan = new Repair(salvage, serialOf(image) + tail.length + SERIAL_STEP, time).plan(findings);
  if (isWhole) return plan;
  const text = `the newest checkpoint that the log leads to is that with serial ${serialOf(image)}; what came later may be lost`;
  return plan.map((found) => ({ ...found, lost: [{ code: "superblock", text }, ...found.lost] }));
}

/** Carries a plan out. */
export async function applyRepair(plan: RepairPlan, device: BlockDevice): Promise<void> {
  if (plan.log.length === 0) return;
  for (const { offset, bytes } of plan.log) await device.write(offset, bytes);
  await device.flush();
  for (const { offset, bytes } of plan.superblocks) {
    await device.write(offset, bytes);
    await device.flush();
  }
}

interface Pointers {
  readonly db: number[];
  readonly ib: number[];
  readonly units: number;
}

class Repair {
  readonly #s: Salvage;
  readonly #image: Image;
  readonly #log: LogPlan;
  readonly #serial: number;
  readonly #time: number;
  /** Live bytes by segment, and how many partial segments of it are kept. */
  readonly #live: Float64Array;
  readonly #kept: Int32Array;
  readonly #inodeDaddrs = new Map<number, number>();

  constructor(salvage: Salvage, serial: number, time: number) {
    this.#s = salvage;
    this.#image = salvage.image;
    this.#serial = serial;
    this.#time = time;
    const { g, sb } = this.#image;
    this.#live = new Float64Array(g.nseg);
    this.#kept = new Int32Array(g.nseg);
    const unused = [...this.#live.keys()].filter((segment) => !this.#isSource(segment));
    const isDirty = (segment: number): number => this.#image.segUse(segment).su_flags & SEGUSE_DIRTY;
    const current = segmentOf(g, sb.lfs_curseg);
    // Clean ones first: until the new superblock is written, the old one must lead to what it led to.
    const free = [...unused.filter((n) => !isDirty(n)), ...unused.filter((n) => isDirty(n) && n !== current)];
    this.#log = new LogPlan(g, free);
  }

  #isSource(segment: number): boolean {
    const { g, sb } = this.#image;
    if (this.#s.sources.has(segment) || segmentOf(g, sb.lfs_idaddr) === segment) return true;
    return this.#ifileSegments.has(segment);
  }

  /** Segments that hold blocks of the ifile as it is. */
  get #ifileSegments(): ReadonlySet<number> {
    const { g, ifile } = this.#image;
    this.#ifileIn ??= new Set(
      Array.from({ length: g.cleansz + g.segtabsz + this.#s.mapSize / g.ifpb }, (_, lbn) =>
        segmentOf(g, this.#image.address(ifile, lbn)),
      ),
    );
    return this.#ifileIn;
  }
  #ifileIn: Set<number> | undefined;

  plan(findings: readonly Finding[]): Result<RepairPlan, readonly Finding[]> {
    const { g } = this.#image;
    const files = [...this.#s.files.values()].sort((a, b) => a.ino - b.ino);
    const dinodes = files.map((file) => this.#placeFile(file));
    for (let n = 0; n < dinodes.length; n += g.inopb) this.#placeInodes(dinodes.slice(n, n + g.inopb));
    this.#log.close();
    const superblock = this.#placeIfile(files);
    if (this.#log.full) return err([...findings, { code: "totals", text: "no room in clean segments for a repair" }]);
    const log = this.#log.bytes(this.#serial, this.#time);
    const bytes = new Uint8Array(LFS_SBPAD);
    writeSuperblock(bytes, 0, superblock);
    const superblocks = g.sboffs.slice(0, 2).map((daddr) => ({ offset: daddr * g.unit, bytes }));
    return ok({ findings, lost: this.#s.lost, log, superblocks });
  }

  /** Blocks that stay are counted, the others placed; the inode as it will be. */
  #placeFile(file: SalvagedFile): DinodeRecord {
    const { g } = this.#image;
    const { ino, di, size } = file;
    const words = [size % 2 ** 32, Math.floor(size / 2 ** 32)];
    if (holdsNoBlocks(file)) return { ...di, di_size: words, di_nlink: file.nlink, di_blocks: 0 };
    const addresses = new Map<number, number>();
    let units = 0;
    for (const lbn of [...new Set([...file.blocks.keys(), ...file.fresh.keys()])].sort((a, b) => a - b)) {
      const bytes = blockBytes(g, size, lbn);
      const old = file.fresh.has(lbn) ? 0 : (file.blocks.get(lbn) as number);
      const known = this.#s.survey.known.get(old);
      const stays =
        known !== undefined && known.index >= 0 && known.block.version === di.di_gen && known.block.bytes === bytes;
      if (stays) {
        this.#live[known.segment] += bytes;
        this.#kept[known.segment] = Math.max(this.#kept[known.segment], known.index + 1);
        addresses.set(lbn, old);
      } else addresses.set(lbn, this.#place(ino, di.di_gen, lbn, this.#s.data(file, lbn).slice(0, bytes)));
      units += bytes / g.unit;
    }
    const pointers = this.#placePointers(ino, di.di_gen, addresses);
    return {
      ...di,
      di_size: words,
      di_nlink: file.nlink,
      di_db: pointers.db,
      di_ib: pointers.ib,
      di_blocks: units + pointers.units,
    };
  }

  #place(ino: number, version: number, lbn: number, bytes: Uint8Array): number {
    const daddr = this.#log.place(ino, version, lbn, bytes);
    if (!this.#log.full) this.#live[segmentOf(this.#image.g, daddr)] += bytes.length;
    return daddr;
  }

  /** Indirect blocks from the lowest level up; what is left are the pointers of the inode. */
  #placePointers(ino: number, version: number, addresses: ReadonlyMap<number, number>): Pointers {
    const { g } = this.#image;
    const db = new Array<number>(NDADDR).fill(0);
    const ib = [0, 0, 0];
    let units = 0;
    for (let level = addresses; level.size > 0; ) {
      const above = new Map<number, Uint8Array>();
      for (const [lbn, daddr] of level) {
        const { parent, index } = parentOf(g.nindir, lbn);
        if (parent === 0) {
          if (index < NDADDR) db[index] = daddr;
          else ib[index - NDADDR] = daddr;
          continue;
        }
        const bytes = above.get(parent) ?? new Uint8Array(g.bsize);
        above.set(parent, bytes);
        new DataView(bytes.buffer).setInt32(4 * index, daddr, true);
      }
      const placed = new Map<number, number>();
      for (const [lbn, bytes] of above) placed.set(lbn, this.#place(ino, version, lbn, bytes));
      units += (above.size * g.bsize) / g.unit;
      level = placed;
    }
    return { db, ib, units };
  }

  #placeInodes(dinodes: readonly DinodeRecord[]): void {
    const { g } = this.#image;
    const bytes = new Uint8Array(g.ibsize);
    for (const [n, di] of dinodes.entries()) Dinode.write(new DataView(bytes.buffer), n * DINODE_SIZE, di);
    const daddr = this.#log.placeInodes(bytes, dinodes.length);
    if (this.#log.full) return;
    this.#live[segmentOf(g, daddr)] += dinodes.length * DINODE_SIZE;
    for (const di of dinodes) this.#inodeDaddrs.set(di.di_inumber, daddr);
  }

  /** The ifile gets its addresses, then its contents; the superblock that goes with it. */
  #placeIfile(files: readonly SalvagedFile[]): Image["sb"] {
    const { g, ifile } = this.#image;
    const highest = files.at(-1)?.ino ?? 0;
    // One entry more than are used, so that the list of free ones has a head.
    const map = Math.max(Math.ceil((highest + 2) / g.ifpb), this.#s.mapSize / g.ifpb);
    const blocks = Array.from({ length: g.cleansz + g.segtabsz + map }, () => new Uint8Array(g.bsize));
    const addresses = new Map<number, number>();
    for (const [lbn, bytes] of blocks.entries())
      addresses.set(lbn, this.#place(LFS_IFILE_INUM, ifile.di_gen, lbn, bytes));
    const { db, ib, units } = this.#placePointers(LFS_IFILE_INUM, ifile.di_gen, addresses);
    const size = blocks.length * g.bsize;
    this.#placeInodes([
      {
        ...ifile,
        di_size: [size % 2 ** 32, Math.floor(size / 2 ** 32)],
        di_db: db,
        di_ib: ib,
        di_blocks: units + size / g.unit,
      },
    ]);
    const views = blocks.map((bytes) => new DataView(bytes.buffer));
    const free = this.#writeMap(views, map * g.ifpb);
    return this.#writeCounts(views, free, files.length - 1);
  }

  /** The inode map; the first and the last free inode. */
  #writeMap(views: readonly DataView[], limit: number): { head: number; tail: number } {
    const { g } = this.#image;
    let head = 0;
    let tail = 0;
    for (let ino = limit - 1; ino >= 1; ino--) {
      const { lbn, at } = ifileEntryPlace(g, ino);
      const old = this.#image.ifileEntry(ino);
      const file = this.#s.files.get(ino);
      const isFree = file === undefined && ino >= LFS_FIRST_INUM;
      const wasUsed = isFree && old.if_daddr !== 0;
      IfileEntry.write(views[lbn], at, {
        ...old,
        if_version: file?.di.di_gen ?? Math.max(1, (old.if_version + (wasUsed ? 1 : 0)) >>> 0),
        if_daddr: this.#inodeDaddrs.get(ino) ?? 0,
        if_nextfree: isFree ? head : 0,
      });
      if (!isFree) continue;
      head = ino;
      if (tail === 0) tail = ino;
    }
    return { head, tail };
  }

  /** Segment table, cleaner info, superblock. */
  #writeCounts(views: readonly DataView[], free: { head: number; tail: number }, nfiles: number): Image["sb"] {
    const { g, sb } = this.#image;
    const current = this.#log.segments.at(-1) ?? 0;
    let clean = 0;
    let dmeta = 0;
    let inodesToo = 0;
    let summariesOnly = 0;
    let avail = segmentStart(g, current + 1) - this.#log.offset;
    avail -= (g.minfreeseg - Math.floor(g.minfreeseg / 2)) * g.unitsPerSegment;
    for (let segment = 0; segment < g.nseg; segment++) {
      const kept = this.#s.survey.psegs[segment].slice(0, this.#kept[segment]);
      const planned = this.#log.psegs.filter((pseg) => pseg.segment === segment);
      const sums = kept.length + planned.length;
      const ninos =
        kept.reduce((sum, { summary }) => sum + summary.inodeBlocks.length, 0) +
        planned.reduce((sum, { inodeBlocks }) => sum + inodeBlocks.length, 0);
      const superblock = hasSuperblock(g, segment);
      const time = planned.length > 0 ? this.#time : Math.max(0, ...kept.map(({ summary }) => summary.create));
      let flags = superblock ? SEGUSE_SUPERBLOCK : 0;
      if (sums > 0) {
        flags |= SEGUSE_DIRTY | (segment === current ? SEGUSE_ACTIVE : 0);
        dmeta += (sums * g.sumsize + ninos * g.ibsize) / g.unit;
        summariesOnly += Math.floor((this.#live[segment] + sums * g.sumsize) / g.unit);
        inodesToo += Math.floor((this.#live[segment] + sums * g.sumsize + ninos * g.ibsize) / g.unit);
      } else {
        clean++;
        avail += g.unitsPerSegment - segmentReserve(g, segment, superblock);
      }
      const { lbn, at } = segUsePlace(g, segment);
      SegUse.write(views[lbn], at, {
        su_nbytes: this.#live[segment],
        su_olastmod: time % 2 ** 32,
        su_nsums: sums,
        su_ninos: ninos,
        su_flags: flags,
        su_lastmod: [time % 2 ** 32, Math.floor(time / 2 ** 32)],
      });
    }
    const skew = g.start * g.unit < 8192 ? 8192 / g.unit : 0;
    const bfree = sb.lfs_dsize - Math.floor((inodesToo + summariesOnly) / 2) - skew;
    CleanerInfo.write(views[0], 0, {
      ...this.#image.cleanerInfo,
      clean,
      dirty: g.nseg - clean,
      bfree,
      avail,
      free_head: free.head,
      free_tail: free.tail,
      flags: 0,
    });
    const serial = this.#serial + this.#log.psegs.length;
    const before = this.#log.segments.at(-2) ?? (current + g.nseg - 1) % g.nseg;
    return {
      ...sb,
      lfs_freehd: free.head,
      lfs_bfree: bfree,
      lfs_avail: avail,
      lfs_nfiles: nfiles,
      lfs_idaddr: this.#inodeDaddrs.get(LFS_IFILE_INUM) ?? 0,
      lfs_lastseg: segmentStart(g, before),
      lfs_nextseg: segmentStart(g, Math.max(0, this.#log.nextSegment)),
      lfs_curseg: segmentStart(g, current),
      lfs_offset: this.#log.offset,
      lfs_lastpseg: this.#log.psegs.at(-1)?.daddr ?? 0,
      lfs_nclean: clean,
      lfs_dmeta: dmeta,
      lfs_serial: [serial % 2 ** 32, Math.floor(serial / 2 ** 32)],
      lfs_tstamp: [this.#time % 2 ** 32, Math.floor(this.#time / 2 ** 32)],
      lfs_pflags: sb.lfs_pflags | LFS_PF_CLEAN,
    };
  }
}
