/**
 * Conversions between x87 numbers, narrower reals and integers, and comparison, as WebAssembly functions.
 *
 * Here: bodies of the functions; what they answer and when they do nothing: rounding.ts. Reals and integers are int64, the
 * narrow ones in its low bits. The interpreter's own: softfloat/convert-real.ts, integer.ts, compare.ts.
 * @module
 */
import { EQUAL, GREATER, LESS } from "../../softfloat/compare.ts";
import { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";
import { CONTROL_WORD } from "./float-stack.ts";
import { leaveUnlessPlain, narrowed, widened } from "./plain.ts";
import {
  answerNoResult,
  answerNothing,
  declare,
  EXPONENT_MASK,
  pushFlags,
  pushLeftBy64Less,
  pushNormal,
  pushZero,
  ROUNDING_CONTROL,
  roundBy,
  SIGN,
} from "./rounding.ts";

/** A narrow format: bits behind the point, the largest exponent field of a number, its bias against 16383. */
export interface Narrow {
  readonly bits: number;
  readonly fraction: number;
  readonly largest: number;
  readonly bias: number;
}
export const REAL32: Narrow = { bits: 32, fraction: 23, largest: 0xfe, bias: 16256 };
export const REAL64: Narrow = { bits: 64, fraction: 52, largest: 0x7fe, bias: 15360 };

/** (real) → number. */
export function wideningBody(format: Narrow): CodeWriter {
  const { bits } = format;
  const [REAL, FIELD, WORD] = [0, 1, 2];
  const w = declare(new CodeWriter(), 2, 0);
  const rare = w.block();
  widened(w, format, REAL, { significand: REAL, word: WORD }, FIELD, () => w.brIf(rare));
  w.get(REAL).get(WORD).op(op.RETURN);
  w.end();
  w.get(REAL)
    .const64(65 - bits)
    .op(op.I64_SHL, op.I64_EQZ)
    .if();
  w.const64(0);
  w.get(REAL)
    .const64(bits - 16)
    .op(op.I64_SHR_U, op.I32_WRAP_I64)
    .const(SIGN)
    .op(op.I32_AND, op.RETURN);
  w.end();
  w.const64(0).const(-1);
  return w.op(op.END);
}

/** Number → (real, flags 16 places higher). */
export function narrowingBody(format: Narrow): CodeWriter {
  const { bits, fraction, largest, bias } = format;
  const [A, WORD, FIELD, FLAGS, CONTROL, REAL, REST, UP] = [0, 1, 2, 3, 4, 5, 6, 7];
  const w = declare(new CodeWriter(), 3, 3);
  const rare = w.block();
  const number = { significand: A, word: WORD };
  const leave = (): void => {
    w.hint(false).brIf(rare);
  };
  leaveUnlessPlain(w, [number], leave);
  narrowed(w, format, number, { significand: REAL, word: FIELD, rest: REST, up: UP }, leave);
  w.get(REAL);
  pushFlags(w, REST, UP);
  w.op(op.RETURN);
  w.end();
  const pushSign = (): void => {
    w.get(WORD)
      .const(SIGN)
      .op(op.I32_AND, op.I64_EXTEND_I32_U)
      .const64(bits - 16)
      .op(op.I64_SHL);
  };
  w.get(WORD).const(EXPONENT_MASK).op(op.I32_AND).const(bias).op(op.I32_SUB).set(FIELD);
  w.get(FIELD).const(1).op(op.I32_SUB).const(largest).op(op.I32_LT_U);
  w.get(A).const64(0).op(op.I64_LT_S, op.I32_AND, op.I32_EQZ).hint(false).if();
  pushZero(w, A, WORD);
  w.if();
  pushSign();
  w.const(0).op(op.RETURN);
  w.end();
  answerNothing(w);
  w.end();
  w.get(A)
    .const64(63 - fraction)
    .op(op.I64_SHR_U)
    .set(REAL);
  w.get(A)
    .const64(fraction + 1)
    .op(op.I64_SHL)
    .set(REST);
  w.word(CONTROL_WORD).const(ROUNDING_CONTROL).op(op.I32_AND).set(CONTROL);
  roundBy(w, CONTROL, { high: REAL, rest: REST, exponent: FIELD, flags: FLAGS }, WORD, UP);
  // The integer bit, or a carry into the place above, adds to the exponent field.
  w.get(FIELD).const(1).op(op.I32_SUB, op.I64_EXTEND_I32_U).const64(fraction).op(op.I64_SHL).get(REAL);
  w.op(op.I64_ADD).tee(REAL);
  w.const64(fraction).op(op.I64_SHR_U, op.I32_WRAP_I64).const(largest).op(op.I32_GT_U).hint(false).if();
  answerNothing(w);
  w.end();
  pushSign();
  w.get(REAL).op(op.I64_OR).get(FLAGS);
  return w.op(op.END);
}

/** The exponent of a significand that counts units. */
const UNITS = 16383 + 63;

/** (signed integer) → number. */
export function fromIntegerBody(): CodeWriter {
  const [INTEGER, WORD, COUNT] = [0, 1, 2];
  const w = declare(new CodeWriter(), 1, 1);
  w.get(INTEGER).op(op.I64_EQZ).if();
  w.const64(0).const(0).op(op.RETURN);
  w.end();
  w.get(INTEGER).const64(0).op(op.I64_LT_S).if();
  w.const(SIGN).set(WORD).const64(0).get(INTEGER).op(op.I64_SUB).set(INTEGER);
  w.end();
  w.get(INTEGER).get(INTEGER).op(op.I64_CLZ).tee(COUNT).op(op.I64_SHL);
  w.const(UNITS).get(COUNT).op(op.I32_WRAP_I64, op.I32_SUB).get(WORD).op(op.I32_OR);
  return w.op(op.END);
}

/** Parameters and locals of roundings to integers. `CONTROL`: an RC field. */
const [A, WORD, CONTROL, EXPONENT, FLAGS, HIGH, REST, COUNT] = [0, 1, 2, 3, 4, 5, 6, 7];

/** Puts the magnitude, rounded, and the flags into HIGH and FLAGS; EXPONENT says how many bits are cut off, at least 1. */
function magnitude(w: CodeWriter): void {
  w.get(EXPONENT).op(op.I64_EXTEND_I32_U).set(COUNT);
  w.get(EXPONENT).const(64).op(op.I32_LT_U).if();
  w.get(A).get(COUNT).op(op.I64_SHR_U).set(HIGH);
  pushLeftBy64Less(w, A, COUNT);
  w.set(REST);
  w.else();
  // Half or more, or less.
  w.get(A).const64(1).get(EXPONENT).const(64).op(op.I32_EQ, op.SELECT).set(REST);
  w.end();
  roundBy(w, CONTROL, { high: HIGH, rest: REST, exponent: EXPONENT, flags: FLAGS }, WORD, COUNT);
}

/** Answers a zero with 0 and what is pushed behind, and other numbers that are not normal with nothing; counts bits to cut off. */
function countCut(w: CodeWriter, nothing: (w: CodeWriter) => void, ...push: readonly (() => void)[]): void {
  pushNormal(w, A, WORD);
  w.op(op.I32_EQZ).hint(false).if();
  pushZero(w, A, WORD);
  w.if();
  w.const64(0);
  for (const each of push) each();
  w.op(op.RETURN);
  w.end();
  nothing(w);
  w.end();
  w.const(UNITS).get(WORD).const(EXPONENT_MASK).op(op.I32_AND, op.I32_SUB).set(EXPONENT);
}

/** (number, RC field) → (signed integer of 64 bits, flags 16 places higher). */
export function toIntegerBody(): CodeWriter {
  const w = declare(new CodeWriter(), 2, 3);
  countCut(w, answerNothing, () => w.const(0));
  w.get(EXPONENT).const(1).op(op.I32_LT_S).if();
  answerNothing(w);
  w.end();
  magnitude(w);
  w.get(HIGH).const64(0).op(op.I64_LT_S).if();
  answerNothing(w);
  w.end();
  w.const64(0).get(HIGH).op(op.I64_SUB).get(HIGH).get(WORD).const(SIGN).op(op.I32_AND, op.SELECT).get(FLAGS);
  return w.op(op.END);
}

/** FRNDINT: number → number with flags, as the control word says. */
export function toIntegralBody(): CodeWriter {
  const w = declare(new CodeWriter(), 3, 3);
  const pushSign = (): void => {
    w.get(WORD).const(SIGN).op(op.I32_AND);
  };
  w.word(CONTROL_WORD).const(ROUNDING_CONTROL).op(op.I32_AND).set(CONTROL);
  countCut(w, answerNoResult, pushSign, () => w.const(0));
  w.get(EXPONENT).const(1).op(op.I32_LT_S).if();
  w.get(A).get(WORD).const(0).op(op.RETURN);
  w.end();
  magnitude(w);
  w.get(HIGH).op(op.I64_EQZ).if();
  w.const64(0);
  pushSign();
  w.get(FLAGS).op(op.RETURN);
  w.end();
  w.get(HIGH).get(HIGH).op(op.I64_CLZ).tee(COUNT).op(op.I64_SHL);
  w.const(UNITS).get(COUNT).op(op.I32_WRAP_I64, op.I32_SUB);
  pushSign();
  w.op(op.I32_OR).get(FLAGS);
  return w.op(op.END);
}

/** (number, number) → relation, as the interpreter's compare80() gives it, or −1. */
export function comparisonBody(): CodeWriter {
  const [A, A_WORD, B, B_WORD, NEGATIVE] = [0, 1, 2, 3, 4];
  const w = declare(new CodeWriter(), 1, 0);
  for (const [significand, word] of [
    [A, A_WORD],
    [B, B_WORD],
  ]) {
    pushNormal(w, significand, word);
    pushZero(w, significand, word);
    w.op(op.I32_OR, op.I32_EQZ).hint(false).if();
    w.const(-1).op(op.RETURN);
    w.end();
  }
  w.get(A).get(B).op(op.I64_OR, op.I64_EQZ).if();
  w.const(EQUAL).op(op.RETURN);
  w.end();
  w.get(A_WORD).const(SIGN).op(op.I32_AND).set(NEGATIVE);
  w.get(A_WORD).get(B_WORD).op(op.I32_XOR).const(SIGN).op(op.I32_AND).if();
  w.const(LESS).const(GREATER).get(NEGATIVE).op(op.SELECT, op.RETURN);
  w.end();
  // Whether the magnitude of the first is smaller.
  w.const(LESS).const(GREATER);
  w.get(A_WORD).get(B_WORD).op(op.I32_EQ).if(op.I32);
  w.get(A).get(B).op(op.I64_EQ).if();
  w.const(EQUAL).op(op.RETURN);
  w.end();
  w.get(A).get(B).op(op.I64_LT_U);
  w.else();
  w.get(A_WORD).get(B_WORD).op(op.I32_LT_U);
  w.end();
  w.get(NEGATIVE).op(op.I32_EQZ, op.I32_EQZ, op.I32_XOR, op.SELECT);
  return w.op(op.END);
}
