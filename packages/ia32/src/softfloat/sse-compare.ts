/**
 * SSE comparisons: COMISx, UCOMISx, CMPxx, MINxx, MAXxx.
 *
 * Here: relations as EFLAGS bits (compare.ts names them) and the smaller or larger of two elements.
 * MIN and MAX give the second operand for equal zeros and for NaNs, and any NaN raises IE.
 * SDM Vol. 2, COMISD, CMPPS, MINPS, MAXPS.
 * @module
 */
import { EQUAL, GREATER, LESS, UNORDERED } from "./compare.ts";
import { DAZ, FLAGS, type FloatContext, HIGH, IE, LOW } from "./context.ts";
import {
  A,
  A32,
  B,
  B32,
  isNaN32,
  isNaN64,
  isSignalling32,
  isSignalling64,
  operands32,
  operands64,
} from "./sse-operand.ts";

const SIGN = -0x80000000;

function relation(a: number, b: number): number {
  return a > b ? GREATER : a < b ? LESS : EQUAL;
}

/**
 * Compares two binary64 numbers. A NaN raises IE if it is signalling or `quiet` is false.
 * @returns GREATER, LESS, EQUAL or UNORDERED
 */
export function compare64(
  c: FloatContext,
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
  quiet: boolean,
): number {
  if (isNaN64(aHigh, aLow) || isNaN64(bHigh, bLow)) {
    if (!quiet || isSignalling64(aHigh, aLow) || isSignalling64(bHigh, bLow)) c.w[FLAGS] |= IE;
    return UNORDERED;
  }
  operands64(c, aHigh, aLow, bHigh, bLow);
  return relation(c.f64[A], c.f64[B]);
}

/** Compares two binary32 numbers; see compare64. */
export function compare32(c: FloatContext, a: number, b: number, quiet: boolean): number {
  if (isNaN32(a) || isNaN32(b)) {
    if (!quiet || isSignalling32(a) || isSignalling32(b)) c.w[FLAGS] |= IE;
    return UNORDERED;
  }
  operands32(c, a, b);
  return relation(c.f32[A32], c.f32[B32]);
}

/** The operand whose relation to the other is `wanted`, LESS for MIN and GREATER for MAX; the second if neither. */
function choose64(c: FloatContext, aHigh: number, aLow: number, bHigh: number, bLow: number, wanted: number): void {
  const w = c.w;
  const result = compare64(c, aHigh, aLow, bHigh, bLow, false);
  if (result === UNORDERED) {
    const flush = w[DAZ] !== 0 && (bHigh & 0x7ff00000) === 0;
    w[HIGH] = flush ? bHigh & SIGN : bHigh;
    w[LOW] = flush ? 0 : bLow;
  } else {
    // the placed operands: with DAZ a denormal has become a zero
    const from = result === wanted ? A32 : B32;
    w[HIGH] = w[from + 1];
    w[LOW] = w[from];
  }
}

export function minimum64(c: FloatContext, aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  choose64(c, aHigh, aLow, bHigh, bLow, LESS);
}

export function maximum64(c: FloatContext, aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  choose64(c, aHigh, aLow, bHigh, bLow, GREATER);
}

function choose32(c: FloatContext, a: number, b: number, wanted: number): number {
  const result = compare32(c, a, b, false);
  if (result !== UNORDERED) return c.w[result === wanted ? A32 : B32];
  return c.w[DAZ] !== 0 && (b & 0x7f800000) === 0 ? b & SIGN : b;
}

export function minimum32(c: FloatContext, a: number, b: number): number {
  return choose32(c, a, b, LESS);
}

export function maximum32(c: FloatContext, a: number, b: number): number {
  return choose32(c, a, b, GREATER);
}
