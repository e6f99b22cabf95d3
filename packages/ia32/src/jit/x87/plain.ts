/**
 * What x87 arithmetic mostly is, without a call: normal operands, a normal result of 64 bits, rounded to nearest.
 *
 * Everything else leaves before anything is answered, and the functions do it; that operands and control word are so, the
 * caller has seen: by marks, or looking. Nothing here branches where chance decides.
 * Hot functions have it in their code (→ x87.ts), so that registers stay where they are; the functions begin with it.
 * Here: sum, product, and reals of 32 and 64 bits. Not here: what leaves (→ arithmetic.ts, conversion.ts).
 * @module
 */
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";
import type { Narrow } from "./conversion.ts";
import { EXPONENT_MASK, LARGEST, pushControlled, pushNearestUp, pushNormal, SIGN, TOP } from "./rounding.ts";

/** A number in two locals. */
export interface FloatLocal {
  readonly significand: number;
  readonly word: number;
}
/** A result; int64 locals that say whether it was rounded up, and what was cut off, 0 only if nothing. */
export interface Rounded extends FloatLocal {
  readonly up: number;
  readonly rest: number;
}
/** Locals to work with: int64, and int32. */
export interface Work {
  readonly wide: readonly [number, number];
  readonly words: readonly [number, number, number];
}
/** Takes an int32 and leaves if it is not 0. */
export type Leave = () => void;

const BIAS = 16383;
const LOW_HALF = 0xffff_ffffn;

/** In hot functions the words of registers have a mark above their sign where a number is not normal. */
export const MARK_PLACE = 16;
export const MARK: number = 1 << MARK_PLACE;
export const WORD_MASK = 0xffff;

/** Sets the mark of a number that has none yet. */
export function mark(w: CodeWriter, { significand, word }: FloatLocal): void {
  pushNormal(w, significand, word);
  w.op(op.I32_EQZ).const(MARK_PLACE).op(op.I32_SHL).get(word).op(op.I32_OR).set(word);
}

/** Leaves if one of these words has its mark. */
export function leaveIfMarked(w: CodeWriter, words: readonly number[], leave: Leave): void {
  for (const [i, word] of words.entries()) {
    w.get(word);
    if (i > 0) w.op(op.I32_OR);
  }
  w.const(MARK).op(op.I32_AND);
  leave();
}

/** The same of numbers without marks and the control word. */
export function leaveUnlessPlain(w: CodeWriter, numbers: readonly FloatLocal[], leave: Leave): void {
  for (const { significand, word } of numbers) {
    pushNormal(w, significand, word);
    w.op(op.I32_EQZ);
    leave();
  }
  pushControlled(w);
  leave();
}

function exponents(w: CodeWriter, a: FloatLocal, b: FloatLocal, toA: number, toB: number): void {
  w.get(a.word).const(EXPONENT_MASK).op(op.I32_AND).set(toA);
  w.get(b.word).const(EXPONENT_MASK).op(op.I32_AND).set(toB);
}

function goUp(w: CodeWriter, { significand, rest, up }: Rounded): void {
  pushNearestUp(w, { high: significand, rest });
  w.tee(up).get(significand).op(op.I64_ADD).tee(significand);
}

/** Rounds the significand of the answer; `sign` pushes a word with its sign. */
function round(w: CodeWriter, answer: Rounded, exponent: number, leave: Leave, sign: () => void): void {
  w.get(exponent).const(1).op(op.I32_SUB).const(LARGEST).op(op.I32_GE_U);
  leave();
  goUp(w, answer);
  w.op(op.I64_EQZ);
  leave();
  w.get(exponent);
  sign();
  w.const(SIGN).op(op.I32_AND, op.I32_OR).set(answer.word);
}

/**
 * a + b, or a − b. Both are taken one place to the right of where they stand, into 128 bits, so that the sum fits; the
 * smaller one is negated where signs differ. Exponents more than 62 apart leave, and sums below 2^-63 of the larger number.
 */
export function sum(
  w: CodeWriter,
  a: FloatLocal,
  b: FloatLocal,
  subtract: boolean,
  answer: Rounded,
  { wide, words }: Work,
  leave: Leave,
): void {
  const { rest, up: mask } = answer;
  const [small, large] = wide;
  const [x, y, less] = words;
  const [high, word] = [answer.significand, answer.word];
  const pushB = (): void => {
    w.get(b.word);
    if (subtract) w.const(SIGN).op(op.I32_XOR);
  };
  exponents(w, a, b, x, y);
  w.get(x).get(y).op(op.I32_LT_U);
  w.get(x).get(y).op(op.I32_EQ).get(a.significand).get(b.significand).op(op.I64_LT_U, op.I32_AND, op.I32_OR).set(less);
  w.get(a.significand).get(b.significand).get(less).op(op.SELECT).set(small);
  w.get(b.significand).get(a.significand).get(less).op(op.SELECT).set(large);
  pushB();
  w.get(a.word).get(less).op(op.SELECT).set(word);
  // Places to the right, at least 1.
  w.get(word).const(EXPONENT_MASK).op(op.I32_AND).tee(less).const(1).op(op.I32_SHL);
  w.get(x).get(y).op(op.I32_ADD, op.I32_SUB).const(1).op(op.I32_ADD).tee(x).const(63).op(op.I32_GT_U);
  leave();
  w.get(a.word);
  pushB();
  w.op(op.I32_XOR).const(16).op(op.I32_SHL).const(31).op(op.I32_SHR_S, op.I64_EXTEND_I32_S).set(mask);
  // −s is ~(s − 1), and keeps that form when it is shifted.
  w.get(small).get(mask).op(op.I64_ADD).set(small);
  w.get(small).get(x).op(op.I64_EXTEND_I32_U, op.I64_SHR_U).get(mask).op(op.I64_XOR);
  w.get(large).const64(1).op(op.I64_SHR_U, op.I64_ADD).set(high);
  w.get(small).get(mask).op(op.I64_XOR).const(0).get(x).op(op.I32_SUB, op.I64_EXTEND_I32_U, op.I64_SHL).tee(small);
  w.get(large).const64(63).op(op.I64_SHL, op.I64_ADD).tee(rest);
  w.get(small).op(op.I64_LT_U, op.I64_EXTEND_I32_U).get(high).op(op.I64_ADD).tee(high).op(op.I64_EQZ);
  leave();
  w.get(high).op(op.I64_CLZ).set(mask);
  w.get(less).const(1).op(op.I32_ADD).get(mask).op(op.I32_WRAP_I64, op.I32_SUB).set(x);
  w.get(high).get(mask).op(op.I64_SHL);
  w.get(rest).const64(1).op(op.I64_SHR_U).get(mask).const64(63).op(op.I64_XOR, op.I64_SHR_U, op.I64_OR).set(high);
  w.get(rest).get(mask).op(op.I64_SHL).set(rest);
  round(w, answer, x, leave, () => w.get(word));
}

/** a · b. */
export function product(
  w: CodeWriter,
  a: FloatLocal,
  b: FloatLocal,
  answer: Rounded,
  { wide, words }: Work,
  leave: Leave,
): void {
  const { rest, up: doubled } = answer;
  const [t, u] = wide;
  const [x, y, normal] = words;
  const high = answer.significand;
  const times = (upperA: boolean, upperB: boolean): void => {
    for (const [{ significand }, upper] of [
      [a, upperA],
      [b, upperB],
    ] as const) {
      w.get(significand);
      if (upper) w.const64(32).op(op.I64_SHR_U);
      else w.big(LOW_HALF).op(op.I64_AND);
    }
    w.op(op.I64_MUL);
  };
  exponents(w, a, b, x, y);
  times(false, false);
  w.const64(32).op(op.I64_SHR_U);
  times(true, false);
  w.op(op.I64_ADD).tee(t).big(LOW_HALF).op(op.I64_AND);
  times(false, true);
  w.op(op.I64_ADD).set(u);
  times(true, true);
  w.get(t).const64(32).op(op.I64_SHR_U, op.I64_ADD).get(u).const64(32).op(op.I64_SHR_U, op.I64_ADD).set(high);
  w.get(a.significand).get(b.significand).op(op.I64_MUL).set(rest);
  // A product of 127 bits goes one place to the left.
  w.get(x).get(y).op(op.I32_ADD).const(BIAS).op(op.I32_SUB);
  w.get(high).const64(0).op(op.I64_LT_S).tee(normal).op(op.I32_ADD).set(x);
  w.get(high).const64(1).op(op.I64_SHL).get(rest).const64(63).op(op.I64_SHR_U, op.I64_OR).set(doubled);
  w.get(high).get(doubled).get(normal).op(op.SELECT).set(high);
  w.get(rest).get(rest).const64(1).op(op.I64_SHL).get(normal).op(op.SELECT).set(rest);
  round(w, answer, x, leave, () => w.get(a.word).get(b.word).op(op.I32_XOR));
}

/** A real becomes a number; `real` and the answer may be one local. */
export function widened(
  w: CodeWriter,
  { bits, fraction, largest, bias }: Narrow,
  real: number,
  to: FloatLocal,
  field: number,
  leave: Leave,
): void {
  w.get(real).const64(fraction).op(op.I64_SHR_U, op.I32_WRAP_I64);
  w.const(largest + 1).op(op.I32_AND);
  w.tee(field).const(1).op(op.I32_SUB).const(largest).op(op.I32_GE_U);
  leave();
  w.get(field).const(bias).op(op.I32_ADD);
  w.get(real)
    .const64(bits - 16)
    .op(op.I64_SHR_U, op.I32_WRAP_I64)
    .const(SIGN)
    .op(op.I32_AND, op.I32_OR)
    .set(to.word);
  w.get(real)
    .const64(63 - fraction)
    .op(op.I64_SHL)
    .big(TOP)
    .op(op.I64_OR)
    .set(to.significand);
}

/** A number becomes a real, rounded to nearest: `to.significand`. */
export function narrowed(
  w: CodeWriter,
  { bits, fraction, largest, bias }: Narrow,
  { significand, word }: FloatLocal,
  to: Rounded,
  leave: Leave,
): void {
  w.get(word).const(EXPONENT_MASK).op(op.I32_AND);
  w.const(bias + 1)
    .op(op.I32_SUB)
    .tee(to.word);
  w.const(largest).op(op.I32_GE_U);
  leave();
  w.get(significand)
    .const64(63 - fraction)
    .op(op.I64_SHR_U)
    .set(to.significand);
  w.get(significand)
    .const64(fraction + 1)
    .op(op.I64_SHL)
    .set(to.rest);
  goUp(w, to);
  // The integer bit, or a carry into the place above, adds to the exponent field.
  w.get(to.word).op(op.I64_EXTEND_I32_U).const64(fraction).op(op.I64_SHL, op.I64_ADD);
  w.tee(to.significand).const64(fraction).op(op.I64_SHR_U, op.I32_WRAP_I64).const(largest).op(op.I32_GT_U);
  leave();
  w.get(word).const(SIGN).op(op.I32_AND, op.I64_EXTEND_I32_U);
  w.const64(bits - 16)
    .op(op.I64_SHL)
    .get(to.significand)
    .op(op.I64_OR)
    .set(to.significand);
}
