/**
 * Comparison of 80-bit numbers: FCOM, FUCOM, FCOMI, FUCOMI, FTST.
 *
 * Here: the relation of two operands and its exceptions. Not here: binary32 and binary64 (float32.ts,
 * float64.ts). A relation is given as EFLAGS bits; shifted left by 8 it is C0, C2, C3 of the status word.
 * SDM Vol. 1, 8.3.6, tables 8-6 and 8-7.
 * @module
 */
import { DE, FLAGS, type FloatContext, IE } from "./context.ts";
import { isNaN80, isNormal, isUnsupported, noteDenormals, QUIET } from "./special.ts";
import { less64 } from "./wide.ts";

/** a > b. */
export const GREATER = 0;
/** a < b: CF. */
export const LESS = 0x01;
/** a = b: ZF. */
export const EQUAL = 0x40;
/** A NaN or an unsupported operand: ZF, PF, CF. */
export const UNORDERED = 0x45;

/**
 * Compares a with b. A NaN raises IE if it is signalling or `quiet` is false; unsupported operands always do.
 * @returns GREATER, LESS, EQUAL or UNORDERED
 */
export function compare80(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
  quiet: boolean,
): number {
  if (!isNormal(aSignExponent, aHigh) || !isNormal(bSignExponent, bHigh)) {
    const unsupported = isUnsupported(aSignExponent, aHigh) || isUnsupported(bSignExponent, bHigh);
    const aNaN = isNaN80(aSignExponent, aHigh, aLow);
    const bNaN = isNaN80(bSignExponent, bHigh, bLow);
    if (unsupported || aNaN || bNaN) {
      const signalling = (aNaN && (aHigh & QUIET) === 0) || (bNaN && (bHigh & QUIET) === 0);
      c.w[FLAGS] &= ~DE;
      if (unsupported || signalling || !quiet) c.w[FLAGS] |= IE;
      return UNORDERED;
    }
    noteDenormals(c, aSignExponent, aHigh, aLow, bSignExponent, bHigh, bLow);
    if ((aHigh | aLow | bHigh | bLow) === 0) return EQUAL;
  }
  const aNegative = (aSignExponent & 0x8000) !== 0;
  if (aNegative !== ((bSignExponent & 0x8000) !== 0)) return aNegative ? LESS : GREATER;
  // a pseudo-denormal equals the normal number of exponent 1 with its significand
  const aExponent = aSignExponent & 0x7fff || 1;
  const bExponent = bSignExponent & 0x7fff || 1;
  if (aExponent === bExponent && aHigh === bHigh && aLow === bLow) return EQUAL;
  const smaller = aExponent < bExponent || (aExponent === bExponent && less64(aHigh, aLow, bHigh, bLow));
  return smaller === aNegative ? GREATER : LESS;
}
