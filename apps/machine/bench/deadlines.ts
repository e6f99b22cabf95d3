/**
 * Deadlines that a periodic client misses while its server is restarted.
 *
 * Here: crashes at random instructions of the server while it serves, each long after the one before; what the client
 * (`meter-client beat`) counts. A period that ends without a good answer is a missed deadline. Not here: printing.
 * Reference: thesis 5.1.3 (strobe of 5 ms) and 5.1.4 (half a buffer of sound: 11.6 ms).
 */
import { type ActionKind, P3_READY } from "@kintsugi/arc-framework";
import { CrashSchedule } from "../src/crash-schedule.ts";
import type { MachineEvent } from "../src/events.ts";
import { machineCrashAddresses } from "../src/injector.ts";
import { Random } from "../src/random.ts";
import type { Rig } from "../test/rig.ts";
import { CYCLES_PER_MICROSECOND, METER_PID, METER_THREAD, meterModules, meterRig } from "./meter-machine.ts";

/** In microseconds. */
export const PERIODS: readonly number[] = [1000, 5000, 11_600];

export interface DeadlineRow {
  readonly level: ActionKind;
  readonly period: number;
  readonly crashes: number;
  /** Deadlines missed in all, and answers that were errors. */
  readonly missed: number;
  readonly errors: number;
  /** The longest that the client waited for an answer, in virtual µs; until the server is ready where the client is gone. */
  readonly longest: number;
}

/** Virtual seconds: a microsecond. */
const MOMENT = 0.000_001;
/** Requests between two crashes. */
const SPACING = 5;

/** Lets the server crash while a client asks it, or asks `relay`, which asks it, every `period` µs. */
export function measureDeadlines(level: ActionKind, period: number, crashes: number): DeadlineRow {
  if (level === "reboot") return rebootDeadlines(period);
  const random = new Random(6);
  const done: unknown[] = [];
  const schedule: CrashSchedule = new CrashSchedule(
    () => rig.machine,
    machineCrashAddresses(meterModules())!,
    (crash) => done.push(crash),
  );
  const rig: Rig = meterRig(level, { probe: schedule });
  const beat = (count: number): string => rig.command(`run meter-client beat relay ${period} ${count}`);
  schedule.arm(METER_THREAD, []);
  beat(SPACING);
  const perRequest = schedule.counted / SPACING;
  const draw = () => ({
    after: Math.floor((SPACING - 1 + random.below(1000) / 1000) * perRequest),
    kind: "divide" as const,
  });
  schedule.arm(METER_THREAD, Array.from({ length: crashes }, draw));
  // After a cold start some of the server's instructions go into its Initialize.
  const output = beat(crashes * (SPACING + 2));
  schedule.disarm();
  const [, missed, errors, longest] = /missed (\d+) errors (\d+) longest (\d+): OK/.exec(output) ?? [];
  if (longest === undefined || done.length === 0) throw new Error(`${level}: ${done.length} crashes, ${output}`);
  return {
    level,
    period,
    crashes: done.length,
    missed: Number(missed),
    errors: Number(errors),
    longest: Number(longest),
  };
}

/** The client does not outlive a reboot: the deadlines of the time until its server is there again. */
function rebootDeadlines(period: number): DeadlineRow {
  let ready = false;
  const rig: Rig = meterRig("reboot", {
    observer: {
      transferred: (from, _to, tag) => {
        if (from === METER_THREAD && tag >>> 16 === P3_READY) ready = true;
      },
    },
  });
  const failed = (): MachineEvent | undefined =>
    rig.events.find((event) => event.event === "detected" && event.pid === METER_PID);
  rig.type("crash echo-server page-fault\r");
  ready = false;
  while (!ready) rig.settle(MOMENT);
  const away = (rig.machine.cycles - (failed()?.at ?? Number.NaN)) / CYCLES_PER_MICROSECOND;
  return {
    level: "reboot",
    period,
    crashes: 1,
    missed: Math.ceil(away / period),
    errors: 0,
    longest: Math.round(away),
  };
}
