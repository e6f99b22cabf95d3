/**
 * Packed integer comparison and logic on MMX and XMM registers: PCMPEQ… PCMPGT… PAND PANDN POR PXOR.
 *
 * Here: rows and meanings: a true comparison is a lane of ones. SDM Vol. 1, 5.4.4, 5.4.5; Vol. 2.
 * @module
 */
import type { Core } from "../../state/core.ts";
import type { Instruction } from "../instruction.ts";
import { lanes, packed } from "./row.ts";

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

export const PCMPEQB: Instruction = packed("PCMPEQB", "74", "MMX", pcmpeqb, lanes("I8X16_EQ"));
export const PCMPEQW: Instruction = packed("PCMPEQW", "75", "MMX", pcmpeqw, lanes("I16X8_EQ"));
export const PCMPEQD: Instruction = packed("PCMPEQD", "76", "MMX", pcmpeqd, lanes("I32X4_EQ"));
export const PCMPGTB: Instruction = packed("PCMPGTB", "64", "MMX", pcmpgtb, lanes("I8X16_GT_S"));
export const PCMPGTW: Instruction = packed("PCMPGTW", "65", "MMX", pcmpgtw, lanes("I16X8_GT_S"));
export const PCMPGTD: Instruction = packed("PCMPGTD", "66", "MMX", pcmpgtd, lanes("I32X4_GT_S"));
export const PAND: Instruction = packed("PAND", "DB", "MMX", pand, lanes("V128_AND"));
export const PANDN: Instruction = packed("PANDN", "DF", "MMX", pandn, (to, d, s) =>
  to.vectors.lanes("V128_ANDNOT", s, d),
);
export const POR: Instruction = packed("POR", "EB", "MMX", por, lanes("V128_OR"));
export const PXOR: Instruction = packed("PXOR", "EF", "MMX", pxor, lanes("V128_XOR"));
