/**
 * x87 addition, multiplication, division and square root as WebAssembly functions: (significand, word)² → (significand, word).
 *
 * Here: bodies of the functions; what they answer and when they do nothing: rounding.ts. Subtraction is addition of the
 * negated number. Over 300 lines: four bodies in the same terms, which are read side by side. The interpreter's own: softfloat/add.ts, multiply.ts, divide.ts, square-root.ts.
 * @module
 */
import { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";
import * as simd from "../wasm/simd-opcodes.ts";
import { type Leave, leaveUnlessPlain, product as plainProduct, sum as plainSum } from "./plain.ts";
import {
  answerNoResult,
  answerRounded,
  declare,
  EXPONENT_MASK,
  pushFlags,
  pushLeftBy64Less,
  pushNormal,
  pushSignOfNothing,
  pushZero,
  SIGN,
  TOP,
  type Unrounded,
} from "./rounding.ts";

/** Parameters: two numbers. */
const [A, A_WORD, B, B_WORD] = [0, 1, 2, 3];
/** Locals of all binary functions: exponent, sign and flags of the result, and some to work with; its bits. */
const [EXPONENT, RESULT_SIGN, FLAGS, DISTANCE, LESS] = [4, 5, 6, 7, 8];
const [HIGH, REST, T, U, V] = [9, 10, 11, 12, 13];
const [WORDS, WIDE] = [5, 5];
const RESULT: Unrounded = { high: HIGH, rest: REST, exponent: EXPONENT, flags: FLAGS };
/** How the plain ways answer, and what they work with. */
const ANSWER = { significand: HIGH, word: RESULT_SIGN, rest: REST, up: T };
const WORK = { wide: [U, V], words: [EXPONENT, DISTANCE, LESS] } as const;
const [FIRST, SECOND] = [
  { significand: A, word: A_WORD },
  { significand: B, word: B_WORD },
];
const LOW_HALF = 0xffff_ffffn;
const BIAS = 16383;

/** Begins an `if` for operands of which one is not normal. */
function ifNotNormal(w: CodeWriter): void {
  pushNormal(w, A, A_WORD);
  pushNormal(w, B, B_WORD);
  w.op(op.I32_AND, op.I32_EQZ).hint(false).if();
}

function pushExponent(w: CodeWriter, word: number): void {
  w.get(word).const(EXPONENT_MASK).op(op.I32_AND);
}

/** What mostly happens, and returns; behind it all the rest. */
function plainly(w: CodeWriter, way: (leave: Leave) => void): void {
  const rare = w.block();
  const leave = (): void => {
    w.hint(false).brIf(rare);
  };
  leaveUnlessPlain(w, [FIRST, SECOND], leave);
  way(leave);
  w.get(ANSWER.significand).get(ANSWER.word);
  pushFlags(w, ANSWER.rest, ANSWER.up);
  w.op(op.RETURN);
  w.end();
}

/** Puts the sign of a product or quotient into its local. */
function signOfBoth(w: CodeWriter): void {
  w.get(A_WORD).get(B_WORD).op(op.I32_XOR).const(SIGN).op(op.I32_AND).set(RESULT_SIGN);
}

/** A zero and a normal number, in any order: the other one is what is rounded. Two zeros are answered. */
function sumWithZero(w: CodeWriter): void {
  pushZero(w, A, A_WORD);
  w.if();
  pushZero(w, B, B_WORD);
  w.if();
  w.const64(0);
  pushSignOfNothing(w);
  w.get(A_WORD).const(SIGN).op(op.I32_AND).get(A_WORD).get(B_WORD).op(op.I32_XOR).const(SIGN);
  w.op(op.I32_AND, op.SELECT).const(0).op(op.RETURN);
  w.end();
  w.get(B).set(A).get(B_WORD).set(A_WORD);
  w.else();
  pushZero(w, B, B_WORD);
  w.op(op.I32_EQZ).if();
  answerNoResult(w);
  w.end();
  w.end();
  pushNormal(w, A, A_WORD);
  w.op(op.I32_EQZ).if();
  answerNoResult(w);
  w.end();
  w.get(A).set(HIGH).const64(0).set(REST);
  pushExponent(w, A_WORD);
  w.set(EXPONENT).get(A_WORD).const(SIGN).op(op.I32_AND).set(RESULT_SIGN);
}

/** FADD. `round`: index of the function that rounds as the control word says. */
export function additionBody(round: number): CodeWriter {
  const w = declare(new CodeWriter(), WORDS, WIDE);
  const select = (one: number, other: number, to: number): void => {
    w.get(one).get(other).get(LESS).op(op.SELECT).set(to);
  };
  plainly(w, (leave) => plainSum(w, FIRST, SECOND, false, ANSWER, WORK, leave));
  const rounding = w.block();
  ifNotNormal(w);
  sumWithZero(w);
  w.br(rounding);
  w.end();
  // T has the larger exponent.
  pushExponent(w, A_WORD);
  pushExponent(w, B_WORD);
  w.op(op.I32_SUB).tee(DISTANCE).const(0).op(op.I32_LT_S).set(LESS);
  select(B, A, T);
  select(A, B, B);
  select(B_WORD, A_WORD, RESULT_SIGN);
  pushExponent(w, RESULT_SIGN);
  w.set(EXPONENT);
  w.get(DISTANCE).const(31).op(op.I32_SHR_S).tee(LESS).get(DISTANCE).op(op.I32_XOR).get(LESS).op(op.I32_SUB);
  w.tee(DISTANCE).op(op.I64_EXTEND_I32_U).set(U);
  // The other one in its place: HIGH, and what lies below in REST, whose last bit gathers the rest.
  w.get(DISTANCE).const(64).op(op.I32_LT_U).hint(true).if();
  pushLeftBy64Less(w, B, U);
  w.set(REST).get(B).get(U).op(op.I64_SHR_U).set(HIGH);
  w.else();
  w.const64(0).set(HIGH).const64(1).set(REST);
  w.get(DISTANCE).const(128).op(op.I32_LT_U).if();
  w.get(U).const64(64).op(op.I64_SUB).set(U);
  w.get(B).get(U).op(op.I64_SHR_U);
  pushLeftBy64Less(w, B, U);
  w.op(op.I64_EQZ, op.I32_EQZ, op.I64_EXTEND_I32_U, op.I64_OR).set(REST);
  w.end();
  w.end();
  w.get(A_WORD).get(B_WORD).op(op.I32_XOR).const(SIGN).op(op.I32_AND, op.I32_EQZ).if();
  w.get(T).get(HIGH).op(op.I64_ADD).tee(HIGH).get(T).op(op.I64_LT_U).if();
  w.get(REST).const64(1).op(op.I64_SHR_U).get(REST).const64(1).op(op.I64_AND, op.I64_OR);
  w.get(HIGH).const64(63).op(op.I64_SHL, op.I64_OR).set(REST);
  w.get(HIGH).const64(1).op(op.I64_SHR_U).big(TOP).op(op.I64_OR).set(HIGH);
  w.get(EXPONENT).const(1).op(op.I32_ADD).set(EXPONENT);
  w.end();
  w.else();
  w.get(DISTANCE).op(op.I32_EQZ).get(T).get(HIGH).op(op.I64_LT_U, op.I32_AND).if();
  w.get(HIGH).get(T).set(HIGH).set(T);
  w.get(RESULT_SIGN).const(SIGN).op(op.I32_XOR).set(RESULT_SIGN);
  w.end();
  w.get(T).get(HIGH).op(op.I64_SUB).get(REST).op(op.I64_EQZ, op.I32_EQZ, op.I64_EXTEND_I32_U, op.I64_SUB).set(HIGH);
  w.const64(0).get(REST).op(op.I64_SUB).set(REST);
  w.get(HIGH).op(op.I64_EQZ).hint(false).if();
  w.get(REST).op(op.I64_EQZ).if();
  w.const64(0);
  pushSignOfNothing(w);
  w.const(0).op(op.RETURN);
  w.end();
  w.get(REST).set(HIGH).const64(0).set(REST);
  w.get(EXPONENT).const(64).op(op.I32_SUB).set(EXPONENT);
  w.end();
  w.get(HIGH).op(op.I64_CLZ).set(T);
  w.get(HIGH).get(T).op(op.I64_SHL);
  w.get(REST).const64(1).op(op.I64_SHR_U).const64(63).get(T).op(op.I64_SUB, op.I64_SHR_U, op.I64_OR).set(HIGH);
  w.get(REST).get(T).op(op.I64_SHL).set(REST);
  w.get(EXPONENT).get(T).op(op.I32_WRAP_I64, op.I32_SUB).set(EXPONENT);
  w.end();
  w.get(RESULT_SIGN).const(SIGN).op(op.I32_AND).set(RESULT_SIGN);
  w.end();
  answerRounded(w, RESULT, RESULT_SIGN, U, round);
  return w.op(op.END);
}

/** Puts the 128-bit product of two int64 locals into HIGH and REST; U and V are used. */
function product(w: CodeWriter, a: number, b: number): void {
  const half = (from: number, upper: boolean): void => {
    w.get(from);
    if (upper) w.const64(32).op(op.I64_SHR_U);
    else w.big(LOW_HALF).op(op.I64_AND);
  };
  const times = (upperA: boolean, upperB: boolean): void => {
    half(a, upperA);
    half(b, upperB);
    w.op(op.I64_MUL);
  };
  times(false, true);
  w.set(U);
  times(true, false);
  w.set(V);
  times(true, true);
  half(U, true);
  w.op(op.I64_ADD);
  half(V, true);
  w.op(op.I64_ADD);
  times(false, false);
  w.const64(32).op(op.I64_SHR_U);
  half(U, false);
  w.op(op.I64_ADD);
  half(V, false);
  w.op(op.I64_ADD).const64(32).op(op.I64_SHR_U, op.I64_ADD).set(HIGH);
  w.get(a).get(b).op(op.I64_MUL).set(REST);
}

/** FMUL. */
export function multiplicationBody(round: number): CodeWriter {
  const w = declare(new CodeWriter(), WORDS, WIDE);
  plainly(w, (leave) => plainProduct(w, FIRST, SECOND, ANSWER, WORK, leave));
  signOfBoth(w);
  ifNotNormal(w);
  pushZero(w, A, A_WORD);
  pushNormal(w, B, B_WORD);
  w.op(op.I32_AND);
  pushZero(w, B, B_WORD);
  pushNormal(w, A, A_WORD);
  pushZero(w, A, A_WORD);
  w.op(op.I32_OR, op.I32_AND, op.I32_OR).if();
  w.const64(0).get(RESULT_SIGN).const(0).op(op.RETURN);
  w.end();
  answerNoResult(w);
  w.end();
  product(w, A, B);
  // A product of 127 bits goes one place to the left.
  w.get(HIGH).const64(63).op(op.I64_SHR_U).const64(1).op(op.I64_XOR).set(T);
  pushExponent(w, A_WORD);
  pushExponent(w, B_WORD);
  w.op(op.I32_ADD)
    .const(BIAS - 1)
    .op(op.I32_SUB)
    .get(T)
    .op(op.I32_WRAP_I64, op.I32_SUB)
    .set(EXPONENT);
  w.get(HIGH).get(T).op(op.I64_SHL).get(REST).const64(63).op(op.I64_SHR_U).get(T).op(op.I64_AND, op.I64_OR).set(HIGH);
  w.get(REST).get(T).op(op.I64_SHL).set(REST);
  answerRounded(w, RESULT, RESULT_SIGN, U, round);
  return w.op(op.END);
}

/** A digit of 32 bits into U: (T·2^32 + `next`) / B; the remainder goes to T. V is used. Knuth, volume 2, 4.3.1 D. */
function digit(w: CodeWriter, next: () => void): void {
  const upper = (): void => {
    w.get(B).const64(32).op(op.I64_SHR_U);
  };
  w.get(T);
  upper();
  w.op(op.I64_DIV_U).set(U);
  w.get(T).get(U);
  upper();
  w.op(op.I64_MUL, op.I64_SUB).set(V);
  // The digit may be too large by two.
  const done = w.block();
  const again = w.loop();
  w.get(U).const64(32).op(op.I64_SHR_U, op.I64_EQZ);
  w.get(U).get(B).big(LOW_HALF).op(op.I64_AND, op.I64_MUL);
  w.get(V).const64(32).op(op.I64_SHL);
  next();
  w.op(op.I64_OR, op.I64_GT_U, op.I32_EQZ, op.I32_AND).brIf(done);
  w.get(U).const64(1).op(op.I64_SUB).set(U);
  w.get(V);
  upper();
  w.op(op.I64_ADD).tee(V).const64(32).op(op.I64_SHR_U, op.I64_EQZ).brIf(again);
  w.end();
  w.end();
  w.get(T).const64(32).op(op.I64_SHL);
  next();
  w.op(op.I64_OR).get(U).get(B).op(op.I64_MUL, op.I64_SUB).set(T);
}

/** Puts A into 128 bits, one place to the right where LESS is 1. */
function shiftedByFlag(w: CodeWriter, high: number, low: number): void {
  w.get(LESS).op(op.I64_EXTEND_I32_U).set(U);
  w.get(A).const64(63).op(op.I64_SHL).const64(0).get(U).op(op.I64_SUB, op.I64_AND).set(low);
  w.get(A).get(U).op(op.I64_SHR_U).set(high);
}

/** FDIV. */
export function divisionBody(round: number): CodeWriter {
  const w = declare(new CodeWriter(), WORDS, WIDE);
  signOfBoth(w);
  ifNotNormal(w);
  pushZero(w, A, A_WORD);
  pushNormal(w, B, B_WORD);
  w.op(op.I32_AND).if();
  w.const64(0).get(RESULT_SIGN).const(0).op(op.RETURN);
  w.end();
  answerNoResult(w);
  w.end();
  pushExponent(w, A_WORD);
  pushExponent(w, B_WORD);
  w.op(op.I32_SUB)
    .const(BIAS - 1)
    .op(op.I32_ADD)
    .set(EXPONENT);
  // T is what is divided, less than the divisor, and REST the 64 bits behind.
  w.get(A).get(B).op(op.I64_GE_U).tee(LESS).get(EXPONENT).op(op.I32_ADD).set(EXPONENT);
  shiftedByFlag(w, T, REST);
  digit(w, () => w.get(REST).const64(32).op(op.I64_SHR_U));
  w.get(U).const64(32).op(op.I64_SHL).set(HIGH);
  digit(w, () => w.const64(0));
  w.get(HIGH).get(U).op(op.I64_OR).set(HIGH);
  // Against half of the divisor.
  w.get(B).get(T).op(op.I64_SUB).set(U);
  w.get(T).op(op.I64_EQZ).get(T).get(U).op(op.I64_EQ, op.I32_OR, op.I32_EQZ, op.I64_EXTEND_I32_U);
  w.get(T).get(U).op(op.I64_GE_U, op.I64_EXTEND_I32_U).const64(63).op(op.I64_SHL, op.I64_OR).set(REST);
  answerRounded(w, RESULT, RESULT_SIGN, U, round);
  return w.op(op.END);
}

const TWO64 = 2 ** 64;
const TWO32 = 2 ** 32;

/** FSQRT of the first number; the second is not there, but its locals are. */
export function squareRootBody(round: number): CodeWriter {
  // Its parameters are A and A_WORD; so that the locals have their numbers, B and B_WORD come first.
  const w = new CodeWriter().unsigned(4).unsigned(1).op(op.I64, 1, op.I32).unsigned(WORDS).op(op.I32);
  w.unsigned(WIDE).op(op.I64);
  pushNormal(w, A, A_WORD);
  w.get(A_WORD).const(SIGN).op(op.I32_AND, op.I32_EQZ, op.I32_AND, op.I32_EQZ).hint(false).if();
  answerNoResult(w);
  w.end();
  // B and T: the radicand in 128 bits, at least 2^126. The bias is odd.
  pushExponent(w, A_WORD);
  w.const(BIAS).op(op.I32_ADD).const(1).op(op.I32_SHR_U).set(EXPONENT);
  w.get(A_WORD).const(1).op(op.I32_AND).set(LESS);
  shiftedByFlag(w, B, T);
  // A: the root, first of the upper 64 bits.
  w.get(B).op(simd.F64_CONVERT_I64_U, simd.F64_SQRT).double(TWO32).op(simd.F64_MUL);
  w.op(op.PREFIX_BULK, simd.I64_TRUNC_SAT_F64_U).set(A);
  const remainder = (): void => {
    product(w, A, A);
    w.get(B).get(HIGH).op(op.I64_SUB).get(T).get(REST).op(op.I64_LT_U, op.I64_EXTEND_I32_U, op.I64_SUB).set(HIGH);
    w.get(T).get(REST).op(op.I64_SUB).set(REST);
  };
  remainder();
  w.get(HIGH)
    .op(simd.F64_CONVERT_I64_S)
    .double(TWO64)
    .op(simd.F64_MUL)
    .get(REST)
    .op(simd.F64_CONVERT_I64_U, simd.F64_ADD);
  w.get(A).op(simd.F64_CONVERT_I64_U).double(2).op(simd.F64_MUL, simd.F64_DIV);
  w.op(op.PREFIX_BULK, simd.I64_TRUNC_SAT_F64_S).set(U);
  // No further than the largest root.
  w.get(A).get(U).op(op.I64_ADD).set(V);
  w.get(U).const64(0).op(op.I64_LT_S, op.I32_EQZ).get(V).get(A).op(op.I64_LT_U, op.I32_AND).if();
  w.const64(-1).set(V);
  w.end();
  w.get(V).set(A);
  const done = w.block();
  const again = w.loop();
  remainder();
  w.get(HIGH).const64(0).op(op.I64_LT_S).if();
  w.get(A).const64(1).op(op.I64_SUB).set(A).br(again);
  w.end();
  // (root + 1)² is root² + 2·root + 1.
  w.get(HIGH).get(A).const64(63).op(op.I64_SHR_U, op.I64_GT_U);
  w.get(HIGH).get(A).const64(63).op(op.I64_SHR_U, op.I64_EQ);
  w.get(REST).get(A).const64(1).op(op.I64_SHL, op.I64_GT_U, op.I32_AND, op.I32_OR, op.I32_EQZ).brIf(done);
  w.get(A).const64(1).op(op.I64_ADD).set(A).br(again);
  w.end();
  w.end();
  // (root + ½)² is root² + root + ¼: the remainder is never half.
  w.get(HIGH).op(op.I64_EQZ, op.I32_EQZ).get(REST).get(A).op(op.I64_GT_U, op.I32_OR, op.I64_EXTEND_I32_U);
  w.const64(63).op(op.I64_SHL);
  w.get(HIGH).get(REST).op(op.I64_OR, op.I64_EQZ, op.I32_EQZ, op.I64_EXTEND_I32_U, op.I64_OR).set(REST);
  w.get(A).set(HIGH);
  answerRounded(w, RESULT, RESULT_SIGN, U, round);
  return w.op(op.END);
}
