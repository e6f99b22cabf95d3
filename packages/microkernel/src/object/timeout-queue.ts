/**
 * Timeouts: waiting threads by deadline, equal ones in the order of arrival.
 *
 * Here: a doubly linked list through the thread rows, and deadlines from X.2's time codes.
 * Not here: what happens when one expires (→ ipc/rendezvous.ts).
 * @module
 */
import { deadlineMicroseconds, TIME_NEVER, TIME_POINT, TIME_ZERO } from "../api/time.ts";
import type { Arena } from "../table/arena.ts";
import { H, T } from "../table/layout.ts";
import { FLAG_TIMED } from "../table/states.ts";

/** Microseconds on the system clock. */
export function clockMicroseconds(a: Arena): number {
  return Math.floor(a.now() / a.get(H.cyclesPerMicrosecond));
}

/** Whether a wait with this code is over before it begins. */
export function expired(a: Arena, code: number): boolean {
  if (code === TIME_ZERO) return true;
  if (code === TIME_NEVER) return false;
  if (code & TIME_POINT) return deadlineMicroseconds(code, clockMicroseconds(a)) <= clockMicroseconds(a);
  return (code & 0x3ff) === 0;
}

/** When a timeout code that starts now is over, in cycles; Infinity for never. */
export function deadlineOf(a: Arena, code: number): number {
  const perMicrosecond = a.get(H.cyclesPerMicrosecond);
  return code & TIME_POINT
    ? deadlineMicroseconds(code, clockMicroseconds(a)) * perMicrosecond
    : a.now() + deadlineMicroseconds(code, 0) * perMicrosecond;
}

/** Starts the timeout of a thread that begins to wait. */
export function startTimeout(a: Arena, row: number, code: number): void {
  if (code !== TIME_NEVER) startTimeoutAt(a, row, deadlineOf(a, code));
}

/** Starts a timeout that is over at a cycle of the clock; behind those with the same. */
export function startTimeoutAt(a: Arena, row: number, deadline: number): void {
  const t = a.threads;
  a.setTime(t, row, T.deadline, deadline);
  t.set(row, T.flags, t.get(row, T.flags) | FLAG_TIMED);
  let before = 0;
  let after = a.get(H.timeoutHead);
  while (after !== 0 && a.getTime(t, after, T.deadline) <= deadline) {
    before = after;
    after = t.get(after, T.timeoutNext);
  }
  t.set(row, T.timeoutPrev, before);
  t.set(row, T.timeoutNext, after);
  if (before === 0) a.set(H.timeoutHead, row);
  else t.set(before, T.timeoutNext, row);
  if (after !== 0) t.set(after, T.timeoutPrev, row);
}

/** Takes a thread's timeout back, if one runs. */
export function stopTimeout(a: Arena, row: number): void {
  const t = a.threads;
  const flags = t.get(row, T.flags);
  if ((flags & FLAG_TIMED) === 0) return;
  const next = t.get(row, T.timeoutNext);
  const previous = t.get(row, T.timeoutPrev);
  if (previous === 0) a.set(H.timeoutHead, next);
  else t.set(previous, T.timeoutNext, next);
  if (next !== 0) t.set(next, T.timeoutPrev, previous);
  t.set(row, T.timeoutNext, 0);
  t.set(row, T.timeoutPrev, 0);
  t.set(row, T.flags, flags & ~FLAG_TIMED);
}

/** Cycles of the first deadline, Infinity when nobody waits for one. */
export function nextTimeout(a: Arena): number {
  const row = a.get(H.timeoutHead);
  return row === 0 ? Number.POSITIVE_INFINITY : a.getTime(a.threads, row, T.deadline);
}
