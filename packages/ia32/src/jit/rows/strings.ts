/**
 * String instructions: single steps, and repetitions of MOVS and STOS that stay in a page.
 *
 * Here: one step, as in isa/string.ts, and the plain case of isa/string-bulk.ts. Other repetitions are called.
 * @module
 */
import { FLAT, REP_NONE } from "../../isa/operation.ts";
import { CONTROL_AREA_SIZE, SYSTEM_FLAGS_WORD } from "../../state/control-area.ts";
import { DF } from "../../state/eflags.ts";
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import { linearOf, pushAddress, pushHit, READABLE, read, WRITABLE, write } from "../memory-access.ts";
import * as op from "../wasm/opcodes.ts";

const EAX = 0;
const ECX = 1;
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
    const { emit } = this.#to;
    emit.register(EDI);
    return linearOf(emit, FLAT, write);
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

  /** Pushes whether the repetition is short enough for page and budget, and goes forward. */
  #pushShort(): void {
    const { emit, size } = this.#to;
    const { w } = emit;
    emit.register(ECX);
    w.const(-1)
      .op(op.I32_ADD)
      .const(32768 / size)
      .op(op.I32_LT_U);
    w.get(local.BUDGET);
    emit.register(ECX);
    w.op(op.I32_GE_S, op.I32_AND);
    w.word(SYSTEM_FLAGS_WORD).const(DF).op(op.I32_AND, op.I32_EQZ, op.I32_AND);
  }

  /** Pushes whether `length` bytes at a linear address lie in a page that the TLB has; `entry` gets its entry. */
  #pushInPage(address: number, length: number, word: number, entry: number): void {
    const { emit } = this.#to;
    pushHit(emit, address, 8, word, entry);
    emit.w.get(address).const(0xfff).op(op.I32_AND).get(length).op(op.I32_ADD).const(4096).op(op.I32_LE_U, op.I32_AND);
  }

  /** Ends a repetition that was done at once: ECX is 0, each iteration counts. */
  #through(length: number, ...registers: readonly number[]): void {
    const { emit } = this.#to;
    const { w } = emit;
    for (const register of registers) {
      emit.register(register);
      w.get(length).op(op.I32_ADD);
      emit.setRegister(register);
    }
    w.get(local.BUDGET);
    emit.register(ECX);
    w.op(op.I32_SUB).const(1).op(op.I32_ADD).set(local.BUDGET);
    w.const(0);
    emit.setRegister(ECX);
  }

  /** A local with the bytes that the repetition is about. */
  #length(): number {
    const { emit, size } = this.#to;
    emit.register(ECX);
    if (size > 8) emit.w.const(size === 32 ? 2 : 1).op(op.I32_SHL);
    return emit.keep();
  }

  #repeatedMove(): void {
    const { emit, operation } = this.#to;
    if (operation.segment !== FLAT) this.#to.decline();
    const { w } = emit;
    const length = this.#length();
    const from = emit.temporary();
    const to = emit.temporary();
    emit.register(ESI);
    const source = emit.keep();
    emit.register(EDI);
    const destination = emit.keep();
    this.#pushShort();
    this.#pushInPage(source, length, READABLE, from);
    w.op(op.I32_AND);
    this.#pushInPage(destination, length, WRITABLE, to);
    w.op(op.I32_AND);
    // A copy into its own tail repeats a pattern.
    pushAddress(emit, destination, to);
    w.tee(to);
    pushAddress(emit, source, from);
    w.tee(from).op(op.I32_SUB).get(length).op(op.I32_GE_U, op.I32_AND);
    w.if();
    w.get(to).const(CONTROL_AREA_SIZE).op(op.I32_ADD).get(from).const(CONTROL_AREA_SIZE).op(op.I32_ADD).get(length);
    w.op(op.PREFIX_BULK, op.MEMORY_COPY, 0, 0);
    this.#through(length, ESI, EDI);
    w.else();
    this.#to.interpreted();
    w.end();
  }

  #repeatedStore(): void {
    const { emit, size } = this.#to;
    const { w } = emit;
    const length = this.#length();
    const to = emit.temporary();
    emit.register(EDI);
    const destination = emit.keep();
    this.#pushShort();
    this.#pushInPage(destination, length, WRITABLE, to);
    w.op(op.I32_AND);
    w.if();
    pushAddress(emit, destination, to);
    w.set(to);
    emit.register(EAX);
    const value = emit.keep();
    if (size > 8) {
      const spread = size === 32 ? 0x01010101 : 0x0101;
      w.get(value);
      if (size === 16) w.const(0xffff).op(op.I32_AND);
      w.get(value).const(0xff).op(op.I32_AND).const(spread).op(op.I32_MUL, op.I32_EQ);
      w.if();
    }
    w.get(to).const(CONTROL_AREA_SIZE).op(op.I32_ADD).get(value).get(length).op(op.PREFIX_BULK, op.MEMORY_FILL, 0);
    if (size > 8) {
      w.else();
      w.get(to).get(length).op(op.I32_ADD);
      const end = emit.keep();
      const again = w.loop();
      w.get(to)
        .get(value)
        .memory(size === 32 ? op.I32_STORE : op.I32_STORE16, CONTROL_AREA_SIZE);
      w.get(to)
        .const(size / 8)
        .op(op.I32_ADD)
        .tee(to)
        .get(end)
        .op(op.I32_NE)
        .brIf(again);
      w.end();
      w.end();
    }
    this.#through(length, EDI);
    w.else();
    this.#to.interpreted();
    w.end();
  }

  move(): void {
    if (this.#to.operation.repeat !== REP_NONE && this.#to.operation.addressMask < 0) {
      this.#repeatedMove();
      return;
    }
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
    if (this.#to.operation.repeat !== REP_NONE && this.#to.operation.addressMask < 0) {
      this.#repeatedStore();
      return;
    }
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
