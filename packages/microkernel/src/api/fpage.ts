/**
 * Fpages: regions of an address space with access rights, in one word.
 *
 * Here: packing and taking apart. Not here: what is mapped (→ object/mapping-database.ts). Reference: X.2, fpages.
 *
 *     31 base >> 10 10|9 log2 size 4|3 0|2 r  1 w  0 x
 * @module
 */
export const FPAGE_X = 1;
export const FPAGE_W = 2;
export const FPAGE_R = 4;
export const FPAGE_RWX = 7;
export const NIL_FPAGE = 0;
/** Complete address space without rights; with them 0x17. */
export const COMPLETE_FPAGE = 0x10;
/** Hardware pages are 4 KiB; smaller fpages are taken as nil. */
export const PAGE_BITS = 12;
export const PAGE_SIZE = 4096;
/** log2 size of the complete address space. */
export const SPACE_BITS = 32;

/** log2 of the size, 32 for the complete space, 0 for nil and what is smaller than a page. */
export function fpageBits(fpage: number): number {
  const s = (fpage >>> 4) & 0x3f;
  if (s === 1 && fpage >>> 10 === 0) return SPACE_BITS;
  return s < PAGE_BITS ? 0 : Math.min(s, SPACE_BITS);
}

/** First address, unsigned, aligned to the size. */
export function fpageBase(fpage: number): number {
  const bits = fpageBits(fpage);
  if (bits >= SPACE_BITS) return 0;
  return (fpage & ~0x3ff & -(2 ** bits)) >>> 0;
}

/** Size in bytes; 0 for nil. */
export function fpageSize(fpage: number): number {
  const bits = fpageBits(fpage);
  return bits === 0 ? 0 : 2 ** bits;
}

/** Access rights, r|w|x. */
export function fpageRights(fpage: number): number {
  return fpage & FPAGE_RWX;
}

/** An fpage from an aligned base, log2 size and rights, as a signed word. */
export function makeFpage(base: number, bits: number, rights: number): number {
  if (bits >= SPACE_BITS) return COMPLETE_FPAGE | rights;
  return (base & ~0x3ff) | (bits << 4) | rights;
}
