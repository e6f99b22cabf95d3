/**
 * Addition, subtraction and logic with their flags.
 *
 * Here: what isa/binary-arithmetic.ts and isa/logical.ts compute, on locals. Results are pushed.
 * @module
 */
import type { Flags } from "../flags.ts";
import * as flag from "../flags.ts";
import { hidesCarry } from "../flow.ts";
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";

type Kinds = Readonly<Record<number, number>>;
const ADD: Kinds = { 8: flag.ADD8, 16: flag.ADD16, 32: flag.ADD32 };
const ADC: Kinds = { 8: flag.ADC8, 16: flag.ADC16, 32: flag.ADC32 };
const SUB: Kinds = { 8: flag.SUB8, 16: flag.SUB16, 32: flag.SUB32 };
const SBB: Kinds = { 8: flag.SBB8, 16: flag.SBB16, 32: flag.SBB32 };
const SIGN_BIT = -0x80000000;

export class Arithmetic {
  readonly #to: Lowering;

  constructor(to: Lowering) {
    this.#to = to;
  }

  get #w(): CodeWriter {
    return this.#to.emit.w;
  }
  get #flags(): Flags {
    return this.#to.emit.flags;
  }

  /** Sign-extends what is on the stack and makes it the result of the flags; gives a local that it is in as it was. */
  #result(): number {
    const { size, emit } = this.#to;
    if (size === 32) {
      this.#w.set(local.RESULT);
      return local.RESULT;
    }
    const plain = emit.temporary();
    this.#w
      .tee(plain)
      .op(size === 8 ? op.I32_EXTEND8_S : op.I32_EXTEND16_S)
      .set(local.RESULT);
    return plain;
  }

  add(a: number, b: number): void {
    this.#w.get(a).get(b).op(op.I32_ADD);
    this.#w.get(this.#combined(a, b, ADD));
  }

  /** ADC. */
  addWithCarry(a: number, b: number): void {
    this.#flags.carry();
    this.#w.get(a).op(op.I32_ADD).get(b).op(op.I32_ADD);
    this.#w.get(this.#combined(a, b, ADC));
  }

  /** The result is on the stack; gives a local with its low bits. */
  #combined(a: number, b: number, kinds: Kinds): number {
    const result = this.#result();
    this.#w.get(a).set(local.A).get(b).set(local.B);
    this.#flags.become(kinds[this.#to.size]);
    return result;
  }

  /** CMP: only the flags; gives a local with the low bits of the difference. */
  compare(a: number, b: number): number {
    this.#w.get(a).get(b).op(op.I32_SUB);
    return this.#combined(a, b, SUB);
  }

  subtract(a: number, b: number): void {
    this.#w.get(this.compare(a, b));
  }

  /** SBB. */
  subtractWithBorrow(a: number, b: number): void {
    this.#flags.carry();
    const borrow = this.#to.emit.keep();
    this.#w.get(a).get(b).op(op.I32_SUB).get(borrow).op(op.I32_SUB);
    this.#w.get(this.#combined(a, b, SBB));
  }

  negate(a: number): void {
    this.subtract(this.#to.emit.constant(0), a);
  }

  increment(a: number): void {
    this.#step(a, 1);
  }

  decrement(a: number): void {
    this.#step(a, -1);
  }

  /** INC and DEC keep CF. */
  #step(a: number, by: 1 | -1): void {
    const w = this.#w;
    const { size, emit, operation } = this.#to;
    const { flags } = emit;
    if (![flag.WORDS, flag.INC32, flag.DEC32].includes(flags.kind) && !hidesCarry(operation)) {
      flags.carry();
      w.const(31).op(op.I32_SHL).set(local.B);
    }
    w.get(a).const(by).op(op.I32_ADD);
    const result = this.#result();
    if (size === 32) flags.become(by > 0 ? flag.INC32 : flag.DEC32);
    else {
      const highest = size === 8 ? 0x7f : 0x7fff;
      w.get(local.B).const(SIGN_BIT).op(op.I32_AND).tee(local.B);
      w.get(local.B)
        .get(a)
        .const(by > 0 ? highest : highest + 1)
        .op(op.I32_EQ)
        .const(31)
        .op(op.I32_SHL, op.I32_XOR);
      w.const(1).op(op.I32_SHR_U, op.I32_OR);
      w.get(by > 0 ? local.RESULT : a)
        .const(15)
        .op(op.I32_AND, op.I32_EQZ)
        .const(3)
        .op(op.I32_SHL, op.I32_OR);
      w.set(local.B).get(local.RESULT).set(local.SIGN);
      flags.become(flag.WORDS);
    }
    w.get(result);
  }

  and(a: number, b: number): void {
    this.#logic(a, b, op.I32_AND);
  }

  or(a: number, b: number): void {
    this.#logic(a, b, op.I32_OR);
  }

  xor(a: number, b: number): void {
    this.#logic(a, b, op.I32_XOR);
  }

  /** TEST: only the flags. */
  test(a: number, b: number): void {
    this.#w.get(a).get(b).op(op.I32_AND);
    this.#result();
    this.#flags.become(flag.LOGIC);
  }

  #logic(a: number, b: number, opcode: number): void {
    this.#w.get(a).get(b).op(opcode);
    const result = this.#result();
    this.#flags.become(flag.LOGIC);
    this.#w.get(result);
  }

  not(a: number): void {
    this.#w.get(a).const(-1).op(op.I32_XOR);
  }

  /** CMPXCHG: compares the accumulator with the destination; pushes what the destination becomes. */
  compareAndExchange(destination: number, source: number): void {
    const { emit, size } = this.#to;
    emit.part(size, 0);
    const accumulator = emit.keep();
    this.compare(accumulator, destination);
    this.#w.get(local.RESULT);
    this.#w.if();
    emit.setPart(size, 0, destination);
    this.#w.end();
    this.#w.get(source).get(destination).get(local.RESULT).op(op.I32_EQZ, op.SELECT);
  }
}
