/**
 * Rule: a request that keeps failing is given up, with the persistent memory that it may have spoilt.
 *
 * A deterministic fault comes back with every replay (thesis 4.3.1). Two counts tell it from bad luck:
 * failures close together, and, for slow poison, failures at all. After the cold start the server
 * answers the request with FAILED.
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
