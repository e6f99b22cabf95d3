/**
 * Where MXCSR has no PE yet: leaves unless a result is exact, so that programs of exact numbers need not leave each time.
 *
 * Each looks at PE first; the rest runs rarely, since the first inexact result sets it. A result that might be inexact for all
 * that is known is left to the interpreter, which knows. Here: by operation. Operands and results have passed checks.ts:
 * they are normal numbers, or zeros that are exact.
 * @module
 */
import { PE } from "../../softfloat/context.ts";
import { FLOAT_FILE } from "../../state/control-area.ts";
import { MXCSR } from "../../state/fpu.ts";
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";
import * as simd from "../wasm/simd-opcodes.ts";

/** Fraction bits of a binary64, and its integer bit. */
const FRACTION = (1n << 52n) - 1n;
const INTEGER = 1n << 52n;
const BITS = 53;

/** Emits `look`, which pushes whether something may be inexact, for where PE is not set. */
export function unlessNoted(to: Lowering, look: () => void): void {
  const { vectors, w } = to.emit;
  if (vectors.inexactNoted) return;
  w.word(FLOAT_FILE + 4 * MXCSR)
    .const(PE)
    .op(op.I32_AND, op.I32_EQZ);
  w.hint(false).if();
  look();
  to.interpretIf();
  w.end();
}

/** Pushes how many zeros the significand of a binary64 ends in. */
function pushTrailing(w: CodeWriter, number: number): void {
  w.get(number).op(simd.I64_REINTERPRET_F64).big(FRACTION).op(op.I64_AND).big(INTEGER);
  w.op(op.I64_OR, op.I64_CTZ, op.I32_WRAP_I64);
}

/** Pushes whether the product of two binary64 numbers may not be exact, or is not `expected`. */
function pushProductDiffers(w: CodeWriter, a: number, b: number, expected: number): void {
  pushTrailing(w, a);
  pushTrailing(w, b);
  w.op(op.I32_ADD).const(BITS).op(op.I32_LT_S);
  w.get(a).get(b).op(simd.F64_MUL).get(expected).op(simd.F64_NE, op.I32_OR);
}

type Operation = "ADD" | "SUB" | "MUL" | "DIV" | "SQRT";

/** Scalar operations: a ∘ b = result; of SQRT a = b is the operand. All are locals. */
export function checkExact(to: Lowering, name: Operation, wide: boolean, a: number, b: number, result: number): void {
  const { w } = to.emit;
  unlessNoted(to, () => {
    if (name === "ADD" || name === "SUB") {
      // The error of the sum, by Knuth: (a − (r − t)) + (b − t), t = r − a.
      const [add, subtract] = wide ? [simd.F64_ADD, simd.F64_SUB] : [simd.F32_ADD, simd.F32_SUB];
      const t = (): void => {
        w.get(result).get(a).op(subtract);
      };
      w.get(a).get(result);
      t();
      w.op(subtract, subtract).get(b);
      t();
      if (name === "ADD") w.op(subtract, add);
      else w.op(add, subtract);
      if (wide) w.double(0).op(simd.F64_NE);
      else w.single(0).op(simd.F32_NE);
      return;
    }
    const [x, y, product] = productOf(name, a, b, result);
    if (wide) pushProductDiffers(w, x, y, product);
    else {
      w.get(x).op(simd.F64_PROMOTE_F32).get(y).op(simd.F64_PROMOTE_F32, simd.F64_MUL);
      w.get(product).op(simd.F64_PROMOTE_F32, simd.F64_NE);
    }
    // Zeros are exact.
    if (wide) w.get(result).double(0).op(simd.F64_NE, op.I32_AND);
  });
}

/** Whose product is to be what, if the result is exact. */
function productOf(name: "MUL" | "DIV" | "SQRT", a: number, b: number, result: number): [number, number, number] {
  return name === "MUL" ? [a, b, result] : [result, name === "DIV" ? b : result, a];
}

/** The same for all elements of vectors. */
export function checkAllExact(to: Lowering, name: Operation, wide: boolean, a: number, b: number, result: number): void {
  unlessNoted(to, () => {
    if (name === "ADD" || name === "SUB") pushSumsDiffer(to.emit.w, name, wide, a, b, result);
    else if (wide) pushProductsDiffer64(to.emit.w, productOf(name, a, b, result), result);
    else pushProductsDiffer32(to.emit.w, productOf(name, a, b, result));
  });
}

function pushSumsDiffer(w: CodeWriter, name: "ADD" | "SUB", wide: boolean, a: number, b: number, result: number): void {
  const [add, subtract] = wide ? [simd.F64X2_ADD, simd.F64X2_SUB] : [simd.F32X4_ADD, simd.F32X4_SUB];
  const t = (): void => {
    w.get(result).get(a).simd(subtract);
  };
  w.get(a).get(result);
  t();
  w.simd(subtract, subtract).get(b);
  t();
  if (name === "ADD") w.simd(subtract, add);
  else w.simd(add, subtract);
  w.vector([0, 0, 0, 0]).simd(wide ? simd.F64X2_EQ : simd.F32X4_EQ, simd.I32X4_ALL_TRUE);
  w.op(op.I32_EQZ);
}

/** One after the other: no instruction counts zeros of two elements. */
function pushProductsDiffer64(w: CodeWriter, numbers: readonly number[], result: number): void {
  for (const element of [0, 1]) {
    numbers.forEach((number, i) => {
      w.get(number)
        .lane(simd.F64X2_EXTRACT_LANE, element)
        .set(local.DOUBLES + i);
    });
    pushProductDiffers(w, local.DOUBLES, local.DOUBLES + 1, local.DOUBLES + 2);
    w.get(result).lane(simd.F64X2_EXTRACT_LANE, element).double(0).op(simd.F64_NE, op.I32_AND);
  }
  w.op(op.I32_OR);
}

/** Products of binary32 are exact in binary64. */
function pushProductsDiffer32(w: CodeWriter, numbers: readonly number[]): void {
  for (const upper of [false, true]) {
    const [x, y, product] = numbers.map((number) => () => {
      w.get(number);
      if (upper) w.get(number).shuffle(UPPER_HALF);
      w.simd(simd.F64X2_PROMOTE_LOW_F32X4);
    });
    x();
    y();
    w.simd(simd.F64X2_MUL);
    product();
    w.simd(simd.F64X2_EQ, simd.I32X4_ALL_TRUE);
  }
  w.op(op.I32_AND, op.I32_EQZ);
}

const UPPER_HALF: readonly number[] = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
