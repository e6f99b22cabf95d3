/**
 * Typed items: what a message carries besides words.
 *
 * Here: the kinds of items and their words. Not here: who may receive them (→ acceptor.ts).
 * Reference: X.2, map, grant and string items.
 *
 *     map, grant   word 0: 31 send base >> 10 10|9 0 4|3 type 1|0 C     word 1: the fpage sent
 *     string       word 0: 31 length 10|9 c|8 substrings - 1 4|3 0|2 cache hint 1|0 C     then one address per substring,
 *                  each of `length` bytes; with c another such group continues the same string
 *
 * A receive buffer has a string item's form, in the buffer registers from BR1 on; C: another buffer follows.
 * @module
 */
export const ITEM_TYPE_MASK = 0xe;
export const ITEM_MAP = 0x8;
export const ITEM_GRANT = 0xa;
export const ITEM_CTRL_XFER = 0xc;
/** C: another item follows. A hint; the tag's count decides. */
export const ITEM_MORE = 1;
/** Words of a map or grant item. */
export const MAP_ITEM_WORDS = 2;

/** Send base of a map or grant item, unsigned. */
export function itemSendBase(word0: number): number {
  return (word0 & ~0x3ff) >>> 0;
}

/** Word 0 of a map item. */
export function mapItem(sendBase: number): number {
  return (sendBase & ~0x3ff) | ITEM_MAP;
}

/** Word 0 of a grant item. */
export function grantItem(sendBase: number): number {
  return (sendBase & ~0x3ff) | ITEM_GRANT;
}

/** Whether word 0 is a string item's; the two low bits of its type are a cache hint. */
export function isStringItem(word0: number): boolean {
  return (word0 & ITEM_MAP) === 0;
}

/** Bytes of each substring, 0…2^22 - 1. */
export function stringLength(word0: number): number {
  return word0 >>> 10;
}

/** How many substrings, 1…32. */
export function substringCount(word0: number): number {
  return ((word0 >>> 4) & 0x1f) + 1;
}

/** c: the string goes on in another group of words. */
export const STRING_COMPOUND = 0x200;

/** Word 0 of a string item with `substrings` parts of `length` bytes each. */
export function stringItem(length: number, substrings: number = 1): number {
  return (length << 10) | ((substrings - 1) << 4);
}
