/**
 * The x87 registers and words where code is emitted: in locals, from the function's start to its end.
 *
 * A register's local is found by its distance from a base, which is TOP at the start of the function less what the plan says
 * (stack-effects.ts); so every instruction knows its locals, wherever TOP is. Tags lie in the order of the locals. Of the
 * status word, TOP, C1 and PE are put in their places when it is asked for. Memory is right again behind spill(): where the
 * function is left, and around calls.
 * Here: locals, loading and storing them, what is known of tags, last-instruction pointers. Not here: instructions (→ x87.ts).
 * Layout in memory: state/fpu.ts. Over 300 lines: all of it asks the same locals.
 * @module
 */
import type { Operation } from "../../isa/operation.ts";
import { C1, PE } from "../../softfloat/context.ts";
import { FLOAT_FILE, FLOATS_WORD, SELECTOR_WORDS } from "../../state/control-area.ts";
import { CS } from "../../state/descriptor.ts";
import { ES, FCS, FCW, FDP, FDS, FIP, FOP, FSW, FTW, R0 } from "../../state/fpu.ts";
import * as local from "../locals.ts";
import type { RegionBlock } from "../region.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";
import type { FloatFunction } from "./functions.ts";
import { MARK_PLACE, mark, WORD_MASK } from "./plain.ts";
import { pushControlled } from "./rounding.ts";
import { moveOf, type StackEffect, type StackPlan, stackEffect, touchesStack } from "./stack-effects.ts";

const place = (word: number): number => FLOAT_FILE + 4 * word;
const REGISTERS = place(R0);
/** FCW, for who rounds. */
export const CONTROL_WORD: number = place(FCW);
const TOP_SHIFT = 11;
const TOP_MASK = 7 << TOP_SHIFT;
/** All six exceptions are masked. */
const MASKED = 0x3f;
const X87_RUNS = 1;
/** Beside the tags: instructions may not run by themselves. */
const NOT_READY = 0x100;
const C1_PLACE = Math.log2(C1);
const PE_PLACE = Math.log2(PE);
const NOTHING_NOTED = -1;
const ALL = 0xff;

export class FloatStack {
  /** null: the function keeps no registers in locals. */
  plan: StackPlan | null;
  /** What arithmetic mostly is stands in the code (plain.ts). */
  inline: boolean;
  /** Functions of the module that are called. */
  readonly functions: Set<FloatFunction> = new Set();
  /** Where TOP stands above the base. */
  top = 0;
  /** Registers that are known not to be empty, and to be empty, as the locals lie. */
  #full = 0;
  #empty = 0;
  /** The tags were looked at. */
  #guarded = false;
  readonly #w: CodeWriter;

  constructor(w: CodeWriter, plan: StackPlan | null = null, inline = false) {
    this.#w = w;
    this.plan = plan;
    this.inline = inline;
  }

  /** A block begins. */
  begin(block: RegionBlock): void {
    this.top = this.plan?.tops.get(block) ?? 0;
    this.#guarded = false;
  }

  #k(i: number): number {
    return (this.top + i) & 7;
  }
  /** The locals of ST(i). */
  significand(i: number): number {
    return local.FLOAT_SIGNIFICANDS + this.#k(i);
  }
  word(i: number): number {
    return local.FLOAT_WORDS + this.#k(i);
  }

  #lies(mask: number): number {
    return ((mask << this.top) | (mask >>> (8 - this.top))) & ALL;
  }

  /**
   * Pushes 1 where the instruction, or one behind it before the next call, finds something empty or not as it must not be, or may
   * not run without a look; or nothing where none can. @returns whether something was pushed
   */
  pushUnfit(operation: Operation): boolean {
    if (this.#guarded) return this.#pushKnownUnfit(operation);
    const w = this.#w;
    const { top } = this;
    let [full, empty, known, free] = [0, 0, 0, 0];
    for (let at: Operation | null = operation; at !== null; at = at.next) {
      const effect = stackEffect(at);
      if (effect === null && touchesStack(at)) break;
      if (effect === null) continue;
      const mustBeFull = this.#lies(effect.full);
      const mustBeEmpty = this.#lies(effect.empty);
      if ((mustBeFull & free) | (mustBeEmpty & known)) break;
      full |= mustBeFull & ~known;
      empty |= mustBeEmpty & ~free;
      known |= mustBeFull;
      free |= mustBeEmpty;
      [known, free] = this.#after(effect, known, free);
      this.top = (this.top + effect.move) & 7;
    }
    this.top = top;
    this.#full = full;
    this.#empty = empty;
    this.#guarded = true;
    w.get(local.TAGS)
      .const(full | empty | NOT_READY)
      .op(op.I32_AND)
      .const(full)
      .op(op.I32_NE);
    return true;
  }

  #pushKnownUnfit(operation: Operation): boolean {
    const effect = stackEffect(operation);
    if (effect === null) return false;
    const fits = (this.#lies(effect.full) & ~this.#full) === 0 && (this.#lies(effect.empty) & ~this.#empty) === 0;
    if (!fits) this.#w.const(1);
    return !fits;
  }

  #after({ fills, frees }: StackEffect, full: number, empty: number): [number, number] {
    const [filled, freed] = [this.#lies(fills), this.#lies(frees)];
    return [(full | filled) & ~freed, (empty & ~filled) | freed];
  }

  /** The instruction is done but for its tags and TOP. */
  done(operation: Operation): void {
    const effect = stackEffect(operation);
    if (effect === null) return;
    const w = this.#w;
    const [filled, freed] = [this.#lies(effect.fills) & ~this.#full, this.#lies(effect.frees) & ~this.#empty];
    if (filled !== 0) w.get(local.TAGS).const(filled).op(op.I32_OR).set(local.TAGS);
    if (freed !== 0) w.get(local.TAGS).const(~freed).op(op.I32_AND).set(local.TAGS);
    [this.#full, this.#empty] = this.#after(effect, this.#full, this.#empty);
    if (effect.move === 0) return;
    this.top = (this.top + effect.move) & 7;
    w.const(this.top).set(local.FLOAT_TOP);
  }

  /** Pushes TOP, 0 to 7. */
  #pushTop(): void {
    this.#w.get(local.BASE).get(local.FLOAT_TOP).op(op.I32_ADD).const(7).op(op.I32_AND);
  }

  /** Pushes the status word. */
  pushStatus(): void {
    const w = this.#w;
    const flag = (from: number, bit: number): void => {
      w.get(from).const(16).op(op.I32_SHR_U).const(bit).op(op.I32_AND, op.I32_OR);
    };
    w.get(local.FSW)
      .const(~(TOP_MASK | C1))
      .op(op.I32_AND);
    flag(local.FLOAT_HAPPENED, PE);
    flag(local.FLOAT_ROUNDED, C1);
    if (this.inline) {
      w.get(local.FLOAT_ROUNDED).const(C1_PLACE).op(op.I32_SHL).const(C1).op(op.I32_AND, op.I32_OR);
      w.get(local.FLOAT_RESTS).op(op.I64_EQZ, op.I32_EQZ).const(PE_PLACE).op(op.I32_SHL, op.I32_OR);
    }
    this.#pushTop();
    w.const(TOP_SHIFT).op(op.I32_SHL, op.I32_OR);
  }

  /** C1 and, once set, PE: as flags of results have them (rounding.ts). */
  happened(flags: number): void {
    this.#w
      .get(local.FLOAT_HAPPENED)
      .get(flags)
      .op(op.I32_OR)
      .set(local.FLOAT_HAPPENED)
      .get(flags)
      .set(local.FLOAT_ROUNDED);
  }
  /** The same of an int64 that says whether it went up, and what was cut off (plain.ts). */
  rounded(up: number, rest: number): void {
    const w = this.#w;
    w.get(local.FLOAT_RESTS).get(rest).op(op.I64_OR).set(local.FLOAT_RESTS);
    w.get(up).op(op.I32_WRAP_I64).set(local.FLOAT_ROUNDED);
  }
  clearC1(): void {
    this.#w.const(0).set(local.FLOAT_ROUNDED);
  }

  /** Sets condition bits of the status word, C1 among them, to what is on the stack. */
  conditions(mask: number): void {
    const w = this.#w;
    w.get(local.FSW).const(~mask).op(op.I32_AND, op.I32_OR).set(local.FSW);
    this.clearC1();
  }

  /** The last-instruction pointers: EIP, opcode and, unless `address` is −1, the operand's offset and segment register. */
  note(eip: number, opcode: number, address: number, segment: number): void {
    const w = this.#w;
    w.const(eip).set(local.FLOAT_EIP).const(opcode).set(local.FLOAT_OPCODE);
    if (address < 0) return;
    w.get(address).set(local.FLOAT_DATA);
    w.const(SELECTOR_WORDS + 4 * segment).set(local.FLOAT_SELECTOR);
  }

  /** Pushes the address of a register, without REGISTERS, by its local. */
  #pushAddress(k: number): void {
    const w = this.#w;
    w.get(local.BASE);
    if (k > 0) w.const(k).op(op.I32_ADD);
    w.const(7).op(op.I32_AND).const(4).op(op.I32_SHL);
  }

  /** Makes memory right. */
  spill(): void {
    const w = this.#w;
    const { plan } = this;
    if (plan === null) return;
    for (let k = 0; k < 8; k++) {
      if ((plan.written & (1 << k)) === 0) continue;
      this.#pushAddress(k);
      w.get(local.FLOAT_SIGNIFICANDS + k).memory(op.I64_STORE, REGISTERS);
      this.#pushAddress(k);
      w.get(local.FLOAT_WORDS + k);
      if (this.inline) w.const(WORD_MASK).op(op.I32_AND);
      w.memory(op.I32_STORE, REGISTERS + 8);
    }
    w.const(0);
    this.pushStatus();
    w.memory(op.I32_STORE, place(FSW)).const(0);
    // The tags in the registers' order.
    w.get(local.TAGS).const(ALL).op(op.I32_AND).const(0x101).op(op.I32_MUL).get(local.BASE).op(op.I32_SHL);
    w.const(8).op(op.I32_SHR_U).const(ALL).op(op.I32_AND).memory(op.I32_STORE, place(FTW));
    const keep = (word: number, from: number): void => {
      w.setWord(place(word), from);
    };
    w.get(local.FLOAT_OPCODE).const(NOTHING_NOTED).op(op.I32_NE).if();
    keep(FIP, local.FLOAT_EIP);
    keep(FOP, local.FLOAT_OPCODE);
    w.const(0)
      .word(SELECTOR_WORDS + 4 * CS)
      .memory(op.I32_STORE, place(FCS));
    w.end();
    w.get(local.FLOAT_SELECTOR).if();
    keep(FDP, local.FLOAT_DATA);
    w.const(0).get(local.FLOAT_SELECTOR).memory(op.I32_LOAD, 0).memory(op.I32_STORE, place(FDS));
    w.end();
  }

  /** Loads everything; TOP stands where its local says. */
  load(): void {
    const w = this.#w;
    const { plan } = this;
    if (plan === null) return;
    w.word(place(FSW)).tee(local.FSW).const(TOP_SHIFT).op(op.I32_SHR_U).get(local.FLOAT_TOP).op(op.I32_SUB);
    w.const(7).op(op.I32_AND).set(local.BASE);
    w.get(local.FSW).const(C1).op(op.I32_AND).const(16).op(op.I32_SHL).set(local.FLOAT_ROUNDED);
    w.const(0).set(local.FLOAT_HAPPENED);
    if (this.inline) w.const64(0).set(local.FLOAT_RESTS);
    this.controlled();
    w.const(NOTHING_NOTED).set(local.FLOAT_OPCODE).const(0).set(local.FLOAT_SELECTOR);
    w.word(place(FTW)).const(0x101).op(op.I32_MUL).get(local.BASE).op(op.I32_SHR_U).const(ALL).op(op.I32_AND);
    w.const(NOT_READY).const(0);
    w.word(CONTROL_WORD).const(MASKED).op(op.I32_AND).const(MASKED).op(op.I32_NE);
    w.get(local.FSW).const(ES).op(op.I32_AND, op.I32_OR);
    w.word(FLOATS_WORD).const(X87_RUNS).op(op.I32_AND, op.I32_EQZ, op.I32_OR);
    w.op(op.SELECT, op.I32_OR).set(local.TAGS);
    for (let k = 0; k < 8; k++) {
      if ((plan.kept & (1 << k)) === 0) continue;
      this.#pushAddress(k);
      w.memory(op.I64_LOAD, REGISTERS).set(local.FLOAT_SIGNIFICANDS + k);
      this.#pushAddress(k);
      w.memory(op.I32_LOAD, REGISTERS + 8).set(local.FLOAT_WORDS + k);
      if (this.inline) mark(w, { significand: local.FLOAT_SIGNIFICANDS + k, word: local.FLOAT_WORDS + k });
    }
  }

  /** The control word is another. */
  controlled(): void {
    if (!this.inline) return;
    pushControlled(this.#w);
    this.#w.const(MARK_PLACE).op(op.I32_SHL).set(local.FLOAT_CONTROLLED);
  }

  /** Behind a call of the instruction's handler, before which everything was spilled. */
  called(operation: Operation): void {
    if (this.plan === null) return;
    this.top = (this.top + moveOf(operation)) & 7;
    this.#guarded = false;
    this.#w.const(this.top).set(local.FLOAT_TOP);
    this.load();
  }

  /** Before a jump to a block of the region. */
  align(to: RegionBlock): void {
    if (this.plan === null) return;
    const top = this.plan.tops.get(to) ?? 0;
    if (top === this.top) return;
    this.spill();
    this.#w.const(top).set(local.FLOAT_TOP);
    this.load();
  }

  /** Puts where TOP stands in the block that a local names, one of those where the function is entered, into another local. */
  topOf(state: number, entries: readonly RegionBlock[], to: number): void {
    const w = this.#w;
    w.const(0).set(to);
    for (const entry of entries) {
      const top = this.plan?.tops.get(entry) ?? 0;
      if (top === 0) continue;
      w.get(state).const(entry.index).op(op.I32_EQ).if();
      w.const(top).set(to);
      w.end();
    }
  }

  /** Loads everything for the block that STATE names. */
  enter(entries: readonly RegionBlock[]): void {
    if (this.plan === null) return;
    this.topOf(local.STATE, entries, local.FLOAT_TOP);
    this.load();
  }

  /** The same where the function is entered again from itself. */
  enterAgain(entries: readonly RegionBlock[], temporary: number): void {
    if (this.plan === null) return;
    this.topOf(local.STATE, entries, temporary);
    const w = this.#w;
    w.get(temporary).get(local.FLOAT_TOP).op(op.I32_NE).if();
    this.spill();
    w.get(temporary).set(local.FLOAT_TOP);
    this.load();
    w.end();
  }
}
