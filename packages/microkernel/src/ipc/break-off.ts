/**
 * Breaking off: what ends a wait or a transfer from outside.
 *
 * Here: timeouts, ExchangeRegisters' aborts, partners that vanish. Not here: what the thread then sees (→ outcome.ts).
 * Reference: X.2 Ipc, ExchangeRegisters; `docs/adr/0002-x2-quirks.md` for deleted partners.
 * @module
 */
import {
  IPC_ABORTED,
  IPC_CANCELLED,
  IPC_NON_EXISTING,
  IPC_TIMEOUT,
  IPC_XFER_TIMEOUT_CURRENT,
  IPC_XFER_TIMEOUT_PARTNER,
  RECEIVE_PHASE,
  SEND_PHASE,
} from "../api/error-code.ts";
import { NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import { TCR_XFER_TIMEOUTS } from "../api/utcb.ts";
import { dequeueSender } from "../object/send-queue.ts";
import { isInterrupt, utcbWord } from "../object/thread.ts";
import { deadlineOf, expired, startTimeout, stopTimeout } from "../object/timeout-queue.ts";
import type { Arena } from "../table/arena.ts";
import { S, T } from "../table/layout.ts";
import {
  FLAG_SENDER,
  FLAG_TRANSFER,
  INTERRUPT_IDLE,
  POLLING,
  WAITING,
  XFER_NOT_TIMED,
  XFER_RECEIVERS,
  XFER_SENDERS,
} from "../table/states.ts";
import { cutTransfer, fail } from "./outcome.ts";

/** Ends the timeout of a wait. A sender's timeout during a transfer is the transfer's, and goes on. */
export function stopWaiting(a: Arena, row: number): void {
  if ((a.threads.get(row, T.flags) & FLAG_SENDER) === 0) stopTimeout(a, row);
}

/** A timeout is over. EAX is then the FromSpecifier, as L4Ka::Pistachio returns it. */
export function expire(a: Arena, row: number): void {
  const t = a.threads;
  stopTimeout(a, row);
  if (t.get(row, T.flags) & FLAG_SENDER) cutByTimeout(a, row);
  else if (t.get(row, T.state) === POLLING) {
    dequeueSender(a, row);
    fail(a, row, IPC_TIMEOUT, SEND_PHASE, NIL_THREAD);
  } else fail(a, row, IPC_TIMEOUT, RECEIVE_PHASE, t.get(row, T.from));
}

/**
 * A transfer met its first fault: from now on the shorter of both sides' transfer timeouts runs, the sender's if they
 * are equal. False when that is over at once; the transfer is then cut.
 */
export function startTransferTimeout(a: Arena, sender: number, receiver: number): boolean {
  const t = a.threads;
  if (t.get(sender, T.xferTimed) !== XFER_NOT_TIMED) return true;
  const sends = utcbWord(a, sender, TCR_XFER_TIMEOUTS) >>> 16;
  const receives = utcbWord(a, receiver, TCR_XFER_TIMEOUTS) & 0xffff;
  const receivers = deadlineOf(a, receives) < deadlineOf(a, sends);
  const code = receivers ? receives : sends;
  t.set(sender, T.xferTimed, receivers ? XFER_RECEIVERS : XFER_SENDERS);
  if (expired(a, code)) {
    cutByTimeout(a, sender);
    return false;
  }
  startTimeout(a, sender, code);
  return true;
}

function cutByTimeout(a: Arena, sender: number): void {
  if (a.threads.get(sender, T.xferTimed) === XFER_RECEIVERS)
    cutTransfer(a, sender, IPC_XFER_TIMEOUT_PARTNER, IPC_XFER_TIMEOUT_CURRENT);
  else cutTransfer(a, sender, IPC_XFER_TIMEOUT_CURRENT, IPC_XFER_TIMEOUT_PARTNER);
}

/**
 * Breaks a thread's IPC off with an error code, in whatever phase it is. A transfer is aborted for both sides.
 * Nothing happens outside an IPC.
 */
export function abortIpc(a: Arena, row: number, code: number = IPC_CANCELLED): void {
  const t = a.threads;
  const state = t.get(row, T.state);
  // A pager that vanishes in the middle of a transfer is the nested call's failure, and that one cuts the transfer.
  if (t.get(row, T.flags) & FLAG_TRANSFER && (code === IPC_CANCELLED || t.get(row, T.fault) === 0)) {
    cutTransfer(a, row, IPC_ABORTED, IPC_ABORTED);
    return;
  }
  if (state !== POLLING && state !== WAITING) return;
  stopWaiting(a, row);
  if (state === POLLING) {
    dequeueSender(a, row);
    fail(a, row, code, SEND_PHASE, NIL_THREAD);
  } else fail(a, row, code, RECEIVE_PHASE, t.get(row, T.from));
}

/** A thread's name goes: who is queued on it or waits for it alone gets "non-existing partner". */
export function abandonPartners(a: Arena, row: number): void {
  const t = a.threads;
  const id = t.get(row, T.id);
  for (let sender = t.get(row, T.sendHead); sender !== 0; sender = t.get(row, T.sendHead)) {
    if (!isInterrupt(a, sender)) abortIpc(a, sender, IPC_NON_EXISTING);
    else {
      dequeueSender(a, sender);
      t.set(sender, T.state, INTERRUPT_IDLE);
    }
  }
  // By id: in which rows they are must not be seen.
  const others: number[] = [];
  for (let other = 1; other < t.rows; other++)
    if (other !== row && t.get(other, T.id) !== 0 && dependsOn(a, other, id)) others.push(other);
  others.sort((one, other) => (t.get(one, T.id) >>> 0) - (t.get(other, T.id) >>> 0));
  for (const other of others) if (dependsOn(a, other, id)) abortIpc(a, other, IPC_NON_EXISTING);
}

/** Whether a thread waits for the one with this id alone, or sends to it by way of a redirector, or with it as one. */
function dependsOn(a: Arena, row: number, id: ThreadId): boolean {
  const t = a.threads;
  if (t.get(row, T.state) === WAITING) return t.get(row, T.from) === id;
  if (t.get(row, T.state) !== POLLING || t.get(row, T.intended) === 0) return false;
  return t.get(row, T.intended) === id || a.spaces.get(t.get(row, T.space), S.redirector) === id;
}
