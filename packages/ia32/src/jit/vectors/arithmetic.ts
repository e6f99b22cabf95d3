/**
 * Arithmetic of binary32 and binary64 elements: ADD SUB MUL DIV SQRT MIN MAX.
 *
 * Here: operations by the row's form (packed or scalar, 32 or 64). Not here: when the host's result counts (→ checks.ts).
 * @module
 */
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as simd from "../wasm/simd-opcodes.ts";
import {
  checkAll,
  checkRounding,
  checkLow32,
  checkLow64,
  checkNumbers,
  checkResult32,
  checkResult64,
  checkResults,
  type ExactZero,
} from "./checks.ts";
import { checkAllExact, checkExact } from "./exactness.ts";
import { ALL32, ALL64, LOW32, LOW64 } from "./vector-registers.ts";

type Binary = "ADD" | "SUB" | "MUL" | "DIV";
const EXACT_ZERO: Readonly<Record<Binary, ExactZero>> = { ADD: "always", SUB: "always", MUL: "either", DIV: "first" };

const [A, B, R] = [0, 1, 2];

export class FloatArithmetic {
  readonly #to: Lowering;

  constructor(to: Lowering) {
    this.#to = to;
  }

  get #w(): CodeWriter {
    return this.#to.emit.w;
  }

  /** packed32, packed64, scalar32 or scalar64. */
  get #form(): { readonly wide: boolean; readonly packed: boolean } {
    const form = this.#to.operation.slot?.encoding.row.form ?? "";
    return { wide: form.endsWith("64"), packed: form.startsWith("packed") };
  }

  binary(name: Binary, d: number, s: number): void {
    const { wide, packed } = this.#form;
    checkRounding(this.#to);
    if (packed) this.#packed(name, wide, d, s);
    else this.#scalar(name, wide, d, s);
  }

  #packed(name: Binary | "SQRT", wide: boolean, d: number, s: number): void {
    const w = this.#w;
    checkAll(this.#to, s, wide);
    if (name !== "SQRT") {
      checkAll(this.#to, d, wide);
      w.get(d);
    }
    const result = this.#to.emit.vector();
    w.get(s)
      .simd(simd[`${wide ? "F64X2" : "F32X4"}_${name}`])
      .set(result);
    const first = name === "SQRT" ? s : d;
    checkResults(this.#to, result, name === "SQRT" ? "first" : EXACT_ZERO[name], first, s, wide);
    checkAllExact(this.#to, name, wide, first, s, result);
    w.get(result);
    this.#to.vectors.facts = wide ? ALL64 : ALL32;
  }

  /** Puts the lowest element of a vector into a local of its type. */
  low(wide: boolean, from: number, number: number): number {
    const to = (wide ? local.DOUBLES : local.SINGLES) + number;
    this.#w
      .get(from)
      .lane(wide ? simd.F64X2_EXTRACT_LANE : simd.F32X4_EXTRACT_LANE, 0)
      .set(to);
    return to;
  }

  #scalar(name: Binary | "SQRT", wide: boolean, d: number, s: number): void {
    const w = this.#w;
    const check = wide ? checkLow64 : checkLow32;
    check(this.#to, s);
    const b = this.low(wide, s, B);
    let a = b;
    if (name !== "SQRT") {
      check(this.#to, d);
      a = this.low(wide, d, A);
      w.get(a);
    }
    const result = (wide ? local.DOUBLES : local.SINGLES) + R;
    w.get(b)
      .op(simd[`${wide ? "F64" : "F32"}_${name}`])
      .set(result);
    const zero = name === "SQRT" ? "first" : EXACT_ZERO[name];
    (wide ? checkResult64 : checkResult32)(this.#to, result, zero, a, b);
    checkExact(this.#to, name, wide, a, b, result);
    this.setLow(wide, d, result);
  }

  /** Pushes a vector with a number as its lowest element, which is no denormal one. */
  setLow(wide: boolean, d: number, from: number): void {
    this.#w
      .get(d)
      .get(from)
      .lane(wide ? simd.F64X2_REPLACE_LANE : simd.F32X4_REPLACE_LANE, 0);
    this.#to.vectors.facts = wide ? LOW64 : LOW32;
  }

  squareRoot(d: number, s: number): void {
    const { wide, packed } = this.#form;
    checkRounding(this.#to);
    if (packed) this.#packed("SQRT", wide, d, s);
    else this.#scalar("SQRT", wide, d, s);
  }

  /** The second operand where they are equal. */
  extreme(name: "PMIN" | "PMAX", d: number, s: number): void {
    const { wide, packed } = this.#form;
    for (const operand of [d, s]) {
      if (packed) checkAll(this.#to, operand, wide);
      else (wide ? checkLow64 : checkLow32)(this.#to, operand);
      checkNumbers(this.#to, operand, wide, !packed);
    }
    const w = this.#w;
    if (!packed) w.get(d);
    w.get(s)
      .get(d)
      .simd(simd[`${wide ? "F64X2" : "F32X4"}_${name}`]);
    if (!packed) w.shuffle(wide ? LOW_DOUBLE : LOW_SINGLE);
    this.#to.vectors.facts = packed ? (wide ? ALL64 : ALL32) : wide ? LOW64 : LOW32;
  }
}

/** Lowest element of the second, the rest of the first operand. */
export const LOW_DOUBLE: readonly number[] = [16, 17, 18, 19, 20, 21, 22, 23, 8, 9, 10, 11, 12, 13, 14, 15];
export const LOW_SINGLE: readonly number[] = [16, 17, 18, 19, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
