/**
 * The jump cache: where compiled code for an EIP is entered, in the control area, three ways to a set.
 *
 * An entry holds only where code at the EIP lies in the frame that it was compiled from: word 1 is what the TLB adds there.
 * Here: its layout, filling and clearing, and the code that finds an EIP's entry. Not here: what a function does with it
 * (→ function.ts).
 * @module
 */
import { OFFSET_MASK, PAGE_MASK } from "../mmu/tlb.ts";
import { JUMP_CACHE, JUMP_ENTRIES, TLB_AREA } from "../state/control-area.ts";
import type { CodeWriter } from "./wasm/code-writer.ts";
import * as op from "./wasm/opcodes.ts";

/** Bytes of an entry: EIP, TLB addend, index in the table, entry of the function. */
const ENTRY_SHIFT = 4;
const WAYS = 3;
const SETS: number = JUMP_ENTRIES / WAYS;
const ENTRY_WORDS = 4;
/** Bytes of a set. */
const SET: number = WAYS << ENTRY_SHIFT;
const HASH_SHIFT = 12;
/** Never a TLB addend: those are multiples of 4096. */
const NOWHERE = 1;

export const JUMP_EIP: number = JUMP_CACHE;
export const JUMP_HOME: number = JUMP_CACHE + 4;
export const JUMP_SLOT: number = JUMP_CACHE + 8;
export const JUMP_ENTRY: number = JUMP_CACHE + 12;

/** Word index of an EIP's set. */
function setOf(eip: number): number {
  return ((eip ^ (eip >>> HASH_SHIFT)) & (SETS - 1)) * WAYS * ENTRY_WORDS;
}

export class JumpCache {
  readonly #words: Int32Array;

  constructor(memory: WebAssembly.Memory) {
    this.#words = new Int32Array(memory.buffer, JUMP_CACHE, JUMP_ENTRIES * ENTRY_WORDS);
    this.#words.fill(0);
    for (let at = 1; at < this.#words.length; at += ENTRY_WORDS) this.#words[at] = NOWHERE;
  }

  /** From now on compiled code finds EIP in the function at `slot`; the oldest one of its set makes room. */
  remember(eip: number, home: number, slot: number, entry: number): void {
    const words = this.#words;
    const first = setOf(eip);
    const last = first + (WAYS - 1) * ENTRY_WORDS;
    let at = first;
    while (at < last && words[at] !== eip) at += ENTRY_WORDS;
    if (words[at] !== eip) {
      if (words[first + 1] !== NOWHERE) words.copyWithin(first + ENTRY_WORDS, first, last);
      at = first;
    }
    words[at] = eip;
    words[at + 1] = home;
    words[at + 2] = slot;
    words[at + 3] = entry;
  }

  /** Compiled code finds EIP no more in the function at `slot`. */
  forget(eip: number, slot: number): void {
    const words = this.#words;
    const first = setOf(eip);
    for (let at = first; at < first + WAYS * ENTRY_WORDS; at += ENTRY_WORDS)
      if (words[at] === eip && words[at + 2] === slot) words[at + 1] = NOWHERE;
  }
}

/** Puts into the local `entry` the offset of the entry that EIP, a local, has if it has one, and pushes whether it has. */
export function findJump(w: CodeWriter, eip: number, entry: number): void {
  w.get(eip)
    .get(eip)
    .const(HASH_SHIFT)
    .op(op.I32_SHR_U, op.I32_XOR)
    .const(SETS - 1)
    .op(op.I32_AND)
    .const(SET)
    .op(op.I32_MUL)
    .tee(entry);
  for (let way = 1; way < WAYS; way++) {
    w.get(entry).memory(op.I32_LOAD, JUMP_EIP).get(eip).op(op.I32_NE).const(ENTRY_SHIFT).op(op.I32_SHL, op.I32_ADD);
    w.tee(entry);
  }
  w.memory(op.I32_LOAD, JUMP_EIP).get(eip).op(op.I32_EQ);
}

/**
 * Pushes whether the TLB maps EIP, a local, to the frame of the entry at `entry`, for execution. `tlb`: the local with the offset of
 * the address space's table; `temporary` is overwritten.
 */
export function jumpIsMapped(w: CodeWriter, eip: number, entry: number, tlb: number, temporary: number): void {
  w.get(eip).const(8).op(op.I32_SHR_U).const(OFFSET_MASK).op(op.I32_AND).get(tlb).op(op.I32_ADD).tee(temporary);
  w.memory(op.I32_LOAD, TLB_AREA).get(eip).const(PAGE_MASK).op(op.I32_AND, op.I32_EQ);
  w.get(temporary)
    .memory(op.I32_LOAD, TLB_AREA + 8)
    .get(entry)
    .memory(op.I32_LOAD, JUMP_HOME);
  w.op(op.I32_EQ, op.I32_AND);
  // No-execute pages are looked at by the host.
  w.get(temporary)
    .memory(op.I32_LOAD, TLB_AREA + 12)
    .const(2)
    .op(op.I32_AND, op.I32_EQZ, op.I32_AND);
}
