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
import type { Action, Level } from "./policy.ts";

/** Where a program stands with its requests: words 1 and 2 of its restart page. */
export interface Progress {
  /** Number of the last request received. */
  readonly sequence: number;
  /** Number of the last request answered. */
  readonly replied: number;
}

/** Restarts in a row without getting on, by level. */
export type Tried = Readonly<Record<Level, number>>;

/** What a policy knows of the past: plain data, replaced and never changed. Times are in cycles of the virtual clock. */
export interface History extends Progress {
  /** Failures in a row without getting on, since the last cold start. */
  readonly failures: number;
  /** Of these, the last ones of which each came within `NEARBY` of the one before. */
  readonly nearby: number;
  /** Restarts in a row without getting on. */
  readonly tried: Tried;
  /** Restarts since the program was loaded. */
  readonly restarts: number;
  /** Cycles that the last restart waited. */
  readonly waited: number;
  /** Virtual times of the last failures, the latest first, {@link TIMES_LIMIT} at most; of any request. */
  readonly times: readonly number[];
}

/** Failures closer together than this are taken for the same trouble: 100 ms of 100 MHz. */
export const NEARBY = 10_000_000;

/** Failures whose time is kept. */
export const TIMES_LIMIT = 16;

const NONE_TRIED: Tried = { handler: 0, hot: 0, warm: 0, cold: 0, group: 0 };

/** Before the first failure. */
export const NO_HISTORY: History = {
  sequence: 0,
  replied: 0,
  failures: 0,
  nearby: 0,
  tried: NONE_TRIED,
  restarts: 0,
  waited: 0,
  times: [],
};

/**
 * The history with one more failure.
 * @param at virtual time of the failure in cycles
 */
export function withFailure(history: History, progress: Progress, at: number): History {
  const near = at - (history.times[0] ?? 0) <= NEARBY;
  const same = progress.sequence === history.sequence && progress.replied === history.replied;
  const stuck = same && (near || progress.sequence !== progress.replied);
  return {
    sequence: progress.sequence,
    replied: progress.replied,
    failures: stuck ? history.failures + 1 : 1,
    nearby: stuck && near ? history.nearby + 1 : 1,
    tried: stuck ? history.tried : NONE_TRIED,
    restarts: history.restarts,
    waited: history.waited,
    times: [at, ...history.times].slice(0, TIMES_LIMIT),
  };
}

/** The history with what was done about the failure. A cold restart, alone or of a group, begins the count of failures anew. */
export function withRestart(history: History, { kind, delay = 0 }: Action): History {
  if (kind === "remove" || kind === "reboot") return history;
  const restarted = {
    ...history,
    tried: { ...history.tried, [kind]: history.tried[kind] + 1 },
    restarts: history.restarts + 1,
    waited: delay,
  };
  return kind === "cold" || kind === "group" ? { ...restarted, failures: 0, nearby: 0 } : restarted;
}

/** Failures within the last `period` cycles before the latest one, the latest included; {@link TIMES_LIMIT} at most. */
export function failuresWithin({ times }: Pick<History, "times">, period: number): number {
  const [latest = 0] = times;
  return times.filter((at) => latest - at <= period).length;
}
