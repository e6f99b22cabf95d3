/**
 * ThreadSwitch: gives the rest of the time slice away.
 *
 *   in    dest   a runnable thread to run on the caller's slice; nil, or one that cannot run: just yield, which ends
 *                a delayed preemption and clears I
 * Here: whether dest can run, and the switch. Not here: the queue it goes to (→ object/ready-queue.ts). Reference:
 * X.2, ThreadSwitch.
 * @module
 */
import { NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import { COST_SYSCALL } from "../costs.ts";
import { endDelay } from "../fault/preemption.ts";
import { donateTo, runnable, yieldSlice } from "../object/ready-queue.ts";
import { resolve } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";

export function threadSwitch(a: Arena, caller: number, dest: ThreadId): void {
  a.charge(COST_SYSCALL);
  const row = dest === NIL_THREAD ? 0 : resolve(a, a.threads.get(caller, T.space), dest);
  if (row !== 0 && row !== caller && runnable(a, row)) donateTo(a, row);
  else {
    endDelay(a, caller);
    yieldSlice(a);
  }
}
