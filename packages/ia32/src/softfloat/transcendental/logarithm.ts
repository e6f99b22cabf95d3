/**
 * Logarithms: FYL2X and FYL2XP1.
 *
 * Here: y * log2(x) and y * log2(x + 1), within one unit of the last place of the product. With x = m * 2^e and m
 * between sqrt(1/2) and sqrt(2), log2(x) = e + 2 * log2(e) * atanh((m - 1) / (m + 1)); near 1 the
 * difference is exact and nothing cancels. SDM Vol. 2, FYL2X (table 3-47), FYL2XP1.
 * @module
 */
import { EXPONENT, FLAGS, type FloatContext, HIGH, LOW, PAIRS, PE, ZE } from "../context.ts";
import {
  answersForNaNs,
  noteDenormals,
  setInfinity,
  setInvalid,
  setResult,
  setUnrounded,
  setZero,
} from "../special.ts";
import { addParts, divide, multiply, multiplyParts, scale } from "./double-double.ts";
import { powerOfTwo, roundPair, setSignificand } from "./operand.ts";
import { ATANH, LOG2E_HIGH, LOG2E_LOW, sum } from "./series.ts";

const BIAS = 16383;
const INTEGER_BIT = -0x80000000;
const X: number = PAIRS;
const ABOVE: number = PAIRS + 2;
const BELOW: number = PAIRS + 4;
const S: number = PAIRS + 6;
const SQUARE: number = PAIRS + 8;
const RESULT: number = PAIRS + 10;
const Y: number = PAIRS + 12;

/** RESULT = 2 * log2(e) * atanh(S) / S. */
function logarithmSeries(f: Float64Array): void {
  multiply(f, SQUARE, S, S);
  sum(f, RESULT, SQUARE, ATANH);
  multiplyParts(f, RESULT, RESULT, 2 * LOG2E_HIGH, 2 * LOG2E_LOW);
}

/** RESULT = power + log2(X), for X in [1, 2). */
function logarithm(f: Float64Array, power: number): void {
  if (f[X] > Math.SQRT2) {
    scale(f, X, X, 0.5);
    power++;
  }
  addParts(f, ABOVE, X, -1, 0);
  addParts(f, BELOW, X, 1, 0);
  divide(f, S, ABOVE, BELOW);
  logarithmSeries(f);
  multiply(f, RESULT, RESULT, S);
  addParts(f, RESULT, RESULT, power, 0);
}

/** Rounds Y * RESULT * 2^power; y is finite and not zero. */
function roundProduct(
  c: FloatContext,
  power: number,
  ySignExponent: number,
  yHigh: number,
  yLow: number,
  nudge: number,
): void {
  const w = c.w;
  setUnrounded(c, ySignExponent, yHigh, yLow);
  setSignificand(c, Y, w[HIGH], w[LOW]);
  multiply(c.f64, RESULT, RESULT, Y);
  // Also for the powers of two whose logarithm is exact, as the recorded processor says.
  w[FLAGS] |= PE;
  roundPair(c, RESULT, power + w[EXPONENT] - BIAS, (ySignExponent >> 15) & 1, nudge);
}

/** y * log2(x): x = ST(0), y = ST(1). */
export function logarithm80(
  c: FloatContext,
  xSignExponent: number,
  xHigh: number,
  xLow: number,
  ySignExponent: number,
  yHigh: number,
  yLow: number,
): void {
  const w = c.w;
  if (answersForNaNs(c, xSignExponent, xHigh, xLow, ySignExponent, yHigh, yLow)) return;
  const xZero = (xHigh | xLow) === 0;
  const yZero = (yHigh | yLow) === 0;
  const xInfinite = (xSignExponent & 0x7fff) === 0x7fff;
  const yInfinite = (ySignExponent & 0x7fff) === 0x7fff;
  const one = xSignExponent === BIAS && xHigh === INTEGER_BIT && xLow === 0;
  if ((!xZero && (xSignExponent & 0x8000) !== 0) || (yZero && (xZero || xInfinite)) || (yInfinite && one)) {
    setInvalid(c);
    return;
  }
  if (xZero) {
    if (!yInfinite) w[FLAGS] |= ZE;
    setInfinity(c, ~ySignExponent);
    return;
  }
  noteDenormals(c, xSignExponent, xHigh, xLow, ySignExponent, yHigh, yLow);
  const sign = ySignExponent ^ (xSignExponent < BIAS ? 0x8000 : 0);
  if (xInfinite || yInfinite) setInfinity(c, sign);
  else if (yZero || one) setZero(c, sign);
  else {
    setUnrounded(c, xSignExponent, xHigh, xLow);
    const exact = w[HIGH] === INTEGER_BIT && w[LOW] === 0;
    setSignificand(c, X, w[HIGH], w[LOW]);
    logarithm(c.f64, w[EXPONENT] - BIAS);
    roundProduct(c, 0, ySignExponent, yHigh, yLow, exact ? 0 : 1);
  }
}

/**
 * y * log2(x + 1): x = ST(0), y = ST(1). The manual asks for |x| < 1 - sqrt(1/2) and leaves others
 * undefined: they are computed as far as the logarithm exists, and x at or below -1 comes back as it is.
 */
export function logarithmPlusOne80(
  c: FloatContext,
  xSignExponent: number,
  xHigh: number,
  xLow: number,
  ySignExponent: number,
  yHigh: number,
  yLow: number,
): void {
  const w = c.w;
  if (answersForNaNs(c, xSignExponent, xHigh, xLow, ySignExponent, yHigh, yLow)) return;
  const xZero = (xHigh | xLow) === 0;
  const yZero = (yHigh | yLow) === 0;
  const xInfinite = (xSignExponent & 0x7fff) === 0x7fff;
  const yInfinite = (ySignExponent & 0x7fff) === 0x7fff;
  const sign = xSignExponent ^ ySignExponent;
  if ((xZero && yInfinite) || (xInfinite && ((xSignExponent & 0x8000) !== 0 || yZero))) {
    setInvalid(c);
    return;
  }
  noteDenormals(c, xSignExponent, xHigh, xLow, ySignExponent, yHigh, yLow);
  if (xInfinite || yInfinite) setInfinity(c, sign);
  else if (xZero || yZero) setZero(c, sign);
  else if (xSignExponent >= (0x8000 | BIAS)) {
    w[FLAGS] |= PE;
    setResult(c, xSignExponent, xHigh, xLow);
  } else {
    setUnrounded(c, xSignExponent, xHigh, xLow);
    logarithmPlusOne(c, xSignExponent, ySignExponent, yHigh, yLow);
  }
}

/** The finite case; x is the unrounded number. */
function logarithmPlusOne(
  c: FloatContext,
  xSignExponent: number,
  ySignExponent: number,
  yHigh: number,
  yLow: number,
): void {
  const w = c.w;
  const f = c.f64;
  const power = w[EXPONENT] - BIAS;
  const signed = (xSignExponent & 0x8000) !== 0 ? -1 : 1;
  setSignificand(c, X, w[HIGH], w[LOW]);
  if (power < -1) {
    // log2(1 + x) / x = log2(e) * 2 * atanh(s) / s / (2 + x), s = x / (2 + x)
    scale(f, ABOVE, X, powerOfTwo(c, power) * signed);
    addParts(f, BELOW, ABOVE, 2, 0);
    divide(f, S, ABOVE, BELOW);
    logarithmSeries(f);
    divide(f, S, RESULT, BELOW);
    multiplyParts(f, X, X, signed, 0);
    multiply(f, RESULT, S, X);
    roundProduct(c, power, ySignExponent, yHigh, yLow, 1);
    return;
  }
  // beyond 2^200 adding 1 is below the precision of the pair
  let exponent = power;
  if (power < 200) {
    scale(f, X, X, powerOfTwo(c, power) * signed);
    addParts(f, X, X, 1, 0);
    exponent = 0;
    while (f[X] >= 2) {
      scale(f, X, X, 0.5);
      exponent++;
    }
    while (f[X] < 1) {
      scale(f, X, X, 2);
      exponent--;
    }
  }
  const exact = f[X] === 1 && f[X + 1] === 0;
  logarithm(f, exponent);
  roundProduct(c, 0, ySignExponent, yHigh, yLow, exact ? 0 : 1);
}
