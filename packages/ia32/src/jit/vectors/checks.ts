/**
 * When the host's arithmetic is the processor's: checks around binary32 and binary64 operations.
 *
 * With default rounding, a precision exception that is masked and noted already or does not arise (→ exactness.ts), operands that are no denormal numbers and
 * a result that is a normal number (or a zero that is exact), nothing is left to note and the host's result is the one of
 * SDM Vol. 1, 11.5. Everything else is left to the interpreter, before the instruction.
 * Here: these checks, for one element and for all. Not here: operations (→ arithmetic.ts).
 * @module
 */
import { PE } from "../../softfloat/context.ts";
import { FLOAT_FILE } from "../../state/control-area.ts";
import { MXCSR } from "../../state/fpu.ts";
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import * as op from "../wasm/opcodes.ts";
import * as simd from "../wasm/simd-opcodes.ts";
import { ALL32, ALL64, LOW32, LOW64 } from "./vector-registers.ts";

/** RC, FTZ, DAZ and PM; of these only PM is set. */
const ROUNDING = 0xf040;
const MASKED = 0x1000;

/** Twice the bits of the smallest normal number, and of what normal numbers span. */
const LEAST32 = 0x0100_0000;
const SPAN32 = -0x0200_0000;
const LEAST64 = 1n << 53n;
const SPAN64 = 0x7fen << 53n;

const MINIMUM64 = 2 ** -1022;
const MAXIMUM64 = Number.MAX_VALUE;
const MINIMUM32 = [0x0080_0000, 0x0080_0000, 0x0080_0000, 0x0080_0000];
const MAXIMUM32 = [0x7f7f_ffff, 0x7f7f_ffff, 0x7f7f_ffff, 0x7f7f_ffff];
const ZEROS = [0, 0, 0, 0];

const words64 = (value: number): number[] => {
  const [low, high] = new Int32Array(Float64Array.of(value).buffer);
  return [low, high, low, high];
};

/** Leaves before the instruction unless rounding is the default one and inexact results are masked. */
export function checkRounding(to: Lowering): void {
  const { vectors } = to.emit;
  if (vectors.arithmeticReady) return;
  checkControlWord(to, ROUNDING, MASKED);
  vectors.arithmeticReady = true;
}

/** The same, and unless inexact results need no noting. */
export function checkControl(to: Lowering): void {
  const { vectors } = to.emit;
  if (vectors.inexactNoted) return;
  checkControlWord(to, ROUNDING | PE, MASKED | PE);
  vectors.arithmeticReady = true;
  vectors.inexactNoted = true;
}

function checkControlWord(to: Lowering, mask: number, value: number): void {
  to.emit.w
    .word(FLOAT_FILE + 4 * MXCSR)
    .const(mask)
    .op(op.I32_AND)
    .const(value)
    .op(op.I32_NE);
  to.interpretIf();
}

function isKnown(to: Lowering, vector: number, facts: number): boolean {
  const register = vector - local.XMM;
  return register < 8 && to.emit.vectors.knows(register, facts);
}

function learn(to: Lowering, vector: number, facts: number): void {
  const register = vector - local.XMM;
  if (register < 8) to.emit.vectors.learn(register, facts);
}

/** Leaves where the lowest binary64 is a denormal number. */
export function checkLow64(to: Lowering, vector: number): void {
  if (isKnown(to, vector, LOW64 | ALL64)) return;
  const { w } = to.emit;
  w.get(vector).lane(simd.I64X2_EXTRACT_LANE, 0).const64(1).op(op.I64_SHL).const64(1).op(op.I64_SUB);
  w.big(LEAST64 - 1n).op(op.I64_LT_U);
  to.interpretIf();
  learn(to, vector, LOW64);
}

/** The same for the lowest binary32. */
export function checkLow32(to: Lowering, vector: number): void {
  if (isKnown(to, vector, LOW32 | ALL32)) return;
  const { w } = to.emit;
  w.get(vector).lane(simd.I32X4_EXTRACT_LANE, 0).const(1).op(op.I32_SHL).const(1).op(op.I32_SUB);
  w.const(LEAST32 - 1).op(op.I32_LT_U);
  to.interpretIf();
  learn(to, vector, LOW32);
}

/** The same for all elements. */
export function checkAll(to: Lowering, vector: number, wide: boolean): void {
  const fact = wide ? ALL64 : ALL32;
  if (isKnown(to, vector, fact)) return;
  const { w } = to.emit;
  const magnitude = to.emit.vector();
  w.get(vector)
    .simd(wide ? simd.F64X2_ABS : simd.F32X4_ABS)
    .set(magnitude);
  w.get(magnitude)
    .vector(wide ? words64(MINIMUM64) : MINIMUM32)
    .simd(wide ? simd.F64X2_LT : simd.F32X4_LT);
  w.get(magnitude)
    .vector(ZEROS)
    .simd(wide ? simd.F64X2_GT : simd.F32X4_GT, simd.V128_AND, simd.V128_ANY_TRUE);
  to.emit.release(magnitude);
  to.interpretIf();
  learn(to, vector, fact);
}

/** Leaves where an element is not a number; `low`: the lowest element alone counts. */
export function checkNumbers(to: Lowering, vector: number, wide: boolean, low: boolean): void {
  const { w } = to.emit;
  w.get(vector)
    .get(vector)
    .simd(wide ? simd.F64X2_EQ : simd.F32X4_EQ);
  if (low) w.lane(simd.I32X4_EXTRACT_LANE, 0);
  else w.simd(simd.I32X4_ALL_TRUE);
  w.op(op.I32_EQZ);
  to.interpretIf();
}

/** Which zero results are exact: all; those with a zero among the operands; those of a zero first operand. */
export type ExactZero = "always" | "either" | "first";

/** Leaves unless the binary64 in a local is normal, or an exact zero. Operands are locals of binary64, too. */
export function checkResult64(to: Lowering, result: number, zero: ExactZero, a: number, b: number): void {
  const { w } = to.emit;
  const bits = to.emit.wide();
  w.get(result).op(simd.I64_REINTERPRET_F64).const64(1).op(op.I64_SHL).tee(bits);
  w.big(LEAST64).op(op.I64_SUB).big(SPAN64).op(op.I64_LT_U, op.I32_EQZ);
  w.hint(false).if();
  w.get(bits).op(simd.I64_EQZ);
  if (zero !== "always") {
    w.get(a).double(0).op(simd.F64_EQ);
    if (zero === "either") w.get(b).double(0).op(simd.F64_EQ, op.I32_OR);
    w.op(op.I32_AND);
  }
  w.op(op.I32_EQZ);
  to.interpretIf();
  w.end();
}

/** The same for binary32. */
export function checkResult32(to: Lowering, result: number, zero: ExactZero, a: number, b: number): void {
  const { w } = to.emit;
  const bits = to.emit.temporary();
  w.get(result).op(simd.I32_REINTERPRET_F32).const(1).op(op.I32_SHL).tee(bits);
  w.const(LEAST32).op(op.I32_SUB).const(SPAN32).op(op.I32_LT_U, op.I32_EQZ);
  w.hint(false).if();
  w.get(bits).op(op.I32_EQZ);
  if (zero !== "always") {
    w.get(a).single(0).op(simd.F32_EQ);
    if (zero === "either") w.get(b).single(0).op(simd.F32_EQ, op.I32_OR);
    w.op(op.I32_AND);
  }
  w.op(op.I32_EQZ);
  to.interpretIf();
  w.end();
}

/** The same for all elements of vectors. */
export function checkResults(
  to: Lowering,
  result: number,
  zero: ExactZero,
  a: number,
  b: number,
  wide: boolean,
): void {
  const { w } = to.emit;
  const equal = wide ? simd.F64X2_EQ : simd.F32X4_EQ;
  const ok = to.emit.vector();
  w.get(result)
    .simd(wide ? simd.F64X2_ABS : simd.F32X4_ABS)
    .tee(ok);
  w.vector(wide ? words64(MINIMUM64) : MINIMUM32).simd(wide ? simd.F64X2_GE : simd.F32X4_GE);
  w.get(ok)
    .vector(wide ? words64(MAXIMUM64) : MAXIMUM32)
    .simd(wide ? simd.F64X2_LE : simd.F32X4_LE, simd.V128_AND)
    .tee(ok);
  w.simd(simd.I32X4_ALL_TRUE).op(op.I32_EQZ);
  w.hint(false).if();
  w.get(result).vector(ZEROS).simd(equal);
  if (zero !== "always") {
    w.get(a).vector(ZEROS).simd(equal);
    if (zero === "either") w.get(b).vector(ZEROS).simd(equal, simd.V128_OR);
    w.simd(simd.V128_AND);
  }
  w.get(ok).simd(simd.V128_OR, simd.I32X4_ALL_TRUE).op(op.I32_EQZ);
  to.interpretIf();
  w.end();
  to.emit.release(ok);
}
