/**
 * Schedule: priority and time slice of a thread, and what it is doing.
 *
 *   in    dest, TimeControl (slice << 16 | quantum, time codes), ProcessorControl,
 *         PrioControl, PreemptionControl; -1 leaves each as it is
 *   out   result   SCHEDULE_… state before the call, 0 and ErrorCode on error
 *         old TimeControl: what is left of the slice << 16 | of the quantum
 * Allowed to the thread's scheduler and to privileged spaces; the priority at most the caller's own,
 * unless privileged. Quanta and preemption control are kept, not enforced.
 * Here: who may ask, and what is done. Not here: who runs next (→ object/ready-queue.ts). Reference: X.2,
 * Schedule.
 * @module
 */
import { ERROR_INVALID_PARAMETER, ERROR_INVALID_THREAD, ERROR_NO_PRIVILEGE } from "../api/error-code.ts";
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
import { dequeueReady, enqueueReady, refillSlice } from "../object/ready-queue.ts";
import { isActive, isInterrupt, resolve } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { H, T } from "../table/layout.ts";
import {
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

/** The state and, in `old.time`, the old TimeControl. */
export function schedule(
  a: Arena,
  caller: number,
  dest: ThreadId,
  time: number,
  priority: number,
  preemption: number,
  old: { time: number },
): number {
  a.charge(COST_SYSCALL);
  old.time = 0;
  const t = a.threads;
  const row = resolve(a, t.get(caller, T.space), dest);
  const known = row !== 0 && (!isInterrupt(a, row) || t.get(row, T.pager) !== 0);
  if (!known) return refuse(a, caller, ERROR_INVALID_THREAD);
  const privileged = isPrivileged(a, caller);
  if (!privileged && t.get(row, T.scheduler) !== t.get(caller, T.id)) return refuse(a, caller, ERROR_NO_PRIVILEGE);
  if (priority !== -1 && !privileged && (priority & 0xff) > t.get(caller, T.priority))
    return refuse(a, caller, ERROR_NO_PRIVILEGE);
  if (time !== -1 && ((time >>> 16) & TIME_POINT || time & TIME_POINT))
    return refuse(a, caller, ERROR_INVALID_PARAMETER);
  old.time = (remainingSlice(a, row) << 16) | t.get(row, T.quantum);
  const state = stateOf(a, row);
  if (time !== -1) {
    t.set(row, T.timeslice, sliceCycles(a, time >>> 16));
    t.set(row, T.quantum, time & 0xffff);
    refillSlice(a, row);
  }
  if (priority !== -1) setPriority(a, row, priority & 0xff);
  if (preemption !== -1) t.set(row, T.sensitivePriority, (preemption >>> 16) & 0xff);
  return state;
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
