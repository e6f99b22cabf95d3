/**
 * Storms on the L4 kernel: how late the more urgent thread is, what the storm gets done, what it takes and gives back.
 *
 * Latencies are of the virtual clock and the same on every machine. Here: measuring, and the section. Not here: the scenes
 * (packages/microkernel/test/storms.ts).
 */
import {
  bomb,
  type Free,
  free,
  mappings,
  messages,
  type Storm,
  spinners,
} from "../packages/microkernel/test/storms.ts";
import { cpuMilliseconds } from "./interpreter.ts";

const CYCLES_PER_MICROSECOND = 100;

/** The section of RESULTS.md. */
export function l4StormsSection(): string {
  const scenes: readonly (readonly [name: string, what: string, scene: () => Storm])[] = [
    ["four spinners", "turns", spinners],
    ["IPC storm: a server and three clients, each in a space", "messages", messages],
    ["map storm: 16 pages mapped, granted and taken back", "maps and unmaps", mappings],
    ["thread bomb: threads in spaces of their own", "threads made", bomb],
  ];
  const rows = scenes.map(([name, what, scene]) => {
    const start = cpuMilliseconds();
    const { late, calls, machine } = scene();
    const host = cpuMilliseconds() - start;
    const sorted = late.toSorted((one, other) => one - other).map((cycles) => cycles / CYCLES_PER_MICROSECOND);
    const median = sorted[sorted.length >> 1] ?? Number.NaN;
    const worst = sorted.at(-1) ?? Number.NaN;
    const virtual = machine.options.processor.cycles / CYCLES_PER_MICROSECOND / 1000;
    return [
      name,
      `${calls} ${what}`,
      median.toFixed(1),
      worst.toFixed(1),
      virtual.toFixed(0),
      host.toFixed(0),
      left(free(machine)),
    ];
  });
  const { counts } = bomb();
  const head = ["storm", "did", "late, median µs", "late, worst µs", "virtual ms", "host ms", "free at the end"];
  return [
    "## Storms on the L4 kernel",
    "Under a thread of a higher priority that sleeps for a millisecond again and again (of a lower one than the bomb’s): how late it wakes up, in virtual time. " +
      "Free rows and frames are the kernel's; the bomb runs in an arena of 1 MiB, the others in 2 MiB. " +
      `Before the bomb ${left(counts[0])} were free, when it got error 8 ${left(counts[1])}, and when all of it was deleted ${left(counts[2])}.`,
    [head, head.map((_, i) => (i < 2 ? "---" : "--:")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n"),
  ].join("\n\n");
}

function left({ threads, nodes, frames }: Free): string {
  return `${threads} threads, ${nodes} mappings, ${frames} frames`;
}
