/**
 * The differential fuzzer as a command: random programs on the interpreter and beside it on the engines until something differs.
 *
 *     node packages/ia32/test/jit/fuzz.ts [--seed N] [--blocks N] [--only SEED] [--engine NAME] [--each N] [--keep-going] [--json]
 *
 * `--each`: each program runs on so many of the engines, in turn; otherwise on all. `--json`: the last line is what each engine's runs
 * were good for.
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
    each: { type: "string" },
    "keep-going": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const engines = Object.entries(ENGINES)
  .filter(([name]) => values.engine === undefined || values.engine === name)
  .map(([name, engine]) => ({ name, engine, coverage: noCoverage() }));
if (engines.length === 0) {
  console.error(`fuzz: no engine is called '${values.engine}'; there are ${Object.keys(ENGINES).join("; ")}`);
  process.exit(2);
}
/** A whole number of an option; ends the command where it is none, so that nothing is run and called equal. */
function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  console.error(`fuzz: --${option} wants a whole number from ${least} on, not '${text}'`);
  process.exit(2);
}
const each = Math.min(whole("each", values.each ?? `${engines.length}`, 1), engines.length);
const from = values.only === undefined ? whole("seed", values.seed, 0) : whole("only", values.only, 0);
const wanted = values.only === undefined ? whole("blocks", values.blocks, 1) : 1;
let blocks = 0;
let failures = 0;
for (let seed = from; blocks < wanted; seed++) {
  const program = generate(seed);
  blocks += program.blocks.length;
  const turn = Array.from({ length: each }, (_, i) => engines[(seed + i) % engines.length]);
  const found = differences(
    program,
    INTERPRETER,
    turn.map(({ engine }) => engine),
    turn.map(({ coverage }) => coverage),
  );
  for (const [i, { name, engine }] of turn.entries()) {
    if (found[i] === null) continue;
    failures++;
    const smallest = minimize(program, (candidate) => firstDifference(candidate, INTERPRETER, engine));
    console.log(explain(smallest, engine, `${name}, seed ${seed}`));
    if (!values["keep-going"]) process.exit(1);
  }
}
for (const { name, coverage } of engines) {
  const { instructions, compiled, regions, recompiled, exits } = coverage;
  console.log(
    `${name}: ${instructions} instructions (${Math.round((100 * compiled) / instructions)} % compiled; ${regions} regions, ${recompiled} of them again), exits ${JSON.stringify(exits)}`,
  );
}
console.log(`${blocks} blocks, each on ${each} of ${engines.length} engines, ${failures} differences`);
if (values.json) console.log(JSON.stringify(engines.map(({ coverage }) => coverage)));
process.exitCode = failures > 0 ? 1 : 0;
