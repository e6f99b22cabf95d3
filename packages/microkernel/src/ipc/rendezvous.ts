/**
 * Rendezvous: the send phase and the receive phase of every IPC.
 *
 * Here: who meets whom, blocking, the atomic step from a send to the receive that follows it, the end of a transfer.
 * Not here: the words of a message (→ transfer.ts), how an IPC ends (→ outcome.ts), faults' messages (→ fault/).
 * Every function leaves each thread in a state of table/states.ts: nothing else is remembered.
 * Reference: X.2 Ipc.
 * @module
 */
import { IPC_MESSAGE_OVERFLOW, IPC_NON_EXISTING, IPC_TIMEOUT, RECEIVE_PHASE, SEND_PHASE } from "../api/error-code.ts";
import { TAG_ERROR, TAG_FLAGS } from "../api/msg-tag.ts";
import { ANY_LOCAL_THREAD, ANY_THREAD, NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import { acknowledgeInterrupt } from "../object/irq.ts";
import { enqueueReady } from "../object/ready-queue.ts";
import { dequeueSender, enqueueSender } from "../object/send-queue.ts";
import { isActive, isInterrupt, resolve, utcbWord } from "../object/thread.ts";
import { expired, startTimeout } from "../object/timeout-queue.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import {
  FLAG_RECEIVER,
  FLAG_SENDER,
  INTERRUPT_UNACKNOWLEDGED,
  POLLING,
  SENDING,
  TRANSFERRING,
  WAITING,
} from "../table/states.ts";
import { stopWaiting } from "./break-off.ts";
import { complete, completeSend, endTransfer, fail, failBoth } from "./outcome.ts";
import { accepts, admits, intendedOf, REDIRECTOR_GONE, redirectorOf, senderName, virtualSenderOf } from "./partner.ts";
import { recordReply } from "./restart-record.ts";
import { TRANSFER_DONE, TRANSFER_OVERFLOW } from "./string-transfer.ts";
import { beginTransfer, sealTransfer } from "./transfer.ts";

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
  t.set(row, T.intended, 0);
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
  const via = redirectorOf(a, row, partner);
  if (via === REDIRECTOR_GONE) {
    fail(a, row, IPC_NON_EXISTING, SEND_PHASE, NIL_THREAD);
    return 0;
  }
  const ready = accepts(a, partner, virtual, row);
  if (via !== 0) t.set(row, T.intended, t.get(partner, T.id));
  if (ready && (via === 0 || accepts(a, via, virtual, row))) {
    const receiver = via === 0 ? partner : via;
    stopWaiting(a, receiver);
    if (deliver(a, row, virtual, receiver)) receivePhase(a, row);
    return receiver;
  }
  const sendTimeout = timeouts >>> 16;
  if (expired(a, sendTimeout)) {
    fail(a, row, IPC_TIMEOUT, SEND_PHASE, NIL_THREAD);
    return 0;
  }
  block(a, row, POLLING, sendTimeout);
  enqueueSender(a, row, ready ? via : partner);
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
    completeSend(a, row);
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
  const sender = takeSender(a, row);
  if (sender === 0) {
    if (expired(a, t.get(row, T.receiveTimeout))) {
      fail(a, row, IPC_TIMEOUT, RECEIVE_PHASE, NIL_THREAD);
      return 0;
    }
    block(a, row, WAITING, t.get(row, T.receiveTimeout));
    return releaseRedirected(a, row);
  }
  return deliver(a, sender, senderName(a, sender), row) && !isInterrupt(a, sender) ? sender : 0;
}

/** The first sender in a thread's queue whose message it may have, now out of the queue; 0 for none. */
function takeSender(a: Arena, row: number): number {
  const t = a.threads;
  let sender = t.get(row, T.sendHead);
  while (sender !== 0) {
    const next = t.get(sender, T.sendNext);
    const name = senderName(a, sender);
    if (admits(a, row, name, sender)) {
      const intended = intendedOf(a, sender);
      const ready =
        isInterrupt(a, sender) ||
        (intended === row ? redirectorOf(a, sender, row) === 0 : accepts(a, intended, name, sender));
      if (ready) {
        dequeueSender(a, sender);
        stopWaiting(a, sender);
        return sender;
      }
      if (intended !== row) requeue(a, sender, intended);
    }
    sender = next;
  }
  return 0;
}

/**
 * A thread waits now: a redirected message for it goes to the redirector if that waits, too, and else queues there.
 * Returns the sender that got rid of its message, 0 for none.
 */
function releaseRedirected(a: Arena, row: number): number {
  const t = a.threads;
  let sender = t.get(row, T.sendHead);
  while (sender !== 0) {
    const next = t.get(sender, T.sendNext);
    const name = senderName(a, sender);
    const via = isInterrupt(a, sender) || !admits(a, row, name, sender) ? 0 : redirectorOf(a, sender, row);
    if (via > 0) {
      if (accepts(a, via, name, sender)) {
        dequeueSender(a, sender);
        stopWaiting(a, sender);
        stopWaiting(a, via);
        return deliver(a, sender, name, via) ? sender : 0;
      }
      requeue(a, sender, via);
    }
    sender = next;
  }
  return 0;
}

/** A sender waits in another queue from now on, with the same timeout. */
function requeue(a: Arena, sender: number, receiver: number): void {
  dequeueSender(a, sender);
  enqueueSender(a, sender, receiver);
}

/** Brings a message over; true when the sender's send phase is over and succeeded. */
function deliver(a: Arena, sender: number, virtual: number, receiver: number): boolean {
  const t = a.threads;
  const result = beginTransfer(a, sender, receiver);
  if (result === TRANSFER_DONE) {
    finish(a, sender, virtual, receiver);
    return true;
  }
  if (result === TRANSFER_OVERFLOW) {
    const tag = (utcbWord(a, sender, 0) & ~TAG_FLAGS) | TAG_ERROR;
    failBoth(a, sender, receiver, IPC_MESSAGE_OVERFLOW, IPC_MESSAGE_OVERFLOW, tag, t.get(sender, T.xferBytes));
    return false;
  }
  t.set(sender, T.peer, receiver);
  t.set(receiver, T.peer, sender);
  t.set(sender, T.flags, t.get(sender, T.flags) | FLAG_SENDER);
  t.set(receiver, T.flags, t.get(receiver, T.flags) | FLAG_RECEIVER);
  t.set(receiver, T.state, TRANSFERRING);
  t.set(sender, T.state, SENDING);
  enqueueReady(a, sender);
  return false;
}

/** A transfer that took more than one step is whole: both sides leave it, and the sender's receive phase begins. */
export function finishTransfer(a: Arena, sender: number, receiver: number): void {
  endTransfer(a, sender, receiver);
  finish(a, sender, senderName(a, sender), receiver);
  receivePhase(a, sender);
}

function finish(a: Arena, sender: number, virtual: number, receiver: number): void {
  const t = a.threads;
  sealTransfer(a, sender, virtual, receiver);
  const intended = t.get(sender, T.intended);
  if (intended !== 0 && intended !== t.get(receiver, T.id)) {
    // Who calls through a redirector waits for its answer, until it passes the message on in the caller's name.
    if (t.get(sender, T.from) === intended) t.set(sender, T.from, t.get(receiver, T.id));
  }
  if (virtual !== sender) {
    const waits = t.get(virtual, T.state) === WAITING && t.get(virtual, T.from) === t.get(sender, T.id);
    if (waits) t.set(virtual, T.from, t.get(receiver, T.id));
  }
  if (isInterrupt(a, sender)) t.set(sender, T.state, INTERRUPT_UNACKNOWLEDGED);
  else recordReply(a, sender, t.get(receiver, T.id));
  a.observer.transferred?.(t.get(sender, T.id), t.get(receiver, T.id), utcbWord(a, receiver, 0));
  complete(a, receiver, virtual);
}

function block(a: Arena, row: number, state: number, timeout: number): void {
  a.threads.set(row, T.state, state);
  startTimeout(a, row, timeout);
}

/** An interrupt's message: delivered now, or queued on the handler. */
export function sendInterrupt(a: Arena, row: number, handler: number): void {
  const t = a.threads;
  if (accepts(a, handler, row, row)) {
    stopWaiting(a, handler);
    deliver(a, row, row, handler);
    return;
  }
  t.set(row, T.state, POLLING);
  enqueueSender(a, row, handler);
}
