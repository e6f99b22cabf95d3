/**
 * Rule: a server that fails before READY is started cold: its persistent memory was never complete.
 * @module
 */
import type { Failure } from "../failure.ts";
import type { History } from "./history.ts";
import type { Action, Supervised } from "./policy.ts";

export function readyFirst(_failure: Failure, _history: History, program: Supervised): Action | undefined {
  return program.ready ? undefined : { kind: "cold", because: "failed before it was ready" };
}
