/**
 * What is written while one function is emitted: code, locals in use, flags, temporaries, and the calls of the host.
 *
 * Here: registers in their parts, temporaries, leaving the function. A register is a local from the function's start to its
 * end; `read` and `written` tell which ones are loaded and stored there. Around a call of the interpreter they are stored
 * before and loaded behind it. Not here: memory (→ memory-access.ts), rows (→ lowering.ts).
 * @module
 */
import { OFFSET_MASK } from "../mmu/tlb.ts";
import { REGISTER_FILE, TLB_AREA } from "../state/control-area.ts";
import { Anchors } from "./anchors.ts";
import { Flags } from "./flags.ts";
import type { HelperName } from "./imports.ts";
import { helperIndex } from "./imports.ts";
import * as local from "./locals.ts";
import { Parts } from "./parts.ts";
import { VectorRegisters } from "./vectors/vector-registers.ts";
import { CodeWriter, type Label } from "./wasm/code-writer.ts";
import * as op from "./wasm/opcodes.ts";
import { FloatStack } from "./x87/float-stack.ts";

/**
 * What LEFT_WORD holds behind a call after which the function must be left as it is: no budget is overdrawn by so much,
 * and what blocks take from it does not overflow.
 */
export const LEAVE_NOW: number = -0x40000000;

/** Where a function is left: see function.ts. */
export interface Ways {
  /** To the EIP in its local, through the jump cache. */
  readonly leave: Label;
  /** To the EIP in its local, through the host. */
  readonly stop: Label;
  /** Before a block, which the site names. */
  readonly stay: Label;
  /** The host knows where. */
  readonly exit: Label;
}

/** Room for the function that is emitted: one at a time. */
const ROOM = new CodeWriter(1 << 16);

export class Emitter {
  readonly w: CodeWriter = ROOM.clear();
  readonly flags: Flags = new Flags(this.w);
  readonly anchors: Anchors = new Anchors(this.w);
  readonly parts: Parts = new Parts();
  readonly vectors: VectorRegisters = new VectorRegisters(this.w);
  readonly floats: FloatStack = new FloatStack(this.w);
  /** Registers that are read, or written, somewhere in the function: bits by number. */
  read = 0;
  written = 0;
  ways: Ways = { leave: 0, stop: 0, stay: 0, exit: 0 };
  /** The instruction that is emitted, as the host finds it again. */
  site = 0;
  /** It loads from where another load said. */
  chained = false;
  /** Where in RAM its immediate lies, which may change; −1: it does not. */
  loose = -1;
  /** int32 temporaries that the function has, and whether it has wide ones. */
  temporaries = 0;
  usesWide = false;
  /** Depth of the code at the instruction's begin: what is emitted deeper runs only sometimes. */
  #depth = 0;
  /** Temporaries in use. */
  #temporaries = 0;
  #wide = 0;
  #vectors = 0;

  /** A new instruction begins: no temporary is in use. */
  begin(site: number): void {
    this.site = site;
    this.#depth = this.w.depth;
    this.#temporaries = 0;
    this.#wide = 0;
    this.#vectors = 0;
  }

  /** A local for an int32. */
  temporary(): number {
    if (this.#temporaries === local.TEMPORARY_COUNT) throw new Error("too many temporaries");
    const taken = local.TEMPORARIES + this.#temporaries++;
    if (this.#temporaries > this.temporaries) this.temporaries = this.#temporaries;
    return taken;
  }

  /** A local for an int64. */
  wide(): number {
    if (this.#wide === local.WIDE_COUNT) throw new Error("too many wide temporaries");
    this.usesWide = true;
    return local.WIDE + this.#wide++;
  }

  /** A local for a vector. */
  vector(): number {
    if (this.#vectors === local.VECTOR_COUNT) throw new Error("too many vector temporaries");
    return local.VECTORS + this.#vectors++;
  }

  /** Gives the vector local back that was taken last. */
  release(vector: number): void {
    if (vector !== local.VECTORS + --this.#vectors) throw new Error("vector locals are given back in turn");
  }

  /** Puts the int32 on the stack into a new local. */
  keep(): number {
    const to = this.temporary();
    this.w.set(to);
    return to;
  }

  /** A new local with a constant. */
  constant(value: number): number {
    this.w.const(value);
    return this.keep();
  }

  /** Pushes a 32-bit register. */
  register(number: number): void {
    this.read |= 1 << number;
    this.w.get(local.GPR + number);
  }

  /** Takes a 32-bit register from the stack. */
  setRegister(number: number): void {
    this.written |= 1 << number;
    this.anchors.changed(number);
    this.parts.changed(number);
    this.w.set(local.GPR + number);
  }

  /** Takes a register from the stack that has been moved by a constant. */
  moveRegister(number: number, by: number): void {
    this.written |= 1 << number;
    this.anchors.step(number, by);
    this.parts.changed(number);
    this.w.set(local.GPR + number);
  }

  /** Pushes a register of 8, 16 or 32 bits by its index in the view of its size, zero-extended. */
  part(size: number, index: number): void {
    const { w, parts } = this;
    if (size === 32) {
      this.register(index);
      return;
    }
    const number = size === 16 ? index >> 1 : index >> 2;
    const shift = size === 8 && index & 1 ? 8 : 0;
    const known = parts.size(number, size + shift);
    if (known > 0) w.get(parts.local(number));
    else this.register(number);
    if (shift > 0) w.const(shift).op(op.I32_SHR_U);
    if (known !== size + shift) w.const(size === 16 ? 0xffff : 0xff).op(op.I32_AND);
  }

  /** Sets a register of 8, 16 or 32 bits from the low bits of a local. */
  setPart(size: number, index: number, from: number): void {
    const { w } = this;
    if (size === 32) {
      w.get(from);
      this.setRegister(index);
      return;
    }
    const number = size === 16 ? index >> 1 : index >> 2;
    const shift = size === 8 && index & 1 ? 8 : 0;
    const mask = size === 16 ? 0xffff : 0xff;
    const { parts } = this;
    const kept = parts.enabled && shift === 0 && number < local.PART_COUNT && w.depth === this.#depth;
    const part = kept ? local.PARTS + number : -1;
    const below = shift > 0 && parts.size(number, 8) === 8 ? parts.local(number) : local.GPR + number;
    this.register(number);
    w.const(~(mask << shift))
      .op(op.I32_AND)
      .get(from)
      .const(mask)
      .op(op.I32_AND);
    if (kept) w.tee(part);
    if (shift > 0) w.const(shift).op(op.I32_SHL);
    w.op(op.I32_OR);
    this.setRegister(number);
    if (kept) parts.learn(number, size as 8 | 16, part);
    else if (below !== local.GPR + number) parts.learn(number, 8, below);
  }

  /** A register, set just now, holds a number of 8 or 16 bits. */
  learnNarrow(number: number, size: 8 | 16): void {
    if (this.w.depth === this.#depth) this.parts.learn(number, size, local.GPR + number);
  }

  /** Calls the host for the running instruction; the arguments but site and budget are on the stack. */
  call(helper: HelperName): void {
    this.w.const(this.site).get(local.BUDGET).call(helperIndex(helper));
    this.anchors.called();
  }

  /** Behind a call: takes the budget that is left, or leaves where the host said so. */
  afterCall(address: number): void {
    this.w.word(address).tee(local.BUDGET).const(LEAVE_NOW).op(op.I32_EQ).hint(false).brIf(this.ways.exit);
  }

  /** Leaves with the running instruction, for one of the shared functions (system/events.ts) to do it and go on. */
  transfer(slot: number, argument: number = this.site): void {
    const { w } = this;
    w.const(slot).set(local.TARGET).const(argument).set(local.TARGET_ENTRY);
    w.const(1).set(local.PAGE).br(this.ways.exit);
  }

  /** Stores registers in the register file, or loads them from there. */
  store(registers: number): void {
    for (let number = 0; number < 8; number++)
      if (registers & (1 << number)) this.w.setWord(REGISTER_FILE + 4 * number, local.GPR + number);
  }
  load(registers: number): void {
    for (let number = 0; number < 8; number++)
      if (registers & (1 << number)) {
        this.anchors.changed(number);
        this.parts.changed(number);
        this.w.word(REGISTER_FILE + 4 * number).set(local.GPR + number);
      }
  }

  /** Pushes 1 where the TLB maps a linear page of code as it was when this was compiled. */
  mapped(page: number, home: number): void {
    const entry = TLB_AREA + ((page >>> 8) & OFFSET_MASK);
    const { w } = this;
    w.get(local.TLB).memory(op.I32_LOAD, entry).const(page).op(op.I32_EQ);
    w.get(local.TLB)
      .memory(op.I32_LOAD, entry + 8)
      .const(home)
      .op(op.I32_EQ, op.I32_AND);
    // No-execute pages are looked at by the host.
    w.get(local.TLB)
      .memory(op.I32_LOAD, entry + 12)
      .const(2)
      .op(op.I32_AND, op.I32_EQZ, op.I32_AND);
  }
}
