/**
 * Repair, first half: which files there are, and which blocks are theirs.
 *
 * Here: inodes from the map, from the log behind the checkpoint and from the summaries, and of their
 * pointers those that nothing contradicts. Not here: names (`repair-tree.ts`), writing (`repair.ts`).
 * A pointer stands unless it leaves the disk, lies behind the end, is another's already, or a summary says
 * that its address is another block; what falls is a hole from then on, and is reported as lost.
 * @module
 */
import { firstDataUnder, levelOf, span } from "../format/addressing.ts";
import {
  LFS_IFILE_INUM,
  LFS_ORPHAN_NEXTFREE,
  MAXSYMLINKLEN,
  NDADDR,
  NIADDR,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../format/constants.ts";
import type { DinodeRecord } from "../format/dinode.ts";
import { blockBytes, segmentOf } from "../format/geometry.ts";
import { type Finding, type FindingCode, type Image, sizeOf } from "./image.ts";
import { type FoundPseg, inodesOf, type Survey } from "./survey.ts";

/** A file as it will be. */
export interface SalvagedFile {
  readonly ino: number;
  readonly di: DinodeRecord;
  size: number;
  nlink: number;
  /** Disk addresses of data blocks that are on the disk. */
  readonly blocks: Map<number, number>;
  /** Data blocks with new contents. */
  readonly fresh: Map<number, Uint8Array>;
}

const TYPES = [S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFCHR, S_IFBLK, S_IFSOCK];

export const isDirectory = (file: SalvagedFile): boolean => (file.di.di_mode & S_IFMT) === S_IFDIR;

/** Whether the pointers of a file are text or a device number. */
export function holdsNoBlocks(file: SalvagedFile): boolean {
  const type = file.di.di_mode & S_IFMT;
  return (type !== S_IFREG && type !== S_IFDIR && type !== S_IFLNK) || (type === S_IFLNK && file.size < MAXSYMLINKLEN);
}

export class Salvage {
  readonly image: Image;
  readonly survey: Survey;
  readonly files: Map<number, SalvagedFile> = new Map();
  /** What cannot be brought back. */
  readonly lost: Finding[] = [];
  /** Segments from which something is read; they are not written to. */
  readonly sources: Set<number> = new Set();
  readonly #claimed = new Set<number>();

  constructor(image: Image, survey: Survey) {
    this.image = image;
    this.survey = survey;
  }

  lose(code: FindingCode, text: string): void {
    if (this.lost.length < 500) this.lost.push({ code, text });
  }

  /** Entries of the inode map that are on the disk. */
  get mapSize(): number {
    const { g } = this.image;
    const blocks = Math.floor(sizeOf(this.image.ifile) / g.bsize) - g.cleansz - g.segtabsz;
    return Math.max(0, Math.min(blocks, g.nseg * (g.ssize / g.bsize))) * g.ifpb;
  }

  /** All files of the checkpoint, and of the log behind it. */
  takeAll(tail: readonly FoundPseg[]): void {
    const { image } = this;
    const { g } = image;
    for (let lbn = 0; lbn < g.cleansz + g.segtabsz + this.mapSize / g.ifpb; lbn++)
      if (this.survey.known.get(image.address(image.ifile, lbn))?.damaged !== false)
        this.lose("ifile", `block ${lbn}: its bytes may be wrong, and so may any file`);
    const latest = new Map<number, { daddr: number; di: DinodeRecord }>();
    for (const pseg of tail) for (const [ino, copy] of inodesOf(image, pseg)) latest.set(ino, copy);
    for (let ino = LFS_IFILE_INUM + 1; ino < this.mapSize; ino++) {
      const entry = image.ifileEntry(ino);
      if (entry.if_daddr === 0 || latest.has(ino)) continue;
      const di = image.inodeAt(entry.if_daddr, ino) ?? this.#fromLog(ino);
      if (di === undefined) this.lose("inode", `${ino} is gone: nothing is left of it`);
      else if (entry.if_nextfree !== LFS_ORPHAN_NEXTFREE || !image.isInside(entry.if_daddr, image.g.ibsize))
        this.take(ino, entry.if_daddr, di);
    }
    for (const [ino, { daddr, di }] of latest) if (ino > LFS_IFILE_INUM) this.take(ino, daddr, di);
  }

  #fromLog(ino: number): DinodeRecord | undefined {
    const copy = this.survey.newest.get(ino);
    return copy === undefined ? undefined : this.image.inodeAt(copy.daddr, ino);
  }

  /** The newest copy of an inode in the log, when the map knows none and a name is left. */
  revive(ino: number): SalvagedFile | undefined {
    const di = this.#fromLog(ino);
    const daddr = this.survey.newest.get(ino)?.daddr ?? 0;
    return di === undefined || ino <= LFS_IFILE_INUM || ino > 2 ** 24 ? undefined : this.take(ino, daddr, di);
  }

  take(ino: number, daddr: number, di: DinodeRecord): SalvagedFile | undefined {
    const { g } = this.image;
    if (this.image.isInside(daddr, g.ibsize)) this.sources.add(segmentOf(g, daddr));
    if (di.di_nlink === 0 || di.di_mode === 0) return undefined;
    if (this.survey.known.get(daddr)?.damaged !== false) this.lose("inode", `${ino}: its bytes may be wrong`);
    if (!TYPES.includes(di.di_mode & S_IFMT)) {
      this.lose("inode", `${ino} is of no type`);
      return undefined;
    }
    const size = Math.min(sizeOf(di), g.maxFileSize);
    const file: SalvagedFile = { ino, di, size, nlink: di.di_nlink, blocks: new Map(), fresh: new Map() };
    if (!holdsNoBlocks(file)) {
      for (let n = 0; n < NDADDR; n++) this.#visit(file, n, di.di_db[n] | 0);
      for (let level = 1, first = NDADDR; level <= NIADDR; first += span(g.nindir, level++))
        this.#visit(file, -first - (level - 1), di.di_ib[level - 1] | 0);
      // A size that no block comes near is damage, but only where holes are forbidden.
      if (!isDirectory(file)) return this.#keep(file);
      let mapped = -1;
      for (const lbn of file.blocks.keys()) mapped = Math.max(mapped, lbn);
      file.size = Math.min(Math.ceil(size / 512) * 512, (mapped + 1) * g.bsize, g.nseg * g.ssize);
      for (const lbn of file.blocks.keys()) if (lbn * g.bsize >= file.size) file.blocks.delete(lbn);
    }
    return this.#keep(file);
  }

  #keep(file: SalvagedFile): SalvagedFile {
    this.files.set(file.ino, file);
    return file;
  }

  #visit(file: SalvagedFile, lbn: number, daddr: number): void {
    if (daddr === 0) return;
    const { g } = this.image;
    const level = levelOf(g.nindir, lbn);
    const first = firstDataUnder(g.nindir, lbn);
    const bytes = blockBytes(g, file.size, lbn);
    const units = bytes / g.unit;
    const known = this.survey.known.get(daddr);
    const place = `inode ${file.ino} block ${lbn}`;
    if (first * g.bsize >= file.size) return;
    const wrong = this.#contradiction(file.ino, lbn, daddr, bytes);
    if (wrong !== undefined) {
      this.lose("block", `${place}: address ${daddr} ${wrong}`);
      return;
    }
    for (let unit = daddr; unit < daddr + units; unit++) this.#claimed.add(unit);
    this.sources.add(segmentOf(g, daddr));
    if (known === undefined || known.damaged) this.lose("block", `${place}: its bytes may be wrong`);
    if (level === 0) {
      file.blocks.set(lbn, daddr);
      return;
    }
    const block = this.image.block(daddr, g.bsize);
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    const step = span(g.nindir, level - 1);
    for (let n = 0; n < g.nindir; n++) {
      const below = first + n * step;
      this.#visit(file, level === 1 ? below : -below - (level - 2), view.getInt32(4 * n, true));
    }
  }

  /** Why an address cannot be that of a block. */
  #contradiction(ino: number, lbn: number, daddr: number, bytes: number): string | undefined {
    const known = this.survey.known.get(daddr);
    if (!this.image.isInside(daddr, bytes)) return "is not on the disk";
    if (known !== undefined && (known.block.ino !== ino || known.block.lbn !== lbn)) return "is another block";
    for (let unit = daddr; unit < daddr + bytes / this.image.g.unit; unit++)
      if (this.#claimed.has(unit)) return "is in use";
    return undefined;
  }

  /** The bytes of a data block. */
  data(file: SalvagedFile, lbn: number): Uint8Array {
    const bytes = blockBytes(this.image.g, file.size, lbn);
    const daddr = file.blocks.get(lbn);
    return file.fresh.get(lbn) ?? (daddr === undefined ? new Uint8Array(bytes) : this.image.block(daddr, bytes));
  }
}
