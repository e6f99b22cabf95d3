/**
 * Rule: a request that keeps failing is given up by a cold start.
 *
 * Here: the rule. Not here: its place among the others (`reference.ts`), what the action does (`../plan`).
 * A deterministic fault comes back with every replay (thesis 4.3.1). Two counts tell it from bad luck:
 * failures close together, and, for slow poison, failures at all. What the request may have spoilt in
 * persistent memory goes with it; after the cold start the server answers it with FAILED.
 * @module
 */
import type { Failure } from "../failure.ts";
import type { History } from "./history.ts";
import type { Action } from "./policy.ts";

/** Failures of one request in a row, each within `NEARBY` of the one before. */
export const NEARBY_LIMIT = 8;
/** Failures of one request in a row, however far apart. */
export const FAILURE_LIMIT = 64;

export function poisonedRequest(_failure: Failure, history: History): Action | undefined {
  if (history.nearby >= NEARBY_LIMIT)
    return { kind: "cold", because: `the same request failed ${NEARBY_LIMIT} times close together` };
  if (history.failures >= FAILURE_LIMIT)
    return { kind: "cold", because: `the same request failed ${FAILURE_LIMIT} times` };
  return undefined;
}
