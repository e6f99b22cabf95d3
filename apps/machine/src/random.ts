/**
 * A small seeded generator whose whole state is one word.
 *
 * Here: the chance that the machine itself needs (when typed characters arrive) and that tests draw from.
 * Not here: anything a guest could see as entropy. Reference: the mulberry32 mixing function (public domain), written anew.
 * @module
 */

/** Moves `state` (a word) one step; the next state is also the seed of the next draw. */
export function step(state: number): number {
  return (state + 0x6d2b79f5) | 0;
}

/** The 32 random bits (0 … 2³²-1) that belong to a state. */
export function bits(state: number): number {
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (t ^ (t >>> 14)) >>> 0;
}

/** A stream of draws; `state` is plain, so that a stream can be stored and continued. */
export class Random {
  state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** An integer, 0 ≤ result < `limit` (1 … 2³²). */
  below(limit: number): number {
    this.state = step(this.state);
    return Math.floor((bits(this.state) / 0x1_0000_0000) * limit);
  }
}
