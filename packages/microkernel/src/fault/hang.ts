/**
 * Hangs: a call to the supervisor when a thread's own time passes its deadline.
 *
 * Here: the hang message, and how much own time is left. Not here: counting it (→ object/ready-queue.ts).
 * Reference: `docs/protocols.md` section 7.
 * @module
 */
import { messageTag } from "../api/msg-tag.ts";
import { HANG_WORDS, LABEL_HANG } from "../api/protocol/hang.ts";
import { FAILURE_HANG } from "../api/restart-page.ts";
import { COST_FAULT } from "../costs.ts";
import { beginNested } from "../ipc/nested-call.ts";
import { recordFailure } from "../ipc/restart-record.ts";
import { register, setUtcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { H, T } from "../table/layout.ts";
import { EIP } from "../table/registers.ts";
import { FAULT_HANG } from "../table/states.ts";
import { callInName } from "./report.ts";

/** Cycles of own time before the deadline, 0 or less when it has passed; Infinity without a deadline. */
export function ownTimeLeft(a: Arena, row: number): number {
  const t = a.threads;
  const deadline = a.getTime(t, row, T.deadlineOwn);
  if (deadline === 0 || t.get(row, T.supervisor) === 0) return Number.POSITIVE_INFINITY;
  return deadline - a.getTime(t, row, T.ownTime);
}

/** Reports a thread whose deadline has passed. */
export function reportHang(a: Arena, row: number): void {
  const t = a.threads;
  const own = a.getTime(t, row, T.ownTime);
  a.charge(COST_FAULT);
  a.observer.hang?.(t.get(row, T.id), own);
  recordFailure(a, row, FAILURE_HANG, 0, 0, 0);
  beginNested(a, row, FAULT_HANG);
  setUtcbWord(a, row, 0, messageTag(LABEL_HANG, HANG_WORDS));
  setUtcbWord(a, row, 1, Math.floor(own / a.get(H.cyclesPerMicrosecond)));
  setUtcbWord(a, row, 2, register(a, row, EIP));
  callInName(a, row, t.get(row, T.supervisor));
}
