/**
 * String instructions: single steps, and repetitions of MOVS and STOS, page by page.
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
  /** A local of #least(). */
  #other = 0;

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

  /** Takes the smaller one, unsigned, of the int32 on the stack and a local, which becomes it. */
  #least(of: number): void {
    const { w } = this.#to.emit;
    const other = this.#other;
    w.tee(other).get(of).get(other).get(of).op(op.I32_LT_U, op.SELECT).set(of);
  }

  /**
   * A repetition that goes forward, page by page, as long as the TLB knows the pages and the budget lasts; the handler does
   * what is left. `push` pushes whether `count` iterations, `length` bytes, can be done at once, `act` does them. An iteration
   * counts one, so one that is through has counted one too many with its block.
   */
  #byPages(registers: readonly number[], push: (length: number) => void, act: (length: number) => void): void {
    const { emit, size } = this.#to;
    const { w } = emit;
    const shift = size === 32 ? 2 : size === 16 ? 1 : 0;
    this.#other = emit.temporary();
    const length = emit.temporary();
    emit.register(ECX);
    const begin = emit.keep();
    const again = w.loop();
    emit.register(ECX);
    const count = length;
    w.set(count).get(local.BUDGET);
    this.#least(count);
    for (const register of registers) {
      w.const(4096);
      emit.register(register);
      w.const(0xfff).op(op.I32_AND, op.I32_SUB).const(shift).op(op.I32_SHR_U);
      this.#least(count);
    }
    w.get(count).const(shift).op(op.I32_SHL).set(length);
    w.get(length).const(0).op(op.I32_NE).word(SYSTEM_FLAGS_WORD).const(DF).op(op.I32_AND, op.I32_EQZ, op.I32_AND);
    push(length);
    w.if();
    act(length);
    for (const register of registers) {
      emit.register(register);
      w.get(length).op(op.I32_ADD);
      emit.setRegister(register);
    }
    w.get(local.BUDGET).get(length).const(shift).op(op.I32_SHR_U, op.I32_SUB).set(local.BUDGET);
    emit.register(ECX);
    w.get(length).const(shift).op(op.I32_SHR_U, op.I32_SUB);
    emit.setRegister(ECX);
    emit.register(ECX);
    w.brIf(again);
    w.end();
    w.end();
    emit.register(ECX);
    w.op(op.I32_EQZ).get(begin).const(0).op(op.I32_NE, op.I32_AND);
    w.if();
    w.get(local.BUDGET).const(1).op(op.I32_ADD).set(local.BUDGET);
    w.else();
    this.#to.interpreted();
    w.end();
  }

  /** Pushes whether the TLB has the page of a register's address; `entry` gets its entry. */
  #pushKnown(register: number, word: number, entry: number): void {
    this.#to.emit.read |= 1 << register;
    pushHit(this.#to.emit, local.GPR + register, 8, word, entry);
  }

  #repeatedMove(): void {
    const { emit, operation } = this.#to;
    if (operation.segment !== FLAT) this.#to.decline();
    const { w } = emit;
    const from = emit.temporary();
    const to = emit.temporary();
    this.#byPages(
      [ESI, EDI],
      (length) => {
        this.#pushKnown(ESI, READABLE, from);
        w.op(op.I32_AND);
        this.#pushKnown(EDI, WRITABLE, to);
        w.op(op.I32_AND);
        // A copy into its own tail repeats a pattern.
        pushAddress(emit, local.GPR + EDI, to);
        w.tee(to);
        pushAddress(emit, local.GPR + ESI, from);
        w.tee(from).op(op.I32_SUB).get(length).op(op.I32_GE_U, op.I32_AND);
      },
      (length) => {
        w.get(to).const(CONTROL_AREA_SIZE).op(op.I32_ADD).get(from).const(CONTROL_AREA_SIZE).op(op.I32_ADD).get(length);
        w.op(op.PREFIX_BULK, op.MEMORY_COPY, 0, 0);
      },
    );
  }

  #repeatedStore(): void {
    const { emit, size } = this.#to;
    const { w } = emit;
    const to = emit.temporary();
    const end = emit.temporary();
    emit.register(EAX);
    const value = emit.keep();
    this.#byPages(
      [EDI],
      () => {
        this.#pushKnown(EDI, WRITABLE, to);
        w.op(op.I32_AND);
      },
      (length) => {
        pushAddress(emit, local.GPR + EDI, to);
        w.set(to);
        if (size > 8) {
          const spread = size === 32 ? 0x01010101 : 0x0101;
          w.get(value);
          if (size === 16) w.const(0xffff).op(op.I32_AND);
          w.get(value).const(0xff).op(op.I32_AND).const(spread).op(op.I32_MUL, op.I32_EQ);
          w.if();
        }
        w.get(to).const(CONTROL_AREA_SIZE).op(op.I32_ADD).get(value).get(length).op(op.PREFIX_BULK, op.MEMORY_FILL, 0);
        if (size === 8) return;
        w.else();
        w.get(to).get(length).op(op.I32_ADD).set(end);
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
      },
    );
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
