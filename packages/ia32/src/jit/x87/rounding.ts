/**
 * What the x87 functions of a module share: plain operands, rounding to nearest, and how results are given back.
 *
 * A number is a significand (int64) and a word with sign and exponent. A function answers with both; the word then also has
 * PE and C1, as the status word shows them, 16 places higher, or it is −1: the operands or the result are not plain, and
 * nothing has been done. Plain are normal numbers, and zeros where the result is exact.
 * Here: these checks and the rounding. Not here: operations (→ arithmetic.ts, conversion.ts). The interpreter's own: softfloat/round.ts.
 * @module
 */
import { C1, PE } from "../../softfloat/context.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";

export const SIGN = 0x8000;
export const EXPONENT_MASK = 0x7fff;
/** Exponents of normal numbers are 1 … LARGEST. */
const LARGEST = 0x7ffe;
/** Bit 63, where the integer bit of a significand stands. */
export const TOP: bigint = -(1n << 63n);
export const INEXACT: number = PE << 16;
const ROUNDED_UP: number = (PE | C1) << 16;

/** Locals of a number that is to be rounded: 64 bits, what follows them, exponent, and the answer's flags. */
export interface Unrounded {
  readonly high: number;
  readonly rest: number;
  readonly exponent: number;
  readonly flags: number;
}

/** Begins a function's body: its locals behind the parameters, int32 first. */
export function declare(w: CodeWriter, words: number, wide: number): CodeWriter {
  return w.unsigned(2).unsigned(words).op(op.I32).unsigned(wide).op(op.I64);
}

/** Pushes whether a number is normal. */
export function pushNormal(w: CodeWriter, significand: number, word: number): void {
  w.get(word).const(EXPONENT_MASK).op(op.I32_AND).const(1).op(op.I32_SUB).const(LARGEST).op(op.I32_LT_U);
  w.get(significand).const64(0).op(op.I64_LT_S, op.I32_AND);
}

/** Pushes whether a number is a zero. */
export function pushZero(w: CodeWriter, significand: number, word: number): void {
  w.get(significand).op(op.I64_EQZ).get(word).const(EXPONENT_MASK).op(op.I32_AND, op.I32_EQZ, op.I32_AND);
}

/** Answers that nothing has been done. */
export function answerNothing(w: CodeWriter): void {
  w.const64(0).const(-1).op(op.RETURN);
}

/** Pushes `value << count` where count, an int64 on the stack's top behind the caller's code, may be 64. */
export function pushLeftBy64Less(w: CodeWriter, value: number, count: number): void {
  w.get(value).const64(1).op(op.I64_SHL).const64(63).get(count).op(op.I64_SUB, op.I64_SHL);
}

/** Adds one to `high` if what follows it is more than half of its last place, or half and it is odd; notes what happened. */
export function roundUp(w: CodeWriter, { high, rest, flags }: Unrounded): void {
  w.const(0).set(flags);
  w.get(rest).op(op.I64_EQZ, op.I32_EQZ).if();
  w.const(INEXACT).set(flags);
  w.get(rest).const64(0).op(op.I64_LT_S);
  w.get(rest).const64(1).op(op.I64_SHL).get(high).const64(1).op(op.I64_AND, op.I64_OR, op.I64_EQZ, op.I32_EQZ);
  w.op(op.I32_AND).if();
  w.const(ROUNDED_UP).set(flags);
  w.get(high).const64(1).op(op.I64_ADD).set(high);
  w.end();
  w.end();
}

/** Rounds at 64 bits and pushes the answer; `sign` holds the sign at its place. */
export function answerRounded(w: CodeWriter, number: Unrounded, sign: number): void {
  const { high, exponent, flags } = number;
  roundUp(w, number);
  // All ones have become 2^64.
  w.get(high).op(op.I64_EQZ).if();
  w.big(TOP).set(high).get(exponent).const(1).op(op.I32_ADD).set(exponent);
  w.end();
  w.get(exponent).const(LARGEST).op(op.I32_GT_S).if();
  answerNothing(w);
  w.end();
  w.get(high).get(exponent).get(sign).op(op.I32_OR).get(flags).op(op.I32_OR);
}
