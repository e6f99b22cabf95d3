/**
 * Packed shifts on MMX and XMM registers: PSLL… PSRL… PSRA… PSLLDQ PSRLDQ.
 *
 * Here: rows and meanings. A count is the low 64 bits of the source or an immediate; one too large shifts everything
 * out. SDM Vol. 1, 5.4.6; Vol. 2.
 * @module
 */
import type { Core } from "../../state/core.ts";
import { type Instruction, instruction, type Meanings } from "../instruction.ts";
import { packed, row } from "./row.ts";

/** A count, or 255 for any that is larger. */
function countOf(core: Core, s: number): number {
  return core.x[s + 1] !== 0 || core.x[s] >>> 0 > 255 ? 255 : core.x[s];
}

export function psllwBy(core: Core, d: number, count: number, words: number): void {
  const x = core.x16;
  for (let i = d * 2; i < (d + words) * 2; i++) x[i] = count > 15 ? 0 : x[i] << count;
}
export function psrlwBy(core: Core, d: number, count: number, words: number): void {
  const x = core.x16;
  for (let i = d * 2; i < (d + words) * 2; i++) x[i] = count > 15 ? 0 : x[i] >>> count;
}
export function psrawBy(core: Core, d: number, count: number, words: number): void {
  const x = core.x16;
  for (let i = d * 2; i < (d + words) * 2; i++) x[i] = ((x[i] << 16) >> 16) >> Math.min(count, 15);
}
export function pslldBy(core: Core, d: number, count: number, words: number): void {
  for (let i = d; i < d + words; i++) core.x[i] = count > 31 ? 0 : core.x[i] << count;
}
export function psrldBy(core: Core, d: number, count: number, words: number): void {
  for (let i = d; i < d + words; i++) core.x[i] = count > 31 ? 0 : core.x[i] >>> count;
}
export function psradBy(core: Core, d: number, count: number, words: number): void {
  for (let i = d; i < d + words; i++) core.x[i] >>= Math.min(count, 31);
}
export function psllqBy(core: Core, d: number, count: number, words: number): void {
  const x = core.x;
  if (count === 0) return;
  for (let i = d; i < d + words; i += 2) {
    const low = x[i];
    x[i] = count > 31 ? 0 : low << count;
    if (count > 63) x[i + 1] = 0;
    else x[i + 1] = count > 31 ? low << (count - 32) : (x[i + 1] << count) | (low >>> (32 - count));
  }
}
export function psrlqBy(core: Core, d: number, count: number, words: number): void {
  const x = core.x;
  if (count === 0) return;
  for (let i = d; i < d + words; i += 2) {
    const high = x[i + 1];
    x[i + 1] = count > 31 ? 0 : high >>> count;
    if (count > 63) x[i] = 0;
    else x[i] = count > 31 ? high >>> (count - 32) : (x[i] >>> count) | (high << (32 - count));
  }
}

export function psllw(core: Core, d: number, s: number, words: number): void {
  psllwBy(core, d, countOf(core, s), words);
}
export function pslld(core: Core, d: number, s: number, words: number): void {
  pslldBy(core, d, countOf(core, s), words);
}
export function psllq(core: Core, d: number, s: number, words: number): void {
  psllqBy(core, d, countOf(core, s), words);
}
export function psrlw(core: Core, d: number, s: number, words: number): void {
  psrlwBy(core, d, countOf(core, s), words);
}
export function psrld(core: Core, d: number, s: number, words: number): void {
  psrldBy(core, d, countOf(core, s), words);
}
export function psrlq(core: Core, d: number, s: number, words: number): void {
  psrlqBy(core, d, countOf(core, s), words);
}
export function psraw(core: Core, d: number, s: number, words: number): void {
  psrawBy(core, d, countOf(core, s), words);
}
export function psrad(core: Core, d: number, s: number, words: number): void {
  psradBy(core, d, countOf(core, s), words);
}

/** Shifts 16 bytes towards the upper end. */
export function pslldq(core: Core, d: number, count: number): void {
  const x = core.x8;
  const bytes = Math.min(count, 16);
  x.copyWithin(d * 4 + bytes, d * 4, d * 4 + 16 - bytes);
  x.fill(0, d * 4, d * 4 + bytes);
}
export function psrldq(core: Core, d: number, count: number): void {
  const x = core.x8;
  const bytes = Math.min(count, 16);
  x.copyWithin(d * 4, d * 4 + bytes, d * 4 + 16);
  x.fill(0, d * 4 + 16 - bytes, d * 4 + 16);
}

/** A shift by an immediate: its meaning, and its operation on lanes of so many bits. */
function immediate(
  mnemonic: string,
  opcode: string,
  execute: Meanings,
  shift: "SHL" | "SHR_U" | "SHR_S",
  lane: 16 | 32 | 64,
): Instruction {
  return instruction({
    mnemonic,
    encodings: [
      [`NP 0F ${opcode} ib`, "mm2, imm8", "MMX"],
      [`66 0F ${opcode} ib`, "xmm2, imm8", "SSE2"],
    ],
    form: "vector",
    execute,
    lower: (to, d) => to.vectors.shift(shift, lane, d),
  });
}

export const PSLLW: Instruction = packed("PSLLW", "F1", "MMX", psllw);
export const PSLLW_IMMEDIATE: Instruction = immediate("PSLLW", "71 /6", psllwBy, "SHL", 16);
export const PSLLD: Instruction = packed("PSLLD", "F2", "MMX", pslld);
export const PSLLD_IMMEDIATE: Instruction = immediate("PSLLD", "72 /6", pslldBy, "SHL", 32);
export const PSLLQ: Instruction = packed("PSLLQ", "F3", "MMX", psllq);
export const PSLLQ_IMMEDIATE: Instruction = immediate("PSLLQ", "73 /6", psllqBy, "SHL", 64);
export const PSRLW: Instruction = packed("PSRLW", "D1", "MMX", psrlw);
export const PSRLW_IMMEDIATE: Instruction = immediate("PSRLW", "71 /2", psrlwBy, "SHR_U", 16);
export const PSRLD: Instruction = packed("PSRLD", "D2", "MMX", psrld);
export const PSRLD_IMMEDIATE: Instruction = immediate("PSRLD", "72 /2", psrldBy, "SHR_U", 32);
export const PSRLQ: Instruction = packed("PSRLQ", "D3", "MMX", psrlq);
export const PSRLQ_IMMEDIATE: Instruction = immediate("PSRLQ", "73 /2", psrlqBy, "SHR_U", 64);
export const PSRAW: Instruction = packed("PSRAW", "E1", "MMX", psraw);
export const PSRAW_IMMEDIATE: Instruction = immediate("PSRAW", "71 /4", psrawBy, "SHR_S", 16);
export const PSRAD: Instruction = packed("PSRAD", "E2", "MMX", psrad);
export const PSRAD_IMMEDIATE: Instruction = immediate("PSRAD", "72 /4", psradBy, "SHR_S", 32);
export const PSLLDQ: Instruction = row("PSLLDQ", "66 0F 73 /7 ib", "xmm2, imm8", "SSE2", "vector", pslldq, (to, d) =>
  to.vectors.shiftBytes(true, d),
);
export const PSRLDQ: Instruction = row("PSRLDQ", "66 0F 73 /3 ib", "xmm2, imm8", "SSE2", "vector", psrldq, (to, d) =>
  to.vectors.shiftBytes(false, d),
);
