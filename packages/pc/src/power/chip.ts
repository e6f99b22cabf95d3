/**
 * Power control: how a program resets the machine or switches it off.
 *
 * Here: the reset control register of the PIIX and the exit port. Not here: the reset itself, which is
 * the machine's. Intel 82371SB (PIIX3) data sheet, "Reset Control Register"; the exit port is our own.
 * @module
 */
import type { PortDevice } from "../port-device.ts";
import { POWER_EXIT, POWER_RESET_CONTROL, POWER_RESET_RCPU, POWER_RESET_SRST } from "./registers.ts";

/** What leaves the chip. */
export interface PowerEvents {
  /** The machine is to be switched off, with this exit code (0..255). */
  onPowerOff(code: number): void;
  /** The machine is to be reset: `hard` is everything, else the processor alone. */
  onReset(hard: boolean): void;
}

/** Plain, versioned state. */
export interface PowerState {
  readonly version: 1;
  /** Reset control register. */
  readonly resetControl: number;
}

export const POWER_STATE_AT_RESET: PowerState = { version: 1, resetControl: 0 };

/** Tells of resets (an edge of RCPU) and of the end (any write to the exit port); the machine does them. */
export class PowerControl implements PortDevice {
  readonly #events: PowerEvents;
  #resetControl: number;

  constructor(events: PowerEvents, state: PowerState = POWER_STATE_AT_RESET) {
    this.#events = events;
    this.#resetControl = state.resetControl;
  }

  /** A copy; a power-off leaves nothing in it. */
  get state(): PowerState {
    return { version: 1, resetControl: this.#resetControl };
  }

  read(offset: number): number {
    return offset === POWER_RESET_CONTROL ? this.#resetControl : 0;
  }

  write(offset: number, value: number): void {
    if (offset === POWER_EXIT) this.#events.onPowerOff(value & 0xff);
    if (offset !== POWER_RESET_CONTROL) return;
    const starts = (value & ~this.#resetControl & POWER_RESET_RCPU) !== 0;
    this.#resetControl = value & (POWER_RESET_SRST | POWER_RESET_RCPU);
    if (starts) this.#events.onReset((value & POWER_RESET_SRST) !== 0);
  }
}
