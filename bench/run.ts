/**
 * `npm run bench`: speed, as ratios to a peer or to the published figures, measured in one run; writes bench/RESULTS.md.
 *
 *     npm run bench [-- --only kernels|linux|interpreter|round-trips|l4-ipc|l4-storms|downtime|deadlines|
 *         page-faults|transactions|lfs] [--linux FOLDER] [--list KERNELS] [--scale N] [--no-write]
 *
 * Here: printing. Not here: measuring (kernels.ts, linux.ts, interpreter.ts, round-trips.ts, recovery.ts, apps/machine/bench).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { ALL_KERNELS } from "../apps/machine/src/bench/kernels.ts";
import type { JitStatistics } from "../packages/ia32/src/index.ts";
import { measureInterpreter } from "./interpreter.ts";
import { gates, type KernelRow, meanRatio, measureKernels } from "./kernels.ts";
import { l4IpcSection } from "./l4-ipc.ts";
import { l4StormsSection } from "./l4-storms.ts";
import { lfsSection } from "./lfs.ts";
import { measureLinux } from "./linux.ts";
import { deadlinesSection, downtimeSection, pageFaultsSection, transactionsSection } from "./recovery.ts";
import { table, withSection } from "./results.ts";
import { measureRoundTrips } from "./round-trips.ts";

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function interpreter(): string {
  const rows = measureInterpreter();
  const mips = (instructions: number, milliseconds: number) => instructions / 1000 / milliseconds;
  const wrong = rows.filter((row) => !row.checksumsAgree).map((row) => row.kernel);
  const body = rows.map((row) => [
    row.kernel,
    mips(row.instructions, row.ours).toFixed(0),
    mips(row.instructions, row.v86).toFixed(0),
    (row.v86 / row.ours).toFixed(2),
  ]);
  body.push([
    "**geometric mean**",
    geometricMean(rows.map((row) => mips(row.instructions, row.ours))).toFixed(0),
    geometricMean(rows.map((row) => mips(row.instructions, row.v86))).toFixed(0),
    `**${geometricMean(rows.map((row) => row.v86 / row.ours)).toFixed(2)}**`,
  ]);
  return [
    "## Interpreter beside v86 with its compiler off",
    "Integer kernels of the bench guest, second run of each on both engines, CPU time of the emulating thread. " +
      `Checksums ${wrong.length === 0 ? "agree" : `DIFFER: ${wrong.join(", ")}`}.`,
    table(["kernel", "MIPS", "v86 MIPS", "v86 time ÷ ours"], body),
  ].join("\n\n");
}

function roundTrips(): string {
  const rows = measureRoundTrips().map((row) => [
    row.operation,
    row.instructions.toFixed(1),
    row.virtualMicroseconds.toFixed(2),
    row.hostMicroseconds.toFixed(2),
  ]);
  return [
    "## Round trips",
    "Per operation, on the reference machine, contents checked by the guest programs.",
    table(["operation", "guest instructions", "virtual µs", "host µs"], rows),
  ].join("\n\n");
}

async function kernels(): Promise<string> {
  const measured = await measureKernels(values.list?.split(","), Number(values.scale), (text) =>
    console.error(`bench: ${text}`),
  );
  const { engines, absent, rows } = measured;
  const cell = (value: number | undefined, digits: number): string =>
    value === undefined ? "" : value.toFixed(digits);
  const others = engines.filter((engine) => engine !== OURS);
  const body = rows.map(({ kernel, milliseconds, agree }) => [
    kernel,
    ...engines.map((engine) => cell(milliseconds[engine], 1)),
    ...others.map((other) => cell(milliseconds[other] && milliseconds[OURS] / milliseconds[other], 2)),
    agree ? "agree" : "DIFFER",
  ]);
  const classes: [string, (row: KernelRow) => boolean][] = [
    ...(["integer", "x87", "sse", "code", "system"] as const).map((name): [string, (row: KernelRow) => boolean] => [
      name,
      (row) => row.class === name,
    ]),
    ["all but system", (row) => row.class !== "system"],
  ];
  const means = classes.map(([name, test]) => [
    name,
    ...others.map((other) => {
      const mean = meanRatio(rows.filter(test), OURS, other);
      return Number.isNaN(mean) ? "" : mean.toFixed(2);
    }),
  ]);
  return [
    "## Kernels beside QEMU, v86 and native code",
    `CPU milliseconds of the emulating thread, medians of all repetitions but the first (chasebig and pg_chasebig: the best of nine processes)${values.scale === "1" ? "" : `, iterations divided by ${values.scale}`}.${missing(absent)}`,
    table(["kernel", ...engines, ...others.map((other) => `÷ ${other}`), "checksums"], body),
    "Geometric means of our time by theirs:",
    table(["class", ...others.map((other) => `÷ ${other}`)], means),
    gates(measured)
      .map(({ sentence, holds, figure }) => `- ${holds ? "holds" : "**MISSED**"}: ${sentence}: ${figure}`)
      .join("\n"),
  ].join("\n\n");
}

function missing(absent: readonly { readonly name: string; readonly reason: string }[]): string {
  return absent.map(({ name, reason }) => ` Without ${name}: ${reason}.`).join("");
}

async function linux(folder: string): Promise<string> {
  const { columns, interpreted, absent } = await measureLinux(folder, (text) => console.error(`bench: ${text}`));
  const ours = columns.find(({ engine }) => engine === OURS);
  if (ours === undefined) throw new Error("Linux did not run in ours");
  const others = columns.filter((column) => column !== ours);
  const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(2);
  const body = [...ours.steps].map(([step, mine]) => [
    step,
    ...columns.map(({ steps }) => {
      const found = steps.get(step);
      return found === undefined ? "" : `${seconds(found.cpu)} (${seconds(found.total)})`;
    }),
    ...others.map(({ steps }) => {
      const found = steps.get(step);
      return found === undefined ? "" : (mine.cpu / found.cpu).toFixed(2);
    }),
    others.every(({ steps }) => FREE.has(step) || steps.get(step)?.result === mine.result) ? "agree" : "DIFFER",
  ]);
  body.push([
    "peak of the process, MiB",
    ...columns.map(({ peakMebibytes }) => peakMebibytes.toFixed(0)),
    ...others.map(({ peakMebibytes }) => (ours.peakMebibytes / peakMebibytes).toFixed(2)),
    "",
  ]);
  return [
    "## Linux beside QEMU and v86",
    "Debian's 686 kernel with 256 MiB, busybox: CPU seconds of the emulating thread (of all threads)." +
      missing(absent),
    table(
      ["step", ...columns.map(({ engine }) => engine), ...others.map(({ engine }) => `÷ ${engine}`), "results"],
      body,
    ),
    ...(ours.compiler === null ? [] : [compilerFigures(ours.compiler)]),
    `With its compiler off ours needs ${seconds(interpreted)} s from start to shell (at most 120).`,
  ].join("\n\n");
}

/** A sentence on what the compiler did and keeps. */
function compilerFigures({
  compiledInstructions,
  instructions,
  modules,
  regions,
  bytes,
  compiled,
  dropped,
}: JitStatistics): string {
  const share = ((100 * compiledInstructions) / instructions).toFixed(1);
  return (
    `Of ${(instructions / 1e9).toFixed(1)} billion instructions ${share} % ran compiled; at the end ${modules} modules with ${regions} regions ` +
    `and ${(bytes / 1024).toFixed(0)} KiB of WebAssembly were kept, ${compiled} regions had been made, ${dropped} dropped.`
  );
}

/** Steps whose result is the machine's own: how many files there are under /sys. */
const FREE: ReadonlySet<string> = new Set(["find"]);
const OURS = "kintsugi";
const { values } = parseArgs({
  options: {
    only: { type: "string" },
    linux: { type: "string" },
    list: { type: "string" },
    scale: { type: "string", default: "1" },
    "no-write": { type: "boolean", default: false },
  },
});
const SECTIONS: Readonly<Record<string, () => string | Promise<string>>> = {
  kernels,
  ...(values.linux === undefined ? {} : { linux: () => linux(values.linux ?? "") }),
  interpreter,
  "round-trips": roundTrips,
  "l4-ipc": l4IpcSection,
  "l4-storms": l4StormsSection,
  downtime: downtimeSection,
  deadlines: deadlinesSection,
  "page-faults": pageFaultsSection,
  transactions: transactionsSection,
  lfs: lfsSection,
};
if (values.only !== undefined && !(values.only in SECTIONS)) {
  const names = Object.keys({ ...SECTIONS, "linux (with --linux FOLDER)": 0 }).join(", ");
  console.error(`bench: no section '${values.only}'; there are: ${names}`);
  process.exit(2);
}
const unknown = values.list?.split(",").find((kernel) => !ALL_KERNELS.includes(kernel));
if (unknown !== undefined) {
  console.error(`bench: --list: there is no kernel '${unknown}'; there are: ${ALL_KERNELS.join(", ")}`);
  process.exit(2);
}
const machine = `${cpus()[0]?.model ?? "?"}, ${cpus().length} cores, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
const file = new URL("RESULTS.md", import.meta.url);
for (const name of values.only === undefined ? Object.keys(SECTIONS) : [values.only]) {
  const section = `${await SECTIONS[name]!()}\n\n${machine}.`;
  console.log(`${section}\n`);
  if (!values["no-write"]) writeFileSync(file, withSection(readFileSync(file, "utf8"), section));
}
