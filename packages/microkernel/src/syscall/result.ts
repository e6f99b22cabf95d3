/**
 * Results: how a system call reports an error.
 *
 * Here: the ErrorCode TCR and who is privileged. Not here: the calls.
 * @module
 */
import { setErrorCode } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { S, T } from "../table/layout.ts";

/** Sets ErrorCode; returns 0, which every call's result register uses for "see ErrorCode". */
export function refuse(a: Arena, caller: number, code: number): 0 {
  setErrorCode(a, caller, code);
  return 0;
}

/** Whether a thread's space is sigma0's or the root task's. */
export function isPrivileged(a: Arena, row: number): boolean {
  return a.spaces.get(a.threads.get(row, T.space), S.privileged) !== 0;
}
