/**
 * What rows of x87 instructions emit.
 *
 *   leave before the instruction unless the tags are as it, and those behind it, need them
 *   block done
 *     block slow     left to where operands or the result are not plain (rounding.ts), or out of range
 *       the instruction in locals, with the functions of functions.ts
 *       br done
 *     leave before the instruction
 *
 * Nothing that the interpreter could see has changed when it is left, so locals of registers are set last.
 * Over 300 lines: all kinds share this frame. Here: instructions by their kinds. Not here: the stack (→ float-stack.ts),
 * what they need of it (→ stack-effects.ts), arithmetic (→ functions.ts).
 * @module
 */
import { EQUAL, LESS } from "../../softfloat/compare.ts";
import type { Constant } from "../../softfloat/constants.ts";
import { C0, C1, C2, C3, EXCEPTIONS } from "../../softfloat/context.ts";
import { CONTROL_AREA_SIZE, FLOATS_WORD, LEFT_WORD } from "../../state/control-area.ts";
import { DS, SS } from "../../state/descriptor.ts";
import { EBP, ESP } from "../../state/registers.ts";
import * as flag from "../flags.ts";
import { WRITING } from "../imports.ts";
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import { operandAddress, pushAddress, pushHit, READABLE, WRITABLE, write } from "../memory-access.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";
import { type Narrow, REAL32, REAL64 } from "./conversion.ts";
import { CONTROL_WORD, type FloatStack } from "./float-stack.ts";
import { type FloatFunction, functionIndex } from "./functions.ts";
import {
  type FloatLocal,
  type Leave,
  leaveIfMarked,
  MARK,
  mark,
  narrowed,
  product,
  type Rounded,
  sum,
  WORD_MASK,
  widened,
} from "./plain.ts";
import { EXPONENT_MASK, ROUNDING_CONTROL, SIGN, TOWARD_ZERO_CONTROL } from "./rounding.ts";
import { PUSHED, stackEffect } from "./stack-effects.ts";

/** A memory operand: locals with its linear address, which is its offset, too, and its place in RAM. */
interface Place {
  readonly address: number;
  readonly ram: number;
}

export type FloatOperation = "add" | "subtract" | "multiply" | "divide";

const CONDITIONS: number = C0 | C1 | C2 | C3;
/** Relations are EFLAGS bits, whose places in the status word lie so much higher. */
const RELATION_SHIFT = 8;
/** Carries out of bits 31 and 30: CF without OF (state/lazy-flags.ts). */
const CARRY = -0x40000000;
const AX = 0;
const X87_RUNS = 1;
/** Of the control word, what can be set, and what reads as one. */
const SETTABLE = 0x1f3f;
const ALWAYS_SET = 0x40;

/** Bits and loads of memory operands, by the manual's words; which function makes a number of them. */
const OPERANDS: Readonly<Record<string, { bits: number; load: number; convert: FloatFunction; real?: Narrow }>> = {
  m32fp: { bits: 32, load: op.I64_LOAD32_U, convert: "widen32", real: REAL32 },
  m64fp: { bits: 64, load: op.I64_LOAD, convert: "widen64", real: REAL64 },
  m16int: { bits: 16, load: op.I64_LOAD16_S, convert: "fromInteger" },
  m32int: { bits: 32, load: op.I64_LOAD32_S, convert: "fromInteger" },
  m64int: { bits: 64, load: op.I64_LOAD, convert: "fromInteger" },
};
/** The same for stores; `extend` makes an integer of 64 bits of what fits. */
const STORES: Readonly<
  Record<string, { bits: number; store: number; convert: FloatFunction; extend?: number; real?: Narrow }>
> = {
  m32fp: { bits: 32, store: op.I64_STORE32, convert: "narrow32", real: REAL32 },
  m64fp: { bits: 64, store: op.I64_STORE, convert: "narrow64", real: REAL64 },
  m16int: { bits: 16, store: op.I64_STORE16, convert: "toInteger", extend: op.I64_EXTEND16_S },
  m32int: { bits: 32, store: op.I64_STORE32, convert: "toInteger", extend: op.I64_EXTEND32_S },
  m64int: { bits: 64, store: op.I64_STORE, convert: "toInteger" },
};
const BITS_80 = 80;

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

  /** The instruction: what needs no slow way, or, with `leaves`, what does. */
  #emit(leaves: boolean, fast: (leave: Leave) => void): void {
    const to = this.#to;
    const { operation } = to;
    if (stackEffect(operation) === null) to.decline();
    const w = this.#w;
    if (this.#stack.pushUnfit(operation)) to.interpretIf();
    if (leaves) {
      const done = w.block();
      const slow = w.block();
      fast(() => w.hint(false).brIf(slow));
      w.br(done);
      w.end();
      to.interpret();
      w.end();
    } else fast(() => to.interpretIf());
    this.#stack.done(operation);
  }

  /** New locals for a number. */
  #number(): FloatLocal {
    const { emit } = this.#to;
    return { significand: emit.wide(), word: emit.temporary() };
  }
  #rounded(): Rounded {
    const { emit } = this.#to;
    return { ...this.#number(), up: emit.wide(), rest: emit.wide() };
  }

  #function(name: FloatFunction): number {
    this.#to.emit.floats.functions.add(name);
    return functionIndex(name);
  }

  /** In hot functions what mostly happens with numbers in registers, and elsewhere, and for what that leaves, a call. */
  #mostly(numbers: readonly FloatLocal[], plain: ((leave: Leave) => void) | null, call: () => void): void {
    if (plain === null || !this.#stack.inline) {
      call();
      return;
    }
    const w = this.#w;
    const done = w.block();
    const rare = w.block();
    const leave = (): void => {
      w.hint(false).brIf(rare);
    };
    if (numbers.length > 0) leaveIfMarked(w, [...numbers.map(({ word }) => word), local.FLOAT_CONTROLLED], leave);
    plain(leave);
    w.br(done);
    w.end();
    call();
    w.end();
  }

  /** Calls a function and keeps its answer. */
  #call(name: FloatFunction, { significand, word }: FloatLocal, leave: Leave): void {
    this.#w.call(this.#function(name)).set(word).set(significand).get(word).const(0).op(op.I32_LT_S);
    leave();
  }

  #mark(number: FloatLocal): void {
    if (this.#stack.inline) mark(this.#w, number);
  }

  /** The same for one that rounds; the last leaving of an instruction. */
  #compute(name: FloatFunction, answer: FloatLocal, leave: Leave): void {
    const w = this.#w;
    const flags = this.#to.emit.temporary();
    w.call(this.#function(name)).set(flags);
    w.set(answer.word).set(answer.significand).get(answer.word).const(0).op(op.I32_LT_S);
    leave();
    this.#mark(answer);
    this.#stack.happened(flags);
  }

  /** Pushes a number as functions take it, without its mark. */
  #push({ significand, word }: FloatLocal): void {
    this.#w.get(significand).get(word);
    if (this.#stack.inline) this.#w.const(WORD_MASK).op(op.I32_AND);
  }

  #register(i: number): FloatLocal {
    return { significand: this.#stack.significand(i), word: this.#stack.word(i) };
  }

  #set(i: number, { significand, word }: FloatLocal): void {
    const to = this.#register(i);
    this.#w.get(significand).set(to.significand).get(word).set(to.word);
  }

  #place(bits: number, write: boolean, leave: Leave): Place {
    const { emit, operation } = this.#to;
    const w = this.#w;
    const address = operandAddress(emit, operation, write);
    const entry = emit.temporary();
    pushHit(emit, address, bits, write ? WRITABLE : READABLE, entry);
    if (bits === BITS_80) {
      w.op(op.I32_EQZ);
      leave();
      pushAddress(emit, address, entry);
      w.set(entry);
      return { address, ram: entry };
    }
    w.hint(true).if();
    pushAddress(emit, address, entry);
    w.set(entry);
    w.else();
    w.get(address).const((bits >>> 3) | (write ? WRITING : 0));
    emit.call("locate");
    w.set(entry);
    emit.afterCall(LEFT_WORD);
    w.end();
    return { address, ram: entry };
  }

  /** The memory operand as a number. */
  #load(operand: string, leave: Leave): FloatLocal & Place {
    const { bits, load, convert, real } = OPERANDS[operand];
    const place = this.#place(bits, false, leave);
    const w = this.#w;
    const number = this.#number();
    const { significand } = number;
    w.get(place.ram).memory(load, CONTROL_AREA_SIZE).set(significand);
    const plain = real && ((rare: Leave) => widened(w, real, significand, number, place.ram, rare));
    this.#mostly([], plain ?? null, () => {
      w.get(significand);
      this.#call(convert, number, leave);
      this.#mark(number);
    });
    return { ...number, ...place };
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
    const { rm } = this.#to.operation;
    const [first] = this.#operands;
    const [d, s] = first === "ST(i)" ? [rm, 0] : [0, rm];
    this.#emit(true, (leave) => {
      const memory = first.startsWith("m") ? this.#load(first, leave) : null;
      const source = memory ?? this.#register(s);
      const destination = this.#register(d);
      const [a, b] = reversed ? [source, destination] : [destination, source];
      const answer = this.#rounded();
      const subtract = name === "subtract";
      const plain = (rare: Leave): void => {
        const { emit } = this.#to;
        const words = [emit.temporary(), emit.temporary(), emit.temporary()] as const;
        const work = { wide: [emit.wide(), emit.wide()], words } as const;
        if (name === "multiply") product(w, a, b, answer, work, rare);
        else sum(w, a, b, subtract, answer, work, rare);
        this.#stack.rounded(answer.up, answer.rest);
      };
      this.#mostly([a, b], name === "divide" ? null : plain, () => {
        this.#push(a);
        this.#push(b);
        if (subtract) w.const(SIGN).op(op.I32_XOR);
        this.#compute(subtract ? "add" : name, answer, leave);
      });
      this.#set(d, answer);
      this.#note(memory?.address);
    });
  }

  /** FSQRT and FRNDINT. */
  unary(name: "squareRoot" | "toIntegral"): void {
    this.#emit(true, (leave) => {
      const answer = this.#number();
      this.#push(this.#register(0));
      this.#compute(name, answer, leave);
      this.#set(0, answer);
      this.#note();
    });
  }

  /** FCHS and FABS: the sign is kept or cleared, then changed. */
  sign(and: number, xor: number): void {
    this.#emit(false, () => {
      const { word } = this.#register(0);
      this.#w
        .get(word)
        .const(and | MARK)
        .op(op.I32_AND)
        .const(xor)
        .op(op.I32_XOR)
        .set(word);
      this.#stack.clearC1();
      this.#note();
    });
  }

  /** FLD and FILD from memory. */
  load(): void {
    this.#emit(true, (leave) => {
      const number = this.#load(this.#operands[0], leave);
      this.#set(PUSHED, number);
      this.#stack.clearC1();
      this.#note(number.address);
    });
  }

  /** FLD of ten bytes, which are taken as they are. */
  loadExtended(): void {
    const w = this.#w;
    this.#emit(true, (leave) => {
      const { address, ram } = this.#place(BITS_80, false, leave);
      const { significand, word } = this.#register(PUSHED);
      w.get(ram).memory(op.I64_LOAD, CONTROL_AREA_SIZE).set(significand);
      w.get(ram)
        .memory(op.I32_LOAD16_U, CONTROL_AREA_SIZE + 8)
        .set(word);
      this.#mark({ significand, word });
      this.#stack.clearC1();
      this.#note(address);
    });
  }

  /** FLD ST(i). */
  loadRegister(): void {
    this.#emit(false, () => {
      this.#set(PUSHED, this.#register(this.#to.operation.rm));
      this.#stack.clearC1();
      this.#note();
    });
  }

  /** FLD1 and its like; those that are not exact only to nearest. */
  loadConstant({ exponent, high, low, extra }: Constant): void {
    const w = this.#w;
    const exact = extra === 0;
    this.#emit(!exact, (leave) => {
      if (!exact) {
        w.word(CONTROL_WORD).const(ROUNDING_CONTROL).op(op.I32_AND);
        leave();
      }
      const { significand, word } = this.#register(PUSHED);
      w.big(((BigInt(high) << 32n) | BigInt(low)) + BigInt(extra >>> 31)).set(significand);
      w.const(exponent).set(word);
      this.#mark({ significand, word });
      this.#stack.clearC1();
      this.#note();
    });
  }

  /** FST and FSTP, FIST and FISTP, and FISTTP to memory. */
  store(): void {
    const w = this.#w;
    const { bits, store, convert, extend, real } = STORES[this.#operands[0]];
    const truncates = this.#to.operation.slot?.encoding.row.mnemonic === "FISTTP";
    this.#emit(true, (leave) => {
      const { address, ram } = this.#place(bits, true, leave);
      const from = this.#register(0);
      const answer = this.#rounded();
      const { significand: value, word } = answer;
      const plain =
        real &&
        ((rare: Leave) => {
          narrowed(w, real, from, answer, rare);
          this.#stack.rounded(answer.up, answer.rest);
        });
      this.#mostly([from], plain ?? null, () => {
        this.#push(from);
        if (convert === "toInteger") {
          if (truncates) w.const(TOWARD_ZERO_CONTROL);
          else w.word(CONTROL_WORD).const(ROUNDING_CONTROL).op(op.I32_AND);
        }
        this.#call(convert, answer, leave);
        if (real) this.#stack.happened(word);
      });
      if (extend !== undefined) {
        w.get(value).op(extend).get(value).op(op.I64_NE);
        leave();
      }
      w.get(ram).get(value).memory(store, CONTROL_AREA_SIZE);
      if (!real) this.#stack.happened(word);
      this.#note(address);
    });
  }

  /** FSTP of ten bytes, which are given as they are. */
  storeExtended(): void {
    const w = this.#w;
    this.#emit(true, (leave) => {
      const { address, ram } = this.#place(BITS_80, true, leave);
      const { significand, word } = this.#register(0);
      w.get(ram).get(significand).memory(op.I64_STORE, CONTROL_AREA_SIZE);
      w.get(ram)
        .get(word)
        .memory(op.I32_STORE16, CONTROL_AREA_SIZE + 8);
      this.#stack.clearC1();
      this.#note(address);
    });
  }

  /** FST and FSTP to a register. */
  storeRegister(): void {
    this.#emit(false, () => {
      this.#set(this.#to.operation.rm, this.#register(0));
      this.#stack.clearC1();
      this.#note();
    });
  }

  /** FXCH. */
  exchange(): void {
    const w = this.#w;
    this.#emit(false, () => {
      const [a, b] = [this.#register(0), this.#register(this.#to.operation.rm)];
      w.get(a.significand).get(b.significand).set(a.significand).set(b.significand);
      w.get(a.word).get(b.word).set(a.word).set(b.word);
      this.#stack.clearC1();
      this.#note();
    });
  }

  /** FCMOVcc; the condition by its number. */
  moveIf(condition: number): void {
    const w = this.#w;
    this.#emit(false, () => {
      const [a, b] = [this.#register(0), this.#register(this.#to.operation.rm)];
      this.#to.condition(condition);
      const holds = this.#to.emit.keep();
      for (const part of ["significand", "word"] as const)
        w.get(b[part]).get(a[part]).get(holds).op(op.SELECT).set(a[part]);
      this.#note();
    });
  }

  /** Pushes the relation of ST(0) to a number, in a new local. */
  #relation(other: FloatLocal, leave: Leave): number {
    this.#push(this.#register(0));
    this.#push(other);
    this.#w.call(this.#function("compare"));
    const relation = this.#to.emit.keep();
    this.#w.get(relation).const(0).op(op.I32_LT_S);
    leave();
    return relation;
  }

  #setRelation(relation: number): void {
    this.#w.get(relation).const(RELATION_SHIFT).op(op.I32_SHL);
    this.#stack.conditions(CONDITIONS);
  }

  /** FCOM, FUCOM and FICOM; `i` where no operand names the register. */
  compare(i: number = this.#to.operation.rm): void {
    const [operand = ""] = this.#operands;
    this.#emit(true, (leave) => {
      const memory = operand.startsWith("m") ? this.#load(operand, leave) : null;
      this.#setRelation(this.#relation(memory ?? this.#register(i), leave));
      this.#note(memory?.address);
    });
  }

  /** FTST. */
  compareWithZero(): void {
    const { emit } = this.#to;
    this.#emit(true, (leave) => {
      const [significand, word] = [emit.wide(), emit.temporary()];
      this.#w.const64(0).set(significand).const(0).set(word);
      this.#setRelation(this.#relation({ significand, word }, leave));
      this.#note();
    });
  }

  /** FCOMI and FUCOMI: ZF, PF and CF tell the relation. */
  compareToFlags(): void {
    const w = this.#w;
    this.#emit(false, (leave) => {
      const relation = this.#relation(this.#register(this.#to.operation.rm), leave);
      w.const(1).set(local.SIGN);
      w.get(relation).const(EQUAL).op(op.I32_NE).set(local.RESULT);
      w.get(relation).const(LESS).op(op.I32_EQ).const(CARRY).op(op.I32_MUL).set(local.B);
      this.#to.emit.flags.become(flag.WORDS);
      this.#note();
    });
  }

  /** FXAM of numbers and zeros; other classes are left to the interpreter. */
  examine(): void {
    const w = this.#w;
    this.#emit(true, (leave) => {
      const number = this.#register(0);
      this.#push(number);
      this.#push(number);
      w.call(this.#function("compare")).const(0).op(op.I32_LT_S);
      leave();
      w.const(C2).const(C3).get(number.word).const(EXPONENT_MASK).op(op.I32_AND, op.SELECT);
      w.get(number.word).const(SIGN).op(op.I32_AND).const(6).op(op.I32_SHR_U, op.I32_OR);
      const classes = this.#to.emit.keep();
      // C1 is the sign.
      w.get(classes).const(~C1).op(op.I32_AND);
      this.#stack.conditions(CONDITIONS);
      w.get(classes).const(16).op(op.I32_SHL).set(local.FLOAT_ROUNDED);
      this.#note();
    });
  }

  /** FINCSTP, FDECSTP and FFREE: C1 is cleared, and nothing noted. */
  moveStack(): void {
    this.#emit(false, () => this.#stack.clearC1());
  }

  /** FNOP. */
  nothing(): void {
    this.#emit(false, () => {});
  }

  /** FNSTSW AX. */
  storeStatus(): void {
    this.#emit(false, () => {
      this.#stack.pushStatus();
      const { emit } = this.#to;
      emit.setPart(16, AX, emit.keep());
    });
  }

  /** FNSTSW to memory. */
  storeStatusWord(): void {
    const { emit, operation } = this.#to;
    this.#emit(false, () => {
      const address = operandAddress(emit, operation, true);
      this.#stack.pushStatus();
      write(emit, address, 16, emit.keep());
    });
  }

  /** FNSTCW. */
  storeControl(): void {
    const { emit, operation } = this.#to;
    if (stackEffect(operation) === null) this.#to.decline();
    this.#w.word(FLOATS_WORD).const(X87_RUNS).op(op.I32_AND, op.I32_EQZ);
    this.#to.interpretIf();
    const address = operandAddress(emit, operation, true);
    this.#w.word(CONTROL_WORD);
    write(emit, address, 16, emit.keep());
  }

  /** FLDCW of a word that masks everything; the interpreter's copy follows when it runs again (host.ts). */
  loadControl(): void {
    const w = this.#w;
    this.#emit(true, (leave) => {
      const { ram } = this.#place(16, false, leave);
      w.get(ram).memory(op.I32_LOAD16_U, CONTROL_AREA_SIZE);
      const value = this.#to.emit.keep();
      w.get(value).const(EXCEPTIONS).op(op.I32_AND).const(EXCEPTIONS).op(op.I32_NE);
      leave();
      w.const(0).get(value).const(SETTABLE).op(op.I32_AND).const(ALWAYS_SET).op(op.I32_OR);
      w.memory(op.I32_STORE, CONTROL_WORD);
      this.#stack.controlled();
    });
  }
}
