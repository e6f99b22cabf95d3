/**
 * Interrupts, ports, and what only an operating system does.
 *
 * Here: INT, IRET, INVLPG, MOV from CR2 and CR3, IN, OUT, CLI, STI, PUSH of selectors, CMPXCHG8B. Not here: delivery (→ system/), what the host does.
 * @module
 */
import { FLAT } from "../../isa/operation.ts";
import { INVALID, OFFSET_MASK } from "../../mmu/tlb.ts";
import {
  CONTROL_AREA_SIZE,
  CPL_WORD,
  CR2_WORD,
  DIRECTORY_WORD,
  EVENT_WORD,
  LARGE_CACHED,
  LEFT_WORD,
  LIMIT_WORD,
  REGISTER_FILE,
  SELECTOR_WORDS,
  SHADOW_WORD,
  SLOW_WORD,
  SYSTEM_FLAGS_WORD,
  TLB_AREA,
  WORDS_PER_TAG,
} from "../../state/control-area.ts";
import { TAG_SUPERVISOR, TAG_USER } from "../../state/core.ts";
import { IF, RF, TF } from "../../state/eflags.ts";
import { EAX, EBX, ECX, EDX, EIP, ESP } from "../../state/registers.ts";
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import { pushAddress, pushHit, READABLE, readForWrite, WRITABLE } from "../memory-access.ts";
import { changeMode, MODE_SHADOW } from "../system/delivery.ts";
import {
  EVENT_SOFTWARE,
  FETCH_ANEW,
  GO_ON_SLOT,
  INTERRUPT_SLOT,
  RETURN_SLOT,
  TRANSFER_SLOT,
} from "../system/events.ts";
import * as op from "../wasm/opcodes.ts";

const EIP_WORD = REGISTER_FILE + 4 * EIP;
/** Where IOPL stands in EFLAGS. */
const IOPL_SHIFT = 12;

export class System {
  readonly #to: Lowering;

  constructor(to: Lowering) {
    this.#to = to;
  }

  /** INT n. */
  softwareInterrupt(): void {
    const { w } = this.#to.emit;
    w.const(0)
      .const(this.#to.operation.immediate | EVENT_SOFTWARE)
      .memory(op.I32_STORE, EVENT_WORD);
    w.const(0).const(this.#to.next).memory(op.I32_STORE, EIP_WORD);
    this.#to.emit.transfer(INTERRUPT_SLOT);
  }

  /** INVLPG, unless part of a large page may be known. */
  invalidatePage(): void {
    const { emit, operation } = this.#to;
    const { w } = emit;
    if (operation.segment !== FLAT) {
      emit.transfer(TRANSFER_SLOT);
      return;
    }
    this.#to.offset();
    const address = emit.keep();
    w.word(CPL_WORD);
    w.get(address).const(22).op(op.I32_SHR_U).memory(op.I32_LOAD8_U, LARGE_CACHED).op(op.I32_OR);
    w.hint(false).if();
    emit.transfer(TRANSFER_SLOT);
    w.end();
    w.get(address).const(8).op(op.I32_SHR_U).const(OFFSET_MASK).op(op.I32_AND).set(address);
    for (const tag of [TAG_SUPERVISOR, TAG_USER])
      for (const word of [READABLE, WRITABLE])
        w.get(address)
          .const(INVALID)
          .memory(op.I32_STORE, TLB_AREA + tag * WORDS_PER_TAG * 4 + word);
    w.const(0).const(this.#to.next).memory(op.I32_STORE, EIP_WORD);
    emit.transfer(GO_ON_SLOT, (emit.site & -64) | FETCH_ANEW);
  }

  /** MOV from CR2 and CR3. */
  readControl(): void {
    const { emit, operation } = this.#to;
    const { w } = emit;
    if (operation.reg !== 2 && operation.reg !== 3) this.#to.decline();
    w.word(CPL_WORD);
    this.#to.interpretIf();
    w.word(operation.reg === 2 ? CR2_WORD : DIRECTORY_WORD);
    emit.setRegister(operation.rm);
  }

  /** IRET. */
  interruptReturn(): void {
    this.#to.emit.transfer(RETURN_SLOT);
  }

  /** Does `then` where CPL allows what IOPL guards, and calls the interpreter's handler elsewhere. */
  #guarded(then: () => void): void {
    const { w } = this.#to.emit;
    w.word(CPL_WORD).word(SYSTEM_FLAGS_WORD).const(IOPL_SHIFT).op(op.I32_SHR_U).const(3).op(op.I32_AND, op.I32_GT_U);
    w.hint(false).if();
    this.#to.interpreted();
    w.else();
    then();
    w.end();
  }

  /** Pushes the port: DX, or the immediate. */
  #port(): void {
    if (this.#to.operation.slot?.encoding.operands.includes("DX")) this.#to.emit.part(16, EDX * 2);
    else this.#to.emit.w.const(this.#to.operation.immediate);
  }

  /** IN. */
  input(): void {
    const { emit } = this.#to;
    this.#guarded(() => {
      this.#port();
      emit.call(`input${this.#to.size as 8 | 16 | 32}`);
      const value = emit.keep();
      emit.afterCall(LEFT_WORD);
      emit.setPart(this.#to.size, 0, value);
    });
  }

  /** OUT. */
  output(): void {
    const { emit } = this.#to;
    this.#guarded(() => {
      this.#port();
      emit.part(this.#to.size, 0);
      emit.call(`output${this.#to.size as 8 | 16 | 32}`);
      emit.afterCall(LEFT_WORD);
    });
  }

  /** CLI. */
  closeInterrupts(): void {
    const { w } = this.#to.emit;
    w.word(CPL_WORD).word(SYSTEM_FLAGS_WORD).const(IOPL_SHIFT).op(op.I32_SHR_U).const(3).op(op.I32_AND, op.I32_GT_U);
    this.#to.interpretIf();
    w.const(0).word(SYSTEM_FLAGS_WORD).const(~IF).op(op.I32_AND).memory(op.I32_STORE, SYSTEM_FLAGS_WORD);
  }

  /** STI, the last instruction of its block, where nothing waits for it. */
  openInterrupts(): void {
    const { w } = this.#to.emit;
    w.word(CPL_WORD).word(SYSTEM_FLAGS_WORD).const(IOPL_SHIFT).op(op.I32_SHR_U).const(3).op(op.I32_AND, op.I32_GT_U);
    w.word(SLOW_WORD).op(op.I32_OR);
    w.get(local.BUDGET).const(0).op(op.I32_LT_S, op.I32_OR);
    w.word(SYSTEM_FLAGS_WORD)
      .const(TF | RF)
      .op(op.I32_AND, op.I32_OR);
    this.#to.interpretIf();
    w.word(SYSTEM_FLAGS_WORD).const(IF).op(op.I32_AND, op.I32_EQZ);
    w.if();
    w.const(0).word(SYSTEM_FLAGS_WORD).const(IF).op(op.I32_OR).memory(op.I32_STORE, SYSTEM_FLAGS_WORD);
    w.const(0).word(LIMIT_WORD).get(local.BUDGET).op(op.I32_SUB).memory(op.I32_STORE, SHADOW_WORD);
    changeMode(w, MODE_SHADOW);
    w.end();
  }

  /** PUSH of a segment register: 16 bits of a stack word. */
  pushSelector(number: number): void {
    const { emit } = this.#to;
    const { w } = emit;
    if (this.#to.size !== 32) this.#to.decline();
    emit.register(ESP);
    w.const(-4).op(op.I32_ADD);
    const address = emit.keep();
    emit.anchors.note(address, ESP, -4);
    const { place } = readForWrite(emit, address, 32);
    w.get(place)
      .word(SELECTOR_WORDS + 4 * number)
      .memory(op.I32_STORE16, CONTROL_AREA_SIZE);
    w.get(address);
    emit.moveRegister(ESP, -4);
  }

  /** CMPXCHG8B where the page may be written; elsewhere by the interpreter's handler. */
  compareExchange8(): void {
    const { emit } = this.#to;
    const { w, flags } = emit;
    flags.words();
    const address = this.#to.address(true);
    const place = emit.temporary();
    const equal = emit.temporary();
    const old = emit.wide();
    const pair = (low: number, high: number): void => {
      emit.register(high);
      w.op(op.I64_EXTEND_I32_U).const64(32).op(op.I64_SHL);
      emit.register(low);
      w.op(op.I64_EXTEND_I32_U, op.I64_OR);
    };
    const takeUnlessEqual = (number: number, shift: number): void => {
      emit.register(number);
      w.get(old).const64(shift).op(op.I64_SHR_U, op.I32_WRAP_I64).get(equal).op(op.SELECT);
      emit.setRegister(number);
    };
    pushHit(emit, address, 64, WRITABLE, place);
    w.hint(true).if();
    pushAddress(emit, address, place);
    w.tee(place).memory(op.I64_LOAD, CONTROL_AREA_SIZE).tee(old);
    pair(EAX, EDX);
    w.op(op.I64_EQ).set(equal);
    w.get(place);
    pair(EBX, ECX);
    w.get(old).get(equal).op(op.SELECT).memory(op.I64_STORE, CONTROL_AREA_SIZE);
    takeUnlessEqual(EAX, 0);
    takeUnlessEqual(EDX, 32);
    w.get(equal).op(op.I32_EQZ).set(local.RESULT);
    w.else();
    this.#to.interpreted();
    w.end();
  }
}
