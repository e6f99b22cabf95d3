/**
 * An image as the checker reads it: straight from the disk, with nothing of the file system's own code.
 *
 * Here: superblocks, the ifile, inodes, blocks of files. Not here: judging (`check-*.ts`). Only `format/`
 * is shared with the file system, so that an error in how it writes cannot hide in how it is checked.
 * @module
 */

import type { RecordOf } from "@kintsugi/records";
import { parentOf } from "../format/addressing.ts";
import { LFS_IFILE_INUM, NDADDR } from "../format/constants.ts";
import { Dinode, type DinodeRecord, findDinode } from "../format/dinode.ts";
import { blockBytes, type Geometry, geometryOf } from "../format/geometry.ts";
import { CleanerInfo, IfileEntry, ifileEntryPlace, SegUse, SegUseV1, segUsePlace } from "../format/ifile.ts";
import { type Pin, pinsAreOf, readPins } from "../format/pins.ts";
import { is44Bsd, readSuperblock, type Superblock, superblockChecksumIsRight } from "../format/superblock.ts";

/** Reads `length` bytes at a byte offset of the disk. */
export type ReadDisk = (offset: number, length: number) => Uint8Array;

/** One thing that is wrong. `code` names the rule, `text` the place. */
export interface Finding {
  readonly code: FindingCode;
  readonly text: string;
}

/** The part of the file system whose rule is broken. */
export type FindingCode =
  | "superblock"
  | "ifile"
  | "inode"
  | "block"
  | "free-list"
  | "directory"
  | "link-count"
  | "orphan"
  | "segment"
  | "summary"
  | "totals";

/** What a block of the disk is used for. */
export interface Use {
  readonly ino: number;
  readonly lbn: number;
  readonly bytes: number;
}

export const sizeOf = (di: DinodeRecord): number => di.di_size[0] + di.di_size[1] * 2 ** 32;

/** The image being checked, and what has been learned of it. */
export class Image {
  readonly read: ReadDisk;
  readonly sb: Superblock;
  readonly g: Geometry;
  readonly findings: Finding[] = [];
  /** Live blocks by disk address; blocks of inodes under inode 0. */
  readonly uses: Map<number, Use> = new Map();
  /** Live bytes by segment. */
  readonly live: Float64Array;
  readonly inodes: Map<number, DinodeRecord> = new Map();
  #ifileInode: DinodeRecord | undefined;
  readonly #ifileBlocks = new Map<number, Uint8Array>();

  constructor(read: ReadDisk, sb: Superblock) {
    this.read = read;
    this.sb = sb;
    this.g = geometryOf(sb);
    this.live = new Float64Array(this.g.nseg);
  }

  report(code: FindingCode, text: string): void {
    // A broken image can break a rule at every block; the first few hundred tell the story.
    if (this.findings.length < 500) this.findings.push({ code, text });
  }

  block(daddr: number, bytes: number): Uint8Array {
    return this.read(daddr * this.g.unit, bytes);
  }

  /** The inode in a block of inodes, or undefined. */
  inodeAt(daddr: number, ino: number): DinodeRecord | undefined {
    if (!this.isInside(daddr, this.g.ibsize)) return undefined;
    const bytes = this.block(daddr, this.g.ibsize);
    const at = findDinode(bytes, 0, bytes.length, ino);
    return at === -1 ? undefined : Dinode.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at);
  }

  isInside(daddr: number, bytes: number): boolean {
    const first = Math.floor((daddr - this.g.start) / this.g.unitsPerSegment);
    const last = Math.floor((daddr + bytes / this.g.unit - 1 - this.g.start) / this.g.unitsPerSegment);
    return daddr > 0 && first >= 0 && last < this.g.nseg && first === last;
  }

  get ifile(): DinodeRecord {
    this.#ifileInode ??= this.inodeAt(this.sb.lfs_idaddr, LFS_IFILE_INUM);
    if (this.#ifileInode === undefined) throw new Error("the ifile's inode is not where the superblock says");
    return this.#ifileInode;
  }

  /** Address of a block of a file, 0 for a hole or a pointer that leaves the disk. */
  address(di: DinodeRecord, lbn: number): number {
    const { parent, index } = parentOf(this.g.nindir, lbn);
    if (parent === 0) return (index < NDADDR ? di.di_db[index] : di.di_ib[index - NDADDR]) | 0;
    const above = this.address(di, parent);
    if (above === 0 || !this.isInside(above, this.g.bsize)) return 0;
    const bytes = this.block(above, this.g.bsize);
    return new DataView(bytes.buffer, bytes.byteOffset).getInt32(4 * index, true);
  }

  /** A data block of a file; zeros for a hole. */
  data(di: DinodeRecord, lbn: number): Uint8Array {
    const bytes = blockBytes(this.g, sizeOf(di), lbn);
    const daddr = this.address(di, lbn);
    return daddr === 0 || !this.isInside(daddr, bytes) ? new Uint8Array(bytes) : this.block(daddr, bytes);
  }

  #ifileView(lbn: number): DataView {
    let bytes = this.#ifileBlocks.get(lbn);
    if (bytes === undefined) {
      bytes = this.data(this.ifile, lbn);
      this.#ifileBlocks.set(lbn, bytes);
    }
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get cleanerInfo(): RecordOf<typeof CleanerInfo.fields> {
    return CleanerInfo.read(this.#ifileView(0), 0);
  }

  /** Pinned checkpoints; none when a foreign system has written since. */
  get pins(): readonly Pin[] {
    const view = this.#ifileView(0);
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    return pinsAreOf(view, 0, this.sb.lfs_serial, this.sb.lfs_tstamp[0]) ? readPins(this.g, bytes, 0) : [];
  }

  /** Usage of a segment, in the fields of version 2; `su_nbytes` without summaries, which 4.4BSD counts. */
  segUse(segment: number): RecordOf<typeof SegUse.fields> {
    const { lbn, at } = segUsePlace(this.g, segment);
    if (this.g.version !== 1) return SegUse.read(this.#ifileView(lbn), at);
    const use = SegUseV1.read(this.#ifileView(lbn), at);
    const summaries = this.g.is44Bsd ? use.su_nsums * this.g.sumsize : 0;
    return {
      ...use,
      su_nbytes: use.su_nbytes - summaries,
      su_olastmod: use.su_lastmod,
      su_lastmod: [use.su_lastmod, 0],
    };
  }

  /** Entries of the inode map. */
  get inodeLimit(): number {
    return (sizeOf(this.ifile) / this.g.bsize - this.g.cleansz - this.g.segtabsz) * this.g.ifpb;
  }

  /** Entry of the inode map; version 1 has the first three fields. */
  ifileEntry(ino: number): Pick<RecordOf<typeof IfileEntry.fields>, "if_version" | "if_daddr" | "if_nextfree"> {
    const { lbn, at } = ifileEntryPlace(this.g, ino);
    const view = this.#ifileView(lbn);
    const { if_version, if_daddr, if_nextfree } = IfileEntry.offsets;
    return {
      if_version: view.getUint32(at + if_version, true),
      if_daddr: view.getInt32(at + if_daddr, true),
      if_nextfree: view.getUint32(at + if_nextfree, true),
    };
  }

  /** Generation of an inode as its blocks' summaries carry it. */
  versionOf(ino: number): number | undefined {
    return this.g.version === 1 && ino > 0 ? this.ifileEntry(ino).if_version : this.inodes.get(ino)?.di_gen;
  }
}

/** Opens the newest good superblock; findings for those that are not good. */
export function openImage(read: ReadDisk): Image | Finding[] {
  const bad = (text: string): Finding[] => [{ code: "superblock", text }];
  const first = readSuperblock(read(8192, 8192));
  if (typeof first === "string") return bad(`first superblock: ${first}`);
  const unit = first.lfs_version === 1 ? 512 : first.lfs_fsize;
  const found: Superblock[] = [];
  const findings: Finding[] = [];
  for (const index of is44Bsd(first) ? [0] : [0, 1]) {
    const daddr = first.lfs_sboffs[index];
    if (daddr === 0) continue;
    const bytes = read(daddr * unit, 8192);
    const sb = readSuperblock(bytes);
    if (typeof sb === "string" || !(is44Bsd(sb) ? is44Bsd(first) : superblockChecksumIsRight(bytes)))
      findings.push(...bad(`superblock ${index}: ${typeof sb === "string" ? sb : "checksum"}`));
    else found.push(sb);
  }
  const serial = (sb: Superblock): number => sb.lfs_serial[0] + sb.lfs_serial[1] * 2 ** 32;
  const time = (sb: Superblock): number => (sb.lfs_version === 1 ? sb.lfs_tstamp[0] : 0);
  found.sort((a, b) => time(b) - time(a) || serial(b) - serial(a));
  if (found.length === 0) return findings;
  const image = new Image(read, found[0]);
  for (const finding of findings) image.report(finding.code, finding.text);
  const isClean = (found[0].lfs_pflags & 1) !== 0;
  if (isClean && found.length === 2 && JSON.stringify(found[0]) !== JSON.stringify(found[1]))
    image.report("superblock", "unmounted in order, but the two superblocks differ");
  return image;
}
