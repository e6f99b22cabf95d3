/**
 * Message tags: MR0 of every message.
 *
 * Here: its fields and flags. Not here: the items that it counts (→ typed-item.ts).
 *
 *     31 label 16|15 E  14 X  13 r  12 p|11 t (typed words) 6|5 u (untyped words) 0
 * @module
 */
export const TAG_PROPAGATED = 0x1000;
export const TAG_REDIRECTED = 0x2000;
export const TAG_CROSS_PROCESSOR = 0x4000;
export const TAG_ERROR = 0x8000;
export const TAG_FLAGS = 0xf000;
/** Most words a message has besides its tag. */
export const MAX_MESSAGE_WORDS = 63;

/** A tag as a signed word. */
export function messageTag(label: number, untyped: number, typed: number = 0): number {
  return (label << 16) | (typed << 6) | untyped;
}

export function tagLabel(tag: number): number {
  return tag >>> 16;
}

export function tagUntyped(tag: number): number {
  return tag & 0x3f;
}

export function tagTyped(tag: number): number {
  return (tag >>> 6) & 0x3f;
}
