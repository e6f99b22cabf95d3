/**
 * Total quanta: a thread that has used its own up stops, and its scheduler hears of it.
 *
 * Here: the message. The thread runs no more until Schedule gives it another quantum. Not here: counting
 * (→ object/ready-queue.ts). Reference: X.2, Schedule; ADR 0002.
 * @module
 */
import { messageTag } from "../api/msg-tag.ts";
import { LABEL_PREEMPTION, PREEMPTION_WORDS } from "../api/protocol/preemption.ts";
import { NIL_THREAD } from "../api/thread-id.ts";
import { TIME_NEVER, timeouts } from "../api/time.ts";
import { COST_FAULT } from "../costs.ts";
import { beginNested } from "../ipc/nested-call.ts";
import { startIpc } from "../ipc/rendezvous.ts";
import { hasQuantum } from "../object/ready-queue.ts";
import { setUtcbWord } from "../object/thread.ts";
import { clockMicroseconds } from "../object/timeout-queue.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { FAULT_QUANTUM, FLAG_EXHAUSTED } from "../table/states.ts";

/** Cycles of a thread's total quantum that are left; Infinity without one. */
export function quantumLeft(a: Arena, row: number): number {
  return hasQuantum(a, row) ? a.getTime(a.threads, row, T.quantumLeft) : Number.POSITIVE_INFINITY;
}

/** Stops a thread whose quantum is used up, and tells its scheduler: the thread waits for as long as that takes. */
export function reportQuantum(a: Arena, row: number): void {
  const t = a.threads;
  const now = clockMicroseconds(a);
  a.charge(COST_FAULT);
  beginNested(a, row, FAULT_QUANTUM);
  t.set(row, T.flags, t.get(row, T.flags) | FLAG_EXHAUSTED);
  setUtcbWord(a, row, 0, messageTag(LABEL_PREEMPTION, PREEMPTION_WORDS));
  setUtcbWord(a, row, 1, (now % 2 ** 32) | 0);
  setUtcbWord(a, row, 2, Math.floor(now / 2 ** 32));
  startIpc(a, row, t.get(row, T.scheduler), NIL_THREAD, timeouts(TIME_NEVER, TIME_NEVER));
}
