/**
 * How long a server is away at each level of restart: step by step, in guest instructions, charged time and host time.
 *
 * Here: measuring on a warm machine, medians over many crashes. Not here: printing (→ bench/recovery.ts in the repository).
 * For comparison: Arc's thesis, Table 4.2 (Pentium 4, 3.4 GHz): unmap 28.63 µs, initialize 0.22, load 88.46, start 8.89, mapping
 * 73.8, together 200 µs. Here mapping is part of `recover`, which ends when `Recover`, or a cold start's Initialize, has returned.
 */
import { performance } from "node:perf_hooks";
import type { ActionKind } from "@kintsugi/arc-framework";
import type { MachineEvent } from "../src/events.ts";
import type { Rig } from "../test/rig.ts";
import { CYCLES_PER_MICROSECOND, METER_PID, median, meterRig, RELAY_PID } from "./meter-machine.ts";

/** One step; medians. The three measures are never added up. */
export interface DowntimeStep {
  readonly step: string;
  readonly instructions: number;
  /** Virtual time: guest instructions, and what kernel and resident servers are charged. */
  readonly chargedMicroseconds: number;
  readonly hostMicroseconds: number;
}

/** A level, and its steps from the failure until the server, and whoever is restarted with it, works again. */
export interface Downtime {
  readonly level: ActionKind;
  readonly steps: readonly DowntimeStep[];
}

type Measure = Omit<DowntimeStep, "step">;

/** Crashes the server so many times on a warm machine; the last step is the whole downtime. */
export function measureDowntime(level: ActionKind, crashes: number): Downtime {
  const rig = meterRig(level, { hostClock: () => performance.now() });
  const once = level === "reboot" ? rebootOnce : crashOnce;
  for (let warm = 0; warm < crashes; warm++) once(rig);
  const runs = Array.from({ length: crashes }, () => once(rig));
  const steps = [...runs[0]!.keys()].map((step): DowntimeStep => {
    const middle = (field: keyof Measure): number => median(runs.map((run) => run.get(step)?.[field] ?? 0));
    return {
      step,
      instructions: middle("instructions"),
      chargedMicroseconds: middle("chargedMicroseconds"),
      hostMicroseconds: middle("hostMicroseconds"),
    };
  });
  // Of medians: in every other run of many steps something else of the host gets in between.
  return { level, steps: level === "reboot" ? steps : [...steps, { step: "together", ...sum(steps) }] };
}

function crashOnce(rig: Rig): Map<string, Measure> {
  rig.clear();
  rig.command("crash echo-server page-fault");
  const steps = stepsOf(rig.events, METER_PID);
  steps.delete("wait"); // no policy waits here
  // The member stood still from the server's failure on; its own restart begins when the server is ready.
  return steps.set("member", sum(stepsOf(rig.events, RELAY_PID).values()));
}

/** From the failure until the shell takes commands again. */
function rebootOnce(rig: Rig): Map<string, Measure> {
  rig.clear();
  rig.type("crash echo-server page-fault\r");
  while (!rig.events.some(({ event }) => event === "detected")) rig.settle(0.000_01);
  const start = [rig.machine.instructions, rig.machine.cycles, performance.now()] as const;
  rig.settle();
  const together = {
    instructions: rig.machine.instructions - start[0],
    chargedMicroseconds: (rig.machine.cycles - start[1]) / CYCLES_PER_MICROSECOND,
    hostMicroseconds: (performance.now() - start[2]) * 1000,
  };
  if (!rig.output.trimEnd().endsWith("msh%")) throw new Error(`no prompt after the reboot: ${rig.output}`);
  return new Map([["together", together]]);
}

function stepsOf(events: readonly MachineEvent[], pid: number): Map<string, Measure> {
  const recovery = events.findLast((event) => event.event === "recovery" && event.pid === pid);
  if (recovery?.event !== "recovery") return new Map();
  return new Map(
    recovery.steps.map(({ step, instructions, cycles, hostMicroseconds }) => [
      step,
      { instructions, chargedMicroseconds: cycles / CYCLES_PER_MICROSECOND, hostMicroseconds: hostMicroseconds ?? 0 },
    ]),
  );
}

function sum(measures: Iterable<Measure>): Measure {
  const all = [...measures];
  const of = (field: keyof Measure): number => all.reduce((total, measure) => total + measure[field], 0);
  return {
    instructions: of("instructions"),
    chargedMicroseconds: of("chargedMicroseconds"),
    hostMicroseconds: of("hostMicroseconds"),
  };
}
