/**
 * One partial segment being put together in the staging area of the arena.
 *
 * The room of a version 2 header and the CRC is left in version 1 too, which has a shorter one and no CRC.
 *
 * Here: what still fits, and the finished bytes: summary, blocks, blocks of inodes, both sums and the CRC.
 * Not here: which blocks (`flush.ts`, `checkpoint/write-ifile.ts`), accounting. Blocks of inodes come
 * last, so that their inodes carry the addresses given just before.
 * @module
 */
import { H, SB, type Volume } from "../cache/arena.ts";
import { DEVICE_WRITE, requestDevice } from "../cache/device.ts";
import { cksum } from "../format/checksum.ts";
import { DINODE_SIZE, SS_MAGIC } from "../format/constants.ts";
import { CRC_TRAILER_SIZE, FINFO_SIZE, SegsumV1, SegsumV2, sealPseg, sealSummary } from "../format/segsum.ts";
import { dinodeAt } from "../inode/inode.ts";

interface OpenFinfo {
  readonly ino: number;
  readonly version: number;
  lastlength: number;
  readonly lbns: number[];
}

/** Exists only inside one step; nothing of it survives a device request. */
export class PartialSegment {
  readonly daddr: number;
  /** Address behind the last block placed. */
  cursor: number;
  readonly #v: Volume;
  /** Units that the summary, blocks and blocks of inodes may take. */
  readonly #limit: number;
  readonly #finfos: OpenFinfo[] = [];
  readonly #inodes: number[] = [];
  #datasum = 0;

  /** `room` in units from `daddr` on. */
  constructor(v: Volume, daddr: number, room: number) {
    this.#v = v;
    this.daddr = daddr;
    this.cursor = daddr + v.g.sumsize / v.g.unit;
    this.#limit = daddr + Math.min(room, Math.floor(v.words[H.stagingSize] / v.g.unit));
  }

  get isEmpty(): boolean {
    return this.#finfos.length === 0 && this.#inodes.length === 0;
  }

  get inodeBlocks(): number {
    return Math.ceil(this.#inodes.length / this.#v.g.inopb);
  }

  /** Address of the block that will hold inode number `index` of those placed. */
  inodeBlockAddress(index: number): number {
    const { g } = this.#v;
    return this.cursor + Math.floor(index / g.inopb) * (g.ibsize / g.unit);
  }

  #fits(units: number, summaryBytes: number, inodes: number): boolean {
    const { g } = this.#v;
    const inodeBlocks = Math.ceil(inodes / g.inopb);
    let used = SegsumV2.size + CRC_TRAILER_SIZE + 4 * inodeBlocks + summaryBytes;
    for (const finfo of this.#finfos) used += FINFO_SIZE + 4 * finfo.lbns.length;
    return (
      used <= g.sumsize &&
      this.cursor + units + (inodeBlocks * g.ibsize) / g.unit <= this.#limit &&
      inodes <= 0xffff &&
      this.#finfos.length < 0xffff
    );
  }

  #open(ino: number): OpenFinfo | undefined {
    const last = this.#finfos.at(-1);
    return last !== undefined && last.ino === ino && last.lastlength === this.#v.g.bsize ? last : undefined;
  }

  fitsBlock(ino: number, bytes: number): boolean {
    const summaryBytes = this.#open(ino) === undefined ? FINFO_SIZE + 4 : 4;
    return this.#fits(bytes / this.#v.g.unit, summaryBytes, this.#inodes.length);
  }

  fitsInode(): boolean {
    return this.#fits(0, 0, this.#inodes.length + 1);
  }

  /** Places a block; its bytes are copied when the segment is finished. Returns its address. */
  placeBlock(ino: number, version: number, lbn: number, bytes: number): number {
    let finfo = this.#open(ino);
    if (finfo === undefined) {
      finfo = { ino, version, lastlength: bytes, lbns: [] };
      this.#finfos.push(finfo);
    }
    finfo.lastlength = bytes;
    finfo.lbns.push(lbn);
    const daddr = this.cursor;
    this.cursor += bytes / this.#v.g.unit;
    return daddr;
  }

  /** Copies a block's bytes to its place; they must not change any more. */
  copyBlock(daddr: number, from: number, bytes: number): void {
    const { g, words, bytes: arena } = this.#v;
    const to = words[H.stagingAt] + (daddr - this.daddr) * g.unit;
    arena.copyWithin(to, from, from + bytes);
    this.#datasum ^= cksum(arena, to, to + 4);
  }

  /** Places an inode; its bytes are copied when the segment is finished. */
  placeInode(ip: number): void {
    this.#inodes.push(ip);
  }

  /** The rows of the inodes placed, in the order of the disk. */
  get inodes(): readonly number[] {
    return this.#inodes;
  }

  /**
   * Writes summary and inodes and asks the device for the whole. `next` is the start of the next segment;
   * the volume's serial is advanced and stored. Returns the units written.
   */
  finish(flags: number, next: number): number {
    const v = this.#v;
    const { g, view, bytes } = v;
    const at = v.words[H.stagingAt];
    const inodeBlocks = this.inodeBlocks;
    const ibAt = at + (this.cursor - this.daddr) * g.unit;
    bytes.fill(0, ibAt, ibAt + inodeBlocks * g.ibsize);
    for (const [n, ip] of this.#inodes.entries()) {
      const from = dinodeAt(v, ip);
      bytes.copyWithin(ibAt + n * DINODE_SIZE, from, from + DINODE_SIZE);
    }
    bytes.fill(0, at, at + g.sumsize);
    for (let k = 0; k < inodeBlocks; k++) {
      const block = ibAt + k * g.ibsize;
      this.#datasum ^= cksum(bytes, block, block + 4);
      view.setInt32(at + g.sumsize - 4 * (k + 1), this.cursor + (k * g.ibsize) / g.unit, true);
    }
    v.serial += 1;
    const seconds = v.words[H.timeSeconds] >>> 0;
    const head = {
      ss_datasum: this.#datasum,
      ss_magic: SS_MAGIC,
      ss_next: next,
      ss_nfinfo: this.#finfos.length,
      ss_ninos: this.#inodes.length,
      ss_flags: flags,
    };
    const serial = [v.serial >>> 0, Math.floor(v.serial / 2 ** 32)];
    if (g.version === 1) SegsumV1.write(view, at, { ...head, ss_create: seconds });
    else SegsumV2.write(view, at, { ...head, ss_ident: g.ident, ss_serial: serial, ss_create: [seconds, 0] });
    let p = at + (g.version === 1 ? SegsumV1.size : SegsumV2.size);
    for (const finfo of this.#finfos) {
      view.setUint32(p, finfo.lbns.length, true);
      view.setUint32(p + 4, finfo.version, true);
      view.setUint32(p + 8, finfo.ino, true);
      view.setUint32(p + 12, finfo.lastlength, true);
      for (const [i, lbn] of finfo.lbns.entries()) view.setInt32(p + FINFO_SIZE + 4 * i, lbn, true);
      p += FINFO_SIZE + 4 * finfo.lbns.length;
    }
    const units = this.cursor - this.daddr + (inodeBlocks * g.ibsize) / g.unit;
    if (g.version === 1) sealSummary(bytes, at, g.sumsize);
    else sealPseg(bytes, at, units * g.unit, g.sumsize, g.sumsize - 4 * inodeBlocks - 4);
    v.setSb(SB.lfs_lastpseg, this.daddr);
    requestDevice(v, DEVICE_WRITE, this.daddr * g.unit, units * g.unit, at);
    return units;
  }
}
