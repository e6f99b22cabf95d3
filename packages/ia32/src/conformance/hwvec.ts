/**
 * hwvec: single instructions and short sequences, as a real processor did them.
 *
 * Here: all tests of a file to the score. Not here: format, machine, comparison (→ hwvec-*.ts).
 * @module
 */

import type { Vector } from "./hwvec-format.ts";
import { HwvecMachine, type Settings } from "./hwvec-machine.ts";
import type { Score } from "./score.ts";

/** Runs tests one after the other; an exception of ours is a failure of that test, and the machine is made anew. */
export function runHwvec(vectors: Iterable<Vector>, score: Score, settings: Settings = {}): void {
  let machine = new HwvecMachine(settings);
  for (const vector of vectors) {
    try {
      score.add(vector.f, machine.check(vector), vector.b);
    } catch (error) {
      score.add(vector.f, [{ tier: "A", what: `the processor threw: ${String(error)}` }], vector.b);
      machine = new HwvecMachine(settings);
    }
  }
}
