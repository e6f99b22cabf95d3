/**
 * Packed integer arithmetic on MMX and XMM registers: PADD… PSUB… PMUL… PMADDWD PAVG… PMIN… PMAX… PSADBW.
 *
 * Here: rows and meanings; each takes destination and source as indices and the number of words that both have.
 * SDM Vol. 1, 5.4.3, 5.6.3; Vol. 2.
 * @module
 */
import type { Core } from "../../state/core.ts";
import { type Instruction, instruction } from "../instruction.ts";

const BYTES_LOW = 0x7f7f7f7f;
const WORDS_LOW = 0x7fff7fff;

/** Sums of lanes whose top bits `low` leaves out: no carry crosses a lane. */
function addLanes(core: Core, d: number, s: number, words: number, low: number): void {
  const x = core.x;
  for (let i = 0; i < words; i++) {
    const a = x[d + i];
    const b = x[s + i];
    x[d + i] = ((a & low) + (b & low)) ^ ((a ^ b) & ~low);
  }
}
function subtractLanes(core: Core, d: number, s: number, words: number, low: number): void {
  const x = core.x;
  for (let i = 0; i < words; i++) {
    const a = x[d + i];
    const b = x[s + i];
    x[d + i] = ((a | ~low) - (b & low)) ^ ((a ^ ~b) & ~low);
  }
}

export function paddb(core: Core, d: number, s: number, words: number): void {
  addLanes(core, d, s, words, BYTES_LOW);
}
export function paddw(core: Core, d: number, s: number, words: number): void {
  addLanes(core, d, s, words, WORDS_LOW);
}
export function paddd(core: Core, d: number, s: number, words: number): void {
  for (let i = 0; i < words; i++) core.x[d + i] += core.x[s + i];
}
export function paddq(core: Core, d: number, s: number, words: number): void {
  const x = core.x;
  for (let i = 0; i < words; i += 2) {
    const low = (x[d + i] >>> 0) + (x[s + i] >>> 0);
    x[d + i + 1] += x[s + i + 1] + (low > 0xffffffff ? 1 : 0);
    x[d + i] = low;
  }
}
export function psubb(core: Core, d: number, s: number, words: number): void {
  subtractLanes(core, d, s, words, BYTES_LOW);
}
export function psubw(core: Core, d: number, s: number, words: number): void {
  subtractLanes(core, d, s, words, WORDS_LOW);
}
export function psubd(core: Core, d: number, s: number, words: number): void {
  for (let i = 0; i < words; i++) core.x[d + i] -= core.x[s + i];
}
export function psubq(core: Core, d: number, s: number, words: number): void {
  const x = core.x;
  for (let i = 0; i < words; i += 2) {
    const low = (x[d + i] >>> 0) - (x[s + i] >>> 0);
    x[d + i + 1] -= x[s + i + 1] + (low < 0 ? 1 : 0);
    x[d + i] = low;
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
function signed8(byte: number): number {
  return (byte << 24) >> 24;
}
function signed16(word: number): number {
  return (word << 16) >> 16;
}

export function paddsb(core: Core, d: number, s: number, words: number): void {
  const x = core.x8;
  for (let i = 0; i < words * 4; i++) x[d * 4 + i] = clamp(signed8(x[d * 4 + i]) + signed8(x[s * 4 + i]), -0x80, 0x7f);
}
export function paddsw(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words * 2; i++)
    x[d * 2 + i] = clamp(signed16(x[d * 2 + i]) + signed16(x[s * 2 + i]), -0x8000, 0x7fff);
}
export function paddusb(core: Core, d: number, s: number, words: number): void {
  const x = core.x8;
  for (let i = 0; i < words * 4; i++) x[d * 4 + i] = Math.min(x[d * 4 + i] + x[s * 4 + i], 0xff);
}
export function paddusw(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words * 2; i++) x[d * 2 + i] = Math.min(x[d * 2 + i] + x[s * 2 + i], 0xffff);
}
export function psubsb(core: Core, d: number, s: number, words: number): void {
  const x = core.x8;
  for (let i = 0; i < words * 4; i++) x[d * 4 + i] = clamp(signed8(x[d * 4 + i]) - signed8(x[s * 4 + i]), -0x80, 0x7f);
}
export function psubsw(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words * 2; i++)
    x[d * 2 + i] = clamp(signed16(x[d * 2 + i]) - signed16(x[s * 2 + i]), -0x8000, 0x7fff);
}
export function psubusb(core: Core, d: number, s: number, words: number): void {
  const x = core.x8;
  for (let i = 0; i < words * 4; i++) x[d * 4 + i] = Math.max(x[d * 4 + i] - x[s * 4 + i], 0);
}
export function psubusw(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words * 2; i++) x[d * 2 + i] = Math.max(x[d * 2 + i] - x[s * 2 + i], 0);
}

export function pmullw(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words * 2; i++) x[d * 2 + i] = x[d * 2 + i] * x[s * 2 + i];
}
export function pmulhw(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words * 2; i++) x[d * 2 + i] = (signed16(x[d * 2 + i]) * signed16(x[s * 2 + i])) >> 16;
}
export function pmulhuw(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words * 2; i++) x[d * 2 + i] = (x[d * 2 + i] * x[s * 2 + i]) >>> 16;
}
/** The even words multiply to 64 bits. */
export function pmuludq(core: Core, d: number, s: number, words: number): void {
  const x = core.x;
  for (let i = 0; i < words; i += 2) {
    const a = x[d + i];
    const b = x[s + i];
    const middle = (a >>> 16) * (b & 0xffff);
    const low = (a & 0xffff) * (b & 0xffff);
    const cross = (a & 0xffff) * (b >>> 16) + Math.floor(low / 0x10000) + (middle & 0xffff);
    x[d + i] = Math.imul(a, b);
    x[d + i + 1] = (a >>> 16) * (b >>> 16) + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000);
  }
}
export function pmaddwd(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words; i++) {
    const a = (d + i) * 2;
    const b = (s + i) * 2;
    core.x[d + i] = signed16(x[a]) * signed16(x[b]) + signed16(x[a + 1]) * signed16(x[b + 1]);
  }
}
export function psadbw(core: Core, d: number, s: number, words: number): void {
  const x = core.x8;
  for (let i = 0; i < words; i += 2) {
    let sum = 0;
    for (let k = i * 4; k < i * 4 + 8; k++) sum += Math.abs(x[d * 4 + k] - x[s * 4 + k]);
    core.x[d + i] = sum;
    core.x[d + i + 1] = 0;
  }
}
export function pavgb(core: Core, d: number, s: number, words: number): void {
  const x = core.x8;
  for (let i = 0; i < words * 4; i++) x[d * 4 + i] = (x[d * 4 + i] + x[s * 4 + i] + 1) >> 1;
}
export function pavgw(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words * 2; i++) x[d * 2 + i] = (x[d * 2 + i] + x[s * 2 + i] + 1) >> 1;
}
export function pminub(core: Core, d: number, s: number, words: number): void {
  const x = core.x8;
  for (let i = 0; i < words * 4; i++) x[d * 4 + i] = Math.min(x[d * 4 + i], x[s * 4 + i]);
}
export function pmaxub(core: Core, d: number, s: number, words: number): void {
  const x = core.x8;
  for (let i = 0; i < words * 4; i++) x[d * 4 + i] = Math.max(x[d * 4 + i], x[s * 4 + i]);
}
export function pminsw(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words * 2; i++) x[d * 2 + i] = Math.min(signed16(x[d * 2 + i]), signed16(x[s * 2 + i]));
}
export function pmaxsw(core: Core, d: number, s: number, words: number): void {
  const x = core.x16;
  for (let i = 0; i < words * 2; i++) x[d * 2 + i] = Math.max(signed16(x[d * 2 + i]), signed16(x[s * 2 + i]));
}

export const PADDB: Instruction = instruction({
  mnemonic: "PADDB",
  encodings: [
    ["NP 0F FC /r", "mm, mm/m64", "MMX"],
    ["66 0F FC /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: paddb,
});
export const PADDW: Instruction = instruction({
  mnemonic: "PADDW",
  encodings: [
    ["NP 0F FD /r", "mm, mm/m64", "MMX"],
    ["66 0F FD /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: paddw,
});
export const PADDD: Instruction = instruction({
  mnemonic: "PADDD",
  encodings: [
    ["NP 0F FE /r", "mm, mm/m64", "MMX"],
    ["66 0F FE /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: paddd,
});
export const PADDQ: Instruction = instruction({
  mnemonic: "PADDQ",
  encodings: [
    ["NP 0F D4 /r", "mm, mm/m64", "SSE2"],
    ["66 0F D4 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: paddq,
});
export const PADDSB: Instruction = instruction({
  mnemonic: "PADDSB",
  encodings: [
    ["NP 0F EC /r", "mm, mm/m64", "MMX"],
    ["66 0F EC /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: paddsb,
});
export const PADDSW: Instruction = instruction({
  mnemonic: "PADDSW",
  encodings: [
    ["NP 0F ED /r", "mm, mm/m64", "MMX"],
    ["66 0F ED /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: paddsw,
});
export const PADDUSB: Instruction = instruction({
  mnemonic: "PADDUSB",
  encodings: [
    ["NP 0F DC /r", "mm, mm/m64", "MMX"],
    ["66 0F DC /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: paddusb,
});
export const PADDUSW: Instruction = instruction({
  mnemonic: "PADDUSW",
  encodings: [
    ["NP 0F DD /r", "mm, mm/m64", "MMX"],
    ["66 0F DD /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: paddusw,
});
export const PSUBB: Instruction = instruction({
  mnemonic: "PSUBB",
  encodings: [
    ["NP 0F F8 /r", "mm, mm/m64", "MMX"],
    ["66 0F F8 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: psubb,
});
export const PSUBW: Instruction = instruction({
  mnemonic: "PSUBW",
  encodings: [
    ["NP 0F F9 /r", "mm, mm/m64", "MMX"],
    ["66 0F F9 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: psubw,
});
export const PSUBD: Instruction = instruction({
  mnemonic: "PSUBD",
  encodings: [
    ["NP 0F FA /r", "mm, mm/m64", "MMX"],
    ["66 0F FA /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: psubd,
});
export const PSUBQ: Instruction = instruction({
  mnemonic: "PSUBQ",
  encodings: [
    ["NP 0F FB /r", "mm, mm/m64", "SSE2"],
    ["66 0F FB /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: psubq,
});
export const PSUBSB: Instruction = instruction({
  mnemonic: "PSUBSB",
  encodings: [
    ["NP 0F E8 /r", "mm, mm/m64", "MMX"],
    ["66 0F E8 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: psubsb,
});
export const PSUBSW: Instruction = instruction({
  mnemonic: "PSUBSW",
  encodings: [
    ["NP 0F E9 /r", "mm, mm/m64", "MMX"],
    ["66 0F E9 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: psubsw,
});
export const PSUBUSB: Instruction = instruction({
  mnemonic: "PSUBUSB",
  encodings: [
    ["NP 0F D8 /r", "mm, mm/m64", "MMX"],
    ["66 0F D8 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: psubusb,
});
export const PSUBUSW: Instruction = instruction({
  mnemonic: "PSUBUSW",
  encodings: [
    ["NP 0F D9 /r", "mm, mm/m64", "MMX"],
    ["66 0F D9 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: psubusw,
});
export const PMULLW: Instruction = instruction({
  mnemonic: "PMULLW",
  encodings: [
    ["NP 0F D5 /r", "mm, mm/m64", "MMX"],
    ["66 0F D5 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pmullw,
});
export const PMULHW: Instruction = instruction({
  mnemonic: "PMULHW",
  encodings: [
    ["NP 0F E5 /r", "mm, mm/m64", "MMX"],
    ["66 0F E5 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pmulhw,
});
export const PMULHUW: Instruction = instruction({
  mnemonic: "PMULHUW",
  encodings: [
    ["NP 0F E4 /r", "mm, mm/m64", "SSE"],
    ["66 0F E4 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pmulhuw,
});
export const PMULUDQ: Instruction = instruction({
  mnemonic: "PMULUDQ",
  encodings: [
    ["NP 0F F4 /r", "mm, mm/m64", "SSE2"],
    ["66 0F F4 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pmuludq,
});
export const PMADDWD: Instruction = instruction({
  mnemonic: "PMADDWD",
  encodings: [
    ["NP 0F F5 /r", "mm, mm/m64", "MMX"],
    ["66 0F F5 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pmaddwd,
});
export const PSADBW: Instruction = instruction({
  mnemonic: "PSADBW",
  encodings: [
    ["NP 0F F6 /r", "mm, mm/m64", "SSE"],
    ["66 0F F6 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: psadbw,
});
export const PAVGB: Instruction = instruction({
  mnemonic: "PAVGB",
  encodings: [
    ["NP 0F E0 /r", "mm, mm/m64", "SSE"],
    ["66 0F E0 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pavgb,
});
export const PAVGW: Instruction = instruction({
  mnemonic: "PAVGW",
  encodings: [
    ["NP 0F E3 /r", "mm, mm/m64", "SSE"],
    ["66 0F E3 /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pavgw,
});
export const PMINUB: Instruction = instruction({
  mnemonic: "PMINUB",
  encodings: [
    ["NP 0F DA /r", "mm, mm/m64", "SSE"],
    ["66 0F DA /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pminub,
});
export const PMAXUB: Instruction = instruction({
  mnemonic: "PMAXUB",
  encodings: [
    ["NP 0F DE /r", "mm, mm/m64", "SSE"],
    ["66 0F DE /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pmaxub,
});
export const PMINSW: Instruction = instruction({
  mnemonic: "PMINSW",
  encodings: [
    ["NP 0F EA /r", "mm, mm/m64", "SSE"],
    ["66 0F EA /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pminsw,
});
export const PMAXSW: Instruction = instruction({
  mnemonic: "PMAXSW",
  encodings: [
    ["NP 0F EE /r", "mm, mm/m64", "SSE"],
    ["66 0F EE /r", "xmm, xmm/m128", "SSE2"],
  ],
  form: "vector",
  execute: pmaxsw,
});
