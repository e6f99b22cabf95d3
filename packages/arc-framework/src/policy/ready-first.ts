/**
 * Rule: a server that fails before READY is started cold.
 *
 * Here: the rule. Not here: its place among the others (`reference.ts`), what the action does (`../plan`).
 * Its persistent memory was never complete: there is nothing to recover from.
 * Reference: thesis 4.4.1, Table 4.1.
 * @module
 */
import type { Failure } from "../failure.ts";
import type { History } from "./history.ts";
import type { Action, Supervised } from "./policy.ts";

export function readyFirst(_failure: Failure, _history: History, program: Supervised): Action | undefined {
  return program.ready ? undefined : { kind: "cold", because: "failed before it was ready" };
}
