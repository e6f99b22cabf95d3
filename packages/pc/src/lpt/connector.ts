/**
 * The connector between a parallel port and what is plugged into it.
 *
 * Here: the two sides' levels as numbers of pins, not inverted: a bit is 1 when the pin is high.
 * Not here: the registers' inverted view of them (`chip.ts`). IEEE Std 1284-1994, table of signals.
 * @module
 */
import type { TimedChip } from "../clock.ts";

/** Pins driven by the port. */
export const PIN_NSTROBE = 0x01;
export const PIN_NAUTOFD = 0x02;
export const PIN_NINIT = 0x04;
export const PIN_NSELECTIN = 0x08;

/** Pins driven by the printer, at the places that they have in the status register. */
export const PIN_NFAULT = 0x08;
export const PIN_SELECT = 0x10;
export const PIN_PERROR = 0x20;
export const PIN_NACK = 0x40;
export const PIN_BUSY = 0x80;

/** What is plugged into a parallel port. */
export interface LptPeripheral extends TimedChip {
  /** The port drives these levels from `now` (ns) on: the eight data pins and the four control pins. */
  drive(now: number, data: number, control: number): void;
  /** Levels of the five status pins, as of the last `drive` or `advance`. */
  readonly status: number;
}
