/**
 * LPT: the standard parallel port (SPP), three registers in front of a connector.
 *
 * Here: data, status, control with their inverted bits, and the interrupt of nACK.
 * Not here: what is plugged in (`printer.ts`); EPP, ECP and input through the data pins.
 * The control register reads back what was written: a driver that recovers asks it whether STROBE was
 * asserted. SMSC FDC37C665 data sheet, "Parallel port".
 * @module
 */
import type { Clock, TimedChip } from "../clock.ts";
import type { IrqLine } from "../irq-line.ts";
import type { PortDevice } from "../port-device.ts";
import type { LptPeripheral } from "./connector.ts";
import { PIN_BUSY, PIN_NACK, PIN_NAUTOFD, PIN_NINIT, PIN_NSELECTIN, PIN_NSTROBE } from "./connector.ts";
import { LPT_CONTROL, LPT_CONTROL_DIRECTION, LPT_CONTROL_IRQ_ENABLE, LPT_DATA, LPT_STATUS } from "./registers.ts";

/** The control register's bits whose pins have the opposite level. */
const INVERTED_PINS = PIN_NSTROBE | PIN_NAUTOFD | PIN_NSELECTIN;
const CONTROL_PINS = INVERTED_PINS | PIN_NINIT;
const CONTROL_BITS = CONTROL_PINS | LPT_CONTROL_IRQ_ENABLE | LPT_CONTROL_DIRECTION;

/** Plain, versioned state. The printer's is its own. */
export interface LptState {
  readonly version: 1;
  readonly data: number;
  readonly control: number;
  /** The interrupt line is high: an acknowledge pulse has ended while interrupts were enabled. */
  readonly interrupt: boolean;
}

/** Bits 0..5 are zero after a reset, and so the printer is held in initialisation. */
export const LPT_STATE_AT_RESET: LptState = { version: 1, data: 0, control: 0, interrupt: false };

export class Lpt implements PortDevice, TimedChip {
  readonly #clock: Clock;
  readonly #irq: IrqLine;
  readonly #peripheral: LptPeripheral;
  #data: number;
  #control: number;
  #interrupt: boolean;

  constructor(clock: Clock, irq: IrqLine, peripheral: LptPeripheral, state: LptState = LPT_STATE_AT_RESET) {
    this.#clock = clock;
    this.#irq = irq;
    this.#peripheral = peripheral;
    this.#data = state.data;
    this.#control = state.control;
    this.#interrupt = state.interrupt;
  }

  /** A copy, as of the last access or `advance`; what is plugged in has its own. */
  get state(): LptState {
    return { version: 1, data: this.#data, control: this.#control, interrupt: this.#interrupt };
  }

  read(offset: number): number {
    this.advance(this.#clock.now());
    if (offset === LPT_DATA) return this.#data;
    if (offset === LPT_STATUS) return this.#peripheral.status ^ PIN_BUSY;
    return offset === LPT_CONTROL ? this.#control : 0xff;
  }

  write(offset: number, value: number): void {
    const now = this.#clock.now();
    this.advance(now);
    if (offset === LPT_DATA) this.#data = value & 0xff;
    else if (offset === LPT_CONTROL) this.#control = value & CONTROL_BITS;
    else return;
    if ((this.#control & LPT_CONTROL_IRQ_ENABLE) === 0) this.#setInterrupt(false);
    this.#peripheral.drive(now, this.#data, (this.#control & CONTROL_PINS) ^ INVERTED_PINS);
  }

  nextEvent(): number {
    return this.#peripheral.nextEvent();
  }

  advance(now: number): void {
    for (let at = this.#peripheral.nextEvent(); at <= now; at = this.#peripheral.nextEvent()) {
      const before = this.#peripheral.status;
      this.#peripheral.advance(at);
      if ((this.#control & LPT_CONTROL_IRQ_ENABLE) === 0) continue;
      // The line follows nACK, but stays low until a first pulse has ended: enabling is no request.
      const changed = before ^ this.#peripheral.status;
      if ((changed & PIN_NACK) !== 0) this.#setInterrupt((before & PIN_NACK) === 0);
    }
  }

  #setInterrupt(level: boolean): void {
    if (level === this.#interrupt) return;
    this.#interrupt = level;
    this.#irq.set(level);
  }
}
