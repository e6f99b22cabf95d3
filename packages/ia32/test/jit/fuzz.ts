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
import { differences, firstDifference, noCoverage } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    blocks: { type: "string", default: "100000" },
    only: { type: "string" },
    engine: { type: "string" },
    "keep-going": { type: "boolean", default: false },
  },
});
const engines = Object.entries(ENGINES).filter(([name]) => values.engine === undefined || values.engine === name);
if (engines.length === 0) {
  console.error(`fuzz: no engine is called '${values.engine}'; there are ${Object.keys(ENGINES).join("; ")}`);
  process.exit(2);
}
const coverage = noCoverage();
const coverages = engines.map(() => coverage);
const from = Number(values.only ?? values.seed);
const wanted = values.only === undefined ? Number(values.blocks) : 1;
let blocks = 0;
let failures = 0;
for (let seed = from; blocks < wanted; seed++) {
  const program = generate(seed);
  blocks += program.blocks.length;
  const found = differences(
    program,
    INTERPRETER,
    engines.map(([, engine]) => engine),
    coverages,
  );
  for (const [i, [name, engine]] of engines.entries()) {
    if (found[i] === null) continue;
    failures++;
    const smallest = minimize(program, (candidate) => firstDifference(candidate, INTERPRETER, engine));
    console.log(explain(smallest, engine, `${name}, seed ${seed}`));
    if (!values["keep-going"]) process.exit(1);
  }
}
console.log(
  `${blocks} blocks on ${engines.length} engines, ${coverage.instructions} instructions (${Math.round((100 * coverage.compiled) / coverage.instructions)} % compiled; ${coverage.regions} regions, ${coverage.recompiled} of them again), ${failures} differences; exits ${JSON.stringify(coverage.exits)}`,
);
process.exitCode = failures > 0 ? 1 : 0;
