/**
 * XMM registers in a compiled function, and what is known of them where code is emitted.
 *
 * Here: the locals that hold them, which ones a function keeps there, loading and storing them, and two facts that hold
 * from a place in a block to its end: that SSE instructions may run, and that operands are no denormal numbers, so that
 * nobody asks twice. Not here: instructions (→ vectors.ts). Layout of the registers in memory: state/fpu.ts.
 * @module
 */
import { FLOAT_FILE } from "../../state/control-area.ts";
import * as local from "../locals.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as simd from "../wasm/simd-opcodes.ts";

/** What is known of a register: none of these elements is a denormal number. */
export const LOW64 = 1;
export const LOW32 = 2;
export const ALL64 = 4;
export const ALL32 = 8;

const REGISTERS = 8;

export class VectorRegisters {
  /** Registers that the function keeps in locals: bits by number. */
  kept: number;
  written = 0;
  /** SSE instructions may run here, arithmetic has default rounding and masks inexact results, and one has been noted. */
  ready = false;
  arithmeticReady = false;
  inexactNoted = false;
  readonly #known: number[] = new Array(REGISTERS).fill(0);
  readonly #w: CodeWriter;

  constructor(w: CodeWriter, kept = 0) {
    this.#w = w;
    this.kept = kept;
  }

  /** A block begins, or something else may have run. */
  forget(): void {
    this.ready = false;
    this.arithmeticReady = false;
    this.inexactNoted = false;
    this.#known.fill(0);
  }

  knows(register: number, fact: number): boolean {
    return (this.#known[register] & fact) !== 0;
  }

  learn(register: number, facts: number): void {
    this.#known[register] |= facts;
  }

  facts(register: number): number {
    return this.#known[register];
  }

  /** Takes a register from the stack. */
  set(register: number, facts = 0): void {
    this.written |= 1 << register;
    this.#known[register] = facts;
    this.#w.set(local.XMM + register);
  }

  /** Loads and stores all that are kept, or the ones that were written. */
  load(): void {
    for (let i = 0; i < REGISTERS; i++)
      if (this.kept & (1 << i))
        this.#w
          .const(0)
          .vectorMemory(simd.V128_LOAD, FLOAT_FILE + 16 * i)
          .set(local.XMM + i);
  }
  store(registers: number): void {
    for (let i = 0; i < REGISTERS; i++)
      if (this.kept & registers & (1 << i))
        this.#w
          .const(0)
          .get(local.XMM + i)
          .vectorMemory(simd.V128_STORE, FLOAT_FILE + 16 * i);
  }
}
