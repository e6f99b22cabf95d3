/**
 * `npm run bench`: speed, as ratios to a peer or to the published figures, measured in one run; writes bench/RESULTS.md.
 *
 *     npm run bench [-- --only interpreter|round-trips|downtime] [--no-write]
 *
 * Here: printing. Not here: measuring (interpreter.ts, round-trips.ts, apps/machine/bench).
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { measureDowntime } from "../apps/machine/bench/downtime.ts";
import { measureInterpreter } from "./interpreter.ts";
import { measureRoundTrips } from "./round-trips.ts";

type Cell = string | number;

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, i) => (i === 0 ? "---" : "--:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

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

/** Table 4.2 of the thesis, in µs on a Pentium 4 at 3.4 GHz; its "mapping" is our "recover". */
const ARC: Readonly<Record<string, number>> = {
  unmap: 28.63,
  initialize: 0.22,
  load: 88.46,
  start: 8.89,
  recover: 73.8,
  together: 200,
};

function downtime(): string {
  const rows = measureDowntime().map((row) => [
    row.step,
    row.instructions.toFixed(0),
    row.chargedMicroseconds.toFixed(2),
    row.hostMicroseconds.toFixed(2),
    ARC[row.step]?.toFixed(2) ?? "",
  ]);
  return [
    "## Downtime of a hot restart",
    "Medians over crashes of the serial server, from the fault until `Recover` has returned. The three measures are never added up. " +
      "The last column is Arc's Table 4.2, whose “mapping”, the page faults after the start, is in our “recover”.",
    table(["step", "guest instructions", "charged µs", "host µs", "Arc µs"], rows),
  ].join("\n\n");
}

const SECTIONS: Readonly<Record<string, () => string>> = { interpreter, "round-trips": roundTrips, downtime };
const { values } = parseArgs({
  options: { only: { type: "string" }, "no-write": { type: "boolean", default: false } },
});
if (values.only !== undefined && !(values.only in SECTIONS)) {
  console.error(`bench: no section '${values.only}'; there are: ${Object.keys(SECTIONS).join(", ")}`);
  process.exit(2);
}
const chosen = values.only === undefined ? Object.keys(SECTIONS) : [values.only];
const machine = `${cpus()[0]?.model ?? "?"}, ${cpus().length} cores, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
const text = [
  `# Measured\n\nWritten by \`npm run bench\`: ${machine}. Trust ratios; absolute figures are this machine's.`,
];
for (const name of chosen) {
  const section = SECTIONS[name]!();
  console.log(`${section}\n`);
  text.push(section);
}
if (values.only === undefined && !values["no-write"]) {
  writeFileSync(new URL("RESULTS.md", import.meta.url), `${text.join("\n\n")}\n`);
}
