/**
 * Interrupts, ports, and what only an operating system does.
 *
 * Here: INT, IRET, INVLPG, MOV from CR2 and CR3, IN, OUT, CLI. Not here: delivery (→ system/), what the host does.
 * @module
 */
import { FLAT } from "../../isa/operation.ts";
import { INVALID, OFFSET_MASK } from "../../mmu/tlb.ts";
import {
  CPL_WORD,
  CR2_WORD,
  DIRECTORY_WORD,
  EVENT_WORD,
  LARGE_CACHED,
  LEFT_WORD,
  REGISTER_FILE,
  SYSTEM_FLAGS_WORD,
  TLB_AREA,
  WORDS_PER_TAG,
} from "../../state/control-area.ts";
import { TAG_SUPERVISOR, TAG_USER } from "../../state/core.ts";
import { IF } from "../../state/eflags.ts";
import { EDX, EIP } from "../../state/registers.ts";
import type { Lowering } from "../lowering.ts";
import { READABLE, WRITABLE } from "../memory-access.ts";
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
}
