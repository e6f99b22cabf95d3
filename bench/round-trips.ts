/**
 * What an IPC round trip and a page fault cost: guest instructions, virtual time and host time, on the reference machine.
 *
 * Two guest programs exchange messages, one touches pages that it has given back; each is run twice, with N and without, and the
 * difference is divided by N. Here: measuring. Not here: the programs (apps/programs/guest/test), printing (run.ts).
 */
import { type Cost, perOperation } from "../apps/machine/bench/per-operation.ts";
import { bootModules, guestModule } from "../apps/machine/src/host/modules.ts";
import { Rig } from "../apps/machine/test/rig.ts";
import { guests } from "../apps/programs/src/index.ts";

/** An operation, and what one of them costs. */
export interface RoundTripRow extends Cost {
  readonly operation: string;
}

const TRIPS = 100_000;
/** `faulter` takes a count of rounds over so many pages. */
const PAGES_PER_ROUND = 256;

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
  return [
    { operation: "IPC round trip between two programs", ...trips },
    { operation: "page fault through P3", ...dividedBy(PAGES_PER_ROUND, rounds) },
  ];
}

function dividedBy(count: number, { instructions, virtualMicroseconds, hostMicroseconds }: Cost): Cost {
  return {
    instructions: instructions / count,
    virtualMicroseconds: virtualMicroseconds / count,
    hostMicroseconds: hostMicroseconds / count,
  };
}
