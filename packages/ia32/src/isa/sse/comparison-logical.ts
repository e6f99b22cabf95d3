/**
 * SSE comparison and logic: CMPPS CMPSS CMPPD CMPSD, COMISx UCOMISx, ANDPS ANDNPS ORPS XORPS and their kin.
 *
 * Here: rows and meanings; logic is that of the integers. SDM Vol. 1, 5.5.1.3, 5.5.1.4, 5.6.1.3; Vol. 2, CMPPD table 3-1.
 * @module
 */
import { EQUAL, LESS, UNORDERED } from "../../softfloat/compare.ts";
import { compare32, compare64 } from "../../softfloat/sse-compare.ts";
import type { Core } from "../../state/core.ts";
import { copyWords, RESULT } from "../../state/fpu.ts";
import { setArithmeticFlags } from "../../state/lazy-flags.ts";
import { ARITHMETIC_FLAGS, type Instruction, instruction, type Lower } from "../instruction.ts";
import { pand, pandn, por, pxor } from "../mmx/comparison-logical.ts";
import { row } from "../mmx/row.ts";
import { begin, end } from "./exception.ts";

/** Predicates 0..3 (equal, less, less or equal, unordered) of a relation; 4..7 are their opposites. */
function holds(predicate: number, relation: number): boolean {
  const kind = predicate & 3;
  const positive =
    kind === 0
      ? relation === EQUAL
      : kind === 1
        ? relation === LESS
        : kind === 2
          ? relation === LESS || relation === EQUAL
          : relation === UNORDERED;
  return positive === ((predicate & 4) === 0);
}

/** Less and less-or-equal, and their opposites, raise IE for every NaN. */
function isQuiet(predicate: number): boolean {
  return (predicate & 3) === 0 || (predicate & 3) === 3;
}

function cmp32(core: Core, d: number, s: number, predicate: number, count: number): void {
  const c = begin(core);
  const x = core.x;
  for (let i = 0; i < count; i++)
    x[RESULT + i] = holds(predicate, compare32(c, x[d + i], x[s + i], isQuiet(predicate))) ? -1 : 0;
  end(core);
  copyWords(x, d, RESULT, count);
}
function cmp64(core: Core, d: number, s: number, predicate: number, count: number): void {
  const c = begin(core);
  const x = core.x;
  for (let i = 0; i < count; i += 2) {
    const relation = compare64(c, x[d + i + 1], x[d + i], x[s + i + 1], x[s + i], isQuiet(predicate));
    x[RESULT + i] = x[RESULT + i + 1] = holds(predicate, relation) ? -1 : 0;
  }
  end(core);
  copyWords(x, d, RESULT, count);
}
export function cmpps(core: Core, d: number, s: number, predicate: number): void {
  cmp32(core, d, s, predicate, 4);
}
export function cmpss(core: Core, d: number, s: number, predicate: number): void {
  cmp32(core, d, s, predicate, 1);
}
export function cmppd(core: Core, d: number, s: number, predicate: number): void {
  cmp64(core, d, s, predicate, 4);
}
export function cmpsd(core: Core, d: number, s: number, predicate: number): void {
  cmp64(core, d, s, predicate, 2);
}

function flags32(core: Core, a: number, b: number, quiet: boolean): void {
  const relation = compare32(begin(core), core.x[a], core.x[b], quiet);
  end(core);
  setArithmeticFlags(core, relation);
}
function flags64(core: Core, a: number, b: number, quiet: boolean): void {
  const x = core.x;
  const relation = compare64(begin(core), x[a + 1], x[a], x[b + 1], x[b], quiet);
  end(core);
  setArithmeticFlags(core, relation);
}
export function comiss(core: Core, a: number, b: number): void {
  flags32(core, a, b, false);
}
export function ucomiss(core: Core, a: number, b: number): void {
  flags32(core, a, b, true);
}
export function comisd(core: Core, a: number, b: number): void {
  flags64(core, a, b, false);
}
export function ucomisd(core: Core, a: number, b: number): void {
  flags64(core, a, b, true);
}

const lowerAnd: Lower = (to, d, s) => to.vectors.lanes("V128_AND", d, s);
const lowerOr: Lower = (to, d, s) => to.vectors.lanes("V128_OR", d, s);
const lowerXor: Lower = (to, d, s) => to.vectors.lanes("V128_XOR", d, s);
const lowerAndNot: Lower = (to, d, s) => to.vectors.lanes("V128_ANDNOT", s, d);
const lowerCompare32: Lower = (to, d, s) => to.vectors.conversion.compare(false, d, s);
const lowerCompare64: Lower = (to, d, s) => to.vectors.conversion.compare(true, d, s);

export const CMPPS: Instruction = row(
  "CMPPS",
  "NP 0F C2 /r ib",
  "xmm, xmm/m128, imm8",
  "SSE",
  "vector",
  cmpps,
  (to, d, s) => to.vectors.conversion.compareElements(false, true, d, s),
);
export const CMPSS: Instruction = row(
  "CMPSS",
  "F3 0F C2 /r ib",
  "xmm, xmm/m32, imm8",
  "SSE",
  "vector",
  cmpss,
  (to, d, s) => to.vectors.conversion.compareElements(false, false, d, s),
);
export const CMPPD: Instruction = row(
  "CMPPD",
  "66 0F C2 /r ib",
  "xmm, xmm/m128, imm8",
  "SSE2",
  "vector",
  cmppd,
  (to, d, s) => to.vectors.conversion.compareElements(true, true, d, s),
);
export const CMPSD: Instruction = row(
  "CMPSD",
  "F2 0F C2 /r ib",
  "xmm, xmm/m64, imm8",
  "SSE2",
  "vector",
  cmpsd,
  (to, d, s) => to.vectors.conversion.compareElements(true, false, d, s),
);
export const COMISS: Instruction = instruction({
  mnemonic: "COMISS",
  encodings: [["NP 0F 2F /r", "xmm, xmm/m32", "SSE"]],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "vector",
  execute: comiss,
  lower: lowerCompare32,
});
export const UCOMISS: Instruction = instruction({
  mnemonic: "UCOMISS",
  encodings: [["NP 0F 2E /r", "xmm, xmm/m32", "SSE"]],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "vector",
  execute: ucomiss,
  lower: lowerCompare32,
});
export const COMISD: Instruction = instruction({
  mnemonic: "COMISD",
  encodings: [["66 0F 2F /r", "xmm, xmm/m64", "SSE2"]],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "vector",
  execute: comisd,
  lower: lowerCompare64,
});
export const UCOMISD: Instruction = instruction({
  mnemonic: "UCOMISD",
  encodings: [["66 0F 2E /r", "xmm, xmm/m64", "SSE2"]],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "vector",
  execute: ucomisd,
  lower: lowerCompare64,
});
export const ANDPS: Instruction = row("ANDPS", "NP 0F 54 /r", "xmm, xmm/m128", "SSE", "vector", pand, lowerAnd);
export const ANDPD: Instruction = row("ANDPD", "66 0F 54 /r", "xmm, xmm/m128", "SSE2", "vector", pand, lowerAnd);
export const ANDNPS: Instruction = row("ANDNPS", "NP 0F 55 /r", "xmm, xmm/m128", "SSE", "vector", pandn, lowerAndNot);
export const ANDNPD: Instruction = row("ANDNPD", "66 0F 55 /r", "xmm, xmm/m128", "SSE2", "vector", pandn, lowerAndNot);
export const ORPS: Instruction = row("ORPS", "NP 0F 56 /r", "xmm, xmm/m128", "SSE", "vector", por, lowerOr);
export const ORPD: Instruction = row("ORPD", "66 0F 56 /r", "xmm, xmm/m128", "SSE2", "vector", por, lowerOr);
export const XORPS: Instruction = row("XORPS", "NP 0F 57 /r", "xmm, xmm/m128", "SSE", "vector", pxor, lowerXor);
export const XORPD: Instruction = row("XORPD", "66 0F 57 /r", "xmm, xmm/m128", "SSE2", "vector", pxor, lowerXor);
