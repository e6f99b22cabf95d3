/**
 * Delayed recovery, around any policy: a request that fails by one bad access is brought to its end first.
 *
 * Here: when. Not here: the policy inside; running on (`../p3/postpone.ts`). The access is answered with a page of zeroes, as if
 * what it touches had been allocated; the server answers in this degraded state, and is restarted behind its answer, at a quiet
 * moment, as the policy inside says. Whatever else fails meanwhile is that one's.
 * Reference: thesis 3.3.3.
 * @module
 */
import { around, type RecoveryPolicy } from "./policy.ts";

/** `policy`, with the restart behind the answer where the first failure of a request is an access outside all areas. */
export function delayed(policy: RecoveryPolicy): RecoveryPolicy {
  return around(policy, (failure, history, program) => {
    const action = policy(failure, history, program);
    const open = history.sequence !== history.replied;
    const first = failure.detector === "outside-areas" && history.failures === 1;
    if (!program.server || !program.ready || program.refused || !open || !first) return action;
    return { ...action, because: "the request goes on with a page of zeroes", postpone: true };
  });
}
