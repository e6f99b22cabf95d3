/**
 * What an IPC round trip and a page fault cost: guest instructions, virtual time and host time, on the reference machine.
 *
 * Two guest programs exchange messages, one touches pages that it has given back; each is run twice, with N and without, and the
 * difference is divided by N. Here: measuring. Not here: the programs (apps/programs/guest/test), printing (run.ts).
 */
import { bootModules, guestModule } from "../apps/machine/src/host/modules.ts";
import { Rig } from "../apps/machine/test/rig.ts";
import { guests } from "../apps/programs/src/index.ts";
import { cpuMilliseconds } from "./interpreter.ts";

/** Per operation. */
export interface RoundTripRow {
  readonly operation: string;
  readonly instructions: number;
  readonly virtualMicroseconds: number;
  readonly hostMicroseconds: number;
}

const CYCLES_PER_MICROSECOND = 100;
const TRIPS = 100_000;
/** `faulter` takes a count of rounds over so many pages. */
const PAGES_PER_ROUND = 256;

/** Runs `command(count)` on a warm machine, and takes the cost of `command(few)` off. */
function perOperation(rig: Rig, command: (count: number) => string, many: number, few: number) {
  const measure = (count: number) => {
    const { instructions, cycles } = rig.machine;
    const start = cpuMilliseconds();
    const text = rig.command(command(count));
    if (!text.includes("OK")) throw new Error(`${command(count)}: ${text}`);
    return [rig.machine.instructions - instructions, rig.machine.cycles - cycles, cpuMilliseconds() - start] as const;
  };
  measure(many); // warm
  const base = measure(few);
  const all = measure(many);
  return all.map((value, i) => (value - base[i]!) / (many - few)) as [number, number, number];
}

export function measureRoundTrips(): RoundTripRow[] {
  const modules = [
    ...bootModules("exact"),
    guestModule("ipcpong", guests.ipcpong),
    guestModule("faulter", guests.faulter),
  ];
  const rig = new Rig({ modules });
  rig.settle();
  const trips = perOperation(rig, (count) => `run ipcpong ${count}`, TRIPS, 1000);
  const rounds = perOperation(rig, (count) => `run faulter ${count}`, Math.ceil(TRIPS / PAGES_PER_ROUND), 4);
  const row = (
    operation: string,
    [instructions, cycles, milliseconds]: readonly number[],
    per: number,
  ): RoundTripRow => ({
    operation,
    instructions: instructions! / per,
    virtualMicroseconds: cycles! / CYCLES_PER_MICROSECOND / per,
    hostMicroseconds: (milliseconds! * 1000) / per,
  });
  return [row("IPC round trip between two programs", trips, 1), row("page fault through P3", rounds, PAGES_PER_ROUND)];
}
