/**
 * Poisoned-message quarantine, around any policy: a request that keeps failing is answered with an error.
 *
 * Here: the limit. Not here: the policy inside; how the request is answered (`ArcServer`, after RECOVERED). The server
 * keeps its persistent memory and goes on with the next request: nothing is lost but the request that cannot be served.
 * Reference: OSIRIS's error virtualisation; the README compares it with the reference policy's cold start.
 * @module
 */
import { around, type RecoveryPolicy } from "./policy.ts";

/** Failures of one request before it is given up, in a row. */
export const QUARANTINE_LIMIT = 3;

/** `policy`, which gets to see no request more than `limit` times. */
export function withQuarantine(policy: RecoveryPolicy, limit: number = QUARANTINE_LIMIT): RecoveryPolicy {
  return around(policy, (failure, history, program) => {
    const action = policy(failure, history, program);
    const open = history.sequence !== history.replied;
    // Once: if answering it does not help either, the request is not the trouble.
    if (!program.server || !program.ready || !open || history.failures !== limit) return action;
    return { kind: "hot", because: `the same request failed ${limit} times`, quarantine: true };
  });
}
