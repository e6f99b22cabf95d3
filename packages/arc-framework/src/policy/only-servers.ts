/**
 * Rule: a program that is no server is removed; whoever waits for it is told why.
 *
 * Here: the rule. Not here: its place among the others (`reference.ts`), what the action does (`../plan`).
 * Reference: thesis 4.4.1, Table 4.1.
 * @module
 */
import type { Failure } from "../failure.ts";
import type { History } from "./history.ts";
import type { Action, Supervised } from "./policy.ts";

export function onlyServers(_failure: Failure, _history: History, program: Supervised): Action | undefined {
  return program.server ? undefined : { kind: "remove", because: "no server" };
}
