/**
 * The superblock: where the log stands, and the shape of everything else.
 *
 * Here: the two layouts, reading either into one record and writing it back, the checksum, and which
 * superblocks are refused. Not here: sizes derived from it (`geometry.ts`), choosing between the copies
 * (`checkpoint/`). `lfs_start` to `lfs_cksum`: NetBSD's `struct dlfs` (2015); 4.4BSD's `struct lfs` has
 * another order from byte 140 on, and in-core fields behind byte 228 that are meaningless on disk.
 * @module
 */
import { type RecordOf, type Struct, struct } from "@kintsugi/records";
import { cksum } from "./checksum.ts";
import { LFS_MAGIC, LFS64_MAGIC } from "./constants.ts";

const COMMON = {
  lfs_magic: "u32",
  lfs_version: "u32",
  lfs_size: "u32",
  lfs_ssize: "u32",
  lfs_dsize: "u32",
  lfs_bsize: "u32",
  lfs_fsize: "u32",
  lfs_frag: "u32",
  lfs_freehd: "u32",
  lfs_bfree: "i32",
  lfs_nfiles: "u32",
  lfs_avail: "i32",
  lfs_uinodes: "i32",
  lfs_idaddr: "i32",
  lfs_ifile: "u32",
  lfs_lastseg: "i32",
  lfs_nextseg: "i32",
  lfs_curseg: "i32",
  lfs_offset: "i32",
  lfs_lastpseg: "i32",
  /** In version 1 this word is the time stamp. */
  lfs_inopf: "u32",
  lfs_minfree: "u32",
  lfs_maxfilesize: "words[2]",
  lfs_fsbpseg: "u32",
  lfs_inopb: "u32",
  lfs_ifpb: "u32",
  lfs_sepb: "u32",
  lfs_nindir: "u32",
  lfs_nseg: "u32",
  lfs_nspf: "u32",
  lfs_cleansz: "u32",
  lfs_segtabsz: "u32",
  lfs_segmask: "u32",
  lfs_segshift: "u32",
} as const;

const V2_REST = {
  lfs_bshift: "u32",
  lfs_ffshift: "u32",
  lfs_fbshift: "u32",
  lfs_bmask: "words[2]",
  lfs_ffmask: "words[2]",
  lfs_fbmask: "words[2]",
  lfs_blktodb: "u32",
  lfs_sushift: "u32",
  lfs_maxsymlinklen: "i32",
  lfs_sboffs: "words[10]",
  lfs_nclean: "u32",
  /** Ninety bytes of mount point: twenty-two words and the half word behind them. */
  lfs_fsmnt: "words[22]",
  lfs_fsmnt_end: "u16",
  lfs_pflags: "u16",
  lfs_dmeta: "i32",
  lfs_minfreeseg: "u32",
  lfs_sumsize: "u32",
  lfs_serial: "words[2]",
  lfs_ibsize: "u32",
  lfs_s0addr: "i32",
  lfs_tstamp: "words[2]",
  lfs_inodefmt: "u32",
  lfs_interleave: "u32",
  lfs_ident: "u32",
  lfs_fsbtodb: "u32",
  lfs_resvseg: "u32",
  lfs_pad: "words[32]",
  lfs_cksum: "u32",
} as const;

const V1_44BSD_REST = {
  lfs_bmask: "words[2]",
  lfs_bshift: "u32",
  lfs_ffmask: "words[2]",
  lfs_ffshift: "u32",
  lfs_fbmask: "words[2]",
  lfs_fbshift: "u32",
  lfs_fsbtodb: "u32",
  lfs_sushift: "u32",
  lfs_maxsymlinklen: "i32",
  lfs_sboffs: "words[10]",
  lfs_cksum: "u32",
} as const;

type V2Fields = typeof COMMON & typeof V2_REST;
type V1Fields = typeof COMMON & typeof V1_44BSD_REST;

/** NetBSD's layout: 512 bytes, for version 2 and for its version 1. */
export const Dlfs: Struct<V2Fields> = struct({ ...COMMON, ...V2_REST });
/** 4.4BSD's layout for i386, up to the checksum at byte 228. */
export const Lfs44: Struct<V1Fields> = struct({ ...COMMON, ...V1_44BSD_REST });

/** A superblock of any version, in NetBSD's fields. */
export type Superblock = RecordOf<V2Fields>;

/** Why bytes are not a superblock that we can use. */
export type SuperblockError = "short" | "bad-magic" | "foreign-endian" | "lfs64" | "bad-version" | "bad-geometry";

/** `lfs_pad[0]` in core of a superblock in 4.4BSD's layout; never on a disk. */
const LAYOUT_44BSD = 0x44534234;

/** Whether a superblock is of 4.4BSD's layout, and goes back to the disk in it. */
export function is44Bsd(sb: Superblock): boolean {
  return sb.lfs_version === 1 && sb.lfs_pad[0] === LAYOUT_44BSD;
}

/** Segments that files leave free on a disk of 4.4BSD, whose superblock does not say: our cleaner needs them. */
export function minFreeSegments44(nseg: number): number {
  return Math.max(16, Math.floor(nseg / 10));
}

/** Makes a superblock with version 1 and all fields one of 4.4BSD's layout. */
export function as44Bsd(sb: Superblock): Superblock {
  const pad = sb.lfs_pad.map((word, n) => (n === 0 ? LAYOUT_44BSD : word));
  return { ...sb, lfs_pad: pad, lfs_minfreeseg: minFreeSegments44(sb.lfs_nseg) };
}

/** Whether the checksum of a 512-byte NetBSD superblock is right. */
export function superblockChecksumIsRight(bytes: Uint8Array): boolean {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(508, true) === cksum(bytes, 0, 508);
}

/**
 * Reads the superblock in `bytes` (≥ 524 bytes, from its first byte on). Version 1 comes back in NetBSD's
 * fields with the values that version 1 leaves out filled in (summary 512 bytes, inode block = block).
 * The checksum is the caller's to check: 4.4BSD's covers memory that is not on the disk.
 */
export function readSuperblock(bytes: Uint8Array): Superblock | SuperblockError {
  if (bytes.length < 524) return "short";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0, true);
  if (magic === LFS64_MAGIC) return "lfs64";
  if (view.getUint32(0, false) === LFS_MAGIC) return "foreign-endian";
  if (magic !== LFS_MAGIC) return "bad-magic";
  const version = view.getUint32(4, true);
  if (version === 2) return checkGeometry(Dlfs.read(view, 0));
  if (version !== 1) return "bad-version";
  // The layouts part at byte 140: the mask of a block in 4.4BSD's, its shift in NetBSD's.
  const is44 = view.getUint32(Lfs44.offsets.lfs_bmask, true) === view.getUint32(Lfs44.offsets.lfs_bsize, true) - 1;
  return checkGeometry(is44 ? from44Bsd(view) : fromNetBsdV1(Dlfs.read(view, 0)));
}

/** NetBSD writes its own layout with `lfs_version` 1; sizes count as in version 1. */
function fromNetBsdV1(disk: Superblock): Superblock {
  return {
    ...disk,
    lfs_sumsize: 512,
    lfs_ibsize: disk.lfs_bsize,
    lfs_s0addr: disk.lfs_sboffs[0],
    lfs_tstamp: [disk.lfs_inopf, 0],
  };
}

function from44Bsd(view: DataView): Superblock {
  const disk = Lfs44.read(view, 0);
  const zeros = Object.fromEntries(
    Object.entries(Dlfs.fields).map(([name, kind]) => {
      const count = /\[(\d+)\]/.exec(kind);
      return [name, count === null ? 0 : new Array<number>(Number(count[1])).fill(0)];
    }),
  ) as unknown as Superblock;
  return as44Bsd({
    ...zeros,
    ...disk,
    lfs_blktodb: disk.lfs_fsbtodb,
    lfs_sumsize: 512,
    lfs_ibsize: disk.lfs_bsize,
    lfs_s0addr: disk.lfs_sboffs[0],
    lfs_tstamp: [disk.lfs_inopf, 0],
  });
}

const isPowerOfTwo = (value: number): boolean => value > 0 && (value & (value - 1)) === 0;

/** Refuses sizes that no arithmetic below survives; a corrupted superblock must not make a loop endless. */
function checkGeometry(sb: Superblock): Superblock | SuperblockError {
  const { lfs_bsize: bsize, lfs_fsize: fsize, lfs_ibsize: ibsize, lfs_sumsize: sumsize } = sb;
  const ssize = sb.lfs_version === 1 ? sb.lfs_ssize * bsize : sb.lfs_ssize;
  const unit = sb.lfs_version === 1 ? 512 : fsize;
  const good =
    isPowerOfTwo(bsize) &&
    isPowerOfTwo(fsize) &&
    bsize >= 512 &&
    bsize <= 65536 &&
    fsize >= 512 &&
    fsize <= bsize &&
    bsize / fsize <= 64 &&
    sb.lfs_frag === bsize / fsize &&
    isPowerOfTwo(ibsize) &&
    ibsize >= 512 &&
    ibsize <= bsize &&
    ibsize % unit === 0 &&
    sumsize >= 512 &&
    sumsize <= bsize &&
    sumsize % unit === 0 &&
    ssize >= 4 * bsize &&
    ssize <= 0x40000000 &&
    ssize % bsize === 0 &&
    sb.lfs_nseg >= 2 &&
    sb.lfs_nseg * (ssize / unit) <= 0x7fffffff &&
    sb.lfs_cleansz >= 1 &&
    sb.lfs_cleansz <= 16 &&
    sb.lfs_segtabsz >= 1 &&
    sb.lfs_s0addr >= 0 &&
    sb.lfs_inodefmt === 0;
  return good ? sb : "bad-geometry";
}

/**
 * Writes the 512 bytes of a superblock with its checksum, in the layout that it was read in. 4.4BSD's checksum is
 * nobody's to check: here it covers the fields before it.
 */
export function writeSuperblock(bytes: Uint8Array, at: number, sb: Superblock): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (sb.lfs_version === 1 && is44Bsd(sb)) {
    bytes.fill(0, at, at + Dlfs.size);
    const fields = Object.keys(Lfs44.fields).map((name) => [name, sb[name as keyof Superblock]]);
    Lfs44.write(view, at, { ...Object.fromEntries(fields), lfs_inopf: sb.lfs_tstamp[0] });
    const end = Lfs44.offsets.lfs_cksum;
    view.setUint32(at + end, cksum(bytes, at, at + end), true);
    return;
  }
  Dlfs.write(view, at, sb.lfs_version === 1 ? { ...sb, lfs_inopf: sb.lfs_tstamp[0] } : sb);
  sealSuperblock(bytes, at);
}

/** Computes the checksum of the 512 bytes at `at` in NetBSD's layout and stores it in them. */
export function sealSuperblock(bytes: Uint8Array, at: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(at + Dlfs.offsets.lfs_cksum, cksum(bytes, at, at + Dlfs.offsets.lfs_cksum), true);
}
