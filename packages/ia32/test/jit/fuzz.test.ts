import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { ENGINES, type EngineOptions, INTERPRETER } from "./engines.ts";
import { generate } from "./generate.ts";
import { minimize } from "./minimize.ts";
import { explain } from "./print.ts";
import { readProgram, writeProgram } from "./replay.ts";
import { type Coverage, firstDifference } from "./run.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const LONG = process.env.KINTSUGI_LONG !== undefined;
const SEED = Number(process.env.KINTSUGI_SEED ?? 1);
const NAMES = Object.keys(ENGINES);
/** Random blocks of the long tier and of every run, for all engines together; each has programs of its own. */
const BLOCKS = Math.ceil((LONG ? 10_000_000 : 6_000) / NAMES.length);
/** Blocks for a processor with a TLB of eight entries, in a process of its own. */
const TINY_BLOCKS = LONG ? 200_000 : 300;

describe.each(NAMES)("%s", (name) => {
  test(`does what the interpreter does, over ${BLOCKS} random blocks`, () => {
    const coverage: Coverage = { instructions: 0, compiled: 0, recompiled: 0, exits: {} };
    for (let seed = SEED + NAMES.indexOf(name) * BLOCKS, blocks = 0; blocks < BLOCKS; seed++) {
      const program = generate(seed);
      blocks += program.blocks.length;
      if (firstDifference(program, INTERPRETER, ENGINES[name], coverage) === null) continue;
      const smallest = minimize(program, (candidate) => firstDifference(candidate, INTERPRETER, ENGINES[name]));
      throw new Error(explain(smallest, ENGINES[name], name));
    }
    expect(coverage.instructions).toBeGreaterThan(20 * BLOCKS);
    expect(coverage.recompiled).toBeGreaterThan(0);
    expect(coverage.compiled).toBeGreaterThan(coverage.instructions / 6);
    expect(Object.keys(coverage.exits)).toEqual(expect.arrayContaining(["budget", "exception", "requested"]));
  });
});

test(`all of them do, with a TLB of eight entries, over ${TINY_BLOCKS} blocks each`, async () => {
  const words = ["--import", here("../../../../bench/lockstep/tiny-tlb.mjs"), here("fuzz.ts")];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...words,
    ...["--seed", `${SEED}`, "--blocks", `${TINY_BLOCKS}`],
  ]);
  expect(stdout).toContain(" 0 differences");
});

describe("the fuzzer", () => {
  /** A processor that lacks what SSE2 brought. */
  const lame: EngineOptions = { model: "pentium3" };
  const differs = (program: Parameters<typeof firstDifference>[0]) => firstDifference(program, INTERPRETER, lame);
  const failing = Array.from({ length: 50 }, (_, i) => generate(i)).filter((program) => differs(program) !== null);

  test("notices a processor that does something else", () => {
    expect(failing.length).toBeGreaterThan(0);
  });

  test("cuts a failing program down to the instruction that differs, and shows it", () => {
    const smallest = minimize(failing[0], differs);
    expect(smallest.blocks.flatMap(({ items }) => items).filter(({ bytes }) => bytes.length > 0)).toHaveLength(1);
    expect(smallest.steps).toHaveLength(1);
    expect(explain(smallest, lame, "lame")).toMatch(
      /^DIFFERENCE \(lame\).*\n {2}step 0: .*\n(.*\n)* block \d+:\n {2}.*\n/,
    );
  });

  test("replays a program from its line", () => {
    expect(readProgram(writeProgram(failing[0]))).toEqual(failing[0]);
  });

  test("makes the same program of the same seed", () => {
    expect(generate(7)).toEqual(generate(7));
    expect(generate(7)).not.toEqual(generate(8));
  });
});
