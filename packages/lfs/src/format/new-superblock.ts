/**
 * The superblock of a file system that does not exist yet.
 *
 * Here: choosing sizes as newfs_lfs does, and its rules for a disk that is too small. Not here: writing
 * anything (`checkpoint/create-volume.ts`). Version 1 counts in sectors and whole blocks, and begins behind the label.
 * @module
 */
import {
  LFS_IFILE_INUM,
  LFS_LABELPAD,
  LFS_MAGIC,
  LFS_MAX_DADDR,
  LFS_MAXNUMSB,
  LFS_MIN_SBINTERVAL,
  LFS_SBPAD,
  MAXSYMLINKLEN,
  MIN_FREE_SEGS,
  MIN_RESV_SEGS,
} from "./constants.ts";
import { as44Bsd, minFreeSegments44, type Superblock } from "./superblock.ts";

/** What may be chosen; sizes in bytes. */
export interface NewfsOptions {
  /** Size of the device. */
  readonly size: number;
  /** Block, 8192 unless given; 4096 on a device below 32 MB. */
  readonly bsize?: number;
  /** Fragment, an eighth of a block unless given, at least 512. */
  readonly fsize?: number;
  /** Segment, 1 MiB unless given; halved until the device has enough of them. */
  readonly ssize?: number;
  /**
   * `v2` unless given. `v1-netbsd` is what `newfs_lfs -v 1 -f 512` makes, `v1-44bsd` what 4.4BSD's newlfs makes:
   * blocks of 4096 bytes unless given, fragments of 512 and no fragments.
   */
  readonly format?: LfsFormat;
  /** Number that every summary repeats; chance of the caller. */
  readonly ident: number;
  /** Seconds now. */
  readonly time: number;
}

/** A layout of the disk. */
export type LfsFormat = "v2" | "v1-netbsd" | "v1-44bsd";

/** Why no file system of these sizes can be made. */
export type NewfsError = "bad-block-size" | "bad-fragment-size" | "bad-segment-size" | "too-small" | "too-large";

const isPowerOfTwo = (n: number): boolean => Number.isInteger(n) && n > 0 && (n & (n - 1)) === 0;
const log2 = Math.log2;
const words = (value: number): [number, number] => [value >>> 0, Math.floor(value / 2 ** 32)];

/** The superblock that the first checkpoint starts from: one segment current, the others clean, nothing written. */
export function newSuperblock(options: NewfsOptions): Superblock | NewfsError {
  const format = options.format ?? "v2";
  const v1 = format !== "v2";
  const small = v1 || options.size < 32 * 2 ** 20;
  const bsize = options.bsize ?? (small ? 4096 : 8192);
  if (!isPowerOfTwo(bsize) || bsize < 512 || bsize > 65536) return "bad-block-size";
  const fsize = options.fsize ?? (format === "v1-44bsd" ? bsize : v1 ? 512 : Math.max(512, bsize / 8));
  if (v1 && fsize !== (format === "v1-44bsd" ? bsize : 512)) return "bad-fragment-size";
  if (!isPowerOfTwo(fsize) || fsize < 512 || fsize > bsize || bsize / fsize > 8) return "bad-fragment-size";
  // Superblocks and the label are 8 KB and lie at multiples of a fragment.
  if (fsize > LFS_SBPAD) return "bad-fragment-size";
  let ssize = options.ssize ?? 2 ** 20;
  if (!isPowerOfTwo(ssize) || ssize < 32768 || ssize < 4 * bsize) return "bad-segment-size";
  const segments = (): number => Math.floor((options.size - LFS_LABELPAD) / ssize);
  const bsd = format === "v1-44bsd";
  const freeMinimum = (): number =>
    bsd ? minFreeSegments44(segments()) : Math.max(Math.floor(segments() / 10), MIN_FREE_SEGS);
  // 4.4BSD's newlfs takes the size it is given.
  const isFixed = bsd && options.ssize !== undefined;
  while (!isFixed && segments() < 4 * freeMinimum() && ssize / 2 >= Math.max(32768, 4 * bsize)) ssize /= 2;
  const nseg = segments();
  const minfreeseg = freeMinimum();
  if (nseg < minfreeseg + 12) return "too-small";
  const size = Math.floor(options.size / fsize);
  if (size > LFS_MAX_DADDR) return "too-large";

  const fsbpseg = ssize / fsize;
  const interval = Math.max(Math.floor(nseg / LFS_MAXNUMSB), LFS_MIN_SBINTERVAL);
  const sboffs = Array.from({ length: LFS_MAXNUMSB }, (_, i) => (i * interval < nseg ? i * interval * fsbpseg : 0));
  sboffs[0] = Math.ceil(LFS_LABELPAD / fsize);
  const copies = sboffs.filter((address) => address !== 0).length;
  const nindir = bsize / 4;
  const sepb = Math.floor(bsize / 24);
  const dsize = (nseg - minfreeseg) * fsbpseg - (LFS_SBPAD / fsize) * copies;
  // fsck_lfs takes the label off what is free, not off what there is.
  const label = Math.ceil(LFS_LABELPAD / fsize);
  const superblock: Superblock = {
    lfs_magic: LFS_MAGIC,
    lfs_version: 2,
    lfs_size: size,
    lfs_ssize: ssize,
    lfs_dsize: dsize,
    lfs_bsize: bsize,
    lfs_fsize: fsize,
    lfs_frag: bsize / fsize,
    lfs_freehd: 3,
    lfs_bfree: dsize - label,
    lfs_nfiles: 0,
    lfs_avail: 0,
    lfs_uinodes: 0,
    lfs_idaddr: 0,
    lfs_ifile: LFS_IFILE_INUM,
    lfs_lastseg: (nseg - 1) * fsbpseg,
    lfs_nextseg: fsbpseg,
    lfs_curseg: 0,
    lfs_offset: (Math.ceil(LFS_LABELPAD / fsize) * fsize + LFS_SBPAD) / fsize,
    lfs_lastpseg: 0,
    lfs_inopf: 4,
    lfs_minfree: 10,
    lfs_maxfilesize: words((12 + nindir + nindir ** 2 + nindir ** 3) * bsize),
    lfs_fsbpseg: fsbpseg,
    lfs_inopb: fsize / 128,
    lfs_ifpb: Math.floor(bsize / 20),
    lfs_sepb: sepb,
    lfs_nindir: nindir,
    lfs_nseg: nseg,
    lfs_nspf: 0,
    lfs_cleansz: 1,
    lfs_segtabsz: Math.ceil(nseg / sepb),
    lfs_segmask: 0,
    lfs_segshift: 0,
    lfs_bshift: log2(bsize),
    lfs_ffshift: log2(fsize),
    lfs_fbshift: log2(bsize / fsize),
    lfs_bmask: words(bsize - 1),
    lfs_ffmask: words(fsize - 1),
    lfs_fbmask: words(bsize / fsize - 1),
    lfs_blktodb: log2(bsize / 512),
    lfs_sushift: 0,
    lfs_maxsymlinklen: MAXSYMLINKLEN,
    lfs_sboffs: sboffs,
    lfs_nclean: nseg - 1,
    lfs_fsmnt: new Array<number>(22).fill(0),
    lfs_fsmnt_end: 0,
    lfs_pflags: 0,
    lfs_dmeta: 0,
    lfs_minfreeseg: minfreeseg,
    lfs_sumsize: fsize,
    lfs_serial: [0, 0],
    lfs_ibsize: fsize,
    lfs_s0addr: 0,
    lfs_tstamp: words(options.time),
    lfs_inodefmt: 0,
    lfs_interleave: 0,
    lfs_ident: options.ident >>> 0,
    lfs_fsbtodb: log2(fsize / 512),
    lfs_resvseg: Math.max(Math.floor(minfreeseg / 2) + 1, MIN_RESV_SEGS),
    lfs_pad: new Array<number>(32).fill(0),
    lfs_cksum: 0,
  };
  return v1 ? asVersion1(superblock, options, format === "v1-44bsd") : superblock;
}

/** The same sizes as version 1 counts them: addresses in sectors, sizes in blocks, no label in segment 0. */
function asVersion1(sb: Superblock, options: NewfsOptions, bsd: boolean): Superblock {
  const { lfs_bsize: bsize, lfs_fsize: fsize, lfs_nseg: nseg, lfs_minfreeseg: minfreeseg } = sb;
  const sectors = sb.lfs_ssize / 512;
  const first = LFS_LABELPAD / 512;
  const interval = Math.max(Math.floor(nseg / LFS_MAXNUMSB), LFS_MIN_SBINTERVAL);
  const sboffs = sb.lfs_sboffs.map((_, i) => (i * interval < nseg ? first + i * interval * sectors : 0));
  const copies = sboffs.filter((address) => address !== 0).length;
  const superblocks = copies * (LFS_SBPAD / 512);
  const dsize = bsd ? (nseg - 2) * sectors : (nseg - minfreeseg) * sectors - superblocks;
  const sepb = Math.floor(bsize / 16);
  const version1: Superblock = {
    ...sb,
    lfs_version: 1,
    lfs_size: Math.floor(options.size / (bsd ? bsize : fsize)),
    lfs_ssize: sb.lfs_ssize / bsize,
    lfs_dsize: dsize,
    lfs_bfree: bsd ? dsize - superblocks : dsize,
    lfs_freehd: bsd ? 4 : 3,
    lfs_lastseg: first + (nseg - 1) * sectors,
    lfs_nextseg: first + sectors,
    lfs_curseg: first,
    lfs_offset: first + LFS_SBPAD / 512,
    lfs_inopf: options.time >>> 0,
    lfs_fsbpseg: sectors,
    lfs_inopb: bsize / 128,
    lfs_ifpb: Math.floor(bsize / 12),
    lfs_sepb: sepb,
    lfs_segtabsz: Math.ceil(nseg / sepb),
    lfs_segmask: sb.lfs_ssize - 1,
    lfs_segshift: log2(sb.lfs_ssize),
    lfs_sushift: log2(sepb),
    lfs_sboffs: sboffs,
    lfs_sumsize: 512,
    lfs_ibsize: bsize,
    lfs_s0addr: first,
    lfs_ident: 0,
    lfs_fsbtodb: bsd ? log2(bsize / 512) : 0,
  };
  return bsd ? as44Bsd(version1) : version1;
}
