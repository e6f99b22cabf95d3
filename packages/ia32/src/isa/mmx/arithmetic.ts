/**
 * Packed integer arithmetic on MMX and XMM registers: PADD… PSUB… PMUL… PMADDWD PAVG… PMIN… PMAX… PSADBW.
 *
 * Here: rows and meanings; each takes destination and source as indices and the number of words that both have.
 * SDM Vol. 1, 5.4.3, 5.6.3; Vol. 2.
 * @module
 */
import type { Core } from "../../state/core.ts";
import type { Instruction } from "../instruction.ts";
import { lanes, packed } from "./row.ts";

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

export const PADDB: Instruction = packed("PADDB", "FC", "MMX", paddb, lanes("I8X16_ADD"));
export const PADDW: Instruction = packed("PADDW", "FD", "MMX", paddw, lanes("I16X8_ADD"));
export const PADDD: Instruction = packed("PADDD", "FE", "MMX", paddd, lanes("I32X4_ADD"));
export const PADDQ: Instruction = packed("PADDQ", "D4", "SSE2", paddq, lanes("I64X2_ADD"));
export const PADDSB: Instruction = packed("PADDSB", "EC", "MMX", paddsb, lanes("I8X16_ADD_SAT_S"));
export const PADDSW: Instruction = packed("PADDSW", "ED", "MMX", paddsw, lanes("I16X8_ADD_SAT_S"));
export const PADDUSB: Instruction = packed("PADDUSB", "DC", "MMX", paddusb, lanes("I8X16_ADD_SAT_U"));
export const PADDUSW: Instruction = packed("PADDUSW", "DD", "MMX", paddusw, lanes("I16X8_ADD_SAT_U"));
export const PSUBB: Instruction = packed("PSUBB", "F8", "MMX", psubb, lanes("I8X16_SUB"));
export const PSUBW: Instruction = packed("PSUBW", "F9", "MMX", psubw, lanes("I16X8_SUB"));
export const PSUBD: Instruction = packed("PSUBD", "FA", "MMX", psubd, lanes("I32X4_SUB"));
export const PSUBQ: Instruction = packed("PSUBQ", "FB", "SSE2", psubq, lanes("I64X2_SUB"));
export const PSUBSB: Instruction = packed("PSUBSB", "E8", "MMX", psubsb, lanes("I8X16_SUB_SAT_S"));
export const PSUBSW: Instruction = packed("PSUBSW", "E9", "MMX", psubsw, lanes("I16X8_SUB_SAT_S"));
export const PSUBUSB: Instruction = packed("PSUBUSB", "D8", "MMX", psubusb, lanes("I8X16_SUB_SAT_U"));
export const PSUBUSW: Instruction = packed("PSUBUSW", "D9", "MMX", psubusw, lanes("I16X8_SUB_SAT_U"));
export const PMULLW: Instruction = packed("PMULLW", "D5", "MMX", pmullw, lanes("I16X8_MUL"));
export const PMULHW: Instruction = packed("PMULHW", "E5", "MMX", pmulhw, (to, d, s) =>
  to.vectors.multiplyHigh(true, d, s),
);
export const PMULHUW: Instruction = packed("PMULHUW", "E4", "SSE", pmulhuw, (to, d, s) =>
  to.vectors.multiplyHigh(false, d, s),
);
export const PMULUDQ: Instruction = packed("PMULUDQ", "F4", "SSE2", pmuludq, (to, d, s) =>
  to.vectors.multiplyEven(d, s),
);
export const PMADDWD: Instruction = packed("PMADDWD", "F5", "MMX", pmaddwd, lanes("I32X4_DOT_I16X8_S"));
export const PSADBW: Instruction = packed("PSADBW", "F6", "SSE", psadbw);
export const PAVGB: Instruction = packed("PAVGB", "E0", "SSE", pavgb, lanes("I8X16_AVGR_U"));
export const PAVGW: Instruction = packed("PAVGW", "E3", "SSE", pavgw, lanes("I16X8_AVGR_U"));
export const PMINUB: Instruction = packed("PMINUB", "DA", "SSE", pminub, lanes("I8X16_MIN_U"));
export const PMAXUB: Instruction = packed("PMAXUB", "DE", "SSE", pmaxub, lanes("I8X16_MAX_U"));
export const PMINSW: Instruction = packed("PMINSW", "EA", "SSE", pminsw, lanes("I16X8_MIN_S"));
export const PMAXSW: Instruction = packed("PMAXSW", "EE", "SSE", pmaxsw, lanes("I16X8_MAX_S"));
