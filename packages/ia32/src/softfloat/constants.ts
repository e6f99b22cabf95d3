/**
 * Constants: FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ.
 *
 * Here: their first 96 bits, rounded to 64 by the rounding control. No exception arises, not even PE, and C1 is
 * clear. SDM Vol. 1, 8.3.4; Vol. 2, FLD1 ….
 * @module
 */
import { EXTRA, type FloatContext, HIGH, LOW, NEGATIVE, SIGN_EXPONENT } from "./context.ts";
import { roundSignificand } from "./round.ts";

/** Exponent field and the leading 96 bits of a significand. */
export interface Constant {
  readonly exponent: number;
  readonly high: number;
  readonly low: number;
  readonly extra: number;
}

export const ZERO: Constant = { exponent: 0, high: 0, low: 0, extra: 0 };
export const ONE: Constant = { exponent: 0x3fff, high: 0x80000000, low: 0, extra: 0 };
/** log2(10). */
export const L2T: Constant = { exponent: 0x4000, high: 0xd49a784b, low: 0xcd1b8afe, extra: 0x492bf6ff };
/** log2(e). */
export const L2E: Constant = { exponent: 0x3fff, high: 0xb8aa3b29, low: 0x5c17f0bb, extra: 0xbe87fed0 };
export const PI: Constant = { exponent: 0x4000, high: 0xc90fdaa2, low: 0x2168c234, extra: 0xc4c6628b };
/** log10(2). */
export const LG2: Constant = { exponent: 0x3ffd, high: 0x9a209a84, low: 0xfbcff798, extra: 0x8f8959ac };
/** ln(2). */
export const LN2: Constant = { exponent: 0x3ffe, high: 0xb17217f7, low: 0xd1cf79ab, extra: 0xc9e3b398 };

/** Writes a constant as an 80-bit number. */
export function loadConstant(c: FloatContext, constant: Constant): void {
  const w = c.w;
  w[NEGATIVE] = 0;
  w[HIGH] = constant.high;
  w[LOW] = constant.low;
  w[EXTRA] = constant.extra;
  w[SIGN_EXPONENT] = constant.exponent;
  roundSignificand(w, 64); // none of them is so near a power of two that it could carry
}
