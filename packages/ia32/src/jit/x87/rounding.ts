/**
 * What the x87 functions of a module share: plain operands, rounding, and how results are given back.
 *
 * A number is a significand (int64) and a word with sign and exponent. A function answers with both; where it rounds it adds
 * flags: PE and C1, as the status word shows them, 16 places higher. A word of −1 means that the operands or the result
 * are not plain, and that nothing has been done. Plain are normal numbers, and zeros where the result is exact. How to round
 * stands in the control word in memory; exceptions are all masked.
 * Without branches where chance decides: half of all results are rounded up.
 * Here: these checks and the rounding. Not here: operations (→ arithmetic.ts, conversion.ts). The interpreter's own: softfloat/round.ts.
 * @module
 */
import { C1, PE } from "../../softfloat/context.ts";
import { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";
import { CONTROL_WORD } from "./float-stack.ts";

export const SIGN = 0x8000;
export const EXPONENT_MASK = 0x7fff;
/** Exponents of normal numbers are 1 … LARGEST. */
export const LARGEST = 0x7ffe;
/** Bit 63, where the integer bit of a significand stands. */
export const TOP: bigint = -(1n << 63n);
const INEXACT_PLACE = Math.log2(PE << 16);
const UP_PLACE = Math.log2(C1 << 16);

/** RC and PC of the control word; RC alone; their values to nearest and 64 bits, down, up, and toward zero. */
const CONTROL = 0xf00;
const DEFAULT_CONTROL = 0x300;
export const ROUNDING_CONTROL = 0xc00;
export const DOWN_CONTROL = 0x400;
export const TOWARD_ZERO_CONTROL = 0xc00;

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

/** The same where flags are part of the answer. */
export function answerNoResult(w: CodeWriter): void {
  w.const64(0).const(-1).const(0).op(op.RETURN);
}

/** Pushes `value << (64 − count)` where count, an int64 local, may be 0. */
export function pushLeftBy64Less(w: CodeWriter, value: number, count: number): void {
  w.get(value).const64(1).op(op.I64_SHL).const64(63).get(count).op(op.I64_SUB, op.I64_SHL);
}

/** Pushes an int64: 1 where `rest` is more than half of the last place of `high`, or half and that is odd. */
export function pushNearestUp(w: CodeWriter, { high, rest }: Pick<Unrounded, "high" | "rest">): void {
  w.get(rest).big(TOP).get(high).const64(1).op(op.I64_AND, op.I64_SUB, op.I64_GT_U, op.I64_EXTEND_I32_U);
}

/** Pushes PE and C1 as flags: an int64 that says whether it went up, and what was cut off. */
export function pushFlags(w: CodeWriter, rest: number, up: number): void {
  w.get(rest).op(op.I64_EQZ, op.I32_EQZ).const(INEXACT_PLACE).op(op.I32_SHL);
  w.get(up).op(op.I32_WRAP_I64).const(UP_PLACE).op(op.I32_SHL, op.I32_OR);
}

/** Sets the flags: an int64 that says whether it went up is on the stack, and goes to `high`. */
function goUp(w: CodeWriter, { high, rest, flags }: Unrounded, up: number): void {
  w.tee(up).get(high).op(op.I64_ADD).set(high);
  pushFlags(w, rest, up);
  w.set(flags);
}

/** Adds one to `high` if what follows it asks for it, to nearest; notes what happened. `up`: an int64 to work with. */
export function roundToNearest(w: CodeWriter, number: Unrounded, up: number): void {
  pushNearestUp(w, number);
  goUp(w, number, up);
}

/** The same by an RC field in a local; `sign` has the sign at its place. */
export function roundBy(w: CodeWriter, control: number, number: Unrounded, sign: number, up: number): void {
  w.get(control).op(op.I32_EQZ).hint(true).if(op.I64);
  pushNearestUp(w, number);
  w.else();
  // Toward zero never, else where that is away from zero.
  w.get(control).const(TOWARD_ZERO_CONTROL).op(op.I32_NE);
  w.get(control).const(DOWN_CONTROL).op(op.I32_EQ);
  w.get(sign).const(SIGN).op(op.I32_AND, op.I32_EQZ, op.I32_EQZ, op.I32_EQ, op.I32_AND);
  w.get(number.rest).op(op.I64_EQZ, op.I32_EQZ, op.I32_AND, op.I64_EXTEND_I32_U);
  w.end();
  goUp(w, number, up);
}

/** Pushes whether PC or RC is not the default. */
export function pushControlled(w: CodeWriter): void {
  w.word(CONTROL_WORD).const(CONTROL).op(op.I32_AND).const(DEFAULT_CONTROL).op(op.I32_NE);
}

/** Pushes the sign of an exact zero that is the sum of numbers of different signs. */
export function pushSignOfNothing(w: CodeWriter): void {
  w.const(SIGN).const(0).word(CONTROL_WORD).const(ROUNDING_CONTROL).op(op.I32_AND).const(DOWN_CONTROL);
  w.op(op.I32_EQ, op.SELECT);
}

/** All ones have become 2^64. */
function carryOut(w: CodeWriter, { high, exponent }: Unrounded): void {
  w.get(exponent).const(LARGEST).op(op.I32_EQ).if();
  answerNoResult(w);
  w.end();
  w.big(TOP).set(high).get(exponent).const(1).op(op.I32_ADD).set(exponent);
}

/** Rounds at 64 bits, or calls `round` for what the control word says, and pushes the answer; `sign` holds the sign at its place. */
export function answerRounded(w: CodeWriter, number: Unrounded, sign: number, up: number, round: number): void {
  const { high, rest, exponent, flags } = number;
  w.get(exponent).const(1).op(op.I32_SUB).const(LARGEST).op(op.I32_GE_U).hint(false).if();
  answerNoResult(w);
  w.end();
  pushControlled(w);
  w.hint(false).if();
  w.get(high).get(exponent).get(rest).get(sign).call(round).op(op.RETURN);
  w.end();
  roundToNearest(w, number, up);
  w.get(high).op(op.I64_EQZ).hint(false).if();
  carryOut(w, number);
  w.end();
  w.get(high).get(exponent).get(sign).op(op.I32_OR).get(flags);
}

/** (high, exponent, rest, sign) → number, rounded as the control word says; the exponent is a normal number's. */
export function roundingBody(): CodeWriter {
  const [HIGH, EXPONENT, REST, SIGN_WORD, CONTROL_BITS, FLAGS, CUT, UP] = [0, 1, 2, 3, 4, 5, 6, 7];
  const number: Unrounded = { high: HIGH, rest: REST, exponent: EXPONENT, flags: FLAGS };
  const w = declare(new CodeWriter(), 2, 2);
  // Bits that are cut off: of 24 and 53; the reserved value means 64.
  w.word(CONTROL_WORD).const(CONTROL).op(op.I32_AND).set(CONTROL_BITS);
  const precision = (field: number): void => {
    w.get(CONTROL_BITS).const(0x300).op(op.I32_AND).const(field).op(op.I32_EQ);
  };
  w.const64(40);
  w.const64(11).const64(0);
  precision(0x200);
  w.op(op.SELECT);
  precision(0);
  w.op(op.SELECT).set(CUT);
  w.get(CUT).op(op.I64_EQZ, op.I32_EQZ).if();
  pushLeftBy64Less(w, HIGH, CUT);
  w.get(REST).op(op.I64_EQZ, op.I32_EQZ, op.I64_EXTEND_I32_U, op.I64_OR).set(REST);
  w.get(HIGH).get(CUT).op(op.I64_SHR_U).set(HIGH);
  w.end();
  w.get(CONTROL_BITS).const(ROUNDING_CONTROL).op(op.I32_AND).set(CONTROL_BITS);
  roundBy(w, CONTROL_BITS, number, SIGN_WORD, UP);
  w.get(HIGH).get(CUT).op(op.I64_SHL).tee(HIGH).op(op.I64_EQZ).if();
  carryOut(w, number);
  w.end();
  w.get(HIGH).get(EXPONENT).get(SIGN_WORD).op(op.I32_OR).get(FLAGS);
  return w.op(op.END);
}
