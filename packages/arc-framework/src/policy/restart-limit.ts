/**
 * Rule: a server that cold starts do not help is removed.
 *
 * Here: the limit. Not here: the rules that it is put around, and where (`reference.ts`).
 * It stands before the rules that ask for a cold start and speaks when they would ask once too often.
 * Reference: OTP supervisor, restart intensity: "the supervisor gives up".
 * @module
 */
import type { Failure } from "../failure.ts";
import type { History } from "./history.ts";
import type { Action, Rule, Supervised } from "./policy.ts";

/** Cold starts in a row without getting on. */
export const COLD_LIMIT = 3;

/** The rule given, with an end to its cold starts. */
export function limited(rule: Rule): Rule {
  return (failure: Failure, history: History, program: Supervised): Action | undefined => {
    const action = rule(failure, history, program);
    if (action?.kind !== "cold" || history.tried.cold < COLD_LIMIT) return action;
    return { kind: "remove", because: `${COLD_LIMIT} cold starts did not help` };
  };
}
