/**
 * 8237A pair: the seven DMA channels of a PC, with their page registers.
 *
 * Here: ports, pages, bytes (0 to 3) and words (5 to 7), moving for a device. Not here: one 8237A
 * (`controller.ts`), the memory, when a device asks. Intel 8237A data sheet (231466-005); IBM PC/AT Technical
 * Reference, "DMA": word channels have address lines 1 to 16, and addresses never carry into the page.
 * @module
 */
import type { DmaMemory } from "../dma-memory.ts";
import type { PortDevice } from "../port-device.ts";
import { DMA_CONTROLLER_STATE_AT_RESET, DmaController, type DmaControllerState } from "./controller.ts";
import * as R from "./registers.ts";

/** Plain, versioned state. */
export interface I8237aState {
  readonly version: 1;
  readonly first: DmaControllerState;
  readonly second: DmaControllerState;
  /** The 16 page registers; those without a channel keep what they are given. */
  readonly pages: readonly number[];
}

export const I8237A_STATE_AT_RESET: I8237aState = {
  version: 1,
  first: DMA_CONTROLLER_STATE_AT_RESET,
  second: DMA_CONTROLLER_STATE_AT_RESET,
  pages: new Array<number>(16).fill(0),
};

/** What a device gets for a read from memory. */
export interface DmaReadResult {
  readonly bytes: Uint8Array;
  /** The terminal count came with the last byte. */
  readonly terminal: boolean;
}

/** What a device gets for a write to memory. */
export interface DmaWriteResult {
  /** Bytes moved: fewer than offered if the terminal count came before, or the channel is closed. */
  readonly count: number;
  readonly terminal: boolean;
}

const PAGE_OF = [
  R.DMA_PAGE_CHANNEL0,
  R.DMA_PAGE_CHANNEL1,
  R.DMA_PAGE_CHANNEL2,
  R.DMA_PAGE_CHANNEL3,
  0,
  R.DMA_PAGE_CHANNEL5,
  R.DMA_PAGE_CHANNEL6,
  R.DMA_PAGE_CHANNEL7,
];

/** Two 8237As. Transfers happen when a device asks for one (`readMemory`, `writeMemory`), in no time of their own. */
export class I8237a implements PortDevice {
  readonly #memory: DmaMemory;
  readonly #first: DmaController;
  readonly #second: DmaController;
  readonly #pages: Uint8Array;

  constructor(memory: DmaMemory, state: I8237aState = I8237A_STATE_AT_RESET) {
    this.#memory = memory;
    this.#first = new DmaController(state.first);
    this.#second = new DmaController(state.second);
    this.#pages = Uint8Array.from(state.pages);
  }

  /** A copy of both controllers and the page registers. */
  get state(): I8237aState {
    return { version: 1, first: this.#first.state, second: this.#second.state, pages: [...this.#pages] };
  }

  /**
   * Moves up to `count` bytes from memory to the device of a channel; whole words on channels 5 to 7.
   * @throws RangeError for a channel that is none of 0..3 and 5..7
   */
  readMemory(channel: number, count: number): DmaReadResult {
    const parts: number[] = [];
    const terminal = this.#move(channel, count, R.DMA_MODE_READ, (address, size) => {
      for (const byte of this.#memory.read(address, size)) parts.push(byte);
    });
    return { bytes: Uint8Array.from(parts), terminal };
  }

  /**
   * Moves bytes from the device of a channel to memory; whole words on channels 5 to 7.
   * @throws RangeError for a channel that is none of 0..3 and 5..7
   */
  writeMemory(channel: number, bytes: Uint8Array): DmaWriteResult {
    let count = 0;
    const terminal = this.#move(channel, bytes.length, R.DMA_MODE_WRITE, (address, size) => {
      this.#memory.write(address, bytes.subarray(count, count + size));
      count += size;
    });
    return { count, terminal };
  }

  read(offset: number): number {
    if (offset < R.DMA_SECOND) return this.#first.read(offset);
    if (offset < R.DMA_PAGE) return this.#second.read((offset - R.DMA_SECOND) >> 1);
    return this.#pages[offset - R.DMA_PAGE] ?? 0xff;
  }

  write(offset: number, value: number): void {
    if (offset < R.DMA_SECOND) this.#first.write(offset, value);
    else if (offset < R.DMA_PAGE) this.#second.write((offset - R.DMA_SECOND) >> 1, value);
    else if (offset - R.DMA_PAGE < this.#pages.length) this.#pages[offset - R.DMA_PAGE] = value;
  }

  /** Steps until the count offered or the terminal count, one unit at a time as the address counts. */
  #move(channel: number, bytes: number, transfer: number, unit: (address: number, size: number) => void): boolean {
    if (!Number.isInteger(channel) || channel < 0 || channel > 7 || channel === 4)
      throw new RangeError(`no device can be wired to DMA channel ${channel}`);
    const words = channel > 4;
    const controller = words ? this.#second : this.#first;
    const local = channel & 3;
    const size = words ? 2 : 1;
    const page = this.#pages[PAGE_OF[channel]];
    for (let left = Math.floor(bytes / size); left > 0 && controller.open(local, transfer); left--) {
      const address = controller.address(local);
      unit(words ? ((page & 0xfe) << 16) | (address << 1) : (page << 16) | address, size);
      if (controller.step(local)) return true;
    }
    return false;
  }
}
