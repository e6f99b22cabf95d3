/**
 * Rule: a server whose own `Recover` gave up is started cold.
 *
 * Here: the rule for RECOVERED with an error. Not here: its place (`reference.ts`).
 * Not one of the failure rules: nothing has failed a second time.
 * Reference: thesis 4.5.1 (`Recover` returns an error → full restart); docs/protocols.md section 7.
 * @module
 */
import type { Action } from "./policy.ts";

export function refusedRecovery(): Action {
  return { kind: "cold", because: "Recover returned an error" };
}
