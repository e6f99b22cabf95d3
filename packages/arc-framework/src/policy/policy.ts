/**
 * A recovery policy: a failure and what came before it, in; an action, out.
 *
 * Here: the interface that anybody can supply, and how rules make one policy.
 * Not here: the rules (one file each), the reference policy (`reference.ts`), what an action does (`../plan`).
 * Reference: thesis 4.4.1, Table 4.1 (temperatures); OTP's supervisor for restart intensity.
 * @module
 */
import type { Failure } from "../failure.ts";
import type { History } from "./history.ts";

/** What a policy may know of the program besides its failures. */
export interface Supervised {
  /** A server is restarted; another program is not. */
  readonly server: boolean;
  /** It has said READY since its last cold start. */
  readonly ready: boolean;
}

/** Hot: keep persistent memory, recover, replay. Cold: start from nothing. Remove: the end of the process. */
export type ActionKind = "hot" | "cold" | "remove";

/** What a policy has decided, and why. */
export interface Action {
  readonly kind: ActionKind;
  /** The rule that said so, as a phrase for people. */
  readonly because: string;
}

/** What to do about a failure. Pure: no clock, no kernel. */
export type RecoveryPolicy = (failure: Failure, history: History, program: Supervised) => Action;

/** One rule of a policy: an action, or nothing to say. `history` already has the failure. */
export type Rule = (failure: Failure, history: History, program: Supervised) => Action | undefined;

/** The policy whose action is that of the first rule with something to say, and hot where none has. */
export function firstOf(rules: readonly Rule[]): RecoveryPolicy {
  return (failure, history, program) => {
    for (const rule of rules) {
      const action = rule(failure, history, program);
      if (action !== undefined) return action;
    }
    return { kind: "hot", because: "no rule against it" };
  };
}
