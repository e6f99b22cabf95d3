/**
 * Page-level rollback, around any policy: a request that fails is served again from the state that it has found.
 *
 * Here: when. Not here: the policy inside; watching and copying pages (`../p3/guards.ts`). The P3 watches all persistent pages
 * of servers, whether they are declared transactional or not, and puts those back that the open request has written; so the first
 * restart need renew nothing else.
 * Reference: thesis 6.2 (transactional persistent memory); Lowell and Chen 1997.
 * @module
 */
import { around, type RecoveryPolicy } from "./policy.ts";
import { readyFirst } from "./ready-first.ts";

/** `policy`, with one rollback before it is asked. */
export function withRollback(policy: RecoveryPolicy): RecoveryPolicy {
  return around({ ...policy, undoes: true }, (failure, history, program) => {
    const open = history.sequence !== history.replied;
    if (!program.server || !open || readyFirst(failure, history, program) !== undefined || history.failures !== 1)
      return policy(failure, history, program);
    return { kind: "handler", because: "the pages that the request has written go back" };
  });
}
