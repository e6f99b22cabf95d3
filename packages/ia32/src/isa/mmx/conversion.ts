/**
 * Packing, unpacking and shuffling of integers in MMX and XMM registers: PACK… PUNPCK… PSHUF…
 *
 * Here: rows and meanings. Results are made in RESULT, since source and destination may be one register.
 * SDM Vol. 1, 5.4.2, 5.6.3; Vol. 2.
 * @module
 */
import type { Core } from "../../state/core.ts";
import { copyWords, RESULT } from "../../state/fpu.ts";
import type { Instruction } from "../instruction.ts";
import { interleaved, lanes, packed, row } from "./row.ts";

function take(core: Core, d: number, words: number): void {
  copyWords(core.x, d, RESULT, words);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}

function packWords(core: Core, d: number, s: number, words: number, least: number, most: number): void {
  const { x8, x16 } = core;
  const count = words * 2;
  for (let i = 0; i < count; i++) {
    x8[RESULT * 4 + i] = clamp((x16[d * 2 + i] << 16) >> 16, least, most);
    x8[RESULT * 4 + count + i] = clamp((x16[s * 2 + i] << 16) >> 16, least, most);
  }
  take(core, d, words);
}
export function packsswb(core: Core, d: number, s: number, words: number): void {
  packWords(core, d, s, words, -0x80, 0x7f);
}
export function packuswb(core: Core, d: number, s: number, words: number): void {
  packWords(core, d, s, words, 0, 0xff);
}
export function packssdw(core: Core, d: number, s: number, words: number): void {
  const { x, x16 } = core;
  for (let i = 0; i < words; i++) {
    x16[RESULT * 2 + i] = clamp(x[d + i], -0x8000, 0x7fff);
    x16[RESULT * 2 + words + i] = clamp(x[s + i], -0x8000, 0x7fff);
  }
  take(core, d, words);
}

/** Lanes of `bytes` bytes from both halves, the lower or the upper ones, in turn: the destination's first. */
function interleave(core: Core, d: number, s: number, words: number, bytes: number, upper: boolean): void {
  const x = core.x8;
  const from = upper ? words * 2 : 0;
  let to = RESULT * 4;
  for (let i = from; i < from + words * 2; i += bytes) {
    for (let k = 0; k < bytes; k++) x[to++] = x[d * 4 + i + k];
    for (let k = 0; k < bytes; k++) x[to++] = x[s * 4 + i + k];
  }
  take(core, d, words);
}
export function punpcklbw(core: Core, d: number, s: number, words: number): void {
  interleave(core, d, s, words, 1, false);
}
export function punpcklwd(core: Core, d: number, s: number, words: number): void {
  interleave(core, d, s, words, 2, false);
}
export function punpckldq(core: Core, d: number, s: number, words: number): void {
  interleave(core, d, s, words, 4, false);
}
export function punpcklqdq(core: Core, d: number, s: number, words: number): void {
  interleave(core, d, s, words, 8, false);
}
export function punpckhbw(core: Core, d: number, s: number, words: number): void {
  interleave(core, d, s, words, 1, true);
}
export function punpckhwd(core: Core, d: number, s: number, words: number): void {
  interleave(core, d, s, words, 2, true);
}
export function punpckhdq(core: Core, d: number, s: number, words: number): void {
  interleave(core, d, s, words, 4, true);
}
export function punpckhqdq(core: Core, d: number, s: number, words: number): void {
  interleave(core, d, s, words, 8, true);
}

/** Four half-words of the source, two bits of `order` each; `to` and `from` are half-word indices. */
function shuffleWords(core: Core, to: number, from: number, order: number): void {
  const x = core.x16;
  for (let i = 0; i < 4; i++) x[to + i] = x[from + ((order >>> (2 * i)) & 3)];
}
export function pshufw(core: Core, d: number, s: number, order: number): void {
  shuffleWords(core, RESULT * 2, s * 2, order);
  take(core, d, 2);
}
export function pshuflw(core: Core, d: number, s: number, order: number): void {
  shuffleWords(core, RESULT * 2, s * 2, order);
  core.x[RESULT + 2] = core.x[s + 2];
  core.x[RESULT + 3] = core.x[s + 3];
  take(core, d, 4);
}
export function pshufhw(core: Core, d: number, s: number, order: number): void {
  shuffleWords(core, RESULT * 2 + 4, s * 2 + 4, order);
  core.x[RESULT] = core.x[s];
  core.x[RESULT + 1] = core.x[s + 1];
  take(core, d, 4);
}
export function pshufd(core: Core, d: number, s: number, order: number): void {
  for (let i = 0; i < 4; i++) core.x[RESULT + i] = core.x[s + ((order >>> (2 * i)) & 3)];
  take(core, d, 4);
}

export const PACKSSWB: Instruction = packed("PACKSSWB", "63", "MMX", packsswb, lanes("I8X16_NARROW_I16X8_S"));
export const PACKUSWB: Instruction = packed("PACKUSWB", "67", "MMX", packuswb, lanes("I8X16_NARROW_I16X8_U"));
export const PACKSSDW: Instruction = packed("PACKSSDW", "6B", "MMX", packssdw, lanes("I16X8_NARROW_I32X4_S"));
export const PUNPCKLBW: Instruction = packed("PUNPCKLBW", "60", "MMX", punpcklbw, interleaved(1, false), "mm/m32");
export const PUNPCKLWD: Instruction = packed("PUNPCKLWD", "61", "MMX", punpcklwd, interleaved(2, false), "mm/m32");
export const PUNPCKLDQ: Instruction = packed("PUNPCKLDQ", "62", "MMX", punpckldq, interleaved(4, false), "mm/m32");
export const PUNPCKHBW: Instruction = packed("PUNPCKHBW", "68", "MMX", punpckhbw, interleaved(1, true));
export const PUNPCKHWD: Instruction = packed("PUNPCKHWD", "69", "MMX", punpckhwd, interleaved(2, true));
export const PUNPCKHDQ: Instruction = packed("PUNPCKHDQ", "6A", "MMX", punpckhdq, interleaved(4, true));
export const PUNPCKLQDQ: Instruction = row(
  "PUNPCKLQDQ",
  "66 0F 6C /r",
  "xmm, xmm/m128",
  "SSE2",
  "vector",
  punpcklqdq,
  interleaved(8, false),
);
export const PUNPCKHQDQ: Instruction = row(
  "PUNPCKHQDQ",
  "66 0F 6D /r",
  "xmm, xmm/m128",
  "SSE2",
  "vector",
  punpckhqdq,
  interleaved(8, true),
);
export const PSHUFW: Instruction = row("PSHUFW", "NP 0F 70 /r ib", "mm, mm/m64, imm8", "SSE", "vector", pshufw);
export const PSHUFLW: Instruction = row(
  "PSHUFLW",
  "F2 0F 70 /r ib",
  "xmm, xmm/m128, imm8",
  "SSE2",
  "vector",
  pshuflw,
  (to, _d, s) => to.vectors.shuffleByImmediate(2, 0, s),
);
export const PSHUFHW: Instruction = row(
  "PSHUFHW",
  "F3 0F 70 /r ib",
  "xmm, xmm/m128, imm8",
  "SSE2",
  "vector",
  pshufhw,
  (to, _d, s) => to.vectors.shuffleByImmediate(2, 4, s),
);
export const PSHUFD: Instruction = row(
  "PSHUFD",
  "66 0F 70 /r ib",
  "xmm, xmm/m128, imm8",
  "SSE2",
  "vector",
  pshufd,
  (to, _d, s) => to.vectors.shuffleByImmediate(4, 0, s),
);
