/**
 * SSE shuffles: SHUFPS SHUFPD UNPCKLPS UNPCKHPS UNPCKLPD UNPCKHPD.
 *
 * Here: rows and meanings; the unpacking ones are those of the integers. SDM Vol. 1, 5.5.1.5, 5.6.1.5; Vol. 2.
 * @module
 */
import type { Core } from "../../state/core.ts";
import { RESULT } from "../../state/fpu.ts";
import { type Instruction, instruction } from "../instruction.ts";
import { punpckhdq, punpckhqdq, punpckldq, punpcklqdq } from "../mmx/conversion.ts";

export function shufps(core: Core, d: number, s: number, order: number): void {
  const x = core.x;
  for (let i = 0; i < 4; i++) x[RESULT + i] = x[(i < 2 ? d : s) + ((order >>> (2 * i)) & 3)];
  x.copyWithin(d, RESULT, RESULT + 4);
}
export function shufpd(core: Core, d: number, s: number, order: number): void {
  const x = core.x;
  const a = d + (order & 1) * 2;
  const b = s + ((order >>> 1) & 1) * 2;
  const [a0, a1, b0, b1] = [x[a], x[a + 1], x[b], x[b + 1]];
  x[d] = a0;
  x[d + 1] = a1;
  x[d + 2] = b0;
  x[d + 3] = b1;
}

export const SHUFPS: Instruction = instruction({
  mnemonic: "SHUFPS",
  encodings: [["NP 0F C6 /r ib", "xmm, xmm/m128, imm8", "SSE"]],
  form: "vector",
  execute: shufps,
});
export const SHUFPD: Instruction = instruction({
  mnemonic: "SHUFPD",
  encodings: [["66 0F C6 /r ib", "xmm, xmm/m128, imm8", "SSE2"]],
  form: "vector",
  execute: shufpd,
});
export const UNPCKLPS: Instruction = instruction({
  mnemonic: "UNPCKLPS",
  encodings: [["NP 0F 14 /r", "xmm, xmm/m128", "SSE"]],
  form: "vector",
  execute: punpckldq,
});
export const UNPCKLPD: Instruction = instruction({
  mnemonic: "UNPCKLPD",
  encodings: [["66 0F 14 /r", "xmm, xmm/m128", "SSE2"]],
  form: "vector",
  execute: punpcklqdq,
});
export const UNPCKHPS: Instruction = instruction({
  mnemonic: "UNPCKHPS",
  encodings: [["NP 0F 15 /r", "xmm, xmm/m128", "SSE"]],
  form: "vector",
  execute: punpckhdq,
});
export const UNPCKHPD: Instruction = instruction({
  mnemonic: "UNPCKHPD",
  encodings: [["66 0F 15 /r", "xmm, xmm/m128", "SSE2"]],
  form: "vector",
  execute: punpckhqdq,
});
