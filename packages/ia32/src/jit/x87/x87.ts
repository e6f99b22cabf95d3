/**
 * What rows of x87 instructions emit.
 *
 *   block done
 *     block slow     left to where the operands or the result are not plain, an operand is not in the TLB, …
 *       the instruction, with the functions of functions.ts
 *       br done
 *     a call of the interpreter's handler
 *
 * The fast way is for default control (all masked, 64 bits, to nearest) and for registers that are empty or not as they must
 * be. A stack fault takes the slow way, and so does what follows in the block: then nothing is known of the registers.
 * Over 300 lines: all kinds share the frame of the fast and the slow way. Here: instructions by their kinds. Not here: the stack (→ float-stack.ts), arithmetic (→ functions.ts).
 * @module
 */
import { FLAT } from "../../isa/operation.ts";
import { EQUAL, LESS } from "../../softfloat/compare.ts";
import { C0, C1, C2, C3 } from "../../softfloat/context.ts";
import { CONTROL_AREA_SIZE } from "../../state/control-area.ts";
import { DS, SS } from "../../state/descriptor.ts";
import { EBP, ESP } from "../../state/registers.ts";
import * as flag from "../flags.ts";
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import { operandAddress, pushAddress, pushHit, READABLE, WRITABLE } from "../memory-access.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";
import type { FloatStack } from "./float-stack.ts";
import { type FloatFunction, functionIndex } from "./functions.ts";
import { SIGN } from "./rounding.ts";

/** A number in two locals. */
interface FloatLocal {
  readonly significand: number;
  readonly word: number;
}
/** A memory operand: locals with its linear address, which is its offset, too, and its place in RAM. */
interface Place {
  readonly address: number;
  readonly ram: number;
}
/** Leaves for the slow way where the int32 on the stack is not 0. */
type Leave = () => void;

export type FloatOperation = "add" | "subtract" | "multiply" | "divide";

const CONDITIONS: number = C0 | C1 | C2 | C3;
/** Where status() expects C0, C2 and C3 of a relation. */
const RELATION_SHIFT = 24;
/** Carries out of bits 31 and 30: CF without OF (state/lazy-flags.ts). */
const CARRY = -0x40000000;
const AX = 0;
/** ST(7) is what a push writes. */
const PUSHED = 7;

/** Bits and loads of memory operands, by the manual's words; which function makes a number of them. */
const OPERANDS: Readonly<Record<string, { bits: number; load: number; convert: FloatFunction }>> = {
  m32fp: { bits: 32, load: op.I64_LOAD32_U, convert: "widen32" },
  m64fp: { bits: 64, load: op.I64_LOAD, convert: "widen64" },
  m16int: { bits: 16, load: op.I64_LOAD16_S, convert: "fromInteger" },
  m32int: { bits: 32, load: op.I64_LOAD32_S, convert: "fromInteger" },
  m64int: { bits: 64, load: op.I64_LOAD, convert: "fromInteger" },
};
/** The same for stores; `extend` makes an integer of 64 bits of what fits. */
const STORES: Readonly<Record<string, { bits: number; store: number; convert: FloatFunction; extend?: number }>> = {
  m32fp: { bits: 32, store: op.I64_STORE32, convert: "narrow32" },
  m64fp: { bits: 64, store: op.I64_STORE, convert: "narrow64" },
  m16int: { bits: 16, store: op.I64_STORE16, convert: "toInteger", extend: op.I64_EXTEND16_S },
  m32int: { bits: 32, store: op.I64_STORE32, convert: "toInteger", extend: op.I64_EXTEND32_S },
  m64int: { bits: 64, store: op.I64_STORE, convert: "toInteger" },
};

export class X87 {
  readonly #to: Lowering;

  constructor(to: Lowering) {
    this.#to = to;
  }

  get #w(): CodeWriter {
    return this.#to.emit.w;
  }
  get #stack(): FloatStack {
    return this.#to.emit.floats;
  }
  get #operands(): readonly string[] {
    return this.#to.operation.slot?.encoding.operands ?? [];
  }
  get #pops(): boolean {
    return this.#to.operation.slot?.encoding.row.mnemonic.endsWith("P") === true;
  }

  /** Both ways. `full`: ST(i) that may not be empty; `pushes`: ST(7) must be. */
  #emit(full: readonly number[], pushes: boolean, fast: (leave: Leave) => void): void {
    const { operation } = this.#to;
    if (this.#operands.some((operand) => operand.startsWith("m")) && operation.segment !== FLAT) this.#to.decline();
    const w = this.#w;
    const stack = this.#stack;
    stack.enter();
    const done = w.block();
    const slow = w.block();
    w.get(local.FLOATS_READY).op(op.I32_EQZ).hint(false).brIf(slow);
    this.#checkPlaces(full, pushes, () => w.br(slow));
    fast(() => w.hint(false).brIf(slow));
    w.br(done);
    w.end();
    // With everything masked the handler leaves the stack as the fast way does.
    const { facts } = stack;
    this.#to.interpreted();
    stack.facts = facts;
    stack.reload();
    w.end();
  }

  /** Where a register is empty or not as it must not be, nothing goes the fast way for the rest of the block. */
  #checkPlaces(full: readonly number[], pushes: boolean, leave: () => void): void {
    const w = this.#w;
    for (const i of pushes ? [...full, PUSHED] : full) {
      if (!this.#stack.pushMisplaced(i, !(pushes && i === PUSHED))) continue;
      w.hint(false).if();
      w.const(0).set(local.FLOATS_READY);
      leave();
      w.end();
    }
  }

  /** Puts the number on the stack into new locals. */
  #keep(): FloatLocal {
    const { emit } = this.#to;
    const word = emit.temporary();
    const significand = emit.wide();
    this.#w.set(word).set(significand);
    return { significand, word };
  }

  /** Calls a function and keeps its answer. */
  #call(name: FloatFunction, leave: Leave): FloatLocal {
    const w = this.#w;
    w.call(functionIndex(name));
    const answer = this.#keep();
    w.get(answer.word).const(0).op(op.I32_LT_S);
    leave();
    return answer;
  }

  #address(i: number): number {
    const address = this.#to.emit.temporary();
    this.#stack.address(i, address);
    return address;
  }

  #pushRegister(address: number): void {
    this.#stack.pushSignificand(address);
    this.#stack.pushWord(address);
  }

  #register(address: number): FloatLocal {
    this.#pushRegister(address);
    return this.#keep();
  }

  #place(bits: number, write: boolean, leave: Leave): Place {
    const { emit, operation } = this.#to;
    const address = operandAddress(emit, operation, write);
    const entry = emit.temporary();
    pushHit(emit, address, bits, write ? WRITABLE : READABLE, entry);
    this.#w.op(op.I32_EQZ);
    leave();
    pushAddress(emit, address, entry);
    this.#w.set(entry);
    return { address, ram: entry };
  }

  /** The memory operand as a number. */
  #load(operand: string, leave: Leave): FloatLocal & Place {
    const { bits, load, convert } = OPERANDS[operand];
    const place = this.#place(bits, false, leave);
    this.#w.get(place.ram).memory(load, CONTROL_AREA_SIZE);
    return { ...this.#call(convert, leave), ...place };
  }

  #note(address = -1): void {
    const { operation, next } = this.#to;
    const inStack = operation.base === ESP || operation.base === EBP;
    const eip = (next - (operation.end - operation.offset)) | 0;
    this.#stack.note(eip, operation.immediate, address, inStack ? SS : DS);
  }

  /** FADD, FSUB, FMUL, FDIV with …R, …P and FI…: destination and source by the operands. */
  binary(name: FloatOperation, reversed: boolean): void {
    const w = this.#w;
    const stack = this.#stack;
    const { rm } = this.#to.operation;
    const [first] = this.#operands;
    const inMemory = first.startsWith("m");
    const [d, s] = first === "ST(i)" ? [rm, 0] : [0, rm];
    this.#emit(inMemory ? [0] : [0, rm], false, (leave) => {
      const memory = inMemory ? this.#load(first, leave) : null;
      const destination = this.#address(d);
      const pushSource = (): void => {
        if (memory !== null) w.get(memory.significand).get(memory.word);
        else this.#pushRegister(this.#address(s));
      };
      if (reversed) pushSource();
      this.#pushRegister(destination);
      if (!reversed) pushSource();
      if (name === "subtract") w.const(SIGN).op(op.I32_XOR);
      const result = this.#call(name === "subtract" ? "add" : name, leave);
      stack.store(destination, result.significand, result.word);
      const pops = first === "ST(i)" && this.#pops;
      if (pops) stack.popping(1);
      stack.status(C1, result.word, pops ? 1 : 0);
      this.#note(memory?.address);
    });
  }

  /** FSQRT. */
  squareRoot(): void {
    this.#emit([0], false, (leave) => {
      const address = this.#address(0);
      this.#pushRegister(address);
      this.#w.const64(0).const(0);
      const { significand, word } = this.#call("squareRoot", leave);
      this.#stack.store(address, significand, word);
      this.#stack.status(C1, word, 0);
      this.#note();
    });
  }

  /** FCHS and FABS: the sign is kept or cleared, then changed. */
  sign(and: number, xor: number): void {
    const w = this.#w;
    this.#emit([0], false, () => {
      const address = this.#address(0);
      this.#stack.pushWord(address);
      w.const(and).op(op.I32_AND).const(xor).op(op.I32_XOR);
      this.#stack.storeWord(address, this.#to.emit.keep());
      this.#stack.status(C1, -1, 0);
      this.#note();
    });
  }

  #push({ significand, word }: FloatLocal): void {
    const stack = this.#stack;
    stack.status(C1, -1, -1);
    stack.store(this.#address(0), significand, word);
    stack.pushed();
  }

  /** FLD and FILD from memory. */
  load(): void {
    this.#emit([], true, (leave) => {
      const number = this.#load(this.#operands[0], leave);
      this.#push(number);
      this.#note(number.address);
    });
  }

  /** FLD ST(i). */
  loadRegister(): void {
    const { rm } = this.#to.operation;
    // Of ST(7), which must be full and empty, it is always a stack fault.
    if (rm === PUSHED) this.#to.decline();
    this.#emit([rm], true, () => {
      this.#push(this.#register(this.#address(rm)));
      this.#note();
    });
  }

  /** FLD1 and FLDZ. */
  loadConstant(significand: bigint, word: number): void {
    this.#emit([], true, () => {
      this.#w.big(significand).const(word);
      this.#push(this.#keep());
      this.#note();
    });
  }

  /** FST and FSTP, FIST and FISTP to memory. */
  store(): void {
    const w = this.#w;
    const { bits, store, convert, extend } = STORES[this.#operands[0]];
    this.#emit([0], false, (leave) => {
      const { address, ram } = this.#place(bits, true, leave);
      this.#pushRegister(this.#address(0));
      const { significand: value, word } = this.#call(convert, leave);
      if (extend !== undefined) {
        w.get(value).op(extend).get(value).op(op.I64_NE);
        leave();
      }
      w.get(ram).get(value).memory(store, CONTROL_AREA_SIZE);
      if (this.#pops) this.#stack.popping(1);
      this.#stack.status(C1, word, this.#pops ? 1 : 0);
      this.#note(address);
    });
  }

  /** FST and FSTP to a register. */
  storeRegister(): void {
    const { rm } = this.#to.operation;
    const stack = this.#stack;
    this.#emit([0], false, () => {
      const { significand, word } = this.#register(this.#address(0));
      stack.store(this.#address(rm), significand, word);
      stack.filled(rm);
      if (this.#pops) stack.popping(1);
      stack.status(C1, -1, this.#pops ? 1 : 0);
      this.#note();
    });
  }

  /** FXCH. */
  exchange(): void {
    const { rm } = this.#to.operation;
    const stack = this.#stack;
    this.#emit([0, rm], false, () => {
      const [top, other] = [this.#address(0), this.#address(rm)];
      const [a, b] = [this.#register(top), this.#register(other)];
      stack.store(top, b.significand, b.word);
      stack.store(other, a.significand, a.word);
      stack.status(C1, -1, 0);
      this.#note();
    });
  }

  /** Pushes the relation of ST(0) to what `pushOther` pushes, in a new local. */
  #relation(pushOther: () => void, leave: Leave): number {
    this.#pushRegister(this.#address(0));
    pushOther();
    this.#w.call(functionIndex("compare"));
    const relation = this.#to.emit.keep();
    this.#w.get(relation).const(0).op(op.I32_LT_S);
    leave();
    return relation;
  }

  /** FCOM, FUCOM and FICOM, popping `pops` registers; `i` where no operand names the register. */
  compare(pops: number, i: number = this.#to.operation.rm): void {
    const w = this.#w;
    const stack = this.#stack;
    const [operand = ""] = this.#operands;
    const inMemory = operand.startsWith("m");
    this.#emit(inMemory ? [0] : [0, i], false, (leave) => {
      const memory = inMemory ? this.#load(operand, leave) : null;
      const relation = this.#relation(() => {
        if (memory !== null) w.get(memory.significand).get(memory.word);
        else this.#pushRegister(this.#address(i));
      }, leave);
      w.get(relation).const(RELATION_SHIFT).op(op.I32_SHL).set(relation);
      if (pops > 0) stack.popping(pops);
      stack.status(CONDITIONS, relation, pops);
      this.#note(memory?.address);
    });
  }

  /** FCOMI and FUCOMI: ZF, PF and CF tell the relation. They have no slow way, which would set flags otherwise. */
  compareToFlags(): void {
    const w = this.#w;
    const to = this.#to;
    const stack = this.#stack;
    const { rm } = to.operation;
    stack.enter();
    w.get(local.FLOATS_READY).op(op.I32_EQZ);
    to.interpretIf();
    this.#checkPlaces([0, rm], false, () => to.interpret());
    const relation = this.#relation(
      () => this.#pushRegister(this.#address(rm)),
      () => to.interpretIf(),
    );
    w.const(1).set(local.SIGN);
    w.get(relation).const(EQUAL).op(op.I32_NE).set(local.RESULT);
    w.get(relation).const(LESS).op(op.I32_EQ).const(CARRY).op(op.I32_MUL).set(local.B);
    to.emit.flags.become(flag.WORDS);
    if (this.#pops) {
      stack.popping(1);
      stack.status(0, -1, 1);
    }
    this.#note();
  }

  /** FNSTSW AX. */
  storeStatus(): void {
    this.#emit([], false, () => this.#to.emit.setPart(16, AX, local.FSW));
  }
}
