/**
 * MOO: single instructions of real mode, as an 80286 or a 386EX did them.
 *
 * Here: all tests of a file to the score. Not here: the format (→ moo-format.ts). The processor's public interface starts
 * in protected mode and has no way into real mode: every test counts as failed, with that as the reason.
 * @module
 */
import type { MooFile } from "./moo-format.ts";
import type { Score } from "./score.ts";

const NO_REAL_MODE = { tier: "A", what: "the processor's interface has no real mode" } as const;

/** `form`: opcode and register field, which MOO sets have as the file's name. */
export function runMoo(file: MooFile, form: string, score: Score): void {
  for (const { name } of file.tests) score.add(form, [NO_REAL_MODE], name);
}
