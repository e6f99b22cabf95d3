/**
 * Send queue: who polls on a thread, first come first served.
 *
 * Here: the doubly linked list through the senders' rows. Not here: who may be received (→ ipc/rendezvous.ts).
 * @module
 */
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";

/** Queues a sender on its partner. */
export function enqueueSender(a: Arena, sender: number, receiver: number): void {
  const t = a.threads;
  const tail = t.get(receiver, T.sendTail);
  t.set(sender, T.partner, receiver);
  t.set(sender, T.sendPrev, tail);
  t.set(sender, T.sendNext, 0);
  if (tail === 0) t.set(receiver, T.sendHead, sender);
  else t.set(tail, T.sendNext, sender);
  t.set(receiver, T.sendTail, sender);
}

/** Takes a sender out of its partner's queue, if it is in one. */
export function dequeueSender(a: Arena, sender: number): void {
  const t = a.threads;
  const receiver = t.get(sender, T.partner);
  if (receiver === 0) return;
  const next = t.get(sender, T.sendNext);
  const previous = t.get(sender, T.sendPrev);
  if (previous === 0) t.set(receiver, T.sendHead, next);
  else t.set(previous, T.sendNext, next);
  if (next === 0) t.set(receiver, T.sendTail, previous);
  else t.set(next, T.sendPrev, previous);
  t.set(sender, T.sendNext, 0);
  t.set(sender, T.sendPrev, 0);
  t.set(sender, T.partner, 0);
}
