/**
 * Multiplication: FMUL.
 *
 * Here: the product of two finite numbers before rounding (for every format), and the 80-bit operation.
 * Not here: rounding (round.ts), NaNs (special.ts). SDM Vol. 2, FMUL.
 * @module
 */
import { EXPONENT, EXTRA, type FloatContext, HIGH, LOW, NEGATIVE } from "./context.ts";
import { round80 } from "./round.ts";
import { answersForNaNs, isNormal, noteDenormals, setInfinity, setInvalid, setUnrounded, setZero } from "./special.ts";
import { multiplyWide, PRODUCT } from "./wide.ts";

/** a * b, unrounded. Both significands have their top bit set; exponents are biased by 16383. */
export function multiplyUnrounded(
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
  multiplyWide(w, aHigh, aLow, bHigh, bLow);
  const high = w[PRODUCT];
  const low = w[PRODUCT + 1];
  const extra = w[PRODUCT + 2];
  const last = w[PRODUCT + 3];
  w[NEGATIVE] = negative;
  if (high < 0) {
    w[EXPONENT] = aExponent + bExponent - 16382;
    w[HIGH] = high;
    w[LOW] = low;
    w[EXTRA] = last === 0 ? extra : extra | 1;
  } else {
    w[EXPONENT] = aExponent + bExponent - 16383;
    w[HIGH] = (high << 1) | (low >>> 31);
    w[LOW] = (low << 1) | (extra >>> 31);
    w[EXTRA] = (extra << 1) | (last === 0 ? 0 : 1);
  }
}

/** a * b as an 80-bit number. */
export function multiply80(
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
    const zero = (aHigh | aLow) === 0 || (bHigh | bLow) === 0;
    const infinite = aExponent === 0x7fff || bExponent === 0x7fff;
    if (zero && infinite) {
      setInvalid(c);
      return;
    }
    noteDenormals(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow);
    if (zero) {
      setZero(c, sign);
      return;
    }
    if (infinite) {
      setInfinity(c, sign);
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
  multiplyUnrounded(c, sign >> 15, aExponent, aHigh, aLow, bExponent, bHigh, bLow);
  round80(c);
}
