/**
 * SSE data transfer: MOVAPS MOVUPS MOVDQA MOVSS MOVSD MOVLPS MOVHPS MOVNT… LDDQU MOVMSK… MOVDDUP and their kin.
 *
 * Here: rows and meanings. Loads take an index, of a register or of the memory operand; stores are rows of their own.
 * SDM Vol. 1, 5.5.1.1, 5.6.1.1, 5.7; Vol. 2.
 * @module
 */
import { write32 } from "../../mmu/access.ts";
import type { Core } from "../../state/core.ts";
import { type Instruction, instruction } from "../instruction.ts";
import { movq } from "../mmx/data-transfer.ts";
import { enterSse, store32, store64, store128, store128Unaligned } from "../mmx/operand.ts";
import { linear, type Operation } from "../operation.ts";

export function move128(core: Core, d: number, s: number): void {
  core.x.copyWithin(d, s, s + 4);
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

export const MOVAPS: Instruction = instruction({
  mnemonic: "MOVAPS",
  encodings: [
    ["NP 0F 28 /r", "xmm, xmm/m128", "SSE"],
    ["NP 0F 29 /r", "xmm2, xmm", "SSE"],
  ],
  form: "vector",
  execute: move128,
});
export const MOVAPS_STORE: Instruction = instruction({
  mnemonic: "MOVAPS",
  encodings: [["NP 0F 29 /r", "m128, xmm", "SSE"]],
  form: "direct",
  execute: storeAligned,
});
export const MOVAPD: Instruction = instruction({
  mnemonic: "MOVAPD",
  encodings: [
    ["66 0F 28 /r", "xmm, xmm/m128", "SSE2"],
    ["66 0F 29 /r", "xmm2, xmm", "SSE2"],
  ],
  form: "vector",
  execute: move128,
});
export const MOVAPD_STORE: Instruction = instruction({
  mnemonic: "MOVAPD",
  encodings: [["66 0F 29 /r", "m128, xmm", "SSE2"]],
  form: "direct",
  execute: storeAligned,
});
export const MOVDQA: Instruction = instruction({
  mnemonic: "MOVDQA",
  encodings: [
    ["66 0F 6F /r", "xmm, xmm/m128", "SSE2"],
    ["66 0F 7F /r", "xmm2, xmm", "SSE2"],
  ],
  form: "vector",
  execute: move128,
});
export const MOVDQA_STORE: Instruction = instruction({
  mnemonic: "MOVDQA",
  encodings: [["66 0F 7F /r", "m128, xmm", "SSE2"]],
  form: "direct",
  execute: storeAligned,
});
export const MOVUPS: Instruction = instruction({
  mnemonic: "MOVUPS",
  encodings: [
    ["NP 0F 10 /r", "xmm, xmm/m128", "SSE"],
    ["NP 0F 11 /r", "xmm2, xmm", "SSE"],
  ],
  unaligned: true,
  form: "vector",
  execute: move128,
});
export const MOVUPS_STORE: Instruction = instruction({
  mnemonic: "MOVUPS",
  encodings: [["NP 0F 11 /r", "m128, xmm", "SSE"]],
  form: "direct",
  execute: storeUnaligned,
});
export const MOVUPD: Instruction = instruction({
  mnemonic: "MOVUPD",
  encodings: [
    ["66 0F 10 /r", "xmm, xmm/m128", "SSE2"],
    ["66 0F 11 /r", "xmm2, xmm", "SSE2"],
  ],
  unaligned: true,
  form: "vector",
  execute: move128,
});
export const MOVUPD_STORE: Instruction = instruction({
  mnemonic: "MOVUPD",
  encodings: [["66 0F 11 /r", "m128, xmm", "SSE2"]],
  form: "direct",
  execute: storeUnaligned,
});
export const MOVDQU: Instruction = instruction({
  mnemonic: "MOVDQU",
  encodings: [
    ["F3 0F 6F /r", "xmm, xmm/m128", "SSE2"],
    ["F3 0F 7F /r", "xmm2, xmm", "SSE2"],
  ],
  unaligned: true,
  form: "vector",
  execute: move128,
});
export const MOVDQU_STORE: Instruction = instruction({
  mnemonic: "MOVDQU",
  encodings: [["F3 0F 7F /r", "m128, xmm", "SSE2"]],
  form: "direct",
  execute: storeUnaligned,
});
export const MOVNTPS: Instruction = instruction({
  mnemonic: "MOVNTPS",
  encodings: [["NP 0F 2B /r", "m128, xmm", "SSE"]],
  form: "direct",
  execute: storeAligned,
});
export const MOVNTPD: Instruction = instruction({
  mnemonic: "MOVNTPD",
  encodings: [["66 0F 2B /r", "m128, xmm", "SSE2"]],
  form: "direct",
  execute: storeAligned,
});
export const MOVNTDQ: Instruction = instruction({
  mnemonic: "MOVNTDQ",
  encodings: [["66 0F E7 /r", "m128, xmm", "SSE2"]],
  form: "direct",
  execute: storeAligned,
});
export const MOVNTI: Instruction = instruction({
  mnemonic: "MOVNTI",
  encodings: [["NP 0F C3 /r", "m32, r32", "SSE2"]],
  form: "direct",
  execute: movnti,
});
export const LDDQU: Instruction = instruction({
  mnemonic: "LDDQU",
  encodings: [["F2 0F F0 /r", "xmm, m128", "SSE3"]],
  unaligned: true,
  form: "vector",
  execute: move128,
});
export const MOVSS: Instruction = instruction({
  mnemonic: "MOVSS",
  encodings: [
    ["F3 0F 10 /r", "xmm, xmm2", "SSE"],
    ["F3 0F 11 /r", "xmm2, xmm", "SSE"],
  ],
  form: "vector",
  execute: movss,
});
export const MOVSS_LOAD: Instruction = instruction({
  mnemonic: "MOVSS",
  encodings: [["F3 0F 10 /r", "xmm, m32", "SSE"]],
  form: "vector",
  execute: movssLoad,
});
export const MOVSS_STORE: Instruction = instruction({
  mnemonic: "MOVSS",
  encodings: [["F3 0F 11 /r", "m32, xmm", "SSE"]],
  form: "direct",
  execute: movssStore,
});
export const MOVSD: Instruction = instruction({
  mnemonic: "MOVSD",
  encodings: [
    ["F2 0F 10 /r", "xmm, xmm2", "SSE2"],
    ["F2 0F 11 /r", "xmm2, xmm", "SSE2"],
  ],
  form: "vector",
  execute: moveLow,
});
export const MOVSD_LOAD: Instruction = instruction({
  mnemonic: "MOVSD",
  encodings: [["F2 0F 10 /r", "xmm, m64", "SSE2"]],
  form: "vector",
  execute: movq,
});
export const MOVSD_STORE: Instruction = instruction({
  mnemonic: "MOVSD",
  encodings: [["F2 0F 11 /r", "m64, xmm", "SSE2"]],
  form: "direct",
  execute: storeLow,
});
export const MOVLPS: Instruction = instruction({
  mnemonic: "MOVLPS",
  encodings: [["NP 0F 12 /r", "xmm, m64", "SSE"]],
  form: "vector",
  execute: moveLow,
});
export const MOVLPS_STORE: Instruction = instruction({
  mnemonic: "MOVLPS",
  encodings: [["NP 0F 13 /r", "m64, xmm", "SSE"]],
  form: "direct",
  execute: storeLow,
});
export const MOVLPD: Instruction = instruction({
  mnemonic: "MOVLPD",
  encodings: [["66 0F 12 /r", "xmm, m64", "SSE2"]],
  form: "vector",
  execute: moveLow,
});
export const MOVLPD_STORE: Instruction = instruction({
  mnemonic: "MOVLPD",
  encodings: [["66 0F 13 /r", "m64, xmm", "SSE2"]],
  form: "direct",
  execute: storeLow,
});
export const MOVHLPS: Instruction = instruction({
  mnemonic: "MOVHLPS",
  encodings: [["NP 0F 12 /r", "xmm, xmm2", "SSE"]],
  form: "vector",
  execute: movhlps,
});
export const MOVHPS: Instruction = instruction({
  mnemonic: "MOVHPS",
  encodings: [["NP 0F 16 /r", "xmm, m64", "SSE"]],
  form: "vector",
  execute: moveHigh,
});
export const MOVHPS_STORE: Instruction = instruction({
  mnemonic: "MOVHPS",
  encodings: [["NP 0F 17 /r", "m64, xmm", "SSE"]],
  form: "direct",
  execute: storeHigh,
});
export const MOVHPD: Instruction = instruction({
  mnemonic: "MOVHPD",
  encodings: [["66 0F 16 /r", "xmm, m64", "SSE2"]],
  form: "vector",
  execute: moveHigh,
});
export const MOVHPD_STORE: Instruction = instruction({
  mnemonic: "MOVHPD",
  encodings: [["66 0F 17 /r", "m64, xmm", "SSE2"]],
  form: "direct",
  execute: storeHigh,
});
export const MOVLHPS: Instruction = instruction({
  mnemonic: "MOVLHPS",
  encodings: [["NP 0F 16 /r", "xmm, xmm2", "SSE"]],
  form: "vector",
  execute: moveHigh,
});
export const MOVMSKPS: Instruction = instruction({
  mnemonic: "MOVMSKPS",
  encodings: [["NP 0F 50 /r", "r32, xmm2", "SSE"]],
  form: "vector",
  execute: movmskps,
});
export const MOVMSKPD: Instruction = instruction({
  mnemonic: "MOVMSKPD",
  encodings: [["66 0F 50 /r", "r32, xmm2", "SSE2"]],
  form: "vector",
  execute: movmskpd,
});
export const MOVDDUP: Instruction = instruction({
  mnemonic: "MOVDDUP",
  encodings: [["F2 0F 12 /r", "xmm, xmm/m64", "SSE3"]],
  form: "vector",
  execute: movddup,
});
export const MOVSHDUP: Instruction = instruction({
  mnemonic: "MOVSHDUP",
  encodings: [["F3 0F 16 /r", "xmm, xmm/m128", "SSE3"]],
  form: "vector",
  execute: movshdup,
});
export const MOVSLDUP: Instruction = instruction({
  mnemonic: "MOVSLDUP",
  encodings: [["F3 0F 12 /r", "xmm, xmm/m128", "SSE3"]],
  form: "vector",
  execute: movsldup,
});
