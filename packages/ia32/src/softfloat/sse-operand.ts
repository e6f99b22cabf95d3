/**
 * Operands of SSE arithmetic: NaNs, denormals, and the way to the host's numbers.
 *
 * Here: the SSE rule for NaNs (the first operand wins), DE and denormals-are-zeros. The operations read their
 * checked operands as `f64[A]`, `f64[B]` or `f32[A32]`, `f32[B32]`. Not here: the x87 rule (special.ts).
 * SDM Vol. 1, 4.8.3.5 table 4-7, 10.2.3.4.
 * @module
 */
import { DAZ, DE, FLAGS, type FloatContext, HIGH, IE, LOW, SCRATCH } from "./context.ts";

/** Indices of the checked operands in `f64`. */
export const A: number = SCRATCH / 2;
export const B: number = A + 1;
/** Indices of the checked operands in `f32` and `w`; those of binary64 have their high halves one further. */
export const A32: number = SCRATCH;
export const B32: number = SCRATCH + 2;

const INFINITY64 = 0x7ff00000;
const INFINITY32 = 0x7f800000;
const QUIET64 = 0x80000;
const QUIET32 = 0x400000;

export function isNaN64(high: number, low: number): boolean {
  const magnitude = high & 0x7fffffff;
  return magnitude > INFINITY64 || (magnitude === INFINITY64 && low !== 0);
}

export function isNaN32(bits: number): boolean {
  return (bits & 0x7fffffff) > INFINITY32;
}

/** Whether a word of a binary64 is that of a normal number; `high` may be a result's to see if it is plain. */
export function isNormal64(high: number): boolean {
  return ((high & INFINITY64) - 0x100000) >>> 0 < 0x7fe00000;
}

export function isNormal32(bits: number): boolean {
  return ((bits & INFINITY32) - 0x800000) >>> 0 < 0x7f000000;
}

/** The masked response to an invalid operation: IE and the default NaN. */
export function setInvalid64(c: FloatContext): void {
  c.w[FLAGS] |= IE;
  c.w[HIGH] = -0x80000;
  c.w[LOW] = 0;
}

/** See setInvalid64. */
export function setInvalid32(c: FloatContext): number {
  c.w[FLAGS] |= IE;
  c.w[LOW] = -0x400000;
  return -0x400000;
}

/** Puts a binary64 into operand `index`, A or B; a denormal raises DE, or counts as zero. */
function place64(c: FloatContext, index: number, high: number, low: number): void {
  const w = c.w;
  if ((high & INFINITY64) === 0 && ((high & 0xfffff) | low) !== 0) {
    if (w[DAZ] === 0) w[FLAGS] |= DE;
    else {
      high &= ~0xfffff;
      low = 0;
    }
  }
  w[2 * index] = low;
  w[2 * index + 1] = high;
}

/** Checks and places two binary64 operands; false if a NaN has given the result already. */
export function operands64(c: FloatContext, aHigh: number, aLow: number, bHigh: number, bLow: number): boolean {
  const w = c.w;
  if (isNormal64(aHigh) && isNormal64(bHigh)) {
    w[A32] = aLow;
    w[A32 + 1] = aHigh;
    w[B32] = bLow;
    w[B32 + 1] = bHigh;
    return true;
  }
  const aNaN = isNaN64(aHigh, aLow);
  const bNaN = isNaN64(bHigh, bLow);
  if (!aNaN && !bNaN) {
    place64(c, A, aHigh, aLow);
    place64(c, B, bHigh, bLow);
    return true;
  }
  if ((aNaN && (aHigh & QUIET64) === 0) || (bNaN && (bHigh & QUIET64) === 0)) w[FLAGS] |= IE;
  w[HIGH] = (aNaN ? aHigh : bHigh) | QUIET64;
  w[LOW] = aNaN ? aLow : bLow;
  return false;
}

/** Checks and places one binary64 operand as A; false if a NaN has given the result already. */
export function operand64(c: FloatContext, high: number, low: number): boolean {
  return operands64(c, high, low, INFINITY64, 0);
}

function place32(c: FloatContext, index: number, bits: number): void {
  const w = c.w;
  if ((bits & INFINITY32) === 0 && (bits & 0x7fffff) !== 0) {
    if (w[DAZ] === 0) w[FLAGS] |= DE;
    else bits &= ~0x7fffff;
  }
  w[index] = bits;
}

/** Checks and places two binary32 operands; false if a NaN has given the result already, in LOW. */
export function operands32(c: FloatContext, a: number, b: number): boolean {
  const w = c.w;
  if (isNormal32(a) && isNormal32(b)) {
    w[A32] = a;
    w[B32] = b;
    return true;
  }
  const aNaN = isNaN32(a);
  const bNaN = isNaN32(b);
  if (!aNaN && !bNaN) {
    place32(c, A32, a);
    place32(c, B32, b);
    return true;
  }
  if ((aNaN && (a & QUIET32) === 0) || (bNaN && (b & QUIET32) === 0)) w[FLAGS] |= IE;
  w[LOW] = (aNaN ? a : b) | QUIET32;
  return false;
}

/** Checks and places one binary32 operand as A; false if a NaN has given the result already, in LOW. */
export function operand32(c: FloatContext, bits: number): boolean {
  return operands32(c, bits, INFINITY32);
}

/** Whether either of two numbers is a signalling NaN. */
export function isSignalling64(high: number, low: number): boolean {
  return isNaN64(high, low) && (high & QUIET64) === 0;
}

export function isSignalling32(bits: number): boolean {
  return isNaN32(bits) && (bits & QUIET32) === 0;
}
