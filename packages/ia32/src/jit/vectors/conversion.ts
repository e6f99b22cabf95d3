/**
 * Conversions and comparisons of binary32 and binary64 elements.
 *
 * Here: those that programs use much; operands that are not numbers, denormal, or out of range are left to the interpreter.
 * Not here: arithmetic (→ arithmetic.ts).
 * @module
 */

import * as local from "../locals.ts";
import * as flag from "../flags.ts";
import type { Lowering } from "../lowering.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";
import * as simd from "../wasm/simd-opcodes.ts";
import { LOW_DOUBLE, LOW_SINGLE } from "./arithmetic.ts";
import {
  checkAll,
  checkControl,
  checkLow32,
  checkLow64,
  checkNumbers,
  checkResult32,
  checkRounding,
} from "./checks.ts";
import { unlessNoted } from "./exactness.ts";

/** Carries out of bits 31 and 30: CF without OF (state/lazy-flags.ts). */
const CARRY = -0x40000000;
/** Numbers between these become an int32. */
const BELOW = -(2 ** 31) - 1;
const ABOVE = 2 ** 31;

const ZEROS = [0, 0, 0, 0];
const ONES = [-1, -1, -1, -1];

export class FloatConversion {
  readonly #to: Lowering;

  constructor(to: Lowering) {
    this.#to = to;
  }

  get #w(): CodeWriter {
    return this.#to.emit.w;
  }

  #low(wide: boolean, from: number, number: number): number {
    return this.#to.vectors.arithmetic.low(wide, from, number);
  }

  #setLow(wide: boolean, d: number, from: number): void {
    this.#to.vectors.arithmetic.setLow(wide, d, from);
  }

  /** COMISS and its like: ZF, PF and CF tell the relation, the other flags are cleared. */
  compare(wide: boolean, d: number, s: number): void {
    const w = this.#w;
    for (const operand of [d, s]) {
      (wide ? checkLow64 : checkLow32)(this.#to, operand);
      checkNumbers(this.#to, operand, wide, true);
    }
    const a = this.#low(wide, d, 0);
    const b = this.#low(wide, s, 1);
    w.const(1).set(local.SIGN);
    w.get(a)
      .get(b)
      .op(wide ? simd.F64_NE : simd.F32_NE)
      .set(local.RESULT);
    w.get(a)
      .get(b)
      .op(wide ? simd.F64_LT : simd.F32_LT)
      .const(CARRY)
      .op(op.I32_MUL)
      .set(local.B);
    this.#to.emit.flags.become(flag.WORDS);
  }

  /** CMPPS and its like: elements of ones where the predicate holds. */
  compareElements(wide: boolean, packed: boolean, d: number, s: number): void {
    const w = this.#w;
    const predicate = this.#to.operation.immediate & 7;
    for (const operand of [d, s]) {
      if (packed) checkAll(this.#to, operand, wide);
      else (wide ? checkLow64 : checkLow32)(this.#to, operand);
      checkNumbers(this.#to, operand, wide, !packed);
    }
    if (!packed) w.get(d);
    const kind = predicate & 3;
    if (kind === 3) w.vector(predicate === 3 ? ZEROS : ONES);
    else {
      const relation = (["EQ", "LT", "LE"] as const)[kind];
      w.get(d)
        .get(s)
        .simd(simd[`${wide ? "F64X2" : "F32X4"}_${relation}`]);
      if (predicate & 4) w.simd(simd.V128_NOT);
    }
    if (!packed) w.shuffle(wide ? LOW_DOUBLE : LOW_SINGLE);
  }

  /** CVTSI2SD: exact. */
  doubleFromInteger(d: number, value: number): void {
    this.#w.get(value).op(simd.F64_CONVERT_I32_S).set(local.DOUBLES);
    this.#setLow(true, d, local.DOUBLES);
  }

  /** CVTSI2SS. */
  singleFromInteger(d: number, value: number): void {
    checkRounding(this.#to);
    this.#w.get(value).op(simd.F32_CONVERT_I32_S).set(local.SINGLES);
    unlessNoted(this.#to, () => {
      this.#w.get(value).op(simd.F64_CONVERT_I32_S).get(local.SINGLES).op(simd.F64_PROMOTE_F32, simd.F64_NE);
    });
    this.#setLow(false, d, local.SINGLES);
  }

  /** CVTSD2SI, CVTTSD2SI and, from binary32, CVTSS2SI and CVTTSS2SI. */
  integer(wide: boolean, truncate: boolean, s: number): void {
    const w = this.#w;
    checkRounding(this.#to);
    const [x, exact] = [local.DOUBLES, local.DOUBLES + 1];
    w.get(s).lane(wide ? simd.F64X2_EXTRACT_LANE : simd.F32X4_EXTRACT_LANE, 0);
    if (!wide) w.op(simd.F64_PROMOTE_F32);
    w.tee(exact);
    if (!truncate) w.op(simd.F64_NEAREST);
    w.set(x);
    w.get(x).double(BELOW).op(simd.F64_GT).get(x).double(ABOVE).op(simd.F64_LT, op.I32_AND, op.I32_EQZ);
    this.#to.interpretIf();
    unlessNoted(this.#to, () => {
      w.get(x).op(op.PREFIX_BULK, simd.I32_TRUNC_SAT_F64_S, simd.F64_CONVERT_I32_S).get(exact).op(simd.F64_NE);
    });
    w.get(x).op(op.PREFIX_BULK, simd.I32_TRUNC_SAT_F64_S);
  }

  /** CVTSS2SD: exact. */
  doubleFromSingle(d: number, s: number): void {
    checkLow32(this.#to, s);
    checkNumbers(this.#to, s, false, true);
    this.#w.get(s).lane(simd.F32X4_EXTRACT_LANE, 0).op(simd.F64_PROMOTE_F32).set(local.DOUBLES);
    this.#setLow(true, d, local.DOUBLES);
  }

  /** CVTSD2SS. */
  singleFromDouble(d: number, s: number): void {
    checkRounding(this.#to);
    checkLow64(this.#to, s);
    const x = this.#low(true, s, 0);
    this.#w.get(x).op(simd.F32_DEMOTE_F64).set(local.SINGLES);
    // A zero is exact only if it was one.
    this.#w.get(x).double(0).op(simd.F64_NE).get(local.SINGLES).single(0).op(simd.F32_EQ, op.I32_AND);
    this.#to.interpretIf();
    checkResult32(this.#to, local.SINGLES, "always", local.SINGLES, local.SINGLES);
    unlessNoted(this.#to, () => {
      this.#w.get(local.SINGLES).op(simd.F64_PROMOTE_F32).get(x).op(simd.F64_NE);
    });
    this.#setLow(false, d, local.SINGLES);
  }

  /** CVTDQ2PS. */
  singlesFromIntegers(s: number): void {
    checkControl(this.#to);
    this.#w.get(s).simd(simd.F32X4_CONVERT_I32X4_S);
  }

  /** CVTDQ2PD: exact. */
  doublesFromIntegers(s: number): void {
    this.#w.get(s).simd(simd.F64X2_CONVERT_LOW_I32X4_S);
  }

  /** CVTPS2PD: exact. */
  doublesFromSingles(s: number): void {
    checkAll(this.#to, s, false);
    checkNumbers(this.#to, s, false, false);
    this.#w.get(s).simd(simd.F64X2_PROMOTE_LOW_F32X4);
  }
}

