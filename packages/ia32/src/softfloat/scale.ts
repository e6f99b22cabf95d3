/**
 * Powers of two: FSCALE and FXTRACT.
 *
 * Here: scaling by a truncated operand, and a number taken apart into exponent and significand.
 * SDM Vol. 2, FSCALE (table 3-32), FXTRACT.
 * @module
 */
import { DE, EXPONENT, FLAGS, type FloatContext, HIGH, LOW, TOWARD_ZERO, ZE } from "./context.ts";
import { fromInteger32, integralMagnitude } from "./integer.ts";
import { roundExtended } from "./round.ts";
import {
  answersForNaN,
  answersForNaNs,
  isDenormal,
  noteDenormals,
  setInfinity,
  setInvalid,
  setResult,
  setUnrounded,
  setZero,
} from "./special.ts";

const BIAS = 16383;
/** A scale beyond this leaves the format on any side from any operand, unmasked adjustment included. */
const FARTHEST = 0x10000;

/** a * 2^trunc(b), rounded to 64 bits. */
export function scale80(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
): void {
  if (answersForNaNs(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow)) return;
  const w = c.w;
  const aZero = (aHigh | aLow) === 0;
  const aInfinite = (aSignExponent & 0x7fff) === 0x7fff;
  const bExponent = bSignExponent & 0x7fff;
  if (bExponent === 0x7fff) {
    const up = (bSignExponent & 0x8000) === 0;
    if (up ? aZero : aInfinite) {
      setInvalid(c);
      return;
    }
    noteDenormals(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow);
    if (up) setInfinity(c, aSignExponent);
    else setZero(c, aSignExponent);
    return;
  }
  noteDenormals(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow);
  if (aZero || aInfinite) {
    setResult(c, aSignExponent, aHigh, aLow);
    return;
  }
  let places = FARTHEST;
  if (bExponent < BIAS + 16) {
    integralMagnitude(c, bSignExponent, bHigh, bLow, TOWARD_ZERO);
    places = w[LOW];
  }
  setUnrounded(c, aSignExponent, aHigh, aLow);
  w[EXPONENT] += (bSignExponent & 0x8000) === 0 ? places : -places;
  roundExtended(c, 64);
}

/** The significand of FXTRACT: the number with the exponent of 1.0. Raises what the instruction raises. */
export function extractSignificand80(c: FloatContext, signExponent: number, high: number, low: number): void {
  if (answersForNaN(c, signExponent, high, low)) return;
  const w = c.w;
  if ((high | low) === 0 || (signExponent & 0x7fff) === 0x7fff) {
    if ((high | low) === 0) w[FLAGS] |= ZE;
    setResult(c, signExponent, high, low);
    return;
  }
  if (isDenormal(signExponent, high, low)) w[FLAGS] |= DE;
  setUnrounded(c, signExponent, high, low);
  setResult(c, (signExponent & 0x8000) | BIAS, w[HIGH], w[LOW]);
}

/** The exponent of FXTRACT as an 80-bit number: of zero -infinity, of an infinity +infinity. */
export function extractExponent80(c: FloatContext, signExponent: number, high: number, low: number): void {
  if (answersForNaN(c, signExponent, high, low)) return;
  const w = c.w;
  if ((high | low) === 0) {
    w[FLAGS] |= ZE;
    setInfinity(c, 0x8000);
    return;
  }
  if ((signExponent & 0x7fff) === 0x7fff) {
    setInfinity(c, 0);
    return;
  }
  if (isDenormal(signExponent, high, low)) w[FLAGS] |= DE;
  setUnrounded(c, signExponent, high, low);
  fromInteger32(c, w[EXPONENT] - BIAS);
}
