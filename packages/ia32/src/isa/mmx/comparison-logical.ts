/**
 * Packed integer comparison and logic on MMX and XMM registers: PCMPEQ… PCMPGT… PAND PANDN POR PXOR.
 *
 * Here: rows and meanings: a true comparison is a lane of ones. SDM Vol. 1, 5.4.4, 5.4.5; Vol. 2.
 * @module
 */
import type { Core } from "../../state/core.ts";
import { type Instruction, instruction } from "../instruction.ts";

export function pcmpeqb(core: Core, d: number, s: number, words: number): void {
  const x = core.x8;
  for (let i = 0; i < words * 4; i++) x[d * 4 + i] = x[d * 4 + i] === x[s * 4 + i] ? 0xff : 0;
}
export function pcmpeqw(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words * 2; i++) x[d * 2 + i] = x[d * 2 + i] === x[s * 2 + i] ? 0xffff : 0;
}
export function pcmpeqd(core: Core, d: number, s: number, words: number): void {
  const x = core.x;
  for (let i = 0; i < words; i++) x[d + i] = x[d + i] === x[s + i] ? -1 : 0;
}
export function pcmpgtb(core: Core, d: number, s: number, words: number): void {
  const x = core.x8;
  for (let i = 0; i < words * 4; i++) x[d * 4 + i] = x[d * 4 + i] << 24 > x[s * 4 + i] << 24 ? 0xff : 0;
}
export function pcmpgtw(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words * 2; i++) x[d * 2 + i] = x[d * 2 + i] << 16 > x[s * 2 + i] << 16 ? 0xffff : 0;
}
export function pcmpgtd(core: Core, d: number, s: number, words: number): void {
  const x = core.x;
  for (let i = 0; i < words; i++) x[d + i] = x[d + i] > x[s + i] ? -1 : 0;
}

export function pand(core: Core, d: number, s: number, words: number): void {
  for (let i = 0; i < words; i++) core.x[d + i] &= core.x[s + i];
}
export function pandn(core: Core, d: number, s: number, words: number): void {
  for (let i = 0; i < words; i++) core.x[d + i] = ~core.x[d + i] & core.x[s + i];
}
export function por(core: Core, d: number, s: number, words: number): void {
  for (let i = 0; i < words; i++) core.x[d + i] |= core.x[s + i];
}
export function pxor(core: Core, d: number, s: number, words: number): void {
  for (let i = 0; i < words; i++) core.x[d + i] ^= core.x[s + i];
}

export const PCMPEQB: Instruction = instruction({
  mnemonic: "PCMPEQB",
  encodings: [
    ["NP 0F 74 /r", "mm, mm/m64", "MMX"],
    ["66 0F 74 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pcmpeqb,
});
export const PCMPEQW: Instruction = instruction({
  mnemonic: "PCMPEQW",
  encodings: [
    ["NP 0F 75 /r", "mm, mm/m64", "MMX"],
    ["66 0F 75 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pcmpeqw,
});
export const PCMPEQD: Instruction = instruction({
  mnemonic: "PCMPEQD",
  encodings: [
    ["NP 0F 76 /r", "mm, mm/m64", "MMX"],
    ["66 0F 76 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pcmpeqd,
});
export const PCMPGTB: Instruction = instruction({
  mnemonic: "PCMPGTB",
  encodings: [
    ["NP 0F 64 /r", "mm, mm/m64", "MMX"],
    ["66 0F 64 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pcmpgtb,
});
export const PCMPGTW: Instruction = instruction({
  mnemonic: "PCMPGTW",
  encodings: [
    ["NP 0F 65 /r", "mm, mm/m64", "MMX"],
    ["66 0F 65 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pcmpgtw,
});
export const PCMPGTD: Instruction = instruction({
  mnemonic: "PCMPGTD",
  encodings: [
    ["NP 0F 66 /r", "mm, mm/m64", "MMX"],
    ["66 0F 66 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pcmpgtd,
});
export const PAND: Instruction = instruction({
  mnemonic: "PAND",
  encodings: [
    ["NP 0F DB /r", "mm, mm/m64", "MMX"],
    ["66 0F DB /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pand,
});
export const PANDN: Instruction = instruction({
  mnemonic: "PANDN",
  encodings: [
    ["NP 0F DF /r", "mm, mm/m64", "MMX"],
    ["66 0F DF /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pandn,
});
export const POR: Instruction = instruction({
  mnemonic: "POR",
  encodings: [
    ["NP 0F EB /r", "mm, mm/m64", "MMX"],
    ["66 0F EB /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: por,
});
export const PXOR: Instruction = instruction({
  mnemonic: "PXOR",
  encodings: [
    ["NP 0F EF /r", "mm, mm/m64", "MMX"],
    ["66 0F EF /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pxor,
});
