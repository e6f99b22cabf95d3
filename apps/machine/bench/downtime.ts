/**
 * How long a server is away when it is restarted hot: step by step, in guest instructions, charged time and host time.
 *
 * Here: measuring on a warm machine, medians over many crashes. Not here: printing (→ bench/run.ts in the repository).
 * For comparison: Arc's thesis, Table 4.2 (Pentium 4, 3.4 GHz): unmap 28.63 µs, initialize 0.22, load 88.46, start 8.89, mapping
 * 73.8, together 200 µs. Here mapping is part of `recover`, which ends when `Recover` has returned.
 */
import { performance } from "node:perf_hooks";
import { bootModules } from "../src/host/modules.ts";
import { Rig } from "../test/rig.ts";

/** One step; medians. */
export interface DowntimeRow {
  readonly step: string;
  readonly instructions: number;
  readonly chargedMicroseconds: number;
  readonly hostMicroseconds: number;
  readonly pages: number;
}

const CYCLES_PER_MICROSECOND = 100;

/** Crashes the serial server, whose `Recover` waits for nothing, so many times; the last row is the whole downtime. */
export function measureDowntime(crashes: number = 300): DowntimeRow[] {
  const rig = new Rig({ modules: bootModules("exact"), hostClock: () => performance.now() });
  rig.settle();
  const crash = (): void => void rig.command("crash serial page-fault");
  for (let warm = 0; warm < crashes; warm++) crash();
  rig.clear();
  for (let measured = 0; measured < crashes; measured++) crash();
  const runs = rig.events.flatMap((event) => (event.event === "recovery" ? [[...event.steps]] : []));
  for (const steps of runs) {
    const sum = (of: (step: (typeof steps)[number]) => number): number =>
      steps.reduce((all, step) => all + of(step), 0);
    steps.push({
      step: "together",
      instructions: sum((step) => step.instructions),
      cycles: sum((step) => step.cycles),
      pages: sum((step) => step.pages),
      hostMicroseconds: sum((step) => step.hostMicroseconds ?? 0),
    });
  }
  return runs[0].map(({ step }, number) => {
    const middle = (of: (step: (typeof runs)[number][number]) => number): number =>
      median(runs.map((run) => of(run[number])));
    return {
      step,
      instructions: middle((row) => row.instructions),
      chargedMicroseconds: middle((row) => row.cycles) / CYCLES_PER_MICROSECOND,
      hostMicroseconds: middle((row) => row.hostMicroseconds ?? 0),
      pages: middle((row) => row.pages),
    };
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
