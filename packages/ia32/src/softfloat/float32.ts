/**
 * Binary32 arithmetic for SSE: ADDSS, SUBSS, MULSS, DIVSS, SQRTSS and their packed forms.
 *
 * Here: one element at a time. To nearest, the host's binary64 result rounded to binary32 is the IEEE result
 * (53 >= 2 * 24 + 2 bits make the first rounding harmless), and exact products in binary64 tell whether it
 * is inexact. Everything else goes through the unrounded kernels of the 80-bit operations.
 * Operands and results are bit patterns as int32. SDM Vol. 1, 10.4.1.1, 11.5.2.
 * @module
 */
import { addUnrounded } from "./add.ts";
import {
  DAZ,
  DOWN,
  EXPONENT,
  FLAGS,
  type FloatContext,
  HIGH,
  LOW,
  NEAREST,
  NEGATIVE,
  PE,
  ROUNDING,
  ZE,
} from "./context.ts";
import { unpack32 } from "./convert-real.ts";
import { divideUnrounded } from "./divide.ts";
import { multiplyUnrounded } from "./multiply.ts";
import { round32 } from "./round-narrow.ts";
import { squareRootUnrounded } from "./square-root.ts";
import { A32, B32, isNaN32, isNormal32, operand32, operands32, setInvalid32 } from "./sse-operand.ts";

const SIGN = -0x80000000;

/** A normal number that is not the smallest one either, to which a tiny number may have been rounded. */
function isWellNormal32(bits: number): boolean {
  return ((bits & 0x7f800000) - 0x1000000) >>> 0 < 0x7e800000;
}

function addChecked(c: FloatContext, b: number): number {
  const w = c.w;
  const a = c.f32[A32];
  const sum = a + b;
  c.f32[LOW] = sum;
  const bits = w[LOW];
  if (isNormal32(bits) && w[ROUNDING] === NEAREST) {
    if ((w[FLAGS] & PE) !== 0) return bits;
    const part = sum - a;
    if (Math.fround(sum) !== sum || a - (sum - part) + (b - part) !== 0) w[FLAGS] |= PE;
    return bits;
  }
  if (Number.isNaN(sum)) return setInvalid32(c);
  if (sum === 0) {
    // x - x and the sum of unlike zeros: the host's +0 is right in every other mode
    return w[ROUNDING] === DOWN && (a !== 0 || !Object.is(a, b)) ? SIGN : bits;
  }
  if (!Number.isFinite(a) || !Number.isFinite(b)) return bits;
  if (a === 0 || b === 0) {
    unpack32(c, bits);
    return round32(c);
  }
  c.f32[B32] = b;
  unpack32(c, w[A32]);
  const exponent = w[EXPONENT];
  const high = w[HIGH];
  const negative = w[NEGATIVE];
  unpack32(c, w[B32]);
  addUnrounded(c, negative, exponent, high, 0, w[NEGATIVE], w[EXPONENT], w[HIGH], 0);
  return round32(c);
}

/** a + b. */
export function add32(c: FloatContext, a: number, b: number): number {
  return operands32(c, a, b) ? addChecked(c, c.f32[B32]) : c.w[LOW];
}

/** a - b. */
export function subtract32(c: FloatContext, a: number, b: number): number {
  return operands32(c, a, b) ? addChecked(c, -c.f32[B32]) : c.w[LOW];
}

/** a * b. */
export function multiply32(c: FloatContext, aBits: number, bBits: number): number {
  const w = c.w;
  if (!operands32(c, aBits, bBits)) return w[LOW];
  const a = c.f32[A32];
  const b = c.f32[B32];
  const product = a * b; // exact: 48 bits
  c.f32[LOW] = product;
  const bits = w[LOW];
  if (isWellNormal32(bits) && w[ROUNDING] === NEAREST) {
    if (Math.fround(product) !== product) w[FLAGS] |= PE;
    return bits;
  }
  if (Number.isNaN(product)) return setInvalid32(c);
  if (product === 0 || !Number.isFinite(product)) return bits;
  unpack32(c, w[A32]);
  const exponent = w[EXPONENT];
  const high = w[HIGH];
  const negative = w[NEGATIVE];
  unpack32(c, w[B32]);
  multiplyUnrounded(c, negative ^ w[NEGATIVE], exponent, high, 0, w[EXPONENT], w[HIGH], 0);
  return round32(c);
}

/** a / b. */
export function divide32(c: FloatContext, aBits: number, bBits: number): number {
  const w = c.w;
  const before = w[FLAGS];
  if (!operands32(c, aBits, bBits)) return w[LOW];
  const a = c.f32[A32];
  const b = c.f32[B32];
  const quotient = a / b;
  c.f32[LOW] = quotient;
  const bits = w[LOW];
  if (isWellNormal32(bits) && w[ROUNDING] === NEAREST) {
    if (c.f32[LOW] * b !== a) w[FLAGS] |= PE;
    return bits;
  }
  if (Number.isNaN(quotient)) return setInvalid32(c);
  if (b === 0) {
    w[FLAGS] = before | (Number.isFinite(a) ? ZE : 0); // division by zero comes before a denormal dividend
    return bits;
  }
  if (quotient === 0 || !Number.isFinite(quotient)) return bits;
  unpack32(c, w[A32]);
  const exponent = w[EXPONENT];
  const high = w[HIGH];
  const negative = w[NEGATIVE];
  unpack32(c, w[B32]);
  divideUnrounded(c, negative ^ w[NEGATIVE], exponent, high, 0, w[EXPONENT], w[HIGH], 0);
  return round32(c);
}

/** The square root of a. */
export function squareRoot32(c: FloatContext, aBits: number): number {
  const w = c.w;
  const negative = aBits < 0 && aBits << 1 !== 0 && !isNaN32(aBits);
  // a negative denormal is invalid before it is denormal
  if (negative && (w[DAZ] === 0 || (aBits & 0x7f800000) !== 0)) return setInvalid32(c);
  if (!operand32(c, aBits)) return w[LOW];
  const a = c.f32[A32];
  const root = Math.sqrt(a);
  c.f32[LOW] = root;
  const bits = w[LOW];
  if (w[ROUNDING] === NEAREST && a > 0 && Number.isFinite(a)) {
    if (c.f32[LOW] * c.f32[LOW] !== a) w[FLAGS] |= PE;
    return bits;
  }
  if (a === 0 || !Number.isFinite(a)) return bits;
  unpack32(c, w[A32]);
  squareRootUnrounded(c, w[EXPONENT], w[HIGH], 0);
  return round32(c);
}
