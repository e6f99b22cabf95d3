/**
 * Nested calls: what a thread keeps while the kernel speaks in its name.
 *
 * Here: saving MRs, BR0, ErrorCode, VirtualSender, and a transfer's partners around a fault's IPC; taking a reply's registers.
 * Not here: the messages (→ fault/). A thread has at most one nested call at a time.
 * @module
 */
import { ACCEPT_COMPLETE, ACCEPT_STRINGS } from "../api/acceptor.ts";
import {
  EXCEPTION_EAX,
  EXCEPTION_EBP,
  EXCEPTION_EBX,
  EXCEPTION_ECX,
  EXCEPTION_EDI,
  EXCEPTION_EDX,
  EXCEPTION_EFLAGS,
  EXCEPTION_EIP,
  EXCEPTION_ESI,
  EXCEPTION_ESP,
  USER_EFLAGS_MASK,
} from "../api/protocol/exception.ts";
import { BR_BASE, TCR_ERROR_CODE, TCR_VIRTUAL_SENDER } from "../api/utcb.ts";
import { setHalted } from "../object/ready-queue.ts";
import { register, setRegister, setUtcbWord, utcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { EAX, EBP, EBX, ECX, EDI, EDX, EFLAGS, EIP, ESI, ESP } from "../table/registers.ts";
import { FAULT_EXCEPTION, FAULT_HANG, FAULT_PAGE } from "../table/states.ts";

/** Message registers saved: MR0…MR12, as many as an exception message needs. */
const SAVED_WORDS = 13;

/** Register of each exception message word that the reply may change. */
const REPLY_REGISTERS: readonly (readonly [number, number])[] = [
  [EXCEPTION_EIP, EIP],
  [EXCEPTION_EDI, EDI],
  [EXCEPTION_ESI, ESI],
  [EXCEPTION_EBP, EBP],
  [EXCEPTION_ESP, ESP],
  [EXCEPTION_EBX, EBX],
  [EXCEPTION_EDX, EDX],
  [EXCEPTION_ECX, ECX],
  [EXCEPTION_EAX, EAX],
];

/** Begins a nested call of a kind (FAULT_…); the message is written into the UTCB afterwards. */
export function beginNested(a: Arena, row: number, kind: number): void {
  const t = a.threads;
  for (let i = 0; i < SAVED_WORDS; i++) t.set(row, T.savedMr + i, utcbWord(a, row, i));
  t.set(row, T.savedBr0, utcbWord(a, row, BR_BASE));
  t.set(row, T.savedError, utcbWord(a, row, TCR_ERROR_CODE));
  t.set(row, T.savedVirtualSender, utcbWord(a, row, TCR_VIRTUAL_SENDER));
  t.set(row, T.savedFrom, t.get(row, T.from));
  t.set(row, T.savedReceiveTimeout, t.get(row, T.receiveTimeout));
  t.set(row, T.savedName, t.get(row, T.virtualSender));
  t.set(row, T.savedIntended, t.get(row, T.intended));
  t.set(row, T.fault, kind);
  // A page-fault reply maps anywhere; an exception's words cannot map unless the thread itself lets them. Neither
  // brings strings: their faults would be a second nested call.
  const own = t.get(row, T.savedBr0) & ~ACCEPT_STRINGS;
  setUtcbWord(a, row, BR_BASE, kind === FAULT_PAGE ? ACCEPT_COMPLETE : own);
}

/**
 * Ends the nested call: the thread is as it was, but for what the reply of an exception changes
 * (`answered`). Returns the kind.
 */
export function endNested(a: Arena, row: number, answered: boolean): number {
  const t = a.threads;
  const kind = t.get(row, T.fault);
  if (kind === FAULT_EXCEPTION && answered) {
    for (const [word, index] of REPLY_REGISTERS) setRegister(a, row, index, utcbWord(a, row, word));
    const flags = register(a, row, EFLAGS) & ~USER_EFLAGS_MASK;
    setRegister(a, row, EFLAGS, flags | (utcbWord(a, row, EXCEPTION_EFLAGS) & USER_EFLAGS_MASK));
  }
  for (let i = 0; i < SAVED_WORDS; i++) setUtcbWord(a, row, i, t.get(row, T.savedMr + i));
  setUtcbWord(a, row, BR_BASE, t.get(row, T.savedBr0));
  setUtcbWord(a, row, TCR_ERROR_CODE, t.get(row, T.savedError));
  setUtcbWord(a, row, TCR_VIRTUAL_SENDER, t.get(row, T.savedVirtualSender));
  t.set(row, T.from, t.get(row, T.savedFrom));
  t.set(row, T.receiveTimeout, t.get(row, T.savedReceiveTimeout));
  t.set(row, T.virtualSender, t.get(row, T.savedName));
  t.set(row, T.intended, t.get(row, T.savedIntended));
  t.set(row, T.fault, 0);
  if (kind === FAULT_HANG) a.setTime(t, row, T.ownTime, 0);
  return kind;
}

/** Halts a thread that has nobody to turn to. ExchangeRegisters can resume it. */
export function halt(a: Arena, row: number, reason: string): void {
  setHalted(a, row, true);
  a.observer.halted?.(a.threads.get(row, T.id), reason);
}
