/**
 * SSE data transfer: MOVAPS MOVUPS MOVDQA MOVSS MOVSD MOVLPS MOVHPS MOVNT… LDDQU MOVMSK… MOVDDUP and their kin.
 *
 * Here: rows and meanings. Loads take an index, of a register or of the memory operand; stores are rows of their own.
 * SDM Vol. 1, 5.5.1.1, 5.6.1.1, 5.7; Vol. 2.
 * @module
 */
import { write32 } from "../../mmu/access.ts";
import type { Core } from "../../state/core.ts";
import { copyWords } from "../../state/fpu.ts";
import type { Feature } from "../../state/model.ts";
import { type Instruction, instruction, type Lower, type Meanings } from "../instruction.ts";
import { movq } from "../mmx/data-transfer.ts";
import { enterSse, store32, store64, store128, store128Unaligned } from "../mmx/operand.ts";
import { row } from "../mmx/row.ts";
import { linear, type Operation } from "../operation.ts";

export function move128(core: Core, d: number, s: number): void {
  copyWords(core.x, d, s, 4);
}
export function storeAligned(core: Core, operation: Operation): void {
  enterSse(core);
  store128(core, operation, operation.reg);
}
export function storeUnaligned(core: Core, operation: Operation): void {
  enterSse(core);
  store128Unaligned(core, operation, operation.reg);
}

/** Between registers the rest of the destination stays. */
export function movss(core: Core, d: number, s: number): void {
  core.x[d] = core.x[s];
}
export function movssLoad(core: Core, d: number, s: number): void {
  const x = core.x;
  x[d] = x[s];
  x[d + 1] = x[d + 2] = x[d + 3] = 0;
}
export function movssStore(core: Core, operation: Operation): void {
  enterSse(core);
  store32(core, operation, operation.reg);
}
/** The low half, of MOVSD between registers and of MOVLPS from memory. */
export function moveLow(core: Core, d: number, s: number): void {
  core.x[d] = core.x[s];
  core.x[d + 1] = core.x[s + 1];
}
export function movhlps(core: Core, d: number, s: number): void {
  moveLow(core, d, s + 2);
}
/** The upper half from 64 bits, of MOVHPS from memory and of MOVLHPS. */
export function moveHigh(core: Core, d: number, s: number): void {
  core.x[d + 2] = core.x[s];
  core.x[d + 3] = core.x[s + 1];
}
export function storeLow(core: Core, operation: Operation): void {
  enterSse(core);
  store64(core, operation, operation.reg);
}
export function storeHigh(core: Core, operation: Operation): void {
  enterSse(core);
  store64(core, operation, operation.reg + 2);
}

export function movmskps(core: Core, s: number): number {
  const x = core.x;
  return (x[s] >>> 31) | ((x[s + 1] >>> 31) << 1) | ((x[s + 2] >>> 31) << 2) | ((x[s + 3] >>> 31) << 3);
}
export function movmskpd(core: Core, s: number): number {
  return (core.x[s + 1] >>> 31) | ((core.x[s + 3] >>> 31) << 1);
}

/** An integer store: no unit has to be available. */
export function movnti(core: Core, operation: Operation): void {
  write32(core, linear(core, operation, 4, true), core.r[operation.reg]);
}

export function movddup(core: Core, d: number, s: number): void {
  const x = core.x;
  x[d] = x[d + 2] = x[s];
  x[d + 1] = x[d + 3] = x[s + 1];
}
export function movshdup(core: Core, d: number, s: number): void {
  const x = core.x;
  x[d] = x[d + 1] = x[s + 1];
  x[d + 2] = x[d + 3] = x[s + 3];
}
export function movsldup(core: Core, d: number, s: number): void {
  const x = core.x;
  x[d + 1] = x[d] = x[s];
  x[d + 3] = x[d + 2] = x[s + 2];
}

const lowerMove: Lower = (to, _d, s) => to.vectors.move(s);
const lowerStoreAligned: Lower = (to) => to.vectors.store(128, 0, true);
const lowerStore: Lower = (to) => to.vectors.store(128);
const lowerStoreLow: Lower = (to) => to.vectors.store(64);
const lowerStoreHigh: Lower = (to) => to.vectors.store(64, 1);
const lowerMoveLow: Lower = (to, d, s) => to.vectors.moveLow(64, d, s);
const lowerMoveHigh: Lower = (to, d, s) => to.vectors.moveLowToHigh(d, s);

/** A move of 128 bits into a register, from memory or by either of two opcodes from a register. */
function moves128(mnemonic: string, load: string, store: string, feature: Feature, unaligned = false): Instruction {
  return instruction({
    mnemonic,
    encodings: [
      [`${load} /r`, "xmm, xmm/m128", feature],
      [`${store} /r`, "xmm2, xmm", feature],
    ],
    ...(unaligned ? { unaligned } : {}),
    form: "vector",
    execute: move128,
    lower: lowerMove,
  });
}

/** A move from a register to memory. */
function stores(
  mnemonic: string,
  opcode: string,
  memory: "m64" | "m128",
  feature: Feature,
  execute: Meanings,
  lower: Lower,
): Instruction {
  return row(mnemonic, `${opcode} /r`, `${memory}, xmm`, feature, "direct", execute, lower);
}

export const MOVAPS: Instruction = moves128("MOVAPS", "NP 0F 28", "NP 0F 29", "SSE");
export const MOVAPS_STORE: Instruction = stores("MOVAPS", "NP 0F 29", "m128", "SSE", storeAligned, lowerStoreAligned);
export const MOVAPD: Instruction = moves128("MOVAPD", "66 0F 28", "66 0F 29", "SSE2");
export const MOVAPD_STORE: Instruction = stores("MOVAPD", "66 0F 29", "m128", "SSE2", storeAligned, lowerStoreAligned);
export const MOVDQA: Instruction = moves128("MOVDQA", "66 0F 6F", "66 0F 7F", "SSE2");
export const MOVDQA_STORE: Instruction = stores("MOVDQA", "66 0F 7F", "m128", "SSE2", storeAligned, lowerStoreAligned);
export const MOVUPS: Instruction = moves128("MOVUPS", "NP 0F 10", "NP 0F 11", "SSE", true);
export const MOVUPS_STORE: Instruction = stores("MOVUPS", "NP 0F 11", "m128", "SSE", storeUnaligned, lowerStore);
export const MOVUPD: Instruction = moves128("MOVUPD", "66 0F 10", "66 0F 11", "SSE2", true);
export const MOVUPD_STORE: Instruction = stores("MOVUPD", "66 0F 11", "m128", "SSE2", storeUnaligned, lowerStore);
export const MOVDQU: Instruction = moves128("MOVDQU", "F3 0F 6F", "F3 0F 7F", "SSE2", true);
export const MOVDQU_STORE: Instruction = stores("MOVDQU", "F3 0F 7F", "m128", "SSE2", storeUnaligned, lowerStore);
export const MOVNTPS: Instruction = stores("MOVNTPS", "NP 0F 2B", "m128", "SSE", storeAligned, lowerStoreAligned);
export const MOVNTPD: Instruction = stores("MOVNTPD", "66 0F 2B", "m128", "SSE2", storeAligned, lowerStoreAligned);
export const MOVNTDQ: Instruction = stores("MOVNTDQ", "66 0F E7", "m128", "SSE2", storeAligned, lowerStoreAligned);
export const MOVNTI: Instruction = row("MOVNTI", "NP 0F C3 /r", "m32, r32", "SSE2", "direct", movnti);
export const LDDQU: Instruction = instruction({
  mnemonic: "LDDQU",
  encodings: [["F2 0F F0 /r", "xmm, m128", "SSE3"]],
  unaligned: true,
  form: "vector",
  execute: move128,
  lower: lowerMove,
});
export const MOVSS: Instruction = instruction({
  mnemonic: "MOVSS",
  encodings: [
    ["F3 0F 10 /r", "xmm, xmm2", "SSE"],
    ["F3 0F 11 /r", "xmm2, xmm", "SSE"],
  ],
  form: "vector",
  execute: movss,
  lower: (to, d, s) => to.vectors.moveLow(32, d, s),
});
export const MOVSS_LOAD: Instruction = row("MOVSS", "F3 0F 10 /r", "xmm, m32", "SSE", "vector", movssLoad, lowerMove);
export const MOVSS_STORE: Instruction = row("MOVSS", "F3 0F 11 /r", "m32, xmm", "SSE", "direct", movssStore, (to) =>
  to.vectors.store(32),
);
export const MOVSD: Instruction = instruction({
  mnemonic: "MOVSD",
  encodings: [
    ["F2 0F 10 /r", "xmm, xmm2", "SSE2"],
    ["F2 0F 11 /r", "xmm2, xmm", "SSE2"],
  ],
  form: "vector",
  execute: moveLow,
  lower: lowerMoveLow,
});
export const MOVSD_LOAD: Instruction = row("MOVSD", "F2 0F 10 /r", "xmm, m64", "SSE2", "vector", movq, lowerMove);
export const MOVSD_STORE: Instruction = stores("MOVSD", "F2 0F 11", "m64", "SSE2", storeLow, lowerStoreLow);
export const MOVLPS: Instruction = row("MOVLPS", "NP 0F 12 /r", "xmm, m64", "SSE", "vector", moveLow, lowerMoveLow);
export const MOVLPS_STORE: Instruction = stores("MOVLPS", "NP 0F 13", "m64", "SSE", storeLow, lowerStoreLow);
export const MOVLPD: Instruction = row("MOVLPD", "66 0F 12 /r", "xmm, m64", "SSE2", "vector", moveLow, lowerMoveLow);
export const MOVLPD_STORE: Instruction = stores("MOVLPD", "66 0F 13", "m64", "SSE2", storeLow, lowerStoreLow);
export const MOVHLPS: Instruction = row("MOVHLPS", "NP 0F 12 /r", "xmm, xmm2", "SSE", "vector", movhlps, (to, d, s) =>
  to.vectors.moveHighToLow(d, s),
);
export const MOVHPS: Instruction = row("MOVHPS", "NP 0F 16 /r", "xmm, m64", "SSE", "vector", moveHigh, lowerMoveHigh);
export const MOVHPS_STORE: Instruction = stores("MOVHPS", "NP 0F 17", "m64", "SSE", storeHigh, lowerStoreHigh);
export const MOVHPD: Instruction = row("MOVHPD", "66 0F 16 /r", "xmm, m64", "SSE2", "vector", moveHigh, lowerMoveHigh);
export const MOVHPD_STORE: Instruction = stores("MOVHPD", "66 0F 17", "m64", "SSE2", storeHigh, lowerStoreHigh);
export const MOVLHPS: Instruction = row(
  "MOVLHPS",
  "NP 0F 16 /r",
  "xmm, xmm2",
  "SSE",
  "vector",
  moveHigh,
  lowerMoveHigh,
);
export const MOVMSKPS: Instruction = row("MOVMSKPS", "NP 0F 50 /r", "r32, xmm2", "SSE", "vector", movmskps, (to, s) =>
  to.vectors.signs("I32X4_BITMASK", s),
);
export const MOVMSKPD: Instruction = row("MOVMSKPD", "66 0F 50 /r", "r32, xmm2", "SSE2", "vector", movmskpd, (to, s) =>
  to.vectors.signs("I64X2_BITMASK", s),
);
export const MOVDDUP: Instruction = row(
  "MOVDDUP",
  "F2 0F 12 /r",
  "xmm, xmm/m64",
  "SSE3",
  "vector",
  movddup,
  (to, _d, s) => to.vectors.shuffle(8, [0, 0], s, s),
);
export const MOVSHDUP: Instruction = row("MOVSHDUP", "F3 0F 16 /r", "xmm, xmm/m128", "SSE3", "vector", movshdup);
export const MOVSLDUP: Instruction = row("MOVSLDUP", "F3 0F 12 /r", "xmm, xmm/m128", "SSE3", "vector", movsldup);
