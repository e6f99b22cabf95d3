/**
 * Partners: who may meet whom.
 *
 * Here: FromSpecifiers, in whose name a message goes (propagation), and who gets it instead (redirection).
 * Not here: the meeting (→ rendezvous.ts). Reference: X.2 Ipc, propagation, SpaceControl's redirector.
 * @module
 */
import { TAG_PROPAGATED } from "../api/msg-tag.ts";
import { ANY_LOCAL_THREAD, ANY_THREAD } from "../api/thread-id.ts";
import { TCR_VIRTUAL_SENDER } from "../api/utcb.ts";
import { findGlobal, isActive, resolve, utcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { S, T } from "../table/layout.ts";
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
  return virtual !== 0 && maySpeakFor(a, row, virtual, partner) ? virtual : row;
}

/** Whether a message of `row` to `partner` may go in the name of `virtual`. */
export function maySpeakFor(a: Arena, row: number, virtual: number, partner: number): boolean {
  const t = a.threads;
  const space = t.get(row, T.space);
  if (!isActive(a, virtual)) return false;
  const permitted = t.get(virtual, T.space) === space || t.get(partner, T.space) === space;
  return permitted || redirectsFor(a, space, t.get(virtual, T.space));
}

/** Redirectors that a message may pass, so that rings of them end. */
const LONGEST_CHAIN = 16;

/** Whether a thread of `space` is the redirector of `from`, or the redirector of its redirector, and so on. */
function redirectsFor(a: Arena, space: number, from: number): boolean {
  let at = from;
  for (let i = 0; i < LONGEST_CHAIN; i++) {
    const row = findGlobal(a, a.spaces.get(at, S.redirector));
    if (row === 0) return false;
    at = a.threads.get(row, T.space);
    if (at === space) return true;
  }
  return false;
}

/** The redirector of a sender's space does not exist. */
export const REDIRECTOR_GONE = -1;

/**
 * The row that gets a message of `sender` for `receiver` in its place, 0 for nobody. Messages inside a space and those
 * to the redirector's space pass, and so do the redirector's own.
 */
export function redirectorOf(a: Arena, sender: number, receiver: number): number {
  const t = a.threads;
  const space = t.get(sender, T.space);
  const id = a.spaces.get(space, S.redirector);
  if (id === 0 || t.get(receiver, T.space) === space) return 0;
  const row = findGlobal(a, id);
  if (row === 0 || !isActive(a, row)) return REDIRECTOR_GONE;
  return row === sender || t.get(row, T.space) === t.get(receiver, T.space) ? 0 : row;
}

/** The row that a queued sender's message is meant for, which is not the one it is queued on if that redirects it. */
export function intendedOf(a: Arena, sender: number): number {
  const id = a.threads.get(sender, T.intended);
  return id === 0 ? a.threads.get(sender, T.partner) : findGlobal(a, id);
}

/** The row in whose name a sender speaks. A virtual sender that is gone leaves it its own name. */
export function senderName(a: Arena, sender: number): number {
  const virtual = a.threads.get(sender, T.virtualSender);
  return virtual === 0 ? sender : findGlobal(a, virtual) || sender;
}
