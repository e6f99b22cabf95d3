/**
 * MC146818: a PC's real-time clock, its interrupts and its CMOS memory.
 *
 * Here: index and data port, the divider in virtual time, flags, the interrupt line.
 * Not here: the calendar (`time-of-day.ts`), the meaning of the memory (`cmos.ts`). The crystal is 32,768 Hz.
 * Motorola MC146818 data sheet (1984); the section is named where a rule is not obvious.
 * @module
 */
import type { Clock, TimedChip } from "../clock.ts";
import type { IrqLine } from "../irq-line.ts";
import type { PortDevice } from "../port-device.ts";
import * as R from "./registers.ts";
import { addSecond, alarmMatches } from "./time-of-day.ts";

/** Pulses of the crystal per second, and that many ns. */
const CRYSTAL = 32768;
const SECOND = 1_000_000_000;
/** "Update Cycle": UIP is set 244 µs before an update of 1,984 µs; here the new time shows at its end. */
const UPDATE_PULSES = 73;

/** Plain, versioned state. */
export interface Mc146818State {
  readonly version: 1;
  /** Byte that the data port shows. */
  readonly index: number;
  /** 128 bytes; registers A to D among them, without UIP and VRT. */
  readonly memory: readonly number[];
  /** Virtual ns at which the divider would have been 0; half a second before or after may be negative. */
  readonly origin: number;
  /** Pulses that the divider has counted from there, or null while it is stopped. */
  readonly pulses: number | null;
  /** Level of the interrupt line. */
  readonly interrupt: boolean;
}

/** As firmware leaves it: 24 hours, BCD, the divider running at 1,024 Hz for an interrupt that is off. */
export const MC146818_STATE_AT_RESET: Mc146818State = {
  version: 1,
  index: 0,
  memory: Array.from({ length: R.RTC_MEMORY_SIZE }, (_, i) =>
    i === R.RTC_A ? R.RTC_A_DV_32768 | 6 : i === R.RTC_B ? R.RTC_B_24_HOUR : 0,
  ),
  origin: 0,
  pulses: 0,
  interrupt: false,
};

export class Mc146818 implements PortDevice, TimedChip {
  readonly #clock: Clock;
  readonly #irq: IrqLine;
  readonly #memory: Uint8Array;
  #index: number;
  #origin: number;
  #pulses: number | null;
  #interrupt: boolean;

  constructor(clock: Clock, irq: IrqLine, state: Mc146818State = MC146818_STATE_AT_RESET) {
    this.#clock = clock;
    this.#irq = irq;
    this.#memory = Uint8Array.from(state.memory);
    this.#index = state.index;
    this.#origin = state.origin;
    this.#pulses = state.pulses;
    this.#interrupt = state.interrupt;
  }

  /** A copy, as of the last access or `advance`; a chip built from it goes on there. */
  get state(): Mc146818State {
    return {
      version: 1,
      index: this.#index,
      memory: [...this.#memory],
      origin: this.#origin,
      pulses: this.#pulses,
      interrupt: this.#interrupt,
    };
  }

  read(offset: number): number {
    this.advance(this.#clock.now());
    // The index port can only be written.
    if (offset !== R.RTC_DATA) return 0xff;
    const value = this.#memory[this.#index];
    if (this.#index === R.RTC_A) return value | (this.#updating ? R.RTC_A_UIP : 0);
    if (this.#index === R.RTC_D) return R.RTC_D_VRT;
    if (this.#index !== R.RTC_C) return value;
    this.#memory[R.RTC_C] = 0;
    this.#updateInterrupt();
    return value;
  }

  write(offset: number, value: number): void {
    const now = this.#clock.now();
    this.advance(now);
    if (offset === R.RTC_INDEX) this.#index = value & R.RTC_INDEX_MASK;
    else if (offset === R.RTC_DATA) this.#writeData(value, now);
  }

  nextEvent(): number {
    const pulses = this.#pulses;
    const c = this.#memory[R.RTC_C];
    // A line that is high stays so until register C is read.
    if (pulses === null || (c & R.RTC_C_IRQF) !== 0) return Number.POSITIVE_INFINITY;
    const b = this.#memory[R.RTC_B];
    const period = this.#period;
    const periodic =
      (b & R.RTC_B_PIE) !== 0 && period > 0 ? pulses - (pulses % period) + period : Number.POSITIVE_INFINITY;
    const updates = (b & R.RTC_B_SET) === 0 && (b & (R.RTC_B_UIE | R.RTC_B_AIE)) !== 0;
    const update = updates ? pulses - (pulses % CRYSTAL) + CRYSTAL : Number.POSITIVE_INFINITY;
    const next = Math.min(periodic, update);
    if (next === Number.POSITIVE_INFINITY) return next;
    const seconds = Math.floor(next / CRYSTAL);
    return this.#origin + seconds * SECOND + Math.ceil(((next - seconds * CRYSTAL) * SECOND) / CRYSTAL);
  }

  advance(now: number): void {
    const before = this.#pulses;
    if (before === null) return;
    const elapsed = now - this.#origin;
    const seconds = Math.floor(elapsed / SECOND);
    const after = seconds * CRYSTAL + Math.floor(((elapsed - seconds * SECOND) * CRYSTAL) / SECOND);
    if (after <= before) return;
    this.#pulses = after;
    for (let at = Math.floor(before / CRYSTAL); at < Math.floor(after / CRYSTAL); at++) this.#update();
    const period = this.#period;
    if (period > 0 && Math.floor(after / period) > Math.floor(before / period)) this.#memory[R.RTC_C] |= R.RTC_C_PF;
    this.#updateInterrupt();
  }

  /** "Periodic Interrupt Rate": pulses between two of them, or 0 for none. */
  get #period(): number {
    const rate = this.#memory[R.RTC_A] & R.RTC_A_RS_MASK;
    if (rate === 0) return 0;
    return 1 << (rate <= 2 ? rate + 6 : rate - 1);
  }

  get #updating(): boolean {
    const stopped = (this.#memory[R.RTC_B] & R.RTC_B_SET) !== 0;
    return !stopped && this.#pulses !== null && CRYSTAL - (this.#pulses % CRYSTAL) <= UPDATE_PULSES;
  }

  #update(): void {
    if ((this.#memory[R.RTC_B] & R.RTC_B_SET) !== 0) return;
    addSecond(this.#memory);
    this.#memory[R.RTC_C] |= R.RTC_C_UF | (alarmMatches(this.#memory) ? R.RTC_C_AF : 0);
  }

  #writeData(value: number, now: number): void {
    if (this.#index === R.RTC_C || this.#index === R.RTC_D) return;
    if (this.#index === R.RTC_A) {
      this.#memory[R.RTC_A] = value & ~R.RTC_A_UIP;
      this.#setDivider(now);
      return;
    }
    this.#memory[this.#index] = value;
    if (this.#index !== R.RTC_B) return;
    // "Register B": setting SET clears UIE.
    if ((value & R.RTC_B_SET) !== 0) this.#memory[R.RTC_B] &= ~R.RTC_B_UIE;
    this.#updateInterrupt();
  }

  /** "Divider Control": when a stopped divider is let go, the first update comes half a second later. */
  #setDivider(now: number): void {
    const runs = (this.#memory[R.RTC_A] & R.RTC_A_DV_MASK) === R.RTC_A_DV_32768;
    if (!runs) this.#pulses = null;
    else if (this.#pulses === null) {
      this.#pulses = CRYSTAL / 2;
      this.#origin = now - SECOND / 2;
    }
  }

  #updateInterrupt(): void {
    const c = this.#memory[R.RTC_C] & ~R.RTC_C_IRQF;
    const level = (c & this.#memory[R.RTC_B] & (R.RTC_B_PIE | R.RTC_B_AIE | R.RTC_B_UIE)) !== 0;
    this.#memory[R.RTC_C] = level ? c | R.RTC_C_IRQF : c;
    if (level === this.#interrupt) return;
    this.#interrupt = level;
    this.#irq.set(level);
  }
}
