/**
 * Clock and TimedChip: how a chip knows the time, and the time a chip.
 *
 * Here: the two interfaces. Not here: what drives the clock (retired instructions, in our machine).
 * A chip brings itself up to the clock at every access. Between accesses nothing happens that
 * `nextEvent` has not announced, so it is enough to call `advance` then: same calls, same run.
 * @module
 */

/** Virtual time: whole nanoseconds since power-on, never going back. */
export interface Clock {
  /** Virtual ns now; during an access, the time of that access. */
  now(): number;
}

/** A chip that does something later by itself. */
export interface TimedChip {
  /** Virtual time in ns of the next thing to be seen from outside, or Infinity. */
  nextEvent(): number;
  /** Does everything due up to `now` (ns), in order of time. */
  advance(now: number): void;
}
