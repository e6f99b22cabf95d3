/**
 * Shifts and rotates with their flags.
 *
 * Here: what isa/shift-rotate.ts computes, on locals. Results are pushed. A count of 0 leaves the flags: where the count
 * is not known, they are set under a condition.
 * @module
 */

import * as flag from "../flags.ts";
import { countIsKnown } from "../flow.ts";
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";

const SIGN_BIT = -0x80000000;

export class Shifts {
  readonly #to: Lowering;

  constructor(to: Lowering) {
    this.#to = to;
  }

  get #w(): CodeWriter {
    return this.#to.emit.w;
  }

  /** A known count, 1 to 31; 0: only the local knows it. */
  get #count(): number {
    const { operation } = this.#to;
    if (!countIsKnown(operation)) return 0;
    const operands = operation.slot?.encoding.operands ?? [];
    return operands[operands.length - 1] === "1" ? 1 : operation.immediate & 31;
  }

  shiftLeft(a: number, count: number): void {
    this.#shift(a, count, op.I32_SHL, flag.SHL32);
  }

  shiftRight(a: number, count: number): void {
    this.#shift(a, count, op.I32_SHR_U, flag.SHR32);
  }

  shiftRightSigned(a: number, count: number): void {
    this.#shift(a, count, op.I32_SHR_S, flag.SAR32);
  }

  #shift(a: number, count: number, opcode: number, kind: number): void {
    const w = this.#w;
    const { emit, size } = this.#to;
    const { flags } = emit;
    const known = this.#count;
    if (size < 32) {
      if (known === 0) this.#to.decline();
      this.#narrow(a, known, kind);
      return;
    }
    if (known > 0) {
      w.get(a);
      if (known > 1) w.const(known - 1).op(opcode);
      w.set(local.A).get(a).const(known).op(opcode).set(local.RESULT);
      flags.become(kind);
      w.get(local.RESULT);
      return;
    }
    this.#ifCounted(count, (n) => {
      w.get(a).get(n).const(-1).op(op.I32_ADD, opcode).set(local.A);
      w.get(a).get(n).op(opcode).set(local.RESULT);
      return kind;
    });
    w.get(a).get(count).op(opcode);
  }

  /** Sets flags only where the count is not 0; `set` returns their kind. */
  #ifCounted(count: number, set: (n: number) => number): void {
    const w = this.#w;
    const { emit, flagsLive } = this.#to;
    const { flags } = emit;
    if (flagsLive !== 0) flags.words();
    w.get(count).const(31).op(op.I32_AND);
    const n = emit.keep();
    w.get(n);
    w.if();
    const kind = set(n);
    flags.become(kind);
    if (flagsLive !== 0) flags.words();
    w.end();
    if (flagsLive === 0) flags.kind = flag.UNKNOWN;
  }

  /** 8 and 16 bits by a known count: the words at once. */
  #narrow(a: number, n: number, kind: number): void {
    const w = this.#w;
    const { size, emit } = this.#to;
    const up = 32 - size;
    const { B, RESULT, SIGN } = local;
    if (kind === flag.SHL32) {
      if (n < size)
        w.get(a)
          .const(n + up)
          .op(op.I32_SHL)
          .const(up)
          .op(op.I32_SHR_S);
      else w.const(0);
      w.set(RESULT);
      if (n <= size)
        w.get(a)
          .const(up - 1 + n)
          .op(op.I32_SHL)
          .const(SIGN_BIT)
          .op(op.I32_AND);
      else w.const(0);
      w.get(RESULT).const(SIGN_BIT).op(op.I32_AND).const(1).op(op.I32_SHR_U, op.I32_OR).set(B);
    } else {
      const signed = kind === flag.SAR32;
      if (signed) this.#to.signed(a);
      else w.get(a);
      const value = emit.keep();
      const shift = signed ? op.I32_SHR_S : op.I32_SHR_U;
      w.get(value).const(n).op(shift).set(RESULT);
      // CF, then CF xor OF; OF is the highest bit that was, and that shows only for a count of one.
      w.get(value)
        .const(n - 1)
        .op(shift)
        .const(31)
        .op(op.I32_SHL)
        .tee(B);
      w.get(B);
      if (!signed)
        w.get(RESULT)
          .const(up + 1)
          .op(op.I32_SHL)
          .const(SIGN_BIT)
          .op(op.I32_AND, op.I32_XOR);
      w.const(1).op(op.I32_SHR_U, op.I32_OR).set(B);
    }
    w.get(RESULT).set(SIGN);
    emit.flags.become(flag.WORDS);
    w.get(RESULT);
  }

  /** ROL and ROR. */
  rotate(a: number, count: number, left: boolean): void {
    const w = this.#w;
    const { emit, size } = this.#to;
    const { flags } = emit;
    const known = this.#count;
    if (size === 32) {
      w.get(a)
        .get(count)
        .op(left ? op.I32_ROTL : op.I32_ROTR);
      const result = emit.keep();
      if (known > 0) this.#rotated(result, left);
      else {
        flags.words();
        w.get(count).const(31).op(op.I32_AND);
        w.if();
        this.#rotated(result, left);
        w.end();
      }
      w.get(result);
      return;
    }
    if (known === 0) this.#to.decline();
    const n = known & (size - 1);
    flags.words();
    w.get(a)
      .const(left ? n : size - n)
      .op(op.I32_SHL);
    w.get(a)
      .const(left ? size - n : n)
      .op(op.I32_SHR_U, op.I32_OR)
      .const(size === 8 ? 0xff : 0xffff)
      .op(op.I32_AND);
    const result = emit.keep();
    const top = 32 - size;
    if (left) {
      w.get(result).const(31).op(op.I32_SHL).get(result).const(top).op(op.I32_SHL).const(SIGN_BIT).op(op.I32_AND);
      w.const(1).op(op.I32_SHR_U, op.I32_OR);
    } else w.get(result).const(top).op(op.I32_SHL).const(-0x40000000).op(op.I32_AND);
    w.get(local.B).const(8).op(op.I32_AND, op.I32_OR).set(local.B);
    flags.changed();
    w.get(result);
  }

  /** Flags of a rotation by 1 to 31 of 32 bits. */
  #rotated(result: number, left: boolean): void {
    const w = this.#w;
    const { flags } = this.#to.emit;
    const { A, B } = local;
    if (flags.kind === flag.INC32 || flags.kind === flag.DEC32) flags.words();
    if (flags.kind !== flag.WORDS) {
      flags.auxiliary();
      w.set(A).get(result).set(B);
      flags.become(left ? flag.ROL32 : flag.ROR32);
      return;
    }
    if (left) {
      w.get(result).const(31).op(op.I32_SHL).get(result).const(SIGN_BIT).op(op.I32_AND).const(1);
      w.op(op.I32_SHR_U, op.I32_OR);
    } else w.get(result).const(-0x40000000).op(op.I32_AND);
    w.get(B).const(8).op(op.I32_AND, op.I32_OR).set(B);
    flags.changed();
  }

  /** RCL and RCR by one; others are called. */
  rotateThroughCarry(a: number, left: boolean): void {
    const w = this.#w;
    const { emit, size } = this.#to;
    if (size !== 32 || this.#count !== 1) this.#to.decline();
    const { flags } = emit;
    const { B } = local;
    flags.words();
    if (left) w.get(a).const(1).op(op.I32_SHL).get(B).const(31).op(op.I32_SHR_U, op.I32_OR);
    else w.get(a).const(1).op(op.I32_SHR_U).get(B).const(SIGN_BIT).op(op.I32_AND, op.I32_OR);
    const result = emit.keep();
    if (left) {
      w.get(a).const(SIGN_BIT).op(op.I32_AND).get(result).const(SIGN_BIT).op(op.I32_AND).const(1);
      w.op(op.I32_SHR_U, op.I32_OR);
    } else {
      w.get(a).const(31).op(op.I32_SHL).get(a).const(31).op(op.I32_SHL);
      w.get(result).get(result).const(1).op(op.I32_SHL, op.I32_XOR).const(SIGN_BIT).op(op.I32_AND, op.I32_XOR);
      w.const(1).op(op.I32_SHR_U, op.I32_OR);
    }
    w.get(B).const(8).op(op.I32_AND, op.I32_OR).set(B);
    flags.changed();
    w.get(result);
  }

  /** SHLD and SHRD of 32 bits. */
  double(a: number, b: number, count: number, left: boolean): void {
    const w = this.#w;
    const { emit, size } = this.#to;
    if (size !== 32) this.#to.decline();
    const known = this.#count;
    const amount = known > 0 ? emit.constant(known) : count;
    const [main, other] = left ? [op.I32_SHL, op.I32_SHR_U] : [op.I32_SHR_U, op.I32_SHL];
    const flagsOf = (n: number): number => {
      const { B, RESULT, SIGN } = local;
      w.get(a).get(n).op(main).get(b).const(32).get(n).op(op.I32_SUB, other, op.I32_OR).set(RESULT);
      w.get(a).get(n).const(-1).op(op.I32_ADD, main);
      if (left) w.const(SIGN_BIT).op(op.I32_AND);
      else w.const(31).op(op.I32_SHL);
      w.tee(B).get(B).get(a).get(RESULT).op(op.I32_XOR).const(SIGN_BIT).op(op.I32_AND, op.I32_XOR);
      w.const(1).op(op.I32_SHR_U, op.I32_OR).set(B).get(RESULT).set(SIGN);
      return flag.WORDS;
    };
    if (known > 0) {
      emit.flags.become(flagsOf(amount));
      w.get(local.RESULT);
      return;
    }
    w.get(a);
    const result = emit.keep();
    this.#ifCounted(count, (n) => {
      const kind = flagsOf(n);
      w.get(local.RESULT).set(result);
      return kind;
    });
    w.get(result);
  }
}
