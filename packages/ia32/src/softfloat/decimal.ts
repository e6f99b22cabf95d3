/**
 * Packed decimals: FBLD, FBSTP.
 *
 * Here: conversions from and to 18 decimal digits and a sign in ten bytes, as three words like an 80-bit
 * number: sign byte and digits 17, 16; digits 15..8; digits 7..0. SDM Vol. 1, 4.7; Vol. 2, FBLD, FBSTP.
 * @module
 */
import { FLAGS, type FloatContext, HIGH, IE, LOW, ROUNDING, SIGN_EXPONENT } from "./context.ts";
import { fromInteger64, integralMagnitude } from "./integer.ts";
import { setResult, setZero } from "./special.ts";
import { less64 } from "./wide.ts";

const TWO32 = 0x1_0000_0000;
/** 10^18 = 0DE0B6B3_A7640000. */
const LIMIT_HIGH = 0x0de0b6b3;
const LIMIT_LOW = 0xa7640000 | 0;
const BIAS = 16383;

/** The 80-bit number of a packed decimal; exact. Digits above 9 count what they say, as in the hardware. */
export function fromPackedDecimal(c: FloatContext, top: number, high: number, low: number): void {
  let valueHigh = 0;
  let valueLow = 0;
  for (let digit = 17; digit >= 0; digit--) {
    const word = digit >= 16 ? top : digit >= 8 ? high : low;
    const product = (valueLow >>> 0) * 10 + ((word >>> ((digit & 7) * 4)) & 15);
    valueLow = product | 0;
    valueHigh = (valueHigh * 10 + Math.floor(product / TWO32)) | 0;
  }
  if ((valueHigh | valueLow) === 0) setZero(c, top & 0x8000);
  else {
    fromInteger64(c, valueHigh, valueLow);
    c.w[SIGN_EXPONENT] |= top & 0x8000;
  }
}

/**
 * Converts to a packed decimal in SIGN_EXPONENT, HIGH, LOW, rounded by the mode.
 * More than 18 digits, infinities and NaNs raise IE and give the packed decimal indefinite.
 */
export function toPackedDecimal(c: FloatContext, signExponent: number, high: number, low: number): void {
  const w = c.w;
  const exponent = signExponent & 0x7fff;
  if (exponent < BIAS + 63 && (high < 0 || exponent === 0)) {
    const happened = integralMagnitude(c, signExponent, high, low, w[ROUNDING]);
    if (less64(w[HIGH], w[LOW], LIMIT_HIGH, LIMIT_LOW)) {
      w[FLAGS] |= happened;
      const sign = signExponent & 0x8000;
      const last = eightDigits(w);
      const middle = eightDigits(w);
      setResult(c, sign | eightDigits(w), middle, last);
      return;
    }
  }
  w[FLAGS] |= IE;
  setResult(c, 0xffff, 0xc0000000 | 0, 0);
}

/** Divides HIGH, LOW by 10^8; returns the remainder as eight packed digits. */
function eightDigits(w: Int32Array): number {
  const high = w[HIGH] >>> 0;
  const quotientHigh = Math.floor(high / 1e8);
  const upper = (high % 1e8) * 0x10000 + (w[LOW] >>> 16);
  const lower = (upper % 1e8) * 0x10000 + (w[LOW] & 0xffff);
  let digits = lower % 1e8;
  w[HIGH] = quotientHigh;
  w[LOW] = Math.floor(upper / 1e8) * 0x10000 + Math.floor(lower / 1e8);
  let packed = 0;
  for (let shift = 0; shift < 32; shift += 4) {
    packed |= (digits % 10) << shift;
    digits = Math.floor(digits / 10);
  }
  return packed;
}
