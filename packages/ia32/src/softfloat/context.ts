/**
 * The working area of the arithmetic: how to round, what happened, and the result.
 *
 * Here: the words of the area, their names, and how FCW and MXCSR set them. Not here: arithmetic.
 * One area per unit (x87, SSE). Operations read the control words, OR into FLAGS and write the result words;
 * they keep nothing between calls. An x87 instruction starts with FLAGS = 0; the elements of an SSE instruction
 * add to the same FLAGS. It has the layout of the x87 status word, whose exception bits are
 * MXCSR's too. SDM Vol. 1, 8.1.3, 8.1.5, 10.2.3.
 * @module
 */

/** Views over one small buffer; allocated once, never by an operation. */
export interface FloatContext {
  /** The words named below. */
  readonly w: Int32Array;
  /** The same words as binary64 numbers: `f64[n]` lies over `w[2 * n]` (its low half) and `w[2 * n + 1]`. */
  readonly f64: Float64Array;
  /** The same words as binary32 numbers. */
  readonly f32: Float32Array;
}

/** Exceptions raised (IE … PE), C1 = rounded up, and C0, C2, C3 where an operation gives them. */
export const FLAGS = 0;
/** Masked exceptions, one bit each like FLAGS; tells which result an overflow or underflow gives. */
export const MASKS = 1;
/** NEAREST, DOWN, UP or TOWARD_ZERO: the RC field. */
export const ROUNDING = 2;
/** Significand bits of x87 results: 24, 53 or 64. */
export const PRECISION = 3;
/** 1: denormal SSE operands count as zeros. */
export const DAZ = 4;
/** 1: tiny SSE results become zeros while UE is masked. */
export const FTZ = 5;
/** Result: bits 31..0 of a significand, of a binary64 or of an integer; or a binary32. */
export const LOW = 6;
/** Result: bits 63..32 of the same. */
export const HIGH = 7;
/** Result: sign (bit 15) and exponent of an 80-bit number, whose bytes in memory are LOW, HIGH and this. */
export const SIGN_EXPONENT = 8;
/** LOW and HIGH as an index of `f64`. */
export const RESULT64 = 3;
/** Unrounded number: bits below LOW, all that is further down gathered in bit 0. */
export const EXTRA = 9;
/** Unrounded number: biased by 16383 and without bounds. */
export const EXPONENT = 10;
/** Unrounded number: 1 if negative. */
export const NEGATIVE = 11;
/** Scratch of 8 words, eight-byte aligned. */
export const SCRATCH = 12;
/** Registers of the transcendental functions: indices into `f64` of 16 pairs of numbers (double-double.ts). */
export const PAIRS = 10;

/** Exceptions, at their places in FSW and MXCSR. */
export const IE = 0x01;
export const DE = 0x02;
export const ZE = 0x04;
export const OE = 0x08;
export const UE = 0x10;
export const PE = 0x20;
/** Condition bits, at their places in FSW. */
export const C0 = 0x0100;
export const C1 = 0x0200;
export const C2 = 0x0400;
export const C3 = 0x4000;

/** Exceptions found before the operation: unmasked, they leave the destination alone. */
export const PRE_COMPUTATION = 0x07;
/** All six exceptions. */
export const EXCEPTIONS = 0x3f;

/** Values of the RC field. */
export const NEAREST = 0;
export const DOWN = 1;
export const UP = 2;
export const TOWARD_ZERO = 3;

/** A new area: everything masked, to nearest, 64 bits. */
export function createFloatContext(): FloatContext {
  const buffer = new ArrayBuffer(8 * (PAIRS + 32));
  const w = new Int32Array(buffer);
  w[MASKS] = EXCEPTIONS;
  w[PRECISION] = 64;
  return { w, f64: new Float64Array(buffer), f32: new Float32Array(buffer) };
}

/** Takes masks, precision and rounding control from an x87 control word. PC = 01 is reserved and means 64. */
export function setControlWord(c: FloatContext, controlWord: number): void {
  const w = c.w;
  const pc = (controlWord >>> 8) & 3;
  w[MASKS] = controlWord & EXCEPTIONS;
  w[ROUNDING] = (controlWord >>> 10) & 3;
  w[PRECISION] = pc === 0 ? 24 : pc === 2 ? 53 : 64;
}

/** Takes masks, rounding control, FTZ and DAZ from MXCSR. */
export function setMxcsr(c: FloatContext, mxcsr: number): void {
  const w = c.w;
  w[MASKS] = (mxcsr >>> 7) & EXCEPTIONS;
  w[ROUNDING] = (mxcsr >>> 13) & 3;
  w[FTZ] = (mxcsr >>> 15) & 1;
  w[DAZ] = (mxcsr >>> 6) & 1;
}

/**
 * The unmasked exceptions of an operation that has just run, 0 if it may complete.
 * An unmasked pre-computation exception stops before overflow, underflow, precision or C1 come up: drops them.
 * x87 register destinations are written unless the answer has a PRE_COMPUTATION bit; memory and SSE
 * destinations only if it has neither that nor OE or UE (SSE: nor PE). SDM Vol. 1, 8.7, 11.5.3.
 */
export function unmaskedExceptions(c: FloatContext): number {
  const w = c.w;
  const unmasked = w[FLAGS] & ~w[MASKS] & EXCEPTIONS;
  if ((unmasked & PRE_COMPUTATION) !== 0) {
    w[FLAGS] &= ~(OE | UE | PE | C1);
    return unmasked & PRE_COMPUTATION;
  }
  return unmasked;
}
