/**
 * Exponential back-off with a reset rule, around any policy.
 *
 * Here: how long a restart waits. Not here: the policy inside. The first restart is made at once, the next ones wait
 * `first`, `first · factor`, … up to `cap`; a program that has run for `reset` without failing begins again at once.
 * The rule is about time and not about requests: a crash loop that answers one request each time is one, too.
 * Reference: Kubernetes, restart policy of containers (doubling up to a cap, reset after a quiet time).
 * @module
 */
import type { History } from "./history.ts";
import { around, type RecoveryPolicy, SECOND } from "./policy.ts";

/** Times are cycles of the virtual clock. */
export interface BackOff {
  /** Wait before the second restart. */
  readonly first: number;
  readonly factor: number;
  /** The longest wait. */
  readonly cap: number;
  /** A gap between two failures, beyond the wait before it, that begins the count anew. */
  readonly reset: number;
}

export const BACK_OFF: BackOff = { first: SECOND / 100, factor: 2, cap: 30 * SECOND, reset: 10 * SECOND };

/** `policy`, whose restarts wait longer and longer. */
export function withBackOff(policy: RecoveryPolicy, backOff: BackOff = BACK_OFF): RecoveryPolicy {
  return around(policy, (failure, history, program) => {
    const action = policy(failure, history, program);
    const delay = delayOf(history, backOff);
    return delay === 0 || action.kind === "remove" || action.kind === "reboot" ? action : { ...action, delay };
  });
}

/** Cycles to wait after the latest failure of a history. */
function delayOf({ times, waited }: History, { first, factor, cap, reset }: BackOff): number {
  const [latest, before] = times;
  if (latest === undefined || before === undefined || latest - before - waited >= reset) return 0;
  return Math.min(cap, waited === 0 ? first : waited * factor);
}
