/**
 * ResidentControl: a thread's user code is a host program.
 *
 *   in    thread, program number (0: guest code again)
 *   out   1, or 0 and ErrorCode
 * Privileged. A number that the host does not have is found out when the thread runs: it dies.
 * Reference: `docs/protocols.md` sections 5 and 8.
 * Here: who may ask, and what is done. Not here: running the program (→ resident/, kernel.ts).
 * @module
 */
import { ERROR_INVALID_THREAD, ERROR_NO_PRIVILEGE } from "../api/error-code.ts";
import type { ThreadId } from "../api/thread-id.ts";
import { COST_SYSCALL } from "../costs.ts";
import { isInterrupt, resolve } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { isPrivileged, refuse } from "./result.ts";

export function residentControl(a: Arena, caller: number, thread: ThreadId, program: number): 0 | 1 {
  a.charge(COST_SYSCALL);
  if (!isPrivileged(a, caller)) return refuse(a, caller, ERROR_NO_PRIVILEGE);
  const row = resolve(a, a.threads.get(caller, T.space), thread);
  if (row === 0 || isInterrupt(a, row)) return refuse(a, caller, ERROR_INVALID_THREAD);
  a.threads.set(row, T.program, program);
  return 1;
}
