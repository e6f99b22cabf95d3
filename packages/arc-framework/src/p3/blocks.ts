/**
 * Ranges of pages as fpages, whose sizes are powers of two.
 *
 * Here: the fpage that covers a range, the fpages that make one up, the largest one round a page.
 * Pure. Not here: what is done with them (unmapping, map items).
 * Reference: X.2 fpages.
 * @module
 */
import { makeFpage, PAGE_BITS, PAGE_SIZE, SPACE_BITS } from "@kintsugi/microkernel";

/** The smallest fpage that holds [low, high), with these rights; it may hold more. */
export function coveringFpage(low: number, high: number, rights: number): number {
  let bits = PAGE_BITS;
  while (bits < SPACE_BITS && Math.floor(low / 2 ** bits) !== Math.floor((high - 1) / 2 ** bits)) bits++;
  return makeFpage(low - (low % 2 ** bits), bits, rights);
}

/** Fpages that together are [low, high), pages by rising address. */
export function fpagesOf(low: number, high: number, rights: number): number[] {
  const fpages: number[] = [];
  for (let at = low; at < high; ) {
    let bits = PAGE_BITS;
    while (at % 2 ** (bits + 1) === 0 && at + 2 ** (bits + 1) <= high) bits++;
    fpages.push(makeFpage(at, bits, rights));
    at += 2 ** bits;
  }
  return fpages;
}

/**
 * log2 size of the largest block round `page` that lies in [low, high) and of whose pages every one is fit.
 * @param most log2 of the largest block wanted
 */
export function largestBlock(
  page: number,
  low: number,
  high: number,
  most: number,
  fit: (page: number) => boolean,
): number {
  let bits = PAGE_BITS;
  while (bits < most) {
    const size = 2 ** (bits + 1);
    const base = page - (page % size);
    if (base < low || base + size > high) break;
    // The half that holds `page` is known to be fit; the other one decides.
    const half = base + (page - base >= size / 2 ? 0 : size / 2);
    for (let other = half; other < half + size / 2; other += PAGE_SIZE) if (!fit(other)) return bits;
    bits++;
  }
  return bits;
}
