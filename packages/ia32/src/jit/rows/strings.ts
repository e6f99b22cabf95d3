/**
 * String instructions that do not repeat.
 *
 * Here: one step, as in isa/string.ts. Repeated ones are called.
 * @module
 */
import { FLAT, REP_NONE } from "../../isa/operation.ts";
import { SYSTEM_FLAGS_WORD } from "../../state/control-area.ts";
import type { Lowering } from "../lowering.ts";
import { linearOf, read, write } from "../memory-access.ts";
import * as op from "../wasm/opcodes.ts";

const EAX = 0;
const ESI = 6;
const EDI = 7;
/** EFLAGS.DF is bit 10. */
const DF_BIT = 10;

export class Strings {
  readonly #to: Lowering;

  constructor(to: Lowering) {
    this.#to = to;
  }

  /** Repeated ones, and those with short addresses, are called. */
  #check(): void {
    const { operation } = this.#to;
    if (operation.repeat !== REP_NONE || operation.addressMask >= 0) this.#to.decline();
  }

  #source(): number {
    const { emit, operation } = this.#to;
    emit.register(ESI);
    return linearOf(emit, operation.segment, false);
  }

  #destination(write: boolean): number {
    this.#to.emit.register(EDI);
    return linearOf(this.#to.emit, FLAT, write);
  }

  /** Moves registers on, by DF. */
  #advance(...registers: readonly number[]): void {
    const { emit, size } = this.#to;
    const bytes = size / 8;
    emit.w.const(bytes).word(SYSTEM_FLAGS_WORD).const(DF_BIT).op(op.I32_SHR_U).const(1).op(op.I32_AND);
    emit.w.const(2 * bytes).op(op.I32_MUL, op.I32_SUB);
    const step = emit.keep();
    for (const register of registers) {
      emit.register(register);
      emit.w.get(step).op(op.I32_ADD);
      emit.setRegister(register);
    }
  }

  move(): void {
    this.#check();
    const { emit, size } = this.#to;
    const value = read(emit, this.#source(), size);
    write(emit, this.#destination(true), size, value);
    this.#advance(ESI, EDI);
  }

  load(): void {
    this.#check();
    const { emit, size } = this.#to;
    emit.setPart(size, 0, read(emit, this.#source(), size));
    this.#advance(ESI);
  }

  store(): void {
    this.#check();
    const { emit, size } = this.#to;
    emit.part(size, EAX);
    const value = emit.keep();
    write(emit, this.#destination(true), size, value);
    this.#advance(EDI);
  }

  compare(): void {
    this.#check();
    const { emit, size, arithmetic } = this.#to;
    const a = read(emit, this.#source(), size);
    const b = read(emit, this.#destination(false), size);
    arithmetic.compare(a, b);
    this.#advance(ESI, EDI);
  }

  scan(): void {
    this.#check();
    const { emit, size, arithmetic } = this.#to;
    emit.part(size, EAX);
    const a = emit.keep();
    arithmetic.compare(a, read(emit, this.#destination(false), size));
    this.#advance(EDI);
  }
}
