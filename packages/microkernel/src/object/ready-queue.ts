/**
 * Ready queue: 256 strict priorities, first in first out in each, and who runs.
 *
 * Here: the queues, the choice of the next thread, time slices. The running thread is in no queue.
 * Not here: why a thread becomes ready (→ ipc/). Invariant: bit p of the bitmap is set exactly when
 * queue p has somebody.
 * @module
 */
import type { Arena } from "../table/arena.ts";
import { H, P, T } from "../table/layout.ts";
import { FLAG_DELAYING, FLAG_EXHAUSTED, FLAG_HALTED, FLAG_QUEUED, READY, SENDING } from "../table/states.ts";

/** Puts a thread that can run at the tail of its priority, or at the head. Others, queued ones and the running one stay where they are. */
export function enqueueReady(a: Arena, row: number, atHead: boolean = false): void {
  const t = a.threads;
  const flags = t.get(row, T.flags);
  if (flags & FLAG_QUEUED || a.get(H.current) === row || !runnable(a, row)) return;
  const priority = t.get(row, T.priority);
  const head = a.priorities.get(priority, P.head);
  t.set(row, T.flags, flags | FLAG_QUEUED);
  if (head === 0) {
    t.set(row, T.readyNext, 0);
    t.set(row, T.readyPrev, 0);
    a.priorities.set(priority, P.head, row);
    a.priorities.set(priority, P.tail, row);
    a.words[H.readyBitmap + (priority >> 5)] |= 1 << (priority & 31);
  } else if (atHead) {
    t.set(row, T.readyNext, head);
    t.set(row, T.readyPrev, 0);
    t.set(head, T.readyPrev, row);
    a.priorities.set(priority, P.head, row);
  } else {
    const tail = a.priorities.get(priority, P.tail);
    t.set(row, T.readyNext, 0);
    t.set(row, T.readyPrev, tail);
    t.set(tail, T.readyNext, row);
    a.priorities.set(priority, P.tail, row);
  }
}

/** Takes a thread out of its queue, if it is in one. */
export function dequeueReady(a: Arena, row: number): void {
  const t = a.threads;
  const flags = t.get(row, T.flags);
  if ((flags & FLAG_QUEUED) === 0) return;
  const priority = t.get(row, T.priority);
  const next = t.get(row, T.readyNext);
  const previous = t.get(row, T.readyPrev);
  if (previous === 0) a.priorities.set(priority, P.head, next);
  else t.set(previous, T.readyNext, next);
  if (next === 0) a.priorities.set(priority, P.tail, previous);
  else t.set(next, T.readyPrev, previous);
  if (a.priorities.get(priority, P.head) === 0) a.words[H.readyBitmap + (priority >> 5)] &= ~(1 << (priority & 31));
  t.set(row, T.readyNext, 0);
  t.set(row, T.readyPrev, 0);
  t.set(row, T.flags, flags & ~FLAG_QUEUED);
}

/** The most urgent priority that has somebody, or -1. */
export function topPriority(a: Arena): number {
  for (let word = 7; word >= 0; word--) {
    const bits = a.words[H.readyBitmap + word];
    if (bits !== 0) return word * 32 + 31 - Math.clz32(bits);
  }
  return -1;
}

/** Whether somebody of the same priority is ready, too. */
export function hasEquals(a: Arena, row: number): boolean {
  return a.priorities.get(a.threads.get(row, T.priority), P.head) !== 0;
}

/** Makes a thread ready to run user code. */
export function makeReady(a: Arena, row: number): void {
  a.threads.set(row, T.state, READY);
  enqueueReady(a, row);
}

/** Stops a thread at user code, at once or when its IPC is over, or lets it go on. */
export function setHalted(a: Arena, row: number, halted: boolean): void {
  const flags = a.threads.get(row, T.flags);
  a.threads.set(row, T.flags, halted ? flags | FLAG_HALTED : flags & ~FLAG_HALTED);
  if (runnable(a, row)) enqueueReady(a, row);
  else dequeueReady(a, row);
}

/** Whether a thread can run now: user code unless it is halted, or the transfer that it is the sender of. */
export function runnable(a: Arena, row: number): boolean {
  const { words, threads } = a;
  const at = threads.base + row * threads.stride;
  const state = words[at + T.state];
  const flags = words[at + T.flags];
  if (flags & FLAG_EXHAUSTED) return false;
  return state === SENDING || (state === READY && (flags & FLAG_HALTED) === 0);
}

/** Lets a runnable thread run in the place of the current one, on the same time slice: a donation. */
export function donateTo(a: Arena, row: number): void {
  const current = a.get(H.current);
  if (current === row) return;
  dequeueReady(a, row);
  a.set(H.current, row);
  if (current === 0) return;
  a.threads.set(current, T.flags, a.threads.get(current, T.flags) & ~FLAG_DELAYING);
  if (runnable(a, current)) enqueueReady(a, current);
}

/** Ends a donation if `row`, just woken, is more urgent than who runs: the next choice then compares their own priorities. */
export function wakePreempts(a: Arena, row: number): void {
  const current = a.get(H.current);
  if (current !== 0 && a.threads.get(row, T.priority) > a.threads.get(current, T.priority)) a.set(H.accounted, current);
}

/** Gives a thread its full time slice again. */
export function refillSlice(a: Arena, row: number): void {
  a.threads.set(row, T.slice, a.threads.get(row, T.timeslice));
}

/** Whether a thread's total quantum is finite. */
export function hasQuantum(a: Arena, row: number): boolean {
  return a.threads.get(row, T.quantum) !== 0;
}

/** Whether the slice that runs is used up. */
export function sliceOver(a: Arena): boolean {
  const accounted = a.get(H.accounted);
  return accounted !== 0 && a.threads.get(accounted, T.timeslice) !== 0 && a.threads.get(accounted, T.slice) <= 0;
}

/** Gives up the rest of the slice: to the tail of its priority. */
export function yieldSlice(a: Arena): void {
  const current = a.get(H.current);
  const accounted = a.get(H.accounted);
  if (accounted !== 0) refillSlice(a, accounted);
  if (current === 0) return;
  a.set(H.current, 0);
  a.set(H.accounted, 0);
  if (runnable(a, current)) enqueueReady(a, current);
}

/** Bills the time since the last call to the slice that runs and to the running thread's own time. */
export function account(a: Arena): void {
  const w = a.words;
  const now = a.now();
  const elapsed = now - ((w[H.accountedAt] >>> 0) + w[H.accountedAt + 1] * 2 ** 32);
  if (elapsed === 0) return;
  a.setTime(a.header, 0, H.accountedAt, now);
  const t = a.threads;
  const accounted = w[H.accounted];
  if (accounted !== 0) {
    const payer = t.base + accounted * t.stride;
    if (w[payer + T.timeslice] !== 0) w[payer + T.slice] = Math.max(-1, w[payer + T.slice] - elapsed);
    if (w[payer + T.quantum] !== 0)
      a.setTime(t, accounted, T.quantumLeft, Math.max(0, a.getTime(t, accounted, T.quantumLeft) - elapsed));
  }
  const current = w[H.current];
  if (current === 0) return;
  const me = t.base + current * t.stride;
  if (w[me + T.flags] & FLAG_DELAYING) w[me + T.delayLeft] = Math.max(0, w[me + T.delayLeft] - elapsed);
  if ((w[me + T.deadlineOwn] | w[me + T.deadlineOwn + 1]) !== 0)
    a.setTime(t, current, T.ownTime, a.getTime(t, current, T.ownTime) + elapsed);
}

/**
 * Chooses who runs: the current thread goes on unless it cannot, somebody more urgent is ready (then
 * it waits at the head of its queue), or its slice is over and its equals wait. Nothing of that counts while it puts
 * its preemption off. On a donated slice it
 * is as urgent as the donor. Returns the row, 0 for nobody.
 */
export function schedule(a: Arena): number {
  const t = a.threads;
  let current = a.get(H.current);
  if (current !== 0 && !runnable(a, current)) {
    t.set(current, T.flags, t.get(current, T.flags) & ~FLAG_DELAYING);
    a.set(H.current, 0);
    current = 0;
  }
  if (current !== 0) {
    if (t.get(current, T.flags) & FLAG_DELAYING) return current;
    const accounted = a.get(H.accounted);
    const over = sliceOver(a);
    if (over) {
      refillSlice(a, accounted);
      a.set(H.accounted, current);
    }
    const own = t.get(current, T.priority);
    const urgency = over || accounted === 0 ? own : Math.max(own, t.get(accounted, T.priority));
    const top = topPriority(a);
    if (top < urgency || (top === urgency && !over)) return current;
    a.set(H.current, 0);
    enqueueReady(a, current, !over);
  }
  const top = topPriority(a);
  if (top < 0) {
    a.set(H.accounted, 0);
    return 0;
  }
  const row = a.priorities.get(top, P.head);
  dequeueReady(a, row);
  a.set(H.current, row);
  a.set(H.accounted, row);
  if (t.get(row, T.slice) <= 0) refillSlice(a, row);
  return row;
}
