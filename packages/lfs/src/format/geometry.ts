/**
 * Geometry: sizes and places that follow from a superblock, in one unit for both versions.
 *
 * Here: bytes per disk address, segments, entries per block, where a segment's first summary lies.
 * Not here: anything that changes while mounted. Version 2 counts disk addresses in fragments, version 1
 * in sectors of 512 bytes; `unit` hides that.
 * @module
 */
import { LFS_LABELPAD, LFS_SBPAD, MAXSYMLINKLEN } from "./constants.ts";
import { is44Bsd, type Superblock } from "./superblock.ts";

/** Sizes in bytes unless said otherwise; "units" are disk addresses. */
export interface Geometry {
  readonly version: number;
  /** 4.4BSD's version 1: usage counts summaries as live, one superblock is written, nothing beside `clean` and `dirty`. */
  readonly is44Bsd: boolean;
  /** Bytes per disk address. */
  readonly unit: number;
  readonly bsize: number;
  readonly fsize: number;
  /** Bytes per segment, and the same in units. */
  readonly ssize: number;
  readonly unitsPerSegment: number;
  readonly nseg: number;
  /** Disk address of segment 0. */
  readonly start: number;
  readonly sumsize: number;
  readonly ibsize: number;
  /** Entries per block: pointers, IFILE entries, SEGUSE entries; inodes per inode block. */
  readonly nindir: number;
  readonly ifpb: number;
  readonly sepb: number;
  readonly inopb: number;
  /** Bytes of one entry in the ifile. */
  readonly ifileEntrySize: number;
  readonly segUseSize: number;
  /** Blocks of the ifile before the segment table, and of the table. */
  readonly cleansz: number;
  readonly segtabsz: number;
  /** Disk addresses of the superblocks in use. */
  readonly sboffs: readonly number[];
  readonly minfreeseg: number;
  readonly ident: number;
  readonly maxFileSize: number;
  /** A symbolic link shorter than this lies in the inode's block pointers. */
  readonly maxSymlinkLength: number;
}

/** Block numbers, and the negative ones of indirect blocks, have 32 bits: with large blocks less than three levels hold. */
const MOST_BLOCKS: number = 2 ** 31 - 3;

/** Derives the geometry; the superblock has passed `readSuperblock`. */
export function geometryOf(sb: Superblock): Geometry {
  const v1 = sb.lfs_version === 1;
  const unit = v1 ? 512 : sb.lfs_fsize;
  const ssize = v1 ? sb.lfs_ssize * sb.lfs_bsize : sb.lfs_ssize;
  const nindir = sb.lfs_bsize / 4;
  return {
    version: sb.lfs_version,
    is44Bsd: is44Bsd(sb),
    unit,
    bsize: sb.lfs_bsize,
    fsize: sb.lfs_fsize,
    ssize,
    unitsPerSegment: ssize / unit,
    nseg: sb.lfs_nseg,
    start: sb.lfs_s0addr,
    sumsize: sb.lfs_sumsize,
    ibsize: sb.lfs_ibsize,
    nindir,
    ifpb: Math.floor(sb.lfs_bsize / (v1 ? 12 : 20)),
    sepb: Math.floor(sb.lfs_bsize / (v1 ? 16 : 24)),
    inopb: sb.lfs_ibsize / 128,
    ifileEntrySize: v1 ? 12 : 20,
    segUseSize: v1 ? 16 : 24,
    cleansz: sb.lfs_cleansz,
    segtabsz: sb.lfs_segtabsz,
    sboffs: sb.lfs_sboffs.filter((address) => address !== 0),
    minfreeseg: sb.lfs_minfreeseg,
    ident: sb.lfs_ident,
    maxSymlinkLength: Math.max(0, Math.min(sb.lfs_maxsymlinklen, MAXSYMLINKLEN)),
    maxFileSize: Math.min(12 + nindir + nindir * nindir + nindir ** 3, MOST_BLOCKS) * sb.lfs_bsize,
  };
}

/** Segment that holds a disk address. */
export function segmentOf(g: Geometry, daddr: number): number {
  return Math.floor((daddr - g.start) / g.unitsPerSegment);
}

/** First disk address of a segment. */
export function segmentStart(g: Geometry, segment: number): number {
  return g.start + segment * g.unitsPerSegment;
}

/** Whether a superblock lies at the start of the segment. */
export function hasSuperblock(g: Geometry, segment: number): boolean {
  return g.sboffs.some((address) => segmentOf(g, address) === segment);
}

/** Units at the start of a segment that the log does not use: the label of the disk and a superblock. */
export function segmentReserve(g: Geometry, segment: number, superblock: boolean): number {
  const label = segment === 0 ? Math.max(0, LFS_LABELPAD - g.start * g.unit) / g.unit : 0;
  return (g.version === 1 ? 0 : label) + (superblock ? LFS_SBPAD / g.unit : 0);
}

/** Bytes of block `lbn` of a file of `size` bytes: a last block of a small file is a run of fragments. */
export function blockBytes(g: Geometry, size: number, lbn: number): number {
  if (lbn < 0 || lbn >= 12 || size >= (lbn + 1) * g.bsize) return g.bsize;
  const rest = size - lbn * g.bsize;
  return rest <= 0 ? g.bsize : Math.ceil(rest / g.fsize) * g.fsize;
}
