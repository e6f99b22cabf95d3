/**
 * Message tags: MR0 of every message.
 *
 * Here: its fields and flags. Not here: the items that it counts (→ typed-item.ts).
 *
 *     31 label 16|15 E  14 X  13 r  12 p|11 t (typed words) 6|5 u (untyped words) 0
 *
 * Reference: X.2, "Messages and Message Registers", message tag.
 * @module
 */
/** p: send on behalf of VirtualSender; on receipt, that it was. */
export const TAG_PROPAGATED = 0x1000;
/** r, on receipt only: the message was for the thread that the IntendedReceiver TCR names. */
export const TAG_REDIRECTED = 0x2000;
/** X, on receipt only; with one processor never set. */
export const TAG_CROSS_PROCESSOR = 0x4000;
/** E, on return only: the IPC failed, and the ErrorCode TCR says how. */
export const TAG_ERROR = 0x8000;
export const TAG_FLAGS = 0xf000;
/** Most words a message has besides its tag. */
export const MAX_MESSAGE_WORDS = 63;

/** A tag without flags, as a signed word; `untyped` and `typed` count words, 0…63. */
export function messageTag(label: number, untyped: number, typed: number = 0): number {
  return (label << 16) | (typed << 6) | untyped;
}

/** What the message is about, 0…65535, unsigned. */
export function tagLabel(tag: number): number {
  return tag >>> 16;
}

/** u, 0…63: words in MR1…MRu. */
export function tagUntyped(tag: number): number {
  return tag & 0x3f;
}

/** t, 0…63: words (not items) in MR(u+1)…MR(u+t). */
export function tagTyped(tag: number): number {
  return (tag >>> 6) & 0x3f;
}
