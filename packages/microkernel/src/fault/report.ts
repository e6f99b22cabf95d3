/**
 * Reports: messages of the kernel in a thread's name, calls without timeouts.
 *
 * Here: to whom it goes and how it starts. Not here: the messages (→ the other files of this folder).
 * A supervisor named by RestartControl comes before the thread's own TCRs.
 * @module
 */
import { IPC_NON_EXISTING, SEND_PHASE } from "../api/error-code.ts";
import { NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import { TIME_NEVER, timeouts } from "../api/time.ts";
import { fail } from "../ipc/outcome.ts";
import { startIpc } from "../ipc/rendezvous.ts";
import { donateTo, runnable } from "../object/ready-queue.ts";
import { utcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { H, T } from "../table/layout.ts";

/** Whom a thread's faults go to: its supervisor, else the thread that a TCR names. */
export function addressee(a: Arena, row: number, tcr: number): ThreadId {
  return a.threads.get(row, T.supervisor) || utcbWord(a, row, tcr);
}

/** Sends the message that stands in the UTCB after beginNested, and waits for the answer. */
export function callInName(a: Arena, row: number, to: ThreadId): void {
  if (to === NIL_THREAD) {
    fail(a, row, IPC_NON_EXISTING, SEND_PHASE, NIL_THREAD);
    return;
  }
  const woken = startIpc(a, row, to, to, timeouts(TIME_NEVER, TIME_NEVER));
  if (woken !== 0 && a.get(H.current) === row && !runnable(a, row) && runnable(a, woken)) donateTo(a, woken);
}
