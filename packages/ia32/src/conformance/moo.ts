/**
 * MOO: single instructions of real mode, as an 80286 or a 386EX did them.
 *
 * Here: all tests of a file to the score. Not here: format, machine, comparison (→ moo-*.ts).
 * @module
 */
import type { Settings } from "./hwvec-machine.ts";
import type { MooFile } from "./moo-format.ts";
import { MooMachine } from "./moo-machine.ts";
import type { Score } from "./score.ts";

/** `form`: opcode and register field, which MOO sets have as the file's name. An exception of ours is a failed test. */
export function runMoo(file: MooFile, form: string, score: Score, settings: Settings = {}): void {
  let machine = new MooMachine(settings);
  for (const test of file.tests) {
    try {
      const outcome = machine.check(test, file.cpu);
      if (typeof outcome === "string") score.waive(outcome);
      else score.add(form, outcome, test.name);
    } catch (error) {
      score.add(form, [{ tier: "A", what: `the processor threw: ${String(error)}` }], test.name);
      machine = new MooMachine(settings);
    }
  }
}
