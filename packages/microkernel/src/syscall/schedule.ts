/**
 * Schedule: priority and time slice of a thread, and what it is doing.
 *
 *   in    dest, TimeControl (slice << 16 | quantum, time codes), ProcessorControl,
 *         PrioControl, PreemptionControl; -1 leaves each as it is
 *   out   result   SCHEDULE_… state before the call, 0 and ErrorCode on error
 *         old TimeControl: what is left of the slice << 16 | of the quantum
 * Allowed to the space of the thread's scheduler and to privileged spaces; priority and sensitive priority are at
 * most the caller's own. Lengths are periods, not zero; there is one processor, 0.
 * Here: who may ask, and what is done. Not here: who runs next (→ object/ready-queue.ts). Reference: X.2,
 * Schedule.
 * @module
 */
import { ERROR_INVALID_PARAMETER, ERROR_INVALID_THREAD, ERROR_NO_PRIVILEGE, ERROR_OK } from "../api/error-code.ts";
import {
  SCHEDULE_DEAD,
  SCHEDULE_INACTIVE,
  SCHEDULE_PENDING_SEND,
  SCHEDULE_RECEIVING,
  SCHEDULE_RUNNING,
  SCHEDULE_SENDING,
  SCHEDULE_WAITING,
} from "../api/syscall.ts";
import type { ThreadId } from "../api/thread-id.ts";
import { periodCode, periodMicroseconds, TIME_NEVER, TIME_POINT } from "../api/time.ts";
import { COST_SYSCALL } from "../costs.ts";
import { quantumLeft } from "../fault/quantum.ts";
import { dequeueReady, enqueueReady, refillSlice, runnable } from "../object/ready-queue.ts";
import { findGlobal, isActive, isInterrupt, resolve, setErrorCode } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { H, T } from "../table/layout.ts";
import {
  FLAG_EXHAUSTED,
  FLAG_HALTED,
  FLAG_QUEUED,
  FLAG_SENDER,
  INTERRUPT_IDLE,
  INTERRUPT_UNACKNOWLEDGED,
  POLLING,
  SENDING,
  TRANSFERRING,
  WAITING,
} from "../table/states.ts";
import { isPrivileged, refuse } from "./result.ts";

/** What to set; -1 leaves a word as it is. One reused object, which then holds the old TimeControl. */
export interface SchedulingControl {
  time: number;
  processor: number;
  priority: number;
  preemption: number;
}

/** Returns the state, and in `x.time` the old TimeControl. */
export function schedule(a: Arena, caller: number, dest: ThreadId, x: SchedulingControl): number {
  a.charge(COST_SYSCALL);
  const t = a.threads;
  const { time, priority, preemption } = x;
  x.time = 0;
  const row = resolve(a, t.get(caller, T.space), dest);
  const known = row !== 0 && (!isInterrupt(a, row) || t.get(row, T.pager) !== 0);
  if (!known) return refuse(a, caller, ERROR_INVALID_THREAD);
  const own = t.get(caller, T.priority);
  if (priority !== -1 && (priority & 0xff) > own) return refuse(a, caller, ERROR_INVALID_PARAMETER);
  if (!isPrivileged(a, caller) && !isSchedulersSpace(a, caller, row)) return refuse(a, caller, ERROR_NO_PRIVILEGE);
  const valid =
    (time === -1 || (isLength(time >>> 16) && isLength(time & 0xffff))) &&
    (x.processor === -1 || (x.processor & 0xffff) === 0) &&
    (preemption === -1 || ((preemption >>> 16) & 0xff) <= own);
  if (!valid) return refuse(a, caller, ERROR_INVALID_PARAMETER);

  x.time = (remainingSlice(a, row) << 16) | remainingQuantum(a, row);
  const state = stateOf(a, row);
  if (priority !== -1) setPriority(a, row, priority & 0xff);
  if (preemption !== -1) {
    t.set(row, T.sensitivePriority, (preemption >>> 16) & 0xff);
    t.set(row, T.maximumDelay, (preemption & 0xffff) * a.get(H.cyclesPerMicrosecond));
  }
  if (time !== -1) setTimes(a, row, time >>> 16, time & 0xffff);
  setErrorCode(a, caller, ERROR_OK);
  return state;
}

/** Whether the caller lives with the thread's scheduler. */
function isSchedulersSpace(a: Arena, caller: number, row: number): boolean {
  const scheduler = findGlobal(a, a.threads.get(row, T.scheduler));
  return scheduler !== 0 && a.threads.get(scheduler, T.space) === a.threads.get(caller, T.space);
}

/** Lengths are periods, and longer than nothing. */
function isLength(code: number): boolean {
  return (code & TIME_POINT) === 0 && (code === TIME_NEVER || (code & 0x3ff) !== 0);
}

function setTimes(a: Arena, row: number, slice: number, quantum: number): void {
  const t = a.threads;
  t.set(row, T.timeslice, sliceCycles(a, slice));
  refillSlice(a, row);
  t.set(row, T.quantum, quantum);
  const length = quantum === TIME_NEVER ? 0 : periodMicroseconds(quantum) * a.get(H.cyclesPerMicrosecond);
  a.setTime(t, row, T.quantumLeft, length);
  t.set(row, T.flags, t.get(row, T.flags) & ~FLAG_EXHAUSTED);
  if (runnable(a, row)) enqueueReady(a, row);
}

/** X.2's word for what a thread is doing. */
export function stateOf(a: Arena, row: number): number {
  const flags = a.threads.get(row, T.flags);
  switch (a.threads.get(row, T.state)) {
    case SENDING:
    case TRANSFERRING:
      return flags & FLAG_SENDER ? SCHEDULE_SENDING : SCHEDULE_RECEIVING;
    case POLLING:
      return SCHEDULE_PENDING_SEND;
    case WAITING:
    case INTERRUPT_IDLE:
    case INTERRUPT_UNACKNOWLEDGED:
      return SCHEDULE_WAITING;
    default:
      if (a.threads.get(row, T.id) === 0) return SCHEDULE_DEAD;
      return !isActive(a, row) || flags & FLAG_HALTED ? SCHEDULE_INACTIVE : SCHEDULE_RUNNING;
  }
}

function remainingSlice(a: Arena, row: number): number {
  if (a.threads.get(row, T.timeslice) === 0) return TIME_NEVER;
  return periodCode(Math.max(0, a.threads.get(row, T.slice)) / a.get(H.cyclesPerMicrosecond));
}

function remainingQuantum(a: Arena, row: number): number {
  const left = quantumLeft(a, row);
  return left === Number.POSITIVE_INFINITY ? TIME_NEVER : periodCode(left / a.get(H.cyclesPerMicrosecond));
}

/** Cycles of a time-slice code: 0 is endless, and no slice is longer than 20 seconds. */
function sliceCycles(a: Arena, code: number): number {
  if (code === TIME_NEVER) return 0;
  return Math.max(1, Math.min(periodMicroseconds(code) * a.get(H.cyclesPerMicrosecond), 2_000_000_000));
}

function setPriority(a: Arena, row: number, priority: number): void {
  const queued = (a.threads.get(row, T.flags) & FLAG_QUEUED) !== 0;
  dequeueReady(a, row);
  a.threads.set(row, T.priority, priority);
  if (queued) enqueueReady(a, row);
}
