import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { ENGINES, type EngineOptions, INTERPRETER } from "./engines.ts";
import { generate } from "./generate.ts";
import { minimize } from "./minimize.ts";
import { explain } from "./print.ts";
import { readProgram, writeProgram } from "./replay.ts";
import { differences, firstDifference, noCoverage } from "./run.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const LONG = process.env.KINTSUGI_LONG !== undefined;
const SEED = Number(process.env.KINTSUGI_SEED ?? 1);
const NAMES = Object.keys(ENGINES);
const SHAPES = Object.values(ENGINES);
/** Random blocks, each on the interpreter and on two of the engines in turn. The long tier's ten million take about four hours of CPU. */
const BLOCKS = LONG ? 10_000_000 : 3_000;
const PARTS = LONG ? 8 : 1;
/** Seeds between the parts; each takes fewer. */
const STRIDE = 10_000_000;
/** Blocks for a processor with a TLB of eight entries, in a process of its own. */
const TINY_BLOCKS = LONG ? 200_000 : 300;

test.each(Array.from({ length: PARTS }, (_, part) => part))(
  `all engines do what the interpreter does, over ${BLOCKS / PARTS} random blocks, part %i`,
  (part) => {
    const first = SEED + part * STRIDE;
    const coverages = NAMES.map(noCoverage);
    for (let seed = first, blocks = 0; blocks < BLOCKS / PARTS; seed++) {
      const program = generate(seed);
      blocks += program.blocks.length;
      const turn = [seed % NAMES.length, (seed + 1) % NAMES.length];
      const found = differences(
        program,
        INTERPRETER,
        turn.map((i) => SHAPES[i]),
        turn.map((i) => coverages[i]),
      ).findIndex((difference) => difference !== null);
      if (found < 0) continue;
      const shape = turn[found];
      const smallest = minimize(program, (candidate) => firstDifference(candidate, INTERPRETER, SHAPES[shape]));
      throw new Error(explain(smallest, SHAPES[shape], `${NAMES[shape]}, seed ${seed}`));
    }
    for (const { instructions, recompiled, compiled, exits } of coverages) {
      expect(instructions).toBeGreaterThan((10 * BLOCKS) / PARTS);
      expect(recompiled).toBeGreaterThan(0);
      expect(compiled).toBeGreaterThan(instructions / 6);
      expect(Object.keys(exits)).toEqual(expect.arrayContaining(["budget", "exception", "requested"]));
    }
  },
);

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
