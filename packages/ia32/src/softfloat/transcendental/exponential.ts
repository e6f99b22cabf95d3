/**
 * Exponential: F2XM1.
 *
 * Here: 2^x - 1 for -1 <= x <= 1, within one unit of the last place. The manual leaves larger operands
 * undefined; they come back unchanged and inexact, as processors do. SDM Vol. 2, F2XM1.
 * @module
 */
import { DE, EXPONENT, FLAGS, type FloatContext, HIGH, LOW, NEGATIVE, PAIRS, PE } from "../context.ts";
import { answersForNaN, isDenormal, setResult, setUnrounded } from "../special.ts";
import { multiply, multiplyParts, scale } from "./double-double.ts";
import { powerOfTwo, roundPair, setSignificand } from "./operand.ts";
import { EXPONENTIAL, LN2_HIGH, LN2_LOW, sum } from "./series.ts";

const BIAS = 16383;
const INTEGER_BIT = -0x80000000;
const SIGNIFICAND: number = PAIRS;
const ARGUMENT: number = PAIRS + 2;
const RESULT: number = PAIRS + 4;

/** 2^x - 1. */
export function exponentialMinusOne80(c: FloatContext, signExponent: number, high: number, low: number): void {
  const w = c.w;
  if (answersForNaN(c, signExponent, high, low)) return;
  const exponent = signExponent & 0x7fff;
  const negative = (signExponent & 0x8000) !== 0;
  if ((high | low) === 0) {
    setResult(c, signExponent, high, low);
    return;
  }
  if (exponent >= BIAS) {
    const one = exponent === BIAS && high === INTEGER_BIT && low === 0;
    const infinite = exponent === 0x7fff;
    if (negative && (one || infinite)) {
      setResult(c, infinite ? 0x8000 | BIAS : 0x8000 | (BIAS - 1), INTEGER_BIT, 0);
      return;
    }
    if (!one && !infinite) w[FLAGS] |= PE;
    setResult(c, signExponent, high, low);
    return;
  }
  if (isDenormal(signExponent, high, low)) w[FLAGS] |= DE;
  setUnrounded(c, signExponent, high, low);
  const f = c.f64;
  const power = w[EXPONENT] - BIAS;
  setSignificand(c, SIGNIFICAND, w[HIGH], w[LOW]);
  multiplyParts(f, SIGNIFICAND, SIGNIFICAND, LN2_HIGH, LN2_LOW);
  scale(f, ARGUMENT, SIGNIFICAND, powerOfTwo(c, power) * (negative ? -1 : 1));
  sum(f, RESULT, ARGUMENT, EXPONENTIAL);
  multiply(f, RESULT, RESULT, SIGNIFICAND);
  roundPair(c, RESULT, power, w[NEGATIVE], 1);
}
