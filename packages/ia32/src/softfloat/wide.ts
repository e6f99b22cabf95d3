/**
 * Numbers wider than a host integer: shifts and products over 32-bit words.
 *
 * Here: what the operations need on 64, 96 and 128 bits, as int32 words, most significant first.
 * Not here: rounding (round.ts). The 96-bit number is HIGH, LOW, EXTRA of the context.
 * @module
 */
import { EXPONENT, EXTRA, HIGH, LOW, SCRATCH } from "./context.ts";

const TWO32 = 0x1_0000_0000;

/** Products land here: bits 127..96 in `w[PRODUCT]`, down to bits 31..0 in `w[PRODUCT + 3]`. */
export const PRODUCT: number = SCRATCH + 4;

/**
 * Bits 63..32 of the unsigned product. The host's rounded product errs by at most 2^10, and taking away the
 * exact low half leaves a multiple of 2^32, so that the nearest one is the answer.
 */
export function multiplyHigh(a: number, b: number): number {
  return (((a >>> 0) * (b >>> 0) - (Math.imul(a, b) >>> 0)) / TWO32 + 0.5) | 0;
}

/** Writes the 128-bit product of two unsigned 64-bit numbers to PRODUCT. */
export function multiplyWide(w: Int32Array, aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const cross = Math.imul(aHigh, bLow);
  const cross2 = Math.imul(aLow, bHigh);
  const top = Math.imul(aHigh, bHigh);
  const p1 = (multiplyHigh(aLow, bLow) >>> 0) + (cross >>> 0) + (cross2 >>> 0);
  const p2 =
    (multiplyHigh(aHigh, bLow) >>> 0) +
    (multiplyHigh(aLow, bHigh) >>> 0) +
    (top >>> 0) +
    (p1 >= 2 * TWO32 ? 2 : p1 >= TWO32 ? 1 : 0);
  w[PRODUCT] = multiplyHigh(aHigh, bHigh) + (p2 >= 2 * TWO32 ? 2 : p2 >= TWO32 ? 1 : 0);
  w[PRODUCT + 1] = p2;
  w[PRODUCT + 2] = p1;
  w[PRODUCT + 3] = Math.imul(aLow, bLow);
}

/** Unsigned a < b of 64 bits. */
export function less64(aHigh: number, aLow: number, bHigh: number, bLow: number): boolean {
  return aHigh === bHigh ? aLow >>> 0 < bLow >>> 0 : aHigh >>> 0 < bHigh >>> 0;
}

/** Shifts the 96-bit number right by `count` ≥ 0; bits that fall out are gathered in bit 0. */
export function shiftRightJam(w: Int32Array, count: number): void {
  let high = w[HIGH];
  let low = w[LOW];
  let extra = w[EXTRA];
  let lost = 0;
  if (count >= 96) {
    lost = high | low | extra;
    high = low = extra = 0;
  } else {
    for (; count >= 32; count -= 32) {
      lost |= extra;
      extra = low;
      low = high;
      high = 0;
    }
    if (count > 0) {
      lost |= extra << (32 - count);
      extra = (extra >>> count) | (low << (32 - count));
      low = (low >>> count) | (high << (32 - count));
      high >>>= count;
    }
  }
  w[HIGH] = high;
  w[LOW] = low;
  w[EXTRA] = lost === 0 ? extra : extra | 1;
}

/** Shifts the 96-bit number left until its top bit is set, EXPONENT following. The number is not zero. */
export function normalize(w: Int32Array): void {
  let high = w[HIGH];
  if (high < 0) return;
  let low = w[LOW];
  let extra = w[EXTRA];
  let count = 0;
  while (high === 0) {
    high = low;
    low = extra;
    extra = 0;
    count += 32;
  }
  const shift = Math.clz32(high);
  if (shift > 0) {
    high = (high << shift) | (low >>> (32 - shift));
    low = (low << shift) | (extra >>> (32 - shift));
    extra <<= shift;
  }
  w[HIGH] = high;
  w[LOW] = low;
  w[EXTRA] = extra;
  w[EXPONENT] -= count + shift;
}
