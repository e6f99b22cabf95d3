/**
 * 8254: the three counters of a PC, and the port 61 that gates the third.
 *
 * Here: the control word port, time, OUT of counter 0 to IRQ 0, the speaker's gate.
 * Not here: a counter (`counter.ts`), its bytes (`channel.ts`), the sound.
 * Intel 8254 data sheet (231164-005); port 61 as in the Intel 82371SB (PIIX3), "NMI Status and Control".
 * Counters 1 and 2 have no outputs that act, and so only counter 0 has events.
 * @module
 */
import type { Clock, TimedChip } from "../clock.ts";
import type { IrqLine } from "../irq-line.ts";
import type { PortDevice } from "../port-device.ts";
import { CHANNEL_STATE_AT_RESET, Channel, type ChannelState } from "./channel.ts";
import { COUNTER_STATE_AT_RESET } from "./counter.ts";
import {
  PIT_CONTROL,
  PIT_CONTROL_COUNTER_SHIFT,
  PIT_CONTROL_READ_BACK,
  PIT_COUNTER2,
  PIT_READ_BACK_COUNTER0,
  PIT_READ_BACK_NCOUNT,
  PIT_READ_BACK_NSTATUS,
  PIT_SYSTEM_CHECKS,
  PIT_SYSTEM_CONTROL,
  PIT_SYSTEM_GATE2,
  PIT_SYSTEM_OUT2,
  PIT_SYSTEM_REFRESH,
  PIT_SYSTEM_SPEAKER,
} from "./registers.ts";
import { ticksAt, timeOfTick } from "./ticks.ts";

/** Plain, versioned state. */
export interface I8254State {
  readonly version: 1;
  /** Clock pulses that the counters have taken. */
  readonly ticks: number;
  readonly channels: readonly [ChannelState, ChannelState, ChannelState];
  /** Bits of port 61 that can be written. */
  readonly systemControl: number;
}

export const I8254_STATE_AT_RESET: I8254State = {
  version: 1,
  ticks: 0,
  channels: [
    CHANNEL_STATE_AT_RESET,
    CHANNEL_STATE_AT_RESET,
    { ...CHANNEL_STATE_AT_RESET, counter: { ...COUNTER_STATE_AT_RESET, gate: false } },
  ],
  systemControl: 0,
};

/** The PC refreshed its memory every 15 µs, and the bit of port 61 changes with each: 18 pulses. */
const REFRESH_PULSES = 18;

export class I8254 implements PortDevice, TimedChip {
  readonly #clock: Clock;
  readonly #irq: IrqLine;
  readonly #channels: readonly [Channel, Channel, Channel];
  #ticks: number;
  #systemControl: number;

  /** `irq` gets the level of OUT of counter 0. */
  constructor(clock: Clock, irq: IrqLine, state: I8254State = I8254_STATE_AT_RESET) {
    const [first, second, third] = state.channels;
    this.#clock = clock;
    this.#irq = irq;
    this.#channels = [new Channel(first), new Channel(second), new Channel(third)];
    this.#ticks = state.ticks;
    this.#systemControl = state.systemControl;
  }

  /** A copy, as of the last access or `advance`; a chip built from it goes on there. */
  get state(): I8254State {
    const [first, second, third] = this.#channels;
    return {
      version: 1,
      ticks: this.#ticks,
      channels: [first.state, second.state, third.state],
      systemControl: this.#systemControl,
    };
  }

  read(offset: number): number {
    this.advance(this.#clock.now());
    if (offset < PIT_CONTROL) return this.#channels[offset].read();
    return offset === PIT_SYSTEM_CONTROL ? this.#readSystemControl() : 0xff;
  }

  write(offset: number, value: number): void {
    this.advance(this.#clock.now());
    const before = this.#channels[0].counter.out;
    if (offset < PIT_CONTROL) this.#channels[offset].write(value);
    else if (offset === PIT_CONTROL) this.#control(value);
    else if (offset === PIT_SYSTEM_CONTROL) this.#writeSystemControl(value);
    this.#reportEdge(before);
  }

  nextEvent(): number {
    return timeOfTick(this.#ticks + this.#channels[0].counter.pulsesToEdge());
  }

  advance(now: number): void {
    const pulses = ticksAt(now) - this.#ticks;
    if (pulses <= 0) return;
    this.#ticks += pulses;
    this.#channels[1].counter.advance(pulses);
    this.#channels[2].counter.advance(pulses);
    // Edge by edge, so that the line shows every one of them.
    const { counter } = this.#channels[0];
    for (let left = pulses; left > 0; ) {
      const step = Math.min(left, counter.pulsesToEdge());
      const before = counter.out;
      counter.advance(step);
      left -= step;
      this.#reportEdge(before);
    }
  }

  #reportEdge(before: boolean): void {
    const { out } = this.#channels[0].counter;
    if (out !== before) this.#irq.set(out);
  }

  #control(word: number): void {
    const counter = word >> PIT_CONTROL_COUNTER_SHIFT;
    if (counter !== PIT_CONTROL_READ_BACK) {
      this.#channels[counter].control(word);
      return;
    }
    for (const [i, channel] of this.#channels.entries()) {
      if ((word & (PIT_READ_BACK_COUNTER0 << i)) === 0) continue;
      if ((word & PIT_READ_BACK_NCOUNT) === 0) channel.latchCount();
      if ((word & PIT_READ_BACK_NSTATUS) === 0) channel.latchStatus();
    }
  }

  #readSystemControl(): number {
    const refresh = Math.floor(this.#ticks / REFRESH_PULSES) % 2 === 1 ? PIT_SYSTEM_REFRESH : 0;
    return this.#systemControl | refresh | (this.#channels[PIT_COUNTER2].counter.out ? PIT_SYSTEM_OUT2 : 0);
  }

  #writeSystemControl(value: number): void {
    this.#systemControl = value & (PIT_SYSTEM_GATE2 | PIT_SYSTEM_SPEAKER | PIT_SYSTEM_CHECKS);
    this.#channels[PIT_COUNTER2].counter.setGate((value & PIT_SYSTEM_GATE2) !== 0);
  }
}
