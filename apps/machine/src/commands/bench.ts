/**
 * `kintsugi bench`: how fast this machine executes the bench guest, and how much of it compiled.
 *
 * Here: options, CPU time, printing. Not here: the run (→ ../bench/), other emulators beside it (bench/ of the repository).
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import type { BenchRun, BenchSample } from "../bench/guest-run.ts";
import { ALL_KERNELS, KERNELS, type KernelClass } from "../bench/kernels.ts";
import { EXIT_FAILED } from "./exit-codes.ts";
import { UsageError } from "./options.ts";
import { writeOut } from "./streams.ts";

type EngineName = "interpreter" | "jit";

interface BenchFlags {
  readonly list: readonly string[];
  readonly engine: readonly EngineName[];
  readonly repetitions: number;
  readonly scale: number;
  readonly json?: boolean;
}

const ENGINES: readonly EngineName[] = ["interpreter", "jit"];
const GUEST = fileURLToPath(new URL("../../../../bench/guest/bench.elf", import.meta.url));

/** Adds the command; `ended` hears the exit code. */
export function benchCommand(program: Command, ended: (code: number) => void): void {
  program
    .command("bench")
    .description("run the bench guest and print CPU times: medians of all repetitions but the first")
    .option("--list <KERNELS>", `kernels or classes (${Object.keys(KERNELS).join(", ")}), with commas`, parseList, [
      ...ALL_KERNELS,
    ])
    .option("--engine <ENGINES>", "interpreter, jit, or both with a comma", parseEngines, ["jit"])
    .option("--repetitions <N>", "runs of each kernel", parseCount, 3)
    .option("--scale <N>", "divides the kernels' iterations", parseCount, 1)
    .option("--json", "print one line of JSON for each kernel, and one about the compiler")
    .action(async (flags: BenchFlags) => {
      ended(await bench(flags));
    });
}

async function bench({ list, engine, repetitions, scale, json }: BenchFlags): Promise<number> {
  const { runBenchGuest } = await import("../bench/guest-run.ts");
  const elf = readFileSync(GUEST);
  const runs = new Map<EngineName, BenchRun>();
  for (const name of engine) {
    const run = runBenchGuest(elf, { kernels: list, repetitions, scale }, { engine: name }, cpuMilliseconds);
    if (run.isErr()) {
      process.stderr.write(`kintsugi: ${run.error}\n`);
      return EXIT_FAILED;
    }
    runs.set(name, run.value);
  }
  for (const line of json ? jsonLines(runs) : tableLines(runs)) await writeOut(`${line}\n`);
  return 0;
}

/** CPU time of this thread so far. */
function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

interface Row {
  readonly kernel: string;
  readonly milliseconds: number;
  readonly mips: number;
  readonly checksum: string;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function rows(run: BenchRun): Row[] {
  const kernels = Map.groupBy(run.samples, ({ kernel }: BenchSample) => kernel);
  return [...kernels].map(([kernel, samples]) => {
    const warm = samples.length > 1 ? samples.slice(1) : samples;
    return {
      kernel,
      milliseconds: median(warm.map(({ milliseconds }) => milliseconds)),
      mips: median(warm.map(({ milliseconds, instructions }) => instructions / 1000 / milliseconds)),
      checksum: samples[0].checksum,
    };
  });
}

/** Share of all instructions that compiled code retired, and rows of the instruction table that it only calls. */
function compilerSummary({ compiler }: BenchRun) {
  if (compiler === null) return null;
  const { compiledInstructions, instructions, ...rest } = compiler;
  return { compiledShare: compiledInstructions / Math.max(1, instructions), ...rest };
}

function jsonLines(runs: ReadonlyMap<EngineName, BenchRun>): string[] {
  return [...runs].flatMap(([engine, run]) => [
    ...rows(run).map((row) => JSON.stringify({ engine, ...row })),
    JSON.stringify({ engine, compiler: compilerSummary(run) }),
  ]);
}

function tableLines(runs: ReadonlyMap<EngineName, BenchRun>): string[] {
  const [[, first], ...others] = [...runs];
  const lines = [
    "kernel".padEnd(14) +
      [...runs.keys()].map((engine) => `${`${engine} ms`.padStart(16)}${"MIPS".padStart(8)}`).join(""),
  ];
  const columns = [...runs.values()].map(rows);
  for (const [i, { kernel }] of columns[0].entries()) {
    const cells = columns.map(
      (column) => `${column[i].milliseconds.toFixed(1).padStart(16)}${column[i].mips.toFixed(0).padStart(8)}`,
    );
    const agree = columns.every((column) => column[i].checksum === columns[0][i].checksum);
    lines.push(kernel.padEnd(14) + cells.join("") + (agree ? "" : "  CHECKSUMS DIFFER"));
  }
  for (const run of [first, ...others.map(([, other]) => other)]) {
    const summary = compilerSummary(run);
    if (summary === null) continue;
    const { compiledShare, modules, bytes, notLowered } = summary;
    lines.push(`compiled: ${(100 * compiledShare).toFixed(2)} % of instructions; ${modules} modules, ${bytes} bytes`);
    const names = Object.keys(notLowered);
    lines.push(`rows without a lowering of their own that it met: ${names.length === 0 ? "none" : names.join(" ")}`);
  }
  return lines;
}

function parseList(text: string): readonly string[] {
  return text.split(",").flatMap((name) => {
    if (ALL_KERNELS.includes(name)) return [name];
    if (name in KERNELS) return [...KERNELS[name as KernelClass]];
    throw new UsageError(`--list: there is no kernel or class '${name}'; there are ${ALL_KERNELS.join(", ")}`);
  });
}

function parseEngines(text: string): readonly EngineName[] {
  const names = text.split(",");
  const wrong = names.find((name) => !(ENGINES as readonly string[]).includes(name));
  if (wrong !== undefined) throw new UsageError(`--engine wants ${ENGINES.join(" or ")}, not '${wrong}'`);
  return names as EngineName[];
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`--repetitions and --scale want a whole number from 1 to 999999, not '${text}'`);
}
