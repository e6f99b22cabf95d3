/**
 * ThreadControl: makes, moves, renames, activates, deletes threads; interrupts.
 *
 *   in    dest            global id
 *         SpaceSpecifier  a thread of the space; nil deletes; dest itself makes a new space
 *         scheduler       nil leaves it
 *         pager           nil leaves it; an inactive thread becomes active and waits for its start
 *                         scheduler and pager may be local ids of the caller's space
 *         UtcbLocation    -1 leaves it
 *   out   1, or 0 and ErrorCode
 * Privileged. Interrupts: pager = the handler, or the interrupt itself to detach; the rest is not looked at.
 * Here: who may ask, and what is done. Not here: what becomes of a thread (→ ipc/thread-life.ts). Reference:
 * X.2, ThreadControl.
 * @module
 */
import {
  ERROR_INVALID_SCHEDULER,
  ERROR_INVALID_SPACE,
  ERROR_INVALID_THREAD,
  ERROR_NO_PRIVILEGE,
  ERROR_OUT_OF_MEMORY,
  ERROR_UTCB_AREA,
} from "../api/error-code.ts";
import { CASCADE_LINE, CLOCK_LINE } from "../api/protocol/interrupt.ts";
import { isGlobal, NIL_THREAD, SYSTEM_BASE, type ThreadId, threadNumber, USER_BASE } from "../api/thread-id.ts";
import { TCR_PAGER, UTCB_MR0_OFFSET } from "../api/utcb.ts";
import { COST_CONTROL } from "../costs.ts";
import { activate, deleteThread, migrateThread, renameThread } from "../ipc/thread-life.ts";
import { destroySpace, isInitialised, isUtcbLocation, takeSpace } from "../object/address-space.ts";
import { attachInterrupt, detachInterrupt } from "../object/irq.ts";
import { refillSlice } from "../object/ready-queue.ts";
import {
  findGlobal,
  findLocal,
  findNumber,
  giveThread,
  isActive,
  isInterrupt,
  resolve,
  setUtcbWord,
  takeThread,
} from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { H, T } from "../table/layout.ts";
import { isPrivileged, refuse } from "./result.ts";

/** UtcbLocation that changes nothing. */
const NO_CHANGE = -1;
const DEFAULT_PRIORITY = 100;

export function threadControl(
  a: Arena,
  caller: number,
  dest: ThreadId,
  specifier: ThreadId,
  scheduler: ThreadId,
  pager: ThreadId,
  utcb: number,
): 0 | 1 {
  a.charge(COST_CONTROL);
  if (!isPrivileged(a, caller)) return refuse(a, caller, ERROR_NO_PRIVILEGE);
  if (!isGlobal(dest)) return refuse(a, caller, ERROR_INVALID_THREAD);
  const judge = schedulerOf(a, caller, dest, scheduler);
  const home = globalOf(a, caller, pager);
  const number = threadNumber(dest);
  if (number < SYSTEM_BASE) return associate(a, caller, number, home);
  if (number < USER_BASE) return refuse(a, caller, ERROR_INVALID_THREAD);
  const row = findNumber(a, number);
  if (specifier === NIL_THREAD) {
    if (row === caller) return refuse(a, caller, ERROR_INVALID_THREAD);
    if (row !== 0) deleteThread(a, row);
    return 1;
  }
  return row === 0
    ? create(a, caller, dest, specifier, judge, home, utcb)
    : modify(a, caller, row, dest, specifier, judge, home, utcb);
}

/** No user thread's id: a scheduler that there is not. */
const NO_SCHEDULER = -1;

/** The global id of a scheduler, in whichever form it was given; nil stays nil, and the thread itself may be it. */
function schedulerOf(a: Arena, caller: number, dest: ThreadId, scheduler: ThreadId): ThreadId {
  if (scheduler === NIL_THREAD || scheduler === dest) return scheduler;
  const row = resolve(a, a.threads.get(caller, T.space), scheduler);
  return row !== 0 && !isInterrupt(a, row) ? a.threads.get(row, T.id) : NO_SCHEDULER;
}

/** The global id of a thread that need not exist. */
function globalOf(a: Arena, caller: number, id: ThreadId): ThreadId {
  const row = id === NIL_THREAD || isGlobal(id) ? 0 : resolve(a, a.threads.get(caller, T.space), id);
  return row === 0 ? id : a.threads.get(row, T.id);
}

function associate(a: Arena, caller: number, line: number, pager: ThreadId): 0 | 1 {
  const itself = threadNumber(pager) === line && isGlobal(pager);
  const handler = findGlobal(a, pager);
  if (line === CASCADE_LINE || line === CLOCK_LINE || (!itself && (handler === 0 || !isActive(a, handler))))
    return refuse(a, caller, ERROR_INVALID_THREAD);
  if (itself) detachInterrupt(a, line);
  else attachInterrupt(a, line, pager);
  return 1;
}

function create(
  a: Arena,
  caller: number,
  dest: ThreadId,
  specifier: ThreadId,
  scheduler: ThreadId,
  pager: ThreadId,
  utcb: number,
): 0 | 1 {
  if (scheduler === NIL_THREAD) return refuse(a, caller, ERROR_INVALID_THREAD);
  if (scheduler === NO_SCHEDULER) return refuse(a, caller, ERROR_INVALID_SCHEDULER);
  const isNew = specifier === dest;
  let space = 0;
  if (!isNew) {
    const member = findGlobal(a, specifier);
    if (member === 0 || a.threads.get(member, T.space) === 0) return refuse(a, caller, ERROR_INVALID_SPACE);
    space = a.threads.get(member, T.space);
  }
  if (pager !== NIL_THREAD) {
    if (isNew || !isInitialised(a, space)) return refuse(a, caller, ERROR_INVALID_SPACE);
    if (!isFreeUtcb(a, 0, space, utcb)) return refuse(a, caller, ERROR_UTCB_AREA);
  } else if (utcb !== NO_CHANGE && !isNew && isInitialised(a, space) && !isUtcbLocation(a, space, utcb))
    return refuse(a, caller, ERROR_UTCB_AREA);
  if (isNew) space = takeSpace(a);
  const row = space === 0 ? 0 : takeThread(a, dest, space);
  if (row === 0) {
    if (isNew && space !== 0) destroySpace(a, space);
    return refuse(a, caller, ERROR_OUT_OF_MEMORY);
  }
  const t = a.threads;
  t.set(row, T.scheduler, scheduler);
  t.set(row, T.priority, DEFAULT_PRIORITY);
  t.set(row, T.timeslice, a.get(H.defaultTimeslice) * a.get(H.cyclesPerMicrosecond));
  refillSlice(a, row);
  if (utcb !== NO_CHANGE) t.set(row, T.utcb, utcb + UTCB_MR0_OFFSET);
  if (pager !== NIL_THREAD && !activate(a, row, pager)) {
    giveThread(a, row);
    return refuse(a, caller, ERROR_OUT_OF_MEMORY);
  }
  a.observer.threadCreated?.(dest, space);
  return 1;
}

function modify(
  a: Arena,
  caller: number,
  row: number,
  dest: ThreadId,
  specifier: ThreadId,
  scheduler: ThreadId,
  pager: ThreadId,
  utcb: number,
): 0 | 1 {
  const t = a.threads;
  const active = isActive(a, row);
  const member = findGlobal(a, specifier);
  if (member === 0 || t.get(member, T.space) === 0) return refuse(a, caller, ERROR_INVALID_SPACE);
  const space = t.get(member, T.space);
  const moves = space !== t.get(row, T.space);
  if (moves && !isInitialised(a, space)) return refuse(a, caller, ERROR_INVALID_SPACE);
  if (utcb !== NO_CHANGE && (active || (isInitialised(a, space) && !isUtcbLocation(a, space, utcb))))
    return refuse(a, caller, ERROR_UTCB_AREA);
  const place = utcb !== NO_CHANGE ? utcb : t.get(row, T.utcb) - UTCB_MR0_OFFSET;
  const activates = pager !== NIL_THREAD && !active;
  if (activates && !isInitialised(a, space)) return refuse(a, caller, ERROR_INVALID_SPACE);
  if ((activates || (moves && active)) && !isFreeUtcb(a, row, space, place)) return refuse(a, caller, ERROR_UTCB_AREA);
  if (scheduler === NO_SCHEDULER) return refuse(a, caller, ERROR_INVALID_SCHEDULER);

  if (moves && !migrateThread(a, row, space)) return refuse(a, caller, ERROR_OUT_OF_MEMORY);
  if (utcb !== NO_CHANGE) t.set(row, T.utcb, utcb + UTCB_MR0_OFFSET);
  if (activates && !activate(a, row, pager)) return refuse(a, caller, ERROR_OUT_OF_MEMORY);
  if (pager !== NIL_THREAD && active) {
    setUtcbWord(a, row, TCR_PAGER, pager);
    t.set(row, T.pager, pager);
  }
  if (scheduler !== NIL_THREAD) t.set(row, T.scheduler, scheduler);
  if (dest !== t.get(row, T.id)) renameThread(a, row, dest);
  return 1;
}

/** Whether a UTCB of thread `row` can be at this place: no other active thread of the space is there. */
function isFreeUtcb(a: Arena, row: number, space: number, location: number): boolean {
  if (!isUtcbLocation(a, space, location)) return false;
  const there = findLocal(a, space, location + UTCB_MR0_OFFSET);
  return there === 0 || there === row || !isActive(a, there);
}
