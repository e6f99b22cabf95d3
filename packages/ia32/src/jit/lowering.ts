/**
 * What a row's `lower` gets: everything it may emit.
 *
 * How a row is lowered: `lower(to, …operands)` gets the operands of the row's form as locals (isa/instruction.ts), loaded in
 * the interpreter's order; 8 and 16 bits are zero-extended, `to.size` tells the size. It pushes its result, if the form has
 * one, and leaves writing it to forms.ts. Rules:
 *   – accesses come first: `to.memory…` may leave the function before the instruction, so no register, flag or other state
 *     changes before the last one, except what the interpreter changes too;
 *   – flags are set by `to.arithmetic` and its like, or by putting operands into the locals of flags.ts and `flags.become()`;
 *     `flow.ts` must know from the row's `flags` column whether the old ones are read;
 *   – registers are read by `to.emit.register()` and written by `setRegister()`, or `moveRegister()` where a constant was
 *     added; other state of the control area by `to.emit.w`;
 *   – what cannot be lowered calls `to.decline()`: the instruction is then called as if it had no `lower`; what cannot go on
 *     (a fault, for instance) calls `to.interpret()`, which leaves before the instruction.
 * A `direct` row finds its operands in `to.operation`. A row that ends the block with a branch pushes the condition (flow
 * "branch"), or puts the new EIP into its local (`to.jump()`). Behind it forms.ts and function.ts do the rest.
 * Here: the parts, and what all rows share. Not here: operations by group (→ rows/).
 * @module
 */
import type { Operation } from "../isa/operation.ts";
import { SYSTEM_FLAGS_WORD } from "../state/control-area.ts";
import { ALWAYS_ONE, DF, RF, VM } from "../state/eflags.ts";
import { EAX, EBP, ECX, EDX, ESP } from "../state/registers.ts";
import type { Emitter } from "./emitter.ts";
import { ALL_FLAGS } from "./flow.ts";
import * as local from "./locals.ts";
import * as memory from "./memory-access.ts";
import { Arithmetic } from "./rows/arithmetic.ts";
import { Bits } from "./rows/bits.ts";
import { Multiplication } from "./rows/multiplication.ts";
import { Shifts } from "./rows/shifts.ts";
import { Strings } from "./rows/strings.ts";
import { System } from "./rows/system.ts";
import { Vectors } from "./vectors/vectors.ts";
import * as op from "./wasm/opcodes.ts";
import { X87 } from "./x87/x87.ts";

/** Thrown by decline(); what was emitted for the instruction is taken back. */
export const DECLINED: { readonly declined: true } = { declined: true };

export class Lowering {
  readonly emit: Emitter;
  readonly arithmetic: Arithmetic = new Arithmetic(this);
  readonly shifts: Shifts = new Shifts(this);
  readonly multiplication: Multiplication = new Multiplication(this);
  readonly bits: Bits = new Bits(this);
  readonly strings: Strings = new Strings(this);
  readonly system: System = new System(this);
  readonly vectors: Vectors = new Vectors(this);
  readonly x87: X87 = new X87(this);
  operation: Operation;
  /** Operand size: 8, 16 or 32. */
  size = 32;
  /** EIP behind the instruction. */
  next = 0;
  /** Flags that are read behind the instruction before they are set: CARRY, OTHERS (flow.ts). */
  flagsLive: number = ALL_FLAGS;

  /** Calls the interpreter's handler, in a branch of what the row emits. */
  readonly interpreted: () => void;

  constructor(emit: Emitter, operation: Operation, interpreted: (to: Lowering) => void) {
    this.emit = emit;
    this.operation = operation;
    this.interpreted = () => interpreted(this);
  }

  /** Gives the instruction back: it will be called. */
  decline(): never {
    throw DECLINED;
  }

  /** Leaves before the instruction. */
  interpret(): void {
    memory.interpret(this.emit);
  }

  /** Leaves before the instruction where the int32 on the stack is not 0. */
  interpretIf(): void {
    const { w } = this.emit;
    w.hint(false).if();
    memory.interpret(this.emit);
    w.end();
  }

  /** #DE where the int32 on the stack is not 0. */
  divideErrorIf(): void {
    const { w, ways } = this.emit;
    w.hint(false).if();
    this.emit.call("divideError");
    w.br(ways.exit);
    w.end();
  }

  /** Pushes a local. */
  value(from: number): void {
    this.emit.w.get(from);
  }

  /** Pushes a local of the operand's size, sign-extended. */
  signed(from: number, size: number = this.size): void {
    const { w } = this.emit;
    w.get(from);
    if (size === 8) w.op(op.I32_EXTEND8_S);
    else if (size === 16) w.op(op.I32_EXTEND16_S);
  }

  /** Pushes a condition, 0 to 15. */
  condition(number: number): void {
    this.emit.flags.condition(number);
  }

  /** Reads `size` bits at the linear address in a local. */
  read(address: number, size: number): number {
    return memory.read(this.emit, address, size);
  }

  /** A local with the linear address of the memory operand. */
  address(write: boolean): number {
    return memory.operandAddress(this.emit, this.operation, write);
  }

  /** Pushes the memory operand's offset. */
  offset(): void {
    memory.pushOffset(this.emit, this.operation);
  }

  /** PUSH of a local, by the operand size. */
  push(value: number): void {
    const { emit } = this;
    const bytes = this.size / 8;
    emit.register(ESP);
    emit.w.const(-bytes).op(op.I32_ADD);
    const address = emit.keep();
    emit.anchors.note(address, ESP, -bytes);
    memory.write(emit, address, this.size, value);
    emit.w.get(address);
    emit.moveRegister(ESP, -bytes);
  }

  /** Pushes what POP reads, and moves ESP by that and `more`. */
  pop(more = 0): void {
    const { emit } = this;
    emit.register(ESP);
    const address = emit.keep();
    emit.anchors.note(address, ESP, 0);
    const value = memory.read(emit, address, this.size);
    const bytes = this.size / 8 + more;
    emit.w.get(address).const(bytes).op(op.I32_ADD);
    emit.moveRegister(ESP, bytes);
    emit.w.get(value);
  }

  /** LEAVE: ESP = EBP, then EBP is popped. */
  leave(): void {
    const { emit } = this;
    if (this.size !== 32) this.decline();
    emit.register(EBP);
    const address = emit.keep();
    emit.anchors.note(address, EBP, 0);
    const value = memory.read(emit, address, 32);
    emit.w.get(address).const(4).op(op.I32_ADD);
    emit.setRegister(ESP);
    emit.w.get(value);
    emit.setRegister(EBP);
  }

  /** Goes to the EIP in a local behind the block. */
  jump(target: number): void {
    this.emit.w.get(target).set(local.EIP);
  }

  /** CALL: pushes the return address. */
  pushReturn(): void {
    this.push(this.emit.constant(this.next));
  }

  /** CALL of the EIP in a local. */
  call(target: number): void {
    this.jump(target);
    this.pushReturn();
  }

  /** RET, with the bytes of arguments in `immediate`. */
  returnTo(): void {
    this.pop(this.operation.immediate);
    this.emit.w.set(local.EIP);
  }

  /** Pushes whether CX or ECX, by the address size, is 0. */
  countIsZero(): void {
    this.#count();
    this.emit.w.op(op.I32_EQZ);
  }

  #count(): void {
    const wide = this.operation.addressMask < 0;
    this.emit.part(wide ? 32 : 16, wide ? ECX : ECX * 2);
  }

  /** Counts CX or ECX down and pushes whether something is left and, if one is given, the condition holds. */
  countDown(condition: number | null): void {
    const { emit } = this;
    const { w } = emit;
    if (condition !== null) this.condition(condition);
    else w.const(1);
    this.#count();
    w.const(-1).op(op.I32_ADD);
    const count = emit.keep();
    const wide = this.operation.addressMask < 0;
    emit.setPart(wide ? 32 : 16, wide ? ECX : ECX * 2, count);
    w.get(count);
    if (!wide) w.const(0xffff).op(op.I32_AND);
    w.const(0).op(op.I32_NE, op.I32_AND);
  }

  /** LEA. */
  loadAddress(): void {
    this.offset();
    this.emit.setPart(this.size, this.operation.reg, this.emit.keep());
  }

  /** CBW and CWDE. */
  extendAccumulator(): void {
    const { emit } = this;
    emit.register(EAX);
    if (this.size === 32) {
      emit.w.op(op.I32_EXTEND16_S);
      emit.setRegister(EAX);
      return;
    }
    emit.w.op(op.I32_EXTEND8_S);
    emit.setPart(16, 0, emit.keep());
  }

  /** CWD and CDQ. */
  signToData(): void {
    const { emit } = this;
    emit.register(EAX);
    if (this.size === 16) emit.w.op(op.I32_EXTEND16_S);
    emit.w.const(31).op(op.I32_SHR_S);
    emit.setPart(this.size, this.size === 32 ? EDX : EDX * 2, emit.keep());
  }

  /** STC, CLC, CMC. */
  setCarry(how: "set" | "clear" | "complement"): void {
    const { w, flags } = this.emit;
    if (how === "complement") {
      flags.carry();
      w.op(op.I32_EQZ).const(31).op(op.I32_SHL);
    } else w.const(how === "set" ? -1 : 0);
    this.bits.setCarry();
  }

  /** PUSHFD: no flat segment is a virtual-8086 one. */
  pushFlags(): void {
    const { w, flags } = this.emit;
    flags.words();
    w.word(SYSTEM_FLAGS_WORD)
      .const(~(RF | VM))
      .op(op.I32_AND)
      .const(ALWAYS_ONE)
      .op(op.I32_OR);
    flags.image();
    w.op(op.I32_OR);
    this.push(this.emit.keep());
  }

  /** STD and CLD. */
  setDirection(down: boolean): void {
    const { w } = this.emit;
    w.const(0).word(SYSTEM_FLAGS_WORD);
    if (down) w.const(DF).op(op.I32_OR);
    else w.const(~DF).op(op.I32_AND);
    w.memory(op.I32_STORE, SYSTEM_FLAGS_WORD);
  }
}
