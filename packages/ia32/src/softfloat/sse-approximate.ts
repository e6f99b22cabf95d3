/**
 * Approximations: RCPSS, RSQRTSS and their packed forms.
 *
 * Here: 1 / x and 1 / sqrt(x) rounded to a significand of 13 bits, which errs by 2^-13 where the manual allows
 * 1.5 * 2^-12. Nothing is raised and MXCSR is not asked: denormal operands are zeros, tiny results are
 * zeros, rounding is to nearest, ties up. SDM Vol. 2, RCPPS, RSQRTPS.
 * @module
 */
import type { FloatContext } from "./context.ts";
import { A32, isNaN32 } from "./sse-operand.ts";

const SIGN = -0x80000000;
const QUIET = 0x400000;
const DEFAULT_NAN = -0x400000;
const EXPONENT_FIELD = 0x7f800000;

/** The binary32 of 12 fraction bits nearest to `value`; zero of its sign if it is tiny. */
function approximation(c: FloatContext, value: number): number {
  c.f32[A32] = value;
  const bits = c.w[A32];
  const field = bits & EXPONENT_FIELD;
  if (field === 0) return bits & SIGN;
  return field === EXPONENT_FIELD ? bits : (bits + 0x400) & ~0x7ff;
}

/** About 1 / a. */
export function reciprocal32(c: FloatContext, a: number): number {
  if (isNaN32(a)) return a | QUIET;
  c.w[A32] = (a & EXPONENT_FIELD) === 0 ? a & SIGN : a;
  return approximation(c, 1 / c.f32[A32]);
}

/** About 1 / sqrt(a); the default NaN for negative numbers. */
export function reciprocalSquareRoot32(c: FloatContext, a: number): number {
  if (isNaN32(a)) return a | QUIET;
  if ((a & EXPONENT_FIELD) === 0) return (a & SIGN) | EXPONENT_FIELD;
  if (a < 0) return DEFAULT_NAN;
  c.w[A32] = a;
  return approximation(c, 1 / Math.sqrt(c.f32[A32]));
}
