/**
 * Downtime of a hot restart, step by step: guest instructions, virtual time and host time.
 *
 * The serial server, whose `Recover` only reads a few words, is crashed from the shell, again and again; so the step "recover" is the page faults after the
 * start (what Arc's Table 4.2 calls mapping) and the report to P3. Here: measuring. Not here: printing (run.ts).
 */
import { performance } from "node:perf_hooks";
import type { MachineEvent, RecoveryStep } from "../apps/machine/src/events.ts";
import { bootModules } from "../apps/machine/src/host/modules.ts";
import { Machine } from "../apps/machine/src/machine.ts";
import { allocateMemory } from "../packages/ia32/src/index.ts";

/** Medians over all crashes that count. */
export interface DowntimeStep {
  readonly step: string;
  readonly instructions: number;
  readonly virtualMicroseconds: number;
  readonly hostMicroseconds: number;
}

const RAM = 24 << 20;
const CYCLES_PER_MICROSECOND = 100;
const CRASHES = 400;
/** Crashes that only warm the host's compiler up. */
const WARM = 200;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >>> 1]!;
}

export function measureDowntime(): { crashes: number; steps: DowntimeStep[] } {
  const recoveries: (readonly RecoveryStep[])[] = [];
  const machine = Machine.powerOn({
    memory: allocateMemory(RAM),
    ramSize: RAM,
    modules: bootModules("exact"),
    seed: 1,
    outside: {
      serial: () => {},
      paper: () => {},
      event: (event: MachineEvent) => {
        if (event.event === "recovery") recoveries.push(event.steps);
      },
    },
    hostClock: () => performance.now(),
  })._unsafeUnwrap();
  const settle = () => {
    while (machine.run(Number.POSITIVE_INFINITY).kind !== "idle");
  };
  settle();
  for (let i = 0; i < CRASHES; i++) {
    machine.type(new TextEncoder().encode("crash serial page-fault\r"));
    settle();
  }
  if (recoveries.length !== CRASHES) throw new Error(`${CRASHES} crashes, ${recoveries.length} recoveries`);
  const counted = recoveries.slice(WARM);
  const of = (at: number, value: (step: RecoveryStep) => number) => median(counted.map((steps) => value(steps[at]!)));
  return {
    crashes: counted.length,
    steps: counted[0]!.map(({ step }, at) => ({
      step,
      instructions: of(at, (s) => s.instructions),
      virtualMicroseconds: of(at, (s) => s.cycles) / CYCLES_PER_MICROSECOND,
      hostMicroseconds: of(at, (s) => s.hostMicroseconds ?? Number.NaN),
    })),
  };
}
