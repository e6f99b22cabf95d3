/**
 * What a policy would do, written out: its complete schedule against a failure that never goes away.
 *
 * Here: playing a policy against itself, and the schedule as data. Not here: printing (→ the command line), what an
 * action does (`../plan`).
 * @module
 */
import type { Failure } from "../failure.ts";
import { type History, NO_HISTORY, withFailure, withRestart } from "./history.ts";
import type { Action, RecoveryPolicy, Supervised } from "./policy.ts";

/** What a server's memory does while it does not fail. */
export interface Growth {
  /** Cycles from one look at it to the next. */
  readonly period: number;
  /** Pages of heap that it has more at each look. */
  readonly pages: number;
  /** Further threads that it has more at each look. */
  readonly threads: number;
}

/** What fails, and how soon again. */
export interface Trouble {
  readonly failure: Failure;
  /** Request: one request cannot be served. Server: nothing helps; it does not even come to READY after a cold start. */
  readonly scope: "request" | "server";
  /** Cycles from a restart to the next failure. */
  readonly again: number;
}

/** One line of a schedule. */
export interface ScheduleEntry {
  /** The failure's number, from 1. */
  readonly failure: number;
  /** Virtual time of the failure in cycles since the first. */
  readonly at: number;
  readonly action: Action;
}

/** What it comes to; "goes on" where it would be the same for ever, or too long to say. */
export type ScheduleEnd = "the program is removed" | "the machine reboots" | "the request is given up" | "goes on";

/** What a policy does about a trouble, failure by failure. */
export interface Schedule {
  readonly entries: readonly ScheduleEntry[];
  readonly end: ScheduleEnd;
}

/** The schedule of a policy, up to its end or `limit` entries. */
export function explain(policy: RecoveryPolicy, trouble: Trouble, limit: number): Schedule {
  const entries: ScheduleEntry[] = [];
  let history: History = NO_HISTORY;
  let program: Supervised = { server: true, ready: true, refused: false };
  let at = 0;
  while (entries.length < limit) {
    history = withFailure(history, { sequence: 1, replied: 0 }, at);
    const action = policy(trouble.failure, history, { ...program, supervisor: history.times });
    entries.push({ failure: entries.length + 1, at, action });
    const end = endOf(action, trouble);
    if (end !== "goes on") return { entries, end };
    history = withRestart(history, action);
    if (action.kind === "cold" || action.kind === "group") program = { ...program, ready: false };
    at += (action.delay ?? 0) + trouble.again;
  }
  return { entries, end: "goes on" };
}

/** The renewals of a server that never fails, up to `limit` looks. `failure` counts the renewals. */
export function explainRenewal(policy: RecoveryPolicy, growth: Growth, limit: number): Schedule {
  const entries: ScheduleEntry[] = [];
  let started = 0;
  for (let look = 1; look <= limit; look++) {
    const at = look * growth.period;
    const looks = look - started;
    const [heap, threads] = [looks * growth.pages, looks * growth.threads];
    const age = looks * growth.period;
    const action = policy.rejuvenate?.({ age, heap, frames: heap, threads, served: true });
    if (action === undefined) continue;
    entries.push({ failure: entries.length + 1, at, action });
    started = look;
  }
  return { entries, end: "goes on" };
}

function endOf({ kind, quarantine }: Action, { scope }: Trouble): ScheduleEnd {
  if (kind === "remove") return "the program is removed";
  if (kind === "reboot") return "the machine reboots";
  const givenUp = scope === "request" && (quarantine === true || kind === "cold" || kind === "group");
  return givenUp ? "the request is given up" : "goes on";
}
