/**
 * MMX and XMM integer data transfer: MOVD MOVQ MOVDQ2Q MOVQ2DQ MOVNTQ MASKMOV… PINSRW PEXTRW PMOVMSKB EMMS.
 *
 * Here: rows and meanings. Stores are rows of their own, because memory is no register. Not here: 128-bit moves
 * (→ sse/data-transfer.ts). SDM Vol. 1, 5.4.1, 5.4.7, 5.6.3; Vol. 2.
 * @module
 */
import { raiseException, VECTOR_NM, VECTOR_UD } from "../../interrupt/exception.ts";
import { probeWrite, write8 } from "../../mmu/access.ts";
import { checkSegment } from "../../mmu/segmentation.ts";
import type { Core } from "../../state/core.ts";
import { FTW } from "../../state/fpu.ts";
import { EDI } from "../../state/registers.ts";
import { type Instruction, instruction } from "../instruction.ts";
import type { Operation } from "../operation.ts";
import { checkPending } from "../x87/unit.ts";
import { enterMmx, enterSse, markMmx, store32, store64 } from "./operand.ts";
import { row } from "./row.ts";

export function movdFrom32(core: Core, d: number, value: number, words: number): void {
  const x = core.x;
  x[d] = value;
  x[d + 1] = 0;
  if (words === 4) x[d + 2] = x[d + 3] = 0;
}
export function movdTo32(core: Core, s: number): number {
  return core.x[s];
}
/** 64 bits; what is above them in an XMM register becomes 0. */
export function movq(core: Core, d: number, s: number, words: number): void {
  const x = core.x;
  x[d] = x[s];
  x[d + 1] = x[s + 1];
  if (words === 4) x[d + 2] = x[d + 3] = 0;
}

export function movdStoreMmx(core: Core, operation: Operation): void {
  enterMmx(core);
  store32(core, operation, operation.reg);
  markMmx(core);
}
export function movdStoreXmm(core: Core, operation: Operation): void {
  enterSse(core);
  store32(core, operation, operation.reg);
}
export function movqStoreMmx(core: Core, operation: Operation): void {
  enterMmx(core);
  store64(core, operation, operation.reg);
  markMmx(core);
}
export function movqStoreXmm(core: Core, operation: Operation): void {
  enterSse(core);
  store64(core, operation, operation.reg);
}

/** Bytes whose mask byte has its top bit set go to DS:EDI. */
function maskedStore(core: Core, operation: Operation, bytes: number): void {
  const offset = core.r[EDI] & operation.addressMask;
  const { segment } = operation;
  const address = segment < 0 ? offset : checkSegment(core, segment, offset, bytes, true);
  probeWrite(core, address, bytes);
  for (let i = 0; i < bytes; i++)
    if (core.x8[operation.rm * 4 + i] & 0x80) write8(core, (address + i) | 0, core.x8[operation.reg * 4 + i]);
}
export function maskmovq(core: Core, operation: Operation): void {
  enterMmx(core);
  // Also where the store faults.
  markMmx(core);
  maskedStore(core, operation, 8);
}
export function maskmovdqu(core: Core, operation: Operation): void {
  enterSse(core);
  maskedStore(core, operation, 16);
}

export function pinsrw(core: Core, d: number, value: number, place: number, words: number): void {
  core.x16[d * 2 + (place & (words * 2 - 1))] = value;
}
export function pextrw4(core: Core, s: number, place: number): number {
  return core.x16[s * 2 + (place & 3)];
}
export function pextrw8(core: Core, s: number, place: number): number {
  return core.x16[s * 2 + (place & 7)];
}
function signs(core: Core, s: number, bytes: number): number {
  let mask = 0;
  for (let i = 0; i < bytes; i++) mask |= (core.x8[s * 4 + i] >>> 7) << i;
  return mask;
}
export function pmovmskb8(core: Core, s: number): number {
  return signs(core, s, 8);
}
export function pmovmskb16(core: Core, s: number): number {
  return signs(core, s, 16);
}

export function emms(core: Core): void {
  if (core.emulation) raiseException(core, VECTOR_UD);
  if (core.taskSwitched) raiseException(core, VECTOR_NM);
  checkPending(core);
  core.x[FTW] = 0;
}

export const MOVD: Instruction = instruction({
  mnemonic: "MOVD",
  encodings: [
    ["NP 0F 6E /r", "mm, r/m32", "MMX"],
    ["66 0F 6E /r", "xmm, r/m32", "SSE2"],
  ],
  form: "vector",
  execute: movdFrom32,
  lower: (to, _d, value) => to.vectors.fromInteger(value),
});
export const MOVD_TO_REGISTER: Instruction = instruction({
  mnemonic: "MOVD",
  encodings: [
    ["NP 0F 7E /r", "rr32, mm", "MMX"],
    ["66 0F 7E /r", "rr32, xmm", "SSE2"],
  ],
  form: "vector",
  execute: movdTo32,
  lower: (to, s) => to.vectors.toInteger(s),
});
export const MOVD_STORE: Instruction = row("MOVD", "NP 0F 7E /r", "m32, mm", "MMX", "direct", movdStoreMmx);
export const MOVD_STORE_XMM: Instruction = row(
  "MOVD",
  "66 0F 7E /r",
  "m32, xmm",
  "SSE2",
  "direct",
  movdStoreXmm,
  (to) => to.vectors.store(32),
);
export const MOVQ: Instruction = instruction({
  mnemonic: "MOVQ",
  encodings: [
    ["NP 0F 6F /r", "mm, mm/m64", "MMX"],
    ["NP 0F 7F /r", "mm2, mm", "MMX"],
    ["F3 0F 7E /r", "xmm, xmm/m64", "SSE2"],
    ["66 0F D6 /r", "xmm2, xmm", "SSE2"],
  ],
  form: "vector",
  execute: movq,
  lower: (to, _d, s) => to.vectors.lowHalf(s),
});
export const MOVQ_STORE: Instruction = instruction({
  mnemonic: "MOVQ",
  encodings: [
    ["NP 0F 7F /r", "m64, mm", "MMX"],
    ["NP 0F E7 /r", "m64, mm", "SSE"],
  ],
  form: "direct",
  execute: movqStoreMmx,
});
export const MOVQ_STORE_XMM: Instruction = row(
  "MOVQ",
  "66 0F D6 /r",
  "m64, xmm",
  "SSE2",
  "direct",
  movqStoreXmm,
  (to) => to.vectors.store(64),
);
export const MOVDQ2Q: Instruction = row("MOVDQ2Q", "F2 0F D6 /r", "mm, xmm2", "SSE2", "vector", movq);
export const MOVQ2DQ: Instruction = row("MOVQ2DQ", "F3 0F D6 /r", "xmm, mm2", "SSE2", "vector", movq);
export const MASKMOVQ: Instruction = row("MASKMOVQ", "NP 0F F7 /r", "mm, mm2", "SSE", "direct", maskmovq);
export const MASKMOVDQU: Instruction = row("MASKMOVDQU", "66 0F F7 /r", "xmm, xmm2", "SSE2", "direct", maskmovdqu);
export const PINSRW: Instruction = instruction({
  mnemonic: "PINSRW",
  encodings: [
    ["NP 0F C4 /r ib", "mm, r32/m16, imm8", "SSE"],
    ["66 0F C4 /r ib", "xmm, r32/m16, imm8", "SSE2"],
  ],
  form: "vector",
  execute: pinsrw,
  lower: (to, d, value) => to.vectors.insertWord(d, value),
});
export const PEXTRW: Instruction = row("PEXTRW", "NP 0F C5 /r ib", "r32, mm2, imm8", "SSE", "vector", pextrw4);
export const PEXTRW_XMM: Instruction = row(
  "PEXTRW",
  "66 0F C5 /r ib",
  "r32, xmm2, imm8",
  "SSE2",
  "vector",
  pextrw8,
  (to, s) => to.vectors.extractWord(s),
);
export const PMOVMSKB: Instruction = row("PMOVMSKB", "NP 0F D7 /r", "r32, mm2", "SSE", "vector", pmovmskb8);
export const PMOVMSKB_XMM: Instruction = row(
  "PMOVMSKB",
  "66 0F D7 /r",
  "r32, xmm2",
  "SSE2",
  "vector",
  pmovmskb16,
  (to, s) => to.vectors.signs("I8X16_BITMASK", s),
);
export const EMMS: Instruction = row("EMMS", "NP 0F 77", "", "MMX", "direct", emms);
