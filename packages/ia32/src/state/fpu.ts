/**
 * The float registers: XMM, x87 and MMX registers and their control words, in the control area.
 *
 *   words 0..31   XMM0 to XMM7, four words each, lowest first
 *   words 32..63  R0 to R7, the physical x87 registers: significand in two words, then sign and exponent;
 *                 ST(i) is R[(TOP + i) & 7], MMi the significand of Ri
 *   words 64..    the control words and last-instruction pointers named below
 *
 * Here: places, bits of the words, and the reset state. Not here: arithmetic (→ softfloat/). SDM Vol. 1, 8.1, 9.2, 10.2.
 * @module
 */

/** Index of R0. */
export const R0 = 32;
/** x87 control word, status word, and which registers are not empty: one bit each, as FXSAVE shows them. */
export const FCW = 64;
export const FSW = 65;
export const FTW = 66;
export const MXCSR = 67;
/** Last x87 instruction: offset, selector and opcode; offset and selector of its memory operand. */
export const FIP = 68;
export const FCS = 69;
export const FOP = 70;
export const FDP = 71;
export const FDS = 72;
/** Words that are state; behind them lies scratch space. */
export const FLOAT_REGISTER_COUNT = 73;
/** A memory operand of up to 16 bytes, for instructions that take registers. */
export const OPERAND = 76;
/** A result in the making, or a copy of a destination that is also the source. */
export const RESULT = 80;
/** Words in all. */
export const FLOAT_FILE_WORDS = 84;

/** FSW: stack fault, error summary, busy. Exceptions and conditions: softfloat/context.ts. */
export const SF = 0x40;
export const ES = 0x80;
export const BUSY = 0x8000;

/** After FNINIT. */
export const FCW_INITIAL = 0x37f;
export const MXCSR_INITIAL = 0x1f80;
/** Bits of MXCSR that may be set: with denormals-are-zeros. */
export const MXCSR_MASK = 0xffff;

/** Index of an MMX register. */
export function mmxRegister(number: number): number {
  return R0 + number * 4;
}

/** Index of an XMM register. */
export function xmmRegister(number: number): number {
  return number * 4;
}

/** Copies words upwards one by one, which for a register is faster than what the host offers. */
export function copyWords(x: Int32Array, to: number, from: number, count: number): void {
  for (let i = 0; i < count; i++) x[to + i] = x[from + i];
}

/** What power-on leaves. SDM Vol. 3A, table 9-1. */
export function resetFloatRegisters(x: Int32Array): void {
  x.fill(0);
  x[FCW] = FCW_INITIAL;
  x[MXCSR] = MXCSR_INITIAL;
}
