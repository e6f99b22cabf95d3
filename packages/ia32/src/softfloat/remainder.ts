/**
 * Remainders: FPREM (quotient truncated) and FPREM1 (quotient to nearest, IEEE 754).
 *
 * Here: the exact remainder, bit by bit, in parts: exponents 64 or more apart are brought nearer and C2 says
 * that the instruction must run again. Q2, Q1, Q0 of a finished quotient go to C0, C3, C1.
 * SDM Vol. 2, FPREM, FPREM1.
 * @module
 */
import { C0, C1, C2, C3, EXPONENT, EXTRA, FLAGS, type FloatContext, HIGH, LOW, NEGATIVE } from "./context.ts";
import { roundExtended } from "./round.ts";
import { answersForNaNs, noteDenormals, setInvalid, setUnrounded, setZero } from "./special.ts";
import { less64, normalize } from "./wide.ts";

/**
 * a - q * b, q = trunc(a / b).
 * @returns false for NaNs and invalid operands, which leave the condition bits of the status word as they are
 */
export function partialRemainder80(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
): boolean {
  return remainder80(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow, false);
}

/** a - q * b, q = a / b rounded to nearest even; answers like partialRemainder80. */
export function partialRemainderNearest80(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
): boolean {
  return remainder80(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow, true);
}

function remainder80(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
  nearest: boolean,
): boolean {
  const w = c.w;
  if (answersForNaNs(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow)) return false;
  if ((aSignExponent & 0x7fff) === 0x7fff || (bHigh | bLow) === 0) {
    setInvalid(c);
    return false;
  }
  noteDenormals(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow);
  if ((aHigh | aLow) === 0) {
    setZero(c, aSignExponent);
    return true;
  }
  setUnrounded(c, bSignExponent, bHigh, bLow);
  const bExponent = w[EXPONENT];
  const divisorHigh = w[HIGH];
  const divisorLow = w[LOW];
  setUnrounded(c, aSignExponent, aHigh, aLow);
  if ((bSignExponent & 0x7fff) !== 0x7fff) reduce(w, bExponent, divisorHigh, divisorLow, nearest);
  if ((w[HIGH] | w[LOW]) === 0) {
    setZero(c, aSignExponent);
    return true;
  }
  w[EXTRA] = 0;
  normalize(w);
  roundExtended(c, 64);
  return true;
}

/** The unrounded number becomes its remainder by b, and the condition bits are set. */
function reduce(w: Int32Array, bExponent: number, bHigh: number, bLow: number, nearest: boolean): void {
  const distance = w[EXPONENT] - bExponent;
  if (distance < -1) return;
  let high = w[HIGH];
  let low = w[LOW];
  let quotient = 0;
  const last = distance < 64 ? 0 : distance - ((distance & 31) | 32);
  for (let place = distance, carry = 0; place >= last; place--) {
    quotient <<= 1;
    if (carry !== 0 || !less64(high, low, bHigh, bLow)) {
      const difference = (low >>> 0) - (bLow >>> 0);
      low = difference | 0;
      high = (high - bHigh - (difference < 0 ? 1 : 0)) | 0;
      quotient |= 1;
    }
    if (place === last) break;
    carry = high >>> 31;
    high = (high << 1) | (low >>> 31);
    low <<= 1;
  }
  if (distance >= 0) w[EXPONENT] = bExponent + last;
  w[HIGH] = high;
  w[LOW] = low;
  if (last > 0) {
    w[FLAGS] |= C2;
    return;
  }
  if (nearest) quotient = toNearest(w, distance, bHigh, bLow, quotient);
  w[FLAGS] |= ((quotient & 4) !== 0 ? C0 : 0) | ((quotient & 2) !== 0 ? C3 : 0) | ((quotient & 1) !== 0 ? C1 : 0);
}

/** Takes b away once more if that brings the remainder nearer to zero (or as near, for an even quotient). */
function toNearest(w: Int32Array, distance: number, bHigh: number, bLow: number, quotient: number): number {
  const high = w[HIGH];
  const low = w[LOW];
  // at distance -1 the remainder has one place more than b, and compares with b / 2 as it stands
  const doubleHigh = distance < 0 ? high : (high << 1) | (low >>> 31);
  const doubleLow = distance < 0 ? low : low << 1;
  const carried = distance >= 0 && high < 0;
  const more = carried || less64(bHigh, bLow, doubleHigh, doubleLow);
  const tie = !carried && bHigh === doubleHigh && bLow === doubleLow;
  if (!more && !(tie && (quotient & 1) !== 0)) return quotient;
  const minuendHigh = distance < 0 ? (bHigh << 1) | (bLow >>> 31) : bHigh;
  const minuendLow = distance < 0 ? bLow << 1 : bLow;
  const difference = (minuendLow >>> 0) - (low >>> 0);
  w[LOW] = difference;
  w[HIGH] = minuendHigh - high - (difference < 0 ? 1 : 0);
  w[NEGATIVE] ^= 1;
  return quotient + 1;
}
