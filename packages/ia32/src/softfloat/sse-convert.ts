/**
 * SSE conversions: CVTSS2SD, CVTSD2SS, CVTxx2SI, CVTTxx2SI, CVTSI2xx and their packed forms.
 *
 * Here: one element at a time, between binary32, binary64 and int32. Not here: the 80-bit format
 * (convert-real.ts). Out of range is invalid and gives the integer indefinite, 80000000.
 * SDM Vol. 1, 11.4.1.6, 4.8.4.2; table 11-1.
 * @module
 */
import {
  DAZ,
  DE,
  DOWN,
  FLAGS,
  type FloatContext,
  HIGH,
  IE,
  LOW,
  NEAREST,
  NEGATIVE,
  PE,
  RESULT64,
  TOWARD_ZERO,
  UP,
} from "./context.ts";
import { unpack64 } from "./convert-real.ts";
import { round32 } from "./round-narrow.ts";
import { setUnrounded } from "./special.ts";
import { A, A32, isNaN32, isNaN64, isSignalling32, isSignalling64, operand64 } from "./sse-operand.ts";

const QUIET32 = 0x400000;
const QUIET64 = 0x80000;
const INDEFINITE = -0x80000000;
/** 1.5 * 2^52: adding it leaves no bits below the unit, so that the host rounds to nearest even. */
const ROUNDER = 6755399441055744;

/** CVTSS2SD: exact. */
export function float64From32(c: FloatContext, bits: number): void {
  const w = c.w;
  if (isNaN32(bits)) {
    if (isSignalling32(bits)) w[FLAGS] |= IE;
    w[HIGH] = (bits & 0x80000000) | 0x7ff80000 | ((bits & 0x7fffff) >>> 3);
    w[LOW] = bits << 29;
    return;
  }
  if ((bits & 0x7f800000) === 0 && (bits & 0x7fffff) !== 0) {
    if (w[DAZ] === 0) w[FLAGS] |= DE;
    else bits &= 0x80000000;
  }
  w[A32] = bits;
  c.f64[RESULT64] = c.f32[A32];
}

/** CVTSD2SS: rounds to a binary32. */
export function float32From64(c: FloatContext, high: number, low: number): number {
  const w = c.w;
  if (isNaN64(high, low)) {
    if (isSignalling64(high, low)) w[FLAGS] |= IE;
    w[LOW] = (high & 0x80000000) | 0x7f800000 | QUIET32 | ((high & (QUIET64 - 1)) << 3) | (low >>> 29);
    return w[LOW];
  }
  operand64(c, high, low);
  const value = c.f64[A];
  c.f32[LOW] = value;
  if (c.f32[LOW] === value && (value === 0 || !Number.isFinite(value) || (w[LOW] & 0x7f800000) !== 0)) return w[LOW];
  unpack64(c, w[A32 + 1], w[A32]);
  return round32(c);
}

/** CVTSI2SD: exact. */
export function float64FromInteger(c: FloatContext, value: number): void {
  c.f64[RESULT64] = value;
}

/** CVTSI2SS: rounds to a binary32. */
export function float32FromInteger(c: FloatContext, value: number): number {
  const w = c.w;
  c.f32[LOW] = value;
  if (c.f32[LOW] === value) return w[LOW];
  setUnrounded(c, 16383 + 31, Math.abs(value) | 0, 0);
  w[NEGATIVE] = value < 0 ? 1 : 0;
  return round32(c);
}

function integerFrom(c: FloatContext, value: number, mode: number): number {
  let rounded = value;
  if (mode === TOWARD_ZERO) rounded = Math.trunc(value);
  else if (mode === DOWN) rounded = Math.floor(value);
  else if (mode === UP) rounded = Math.ceil(value);
  else if (mode === NEAREST && Math.abs(value) < 0x1_0000_0000) rounded = value + ROUNDER - ROUNDER;
  if (!(rounded >= -0x80000000 && rounded <= 0x7fffffff)) {
    c.w[FLAGS] |= IE;
    return INDEFINITE;
  }
  if (rounded !== value) c.w[FLAGS] |= PE;
  return rounded | 0;
}

/** CVTSD2SI with `mode` = MXCSR.RC, CVTTSD2SI with TOWARD_ZERO. */
export function integerFrom64(c: FloatContext, high: number, low: number, mode: number): number {
  const w = c.w;
  if (isNaN64(high, low)) {
    w[FLAGS] |= IE;
    return INDEFINITE;
  }
  w[A32] = low;
  w[A32 + 1] = high;
  return w[DAZ] !== 0 && (high & 0x7ff00000) === 0 ? 0 : integerFrom(c, c.f64[A], mode);
}

/** CVTSS2SI with `mode` = MXCSR.RC, CVTTSS2SI with TOWARD_ZERO. */
export function integerFrom32(c: FloatContext, bits: number, mode: number): number {
  const w = c.w;
  if (isNaN32(bits)) {
    w[FLAGS] |= IE;
    return INDEFINITE;
  }
  w[A32] = bits;
  return w[DAZ] !== 0 && (bits & 0x7f800000) === 0 ? 0 : integerFrom(c, c.f32[A32], mode);
}
