/**
 * Repair: partial segments that are planned in memory, to be written to segments that nothing needs.
 *
 * Here: giving blocks addresses, and the bytes of the partial segments. Not here: which blocks
 * (`repair.ts`). Contents may change until `bytes`; addresses do not, so the ifile can count itself.
 * @module
 */
import { SS_MAGIC, SS_RFW } from "../format/constants.ts";
import { type Geometry, hasSuperblock, segmentReserve, segmentStart } from "../format/geometry.ts";
import { CRC_TRAILER_SIZE, dataSum, FINFO_SIZE, type LoggedBlock, SegsumV2, sealPseg } from "../format/segsum.ts";

interface PlannedFinfo {
  readonly ino: number;
  readonly version: number;
  lastlength: number;
  readonly lbns: number[];
}

interface PlannedPseg {
  readonly daddr: number;
  readonly segment: number;
  readonly finfos: PlannedFinfo[];
  readonly inodeBlocks: number[];
  ninos: number;
  readonly blocks: { readonly logged: LoggedBlock; readonly bytes: Uint8Array }[];
}

/** Bytes for an address of the disk. */
export interface DiskWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export class LogPlan {
  readonly psegs: PlannedPseg[] = [];
  /** Address behind the last block. */
  offset = 0;
  /** Whether the segments were too few; addresses are meaningless then. */
  full = false;
  readonly #g: Geometry;
  readonly #free: readonly number[];
  #used = 0;
  #open: PlannedPseg | undefined;

  /** `free`: segments to write to, in that order. */
  constructor(g: Geometry, free: readonly number[]) {
    this.#g = g;
    this.#free = free;
    this.#enter();
  }

  /** Segments that have been entered. */
  get segments(): readonly number[] {
    return this.#free.slice(0, this.#used);
  }

  /** The clean segment that follows. */
  get nextSegment(): number {
    return this.#free[this.#used] ?? -1;
  }

  get #end(): number {
    return segmentStart(this.#g, this.#free[this.#used - 1] + 1);
  }

  #enter(): void {
    // One more stays clean: the log goes on in it.
    if (this.#used + 1 >= this.#free.length) {
      this.full = true;
      return;
    }
    const segment = this.#free[this.#used++];
    this.offset = segmentStart(this.#g, segment) + segmentReserve(this.#g, segment, hasSuperblock(this.#g, segment));
  }

  /** What comes next begins a partial segment. */
  close(): void {
    this.#open = undefined;
  }

  #room(summaryBytes: number, units: number): PlannedPseg | undefined {
    const { sumsize, unit } = this.#g;
    const open = this.#open;
    if (open !== undefined && this.offset + units <= this.#end) {
      const lists = open.finfos.reduce((sum, { lbns }) => sum + FINFO_SIZE + 4 * lbns.length, 0);
      if (SegsumV2.size + lists + 4 * open.inodeBlocks.length + CRC_TRAILER_SIZE + summaryBytes <= sumsize) return open;
    }
    if (this.offset + sumsize / unit + units > this.#end) this.#enter();
    if (this.full) return undefined;
    const segment = this.#free[this.#used - 1];
    this.#open = { daddr: this.offset, segment, finfos: [], inodeBlocks: [], ninos: 0, blocks: [] };
    this.psegs.push(this.#open);
    this.offset += sumsize / unit;
    return this.#open;
  }

  /** Gives a block of a file its address. */
  place(ino: number, version: number, lbn: number, bytes: Uint8Array): number {
    const { bsize, unit } = this.#g;
    const pseg = this.#room(FINFO_SIZE + 4, bytes.length / unit);
    if (pseg === undefined) return 0;
    const last = pseg.finfos.at(-1);
    const follows =
      last !== undefined &&
      last.ino === ino &&
      last.lastlength === bsize &&
      (last.lbns.at(-1) as number) >= 0 === lbn >= 0;
    const finfo = follows ? last : { ino, version, lastlength: 0, lbns: [] };
    if (!follows) pseg.finfos.push(finfo);
    finfo.lbns.push(lbn);
    finfo.lastlength = bytes.length;
    return this.#take(pseg, { ino, version, lbn, daddr: this.offset, bytes: bytes.length }, bytes);
  }

  /** Gives a block of `count` inodes its address. */
  placeInodes(bytes: Uint8Array, count: number): number {
    const pseg = this.#room(4, bytes.length / this.#g.unit);
    if (pseg === undefined) return 0;
    pseg.inodeBlocks.push(this.offset);
    pseg.ninos += count;
    return this.#take(pseg, { ino: 0, version: 0, lbn: 0, daddr: this.offset, bytes: bytes.length }, bytes);
  }

  #take(pseg: PlannedPseg, logged: LoggedBlock, bytes: Uint8Array): number {
    pseg.blocks.push({ logged, bytes });
    this.offset += bytes.length / this.#g.unit;
    return logged.daddr;
  }

  /** The partial segments as they go to the disk; serials from `serial + 1` on. */
  bytes(serial: number, time: number): DiskWrite[] {
    const g = this.#g;
    return this.psegs.map((pseg, n) => {
      const units = pseg.blocks.reduce((sum, { bytes }) => sum + bytes.length / g.unit, g.sumsize / g.unit);
      const bytes = new Uint8Array(units * g.unit);
      const view = new DataView(bytes.buffer);
      for (const { logged, bytes: block } of pseg.blocks) bytes.set(block, (logged.daddr - pseg.daddr) * g.unit);
      let at: number = SegsumV2.size;
      for (const { ino, version, lastlength, lbns } of pseg.finfos) {
        for (const [word, value] of [lbns.length, version, ino, lastlength, ...lbns].entries())
          view.setInt32(at + 4 * word, value | 0, true);
        at += FINFO_SIZE + 4 * lbns.length;
      }
      for (const [k, daddr] of pseg.inodeBlocks.entries()) view.setInt32(g.sumsize - 4 * (k + 1), daddr, true);
      const mine = this.#free.indexOf(pseg.segment);
      const number = serial + 1 + n;
      SegsumV2.write(view, 0, {
        ss_sumsum: 0,
        ss_datasum: dataSum(
          g,
          bytes,
          0,
          pseg.daddr,
          pseg.blocks.map(({ logged }) => logged),
        ),
        ss_magic: SS_MAGIC,
        ss_next: segmentStart(g, this.#free[mine + 1]),
        ss_ident: g.ident,
        ss_nfinfo: pseg.finfos.length,
        ss_ninos: pseg.ninos,
        ss_flags: SS_RFW,
        ss_pad: 0,
        ss_reclino: 0,
        ss_serial: [number % 2 ** 32, Math.floor(number / 2 ** 32)],
        ss_create: [time % 2 ** 32, Math.floor(time / 2 ** 32)],
      });
      sealPseg(bytes, 0, bytes.length, g.sumsize, g.sumsize - 4 * pseg.inodeBlocks.length - 4);
      return { offset: pseg.daddr * g.unit, bytes };
    });
  }
}
