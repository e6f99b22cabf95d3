/**
 * Operands that are not plain numbers: NaNs, unsupported encodings, denormals; results without arithmetic.
 *
 * Here: the kinds of 80-bit operands, the x87 rule for NaNs, and the masked response to invalid operations.
 * Not here: the SSE rule for NaNs (sse-operand.ts). An 80-bit number is three words: sign and exponent,
 * significand bits 63..32, bits 31..0. SDM Vol. 1, 4.8.3, 8.2.2, tables 4-3, 4-7, 8-3.
 * @module
 */
import { DE, EXPONENT, EXTRA, FLAGS, type FloatContext, HIGH, IE, LOW, NEGATIVE, SIGN_EXPONENT } from "./context.ts";
import { less64, normalize } from "./wide.ts";

/** Bit 30 of a significand's high word: set in a quiet NaN. */
export const QUIET = 0x40000000;
const INTEGER_BIT = -0x80000000;

/** A normal number: its exponent is neither 0 nor 7FFF and its integer bit is set. */
export function isNormal(signExponent: number, high: number): boolean {
  return high < 0 && (((signExponent & 0x7fff) - 1) & 0xffff) < 0x7ffe;
}

/** A pseudo-NaN, pseudo-infinity or unnormal: an exponent other than 0 without the integer bit. */
export function isUnsupported(signExponent: number, high: number): boolean {
  return high >= 0 && (signExponent & 0x7fff) !== 0;
}

/** A quiet or signalling NaN. */
export function isNaN80(signExponent: number, high: number, low: number): boolean {
  return (signExponent & 0x7fff) === 0x7fff && high < 0 && ((high << 1) | low) !== 0;
}

/** A denormal or pseudo-denormal. */
export function isDenormal(signExponent: number, high: number, low: number): boolean {
  return (signExponent & 0x7fff) === 0 && (high | low) !== 0;
}

/** Writes an 80-bit result that is exact. */
export function setResult(c: FloatContext, signExponent: number, high: number, low: number): void {
  const w = c.w;
  w[SIGN_EXPONENT] = signExponent & 0xffff;
  w[HIGH] = high;
  w[LOW] = low;
}

/** Zero of the sign in bit 15 of `sign`. */
export function setZero(c: FloatContext, sign: number): void {
  setResult(c, sign & 0x8000, 0, 0);
}

/** Infinity of the sign in bit 15 of `sign`. */
export function setInfinity(c: FloatContext, sign: number): void {
  setResult(c, (sign & 0x8000) | 0x7fff, INTEGER_BIT, 0);
}

/** The masked response to an invalid operation: IE and the real indefinite. */
export function setInvalid(c: FloatContext): void {
  c.w[FLAGS] |= IE;
  setResult(c, 0xffff, INTEGER_BIT | QUIET, 0);
}

/** The unrounded number takes this value, normalized; zero stays zero. Exponent 0 means 1, as in the format. */
export function setUnrounded(c: FloatContext, signExponent: number, high: number, low: number): void {
  const w = c.w;
  w[NEGATIVE] = (signExponent >>> 15) & 1;
  w[EXPONENT] = signExponent & 0x7fff || 1;
  w[HIGH] = high;
  w[LOW] = low;
  w[EXTRA] = 0;
  if (high >= 0 && (high | low) !== 0) normalize(w);
}

/**
 * Answers for an operand that is unsupported or a NaN; false if it is neither.
 * A NaN outranks a denormal operand: DE, if a wider conversion raised it, is taken back.
 */
export function answersForNaN(c: FloatContext, signExponent: number, high: number, low: number): boolean {
  if (isUnsupported(signExponent, high)) setInvalid(c);
  else if (isNaN80(signExponent, high, low)) {
    if ((high & QUIET) === 0) c.w[FLAGS] |= IE;
    setResult(c, signExponent, high | QUIET, low);
  } else return false;
  c.w[FLAGS] &= ~DE;
  return true;
}

/**
 * The same for two operands. Of two NaNs a quiet one wins over a signalling one, then the larger significand,
 * then the positive one.
 */
export function answersForNaNs(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
): boolean {
  if (isUnsupported(aSignExponent, aHigh) || isUnsupported(bSignExponent, bHigh)) {
    setInvalid(c);
    c.w[FLAGS] &= ~DE;
    return true;
  }
  const aNaN = isNaN80(aSignExponent, aHigh, aLow);
  const bNaN = isNaN80(bSignExponent, bHigh, bLow);
  if (!bNaN) return aNaN && answersForNaN(c, aSignExponent, aHigh, aLow);
  if (!aNaN) return answersForNaN(c, bSignExponent, bHigh, bLow);
  const aQuiet = aHigh & QUIET;
  const bQuiet = bHigh & QUIET;
  if ((aQuiet & bQuiet) === 0) c.w[FLAGS] |= IE;
  let takeA = aQuiet !== 0;
  if (aQuiet === bQuiet) {
    if (aHigh === bHigh && aLow === bLow) takeA = (aSignExponent & 0x8000) === 0;
    else takeA = less64(bHigh, bLow, aHigh, aLow);
  }
  c.w[FLAGS] &= ~DE;
  if (takeA) setResult(c, aSignExponent, aHigh | QUIET, aLow);
  else setResult(c, bSignExponent, bHigh | QUIET, bLow);
  return true;
}

/** Raises DE if either operand is denormal. */
export function noteDenormals(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
): void {
  if (isDenormal(aSignExponent, aHigh, aLow) || isDenormal(bSignExponent, bHigh, bLow)) c.w[FLAGS] |= DE;
}
