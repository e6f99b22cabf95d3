/**
 * Exceptions: a register frame in a call to the exception handler.
 *
 * Here: the exception message. Not here: taking the reply's registers (→ ipc/nested-call.ts), which
 * traps are exceptions (→ glue/ia32/exit.ts). Vectors without an error code have 0 in MR4.
 * @module
 */
import { messageTag } from "../api/msg-tag.ts";
import {
  EXCEPTION_EAX,
  EXCEPTION_EBP,
  EXCEPTION_EBX,
  EXCEPTION_ECX,
  EXCEPTION_EDI,
  EXCEPTION_EDX,
  EXCEPTION_EFLAGS,
  EXCEPTION_EIP,
  EXCEPTION_ERROR_CODE,
  EXCEPTION_ESI,
  EXCEPTION_ESP,
  EXCEPTION_NUMBER,
  EXCEPTION_WORDS,
  LABEL_EXCEPTION,
} from "../api/protocol/exception.ts";
import { FAILURE_EXCEPTION } from "../api/restart-page.ts";
import type { ThreadId } from "../api/thread-id.ts";
import { TCR_EXCEPTION_HANDLER } from "../api/utcb.ts";
import { COST_FAULT } from "../costs.ts";
import { beginNested } from "../ipc/nested-call.ts";
import { recordFailure } from "../ipc/restart-record.ts";
import { register, setUtcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { EAX, EBP, EBX, ECX, EDI, EDX, EFLAGS, EIP, ESI, ESP } from "../table/registers.ts";
import { FAULT_EXCEPTION } from "../table/states.ts";
import { addressee, callInName } from "./report.ts";

const FRAME: readonly (readonly [number, number])[] = [
  [EXCEPTION_EIP, EIP],
  [EXCEPTION_EFLAGS, EFLAGS],
  [EXCEPTION_EDI, EDI],
  [EXCEPTION_ESI, ESI],
  [EXCEPTION_EBP, EBP],
  [EXCEPTION_ESP, ESP],
  [EXCEPTION_EBX, EBX],
  [EXCEPTION_EDX, EDX],
  [EXCEPTION_ECX, ECX],
  [EXCEPTION_EAX, EAX],
];

/** A thread's instruction raised an exception; its saved registers are those at the instruction. */
export function raiseException(a: Arena, row: number, vector: number, errorCode: number): void {
  a.charge(COST_FAULT);
  a.observer.exception?.(a.threads.get(row, T.id), vector, errorCode, register(a, row, EIP));
  const to = addressee(a, row, TCR_EXCEPTION_HANDLER);
  recordFailure(a, row, FAILURE_EXCEPTION, vector, errorCode, 0);
  sendFrame(a, row, LABEL_EXCEPTION, vector, errorCode, to);
}

/** Calls `to` with the thread's registers; the answer's are taken. */
export function sendFrame(a: Arena, row: number, label: number, vector: number, errorCode: number, to: ThreadId): void {
  beginNested(a, row, FAULT_EXCEPTION);
  setUtcbWord(a, row, 0, messageTag(label, EXCEPTION_WORDS));
  for (const [word, index] of FRAME) setUtcbWord(a, row, word, register(a, row, index));
  setUtcbWord(a, row, EXCEPTION_NUMBER, vector);
  setUtcbWord(a, row, EXCEPTION_ERROR_CODE, errorCode);
  callInName(a, row, to);
}
