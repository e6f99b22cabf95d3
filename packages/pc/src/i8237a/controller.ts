/**
 * One 8237A: four channels of address and count.
 *
 * Here: its registers, and a channel's steps. Not here: pages, widths and memory (`chip.ts`).
 * Compressed timing, priorities, memory-to-memory and software requests change nothing here: a transfer is
 * one step of the device that asks for it. Intel 8237A data sheet (231466-005), "Register Description".
 * @module
 */
import * as R from "./registers.ts";

/** Plain state of a channel. */
export interface DmaChannelState {
  readonly baseAddress: number;
  readonly baseCount: number;
  readonly address: number;
  readonly count: number;
  readonly mode: number;
}

/** Plain state. */
export interface DmaControllerState {
  readonly channels: readonly DmaChannelState[];
  readonly command: number;
  /** A bit per channel. */
  readonly mask: number;
  readonly request: number;
  /** Terminal counts reached since the status was read, a bit per channel. */
  readonly terminal: number;
  /** The next access to an address or a count is to its high byte. */
  readonly high: boolean;
}

const CHANNEL: DmaChannelState = { baseAddress: 0, baseCount: 0, address: 0, count: 0, mode: 0 };

export const DMA_CONTROLLER_STATE_AT_RESET: DmaControllerState = {
  channels: [CHANNEL, CHANNEL, CHANNEL, CHANNEL],
  command: 0,
  mask: 0x0f,
  request: 0,
  terminal: 0,
  high: false,
};

type Fields<T> = { -readonly [K in keyof T]: T[K] };

export class DmaController {
  readonly #channels: Fields<DmaChannelState>[];
  readonly #state: Fields<Omit<DmaControllerState, "channels">>;

  constructor(state: DmaControllerState) {
    const { channels, ...rest } = state;
    this.#channels = channels.map((channel) => ({ ...channel }));
    this.#state = rest;
  }

  get state(): DmaControllerState {
    return { ...this.#state, channels: this.#channels.map((channel) => ({ ...channel })) };
  }

  /** The channel would move something for its device now. */
  open(channel: number, transfer: number): boolean {
    const { command, mask } = this.#state;
    const { mode } = this.#channels[channel];
    const off = (command & R.DMA_COMMAND_DISABLE) !== 0 || (mask & (1 << channel)) !== 0;
    return !off && (mode & R.DMA_MODE_CASCADE) !== R.DMA_MODE_CASCADE && (mode & R.DMA_MODE_TRANSFER) === transfer;
  }

  address(channel: number): number {
    return this.#channels[channel].address;
  }

  /** Takes one step. Gives true when the terminal count was reached. */
  step(channel: number): boolean {
    const it = this.#channels[channel];
    it.address = (it.address + ((it.mode & R.DMA_MODE_DOWN) === 0 ? 1 : -1)) & 0xffff;
    it.count--;
    if (it.count >= 0) return false;
    it.count = 0xffff;
    this.#state.terminal |= 1 << channel;
    this.#state.request &= ~(1 << channel);
    if ((it.mode & R.DMA_MODE_AUTO) === 0) this.#state.mask |= 1 << channel;
    else {
      it.address = it.baseAddress;
      it.count = it.baseCount;
    }
    return true;
  }

  read(register: number): number {
    const state = this.#state;
    if (register < R.DMA_STATUS) {
      const channel = this.#channels[register >> 1];
      return this.#half((register & 1) === 0 ? channel.address : channel.count);
    }
    if (register === R.DMA_STATUS) {
      const status = state.terminal | (state.request << 4);
      state.terminal = 0;
      return status;
    }
    if (register === R.DMA_ALL_MASK) return state.mask | 0xf0;
    return register === R.DMA_TEMPORARY ? 0 : 0xff;
  }

  write(register: number, value: number): void {
    const state = this.#state;
    const bit = 1 << (value & 3);
    switch (register) {
      case R.DMA_COMMAND:
        state.command = value;
        break;
      case R.DMA_REQUEST:
        state.request = (value & R.DMA_BIT_SET) === 0 ? state.request & ~bit : state.request | bit;
        break;
      case R.DMA_SINGLE_MASK:
        state.mask = (value & R.DMA_BIT_SET) === 0 ? state.mask & ~bit : state.mask | bit;
        break;
      case R.DMA_MODE:
        this.#channels[value & 3].mode = value & 0xfc;
        break;
      case R.DMA_CLEAR_FLIP_FLOP:
        state.high = false;
        break;
      case R.DMA_MASTER_CLEAR: {
        const { channels: _, ...fresh } = DMA_CONTROLLER_STATE_AT_RESET;
        Object.assign(state, fresh);
        break;
      }
      case R.DMA_CLEAR_MASK:
        state.mask = 0;
        break;
      case R.DMA_ALL_MASK:
        state.mask = value & 0x0f;
        break;
      default:
        this.#writeHalf(register, value);
    }
  }

  #half(value: number): number {
    const { high } = this.#state;
    this.#state.high = !high;
    return high ? value >> 8 : value & 0xff;
  }

  /** Base and current register are written together. */
  #writeHalf(register: number, value: number): void {
    const channel = this.#channels[register >> 1];
    const { high } = this.#state;
    this.#state.high = !high;
    const put = (old: number): number => (high ? (old & 0x00ff) | (value << 8) : (old & 0xff00) | value);
    if ((register & 1) === 0) {
      channel.baseAddress = put(channel.baseAddress);
      channel.address = put(channel.address);
    } else {
      channel.baseCount = put(channel.baseCount);
      channel.count = put(channel.count);
    }
  }
}
