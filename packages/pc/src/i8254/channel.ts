/**
 * One channel of an 8254: a counter behind an 8-bit port.
 *
 * Here: the order of low and high bytes, the latches of count and status. Not here: counting (`counter.ts`).
 * Intel 8254 data sheet (231164-005), "Write Operations", "Read Operations".
 * @module
 */
import { COUNTER_STATE_AT_RESET, Counter, type CounterState } from "./counter.ts";
import {
  PIT_ACCESS_HIGH,
  PIT_ACCESS_LATCH,
  PIT_ACCESS_LOW,
  PIT_ACCESS_LOW_HIGH,
  PIT_CONTROL_ACCESS_SHIFT,
  PIT_CONTROL_BCD,
  PIT_CONTROL_MODE_SHIFT,
  PIT_STATUS_NULL_COUNT,
  PIT_STATUS_OUT,
} from "./registers.ts";

/** Plain state of a channel. */
export interface ChannelState {
  readonly counter: CounterState;
  /** Control word, without the number of the counter. */
  readonly control: number;
  /** The low byte of a count whose high byte has not been written. */
  readonly lowByte: number | null;
  /** The next read gives the high byte. */
  readonly readHigh: boolean;
  readonly latchedCount: number | null;
  readonly latchedStatus: number | null;
}

export const CHANNEL_STATE_AT_RESET: ChannelState = {
  counter: COUNTER_STATE_AT_RESET,
  control: PIT_ACCESS_LOW_HIGH << PIT_CONTROL_ACCESS_SHIFT,
  lowByte: null,
  readHigh: false,
  latchedCount: null,
  latchedStatus: null,
};

export class Channel {
  readonly counter: Counter;
  readonly #state: { -readonly [K in keyof Omit<ChannelState, "counter">]: ChannelState[K] };

  constructor(state: ChannelState) {
    const { counter, ...rest } = state;
    this.counter = new Counter(counter);
    this.#state = rest;
  }

  get state(): ChannelState {
    return { counter: this.counter.state, ...this.#state };
  }

  /** A control word for this channel, or its counter-latch command. */
  control(word: number): void {
    if (((word >> PIT_CONTROL_ACCESS_SHIFT) & 3) === PIT_ACCESS_LATCH) {
      this.latchCount();
      return;
    }
    const mode = (word >> PIT_CONTROL_MODE_SHIFT) & 7;
    this.counter.program(mode > 5 ? mode - 4 : mode, (word & PIT_CONTROL_BCD) !== 0);
    const { counter: _, ...fresh } = CHANNEL_STATE_AT_RESET;
    Object.assign(this.#state, fresh, { control: word & 0x3f });
  }

  /** Keeps the count for reading; a latch that has not been read is kept as it is. */
  latchCount(): void {
    this.#state.latchedCount ??= this.counter.element;
  }

  /** Keeps the status byte for reading; a latch that has not been read is kept as it is. */
  latchStatus(): void {
    const out = this.counter.out ? PIT_STATUS_OUT : 0;
    const nullCount = this.counter.nullCount ? PIT_STATUS_NULL_COUNT : 0;
    this.#state.latchedStatus ??= out | nullCount | this.#state.control;
  }

  /** The latched status, else the next byte of the latched or else of the running count. */
  read(): number {
    const state = this.#state;
    if (state.latchedStatus !== null) {
      const status = state.latchedStatus;
      state.latchedStatus = null;
      return status;
    }
    const count = state.latchedCount ?? this.counter.element;
    const access = this.#access;
    const high = access === PIT_ACCESS_HIGH || (access === PIT_ACCESS_LOW_HIGH && state.readHigh);
    if (access === PIT_ACCESS_LOW_HIGH) state.readHigh = !state.readHigh;
    if (high || access === PIT_ACCESS_LOW) state.latchedCount = null;
    return high ? count >> 8 : count & 0xff;
  }

  /** The next byte of a count. */
  write(value: number): void {
    const state = this.#state;
    if (this.#access === PIT_ACCESS_LOW) this.counter.writeCount(value);
    else if (this.#access === PIT_ACCESS_HIGH) this.counter.writeCount(value << 8);
    else if (state.lowByte === null) {
      state.lowByte = value;
      this.counter.beginCount();
    } else {
      this.counter.writeCount((value << 8) | state.lowByte);
      state.lowByte = null;
    }
  }

  get #access(): number {
    return (this.#state.control >> PIT_CONTROL_ACCESS_SHIFT) & 3;
  }
}
