/**
 * Rule: a server with nothing to recover from is started cold.
 *
 * Here: the rule. Not here: its place among the others (`reference.ts`), what the action does (`../plan`).
 * A server that fails before READY has no complete persistent memory; one whose `Recover` returned an error says so itself.
 * Reference: thesis 4.4.1, Table 4.1; 4.5.1 (`Recover` returns an error → full restart).
 * @module
 */
import { type Failure, IN_RECOVERY } from "../failure.ts";
import type { History } from "./history.ts";
import type { Action, Supervised } from "./policy.ts";

export function readyFirst(failure: Failure, _history: History, program: Supervised): Action | undefined {
  if (failure.kind === "corruption" && failure.detail === IN_RECOVERY)
    return { kind: "cold", because: "its persistent memory is damaged" };
  if (program.refused) return { kind: "cold", because: "Recover returned an error" };
  return program.ready ? undefined : { kind: "cold", because: "failed before it was ready" };
}
