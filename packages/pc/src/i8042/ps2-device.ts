/**
 * Ps2Device: what hangs on a port of the 8042, bytes in and bytes out.
 *
 * Here: the interface. Not here: the devices (`keyboard.ts`, `mouse.ts`).
 * Answers go before what keys and movement have left waiting; a new command drops answers not yet taken.
 * @module
 */
export interface Ps2Device {
  /** A byte waits for the controller. */
  readonly ready: boolean;
  /** Takes the next byte; only when `ready`. */
  take(): number;
  /** The controller sends a byte. */
  write(byte: number): void;
}
