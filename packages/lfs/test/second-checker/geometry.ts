/**
 * Superblocks: where everything on the disk is, in both versions.
 *
 * Here: the fields of the three layouts (v2, NetBSD's v1, 4.4BSD's v1), what of them must agree, checksums, addresses in bytes.
 * Not here: segments (log.ts), files (files.ts), sums over the whole disk (check.ts).
 * Written from the digest of the format alone, by somebody who had not read the package: nothing of src is imported, on purpose.
 * @module
 */

/** Says what is wrong, one sentence a time. */
export type Report = (finding: string) => void;

export const SUPERBLOCK_MAGIC = 0x070162;
export const LABEL_BYTES = 8192;
export const SUPERBLOCK_BYTES = 8192;
const LFS64_MAGIC = 0xe69df8fe;
const FLAG_CLEAN = 1;

/** What stands in one superblock, in the disk's own units. */
export interface Superblock {
  readonly at: number;
  readonly layout: "v2" | "v1-netbsd" | "v1-44bsd";
  readonly checksumRight: boolean;
  readonly raw: Uint8Array;
  readonly size: number;
  readonly segmentSize: number;
  readonly dsize: number;
  readonly bsize: number;
  readonly fsize: number;
  readonly frag: number;
  readonly freeHead: number;
  readonly bfree: number;
  readonly nfiles: number;
  readonly avail: number;
  readonly idaddr: number;
  readonly lastseg: number;
  readonly nextseg: number;
  readonly curseg: number;
  readonly offset: number;
  readonly lastpseg: number;
  readonly inopb: number;
  readonly ifpb: number;
  readonly sepb: number;
  readonly nindir: number;
  readonly nseg: number;
  readonly cleansz: number;
  readonly segtabsz: number;
  /** Symbolic links of fewer bytes lie in the inode. */
  readonly maxsymlinklen: number;
  readonly sboffs: readonly number[];
  readonly nclean: number;
  readonly clean: boolean;
  readonly dmeta: number;
  readonly minfreeseg: number;
  readonly sumsize: number;
  readonly serial: bigint;
  readonly ibsize: number;
  readonly start: number;
  readonly tstamp: bigint;
  readonly ident: number;
}

/** A disk whose superblock has been chosen: sizes of one unit, one segment, one entry. */
export interface Disk {
  readonly image: Uint8Array;
  readonly sb: Superblock;
  readonly v2: boolean;
  /** Bytes of one unit of a disk address. */
  readonly unit: number;
  readonly segmentUnits: number;
  /** Address of segment 0. */
  readonly firstSegment: number;
  readonly ifileEntryBytes: number;
  readonly segmentEntryBytes: number;
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** XOR of the 16-bit words. */
export function cksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i + 1 < bytes.length; i += 2) sum ^= bytes[i]! | (bytes[i + 1]! << 8);
  return sum;
}

/** The superblock at byte `at`, or a reason why there is none. */
export function readSuperblock(image: Uint8Array, at: number): Superblock | string {
  if (at < 0 || at + 512 > image.length) return `a superblock at byte ${at} would lie outside the disk`;
  const raw = image.subarray(at, at + 512);
  const v = view(raw);
  const u32 = (o: number) => v.getUint32(o, true);
  const i32 = (o: number) => v.getInt32(o, true);
  const magic = u32(0);
  if (magic === LFS64_MAGIC) return `byte ${at}: the 64-bit format`;
  if (magic !== SUPERBLOCK_MAGIC) return `byte ${at}: magic 0x${magic.toString(16)} is not LFS`;
  const version = u32(4);
  if (version !== 1 && version !== 2) return `byte ${at}: version ${version}`;
  // 4.4BSD has sboffs at 188 too, but bmask at 140, where NetBSD's v1 has bshift: a mask is no shift.
  const bsize = u32(20);
  const layout = version === 2 ? "v2" : u32(140) === bsize - 1 ? "v1-44bsd" : "v1-netbsd";
  const v2 = version === 2;
  const netbsd = layout !== "v1-44bsd";
  return {
    at,
    layout,
    raw,
    checksumRight: !netbsd || u32(508) === cksum(raw.subarray(0, 508)),
    size: u32(8),
    segmentSize: u32(12),
    dsize: u32(16),
    bsize,
    fsize: u32(24),
    frag: u32(28),
    freeHead: u32(32),
    bfree: i32(36),
    nfiles: u32(40),
    avail: i32(44),
    idaddr: i32(52),
    lastseg: i32(60),
    nextseg: i32(64),
    curseg: i32(68),
    offset: i32(72),
    lastpseg: i32(76),
    inopb: u32(100),
    ifpb: u32(104),
    sepb: u32(108),
    nindir: u32(112),
    nseg: u32(116),
    cleansz: u32(124),
    segtabsz: u32(128),
    maxsymlinklen: u32(184),
    sboffs: Array.from({ length: 10 }, (_, i) => i32(188 + 4 * i)),
    nclean: netbsd ? u32(228) : 0,
    clean: netbsd && (v.getUint16(322, true) & FLAG_CLEAN) !== 0,
    dmeta: netbsd ? i32(324) : 0,
    minfreeseg: v2 ? u32(328) : 0,
    sumsize: v2 ? u32(332) : 512,
    serial: v2 ? v.getBigUint64(336, true) : 0n,
    ibsize: v2 ? u32(344) : bsize,
    start: v2 ? i32(348) : 0,
    tstamp: v2 ? v.getBigUint64(352, true) : BigInt(u32(80)),
    ident: v2 ? u32(368) : 0,
  };
}

const powerOfTwo = (n: number): boolean => n > 0 && (n & (n - 1)) === 0;

/** Fields that follow from others. A disk that fails here cannot be read further. */
function geometryFindings(sb: Superblock, bytes: number): string[] {
  const wrong: string[] = [];
  const must = (field: string, is: number | bigint, expected: number | bigint): void => {
    if (BigInt(is) !== BigInt(expected)) wrong.push(`superblock ${sb.at}: ${field} is ${is}, must be ${expected}`);
  };
  if (!powerOfTwo(sb.bsize) || sb.bsize > 65536 || sb.bsize < 512) return [`superblock: block size ${sb.bsize}`];
  if (!powerOfTwo(sb.fsize) || sb.fsize > sb.bsize || sb.fsize < 512) return [`superblock: fragment size ${sb.fsize}`];
  if (sb.nseg === 0 || sb.segmentSize === 0) return ["superblock: no segments"];
  const v = view(sb.raw);
  const unit = sb.layout === "v2" ? sb.fsize : 512;
  must("frag", sb.frag, sb.bsize / sb.fsize);
  must("ifile", v.getUint32(56, true), 1);
  must("nindir", sb.nindir, sb.bsize / 4);
  must("inopb", sb.inopb, sb.ibsize / 128);
  must("ifpb", sb.ifpb, Math.floor(sb.bsize / (sb.layout === "v2" ? 20 : 12)));
  must("sepb", sb.sepb, Math.floor(sb.bsize / (sb.layout === "v2" ? 24 : 16)));
  must("cleansz", sb.cleansz, 1);
  must("segtabsz", sb.segtabsz, Math.ceil(sb.nseg / sb.sepb));
  if (sb.layout === "v2") {
    const n = BigInt(sb.nindir);
    must("fsbpseg", v.getUint32(96, true), sb.segmentSize / sb.fsize);
    must("maxfilesize", v.getBigUint64(88, true), (12n + n + n * n + n * n * n) * BigInt(sb.bsize));
    must("bshift", v.getUint32(140, true), Math.log2(sb.bsize));
    must("ffshift", v.getUint32(144, true), Math.log2(sb.fsize));
    must("fbshift", v.getUint32(148, true), Math.log2(sb.frag));
    must("bmask", v.getBigUint64(152, true), sb.bsize - 1);
    must("ffmask", v.getBigUint64(160, true), sb.fsize - 1);
    must("fbmask", v.getBigUint64(168, true), sb.frag - 1);
    must("blktodb", v.getUint32(176, true), Math.log2(sb.bsize / 512));
    must("maxsymlinklen", v.getUint32(184, true), 60);
    must("fsbtodb", v.getUint32(372, true), Math.log2(sb.fsize / 512));
    const superblocks = sb.sboffs.filter((o) => o !== 0).length;
    const pad = Math.ceil(SUPERBLOCK_BYTES / sb.fsize);
    must("dsize", sb.dsize, (sb.nseg - sb.minfreeseg) * (sb.segmentSize / sb.fsize) - pad * superblocks);
    if (sb.sumsize < 64 || sb.sumsize % sb.fsize !== 0) wrong.push(`superblock: summaries of ${sb.sumsize} bytes`);
    if (sb.ibsize < 128 || sb.ibsize % sb.fsize !== 0) wrong.push(`superblock: inode blocks of ${sb.ibsize} bytes`);
    if (v.getInt32(360, true) > 0) wrong.push("superblock: inodes in an unknown format");
  }
  const segmentBytes = sb.layout === "v2" ? sb.segmentSize : sb.segmentSize * sb.bsize;
  const first = sb.layout === "v2" ? sb.start : sb.sboffs[0]!;
  if (first * unit + sb.nseg * segmentBytes > bytes) wrong.push("superblock: more segments than the disk holds");
  return wrong;
}

/** Chooses the newest superblock that is whole, and says what is wrong with the others. */
export function openDisk(image: Uint8Array, report: Report): Disk | undefined {
  let first = readSuperblock(image, LABEL_BYTES);
  if (typeof first !== "string" && first.layout === "v2" && first.sboffs[0]! * first.fsize > LABEL_BYTES)
    first = readSuperblock(image, first.sboffs[0]! * first.fsize);
  if (typeof first === "string") {
    report(first);
    return undefined;
  }
  const unit = first.layout === "v2" ? first.fsize : 512;
  const copies: Superblock[] = [first];
  for (const offset of first.sboffs.slice(1)) {
    if (offset === 0) break;
    const copy = readSuperblock(image, offset * unit);
    if (typeof copy === "string") report(`superblock copy: ${copy}`);
    else copies.push(copy);
  }
  for (const copy of copies)
    if (!copy.checksumRight && copy.layout === "v2") report(`superblock at byte ${copy.at}: checksum`);
  const whole = copies.slice(0, 2).filter((c) => c.checksumRight || c.layout !== "v2");
  if (whole.length === 0) {
    report("neither of the first two superblocks is whole");
    return undefined;
  }
  const age = (c: Superblock): bigint => (c.layout === "v2" ? c.serial : c.tstamp);
  const sb = whole.reduce((a, b) => (age(b) > age(a) ? b : a));
  const findings = geometryFindings(sb, image.length);
  for (const finding of findings) report(finding);
  if (findings.length > 0) return undefined;
  // Sizes and places never change: every copy has the same.
  const fixed: readonly (readonly [number, number])[] = [
    [4, 32],
    [84, 228],
    [328, 336],
    [344, 352],
    [360, 380],
  ];
  for (const copy of copies)
    if (sb.layout === "v2")
      for (const [from, to] of fixed)
        for (let o = from; o < to; o += 4)
          if (view(copy.raw).getUint32(o, true) !== view(sb.raw).getUint32(o, true))
            report(`superblock at byte ${copy.at}: the word at ${o} differs from the newest superblock's`);
  if (sb.clean && sb.layout === "v2" && copies.length > 1 && !sameBytes(copies[0]!.raw, copies[1]!.raw))
    report("CLEAN is set, but the first two superblocks differ");
  const v2 = sb.layout === "v2";
  return {
    image,
    sb,
    v2,
    unit,
    segmentUnits: v2 ? sb.segmentSize / sb.fsize : (sb.segmentSize * sb.bsize) / 512,
    firstSegment: v2 ? sb.start : sb.sboffs[0]!,
    ifileEntryBytes: v2 ? 20 : 12,
    segmentEntryBytes: v2 ? 24 : 16,
  };
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Bytes at a disk address; undefined where they would lie outside the disk or its segments. */
export function at(disk: Disk, daddr: number, bytes: number): Uint8Array | undefined {
  const from = daddr * disk.unit;
  if (daddr < disk.firstSegment || from + bytes > disk.image.length) return undefined;
  if (segmentOf(disk, daddr) >= disk.sb.nseg) return undefined;
  return disk.image.subarray(from, from + bytes);
}

export function segmentOf(disk: Disk, daddr: number): number {
  return Math.floor((daddr - disk.firstSegment) / disk.segmentUnits);
}

export function segmentStart(disk: Disk, segment: number): number {
  return disk.firstSegment + segment * disk.segmentUnits;
}

/** Units at the head of a segment that no partial segment may use. */
export function headUnits(disk: Disk, segment: number): number {
  const start = segmentStart(disk, segment);
  let units = 0;
  if (disk.v2 && segment === 0 && disk.sb.start * disk.unit < LABEL_BYTES)
    units += LABEL_BYTES / disk.unit - disk.sb.start;
  const end = start + disk.segmentUnits;
  if (disk.sb.sboffs.some((o, i) => (o !== 0 || i === 0) && o >= start && o < end))
    units += Math.ceil(SUPERBLOCK_BYTES / disk.unit);
  return units;
}
