/**
 * Rendezvous: the send phase and the receive phase of every IPC.
 *
 * Here: who meets whom, blocking, timeouts, errors, the atomic step from a send to the receive that
 * follows it. Not here: the words of a message (→ transfer.ts), faults' messages (→ fault/).
 * Every function leaves each thread in a state of table/states.ts: nothing else is remembered.
 * Longer than most: the two phases call each other.
 * Reference: X.2 Ipc; `docs/adr/0002-x2-quirks.md` for EAX after errors and for deleted partners.
 * @module
 */
import {
  IPC_CANCELLED,
  IPC_NON_EXISTING,
  IPC_TIMEOUT,
  ipcError,
  RECEIVE_PHASE,
  SEND_PHASE,
} from "../api/error-code.ts";
import { TAG_ERROR, TAG_FLAGS, TAG_PROPAGATED, tagUntyped } from "../api/msg-tag.ts";
import { THREAD_START_IP, THREAD_START_SP, THREAD_START_WORDS } from "../api/protocol/thread-start.ts";
import { ANY_LOCAL_THREAD, ANY_THREAD, NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import { TCR_VIRTUAL_SENDER } from "../api/utcb.ts";
import { acknowledgeInterrupt } from "../object/irq.ts";
import { makeReady } from "../object/ready-queue.ts";
import { dequeueSender, enqueueSender } from "../object/send-queue.ts";
import {
  findGlobal,
  isActive,
  isInterrupt,
  nameFor,
  resolve,
  setErrorCode,
  setRegister,
  setUtcbWord,
  utcbWord,
} from "../object/thread.ts";
import { expired, startTimeout, stopTimeout } from "../object/timeout-queue.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { EAX, EBP, EBX, EIP, ESI, ESP } from "../table/registers.ts";
import {
  FAULT_EXCEPTION,
  FLAG_START,
  INTERRUPT_IDLE,
  INTERRUPT_UNACKNOWLEDGED,
  POLLING,
  READY,
  WAITING,
} from "../table/states.ts";
import { endNested, halt } from "./nested-call.ts";
import { recordReply, recordRequest } from "./restart-record.ts";
import { transfer } from "./transfer.ts";

/**
 * Carries out an IPC of a thread that is in user mode: its message is in its UTCB, MR0 included.
 * `timeouts` is X.2's word. Returns the row that the send phase woke, 0 for none: the caller may
 * switch to it.
 */
export function startIpc(a: Arena, row: number, to: ThreadId, from: ThreadId, timeouts: number): number {
  const t = a.threads;
  const space = t.get(row, T.space);
  t.set(row, T.from, from);
  t.set(row, T.receiveTimeout, timeouts & 0xffff);
  t.set(row, T.virtualSender, 0);
  if (to === NIL_THREAD) {
    receivePhase(a, row);
    return 0;
  }
  const partner = resolve(a, space, to);
  if (partner !== 0 && isInterrupt(a, partner) && t.get(partner, T.pager) === t.get(row, T.id)) {
    acknowledgeInterrupt(a, partner);
    recordReply(a, row, t.get(partner, T.id));
    receivePhase(a, row);
    return 0;
  }
  if (partner === 0 || !isActive(a, partner)) {
    fail(a, row, IPC_NON_EXISTING, SEND_PHASE, NIL_THREAD);
    return 0;
  }
  const virtual = virtualSenderOf(a, row, partner);
  if (virtual !== row) t.set(row, T.virtualSender, t.get(virtual, T.id));
  if (accepts(a, partner, virtual, row)) {
    stopTimeout(a, partner);
    if (deliver(a, row, virtual, partner)) receivePhase(a, row);
    return partner;
  }
  const sendTimeout = timeouts >>> 16;
  if (expired(a, sendTimeout)) {
    fail(a, row, IPC_TIMEOUT, SEND_PHASE, NIL_THREAD);
    return 0;
  }
  block(a, row, POLLING, sendTimeout);
  enqueueSender(a, row, partner);
  return 0;
}

/** The receive phases that follow: of `first`, and of each sender that it released, until one blocks or is done. */
function receivePhase(a: Arena, first: number): void {
  let row = first;
  while (row !== 0) row = receive(a, row);
}

/** One receive phase. Returns a sender whose send phase it completed, 0 for none. */
function receive(a: Arena, row: number): number {
  const t = a.threads;
  const from = t.get(row, T.from);
  if (from === NIL_THREAD) {
    finishSendOnly(a, row);
    return 0;
  }
  if (from !== ANY_THREAD && from !== ANY_LOCAL_THREAD) {
    const partner = resolve(a, t.get(row, T.space), from);
    const attached = partner !== 0 && isInterrupt(a, partner) && t.get(partner, T.pager) === t.get(row, T.id);
    if (partner === 0 || !(isActive(a, partner) || attached)) {
      fail(a, row, IPC_NON_EXISTING, RECEIVE_PHASE, NIL_THREAD);
      return 0;
    }
    t.set(row, T.from, t.get(partner, T.id));
  }
  let sender = t.get(row, T.sendHead);
  while (sender !== 0 && !admits(a, row, senderName(a, sender), sender)) sender = t.get(sender, T.sendNext);
  if (sender === 0) {
    if (expired(a, t.get(row, T.receiveTimeout))) fail(a, row, IPC_TIMEOUT, RECEIVE_PHASE, NIL_THREAD);
    else block(a, row, WAITING, t.get(row, T.receiveTimeout));
    return 0;
  }
  dequeueSender(a, sender);
  stopTimeout(a, sender);
  return deliver(a, sender, senderName(a, sender), row) && !isInterrupt(a, sender) ? sender : 0;
}

/** The row in whose name a queued sender speaks. A virtual sender that is gone leaves it its own name. */
function senderName(a: Arena, sender: number): number {
  const virtual = a.threads.get(sender, T.virtualSender);
  return virtual === 0 ? sender : findGlobal(a, virtual) || sender;
}

/** Copies a message and completes the receiver; true when the sender's send phase succeeded. */
function deliver(a: Arena, sender: number, virtual: number, receiver: number): boolean {
  const t = a.threads;
  const error = transfer(a, sender, virtual, receiver);
  if (error !== 0) {
    const partner = nameFor(a, t.get(receiver, T.space), virtual);
    const to = nameFor(a, t.get(sender, T.space), receiver);
    const tag = (utcbWord(a, sender, 0) & ~TAG_FLAGS) | TAG_ERROR;
    fail(a, receiver, error, RECEIVE_PHASE, partner, tag);
    fail(a, sender, error, SEND_PHASE, to, tag);
    return false;
  }
  if (virtual !== sender) {
    const waits = t.get(virtual, T.state) === WAITING && t.get(virtual, T.from) === t.get(sender, T.id);
    if (waits) t.set(virtual, T.from, t.get(receiver, T.id));
  }
  if (isInterrupt(a, sender)) t.set(sender, T.state, INTERRUPT_UNACKNOWLEDGED);
  else recordReply(a, sender, t.get(receiver, T.id));
  a.observer.transferred?.(t.get(sender, T.id), t.get(receiver, T.id), utcbWord(a, receiver, 0));
  complete(a, receiver, virtual);
  return true;
}

/** The receiver has its message: it leaves the IPC. */
function complete(a: Arena, row: number, sender: number): void {
  const t = a.threads;
  const flags = t.get(row, T.flags);
  const from = t.get(row, T.from);
  t.set(row, T.from, NIL_THREAD);
  if (t.get(row, T.fault) !== 0) endNested(a, row, true);
  else if (flags & FLAG_START) {
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

function finishSendOnly(a: Arena, row: number): void {
  if (a.threads.get(row, T.fault) !== 0) endNested(a, row, false);
  else setResult(a, row, NIL_THREAD, utcbWord(a, row, 0) & ~TAG_FLAGS);
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

/**
 * Ends a thread's IPC with an error: user code sees it; a nested call has failed, and the thread
 * halts unless somebody broke the call off.
 */
export function fail(
  a: Arena,
  row: number,
  code: number,
  phase: number,
  from: ThreadId,
  tag: number = TAG_ERROR,
): void {
  const t = a.threads;
  const word = ipcError(code, phase);
  a.observer.ipcFailed?.(t.get(row, T.id), word);
  t.set(row, T.from, NIL_THREAD);
  t.set(row, T.flags, t.get(row, T.flags) & ~FLAG_START);
  if (t.get(row, T.fault) !== 0) {
    const kind = endNested(a, row, false);
    if (code !== IPC_CANCELLED) halt(a, row, kind === FAULT_EXCEPTION ? "no exception handler" : "no pager");
  } else {
    setErrorCode(a, row, word);
    setResult(a, row, from, tag);
  }
  makeReady(a, row);
}

function block(a: Arena, row: number, state: number, timeout: number): void {
  a.threads.set(row, T.state, state);
  startTimeout(a, row, timeout);
}

/** A timeout is over. EAX is then the FromSpecifier, as L4Ka::Pistachio returns it. */
export function expire(a: Arena, row: number): void {
  const t = a.threads;
  stopTimeout(a, row);
  if (t.get(row, T.state) === POLLING) {
    dequeueSender(a, row);
    fail(a, row, IPC_TIMEOUT, SEND_PHASE, NIL_THREAD);
  } else fail(a, row, IPC_TIMEOUT, RECEIVE_PHASE, t.get(row, T.from));
}

/** Breaks a thread's IPC off with an error code, in whatever phase it is. Nothing happens outside an IPC. */
export function abortIpc(a: Arena, row: number, code: number = IPC_CANCELLED): void {
  const t = a.threads;
  const state = t.get(row, T.state);
  if (state !== POLLING && state !== WAITING) return;
  stopTimeout(a, row);
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
  for (let other = 1; other < t.rows; other++)
    if (other !== row && t.get(other, T.id) !== 0 && t.get(other, T.state) === WAITING && t.get(other, T.from) === id)
      abortIpc(a, other, IPC_NON_EXISTING);
}

/** An interrupt's message: delivered now, or queued on the handler. */
export function sendInterrupt(a: Arena, row: number, handler: number): void {
  const t = a.threads;
  if (accepts(a, handler, row, row)) {
    stopTimeout(a, handler);
    deliver(a, row, row, handler);
    return;
  }
  t.set(row, T.state, POLLING);
  enqueueSender(a, row, handler);
}

/** Whether a receiver waits for a message of `virtual` that `sender` sends. */
function accepts(a: Arena, receiver: number, virtual: number, sender: number): boolean {
  return receiver !== sender && a.threads.get(receiver, T.state) === WAITING && admits(a, receiver, virtual, sender);
}

/** Whether a receiver's FromSpecifier lets a sender in. */
function admits(a: Arena, receiver: number, virtual: number, sender: number): boolean {
  const t = a.threads;
  const from = t.get(receiver, T.from);
  if (from === ANY_THREAD) return true;
  if (from === ANY_LOCAL_THREAD) return t.get(virtual, T.space) === t.get(receiver, T.space);
  return from === t.get(virtual, T.id) || from === t.get(sender, T.id);
}

/** The row in whose name a message goes: the virtual sender if the tag asks and the spaces permit, else the sender. */
function virtualSenderOf(a: Arena, row: number, partner: number): number {
  if ((utcbWord(a, row, 0) & TAG_PROPAGATED) === 0 || a.threads.get(row, T.fault) !== 0) return row;
  const t = a.threads;
  const space = t.get(row, T.space);
  const virtual = resolve(a, space, utcbWord(a, row, TCR_VIRTUAL_SENDER));
  if (virtual === 0 || !isActive(a, virtual)) return row;
  return t.get(virtual, T.space) === space || t.get(partner, T.space) === space ? virtual : row;
}

/** Whether a thread is in user mode, or would be if it were not halted. */
export function inUserMode(a: Arena, row: number): boolean {
  return a.threads.get(row, T.state) === READY;
}
