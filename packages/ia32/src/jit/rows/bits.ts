/**
 * Bit tests and scans.
 *
 * Here: what isa/bit-byte.ts computes, on locals. Results are pushed.
 * @module
 */
import * as flag from "../flags.ts";
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import { linearOf, pushOffset, read, readForWrite, writeBack } from "../memory-access.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";

const SIGN_BIT = -0x80000000;

/** What becomes of the bit that is tested. */
export type BitChange = "test" | "set" | "reset" | "complement";

export class Bits {
  readonly #to: Lowering;

  constructor(to: Lowering) {
    this.#to = to;
  }

  get #w(): CodeWriter {
    return this.#to.emit.w;
  }

  /** BT, BTS, BTR, BTC: pushes the changed operand, nothing for BT. */
  change(a: number, bit: number, change: BitChange): void {
    this.#flag(a, bit);
    this.#changed(a, bit, change);
  }

  #changed(a: number, bit: number, change: BitChange): void {
    if (change === "test") return;
    const w = this.#w;
    w.get(a)
      .const(1)
      .get(bit)
      .const(this.#to.size - 1)
      .op(op.I32_AND, op.I32_SHL);
    if (change === "set") w.op(op.I32_OR);
    else if (change === "complement") w.op(op.I32_XOR);
    else w.const(-1).op(op.I32_XOR, op.I32_AND);
  }

  /** CF is the bit; the others stay. */
  #flag(a: number, bit: number): void {
    const w = this.#w;
    w.get(a)
      .get(bit)
      .const(this.#to.size - 1)
      .op(op.I32_AND, op.I32_SHR_U)
      .const(31)
      .op(op.I32_SHL);
    this.setCarry();
  }

  /** Takes a word with CF in bit 31 from the stack and keeps the other flags. */
  setCarry(): void {
    const w = this.#w;
    const { emit } = this.#to;
    const { B } = local;
    w.const(SIGN_BIT).op(op.I32_AND);
    const carry = emit.keep();
    emit.flags.words();
    w.get(carry);
    w.get(carry).get(B).get(B).const(1).op(op.I32_SHL, op.I32_XOR).const(SIGN_BIT).op(op.I32_AND, op.I32_XOR);
    w.const(1).op(op.I32_SHR_U, op.I32_OR);
    w.get(B).const(8).op(op.I32_AND, op.I32_OR).set(B);
    emit.flags.changed();
  }

  /** The forms with a bit string in memory. */
  string(change: BitChange): void {
    const w = this.#w;
    const { emit, operation, size } = this.#to;
    if (operation.addressMask >= 0) this.#to.decline();
    emit.part(size, operation.reg);
    const bit = emit.keep();
    pushOffset(emit, operation);
    this.#to.signed(bit);
    w.const(size === 32 ? 5 : 4)
      .op(op.I32_SHR_S)
      .const(size === 32 ? 2 : 1)
      .op(op.I32_SHL, op.I32_ADD);
    const address = linearOf(emit, operation.segment, change !== "test");
    if (change === "test") {
      this.#flag(read(emit, address, size), bit);
      return;
    }
    const { place, value } = readForWrite(emit, address, size);
    this.#flag(value, bit);
    this.#changed(value, bit, change);
    writeBack(emit, place, size, emit.keep());
  }

  /** BSF and BSR: pushes what the destination becomes. */
  scan(destination: number, source: number, forward: boolean): void {
    const w = this.#w;
    w.get(source).set(local.RESULT);
    this.#to.emit.flags.become(flag.LOGIC);
    if (forward) w.get(source).op(op.I32_CTZ);
    else w.const(31).get(source).op(op.I32_CLZ, op.I32_SUB);
    w.get(destination).get(source).op(op.SELECT);
  }

  bytesSwapped(a: number): void {
    const w = this.#w;
    w.get(a).const(8).op(op.I32_ROTL).const(0xff00ff).op(op.I32_AND);
    w.get(a).const(8).op(op.I32_ROTR).const(-0xff0100).op(op.I32_AND, op.I32_OR);
  }
}
