/**
 * Inodes and what hangs below them: blocks through three levels of indirection, the ifile, directories, contents.
 *
 * Here: reading, with a finding for everything that is not as the format says about one file.
 * Not here: whether two files claim one block, sums per segment (check.ts).
 * @module
 */
import { at, type Disk, type Report, view } from "./geometry.ts";

export const IFILE_INO = 1;
export const ROOT_INO = 2;
const S_IFDIR = 4;
const S_IFLNK = 10;
const DIRBLKSIZ = 512;

/** An inode's slot on disk. */
export interface Inode {
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly size: number;
  readonly flags: number;
  readonly blocks: number;
  readonly gen: number;
  readonly uid: number;
  readonly gid: number;
  readonly raw: Uint8Array;
}

/** A block that a file owns: data (lbn ≥ 0) or indirect (lbn < 0). */
export interface Owned {
  readonly lbn: number;
  readonly daddr: number;
  readonly bytes: number;
}

/** What the ifile says about one inode. */
export interface IfileEntry {
  readonly version: number;
  readonly daddr: number;
  readonly nextFree: number;
}

/** What the ifile says about one segment. */
export interface SegmentUsage {
  readonly nbytes: number;
  readonly nsums: number;
  readonly ninos: number;
  readonly flags: number;
}

export const fileType = (inode: Inode): number => inode.mode >> 12;

/** The inode in the block at `daddr`: the last slot that has its number. */
export function readInode(disk: Disk, daddr: number, ino: number): Inode | undefined {
  const block = at(disk, daddr, disk.sb.ibsize);
  if (block === undefined) return undefined;
  for (let slot = disk.sb.ibsize / 128 - 1; slot >= 0; slot--) {
    const raw = block.subarray(slot * 128, slot * 128 + 128);
    const v = view(raw);
    if (v.getUint32(4, true) !== ino) continue;
    return {
      ino,
      raw,
      mode: v.getUint16(0, true),
      nlink: v.getInt16(2, true),
      size: Number(v.getBigUint64(8, true)),
      flags: v.getUint32(100, true),
      blocks: v.getUint32(104, true),
      gen: v.getUint32(108, true),
      uid: v.getUint32(112, true),
      gid: v.getUint32(116, true),
    };
  }
  return undefined;
}

function hasBlocks(disk: Disk, inode: Inode): boolean {
  const type = fileType(inode);
  return type === 8 || type === S_IFDIR || (type === S_IFLNK && inode.size >= disk.sb.maxsymlinklen);
}

/** Bytes that data block `lbn` occupies. */
function blockBytes(disk: Disk, inode: Inode, lbn: number): number {
  const { bsize, fsize } = disk.sb;
  if (lbn >= 12 || inode.size >= (lbn + 1) * bsize) return bsize;
  return Math.ceil((inode.size % bsize) / fsize) * fsize;
}

/** Every block of a file. */
export function ownedBlocks(disk: Disk, inode: Inode, report: Report): Owned[] {
  if (!hasBlocks(disk, inode)) {
    if (inode.blocks !== 0) report(`inode ${inode.ino}: ${inode.blocks} blocks, but its type has none`);
    return [];
  }
  const { nindir, bsize } = disk.sb;
  const owned: Owned[] = [];
  const v = view(inode.raw);
  const blockCount = Math.ceil(inode.size / bsize);
  const data = (lbn: number, daddr: number): void => {
    if (daddr === 0) return;
    if (lbn >= blockCount) report(`inode ${inode.ino}: block ${lbn} lies beyond its size ${inode.size}`);
    else owned.push({ lbn, daddr, bytes: blockBytes(disk, inode, lbn) });
  };
  for (let lbn = 0; lbn < 12; lbn++) data(lbn, v.getInt32(40 + 4 * lbn, true));
  const indirect = (level: number, first: number, daddr: number): void => {
    if (daddr === 0) return;
    const bytes = at(disk, daddr, bsize);
    const lbn = -first - level;
    if (bytes === undefined) {
      report(`inode ${inode.ino}: indirect block ${lbn} at ${daddr} is outside the disk`);
      return;
    }
    owned.push({ lbn, daddr, bytes: bsize });
    const table = view(bytes);
    for (let i = 0; i < nindir; i++) {
      const child = table.getInt32(4 * i, true);
      const start = first + i * nindir ** level;
      if (level === 0) data(start, child);
      else indirect(level - 1, start, child);
    }
  };
  let first = 12;
  for (let level = 0; level < 3; level++) {
    indirect(level, first, v.getInt32(88 + 4 * level, true));
    first += nindir ** (level + 1);
  }
  return owned;
}

/** The bytes of a file, holes as zeros. */
export function contents(disk: Disk, inode: Inode, owned: readonly Owned[]): Uint8Array {
  if (fileType(inode) === S_IFLNK && inode.size < disk.sb.maxsymlinklen) return inode.raw.slice(40, 40 + inode.size);
  const bytes = new Uint8Array(inode.size);
  for (const block of owned) {
    if (block.lbn < 0) continue;
    const from = at(disk, block.daddr, block.bytes);
    const offset = block.lbn * disk.sb.bsize;
    if (from !== undefined) bytes.set(from.subarray(0, Math.min(from.length, inode.size - offset)), offset);
  }
  return bytes;
}

/** The ifile, taken apart. */
export interface Ifile {
  readonly inode: Inode;
  readonly owned: readonly Owned[];
  readonly clean: number;
  readonly dirty: number;
  readonly freeHead: number;
  readonly freeTail: number;
  readonly segments: readonly SegmentUsage[];
  readonly entries: readonly IfileEntry[];
}

export function readIfile(disk: Disk, report: Report): Ifile | undefined {
  const { sb, v2 } = disk;
  const inode = readInode(disk, sb.idaddr, IFILE_INO);
  if (inode === undefined) {
    report(`the ifile's inode is not at ${sb.idaddr}`);
    return undefined;
  }
  if (fileType(inode) !== 8 || (inode.mode & 0o777) !== 0o600) report(`ifile: mode 0${inode.mode.toString(8)}`);
  if ((inode.flags & 0x20000) === 0 && v2) report("ifile: not immutable");
  const table = sb.cleansz + sb.segtabsz;
  if (inode.size % sb.bsize !== 0 || inode.size < (table + 1) * sb.bsize) {
    report(`ifile: size ${inode.size}`);
    return undefined;
  }
  const owned = ownedBlocks(disk, inode, report);
  const missing = inode.size / sb.bsize - owned.filter((b) => b.lbn >= 0).length;
  if (missing !== 0) {
    report(`ifile: ${missing} blocks are holes`);
    return undefined;
  }
  const bytes = contents(disk, inode, owned);
  const v = view(bytes);
  const segments: SegmentUsage[] = [];
  for (let n = 0; n < sb.nseg; n++) {
    const o = (sb.cleansz + Math.floor(n / sb.sepb)) * sb.bsize + (n % sb.sepb) * disk.segmentEntryBytes;
    segments.push({
      nbytes: v.getUint32(o, true),
      nsums: v.getUint16(o + 8, true),
      ninos: v.getUint16(o + 10, true),
      flags: v.getUint32(o + 12, true),
    });
  }
  const entries: IfileEntry[] = [];
  for (let block = table; block < inode.size / sb.bsize; block++)
    for (let slot = 0; slot < sb.ifpb; slot++) {
      const o = block * sb.bsize + slot * disk.ifileEntryBytes;
      entries.push({
        version: v.getUint32(o, true),
        daddr: v.getInt32(o + 4, true),
        nextFree: v.getUint32(o + 8, true),
      });
    }
  return {
    inode,
    owned,
    clean: v.getUint32(0, true),
    dirty: v.getUint32(4, true),
    freeHead: v2 ? v.getUint32(16, true) : sb.freeHead,
    freeTail: v2 ? v.getUint32(20, true) : 0,
    segments,
    entries,
  };
}

/** A directory's entries, checked against the rules of one chunk. */
export function readDirectory(inode: Inode, bytes: Uint8Array, holes: boolean, report: Report) {
  const entries: { name: string; ino: number; type: number }[] = [];
  const say = (what: string): void => report(`directory ${inode.ino}: ${what}`);
  if (inode.size === 0 || inode.size % DIRBLKSIZ !== 0) say(`size ${inode.size}`);
  if (holes) say("has holes");
  const names = new Set<string>();
  const v = view(bytes);
  for (let chunk = 0; chunk + DIRBLKSIZ <= bytes.length; chunk += DIRBLKSIZ)
    for (let o = chunk; o < chunk + DIRBLKSIZ; ) {
      const ino = v.getUint32(o, true);
      const reclen = v.getUint16(o + 4, true);
      const type = bytes[o + 6]!;
      const namlen = bytes[o + 7]!;
      if (reclen % 4 !== 0 || reclen < 12 || o + reclen > chunk + DIRBLKSIZ) {
        say(`record of ${reclen} bytes at ${o}`);
        break;
      }
      if (ino !== 0) {
        if (reclen < 8 + Math.ceil((namlen + 1) / 4) * 4 || namlen === 0) say(`name of ${namlen} bytes at ${o}`);
        // Latin-1 keeps every byte apart.
        const name = String.fromCharCode(...bytes.subarray(o + 8, o + 8 + namlen));
        if (/[/\0]/.test(name)) say(`bad name at ${o}`);
        if (bytes[o + 8 + namlen] !== 0) say(`name at ${o} has no NUL behind it`);
        if (names.has(name)) say(`'${name}' twice`);
        names.add(name);
        entries.push({ name, ino, type });
      }
      o += reclen;
    }
  if (entries[0]?.name !== "." || entries[0].ino !== inode.ino) say("does not begin with '.'");
  if (entries[1]?.name !== "..") say("has no '..' in the second place");
  return entries;
}
