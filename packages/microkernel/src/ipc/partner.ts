/**
 * Partners: who may meet whom.
 *
 * Here: FromSpecifiers, and in whose name a message goes (propagation). Not here: the meeting (→ rendezvous.ts).
 * Reference: X.2 Ipc, propagation.
 * @module
 */
import { TAG_PROPAGATED } from "../api/msg-tag.ts";
import { ANY_LOCAL_THREAD, ANY_THREAD } from "../api/thread-id.ts";
import { TCR_VIRTUAL_SENDER } from "../api/utcb.ts";
import { findGlobal, isActive, resolve, utcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { WAITING } from "../table/states.ts";

/** Whether a receiver waits for a message of `virtual` that `sender` sends. */
export function accepts(a: Arena, receiver: number, virtual: number, sender: number): boolean {
  return receiver !== sender && a.threads.get(receiver, T.state) === WAITING && admits(a, receiver, virtual, sender);
}

/** Whether a receiver's FromSpecifier lets a sender in. */
export function admits(a: Arena, receiver: number, virtual: number, sender: number): boolean {
  const t = a.threads;
  const from = t.get(receiver, T.from);
  if (from === ANY_THREAD) return true;
  if (from === ANY_LOCAL_THREAD) return t.get(virtual, T.space) === t.get(receiver, T.space);
  return from === t.get(virtual, T.id) || from === t.get(sender, T.id);
}

/** The row in whose name a message goes: the virtual sender if the tag asks and the spaces permit, else the sender. */
export function virtualSenderOf(a: Arena, row: number, partner: number): number {
  if ((utcbWord(a, row, 0) & TAG_PROPAGATED) === 0 || a.threads.get(row, T.fault) !== 0) return row;
  const t = a.threads;
  const space = t.get(row, T.space);
  const virtual = resolve(a, space, utcbWord(a, row, TCR_VIRTUAL_SENDER));
  if (virtual === 0 || !isActive(a, virtual)) return row;
  return t.get(virtual, T.space) === space || t.get(partner, T.space) === space ? virtual : row;
}

/** The row in whose name a sender speaks. A virtual sender that is gone leaves it its own name. */
export function senderName(a: Arena, sender: number): number {
  const virtual = a.threads.get(sender, T.virtualSender);
  return virtual === 0 ? sender : findGlobal(a, virtual) || sender;
}
