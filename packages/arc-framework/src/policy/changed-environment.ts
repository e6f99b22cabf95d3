/**
 * A changed environment on retry, around any policy: what fails twice in the same way is tried in another one.
 *
 * Here: which change, and when. Not here: the policy inside; making the change (`../p3/environment.ts`). A deterministic fault
 * comes back with every replay; one that depends on where memory ends, on what was in it, on how long something may take or on
 * who comes first, does not come back where that is different. A change lasts for one life.
 * Reference: Rx (Qin et al. 2007): padding, zero-filling, delayed freeing, changed timing and scheduling.
 * @module
 */
import type { FailureKind } from "../failure.ts";
import { around, ENVIRONMENTS, type Environment, type RecoveryPolicy } from "./policy.ts";
import { readyFirst } from "./ready-first.ts";

/** What may help against a kind of failure, to be tried before all of it is. */
const CHANGES: Readonly<Partial<Record<FailureKind, readonly Environment[]>>> = {
  "page fault": ["padded"],
  hang: ["patient"],
};
/** What may help against any other: what was in the memory. */
const OTHERS: readonly Environment[] = ["zeroed", "lasting"];

/** `policy`, with one retry in a changed environment after `attempts` failures of a request, and one with all changes. */
export function withChangedEnvironment(policy: RecoveryPolicy, attempts: number = 2): RecoveryPolicy {
  return around(policy, (failure, history, program) => {
    const open = history.sequence !== history.replied;
    const retry = history.failures - attempts;
    if (!program.server || !open || readyFirst(failure, history, program) !== undefined || retry < 0 || retry > 1)
      return policy(failure, history, program);
    const environment = retry === 0 ? (CHANGES[failure.kind] ?? OTHERS) : ENVIRONMENTS;
    return { kind: "hot", because: `failed ${history.failures} times: now ${environment.join(" and ")}`, environment };
  });
}
