/**
 * Square root: FSQRT.
 *
 * Here: the root of a positive finite number before rounding (for every format), and the 80-bit operation.
 * The host's binary64 root (correctly rounded by IEEE 754) gives 53 bits; one exact Newton step gives the
 * rest, and an exact remainder decides the last place. SDM Vol. 2, FSQRT.
 * @module
 */
import { DE, EXPONENT, EXTRA, FLAGS, type FloatContext, HIGH, LOW, NEGATIVE } from "./context.ts";
import { round80 } from "./round.ts";
import { answersForNaN, isDenormal, isNormal, setInvalid, setResult, setUnrounded } from "./special.ts";
import { less64, multiplyWide, PRODUCT } from "./wide.ts";

const TWO32 = 0x1_0000_0000;
const TWO64 = TWO32 * TWO32;

/** PRODUCT becomes the radicand n3:n2:n1:0 less the square of the root, 128 bits signed. */
function takeRemainder(w: Int32Array, n3: number, n2: number, n1: number, rootHigh: number, rootLow: number): void {
  multiplyWide(w, rootHigh, rootLow, rootHigh, rootLow);
  const d0 = -(w[PRODUCT + 3] >>> 0);
  const d1 = (n1 >>> 0) - (w[PRODUCT + 2] >>> 0) - (d0 < 0 ? 1 : 0);
  const d2 = (n2 >>> 0) - (w[PRODUCT + 1] >>> 0) - (d1 < 0 ? 1 : 0);
  w[PRODUCT] = n3 - w[PRODUCT] - (d2 < 0 ? 1 : 0);
  w[PRODUCT + 1] = d2;
  w[PRODUCT + 2] = d1;
  w[PRODUCT + 3] = d0;
}

/** Whether the remainder, not negative, is more than the root. */
function exceedsRoot(w: Int32Array, rootHigh: number, rootLow: number): boolean {
  return (w[PRODUCT] | w[PRODUCT + 1]) !== 0 || less64(rootHigh, rootLow, w[PRODUCT + 2], w[PRODUCT + 3]);
}

/** Whether the remainder, already known to be more than the root, is more than twice the root. */
function exceedsTwiceRoot(w: Int32Array, rootHigh: number, rootLow: number): boolean {
  const d0 = (w[PRODUCT + 3] >>> 0) - (rootLow >>> 0);
  const d1 = (w[PRODUCT + 2] >>> 0) - (rootHigh >>> 0) - (d0 < 0 ? 1 : 0);
  w[PRODUCT + 3] = d0;
  w[PRODUCT + 2] = d1;
  w[PRODUCT + 1] -= d1 < 0 ? 1 : 0;
  return exceedsRoot(w, rootHigh, rootLow);
}

/** The root of 1.xxx * 2^(exponent - 16383), top bit of the significand set, unrounded. */
export function squareRootUnrounded(c: FloatContext, exponent: number, high: number, low: number): void {
  const w = c.w;
  const even = (exponent & 1) !== 0; // the bias is odd
  const n3 = even ? high >>> 1 : high;
  const n2 = even ? (low >>> 1) | (high << 31) : low;
  const n1 = even ? low << 31 : 0;
  const first = Math.sqrt((n3 >>> 0) * TWO32 + (n2 >>> 0)) * TWO32;
  let rootHigh = first >= TWO64 ? -1 : Math.floor(first / TWO32) | 0;
  let rootLow = first >= TWO64 ? -1 : first | 0;
  takeRemainder(w, n3, n2, n1, rootHigh, rootLow);
  const rest = (w[PRODUCT] * TWO32 + (w[PRODUCT + 1] >>> 0)) * TWO64 + (w[PRODUCT + 2] >>> 0) * TWO32;
  const sum = (rootLow >>> 0) + Math.floor(rest / (2 * first));
  const sumHigh = (rootHigh >>> 0) + Math.floor(sum / TWO32);
  rootHigh = sumHigh >= TWO32 ? -1 : sumHigh | 0;
  rootLow = sumHigh >= TWO32 ? -1 : sum | 0;
  for (;;) {
    takeRemainder(w, n3, n2, n1, rootHigh, rootLow);
    if (w[PRODUCT] < 0) {
      if (rootLow === 0) rootHigh = (rootHigh - 1) | 0;
      rootLow = (rootLow - 1) | 0;
      continue;
    }
    const exact = (w[PRODUCT] | w[PRODUCT + 1] | w[PRODUCT + 2] | w[PRODUCT + 3]) === 0;
    const pastHalf = exceedsRoot(w, rootHigh, rootLow); // (root + 1/2)^2 = root^2 + root + 1/4
    if (pastHalf && exceedsTwiceRoot(w, rootHigh, rootLow)) {
      rootLow = (rootLow + 1) | 0;
      if (rootLow === 0) rootHigh = (rootHigh + 1) | 0;
      continue;
    }
    w[NEGATIVE] = 0;
    w[EXPONENT] = (exponent + 16383) >> 1;
    w[HIGH] = rootHigh;
    w[LOW] = rootLow;
    w[EXTRA] = exact ? 0 : pastHalf ? 0x80000001 : 1;
    return;
  }
}

/** The square root as an 80-bit number; of minus zero, minus zero; of other negative numbers, invalid. */
export function squareRoot80(c: FloatContext, signExponent: number, high: number, low: number): void {
  if (!isNormal(signExponent, high) || (signExponent & 0x8000) !== 0) {
    if (answersForNaN(c, signExponent, high, low)) return;
    if ((high | low) === 0) {
      setResult(c, signExponent, 0, 0);
      return;
    }
    if ((signExponent & 0x8000) !== 0) {
      setInvalid(c);
      return;
    }
    if (signExponent === 0x7fff) {
      setResult(c, signExponent, high, low);
      return;
    }
    if (isDenormal(signExponent, high, low)) c.w[FLAGS] |= DE;
  }
  setUnrounded(c, signExponent, high, low);
  squareRootUnrounded(c, c.w[EXPONENT], c.w[HIGH], c.w[LOW]);
  round80(c);
}
