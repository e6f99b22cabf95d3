/**
 * Between the 80-bit format and binary32, binary64: FLD, FST, FSTP and memory operands of x87 arithmetic.
 *
 * Here: widening, which is exact, and narrowing, which rounds. Not here: binary32 to binary64
 * (sse-convert.ts). SDM Vol. 1, 8.1.2, 8.3.3, table 8-10.
 * @module
 */
import {
  C1,
  DE,
  EXPONENT,
  FLAGS,
  type FloatContext,
  HIGH,
  LOW,
  MASKS,
  NEGATIVE,
  OE,
  PE,
  SIGN_EXPONENT,
  UE,
} from "./context.ts";
import { round32, round64 } from "./round-narrow.ts";
import { answersForNaN, setResult, setUnrounded } from "./special.ts";

const INTEGER_BIT = -0x80000000;

/** Takes a finite binary64 other than zero apart into the unrounded number. */
export function unpack64(c: FloatContext, high: number, low: number): void {
  const field = (high >>> 20) & 0x7ff;
  const top = (high << 11) | (low >>> 21);
  setUnrounded(
    c,
    field + 15360 + (field === 0 ? 1 : 0),
    field === 0 ? top & ~INTEGER_BIT : top | INTEGER_BIT,
    low << 11,
  );
  c.w[NEGATIVE] = high >>> 31;
}

/** Takes a finite binary32 other than zero apart into the unrounded number. */
export function unpack32(c: FloatContext, bits: number): void {
  const field = (bits >>> 23) & 0xff;
  const top = bits << 8;
  setUnrounded(c, field + 16256 + (field === 0 ? 1 : 0), field === 0 ? top & ~INTEGER_BIT : top | INTEGER_BIT, 0);
  c.w[NEGATIVE] = bits >>> 31;
}

/**
 * The 80-bit number of a binary64 operand of arithmetic or comparison: a denormal raises DE, which the operation
 * takes back if a NaN decides it, and a signalling NaN stays one.
 */
export function widen64(c: FloatContext, high: number, low: number): void {
  const w = c.w;
  const field = high & 0x7ff00000;
  const sign = (high >>> 16) & 0x8000;
  if (field === 0x7ff00000) {
    setResult(c, sign | 0x7fff, INTEGER_BIT | (high << 11) | (low >>> 21), low << 11);
    return;
  }
  if (field === 0) {
    if (((high << 1) | low) === 0) {
      setResult(c, sign, 0, 0);
      return;
    }
    w[FLAGS] |= DE;
  }
  unpack64(c, high, low);
  w[SIGN_EXPONENT] = sign | w[EXPONENT];
}

/** The 80-bit number of a binary32 operand; see widen64. */
export function widen32(c: FloatContext, bits: number): void {
  const w = c.w;
  const field = bits & 0x7f800000;
  const sign = (bits >>> 16) & 0x8000;
  if (field === 0x7f800000) {
    setResult(c, sign | 0x7fff, INTEGER_BIT | (bits << 8), 0);
    return;
  }
  if (field === 0) {
    if (bits << 1 === 0) {
      setResult(c, sign, 0, 0);
      return;
    }
    w[FLAGS] |= DE;
  }
  unpack32(c, bits);
  w[SIGN_EXPONENT] = sign | w[EXPONENT];
}

/** FLD m64fp: like widen64, and a signalling NaN raises IE and is made quiet. */
export function load64(c: FloatContext, high: number, low: number): void {
  widen64(c, high, low);
  answersForNaN(c, c.w[SIGN_EXPONENT], c.w[HIGH], c.w[LOW]);
}

/** FLD m32fp. */
export function load32(c: FloatContext, bits: number): void {
  widen32(c, bits);
  answersForNaN(c, c.w[SIGN_EXPONENT], c.w[HIGH], c.w[LOW]);
}

/** A store that an unmasked overflow or underflow stops delivers nothing that could be inexact or rounded up. */
function settleStore(w: Int32Array): void {
  if ((w[FLAGS] & ~w[MASKS] & (OE | UE)) !== 0) w[FLAGS] &= ~(PE | C1);
}

/** A finite number other than zero, in an encoding that the processor supports. */
function isRounded(signExponent: number, high: number, low: number): boolean {
  const exponent = signExponent & 0x7fff;
  return exponent === 0 ? (high | low) !== 0 : exponent !== 0x7fff && high < 0;
}

/** FST m64fp: rounds to a binary64 in HIGH, LOW. A denormal operand raises nothing by itself. */
export function store64(c: FloatContext, signExponent: number, high: number, low: number): void {
  const w = c.w;
  if (isRounded(signExponent, high, low)) {
    setUnrounded(c, signExponent, high, low);
    round64(c);
    settleStore(w);
    return;
  }
  if (!answersForNaN(c, signExponent, high, low)) setResult(c, signExponent, high, low);
  const field = (w[SIGN_EXPONENT] & 0x7fff) === 0 ? 0 : 0x7ff00000;
  const top = w[HIGH];
  w[HIGH] = ((w[SIGN_EXPONENT] & 0x8000) << 16) | field | ((top & ~INTEGER_BIT) >>> 11);
  w[LOW] = (top << 21) | (w[LOW] >>> 11);
}

/** FST m32fp: rounds to a binary32 in LOW, and returns it. */
export function store32(c: FloatContext, signExponent: number, high: number, low: number): number {
  const w = c.w;
  if (isRounded(signExponent, high, low)) {
    setUnrounded(c, signExponent, high, low);
    round32(c);
    settleStore(w);
    return w[LOW];
  }
  if (!answersForNaN(c, signExponent, high, low)) setResult(c, signExponent, high, low);
  const field = (w[SIGN_EXPONENT] & 0x7fff) === 0 ? 0 : 0x7f800000;
  w[LOW] = ((w[SIGN_EXPONENT] & 0x8000) << 16) | field | ((w[HIGH] & ~INTEGER_BIT) >>> 8);
  return w[LOW];
}
