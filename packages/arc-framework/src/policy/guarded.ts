/**
 * A policy from outside, made safe to follow.
 *
 * Here: what an action must be, and what is done instead where it is not, or the policy throws: what the reference
 * policy says, and the reason says so. A broken policy costs nobody their process.
 * @module
 */
import {
  type Action,
  type ActionKind,
  around,
  ENVIRONMENTS,
  type Environment,
  LEVELS,
  type RecoveryPolicy,
} from "./policy.ts";
import { decide } from "./reference.ts";
import { SIBLINGS, type Siblings } from "./siblings.ts";

const KINDS: readonly string[] = [...LEVELS, "remove", "reboot"] satisfies ActionKind[];

/** What is wrong with an action, as a phrase; nothing for a good one. */
export function faultOf(action: unknown): string | undefined {
  const { kind, because, delay, quarantine, siblings, postpone, environment } = (action ?? {}) as Partial<
    Record<keyof Action, unknown>
  >;
  if (!KINDS.includes(kind as string)) return `its action is '${String(kind)}', which is none of ${KINDS.join(", ")}`;
  if (typeof because !== "string") return "its action has no 'because', a phrase that says why";
  if (delay !== undefined && !(Number.isFinite(delay) && (delay as number) >= 0))
    return `its delay is ${String(delay)}, which is no number of cycles`;
  if (quarantine !== undefined && typeof quarantine !== "boolean") return "its 'quarantine' is neither true nor false";
  if (siblings !== undefined && !(kind === "group" && SIBLINGS.includes(siblings as Siblings)))
    return `its 'siblings' are '${String(siblings)}', which is not ${SIBLINGS.join(" or ")} of a group`;
  if (postpone !== undefined && typeof postpone !== "boolean") return "its 'postpone' is neither true nor false";
  const known = (one: unknown): boolean => ENVIRONMENTS.includes(one as Environment);
  if (environment !== undefined && !(Array.isArray(environment) && environment.every(known)))
    return `its environment is '${String(environment)}', which is no list of ${ENVIRONMENTS.join(", ")}`;
  return undefined;
}

/** `policy`, or the reference policy's action where that of `policy` is none. */
export function guarded(policy: RecoveryPolicy): RecoveryPolicy {
  return around(policy, (failure, history, program) => {
    const instead = (fault: string): Action => {
      const action = decide(failure, history, program);
      return { ...action, because: `${action.because} (reference policy: ${fault})` };
    };
    try {
      const action = policy(failure, history, program);
      const fault = faultOf(action);
      return fault === undefined ? action : instead(`the policy is broken: ${fault}`);
    } catch (error) {
      return instead(`the policy threw: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}
