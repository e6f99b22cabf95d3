/**
 * Addition and subtraction: FADD, FSUB, FSUBR.
 *
 * Here: the sum of two finite numbers before rounding (for every format), and the 80-bit operations.
 * Not here: rounding (round.ts), NaNs (special.ts). SDM Vol. 2, FADD, FSUB.
 * @module
 */
import { DOWN, EXPONENT, EXTRA, type FloatContext, HIGH, LOW, NEGATIVE, ROUNDING } from "./context.ts";
import { round80 } from "./round.ts";
import { answersForNaNs, isNormal, noteDenormals, setInfinity, setInvalid, setZero } from "./special.ts";
import { less64, normalize, shiftRightJam } from "./wide.ts";

/** The bits below 64 of two aligned summands are needed only in part: one word with a gathered last bit is exact
 * enough, since a difference that loses more than one leading bit had them aligned within one place. */

/** a + b, unrounded. Exponents are at least 1. Returns false, with a zero signed by the mode, if they cancel. */
export function addUnrounded(
  c: FloatContext,
  aNegative: number,
  aExponent: number,
  aHigh: number,
  aLow: number,
  bNegative: number,
  bExponent: number,
  bHigh: number,
  bLow: number,
): boolean {
  if (aExponent < bExponent || (aExponent === bExponent && less64(aHigh, aLow, bHigh, bLow))) {
    return addUnrounded(c, bNegative, bExponent, bHigh, bLow, aNegative, aExponent, aHigh, aLow);
  }
  const w = c.w;
  w[NEGATIVE] = aNegative;
  w[EXPONENT] = aExponent;
  w[HIGH] = bHigh;
  w[LOW] = bLow;
  w[EXTRA] = 0;
  if (aExponent !== bExponent) shiftRightJam(w, aExponent - bExponent);
  const extra = w[EXTRA];
  if (aNegative === bNegative) {
    const low = (aLow >>> 0) + (w[LOW] >>> 0);
    const high = (aHigh >>> 0) + (w[HIGH] >>> 0) + (low >= 0x1_0000_0000 ? 1 : 0);
    if (high >= 0x1_0000_0000) {
      w[HIGH] = (high >>> 1) | 0x80000000;
      w[LOW] = (low >>> 1) | (high << 31);
      w[EXTRA] = (extra >>> 1) | (low << 31) | (extra & 1);
      w[EXPONENT] = aExponent + 1;
      return true;
    }
    w[HIGH] = high;
    w[LOW] = low;
  } else {
    const below = extra === 0 ? 0 : 1;
    const low = (aLow >>> 0) - (w[LOW] >>> 0) - below;
    w[EXTRA] = -extra;
    w[LOW] = low;
    w[HIGH] = aHigh - w[HIGH] - (low < 0 ? 1 : 0);
  }
  if ((w[HIGH] | w[LOW] | w[EXTRA]) === 0) {
    setZero(c, aNegative === bNegative ? aNegative << 15 : cancelled(w[ROUNDING]));
    return false;
  }
  normalize(w);
  return true;
}

/** The sign (bit 15) of x - x: negative only when rounding down. */
function cancelled(mode: number): number {
  return mode === DOWN ? 0x8000 : 0;
}

/** a + b as an 80-bit number. */
export function add80(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
): void {
  addOrSubtract(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow, 0);
}

/** a - b as an 80-bit number. */
export function subtract80(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
): void {
  addOrSubtract(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow, 0x8000);
}

/** `flip` turns the sign of b only where b is a number: a NaN keeps its own. */
function addOrSubtract(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
  flip: number,
): void {
  const aSign = aSignExponent & 0x8000;
  const bSign = (bSignExponent ^ flip) & 0x8000;
  const aExponent = aSignExponent & 0x7fff;
  const bExponent = bSignExponent & 0x7fff;
  if (!isNormal(aExponent, aHigh) || !isNormal(bExponent, bHigh)) {
    if (answersForNaNs(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow)) return;
    if (aExponent === 0x7fff && bExponent === 0x7fff && aSign !== bSign) {
      setInvalid(c);
      return;
    }
    noteDenormals(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow);
    if (aExponent === 0x7fff || bExponent === 0x7fff) {
      setInfinity(c, aExponent === 0x7fff ? aSign : bSign);
      return;
    }
  }
  if (addUnrounded(c, aSign >> 15, aExponent || 1, aHigh, aLow, bSign >> 15, bExponent || 1, bHigh, bLow)) round80(c);
}
