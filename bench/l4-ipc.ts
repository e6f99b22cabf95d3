/**
 * What IPC costs a foreign L4 program: guest instructions and host time per one-way message, map item and page fault.
 *
 * The root task marks each loop through the kernel debugger; clocks are read in that moment. It runs everything three times,
 * the last one counts. Here: measuring, and the section. Not here: the loops (apps/programs/guest/l4/pingpong.cpp).
 */
import { readFileSync } from "node:fs";
import { L4Machine } from "../apps/machine/src/l4/l4-machine.ts";
import { foreignServers } from "../apps/programs/src/index.ts";
import { cpuMilliseconds } from "./interpreter.ts";

/** Per message, map item or fault. */
export interface L4IpcRow {
  readonly operation: string;
  readonly instructions: number;
  readonly virtualNanoseconds: number;
  readonly hostNanoseconds: number;
}

const MEMORY = 64 << 20;
const NANOSECONDS_PER_CYCLE = 10;
const SECOND = 100_000_000;
const LIMIT = 60 * SECOND;

/** One machine's figures, in the order in which the program takes them. */
export function measureL4Ipc(engine: "interpreter" | "jit"): L4IpcRow[] {
  const rows = new Map<string, L4IpcRow>();
  let line = "";
  let ended = false;
  let begun: { name: string; count: number; at: readonly number[] } | undefined;
  const file = (name: string) => ({ commandLine: name, bytes: new Uint8Array(readFileSync(foreignServers[name]!)) });
  const machine: L4Machine = L4Machine.powerOn({
    memory: MEMORY,
    engine,
    files: { sigma0: file("l4-sigma0"), root: file("l4-pingpong"), modules: [] },
    serial: (byte) => {
      if (byte !== 10) {
        line += String.fromCharCode(byte);
        return;
      }
      const at = [machine.processor.retired, machine.cycles * NANOSECONDS_PER_CYCLE, cpuMilliseconds() * 1e6];
      const [, name, count] = /^@(\S+) (\d+)$/.exec(line) ?? [];
      if (name !== undefined) begun = { name, count: Number(count), at };
      else if (line === "#" && begun !== undefined) {
        const { name: operation, count: many, at: start } = begun;
        const [instructions, virtualNanoseconds, hostNanoseconds] = at.map((value, i) => (value - start[i]!) / many);
        rows.set(operation, {
          operation,
          instructions: instructions!,
          virtualNanoseconds: virtualNanoseconds!,
          hostNanoseconds: hostNanoseconds!,
        });
      } else if (line.startsWith("PINGPONG END")) {
        ended = true;
        machine.stop();
      }
      line = "";
    },
  })._unsafeUnwrap();
  while (!ended && machine.cycles < LIMIT) {
    const { kind } = machine.run(LIMIT);
    if (kind !== "limit" && kind !== "stopped") throw new Error(`pingpong ended: ${kind}`);
  }
  return [...rows.values()];
}

/** What `operation`s are, and what L4Ka::Pistachio takes under QEMU TCG on a machine of the same kind, in µs. */
const OPERATIONS: readonly (readonly [prefix: string, text: string, genuine: string])[] = [
  ["intra", "one way inside a space, words: ", "0.2–0.3"],
  ["inter", "one way between spaces, words: ", "3–20"],
  ["map", "call answered with a map item, and its share of the Unmap", ""],
  ["fault", "page fault served by a pager, and its share of the Unmap", ""],
];

/** The section of RESULTS.md. */
export function l4IpcSection(): string {
  const interpreted = measureL4Ipc("interpreter");
  const compiled = new Map(measureL4Ipc("jit").map((row) => [row.operation, row]));
  const rows = interpreted.map(({ operation, instructions, virtualNanoseconds, hostNanoseconds }) => {
    const [prefix, text, genuine] = OPERATIONS.find(([name]) => operation.startsWith(name)) ?? ["", operation, ""];
    const words = operation.slice(prefix.length + 1);
    const microseconds = [virtualNanoseconds, hostNanoseconds, compiled.get(operation)?.hostNanoseconds ?? Number.NaN];
    return [text + words, instructions.toFixed(1), ...microseconds.map((ns) => (ns / 1000).toFixed(2)), genuine];
  });
  const head = [
    "operation",
    "guest instructions",
    "virtual µs",
    "host µs, interpreter",
    "host µs, jit",
    "Pistachio, µs",
  ];
  return [
    "## IPC of foreign L4 programs",
    "Per message, item or fault, two threads of a root task calling each other; host time is CPU time of the emulating thread. The kernel's own " +
      "work is host code here; the genuine one needs 97 (assembler path) to 290 (debug build) guest instructions a message, and its figures are " +
      "QEMU's (TCG), from another run.",
    [head, head.map((_, i) => (i === 0 ? "---" : "--:")), ...rows]
      .map((cells) => `| ${cells.join(" | ")} |`)
      .join("\n"),
  ].join("\n\n");
}
