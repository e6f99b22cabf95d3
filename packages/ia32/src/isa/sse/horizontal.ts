/**
 * SSE3 arithmetic across elements: ADDSUBPS ADDSUBPD HADDPS HADDPD HSUBPS HSUBPD.
 *
 * Here: rows and meanings. SDM Vol. 1, 5.7; Vol. 2.
 * @module
 */
import { type FloatContext, HIGH, LOW } from "../../softfloat/context.ts";
import { add32, subtract32 } from "../../softfloat/float32.ts";
import { add64, subtract64 } from "../../softfloat/float64.ts";
import type { Core } from "../../state/core.ts";
import { copyWords, RESULT } from "../../state/fpu.ts";
import type { Instruction } from "../instruction.ts";
import { row } from "../mmx/row.ts";
import { begin, end } from "./exception.ts";

type Float32 = (c: FloatContext, a: number, b: number) => number;
type Float64 = (c: FloatContext, aHigh: number, aLow: number, bHigh: number, bLow: number) => void;

/** The two words at RESULT + `to` = operate(the two at `a`, the two at `b`). */
function element64(core: Core, operate: Float64, to: number, a: number, b: number): void {
  const { x, sse } = core;
  operate(sse, x[a + 1], x[a], x[b + 1], x[b]);
  x[RESULT + to] = sse.w[LOW];
  x[RESULT + to + 1] = sse.w[HIGH];
}

function take(core: Core, d: number): void {
  end(core);
  copyWords(core.x, d, RESULT, 4);
}

export function addsubps(core: Core, d: number, s: number): void {
  const c = begin(core);
  const x = core.x;
  for (let i = 0; i < 4; i += 2) {
    x[RESULT + i] = subtract32(c, x[d + i], x[s + i]);
    x[RESULT + i + 1] = add32(c, x[d + i + 1], x[s + i + 1]);
  }
  take(core, d);
}
export function addsubpd(core: Core, d: number, s: number): void {
  begin(core);
  element64(core, subtract64, 0, d, s);
  element64(core, add64, 2, d + 2, s + 2);
  take(core, d);
}

function horizontal32(core: Core, d: number, s: number, operate: Float32): void {
  const c = begin(core);
  const x = core.x;
  for (let i = 0; i < 4; i++) {
    const a = (i < 2 ? d : s) + (i & 1) * 2;
    x[RESULT + i] = operate(c, x[a], x[a + 1]);
  }
  take(core, d);
}
function horizontal64(core: Core, d: number, s: number, operate: Float64): void {
  begin(core);
  element64(core, operate, 0, d, d + 2);
  element64(core, operate, 2, s, s + 2);
  take(core, d);
}
export function haddps(core: Core, d: number, s: number): void {
  horizontal32(core, d, s, add32);
}
export function hsubps(core: Core, d: number, s: number): void {
  horizontal32(core, d, s, subtract32);
}
export function haddpd(core: Core, d: number, s: number): void {
  horizontal64(core, d, s, add64);
}
export function hsubpd(core: Core, d: number, s: number): void {
  horizontal64(core, d, s, subtract64);
}

export const ADDSUBPS: Instruction = row("ADDSUBPS", "F2 0F D0 /r", "xmm, xmm/m128", "SSE3", "vector", addsubps);
export const ADDSUBPD: Instruction = row("ADDSUBPD", "66 0F D0 /r", "xmm, xmm/m128", "SSE3", "vector", addsubpd);
export const HADDPS: Instruction = row("HADDPS", "F2 0F 7C /r", "xmm, xmm/m128", "SSE3", "vector", haddps);
export const HADDPD: Instruction = row("HADDPD", "66 0F 7C /r", "xmm, xmm/m128", "SSE3", "vector", haddpd);
export const HSUBPS: Instruction = row("HSUBPS", "F2 0F 7D /r", "xmm, xmm/m128", "SSE3", "vector", hsubps);
export const HSUBPD: Instruction = row("HSUBPD", "66 0F 7D /r", "xmm, xmm/m128", "SSE3", "vector", hsubpd);
