/**
 * A changed environment on retry, around any policy: what fails twice in the same way is tried in another one.
 *
 * Here: which change, and when. Not here: the policy inside; making the change (`../p3/environment.ts`). A deterministic fault
 * comes back with every replay; one that depends on where memory ends, or on how long something may take, does not come back
 * where that is different. A change lasts for one life.
 * Reference: Rx (Qin et al. 2007): padding, and changed timing.
 * @module
 */
import type { FailureKind } from "../failure.ts";
import { around, ENVIRONMENTS, type Environment, type RecoveryPolicy } from "./policy.ts";
import { readyFirst } from "./ready-first.ts";

/** What may help against a kind of failure; against others all of it is tried. */
const CHANGES: Readonly<Partial<Record<FailureKind, readonly Environment[]>>> = {
  "page fault": ["padded"],
  hang: ["patient"],
};

/** `policy`, with one retry in a changed environment after `attempts` failures of a request, and one with all changes. */
export function withChangedEnvironment(policy: RecoveryPolicy, attempts: number = 2): RecoveryPolicy {
  return around(policy, (failure, history, program) => {
    const open = history.sequence !== history.replied;
    const retry = history.failures - attempts;
    if (!program.server || !open || readyFirst(failure, history, program) !== undefined || retry < 0 || retry > 1)
      return policy(failure, history, program);
    const environment = retry === 0 ? (CHANGES[failure.kind] ?? ENVIRONMENTS) : ENVIRONMENTS;
    return { kind: "hot", because: `failed ${history.failures} times: now ${environment.join(" and ")}`, environment };
  });
}
