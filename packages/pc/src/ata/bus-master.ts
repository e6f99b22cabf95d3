/**
 * BusMaster: one channel's half of the PIIX bus master, led by a table in memory.
 *
 * Here: command, status, the walk along the table. Not here: when a drive asks (`drive.ts`), the other channel.
 * A transfer is one step: the table is read and the data moved at the moment when the drive is ready.
 * Intel 82371SB (PIIX3), "Bus Master IDE Function"; SFF-8038i, section 3.
 * @module
 */
import type { DmaMemory } from "../dma-memory.ts";
import * as R from "./registers.ts";

/** Plain state. */
export interface BusMasterState {
  readonly command: number;
  readonly status: number;
  /** Address of the table. */
  readonly table: number;
}

export const BUS_MASTER_STATE_AT_RESET: BusMasterState = { command: 0, status: 0, table: 0 };

/** What a drive sees of it. */
export interface DmaEngine {
  /** The program has started it. */
  readonly active: boolean;
  /** Moves a drive's data to memory; what finds no place in the table is lost, and then no interrupt may come. */
  toMemory(bytes: Uint8Array): boolean;
  /** Takes a drive's data from memory, or null if the table gives less. */
  fromMemory(count: number): Uint8Array | null;
}

/** A table does not cross 64 KiB, and an entry has eight bytes. */
const TABLE_ENTRIES = 0x2000;

interface Region {
  readonly address: number;
  readonly count: number;
}

export class BusMaster implements DmaEngine {
  readonly #memory: DmaMemory;
  readonly #state: { -readonly [K in keyof BusMasterState]: BusMasterState[K] };

  constructor(memory: DmaMemory, state: BusMasterState) {
    this.#memory = memory;
    this.#state = { ...state };
  }

  get state(): BusMasterState {
    return { ...this.#state };
  }

  get active(): boolean {
    return (this.#state.status & R.ATA_BM_STATUS_ACTIVE) !== 0;
  }

  /** The drive's interrupt has come. */
  interrupt(): void {
    this.#state.status |= R.ATA_BM_STATUS_INTERRUPT;
  }

  toMemory(bytes: Uint8Array): boolean {
    const regions = this.#regions(bytes.length);
    let done = 0;
    for (const { address, count } of regions) {
      this.#memory.write(address, bytes.subarray(done, done + count));
      done += count;
    }
    return done === bytes.length;
  }

  fromMemory(count: number): Uint8Array | null {
    const bytes = new Uint8Array(count);
    let done = 0;
    for (const region of this.#regions(count)) {
      bytes.set(this.#memory.read(region.address, region.count), done);
      done += region.count;
    }
    return done === count ? bytes : null;
  }

  read(offset: number): number {
    const { command, status, table } = this.#state;
    if (offset === R.ATA_BM_COMMAND) return command;
    if (offset === R.ATA_BM_STATUS) return status;
    return offset >= R.ATA_BM_TABLE ? (table >>> (8 * (offset - R.ATA_BM_TABLE))) & 0xff : 0;
  }

  write(offset: number, value: number): void {
    const state = this.#state;
    if (offset === R.ATA_BM_COMMAND) {
      const starts = value & ~state.command & R.ATA_BM_COMMAND_START;
      state.command = value & (R.ATA_BM_COMMAND_START | R.ATA_BM_COMMAND_TO_MEMORY);
      if (starts !== 0) state.status |= R.ATA_BM_STATUS_ACTIVE;
      if ((value & R.ATA_BM_COMMAND_START) === 0) state.status &= ~R.ATA_BM_STATUS_ACTIVE;
    } else if (offset === R.ATA_BM_STATUS) {
      // Interrupt and error are cleared by writing ones.
      const clear = value & (R.ATA_BM_STATUS_INTERRUPT | R.ATA_BM_STATUS_ERROR);
      const kept = state.status & ~clear & ~R.ATA_BM_STATUS_CAPABLE;
      state.status = kept | (value & R.ATA_BM_STATUS_CAPABLE);
    } else if (offset >= R.ATA_BM_TABLE) {
      const shift = 8 * (offset - R.ATA_BM_TABLE);
      state.table = ((state.table & ~(0xff << shift)) | (value << shift)) & ~3;
      state.table >>>= 0;
    }
  }

  /**
   * The places for `count` bytes. The table's status follows section 3.1: a table used up to its end, or one that
   * is too short, ends the activity; a longer one leaves it on.
   */
  #regions(count: number): Region[] {
    const regions: Region[] = [];
    let left = count;
    for (let i = 0; i < TABLE_ENTRIES; i++) {
      const entry = this.#memory.read(this.#state.table + 8 * i, 8);
      const view = new DataView(entry.buffer, entry.byteOffset, 8);
      const size = view.getUint16(4, true) & 0xfffe || 0x10000;
      const part = Math.min(left, size);
      if (part > 0) regions.push({ address: (view.getUint32(0, true) & ~1) >>> 0, count: part });
      left -= part;
      const end = (view.getUint16(6, true) & R.ATA_BM_END_OF_TABLE) !== 0;
      if (end && (left > 0 || part === size)) this.#state.status &= ~R.ATA_BM_STATUS_ACTIVE;
      if (end || left === 0) break;
    }
    return regions;
  }
}
