/**
 * Binary64 arithmetic for SSE2: ADDSD, SUBSD, MULSD, DIVSD, SQRTSD and their packed forms.
 *
 * Here: one element at a time. To nearest, with a result well inside the format, the host's arithmetic is the
 * IEEE result and an exact residual (Dekker; Knuth's two-sum) tells whether it is inexact, which is not
 * asked when PE is set already. Everything else goes through the unrounded kernels of the 80-bit operations.
 * Operands are two words, high first; results are HIGH and LOW. SDM Vol. 1, 11.4.1, 11.5.2.
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
  RESULT64,
  ROUNDING,
  ZE,
} from "./context.ts";
import { unpack64 } from "./convert-real.ts";
import { divideUnrounded } from "./divide.ts";
import { multiplyUnrounded } from "./multiply.ts";
import { round64 } from "./round-narrow.ts";
import { squareRootUnrounded } from "./square-root.ts";
import { A, A32, B, B32, isNaN64, isNormal64, operand64, operands64, setInvalid64 } from "./sse-operand.ts";

/** Exponent fields from which products and their residuals neither overflow nor lose bits. */
const SAFE_LOW = 0x04000000;
const SAFE_SPAN = 0x78000000;
const SPLITTER = 134217729; // 2^27 + 1

function isSafe(high: number): boolean {
  return ((high & 0x7ff00000) - SAFE_LOW) >>> 0 < SAFE_SPAN;
}

/** x * y - product exactly, product being their rounded product (Dekker). */
export function productError(x: number, y: number, product: number): number {
  const xc = SPLITTER * x;
  const xh = xc - (xc - x);
  const xl = x - xh;
  const yc = SPLITTER * y;
  const yh = yc - (yc - y);
  const yl = y - yh;
  return xl * yl - (product - xh * yh - xl * yh - xh * yl);
}

function addChecked(c: FloatContext, b: number): void {
  const w = c.w;
  const a = c.f64[A];
  const sum = a + b;
  c.f64[RESULT64] = sum;
  if (isNormal64(w[HIGH]) && w[ROUNDING] === NEAREST) {
    if ((w[FLAGS] & PE) !== 0) return;
    const part = sum - a;
    if (a - (sum - part) + (b - part) !== 0) w[FLAGS] |= PE;
    return;
  }
  if (Number.isNaN(sum)) setInvalid64(c);
  else if (sum === 0) {
    // x - x and the sum of unlike zeros: the host's +0 is right in every other mode
    if (w[ROUNDING] === DOWN && (a !== 0 || !Object.is(a, b))) w[HIGH] = -0x80000000;
  } else if (Number.isFinite(a) && Number.isFinite(b)) {
    if (a === 0 || b === 0) {
      unpack64(c, w[HIGH], w[LOW]);
      round64(c);
      return;
    }
    c.f64[B] = b;
    unpack64(c, w[A32 + 1], w[A32]);
    const exponent = w[EXPONENT];
    const high = w[HIGH];
    const low = w[LOW];
    const negative = w[NEGATIVE];
    unpack64(c, w[B32 + 1], w[B32]);
    if (addUnrounded(c, negative, exponent, high, low, w[NEGATIVE], w[EXPONENT], w[HIGH], w[LOW])) round64(c);
  }
}

/** a + b. */
export function add64(c: FloatContext, aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  if (operands64(c, aHigh, aLow, bHigh, bLow)) addChecked(c, c.f64[B]);
}

/** a - b. */
export function subtract64(c: FloatContext, aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  if (operands64(c, aHigh, aLow, bHigh, bLow)) addChecked(c, -c.f64[B]);
}

/** a * b. */
export function multiply64(c: FloatContext, aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  if (!operands64(c, aHigh, aLow, bHigh, bLow)) return;
  const w = c.w;
  const a = c.f64[A];
  const b = c.f64[B];
  const product = a * b;
  c.f64[RESULT64] = product;
  if (isSafe(w[HIGH]) && isSafe(aHigh) && isSafe(bHigh) && w[ROUNDING] === NEAREST) {
    if ((w[FLAGS] & PE) === 0 && productError(a, b, product) !== 0) w[FLAGS] |= PE;
    return;
  }
  if (Number.isNaN(product)) setInvalid64(c);
  else if (a !== 0 && b !== 0 && Number.isFinite(a) && Number.isFinite(b)) {
    unpack64(c, w[A32 + 1], w[A32]);
    const exponent = w[EXPONENT];
    const high = w[HIGH];
    const low = w[LOW];
    const negative = w[NEGATIVE];
    unpack64(c, w[B32 + 1], w[B32]);
    multiplyUnrounded(c, negative ^ w[NEGATIVE], exponent, high, low, w[EXPONENT], w[HIGH], w[LOW]);
    round64(c);
  }
}

/** a / b. */
export function divide64(c: FloatContext, aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const w = c.w;
  const before = w[FLAGS];
  if (!operands64(c, aHigh, aLow, bHigh, bLow)) return;
  const a = c.f64[A];
  const b = c.f64[B];
  const quotient = a / b;
  c.f64[RESULT64] = quotient;
  if (isSafe(w[HIGH]) && isSafe(aHigh) && isSafe(bHigh) && w[ROUNDING] === NEAREST) {
    if ((w[FLAGS] & PE) !== 0) return;
    const back = quotient * b;
    if (back !== a || productError(quotient, b, back) !== 0) w[FLAGS] |= PE;
    return;
  }
  if (Number.isNaN(quotient)) setInvalid64(c);
  else if (b === 0) {
    w[FLAGS] = before | (Number.isFinite(a) ? ZE : 0); // division by zero comes before a denormal dividend
  } else if (a !== 0 && Number.isFinite(a) && Number.isFinite(b)) {
    unpack64(c, w[A32 + 1], w[A32]);
    const exponent = w[EXPONENT];
    const high = w[HIGH];
    const low = w[LOW];
    const negative = w[NEGATIVE];
    unpack64(c, w[B32 + 1], w[B32]);
    divideUnrounded(c, negative ^ w[NEGATIVE], exponent, high, low, w[EXPONENT], w[HIGH], w[LOW]);
    round64(c);
  }
}

/** Less than zero, and a number. */
function isNegative64(high: number, low: number): boolean {
  return high < 0 && ((high << 1) | low) !== 0 && !isNaN64(high, low);
}

/** The square root of a. */
export function squareRoot64(c: FloatContext, high: number, low: number): void {
  const w = c.w;
  if (isNegative64(high, low) && (w[DAZ] === 0 || (high & 0x7ff00000) !== 0)) {
    setInvalid64(c); // a negative denormal is invalid before it is denormal
    return;
  }
  if (!operand64(c, high, low)) return;
  const a = c.f64[A];
  const root = Math.sqrt(a);
  c.f64[RESULT64] = root;
  if (isSafe(high) && a > 0 && w[ROUNDING] === NEAREST) {
    if ((w[FLAGS] & PE) !== 0) return;
    const back = root * root;
    if (back !== a || productError(root, root, back) !== 0) w[FLAGS] |= PE;
    return;
  }
  if (a > 0 && Number.isFinite(a)) {
    unpack64(c, w[A32 + 1], w[A32]);
    squareRootUnrounded(c, w[EXPONENT], w[HIGH], w[LOW]);
    round64(c);
  }
}
