/**
 * Printer: a strict Centronics printer that counts what it should not see.
 *
 * Here: latching on STROBE, BUSY and nACK in time, the count of pulse-width violations.
 * Not here: the port's registers (`chip.ts`); what the bytes mean (`paper` gets them raw).
 * The byte is taken on the *asserting* edge of STROBE; driving the same level again is no edge. IEEE Std
 * 1284-1994, compatibility mode; the pulse width is Arc's 5 ms (thesis 5.1.2) unless another is given.
 * A violation is counted, and every byte is printed all the same: paper shows what the driver did.
 * @module
 */
import type { LptPeripheral } from "./connector.ts";
import { PIN_BUSY, PIN_NACK, PIN_NFAULT, PIN_NINIT, PIN_NSTROBE, PIN_SELECT } from "./connector.ts";

/** Arc's minimum for STROBE asserted, and for the pause before the next assertion, in ns. */
export const PRINTER_MINIMUM_PULSE = 5_000_000;
/** From the asserting edge of STROBE to the acknowledge pulse, in ns. */
export const PRINTER_BUSY_TIME = 10_000;
/** Width of the acknowledge pulse, in ns; BUSY ends with it. */
export const PRINTER_ACK_TIME = 5_000;

/** Plain, versioned state. Times are virtual ns; null is "not yet" or "not now". */
export interface PrinterState {
  readonly version: 1;
  /** Levels of the data pins. */
  readonly data: number;
  /** STROBE is asserted (its pin is low). */
  readonly strobe: boolean;
  /** The last edge of STROBE. */
  readonly edgeAt: number | null;
  /** The asserting edge whose byte the printer is busy with. */
  readonly busySince: number | null;
  /** nACK is low. */
  readonly acknowledging: boolean;
  /** Bytes put on paper. */
  readonly bytes: number;
  /** Pulses too short, pauses too short, data changed under an asserted STROBE. */
  readonly violations: number;
}

export const PRINTER_STATE_AT_RESET: PrinterState = {
  version: 1,
  data: 0,
  strobe: false,
  edgeAt: null,
  busySince: null,
  acknowledging: false,
  bytes: 0,
  violations: 0,
};

export class Printer implements LptPeripheral {
  readonly #paper: (byte: number) => void;
  readonly #minimumPulse: number;
  readonly #state: { -readonly [K in keyof PrinterState]: PrinterState[K] };

  /** `paper` gets each byte as it is latched; `minimumPulse` is in ns. */
  constructor(
    paper: (byte: number) => void,
    minimumPulse: number = PRINTER_MINIMUM_PULSE,
    state: PrinterState = PRINTER_STATE_AT_RESET,
  ) {
    this.#paper = paper;
    this.#minimumPulse = minimumPulse;
    this.#state = { ...state };
  }

  /** A copy; the paper is not in it, only how many bytes are on it. */
  get state(): PrinterState {
    return { ...this.#state };
  }

  get status(): number {
    const { busySince, acknowledging } = this.#state;
    return PIN_NFAULT | PIN_SELECT | (acknowledging ? 0 : PIN_NACK) | (busySince === null ? 0 : PIN_BUSY);
  }

  drive(now: number, data: number, control: number): void {
    this.advance(now);
    const state = this.#state;
    const strobe = (control & PIN_NSTROBE) === 0;
    if (data !== state.data && state.strobe && strobe) state.violations++;
    state.data = data;
    if (strobe !== state.strobe) {
      if (state.edgeAt !== null && now - state.edgeAt < this.#minimumPulse) state.violations++;
      state.strobe = strobe;
      state.edgeAt = now;
      if (strobe) this.#latch(now);
    }
    if ((control & PIN_NINIT) === 0) {
      state.busySince = null;
      state.acknowledging = false;
    }
  }

  nextEvent(): number {
    const { busySince, acknowledging } = this.#state;
    if (busySince === null) return Number.POSITIVE_INFINITY;
    return busySince + PRINTER_BUSY_TIME + (acknowledging ? PRINTER_ACK_TIME : 0);
  }

  advance(now: number): void {
    const state = this.#state;
    while (this.nextEvent() <= now) {
      if (state.acknowledging) state.busySince = null;
      state.acknowledging = !state.acknowledging;
    }
  }

  #latch(now: number): void {
    this.#state.bytes++;
    this.#state.busySince = now;
    this.#state.acknowledging = false;
    this.#paper(this.#state.data);
  }
}
