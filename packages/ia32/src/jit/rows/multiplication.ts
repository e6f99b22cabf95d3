/**
 * Multiplication and division.
 *
 * Here: what isa/multiply-divide.ts computes, on locals, with 64-bit integers. What raises #DE is left to the interpreter.
 * @module
 */
import * as flag from "../flags.ts";
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";

const EAX = 0;
const EDX = 2;

export class Multiplication {
  readonly #to: Lowering;

  constructor(to: Lowering) {
    this.#to = to;
  }

  get #w(): CodeWriter {
    return this.#to.emit.w;
  }

  /** MUL and IMUL with one operand. */
  accumulate(a: number, signed: boolean): void {
    const w = this.#w;
    const { emit, size } = this.#to;
    const { B, RESULT } = local;
    if (size === 32) {
      const extend = signed ? op.I64_EXTEND_I32_S : op.I64_EXTEND_I32_U;
      const product = emit.wide();
      emit.register(EAX);
      w.op(extend).get(a).op(extend, op.I64_MUL).tee(product).op(op.I32_WRAP_I64).tee(RESULT);
      emit.setRegister(EAX);
      w.get(product).const64(32).op(op.I64_SHR_U, op.I32_WRAP_I64);
      emit.setRegister(EDX);
      emit.register(EDX);
      if (signed) w.get(RESULT).const(31).op(op.I32_SHR_S, op.I32_NE);
      else w.const(0).op(op.I32_NE);
      w.const(31).op(op.I32_SHL).set(B);
    } else {
      emit.part(size, 0);
      const b = emit.keep();
      if (signed) {
        this.#to.signed(b);
        this.#to.signed(a);
      } else w.get(b).get(a);
      w.op(op.I32_MUL);
      const product = emit.keep();
      emit.setPart(16, 0, product);
      if (size === 16) {
        w.get(product).const(16).op(op.I32_SHR_U);
        emit.setPart(16, EDX * 2, emit.keep());
      }
      this.#to.signed(product);
      w.set(RESULT);
      if (signed) w.get(product).get(RESULT).op(op.I32_NE);
      else
        w.get(product)
          .const(size === 8 ? 0xff : 0xffff)
          .op(op.I32_GT_U);
      w.const(31).op(op.I32_SHL).set(B);
    }
    w.get(RESULT).set(local.SIGN);
    emit.flags.become(flag.WORDS);
  }

  /** IMUL with two factors: pushes the low half. */
  multiply(a: number, b: number): void {
    const w = this.#w;
    const { emit, size } = this.#to;
    const { A, B, RESULT, SIGN } = local;
    if (size === 32) {
      w.get(a).get(b).op(op.I32_MUL).set(RESULT).get(a).set(A).get(b).set(B);
      emit.flags.become(flag.MUL32);
    } else {
      this.#to.signed(a);
      this.#to.signed(b);
      w.op(op.I32_MUL);
      const product = emit.keep();
      this.#to.signed(product);
      w.tee(RESULT).tee(SIGN).get(product).op(op.I32_NE).const(31).op(op.I32_SHL).set(B);
      emit.flags.become(flag.WORDS);
    }
    w.get(RESULT);
  }

  /** DIV. */
  divide(divisor: number): void {
    const w = this.#w;
    const { emit, size } = this.#to;
    if (size !== 32) {
      this.#divideNarrow(divisor);
      return;
    }
    emit.register(EDX);
    w.get(divisor).op(op.I32_GE_U);
    this.#to.divideErrorIf();
    const dividend = emit.wide();
    const wide = emit.wide();
    this.#pushDividend();
    w.set(dividend).get(divisor).op(op.I64_EXTEND_I32_U).set(wide);
    w.get(dividend).get(wide).op(op.I64_DIV_U, op.I32_WRAP_I64);
    emit.setRegister(EAX);
    w.get(dividend).get(wide).op(op.I64_REM_U, op.I32_WRAP_I64);
    emit.setRegister(EDX);
  }

  #pushDividend(): void {
    const { emit } = this.#to;
    emit.register(EDX);
    emit.w.op(op.I64_EXTEND_I32_U).const64(32).op(op.I64_SHL);
    emit.register(EAX);
    emit.w.op(op.I64_EXTEND_I32_U, op.I64_OR);
  }

  #divideNarrow(divisor: number): void {
    const w = this.#w;
    const { emit, size } = this.#to;
    w.get(divisor).op(op.I32_EQZ);
    this.#to.divideErrorIf();
    emit.part(16, 0);
    if (size === 16) {
      emit.part(16, EDX * 2);
      w.const(16).op(op.I32_SHL, op.I32_OR);
    }
    const dividend = emit.keep();
    w.get(dividend).get(divisor).op(op.I32_DIV_U);
    const quotient = emit.keep();
    w.get(quotient)
      .const(size === 8 ? 0xff : 0xffff)
      .op(op.I32_GT_U);
    this.#to.divideErrorIf();
    w.get(dividend).get(divisor).op(op.I32_REM_U);
    const remainder = emit.keep();
    emit.setPart(size, 0, quotient);
    emit.setPart(size, size === 8 ? 1 : EDX * 2, remainder);
  }

  /** IDIV of 32 bits. */
  divideSigned(divisor: number): void {
    const w = this.#w;
    const { emit, size } = this.#to;
    if (size !== 32) this.#to.decline();
    const dividend = emit.wide();
    const wide = emit.wide();
    const quotient = emit.wide();
    this.#pushDividend();
    w.set(dividend);
    // By 0, and what WebAssembly traps on: the least number by −1.
    w.get(divisor).op(op.I32_EQZ).get(divisor).const(-1).op(op.I32_EQ);
    w.get(dividend).get(dividend).op(op.I64_ADD, op.I64_EQZ).get(dividend).const64(0).op(op.I64_LT_S, op.I32_AND);
    w.op(op.I32_AND, op.I32_OR);
    this.#to.divideErrorIf();
    w.get(divisor).op(op.I64_EXTEND_I32_S).set(wide);
    w.get(dividend).get(wide).op(op.I64_DIV_S).tee(quotient);
    w.get(quotient).op(op.I32_WRAP_I64, op.I64_EXTEND_I32_S, op.I64_NE);
    this.#to.divideErrorIf();
    w.get(dividend).get(wide).op(op.I64_REM_S, op.I32_WRAP_I64);
    emit.setRegister(EDX);
    w.get(quotient).op(op.I32_WRAP_I64);
    emit.setRegister(EAX);
  }
}
