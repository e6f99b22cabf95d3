/**
 * A recovery policy: a failure and what came before it, in; an action, out.
 *
 * Here: the interface that anybody can supply, and how rules make one policy.
 * Not here: the rules (one file each), the policies (`catalogue.ts`), what an action does (`../plan`).
 * Reference: thesis 4.4.1, Table 4.1 (temperatures), 4.4.2 (escalation); OTP's supervisor for restart intensity.
 * @module
 */
import type { Failure } from "../failure.ts";
import { CYCLES_PER_MICROSECOND } from "../protocol/time.ts";
import type { History } from "./history.ts";
import type { Siblings } from "./siblings.ts";

/** What a policy may know of the program besides its failures. */
export interface Supervised {
  /** A server is restarted; another program is not. */
  readonly server: boolean;
  /** It has said READY since its last cold start. */
  readonly ready: boolean;
  /** Its `Recover` has just returned an error: nothing has failed once more, but a restart that recovers is refused. */
  readonly refused: boolean;
  /** Times of the last failures of all programs, the latest first, this one included; for policies that ask for it. */
  readonly supervisor?: readonly number[];
}

/** What is seen of a server that waits for requests, whenever its P3 looks. */
export interface Usage {
  /** Cycles since it was started or restarted. */
  readonly age: number;
  /** Pages of heap that it has written. */
  readonly heap: number;
  /** Pages that it has used in this life, and those that it shares. */
  readonly frames: number;
  /** Threads besides its first one. */
  readonly threads: number;
  /** It has taken a request since then: what it uses may be more than what it starts with. */
  readonly served: boolean;
}

/**
 * What a program finds changed in its next life. Padded: accesses up to a page beyond an area get a page of zeroes instead of
 * being failures. Patient: a request may use sixteen times as much time. Zeroed: blocks of its heap are filled with zeroes.
 * Lasting: what it frees is given out again only when there is nothing else. Demoted: its first thread runs behind other servers
 * and its own further threads, which changes the order in which they and their messages come.
 */
export const ENVIRONMENTS = ["padded", "patient", "zeroed", "lasting", "demoted"] as const;

/** One of {@link ENVIRONMENTS}. */
export type Environment = (typeof ENVIRONMENTS)[number];

/**
 * How much of a program a restart renews, from the finest to the coarsest. Handler: the stack; memory stays as the
 * failure left it. Hot: all but persistent and shared memory. Warm: the same in a new address space. These three recover
 * and replay the open request. Cold: everything, in a new address space; all who wait are answered with an error. Group:
 * cold, and the clients that agreed to it are restarted behind it, each at the temperature that it asked for.
 */
export const LEVELS = ["handler", "hot", "warm", "cold", "group"] as const;

/** One of {@link LEVELS}. */
export type Level = (typeof LEVELS)[number];

/** A restart; or the end of the process; or a reset of the whole machine, with its reason kept. */
export type ActionKind = Level | "remove" | "reboot";

/** What a policy has decided, and why. */
export interface Action {
  readonly kind: ActionKind;
  /** The rule that said so, as a phrase for people. */
  readonly because: string;
  /** Cycles of the virtual clock that a restart waits before it starts the program; default 0. Clients wait, too. */
  readonly delay?: number;
  /** Quarantine: after `Recover` the open request is answered with an error instead of being replayed. */
  readonly quarantine?: boolean;
  /** Group: other servers are restarted cold, too, in the order in which they were started, instead of the clients that agreed. */
  readonly siblings?: Siblings;
  /** The program goes on, its bad access answered with a page of zeroes, and is restarted when it has answered its request. */
  readonly postpone?: boolean;
  /** What is changed for the next life; the lives after that have none of it. */
  readonly environment?: readonly Environment[];
}

/** Cycles of the virtual clock. */
export const MILLISECOND: number = 1000 * CYCLES_PER_MICROSECOND;
export const SECOND: number = 1000 * MILLISECOND;

/** What a policy wants of its supervisor besides being asked about failures. */
export interface PolicyTraits {
  /** Asked about a server that waits for requests: a restart before it fails, or nothing. Pure. Wants a machine with a watch. */
  readonly rejuvenate?: (usage: Usage) => Action | undefined;
  /** It wants to know when other programs failed ({@link Supervised.supervisor}). */
  readonly supervises?: boolean;
  /** All persistent pages of servers are watched: a restart puts those back that the open request has written. */
  readonly undoes?: boolean;
}

/** What to do about a failure. Pure: no clock, no kernel. `history` already has the failure. */
export type RecoveryPolicy = PolicyTraits & ((failure: Failure, history: History, program: Supervised) => Action);

/** A policy around others, which wants what they want. */
export function around(inner: PolicyTraits, policy: RecoveryPolicy): RecoveryPolicy {
  const { rejuvenate, supervises, undoes } = inner;
  return Object.assign(policy, {
    ...(rejuvenate ? { rejuvenate } : {}),
    ...(supervises ? { supervises } : {}),
    ...(undoes ? { undoes } : {}),
  });
}

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
