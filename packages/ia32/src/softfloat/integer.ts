/**
 * Integers: FRNDINT, FILD, FIST, FISTP, FISTTP.
 *
 * Here: rounding to an integral value and conversions from and to two's complement integers of 16, 32 and
 * 64 bits. Not here: packed decimals (decimal.ts). Out of range is invalid and gives the integer indefinite,
 * the most negative number. SDM Vol. 1, 4.8.4.2, 8.2.1; Vol. 2, FRNDINT, FIST.
 * @module
 */
import {
  C1,
  DE,
  EXPONENT,
  EXTRA,
  FLAGS,
  type FloatContext,
  HIGH,
  IE,
  LOW,
  PE,
  ROUNDING,
  SIGN_EXPONENT,
} from "./context.ts";
import { roundsUp } from "./round.ts";
import { answersForNaN, isDenormal, setResult, setUnrounded, setZero } from "./special.ts";
import { normalize, shiftRightJam } from "./wide.ts";

const BIAS = 16383;
const MOST_NEGATIVE = -0x80000000;

/** HIGH, LOW become the magnitude of the integral value of a number below 2^64; returns PE and C1 as they come. */
export function integralMagnitude(
  c: FloatContext,
  signExponent: number,
  high: number,
  low: number,
  mode: number,
): number {
  const w = c.w;
  w[HIGH] = high;
  w[LOW] = low;
  w[EXTRA] = 0;
  shiftRightJam(w, BIAS + 63 - (signExponent & 0x7fff || 1));
  const rest = w[EXTRA];
  if (rest === 0) return 0;
  if (!roundsUp(mode, signExponent & 0x8000, w[LOW] & 1, rest)) return PE;
  if (++w[LOW] === 0) w[HIGH]++; // 63 bits at most, since there was a fraction: no carry out
  return PE | C1;
}

/** Rounds to an integral value in the 80-bit format. */
export function roundToInteger80(c: FloatContext, signExponent: number, high: number, low: number): void {
  const w = c.w;
  if (answersForNaN(c, signExponent, high, low)) return;
  if ((signExponent & 0x7fff) >= BIAS + 63 || (high | low) === 0) {
    setResult(c, signExponent, high, low);
    return;
  }
  if (isDenormal(signExponent, high, low)) w[FLAGS] |= DE;
  w[FLAGS] |= integralMagnitude(c, signExponent, high, low, w[ROUNDING]);
  w[EXTRA] = 0;
  if ((w[HIGH] | w[LOW]) === 0) {
    setZero(c, signExponent);
    return;
  }
  w[EXPONENT] = BIAS + 63;
  normalize(w);
  w[SIGN_EXPONENT] = (signExponent & 0x8000) | w[EXPONENT];
}

/**
 * Converts to a 64-bit integer in HIGH, LOW, rounding by `mode`.
 * @returns false if it does not fit: IE is raised and the result is the indefinite
 */
export function toInteger64(c: FloatContext, signExponent: number, high: number, low: number, mode: number): boolean {
  const w = c.w;
  const exponent = signExponent & 0x7fff;
  if (exponent < BIAS + 64 && (high < 0 || exponent === 0)) {
    const happened = integralMagnitude(c, signExponent, high, low, mode);
    const negative = (signExponent & 0x8000) !== 0;
    if (w[HIGH] >= 0 || (negative && w[HIGH] === MOST_NEGATIVE && w[LOW] === 0)) {
      w[FLAGS] |= happened;
      if (negative) {
        w[LOW] = -w[LOW];
        w[HIGH] = -w[HIGH] - (w[LOW] === 0 ? 0 : 1);
      }
      return true;
    }
  }
  w[FLAGS] |= IE;
  w[HIGH] = MOST_NEGATIVE;
  w[LOW] = 0;
  return false;
}

/** Converts to a signed integer of `bits` = 16 or 32, rounding by `mode`; the indefinite if it does not fit. */
export function toInteger(
  c: FloatContext,
  signExponent: number,
  high: number,
  low: number,
  bits: number,
  mode: number,
): number {
  const w = c.w;
  const before = w[FLAGS];
  if (toInteger64(c, signExponent, high, low, mode)) {
    const value = w[LOW];
    if (w[HIGH] === value >> 31 && (value << (32 - bits)) >> (32 - bits) === value) return value;
    w[FLAGS] = before | IE;
  }
  return MOST_NEGATIVE >> (32 - bits);
}

/** The 80-bit number of a 64-bit integer; exact. */
export function fromInteger64(c: FloatContext, high: number, low: number): void {
  if ((high | low) === 0) {
    setZero(c, 0);
    return;
  }
  const sign = high < 0 ? 0x8000 : 0;
  if (sign !== 0) {
    low = -low | 0;
    high = (-high - (low === 0 ? 0 : 1)) | 0;
  }
  setUnrounded(c, BIAS + 63, high, low);
  c.w[SIGN_EXPONENT] = sign | c.w[EXPONENT];
}

/** The 80-bit number of a 32-bit integer; exact. */
export function fromInteger32(c: FloatContext, value: number): void {
  fromInteger64(c, value >> 31, value);
}
