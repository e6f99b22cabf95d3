/**
 * Division: FDIV, FDIVR.
 *
 * Here: the quotient of two finite numbers before rounding (for every format), and the 80-bit operation.
 * Long division in base 2^32: the host's binary64 quotient of the leading bits misses a digit by at most one.
 * Not here: remainders (remainder.ts). SDM Vol. 2, FDIV.
 * @module
 */
import { DE, EXPONENT, EXTRA, FLAGS, type FloatContext, HIGH, LOW, NEGATIVE, SCRATCH, ZE } from "./context.ts";
import { round80 } from "./round.ts";
import { answersForNaNs, isNormal, noteDenormals, setInfinity, setInvalid, setUnrounded, setZero } from "./special.ts";
import { less64, multiplyHigh } from "./wide.ts";

const TWO32 = 0x1_0000_0000;
/** The running remainder, less than the divisor. */
const REMAINDER: number = SCRATCH;

/** One digit: (remainder * 2^32 + next) / b, the new remainder left in REMAINDER. */
function digit(w: Int32Array, next: number, bHigh: number, bLow: number): number {
  const rHigh = w[REMAINDER];
  const rLow = w[REMAINDER + 1];
  const divisor = (bHigh >>> 0) * TWO32 + (bLow >>> 0);
  const estimate = (((rHigh >>> 0) * TWO32 + (rLow >>> 0)) * TWO32 + (next >>> 0)) / divisor;
  let q = estimate >= TWO32 ? -1 : estimate | 0;
  // remainder * 2^32 + next - q * b, on 96 bits; `top` is all ones if q was one too large
  let low = (next >>> 0) - (Math.imul(q, bLow) >>> 0);
  let middle = (rLow >>> 0) - (multiplyHigh(q, bLow) >>> 0) - (Math.imul(q, bHigh) >>> 0) - (low < 0 ? 1 : 0);
  const top = ((rHigh >>> 0) - (multiplyHigh(q, bHigh) >>> 0) + Math.floor(middle / TWO32)) | 0;
  low |= 0;
  middle |= 0;
  if (top < 0) {
    q--;
    const sum = (low >>> 0) + (bLow >>> 0);
    low = sum | 0;
    middle = (middle + bHigh + (sum >= TWO32 ? 1 : 0)) | 0;
  } else if (top > 0 || !less64(middle, low, bHigh, bLow)) {
    q++;
    const difference = (low >>> 0) - (bLow >>> 0);
    low = difference | 0;
    middle = (middle - bHigh - (difference < 0 ? 1 : 0)) | 0;
  }
  w[REMAINDER] = middle;
  w[REMAINDER + 1] = low;
  return q | 0;
}

/** a / b, unrounded. Both significands have their top bit set; exponents are biased by 16383. */
export function divideUnrounded(
  c: FloatContext,
  negative: number,
  aExponent: number,
  aHigh: number,
  aLow: number,
  bExponent: number,
  bHigh: number,
  bLow: number,
): void {
  const w = c.w;
  let next = 0;
  w[NEGATIVE] = negative;
  w[EXPONENT] = aExponent - bExponent + 16383;
  if (less64(aHigh, aLow, bHigh, bLow)) {
    w[EXPONENT]--;
    w[REMAINDER] = aHigh;
    w[REMAINDER + 1] = aLow;
  } else {
    w[REMAINDER] = aHigh >>> 1;
    w[REMAINDER + 1] = (aLow >>> 1) | (aHigh << 31);
    next = aLow << 31;
  }
  w[HIGH] = digit(w, next, bHigh, bLow);
  w[LOW] = digit(w, 0, bHigh, bLow);
  const extra = digit(w, 0, bHigh, bLow);
  w[EXTRA] = (w[REMAINDER] | w[REMAINDER + 1]) === 0 ? extra : extra | 1;
}

/** a / b as an 80-bit number. */
export function divide80(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
): void {
  const sign = (aSignExponent ^ bSignExponent) & 0x8000;
  let aExponent = aSignExponent & 0x7fff;
  let bExponent = bSignExponent & 0x7fff;
  if (!isNormal(aExponent, aHigh) || !isNormal(bExponent, bHigh)) {
    if (answersForNaNs(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow)) return;
    const aZero = (aHigh | aLow) === 0;
    const bZero = (bHigh | bLow) === 0;
    if ((aZero && bZero) || (aExponent === 0x7fff && bExponent === 0x7fff)) {
      setInvalid(c);
      return;
    }
    if (bZero && aExponent !== 0x7fff) {
      // A denormal dividend does not count beside it, even one that was widened.
      c.w[FLAGS] = (c.w[FLAGS] & ~DE) | ZE;
      setInfinity(c, sign);
      return;
    }
    noteDenormals(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow);
    if (aExponent === 0x7fff) {
      setInfinity(c, sign);
      return;
    }
    if (aZero || bExponent === 0x7fff) {
      setZero(c, sign);
      return;
    }
    const w = c.w;
    setUnrounded(c, aExponent, aHigh, aLow);
    aExponent = w[EXPONENT];
    aHigh = w[HIGH];
    aLow = w[LOW];
    setUnrounded(c, bExponent, bHigh, bLow);
    bExponent = w[EXPONENT];
    bHigh = w[HIGH];
    bLow = w[LOW];
  }
  divideUnrounded(c, sign >> 15, aExponent, aHigh, aLow, bExponent, bHigh, bLow);
  round80(c);
}
