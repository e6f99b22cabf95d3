/**
 * Arctangent: FPATAN.
 *
 * Here: the angle of the point (x, y) between -pi and pi, within one unit of the last place. The ratio of the
 * smaller to the larger coordinate is brought within 1/16 of a multiple of 1/8 whose arctangent is known; the
 * octant is put back with the true pi. SDM Vol. 2, FPATAN (table 3-31).
 * @module
 */
import { EXPONENT, EXTRA, type FloatContext, HIGH, LOW, PAIRS } from "../context.ts";
import { divideUnrounded } from "../divide.ts";
import { roundExtended } from "../round.ts";
import { answersForNaNs, noteDenormals, setUnrounded, setZero } from "../special.ts";
import { less64, normalize } from "../wide.ts";
import { add, addParts, divide, multiply, multiplyParts, negate, scale } from "./double-double.ts";
import { powerOfTwo, roundPair, setSignificand } from "./operand.ts";
import { ATAN, PI_HIGH, PI_LOW, sum } from "./series.ts";

const RATIO: number = PAIRS;
const ABOVE: number = PAIRS + 2;
const BELOW: number = PAIRS + 4;
const SQUARE: number = PAIRS + 6;
const RESULT: number = PAIRS + 8;

/** RESULT = atan(RATIO), |RATIO| <= 1/16. */
function smallArctangent(f: Float64Array): void {
  multiply(f, SQUARE, RATIO, RATIO);
  sum(f, RESULT, SQUARE, ATAN);
  multiply(f, RESULT, RESULT, RATIO);
}

/** RATIO = (RATIO - at) / (1 + RATIO * at): the tangent of the difference of two angles. */
function turn(f: Float64Array, at: number): void {
  addParts(f, ABOVE, RATIO, -at, 0);
  multiplyParts(f, BELOW, RATIO, at, 0);
  addParts(f, BELOW, BELOW, 1, 0);
  divide(f, RATIO, ABOVE, BELOW);
}

/** Pairs atan(k / 8), k = 0 … 8, each from the one before. */
const EIGHTHS: Float64Array = eighths();

function eighths(): Float64Array {
  const table = new Float64Array(18);
  const f = new Float64Array(PAIRS + 10);
  for (let k = 1; k <= 8; k++) {
    f[RATIO] = (2 * k - 1) / 16;
    f[RATIO + 1] = 0;
    turn(f, (k - 1) / 8);
    smallArctangent(f);
    const first = [f[RESULT], f[RESULT + 1]];
    f[RATIO] = k / 8;
    f[RATIO + 1] = 0;
    turn(f, (2 * k - 1) / 16);
    smallArctangent(f);
    addParts(f, RESULT, RESULT, first[0], first[1]);
    addParts(f, RESULT, RESULT, table[2 * k - 2], table[2 * k - 1]);
    table[2 * k] = f[RESULT];
    table[2 * k + 1] = f[RESULT + 1];
  }
  return table;
}

/** RESULT = atan(RATIO), 0 <= RATIO <= 1. */
function arctangent(f: Float64Array): void {
  const k = Math.floor(f[RATIO] * 8 + 0.5);
  if (k !== 0) turn(f, k / 8);
  smallArctangent(f);
  if (k !== 0) addParts(f, RESULT, RESULT, EIGHTHS[2 * k], EIGHTHS[2 * k + 1]);
}

/** Rounds `quarters` * pi/4, with the sign of y. */
function roundAngle(c: FloatContext, quarters: number, ySignExponent: number): void {
  c.f64[RESULT] = PI_HIGH;
  c.f64[RESULT + 1] = PI_LOW;
  multiplyParts(c.f64, RESULT, RESULT, quarters / 4, 0);
  roundPair(c, RESULT, 0, (ySignExponent >> 15) & 1, 1);
}

/** The angle of (x, y): x = ST(0), y = ST(1). */
export function arctangent80(
  c: FloatContext,
  xSignExponent: number,
  xHigh: number,
  xLow: number,
  ySignExponent: number,
  yHigh: number,
  yLow: number,
): void {
  if (answersForNaNs(c, xSignExponent, xHigh, xLow, ySignExponent, yHigh, yLow)) return;
  const left = (xSignExponent & 0x8000) !== 0;
  const xInfinite = (xSignExponent & 0x7fff) === 0x7fff;
  const yInfinite = (ySignExponent & 0x7fff) === 0x7fff;
  noteDenormals(c, xSignExponent, xHigh, xLow, ySignExponent, yHigh, yLow);
  if (xInfinite && yInfinite) roundAngle(c, left ? 3 : 1, ySignExponent);
  else if ((yHigh | yLow) === 0 || xInfinite) {
    if (left) roundAngle(c, 4, ySignExponent);
    else setZero(c, ySignExponent);
  } else if ((xHigh | xLow) === 0 || yInfinite) roundAngle(c, 2, ySignExponent);
  else finiteArctangent(c, xSignExponent, xHigh, xLow, ySignExponent, yHigh, yLow);
}

function finiteArctangent(
  c: FloatContext,
  xSignExponent: number,
  xHigh: number,
  xLow: number,
  ySignExponent: number,
  yHigh: number,
  yLow: number,
): void {
  const w = c.w;
  const f = c.f64;
  const left = (xSignExponent & 0x8000) !== 0;
  const yNegative = (ySignExponent >> 15) & 1;
  setUnrounded(c, xSignExponent, xHigh, xLow);
  const xExponent = w[EXPONENT];
  const high = w[HIGH];
  const low = w[LOW];
  setUnrounded(c, ySignExponent, yHigh, yLow);
  const yExponent = w[EXPONENT];
  const flat = yExponent < xExponent || (yExponent === xExponent && !less64(high, low, w[HIGH], w[LOW]));
  const power = flat ? yExponent - xExponent : xExponent - yExponent;
  if (flat && !left && power < -200) {
    // the angle is the ratio and a trifle less
    divideUnrounded(c, yNegative, yExponent, w[HIGH], w[LOW], xExponent, high, low);
    if ((w[EXTRA] & 1) === 0) {
      if (w[EXTRA] === 0) {
        if (w[LOW] === 0) w[HIGH] -= 1;
        w[LOW] -= 1;
      }
      w[EXTRA] -= 1;
      normalize(w);
    }
    roundExtended(c, 64);
    return;
  }
  setSignificand(c, flat ? BELOW : ABOVE, high, low);
  setSignificand(c, flat ? ABOVE : BELOW, w[HIGH], w[LOW]);
  divide(f, RATIO, ABOVE, BELOW);
  scale(f, RATIO, RATIO, powerOfTwo(c, power));
  arctangent(f);
  const quarters = flat ? (left ? 4 : 0) : 2;
  if (flat === left) negate(f, RESULT);
  if (quarters !== 0) {
    f[RATIO] = PI_HIGH;
    f[RATIO + 1] = PI_LOW;
    multiplyParts(f, RATIO, RATIO, quarters / 4, 0);
    add(f, RESULT, RESULT, RATIO);
  }
  roundPair(c, RESULT, 0, yNegative, 1);
}
