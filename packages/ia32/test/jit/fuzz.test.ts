import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { type EngineOptions, INTERPRETER } from "./engines.ts";
import { generate } from "./generate.ts";
import { minimize } from "./minimize.ts";
import { explain } from "./print.ts";
import { readProgram, writeProgram } from "./replay.ts";
import { type Coverage, firstDifference } from "./run.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const LONG = process.env.KINTSUGI_LONG !== undefined;
const SEED = Number(process.env.KINTSUGI_SEED ?? 1);
/** Random blocks. The long tier's ten million take nearly two hours of CPU. */
const BLOCKS = LONG ? 10_000_000 : 3_000;
/** Engines that each block runs on, in turn, beside the interpreter. */
const EACH = LONG ? 1 : 2;
/** Processes that share them. */
const PARTS = LONG ? availableParallelism() : 1;
/** Seeds between the parts; each takes fewer. */
const STRIDE = 10_000_000;
/** Blocks for a processor with a TLB of eight entries. */
const TINY_BLOCKS = LONG ? 200_000 : 300;
const TINY_TLB = ["--import", here("../../../../bench/lockstep/tiny-tlb.mjs")];

/** Runs the command; what each engine's runs were good for. It fails with the command's output, where something differs. */
async function fuzz(seed: number, blocks: number, words: readonly string[], options: readonly string[] = []) {
  const numbers = ["--seed", `${seed}`, "--blocks", `${blocks}`];
  const run = promisify(execFile)(process.execPath, [...words, here("fuzz.ts"), ...numbers, ...options, "--json"]);
  const { stdout } = await run.catch(({ message, stdout }) => {
    throw new Error(`${message}\n${stdout}`);
  });
  expect(stdout).toContain(" 0 differences");
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Coverage[];
}

test(`the engines do what the interpreter does, over ${BLOCKS} random blocks`, async () => {
  const share = Math.ceil(BLOCKS / PARTS);
  const parts = Array.from({ length: PARTS }, (_, part) =>
    fuzz(SEED + part * STRIDE, share, [], ["--each", `${EACH}`]),
  );
  for (const { instructions, recompiled, compiled, exits } of (await Promise.all(parts)).flat()) {
    expect(instructions).toBeGreaterThan(10 * share);
    expect(recompiled).toBeGreaterThan(0);
    expect(compiled).toBeGreaterThan(instructions / 6);
    expect(Object.keys(exits)).toEqual(expect.arrayContaining(["budget", "exception", "requested"]));
  }
});

test(`all of them do, with a TLB of eight entries, over ${TINY_BLOCKS} blocks each`, async () => {
  await fuzz(SEED, TINY_BLOCKS, TINY_TLB);
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
