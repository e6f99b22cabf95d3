/**
 * Sine, cosine and tangent: FSIN, FCOS, FSINCOS, FPTAN.
 *
 * Here: each function for one operand; FSINCOS is both, FPTAN pushes 1.0 after the tangent. An operand of
 * 2^63 or more is left alone and C2 set. Results are within one unit of the last place of the function with the
 * period of the 66-bit pi (reduce.ts). SDM Vol. 1, 8.3.7-8.3.10; Vol. 2, FSIN, FCOS, FPTAN.
 * @module
 */
import { C2, DE, EXPONENT, FLAGS, type FloatContext, HIGH, LOW, NEGATIVE, PAIRS } from "../context.ts";
import { answersForNaN, isDenormal, setInvalid, setResult, setUnrounded, setZero } from "../special.ts";
import { divide, multiply, negate } from "./double-double.ts";
import { roundPair, setSignificand } from "./operand.ts";
import { reduceAngle } from "./reduce.ts";
import { COSINE, SINE, sum } from "./series.ts";

const BIAS = 16383;
/** Below this power the functions differ from x, or from 1, by less than any rounding can see. */
const TINY = -60;
const ANGLE: number = PAIRS;
const SQUARE: number = PAIRS + 2;
const SIN: number = PAIRS + 4;
const COS: number = PAIRS + 6;
const RESULT: number = PAIRS + 8;

/** An operand that is computed with; else the answer, or the refusal, is given already. */
const COMPUTE = 0;
const ANSWERED = 1;
const REFUSED = 2;

/** Sorts the operand; COMPUTE leaves it in the unrounded number. Zero is left to the caller. */
function accept(c: FloatContext, signExponent: number, high: number, low: number): number {
  if (answersForNaN(c, signExponent, high, low)) return ANSWERED;
  const exponent = signExponent & 0x7fff;
  if (exponent === 0x7fff) {
    setInvalid(c);
    return ANSWERED;
  }
  if (exponent >= BIAS + 63) {
    c.w[FLAGS] |= C2;
    setResult(c, signExponent, high, low);
    return REFUSED;
  }
  if (isDenormal(signExponent, high, low)) c.w[FLAGS] |= DE;
  setUnrounded(c, signExponent, high, low);
  return COMPUTE;
}

/** Computes sine and cosine of the unrounded number's magnitude, up to the quadrant, which is returned. */
function sineAndCosine(c: FloatContext): number {
  const w = c.w;
  const f = c.f64;
  const quadrant = reduceAngle(c, ANGLE, w[EXPONENT] - BIAS, w[HIGH], w[LOW]);
  multiply(f, SQUARE, ANGLE, ANGLE);
  sum(f, SIN, SQUARE, SINE);
  multiply(f, SIN, SIN, ANGLE);
  sum(f, COS, SQUARE, COSINE);
  return quadrant;
}

/** A tiny operand's sine or tangent: the operand, and a trifle less (`nudge` -1) or more (+1). */
function roundOperand(c: FloatContext, nudge: number): void {
  const w = c.w;
  setSignificand(c, RESULT, w[HIGH], w[LOW]);
  roundPair(c, RESULT, w[EXPONENT] - BIAS, w[NEGATIVE], nudge);
}

/** The sine. @returns false if the operand is out of range, with C2 set and the operand as the result */
export function sine80(c: FloatContext, signExponent: number, high: number, low: number): boolean {
  const kind = accept(c, signExponent, high, low);
  if (kind !== COMPUTE) return kind !== REFUSED;
  if ((high | low) === 0) setZero(c, signExponent);
  else if (c.w[EXPONENT] < BIAS + TINY) roundOperand(c, -1);
  else {
    const negative = c.w[NEGATIVE];
    const quadrant = sineAndCosine(c);
    roundPair(c, (quadrant & 1) === 0 ? SIN : COS, 0, negative ^ (quadrant >> 1), 1);
  }
  return true;
}

/** The cosine; answers like sine80. */
export function cosine80(c: FloatContext, signExponent: number, high: number, low: number): boolean {
  const kind = accept(c, signExponent, high, low);
  if (kind !== COMPUTE) return kind !== REFUSED;
  if ((high | low) === 0) setResult(c, BIAS, -0x80000000, 0);
  else if (c.w[EXPONENT] < BIAS + TINY) {
    c.f64[RESULT] = 1;
    c.f64[RESULT + 1] = 0;
    roundPair(c, RESULT, 0, 0, -1);
  } else {
    const quadrant = sineAndCosine(c);
    roundPair(c, (quadrant & 1) === 0 ? COS : SIN, 0, ((quadrant + 1) >> 1) & 1, 1);
  }
  return true;
}

/** The tangent; answers like sine80. */
export function tangent80(c: FloatContext, signExponent: number, high: number, low: number): boolean {
  const kind = accept(c, signExponent, high, low);
  if (kind !== COMPUTE) return kind !== REFUSED;
  if ((high | low) === 0) setZero(c, signExponent);
  else if (c.w[EXPONENT] < BIAS + TINY) roundOperand(c, 1);
  else {
    const f = c.f64;
    const negative = c.w[NEGATIVE];
    if ((sineAndCosine(c) & 1) === 0) divide(f, RESULT, SIN, COS);
    else {
      divide(f, RESULT, COS, SIN);
      negate(f, RESULT);
    }
    roundPair(c, RESULT, 0, negative, 1);
  }
  return true;
}
