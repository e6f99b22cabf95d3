/**
 * Turns: whether the thread that runs simply goes on, and for how long.
 *
 * Here: the answers to what a step asks, for the common case in one go over the rows' words. Not here: the questions and
 * their order (→ kernel.ts), every other case (→ object/ready-queue.ts, fault/).
 * @module
 */

import { ownTimeLeft } from "./fault/hang.ts";
import { isSignalled } from "./fault/preemption.ts";
import { quantumLeft } from "./fault/quantum.ts";
import { hasEquals, topPriority } from "./object/ready-queue.ts";
import type { Arena } from "./table/arena.ts";
import { H, T } from "./table/layout.ts";
import { FLAG_DELAYING, FLAG_EXHAUSTED, FLAG_HALTED, FLAG_PREEMPTED, READY } from "./table/states.ts";

/** What makes a turn more than going on. */
const SPECIAL: number = FLAG_DELAYING | FLAG_EXHAUSTED | FLAG_HALTED | FLAG_PREEMPTED;

/**
 * The current thread, if the next step would do nothing but run it as a guest: nothing is to be reported of it, its slice
 * lasts, nobody more urgent is ready. 0: the step must look itself.
 */
export function plainTurn(a: Arena): number {
  const w = a.words;
  const row = w[H.current];
  const accounted = w[H.accounted];
  if (row === 0 || accounted === 0) return 0;
  const { base, stride } = a.threads;
  const me = base + row * stride;
  const payer = base + accounted * stride;
  if (w[me + T.state] !== READY || (w[me + T.flags] & SPECIAL) !== 0) return 0;
  if ((w[me + T.program] | w[me + T.quantum] | w[me + T.deadlineOwn] | w[me + T.deadlineOwn + 1]) !== 0) return 0;
  if (w[payer + T.timeslice] !== 0 && w[payer + T.slice] <= 0) return 0;
  return topPriority(a) > Math.max(w[me + T.priority], w[payer + T.priority]) ? 0 : row;
}

/** Instructions until the next thing that may happen to the running thread, `longest` at most. */
export function turnBudget(a: Arena, row: number, longest: number): number {
  const w = a.words;
  const { base, stride } = a.threads;
  const accounted = w[H.accounted];
  const me = base + row * stride;
  let limit = longest;
  if (w[me + T.flags] & FLAG_DELAYING) limit = Math.min(limit, w[me + T.delayLeft]);
  if ((w[me + T.deadlineOwn] | w[me + T.deadlineOwn + 1]) !== 0) limit = Math.min(limit, ownTimeLeft(a, row));
  if (accounted !== 0) {
    const payer = base + accounted * stride;
    const ends = w[payer + T.timeslice] !== 0;
    if (ends && (accounted !== row || hasEquals(a, row) || isSignalled(a, row)))
      limit = Math.min(limit, w[payer + T.slice]);
    if (w[payer + T.quantum] !== 0) limit = Math.min(limit, quantumLeft(a, accounted));
  }
  return limit;
}
