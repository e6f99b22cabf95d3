/**
 * Outcomes: how an IPC ends for one thread, or a transfer for two.
 *
 * Here: completion and failure, of users' calls and of those that the kernel makes for them; what becomes of a
 * transfer whose fault was served or not. Not here: what leads to it (→ rendezvous.ts, break-off.ts).
 * Reference: X.2 Ipc, ErrorCode; `docs/adr/0002-x2-quirks.md` for EAX after errors.
 * @module
 */
import {
  IPC_ABORTED,
  IPC_MESSAGE_OVERFLOW,
  IPC_NON_EXISTING,
  ipcError,
  RECEIVE_PHASE,
  SEND_PHASE,
} from "../api/error-code.ts";
import { TAG_ERROR, TAG_FLAGS, tagUntyped } from "../api/msg-tag.ts";
import { THREAD_START_IP, THREAD_START_SP, THREAD_START_WORDS } from "../api/protocol/thread-start.ts";
import { ANY_LOCAL_THREAD, ANY_THREAD, NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import { enqueueReady, makeReady } from "../object/ready-queue.ts";
import { dequeueSender } from "../object/send-queue.ts";
import { nameFor, setErrorCode, setRegister, setUtcbWord, utcbWord } from "../object/thread.ts";
import { stopTimeout } from "../object/timeout-queue.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { EAX, EBP, EBX, EIP, ESI, ESP } from "../table/registers.ts";
import {
  FAULT_EXCEPTION,
  FAULT_PREEMPTION,
  FAULT_QUANTUM,
  FLAG_RECEIVER,
  FLAG_SENDER,
  FLAG_START,
  FLAG_TRANSFER,
  POLLING,
  SENDING,
  TRANSFERRING,
} from "../table/states.ts";
import { endNested, halt } from "./nested-call.ts";
import { senderName } from "./partner.ts";
import { recordRequest } from "./restart-record.ts";

/** The receiver has its message: it leaves the IPC. */
export function complete(a: Arena, row: number, sender: number): void {
  const t = a.threads;
  const flags = t.get(row, T.flags);
  const from = t.get(row, T.from);
  t.set(row, T.from, NIL_THREAD);
  if (t.get(row, T.fault) !== 0) {
    endNested(a, row, true);
    goOn(a, row);
    return;
  }
  if (flags & FLAG_START) {
    t.set(row, T.flags, flags & ~FLAG_START);
    if (tagUntyped(utcbWord(a, row, 0)) === THREAD_START_WORDS) {
      setRegister(a, row, EIP, utcbWord(a, row, THREAD_START_IP));
      setRegister(a, row, ESP, utcbWord(a, row, THREAD_START_SP));
    }
    a.setTime(t, row, T.ownTime, 0);
  } else {
    setResult(a, row, nameFor(a, t.get(row, T.space), sender), utcbWord(a, row, 0));
    if (from === ANY_THREAD || from === ANY_LOCAL_THREAD) recordRequest(a, row, t.get(sender, T.id));
  }
  makeReady(a, row);
}

/** A send without a receive phase has reached its partner. */
export function completeSend(a: Arena, row: number): void {
  if (a.threads.get(row, T.fault) !== 0) {
    endNested(a, row, false);
    goOn(a, row);
    return;
  }
  setResult(a, row, NIL_THREAD, utcbWord(a, row, 0) & ~TAG_ERROR);
  makeReady(a, row);
}

/** What Ipc returns in registers. */
function setResult(a: Arena, row: number, from: ThreadId, tag: number): void {
  setRegister(a, row, EAX, from);
  setRegister(a, row, ESI, tag);
  setUtcbWord(a, row, 0, tag);
  setRegister(a, row, EBX, utcbWord(a, row, 1));
  setRegister(a, row, EBP, utcbWord(a, row, 2));
}

/** A nested call is over: back to the transfer that it was made for, or to user code. */
function goOn(a: Arena, row: number): void {
  const t = a.threads;
  const flags = t.get(row, T.flags);
  if ((flags & FLAG_TRANSFER) === 0) {
    makeReady(a, row);
    return;
  }
  const sender = flags & FLAG_SENDER ? row : t.get(row, T.peer);
  if (sender !== row) t.set(row, T.state, TRANSFERRING);
  t.set(sender, T.state, SENDING);
  enqueueReady(a, sender);
}

/**
 * Ends a thread's IPC with an error, which user code sees. `offset` is bytes of strings transferred. A nested call
 * that has no partner halts the thread; an answer that it could not take counts as none.
 */
export function fail(
  a: Arena,
  row: number,
  code: number,
  phase: number,
  from: ThreadId,
  tag: number = TAG_ERROR,
  offset: number = 0,
): void {
  const t = a.threads;
  const word = ipcError(code, phase, offset);
  a.observer.ipcFailed?.(t.get(row, T.id), word);
  t.set(row, T.from, NIL_THREAD);
  if (t.get(row, T.fault) !== 0) {
    failNested(a, row, code);
    return;
  }
  t.set(row, T.flags, t.get(row, T.flags) & ~FLAG_START);
  setErrorCode(a, row, word);
  setResult(a, row, from, tag);
  makeReady(a, row);
}

function failNested(a: Arena, row: number, code: number): void {
  const kind = endNested(a, row, false);
  const lost = code === IPC_NON_EXISTING && kind !== FAULT_PREEMPTION && kind !== FAULT_QUANTUM;
  if (code !== IPC_MESSAGE_OVERFLOW && a.threads.get(row, T.flags) & FLAG_TRANSFER)
    cutTransfer(a, row, IPC_ABORTED, IPC_ABORTED);
  else goOn(a, row);
  if (lost) halt(a, row, kind === FAULT_EXCEPTION ? "no exception handler" : "no pager");
}

/** Ends the transfer that `row` is a side of with an error for both, which tells how far it came. */
export function cutTransfer(a: Arena, row: number, senderCode: number, receiverCode: number): void {
  const t = a.threads;
  const peer = t.get(row, T.peer);
  const sends = (t.get(row, T.flags) & FLAG_SENDER) !== 0;
  const sender = sends ? row : peer;
  const receiver = sends ? peer : row;
  const offset = t.get(sender, T.xferBytes);
  const tag = (t.get(sender, T.xferTag) & ~TAG_FLAGS) | TAG_ERROR;
  leaveNested(a, sender);
  leaveNested(a, receiver);
  endTransfer(a, sender, receiver);
  failBoth(a, sender, receiver, senderCode, receiverCode, tag, offset);
}

/** Ends a message with an error for both sides. */
export function failBoth(
  a: Arena,
  sender: number,
  receiver: number,
  senderCode: number,
  receiverCode: number,
  tag: number,
  offset: number,
): void {
  const t = a.threads;
  const partner = nameFor(a, t.get(receiver, T.space), senderName(a, sender));
  const to = nameFor(a, t.get(sender, T.space), receiver);
  fail(a, receiver, receiverCode, RECEIVE_PHASE, partner, tag, offset);
  fail(a, sender, senderCode, SEND_PHASE, to, tag, offset);
}

/** The two are no longer sides of a transfer; their states are the caller's to set. */
export function endTransfer(a: Arena, sender: number, receiver: number): void {
  const t = a.threads;
  stopTimeout(a, sender);
  t.set(sender, T.flags, t.get(sender, T.flags) & ~FLAG_SENDER);
  t.set(receiver, T.flags, t.get(receiver, T.flags) & ~FLAG_RECEIVER);
  t.set(sender, T.peer, 0);
  t.set(receiver, T.peer, 0);
}

/** Takes a thread out of the nested call for its fault, if it is in one. */
function leaveNested(a: Arena, row: number): void {
  if (a.threads.get(row, T.fault) === 0) return;
  if (a.threads.get(row, T.state) === POLLING) dequeueSender(a, row);
  endNested(a, row, false);
}
