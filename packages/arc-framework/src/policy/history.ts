/**
 * The history of a program's failures: numbers that fit in persistent memory.
 *
 * Here: what is counted, and how a failure and an action change it. Not here: what follows (rules).
 * A program gets on when its restart page shows another last request, or the same one answered; failures of a
 * request that does not get on count as "in a row". A server that has no open request and fails only now and then
 * is not stuck: between such failures it was ready to serve.
 * Reference: docs/protocols.md section 6 (the restart page's words); OTP supervisor, restart intensity.
 * @module
 */
import type { ActionKind } from "./policy.ts";

/** Where a program stands with its requests: words 1 and 2 of its restart page. */
export interface Progress {
  /** Number of the last request received. */
  readonly sequence: number;
  /** Number of the last request answered. */
  readonly replied: number;
}

/** What a policy knows of the past. All are counts but `at`; plain data, replaced and never changed. */
export interface History extends Progress {
  /** Failures in a row without getting on. */
  readonly failures: number;
  /** Of these, the last ones of which each came within `NEARBY` of the one before. */
  readonly nearby: number;
  /** Cold restarts in a row without getting on. */
  readonly colds: number;
  /** Restarts since the program was loaded. */
  readonly restarts: number;
  /** Virtual time of the last failure, in cycles. */
  readonly at: number;
}

/** Failures closer together than this are taken for the same trouble: 100 ms of 100 MHz. */
export const NEARBY = 10_000_000;

/** Before the first failure. */
export const NO_HISTORY: History = {
  sequence: 0,
  replied: 0,
  failures: 0,
  nearby: 0,
  colds: 0,
  restarts: 0,
  at: 0,
};

/**
 * The history with one more failure.
 * @param at virtual time of the failure in cycles
 */
export function withFailure(history: History, progress: Progress, at: number): History {
  const near = at - history.at <= NEARBY;
  const same = progress.sequence === history.sequence && progress.replied === history.replied;
  const stuck = same && (near || progress.sequence !== progress.replied);
  return {
    sequence: progress.sequence,
    replied: progress.replied,
    failures: stuck ? history.failures + 1 : 1,
    nearby: stuck && near ? history.nearby + 1 : 1,
    colds: stuck ? history.colds : 0,
    restarts: history.restarts,
    at,
  };
}

/** The history with one more restart. A cold one begins the count of failures anew. */
export function withRestart(history: History, kind: ActionKind): History {
  if (kind === "hot") return { ...history, restarts: history.restarts + 1 };
  return { ...history, failures: 0, nearby: 0, colds: history.colds + 1, restarts: history.restarts + 1 };
}
