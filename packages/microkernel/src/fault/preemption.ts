/**
 * Preemption: put off, reported, or both, as the thread's PreemptFlags and its scheduler say.
 *
 * Here: what an interrupt, a timeout or the end of a slice does to the running thread. A switch that the thread itself
 * brings about with an IPC is none. A preemption fault is sent when the thread runs again, and nobody waits for an
 * answer; a delay that took longer than Schedule allows, or than the slice, is an exception at once.
 * Not here: who runs next (→ object/ready-queue.ts). Reference: X.2, PreemptFlags, Schedule; ADR 0002.
 * @module
 */
import { messageTag } from "../api/msg-tag.ts";
import { LABEL_PREEMPTION, LABEL_SYSTEM_EXCEPTION, PREEMPTION_WORDS } from "../api/protocol/preemption.ts";
import { NIL_THREAD } from "../api/thread-id.ts";
import { TIME_NEVER, TIME_ZERO, timeouts } from "../api/time.ts";
import { PREEMPT_DELAY, PREEMPT_PENDING, PREEMPT_SIGNAL, TCR_EXCEPTION_HANDLER, TCR_FLAGS } from "../api/utcb.ts";
import { COST_FAULT } from "../costs.ts";
import { beginNested } from "../ipc/nested-call.ts";
import { startIpc } from "../ipc/rendezvous.ts";
import { runnable, sliceOver, wakePreempts } from "../object/ready-queue.ts";
import { isActive, setUtcbWord, utcbWord } from "../object/thread.ts";
import { clockMicroseconds } from "../object/timeout-queue.ts";
import type { Arena } from "../table/arena.ts";
import { H, T } from "../table/layout.ts";
import { FAULT_PREEMPTION, FLAG_DELAYING, FLAG_PREEMPTED, READY } from "../table/states.ts";
import { sendFrame } from "./exception.ts";

/** An interrupt or a timeout made `row` runnable: does it preempt who runs, now or later? */
export function wokenByEvent(a: Arena, row: number): void {
  if (!runnable(a, row)) return;
  wakePreempts(a, row);
  const current = a.get(H.current);
  const t = a.threads;
  if (current === 0 || current === row || t.get(current, T.state) !== READY) return;
  const priority = t.get(row, T.priority);
  if (priority <= t.get(current, T.priority)) return;
  const delays = mayDelay(a, current, priority);
  if (!delays || t.get(current, T.maximumDelay) === 0) preempted(a, current, delays);
  else if ((t.get(current, T.flags) & FLAG_DELAYING) === 0) {
    t.set(current, T.flags, t.get(current, T.flags) | FLAG_DELAYING);
    t.set(current, T.delayLeft, t.get(current, T.maximumDelay));
    setUtcbWord(a, current, TCR_FLAGS, utcbWord(a, current, TCR_FLAGS) | PREEMPT_PENDING);
  }
}

/** Looks at the running thread's delay and slice: whether one is over. */
export function checkPreemption(a: Arena): void {
  const current = a.get(H.current);
  if (current === 0 || a.threads.get(current, T.state) !== READY || !runnable(a, current)) return;
  const delaying = (a.threads.get(current, T.flags) & FLAG_DELAYING) !== 0;
  if (delaying ? a.threads.get(current, T.delayLeft) === 0 || sliceOver(a) : sliceOver(a))
    preempted(a, current, delaying);
}

/** Whether a thread wants to hear of the end of its slice even when nobody else would run. */
export function isSignalled(a: Arena, row: number): boolean {
  return isActive(a, row) && (utcbWord(a, row, TCR_FLAGS) & PREEMPT_SIGNAL) !== 0;
}

/** The thread gives way by itself: whatever was put off is done. */
export function endDelay(a: Arena, row: number): void {
  a.threads.set(row, T.flags, a.threads.get(row, T.flags) & ~FLAG_DELAYING);
  clearFlags(a, row, PREEMPT_PENDING);
}

function mayDelay(a: Arena, row: number, priority: number): boolean {
  return (utcbWord(a, row, TCR_FLAGS) & PREEMPT_DELAY) !== 0 && priority <= a.threads.get(row, T.sensitivePriority);
}

/** The thread is preempted; `delayed`: although it asked to be let alone by such a one. */
function preempted(a: Arena, row: number, delayed: boolean): void {
  const t = a.threads;
  endDelay(a, row);
  const flags = utcbWord(a, row, TCR_FLAGS);
  if ((flags & PREEMPT_SIGNAL) === 0) return;
  if (delayed && flags & PREEMPT_DELAY) {
    clearFlags(a, row, PREEMPT_DELAY);
    sendFrame(a, row, LABEL_SYSTEM_EXCEPTION, 0, 0, utcbWord(a, row, TCR_EXCEPTION_HANDLER));
    return;
  }
  t.set(row, T.flags, t.get(row, T.flags) | FLAG_PREEMPTED);
  const now = clockMicroseconds(a);
  t.set(row, T.preemptedAt, (now % 2 ** 32) | 0);
  t.set(row, T.preemptedAt + 1, Math.floor(now / 2 ** 32));
}

function clearFlags(a: Arena, row: number, flags: number): void {
  const old = utcbWord(a, row, TCR_FLAGS);
  if (old & flags) setUtcbWord(a, row, TCR_FLAGS, old & ~flags);
}

/** The thread runs again: its preemption is reported first. False when there is nothing to report. */
export function reportPreemption(a: Arena, row: number): boolean {
  const t = a.threads;
  if ((t.get(row, T.flags) & FLAG_PREEMPTED) === 0) return false;
  t.set(row, T.flags, t.get(row, T.flags) & ~FLAG_PREEMPTED);
  const to = utcbWord(a, row, TCR_EXCEPTION_HANDLER);
  if (to === NIL_THREAD || !isSignalled(a, row)) return false;
  a.charge(COST_FAULT);
  beginNested(a, row, FAULT_PREEMPTION);
  setUtcbWord(a, row, 0, messageTag(LABEL_PREEMPTION, PREEMPTION_WORDS));
  setUtcbWord(a, row, 1, t.get(row, T.preemptedAt));
  setUtcbWord(a, row, 2, t.get(row, T.preemptedAt + 1));
  startIpc(a, row, to, to, timeouts(TIME_NEVER, TIME_ZERO));
  return true;
}
