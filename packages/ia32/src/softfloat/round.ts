/**
 * Rounding: from 96 exact-enough bits and an unbounded exponent to an 80-bit number.
 *
 * Here: rounding a significand at 24, 53 or 64 bits, and the x87 answers to overflow and underflow, masked
 * or not. Not here: binary32 and binary64 (round-narrow.ts). Tininess is detected after rounding.
 * SDM Vol. 1, 4.8.4, 4.9.1.4-4.9.1.6, 8.5.
 * @module
 */
import {
  C1,
  DOWN,
  EXPONENT,
  EXTRA,
  FLAGS,
  type FloatContext,
  HIGH,
  LOW,
  MASKS,
  NEAREST,
  NEGATIVE,
  OE,
  PE,
  PRECISION,
  ROUNDING,
  SIGN_EXPONENT,
  TOWARD_ZERO,
  UE,
  UP,
} from "./context.ts";
import { shiftRightJam } from "./wide.ts";

const HALF = -0x80000000;
/** What an unmasked overflow or underflow takes off or adds to the exponent: 24576 = 3 * 2^13. */
export const EXPONENT_ADJUSTMENT = 0x6000;
/** Returned beside PE and C1: the significand rounded up to 2.0 and was halved. */
export const CARRY = 0x10000;

/** Whether a magnitude goes up; `rest` is the fraction of a last place that is cut off, 2^32 to the place. */
export function roundsUp(mode: number, negative: number, odd: number, rest: number): boolean {
  if (mode === NEAREST) return rest < 0 && (rest !== HALF || odd !== 0);
  return rest !== 0 && mode !== TOWARD_ZERO && (mode === DOWN) === (negative !== 0);
}

/** Rounds HIGH, LOW, EXTRA at `precision` bits from the top; returns PE, C1, CARRY as they came about. */
export function roundSignificand(w: Int32Array, precision: number): number {
  let high = w[HIGH];
  let low = w[LOW];
  let rest = w[EXTRA];
  let odd = low & 1;
  let step = 1;
  if (precision === 53) {
    rest = (low << 21) | (rest >>> 11) | ((rest & 0x7ff) === 0 ? 0 : 1);
    odd = low & 0x800;
    low &= -0x800;
    step = 0x800;
  } else if (precision === 24) {
    rest = (high << 24) | (low >>> 8) | (((low & 0xff) | rest) === 0 ? 0 : 1);
    odd = high & 0x100;
    high &= -0x100;
    low = 0;
    step = 0;
  }
  let happened = 0;
  if (rest !== 0) {
    happened = PE;
    if (roundsUp(w[ROUNDING], w[NEGATIVE], odd, rest)) {
      happened = PE | C1;
      low = (low + step) | 0;
      if (low === 0) high = (high + (step === 0 ? 0x100 : 1)) | 0;
      if (low === 0 && high === 0) {
        high = HALF;
        happened = PE | C1 | CARRY;
      }
    }
  }
  w[HIGH] = high;
  w[LOW] = low;
  w[EXTRA] = 0;
  return happened;
}

/** Whether an overflow that rounds by `mode` ends at infinity rather than at the largest finite number. */
export function overflowsToInfinity(mode: number, negative: number): boolean {
  return mode === NEAREST || (mode === UP && negative === 0) || (mode === DOWN && negative !== 0);
}

/** Rounds the unrounded number at the precision of the control word. */
export function round80(c: FloatContext): void {
  roundExtended(c, c.w[PRECISION]);
}

/** Rounds the unrounded number (not zero, top bit set) into SIGN_EXPONENT, HIGH, LOW. */
export function roundExtended(c: FloatContext, precision: number): void {
  const w = c.w;
  if (w[EXPONENT] < 1) {
    roundTiny(w, precision);
    return;
  }
  const happened = roundSignificand(w, precision);
  const exponent = w[EXPONENT] + (happened >>> 16);
  w[FLAGS] |= happened & (PE | C1);
  if (exponent > 0x7ffe) overflow(w, exponent, precision);
  else w[SIGN_EXPONENT] = (w[NEGATIVE] << 15) | exponent;
}

function overflow(w: Int32Array, exponent: number, precision: number): void {
  const negative = w[NEGATIVE];
  w[FLAGS] |= OE;
  if ((w[MASKS] & OE) === 0 && exponent - EXPONENT_ADJUSTMENT <= 0x7ffe) {
    w[SIGN_EXPONENT] = (negative << 15) | (exponent - EXPONENT_ADJUSTMENT);
    return;
  }
  w[FLAGS] |= PE;
  if (overflowsToInfinity(w[ROUNDING], negative)) {
    w[FLAGS] |= C1;
    w[SIGN_EXPONENT] = (negative << 15) | 0x7fff;
    w[HIGH] = HALF;
    w[LOW] = 0;
  } else {
    w[FLAGS] &= ~C1;
    w[SIGN_EXPONENT] = (negative << 15) | 0x7ffe;
    w[HIGH] = precision === 24 ? -0x100 : -1;
    w[LOW] = precision === 64 ? -1 : precision === 53 ? -0x800 : 0;
  }
}

function roundTiny(w: Int32Array, precision: number): void {
  const high = w[HIGH];
  const low = w[LOW];
  const extra = w[EXTRA];
  let happened = roundSignificand(w, precision);
  const unbounded = w[EXPONENT] + (happened >>> 16);
  const tiny = unbounded < 1;
  if (tiny && (w[MASKS] & UE) === 0 && unbounded + EXPONENT_ADJUSTMENT > 0) {
    w[FLAGS] |= UE | (happened & (PE | C1));
    w[SIGN_EXPONENT] = (w[NEGATIVE] << 15) | (unbounded + EXPONENT_ADJUSTMENT);
    return;
  }
  w[HIGH] = high;
  w[LOW] = low;
  w[EXTRA] = extra;
  shiftRightJam(w, 1 - w[EXPONENT]);
  happened = roundSignificand(w, precision);
  w[FLAGS] |= happened & (PE | C1);
  if (tiny && (happened & PE) !== 0) w[FLAGS] |= UE;
  w[SIGN_EXPONENT] = (w[NEGATIVE] << 15) | (w[HIGH] < 0 ? 1 : 0);
}
