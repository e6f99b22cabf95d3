/**
 * The x87 register stack where code is emitted: status and tag word in locals, and what is known of the registers.
 *
 * The words in memory are always right, too, and so are the registers, which are nowhere else; so a call of the
 * interpreter's handler needs nothing stored before it.
 * Here: reading the words, the stack's moves, registers by their place on the stack, last-instruction pointers.
 * Not here: instructions (→ x87.ts). Layout in memory: state/fpu.ts.
 * @module
 */
import { FLOAT_FILE, FLOATS_WORD, SELECTOR_WORDS } from "../../state/control-area.ts";
import { CS } from "../../state/descriptor.ts";
import { ES, FCS, FCW, FDP, FDS, FIP, FOP, FSW, FTW, R0 } from "../../state/fpu.ts";
import * as local from "../locals.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";

const place = (word: number): number => FLOAT_FILE + 4 * word;
const REGISTERS = place(R0);
const TOP_SHIFT = 11;
const TOP_STEP = 1 << TOP_SHIFT;
const TOP_MASK = 7 << TOP_SHIFT;
/** RC, PC and the masks; all masked, 64 bits, to nearest. */
const CONTROL = 0x0f3f;
const DEFAULT_CONTROL = 0x033f;
const X87_RUNS = 1;
const ALL = 0xff;

/** What is known from a place in a block on. */
export interface StackFacts {
  /** The words are in their locals. */
  readonly loaded: boolean;
  /** ST(i) that are not empty, and that are: bits by i. They hold where the local says that code may go on by itself. */
  readonly full: number;
  readonly empty: number;
  /** FCS, and the selector of which segment register FDS, is noted; −1: none. */
  readonly codeNoted: boolean;
  readonly dataNoted: number;
}
const NOTHING: StackFacts = { loaded: false, full: 0, empty: 0, codeNoted: false, dataNoted: -1 };

export class FloatStack {
  /** Some instruction of the function needs the functions of functions.ts. */
  used = false;
  facts: StackFacts = NOTHING;
  readonly #w: CodeWriter;

  constructor(w: CodeWriter) {
    this.#w = w;
  }

  /** A block begins, or something else may have run. */
  forget(): void {
    this.facts = NOTHING;
  }

  #learn(facts: Partial<StackFacts>): void {
    this.facts = { ...this.facts, ...facts };
  }

  /** Loads the words and finds out whether code may go on by itself: default control, nothing pending, no trap. */
  enter(): void {
    this.used = true;
    if (this.facts.loaded) return;
    this.reload();
    const w = this.#w;
    w.word(place(FCW)).const(CONTROL).op(op.I32_AND).const(DEFAULT_CONTROL).op(op.I32_EQ);
    w.get(local.FSW).const(ES).op(op.I32_AND, op.I32_EQZ, op.I32_AND);
    w.word(FLOATS_WORD).const(X87_RUNS).op(op.I32_AND, op.I32_AND).set(local.FLOATS_READY);
    this.#learn({ loaded: true });
  }

  /** Loads the words. */
  reload(): void {
    this.#w.word(place(FSW)).set(local.FSW).word(place(FTW)).set(local.FTW);
  }

  /** Pushes TOP + i, modulo 8. */
  #index(i: number): void {
    const w = this.#w;
    w.get(local.FSW).const(TOP_SHIFT).op(op.I32_SHR_U);
    if (i !== 0) w.const(i).op(op.I32_ADD);
    w.const(7).op(op.I32_AND);
  }

  /** Pushes 1 where ST(i) is not as it must be, or nothing where that is known. @returns whether something was pushed */
  pushMisplaced(i: number, full: boolean): boolean {
    const { facts } = this;
    if ((full ? facts.full : facts.empty) & (1 << i)) return false;
    const w = this.#w;
    w.get(local.FTW);
    this.#index(i);
    w.op(op.I32_SHR_U).const(1).op(op.I32_AND);
    if (full) w.op(op.I32_EQZ);
    this.#learn(full ? { full: facts.full | (1 << i) } : { empty: facts.empty | (1 << i) });
    return true;
  }

  /** Puts the address of ST(i) into a local. */
  address(i: number, to: number): void {
    const w = this.#w;
    w.get(local.FSW)
      .const(TOP_SHIFT - 4)
      .op(op.I32_SHR_U);
    if (i !== 0) w.const(16 * i).op(op.I32_ADD);
    w.const(0x70).op(op.I32_AND).set(to);
  }

  pushSignificand(address: number): void {
    this.#w.get(address).memory(op.I64_LOAD, REGISTERS);
  }
  pushWord(address: number): void {
    this.#w.get(address).memory(op.I32_LOAD, REGISTERS + 8);
  }
  /** Stores a number of two locals, of whose word the low 16 bits count. */
  store(address: number, significand: number, word: number): void {
    const w = this.#w;
    w.get(address).get(significand).memory(op.I64_STORE, REGISTERS);
    w.get(address)
      .get(word)
      .const(0xffff)
      .op(op.I32_AND)
      .memory(op.I32_STORE, REGISTERS + 8);
  }
  storeWord(address: number, word: number): void {
    this.#w
      .get(address)
      .get(word)
      .memory(op.I32_STORE, REGISTERS + 8);
  }

  /** Clears bits of the status word, sets what stands in the high half of `flags` (−1: nothing), and moves TOP. */
  status(clear: number, flags: number, move: number): void {
    const w = this.#w;
    w.get(local.FSW)
      .const(~(clear | (move === 0 ? 0 : TOP_MASK)))
      .op(op.I32_AND);
    if (flags >= 0) w.get(flags).const(16).op(op.I32_SHR_U, op.I32_OR);
    if (move !== 0)
      w.get(local.FSW)
        .const(move * TOP_STEP)
        .op(op.I32_ADD)
        .const(TOP_MASK)
        .op(op.I32_AND, op.I32_OR);
    w.set(local.FSW).setWord(place(FSW), local.FSW);
  }

  /** The tag of ST(0), which has just been pushed, is set. */
  pushed(): void {
    const w = this.#w;
    w.get(local.FTW).const(1);
    this.#index(0);
    w.op(op.I32_SHL, op.I32_OR).set(local.FTW).setWord(place(FTW), local.FTW);
    const { full, empty } = this.facts;
    this.#learn({ full: ((full << 1) & ALL) | 1, empty: (empty << 1) & ALL });
  }

  /** The tags of `count` registers, which are to be popped, are cleared; status() moves TOP. */
  popping(count: number): void {
    const w = this.#w;
    w.get(local.FTW);
    for (let i = 0; i < count; i++) {
      w.const(-2);
      this.#index(i);
      w.op(op.I32_ROTL, op.I32_AND);
      const { full, empty } = this.facts;
      this.#learn({ full: (full & ALL & ~1) >> 1, empty: (empty >> 1) | 0x80 });
    }
    w.set(local.FTW).setWord(place(FTW), local.FTW);
  }

  /** ST(i) has been written. */
  filled(i: number): void {
    const w = this.#w;
    const { full, empty } = this.facts;
    if (full & (1 << i)) return;
    w.get(local.FTW).const(1);
    this.#index(i);
    w.op(op.I32_SHL, op.I32_OR).set(local.FTW).setWord(place(FTW), local.FTW);
    this.#learn({ full: full | (1 << i), empty: empty & ~(1 << i) });
  }

  /** The last-instruction pointers: EIP, opcode and, unless `address` is −1, the operand's offset and segment register. */
  note(eip: number, opcode: number, address: number, segment: number): void {
    const w = this.#w;
    const selector = (number: number, to: number): void => {
      w.const(0)
        .word(SELECTOR_WORDS + 4 * number)
        .memory(op.I32_STORE, place(to));
    };
    w.const(0).const(eip).memory(op.I32_STORE, place(FIP));
    w.const(0).const(opcode).memory(op.I32_STORE, place(FOP));
    if (!this.facts.codeNoted) selector(CS, FCS);
    this.#learn({ codeNoted: true });
    if (address < 0) return;
    w.setWord(place(FDP), address);
    if (this.facts.dataNoted !== segment) selector(segment, FDS);
    this.#learn({ dataNoted: segment });
  }
}
