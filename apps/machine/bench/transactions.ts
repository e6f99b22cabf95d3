/**
 * What transactional memory costs: requests that write to so many pages of it, beside the same ones of plain persistent memory.
 *
 * Here: two servers of one source (`meter`, `meter-plain`), asked N times and a few times; the difference by N. Not here: printing.
 */

import { Rig } from "../test/rig.ts";
import { meterModules } from "./meter-machine.ts";
import { type Cost, perOperation } from "./per-operation.ts";

export interface TransactionRow {
  /** Pages that the request writes. */
  readonly pages: number;
  readonly plain: Cost;
  readonly transactional: Cost;
}

/** Pages of a request. */
const PAGES: readonly number[] = [0, 1, 4, 16];

export function measureTransactions(requests: number): TransactionRow[] {
  const costs = (["meter-plain", "meter"] as const).map((server) => {
    const rig = new Rig({ modules: meterModules(server) });
    rig.settle();
    return PAGES.map((pages) =>
      perOperation(rig, (count) => `run meter-client write echo-server ${pages} ${count}`, requests, requests / 10),
    );
  });
  return PAGES.map((pages, i) => ({ pages, plain: costs[0]![i]!, transactional: costs[1]![i]! }));
}
