/**
 * Typed items: what a message carries besides words.
 *
 * Here: the kinds of items and the words of map and grant items.
 * Not here: string items' words, which this kernel answers with a message overflow so far.
 * Reference: X.2, map, grant and string items.
 *
 *     map, grant   word 0: 31 send base >> 10 10|9 0 4|3 type 1|0 C     word 1: the fpage sent
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
