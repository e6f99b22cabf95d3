/**
 * SSE shuffles: SHUFPS SHUFPD UNPCKLPS UNPCKHPS UNPCKLPD UNPCKHPD.
 *
 * Here: rows and meanings; the unpacking ones are those of the integers. SDM Vol. 1, 5.5.1.5, 5.6.1.5; Vol. 2.
 * @module
 */
import type { Core } from "../../state/core.ts";
import { copyWords, RESULT } from "../../state/fpu.ts";
import type { Instruction } from "../instruction.ts";
import { punpckhdq, punpckhqdq, punpckldq, punpcklqdq } from "../mmx/conversion.ts";
import { interleaved, row } from "../mmx/row.ts";

export function shufps(core: Core, d: number, s: number, order: number): void {
  const x = core.x;
  for (let i = 0; i < 4; i++) x[RESULT + i] = x[(i < 2 ? d : s) + ((order >>> (2 * i)) & 3)];
  copyWords(x, d, RESULT, 4);
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

export const SHUFPS: Instruction = row(
  "SHUFPS",
  "NP 0F C6 /r ib",
  "xmm, xmm/m128, imm8",
  "SSE",
  "vector",
  shufps,
  (to, d, s) => to.vectors.shuffleSingles(d, s),
);
export const SHUFPD: Instruction = row(
  "SHUFPD",
  "66 0F C6 /r ib",
  "xmm, xmm/m128, imm8",
  "SSE2",
  "vector",
  shufpd,
  (to, d, s) => to.vectors.shuffleDoubles(d, s),
);
export const UNPCKLPS: Instruction = row(
  "UNPCKLPS",
  "NP 0F 14 /r",
  "xmm, xmm/m128",
  "SSE",
  "vector",
  punpckldq,
  interleaved(4, false),
);
export const UNPCKLPD: Instruction = row(
  "UNPCKLPD",
  "66 0F 14 /r",
  "xmm, xmm/m128",
  "SSE2",
  "vector",
  punpcklqdq,
  interleaved(8, false),
);
export const UNPCKHPS: Instruction = row(
  "UNPCKHPS",
  "NP 0F 15 /r",
  "xmm, xmm/m128",
  "SSE",
  "vector",
  punpckhdq,
  interleaved(4, true),
);
export const UNPCKHPD: Instruction = row(
  "UNPCKHPD",
  "66 0F 15 /r",
  "xmm, xmm/m128",
  "SSE2",
  "vector",
  punpckhqdq,
  interleaved(8, true),
);
