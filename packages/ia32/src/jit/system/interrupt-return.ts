/**
 * IRET of 32 bits by compiled code: from level 0 to flat segments of level 0 or 3.
 *
 * return(budget) → the new level, and everything is as system/delivery.ts leaves it; or −1,
 * and nothing has changed. The way is taken where the frame lies in a page that the TLB knows, and CS and SS are what they were
 * when the host last loaded them, so that nothing can fault. Here: that. SDM Vol. 2A, IRET.
 * @module
 */
import {
  CARRIES_WORD,
  CONTROL_AREA_SIZE,
  CPL_WORD,
  INNER_DATA_WORD,
  LIMIT_WORD,
  RESUME_WORD,
  SIGN_WORD,
  SLOW_WORD,
  SYSTEM_FLAGS_WORD,
  TLB_WORD,
  WORDS_PER_TAG,
  ZERO_WORD,
} from "../../state/control-area.ts";
import { TAG_USER } from "../../state/core.ts";
import { AC, ARITHMETIC, NT, RF, SETTABLE, TF, VM } from "../../state/eflags.ts";
import { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";
import {
  CS_SELECTOR,
  changeMode,
  EIP_WORD,
  ESP_WORD,
  KNOWN_CS_0,
  KNOWN_CS_3,
  KNOWN_SS_3,
  MODE_CS,
  MODE_SS,
  SS_SELECTOR,
} from "./delivery.ts";
import { IS_KNOWN, SYSTEM_ADDRESS } from "./events.ts";

const USER_TLB = TAG_USER * WORDS_PER_TAG * 4;
const FRAME = 12;
const FRAME_WITH_STACK = 20;
/** Flags that IRET of level 0 takes over, but those that are kept elsewhere. */
const TAKEN = SETTABLE & ~ARITHMETIC & ~RF;

/** Takes the arithmetic flags from an image in a local. */
function takeArithmetic(w: CodeWriter, image: number, carries: number): void {
  w.get(image).const(31).op(op.I32_SHL).tee(carries);
  w.get(carries).get(image).const(20).op(op.I32_SHL, op.I32_XOR).const(1).op(op.I32_SHR_U);
  w.const(0x40000000).op(op.I32_AND, op.I32_OR);
  w.get(image).const(1).op(op.I32_SHR_U).const(8).op(op.I32_AND, op.I32_OR).set(carries);
  w.setWord(CARRIES_WORD, carries);
  w.const(0).get(image).const(24).op(op.I32_SHL).const(-0x80000000).op(op.I32_AND);
  w.get(image).const(2).op(op.I32_SHR_U).const(1).op(op.I32_AND, op.I32_EQZ, op.I32_OR);
  w.memory(op.I32_STORE, SIGN_WORD);
  w.const(0).get(image).const(6).op(op.I32_SHR_U).const(1).op(op.I32_AND, op.I32_EQZ);
  w.memory(op.I32_STORE, ZERO_WORD);
}

/** The body of return(budget). */
export function returnBody(): CodeWriter {
  const [BUDGET, POINTER, PLACE, SELECTOR, IMAGE, LEVEL, STACK] = [0, 1, 2, 3, 4, 5, 6];
  const w = new CodeWriter().unsigned(1).unsigned(6).op(op.I32);
  const no = w.block();
  w.word(SLOW_WORD).brIf(no);
  w.word(CPL_WORD).brIf(no);
  w.get(BUDGET).const(0).op(op.I32_LT_S).brIf(no);
  w.word(SYSTEM_FLAGS_WORD)
    .const(NT | TF | RF | AC | VM)
    .op(op.I32_AND)
    .brIf(no);
  w.word(ESP_WORD).tee(POINTER).const(FRAME).call(SYSTEM_ADDRESS).tee(PLACE).const(-1).op(op.I32_EQ).brIf(no);
  w.get(PLACE)
    .memory(op.I32_LOAD, CONTROL_AREA_SIZE + 8)
    .tee(IMAGE);
  w.const(TF | AC | VM)
    .op(op.I32_AND)
    .brIf(no);
  w.get(PLACE)
    .memory(op.I32_LOAD16_U, CONTROL_AREA_SIZE + 4)
    .tee(SELECTOR);
  w.const(3).op(op.I32_AND).tee(LEVEL);
  w.if();
  w.get(LEVEL).const(3).op(op.I32_NE).brIf(no);
  w.word(INNER_DATA_WORD).brIf(no);
  w.get(POINTER)
    .const(FRAME_WITH_STACK - 1)
    .op(op.I32_ADD)
    .get(POINTER)
    .op(op.I32_XOR)
    .const(-4096)
    .op(op.I32_AND)
    .brIf(no);
  w.get(SELECTOR).const(KNOWN_CS_3).call(IS_KNOWN).op(op.I32_EQZ).brIf(no);
  w.get(PLACE)
    .memory(op.I32_LOAD16_U, CONTROL_AREA_SIZE + 16)
    .tee(STACK)
    .const(KNOWN_SS_3)
    .call(IS_KNOWN)
    .op(op.I32_EQZ)
    .brIf(no);
  w.get(PLACE)
    .memory(op.I32_LOAD, CONTROL_AREA_SIZE + 12)
    .set(POINTER);
  w.setWord(SS_SELECTOR, STACK);
  changeMode(w, MODE_SS);
  w.const(0).const(USER_TLB).memory(op.I32_STORE, TLB_WORD);
  w.else();
  w.get(SELECTOR).const(KNOWN_CS_0).call(IS_KNOWN).op(op.I32_EQZ).brIf(no);
  w.get(POINTER).const(FRAME).op(op.I32_ADD).set(POINTER);
  w.end();
  changeMode(w, MODE_CS);
  w.setWord(ESP_WORD, POINTER);
  w.const(0).get(PLACE).memory(op.I32_LOAD, CONTROL_AREA_SIZE).memory(op.I32_STORE, EIP_WORD);
  w.setWord(CS_SELECTOR, SELECTOR);
  w.setWord(CPL_WORD, LEVEL);
  w.const(0).word(SYSTEM_FLAGS_WORD).const(~TAKEN).op(op.I32_AND).get(IMAGE).const(TAKEN).op(op.I32_AND, op.I32_OR);
  w.memory(op.I32_STORE, SYSTEM_FLAGS_WORD);
  w.get(IMAGE).const(RF).op(op.I32_AND);
  w.if();
  w.const(0).word(LIMIT_WORD).get(BUDGET).op(op.I32_SUB).memory(op.I32_STORE, RESUME_WORD);
  w.end();
  takeArithmetic(w, IMAGE, PLACE);
  w.get(LEVEL).op(op.RETURN);
  w.end();
  return w.const(-1).op(op.END);
}
