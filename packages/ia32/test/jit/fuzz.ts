/**
 * The differential fuzzer as a command: random programs on both engines until something differs.
 *
 *     node packages/ia32/test/jit/fuzz.ts [--seed N] [--blocks N] [--only SEED] [--engine NAME] [--keep-going]
 */
import { parseArgs } from "node:util";
import { ENGINES, INTERPRETER } from "./engines.ts";
import { generate } from "./generate.ts";
import { minimize } from "./minimize.ts";
import { explain } from "./print.ts";
import { type Coverage, firstDifference } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    blocks: { type: "string", default: "100000" },
    only: { type: "string" },
    engine: { type: "string" },
    "keep-going": { type: "boolean", default: false },
  },
});
const coverage: Coverage = { instructions: 0, compiled: 0, recompiled: 0, exits: {} };
const from = Number(values.only ?? values.seed);
const wanted = values.only === undefined ? Number(values.blocks) : 1;
let blocks = 0;
let failures = 0;
for (let seed = from; blocks < wanted; seed++) {
  const program = generate(seed);
  blocks += program.blocks.length;
  for (const [name, engine] of Object.entries(ENGINES)) {
    if (values.engine !== undefined && values.engine !== name) continue;
    const found = firstDifference(program, INTERPRETER, engine, coverage);
    if (found === null) continue;
    failures++;
    const smallest = minimize(program, (candidate) => firstDifference(candidate, INTERPRETER, engine));
    console.log(explain(smallest, engine, `${name}, seed ${seed}`));
    if (!values["keep-going"]) process.exit(1);
  }
}
console.log(
  `${blocks} blocks, ${coverage.instructions} instructions (${Math.round((100 * coverage.compiled) / coverage.instructions)} % compiled, ${coverage.recompiled} regions again), ${failures} differences; exits ${JSON.stringify(coverage.exits)}`,
);
process.exitCode = failures > 0 ? 1 : 0;
