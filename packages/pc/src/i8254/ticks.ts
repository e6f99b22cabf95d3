/**
 * Virtual nanoseconds to counts of the 8254's clock and back, exactly.
 *
 * Here: two pure functions. Not here: the counters.
 * Whole seconds apart, so that no product leaves the integers that a number holds.
 * @module
 */
import { PIT_FREQUENCY } from "./registers.ts";

const SECOND = 1_000_000_000;

/** Clock pulses from power-on up to and including `now` (ns). */
export function ticksAt(now: number): number {
  const seconds = Math.floor(now / SECOND);
  return seconds * PIT_FREQUENCY + Math.floor(((now - seconds * SECOND) * PIT_FREQUENCY) / SECOND);
}

/** The first moment (ns) at which pulse number `tick` has come; Infinity for Infinity. */
export function timeOfTick(tick: number): number {
  if (tick === Number.POSITIVE_INFINITY) return tick;
  const seconds = Math.floor(tick / PIT_FREQUENCY);
  return seconds * SECOND + Math.ceil(((tick - seconds * PIT_FREQUENCY) * SECOND) / PIT_FREQUENCY);
}
