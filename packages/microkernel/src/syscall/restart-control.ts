/**
 * RestartControl: supervision of a thread by its pager.
 *
 *   in    thread, restart page (linear in the caller's space, 0 none), supervisor (nil none),
 *         deadline in microseconds of the thread's own time per request (0 none)
 *   out   1, or 0 and ErrorCode
 * Allowed to the space of the thread's pager and to privileged spaces.
 * Reference: `docs/protocols.md` sections 5 and 6.
 * Here: who may ask, and what is done. Not here: what is recorded then (→ ipc/restart-record.ts).
 * @module
 */
import { ERROR_INVALID_PARAMETER, ERROR_INVALID_THREAD, ERROR_NO_PRIVILEGE } from "../api/error-code.ts";
import { PAGE_SIZE } from "../api/fpage.ts";
import { USER_AREA_END } from "../api/kip.ts";
import { NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import { COST_SYSCALL } from "../costs.ts";
import { openRecord } from "../ipc/restart-record.ts";
import { findGlobal, isInterrupt, resolve } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { H, T } from "../table/layout.ts";
import { isPrivileged, refuse } from "./result.ts";

export function restartControl(
  a: Arena,
  caller: number,
  thread: ThreadId,
  page: number,
  supervisor: ThreadId,
  deadline: number,
): 0 | 1 {
  a.charge(COST_SYSCALL);
  const t = a.threads;
  const space = t.get(caller, T.space);
  const row = resolve(a, space, thread);
  if (row === 0 || isInterrupt(a, row)) return refuse(a, caller, ERROR_INVALID_THREAD);
  const pager = findGlobal(a, t.get(row, T.pager));
  const owner = pager !== 0 && t.get(pager, T.space) === space;
  if (!owner && !isPrivileged(a, caller)) return refuse(a, caller, ERROR_NO_PRIVILEGE);
  const judge = supervisor === NIL_THREAD ? 0 : resolve(a, space, supervisor);
  if (supervisor !== NIL_THREAD && judge === 0) return refuse(a, caller, ERROR_INVALID_THREAD);
  if ((page & (PAGE_SIZE - 1)) !== 0 || page >>> 0 >= USER_AREA_END) return refuse(a, caller, ERROR_INVALID_PARAMETER);
  t.set(row, T.supervisor, judge === 0 ? 0 : t.get(judge, T.id));
  t.set(row, T.restartPage, page);
  t.set(row, T.recorder, t.get(caller, T.id));
  a.setTime(t, row, T.deadlineOwn, (deadline >>> 0) * a.get(H.cyclesPerMicrosecond));
  a.setTime(t, row, T.ownTime, 0);
  openRecord(a, row);
  return 1;
}
