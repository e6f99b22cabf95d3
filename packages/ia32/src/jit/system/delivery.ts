/**
 * Delivery of an interrupt or exception by compiled code: through a 32-bit gate to flat segments of level 0.
 *
 * deliver(event, budget) → 1, and everything is as system/delivery.ts leaves it, or 0, and nothing has changed. The way is
 * taken from level 3 or 0, where the gate, the descriptors of CS and SS (compared with what they were when the host last loaded
 * them), the TSS and the stack lie in pages that the TLB knows: so nothing can fault, and no accessed bit is missing.
 * Here: that, as system/delivery.ts does it. SDM Vol. 3A, 6.12.
 * @module
 */
import { OFFSET_MASK } from "../../mmu/tlb.ts";
import {
  CARRIES_WORD,
  CONTROL_AREA_SIZE,
  CPL_WORD,
  ERROR_WORD,
  EVENTS_WORD,
  IDT_WORD,
  KNOWN_SEGMENTS,
  LIMIT_WORD,
  MODE_WORD,
  REGISTER_FILE,
  RESUME_WORD,
  SELECTOR_WORDS,
  SIGN_WORD,
  SLOW_WORD,
  SYSTEM_FLAGS_WORD,
  TLB_AREA,
  TLB_WORD,
  TSS_WORD,
  WORDS_PER_TAG,
  ZERO_WORD,
} from "../../state/control-area.ts";
import { TAG_SUPERVISOR } from "../../state/core.ts";
import { CS, SS } from "../../state/descriptor.ts";
import { AC, ALWAYS_ONE, IF, NT, RF, TF, VM } from "../../state/eflags.ts";
import { EIP, ESP } from "../../state/registers.ts";
import { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";
import { EVENT_HAS_CODE, EVENT_RESUMES, EVENT_SOFTWARE, IS_KNOWN, SYSTEM_ADDRESS } from "./events.ts";

export const ESP_WORD: number = REGISTER_FILE + 4 * ESP;
export const EIP_WORD: number = REGISTER_FILE + 4 * EIP;
export const CS_SELECTOR: number = SELECTOR_WORDS + 4 * CS;
export const SS_SELECTOR: number = SELECTOR_WORDS + 4 * SS;
/** Places in KNOWN_SEGMENTS. */
export const KNOWN_CS_0: number = KNOWN_SEGMENTS;
export const KNOWN_SS_0: number = KNOWN_SEGMENTS + 16;
export const KNOWN_CS_3: number = KNOWN_SEGMENTS + 32;
export const KNOWN_SS_3: number = KNOWN_SEGMENTS + 48;
/** Of MODE_WORD. */
export const MODE_CS = 1;
export const MODE_SS = 2;
export const MODE_SHADOW = 4;
/** RESUME_WORD: RF is clear; nothing has changed. */
export const NO_RESUME = -2;
export const KEEP_RESUME = -1;

const SUPERVISOR_TLB = TAG_SUPERVISOR * WORDS_PER_TAG * 4;
/** Of the upper word of a gate: present, type 14 or 15; the type is 15; DPL. */
const GATE_MASK = 0x9e00;
const GATE_32 = 0x8e00;
const GATE_TRAP = 0x100;
const DPL_SHIFT = 13;
/** Where the TSS has ESP0, and the last byte of SS0. */
const ESP_0 = 4;
const SS_0_END = 9;

/** Adds a constant to a word. */
export function addTo(w: CodeWriter, address: number, value: number): void {
  w.const(0).word(address).const(value).op(op.I32_ADD).memory(op.I32_STORE, address);
}

/** Sets bits of MODE_WORD. */
export function changeMode(w: CodeWriter, bits: number): void {
  w.const(0).word(MODE_WORD).const(bits).op(op.I32_OR).memory(op.I32_STORE, MODE_WORD);
}

/** Pushes the arithmetic flags as in EFLAGS. */
function pushArithmetic(w: CodeWriter): void {
  w.word(CARRIES_WORD).const(31).op(op.I32_SHR_U);
  w.word(SIGN_WORD).const(0xff).op(op.I32_AND, op.I32_POPCNT).const(1).op(op.I32_AND, op.I32_EQZ);
  w.const(2).op(op.I32_SHL, op.I32_OR);
  w.word(CARRIES_WORD).const(8).op(op.I32_AND).const(1).op(op.I32_SHL, op.I32_OR);
  w.word(ZERO_WORD).op(op.I32_EQZ).const(6).op(op.I32_SHL, op.I32_OR);
  w.word(SIGN_WORD).const(31).op(op.I32_SHR_U).const(7).op(op.I32_SHL, op.I32_OR);
  w.word(CARRIES_WORD).word(CARRIES_WORD).const(1).op(op.I32_SHL, op.I32_XOR).const(31).op(op.I32_SHR_U);
  w.const(11).op(op.I32_SHL, op.I32_OR);
}

/** The body of deliver(event, budget). */
export function deliveryBody(): CodeWriter {
  const [EVENT, , FLAGS, LEVEL, LOW, HIGH, PLACE, POINTER, TO, STACK] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const w = new CodeWriter().unsigned(1).unsigned(8).op(op.I32);
  const no = w.block();
  w.word(SLOW_WORD).brIf(no);
  w.word(SYSTEM_FLAGS_WORD)
    .tee(FLAGS)
    .const(TF | VM | AC | RF)
    .op(op.I32_AND)
    .brIf(no);
  // Level 1 or 2.
  w.word(CPL_WORD).tee(LEVEL).const(1).op(op.I32_ADD).const(2).op(op.I32_AND).brIf(no);

  // The gate.
  w.get(EVENT).const(0xff).op(op.I32_AND).const(3).op(op.I32_SHL).tee(PLACE).const(7).op(op.I32_ADD);
  w.word(IDT_WORD + 4)
    .op(op.I32_GT_U)
    .brIf(no);
  w.get(PLACE).word(IDT_WORD).op(op.I32_ADD).const(8).call(SYSTEM_ADDRESS).tee(PLACE).const(-1).op(op.I32_EQ).brIf(no);
  w.get(PLACE).memory(op.I32_LOAD, CONTROL_AREA_SIZE).set(LOW);
  w.get(PLACE)
    .memory(op.I32_LOAD, CONTROL_AREA_SIZE + 4)
    .tee(HIGH);
  w.const(GATE_MASK).op(op.I32_AND).const(GATE_32).op(op.I32_NE).brIf(no);
  w.get(EVENT).const(EVENT_SOFTWARE).op(op.I32_AND).const(0).op(op.I32_NE);
  w.get(HIGH).const(DPL_SHIFT).op(op.I32_SHR_U).const(3).op(op.I32_AND).get(LEVEL).op(op.I32_LT_U, op.I32_AND).brIf(no);
  w.get(LOW).const(16).op(op.I32_SHR_U).const(KNOWN_CS_0).call(IS_KNOWN).op(op.I32_EQZ).brIf(no);

  // The stack.
  w.get(LEVEL);
  w.if();
  w.word(TSS_WORD + 4)
    .const(SS_0_END)
    .op(op.I32_LT_S)
    .brIf(no);
  w.word(TSS_WORD).const(ESP_0).op(op.I32_ADD).const(8).call(SYSTEM_ADDRESS).tee(PLACE).const(-1).op(op.I32_EQ);
  w.brIf(no);
  w.get(PLACE)
    .memory(op.I32_LOAD16_U, CONTROL_AREA_SIZE + 4)
    .tee(STACK)
    .const(KNOWN_SS_0)
    .call(IS_KNOWN)
    .op(op.I32_EQZ)
    .brIf(no);
  w.get(PLACE).memory(op.I32_LOAD, CONTROL_AREA_SIZE).tee(POINTER).const(-20).op(op.I32_ADD).set(TO);
  w.else();
  w.word(ESP_WORD).tee(POINTER).const(-12).op(op.I32_ADD).set(TO);
  w.end();
  w.get(TO).get(EVENT).const(EVENT_HAS_CODE).op(op.I32_AND).const(7).op(op.I32_SHR_U, op.I32_SUB).tee(TO);
  w.get(POINTER).op(op.I32_GT_U).brIf(no);
  w.get(TO).get(POINTER).const(-1).op(op.I32_ADD, op.I32_XOR).const(-4096).op(op.I32_AND).brIf(no);
  w.get(TO).const(8).op(op.I32_SHR_U).const(OFFSET_MASK).op(op.I32_AND).tee(PLACE);
  w.memory(op.I32_LOAD, TLB_AREA + SUPERVISOR_TLB + 4)
    .get(TO)
    .const(-4096)
    .op(op.I32_AND, op.I32_NE)
    .brIf(no);
  w.get(PLACE)
    .memory(op.I32_LOAD, TLB_AREA + SUPERVISOR_TLB + 8)
    .get(TO)
    .op(op.I32_ADD)
    .set(PLACE);

  // From here on nothing can go wrong.
  w.get(EVENT).const(EVENT_HAS_CODE).op(op.I32_AND);
  w.if();
  w.get(PLACE).word(ERROR_WORD).memory(op.I32_STORE, CONTROL_AREA_SIZE);
  w.get(PLACE).const(4).op(op.I32_ADD).set(PLACE);
  w.end();
  w.get(PLACE).word(EIP_WORD).memory(op.I32_STORE, CONTROL_AREA_SIZE);
  w.get(PLACE)
    .word(CS_SELECTOR)
    .memory(op.I32_STORE, CONTROL_AREA_SIZE + 4);
  w.get(PLACE).get(EVENT).const(EVENT_RESUMES).op(op.I32_AND).get(FLAGS).const(ALWAYS_ONE).op(op.I32_OR, op.I32_OR);
  pushArithmetic(w);
  w.op(op.I32_OR).memory(op.I32_STORE, CONTROL_AREA_SIZE + 8);
  w.get(LEVEL);
  w.if();
  w.get(PLACE)
    .word(ESP_WORD)
    .memory(op.I32_STORE, CONTROL_AREA_SIZE + 12);
  w.get(PLACE)
    .word(SS_SELECTOR)
    .memory(op.I32_STORE, CONTROL_AREA_SIZE + 16);
  w.setWord(SS_SELECTOR, STACK);
  changeMode(w, MODE_SS);
  w.end();
  changeMode(w, MODE_CS);
  w.setWord(ESP_WORD, TO);
  w.const(0).get(LOW).const(0xffff).op(op.I32_AND).get(HIGH).const(~0xffff).op(op.I32_AND, op.I32_OR);
  w.memory(op.I32_STORE, EIP_WORD);
  w.const(0).get(LOW).const(16).op(op.I32_SHR_U).memory(op.I32_STORE, CS_SELECTOR);
  w.const(0)
    .get(FLAGS)
    .const(~(TF | NT | VM | RF))
    .const(~(TF | NT | VM | RF | IF))
    .get(HIGH)
    .const(GATE_TRAP)
    .op(op.I32_AND, op.SELECT, op.I32_AND)
    .memory(op.I32_STORE, SYSTEM_FLAGS_WORD);
  w.const(0).const(0).memory(op.I32_STORE, CPL_WORD);
  w.const(0).const(SUPERVISOR_TLB).memory(op.I32_STORE, TLB_WORD);
  w.const(0).const(NO_RESUME).memory(op.I32_STORE, RESUME_WORD);
  addTo(w, EVENTS_WORD, 1);
  addTo(w, LIMIT_WORD, -1);
  w.const(1).op(op.RETURN);
  w.end();
  return w.const(0).op(op.END);
}
