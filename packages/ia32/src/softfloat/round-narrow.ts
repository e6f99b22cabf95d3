/**
 * Rounding to binary64 and binary32, for x87 stores and for SSE.
 *
 * Here: the unrounded number becomes a number of the narrow formats, with overflow, underflow and
 * flush-to-zero. Not here: the 80-bit format (round.ts). An unmasked overflow or underflow has no result:
 * its destination, memory or an XMM register, is not written. SDM Vol. 1, 4.9.1, 8.5, 10.2.3.3, 11.5.2.
 * @module
 */
import {
  C1,
  EXPONENT,
  EXTRA,
  FLAGS,
  type FloatContext,
  FTZ,
  HIGH,
  LOW,
  MASKS,
  NEGATIVE,
  OE,
  PE,
  ROUNDING,
  UE,
} from "./context.ts";
import { overflowsToInfinity, roundSignificand } from "./round.ts";
import { shiftRightJam } from "./wide.ts";

/**
 * Rounds the significand for a format of `precision` bits whose exponent field holds `largest` for infinity.
 * @returns the exponent field of the result: 0 for a denormal or zero, `largest` for infinity or, if the
 * overflow stops at the largest number, `largest` - 1 with a significand of ones
 */
function roundNarrow(w: Int32Array, precision: number, largest: number): number {
  const field = w[EXPONENT] - 16383 + (largest >> 1);
  const high = w[HIGH];
  const low = w[LOW];
  const extra = w[EXTRA];
  let happened = roundSignificand(w, precision);
  const rounded = field + (happened >>> 16);
  if (rounded >= largest) return overflow(w, precision, largest, happened);
  if (field >= 1) {
    w[FLAGS] |= happened & (PE | C1);
    return rounded;
  }
  const tiny = rounded < 1;
  if (tiny && (w[MASKS] & UE) === 0) {
    w[FLAGS] |= UE | (happened & (PE | C1));
    return 0;
  }
  if (tiny && w[FTZ] !== 0) {
    w[FLAGS] |= UE | PE;
    w[HIGH] = w[LOW] = 0;
    return 0;
  }
  w[HIGH] = high;
  w[LOW] = low;
  w[EXTRA] = extra;
  shiftRightJam(w, 1 - field);
  happened = roundSignificand(w, precision);
  w[FLAGS] |= (happened & (PE | C1)) | (tiny && (happened & PE) !== 0 ? UE : 0);
  return w[HIGH] < 0 ? 1 : 0;
}

function overflow(w: Int32Array, precision: number, largest: number, happened: number): number {
  w[FLAGS] |= OE | (happened & (PE | C1));
  if ((w[MASKS] & OE) === 0) return largest;
  w[FLAGS] |= PE | C1;
  w[HIGH] = -0x80000000;
  w[LOW] = 0;
  if (overflowsToInfinity(w[ROUNDING], w[NEGATIVE])) return largest;
  w[FLAGS] &= ~C1;
  w[HIGH] = precision === 24 ? -0x100 : -1;
  w[LOW] = precision === 24 ? 0 : -0x800;
  return largest - 1;
}

/** Rounds the unrounded number to a binary64 in HIGH, LOW. */
export function round64(c: FloatContext): void {
  const w = c.w;
  const field = roundNarrow(w, 53, 0x7ff);
  const high = w[HIGH];
  w[LOW] = (w[LOW] >>> 11) | (high << 21);
  w[HIGH] = (w[NEGATIVE] << 31) | (field << 20) | ((high >>> 11) & 0xfffff);
}

/** Rounds the unrounded number to a binary32 in LOW, and returns it. */
export function round32(c: FloatContext): number {
  const w = c.w;
  const field = roundNarrow(w, 24, 0xff);
  const bits = (w[NEGATIVE] << 31) | (field << 23) | ((w[HIGH] >>> 8) & 0x7fffff);
  w[LOW] = bits;
  return bits;
}
