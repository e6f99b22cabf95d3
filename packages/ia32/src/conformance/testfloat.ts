/**
 * TestFloat: arithmetic of x87 and SSE against Berkeley SoftFloat's, through the instructions that do it.
 *
 * Here: all cases of a file to the score. Not here: format, functions, machine (→ testfloat-*.ts).
 * @module
 */
import type { Settings } from "./hwvec-machine.ts";
import type { Score } from "./score.ts";
import type { TestFloatSection } from "./testfloat-format.ts";
import { TestFloatMachine } from "./testfloat-machine.ts";

/** Runs all cases; a function is a form, its result tier A, its flags tier B. An exception of ours is a failed case. */
export function runTestFloat(sections: readonly TestFloatSection[], score: Score, settings: Settings = {}): void {
  let machine = new TestFloatMachine(settings);
  for (const section of sections)
    for (const test of section.cases) {
      const name = `${section.heading}: ${test.line}`;
      try {
        score.add(section.name, machine.check(section, test), name);
      } catch (error) {
        score.add(section.name, [{ tier: "A", what: `the processor threw: ${String(error)}` }], name);
        machine = new TestFloatMachine(settings);
      }
    }
}
