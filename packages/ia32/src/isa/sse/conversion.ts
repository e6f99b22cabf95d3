/**
 * SSE conversions: CVT… between binary32, binary64, 32-bit integers in XMM, MMX and general registers.
 *
 * Here: rows and meanings; all elements are converted before one is written. SDM Vol. 1, 5.5.1.6, 5.6.1.6, 11.4.1.6; Vol. 2.
 * @module
 */
import { HIGH, LOW, ROUNDING, TOWARD_ZERO } from "../../softfloat/context.ts";
import {
  float32From64,
  float32FromInteger,
  float64From32,
  float64FromInteger,
  integerFrom32,
  integerFrom64,
} from "../../softfloat/sse-convert.ts";
import type { Core } from "../../state/core.ts";
import { copyWords, RESULT } from "../../state/fpu.ts";
import type { Instruction } from "../instruction.ts";
import { row } from "../mmx/row.ts";
import { begin, end } from "./exception.ts";

/** Integers of `count` binary32 elements; the rest of the destination stays. */
function integersFrom32(core: Core, d: number, s: number, count: number, truncate: boolean): void {
  const c = begin(core);
  const mode = truncate ? TOWARD_ZERO : c.w[ROUNDING];
  for (let i = 0; i < count; i++) core.x[RESULT + i] = integerFrom32(c, core.x[s + i], mode);
  end(core);
  copyWords(core.x, d, RESULT, count);
}
/** Integers of two binary64 elements; the upper half of an XMM register becomes 0. */
function integersFrom64(core: Core, d: number, s: number, words: number, truncate: boolean): void {
  const c = begin(core);
  const x = core.x;
  const mode = truncate ? TOWARD_ZERO : c.w[ROUNDING];
  for (let i = 0; i < 2; i++) {
    x[RESULT + i] = integerFrom64(c, x[s + 2 * i + 1], x[s + 2 * i], mode);
    x[RESULT + 2 + i] = 0;
  }
  end(core);
  copyWords(x, d, RESULT, words);
}
export function cvtps2dq(core: Core, d: number, s: number): void {
  integersFrom32(core, d, s, 4, false);
}
export function cvttps2dq(core: Core, d: number, s: number): void {
  integersFrom32(core, d, s, 4, true);
}
export function cvtps2pi(core: Core, d: number, s: number): void {
  integersFrom32(core, d, s, 2, false);
}
export function cvttps2pi(core: Core, d: number, s: number): void {
  integersFrom32(core, d, s, 2, true);
}
export function cvtpd2dq(core: Core, d: number, s: number): void {
  integersFrom64(core, d, s, 4, false);
}
export function cvttpd2dq(core: Core, d: number, s: number): void {
  integersFrom64(core, d, s, 4, true);
}
export function cvtpd2pi(core: Core, d: number, s: number): void {
  integersFrom64(core, d, s, 2, false);
}
export function cvttpd2pi(core: Core, d: number, s: number): void {
  integersFrom64(core, d, s, 2, true);
}

export function cvtss2si(core: Core, s: number): number {
  const c = begin(core);
  const value = integerFrom32(c, core.x[s], c.w[ROUNDING]);
  end(core);
  return value;
}
export function cvttss2si(core: Core, s: number): number {
  const value = integerFrom32(begin(core), core.x[s], TOWARD_ZERO);
  end(core);
  return value;
}
export function cvtsd2si(core: Core, s: number): number {
  const c = begin(core);
  const value = integerFrom64(c, core.x[s + 1], core.x[s], c.w[ROUNDING]);
  end(core);
  return value;
}
export function cvttsd2si(core: Core, s: number): number {
  const value = integerFrom64(begin(core), core.x[s + 1], core.x[s], TOWARD_ZERO);
  end(core);
  return value;
}

/** Binary32 of `count` integers; the rest of the destination stays. */
function float32s(core: Core, d: number, s: number, count: number): void {
  const c = begin(core);
  for (let i = 0; i < count; i++) core.x[RESULT + i] = float32FromInteger(c, core.x[s + i]);
  end(core);
  copyWords(core.x, d, RESULT, count);
}
export function cvtdq2ps(core: Core, d: number, s: number): void {
  float32s(core, d, s, 4);
}
export function cvtpi2ps(core: Core, d: number, s: number): void {
  float32s(core, d, s, 2);
}
export function cvtsi2ss(core: Core, d: number, value: number): void {
  const bits = float32FromInteger(begin(core), value);
  end(core);
  core.x[d] = bits;
}

/** Puts the binary64 that softfloat holds at RESULT + `to`. */
function keep64(core: Core, to: number): void {
  core.x[RESULT + to] = core.sse.w[LOW];
  core.x[RESULT + to + 1] = core.sse.w[HIGH];
}
/** Two integers to binary64: exact. */
export function cvtdq2pd(core: Core, d: number, s: number): void {
  float64FromInteger(core.sse, core.x[s]);
  keep64(core, 0);
  float64FromInteger(core.sse, core.x[s + 1]);
  keep64(core, 2);
  copyWords(core.x, d, RESULT, 4);
}
/** Two integers of an MMX register or 64 bits of memory. */
export function cvtpi2pd(core: Core, d: number, s: number): void {
  cvtdq2pd(core, d, s);
}
export function cvtsi2sd(core: Core, d: number, value: number): void {
  float64FromInteger(core.sse, value);
  keep64(core, 0);
  copyWords(core.x, d, RESULT, 2);
}

export function cvtps2pd(core: Core, d: number, s: number): void {
  const c = begin(core);
  float64From32(c, core.x[s]);
  keep64(core, 0);
  float64From32(c, core.x[s + 1]);
  keep64(core, 2);
  end(core);
  copyWords(core.x, d, RESULT, 4);
}
export function cvtss2sd(core: Core, d: number, s: number): void {
  float64From32(begin(core), core.x[s]);
  keep64(core, 0);
  end(core);
  copyWords(core.x, d, RESULT, 2);
}
export function cvtpd2ps(core: Core, d: number, s: number): void {
  const c = begin(core);
  const x = core.x;
  x[RESULT] = float32From64(c, x[s + 1], x[s]);
  x[RESULT + 1] = float32From64(c, x[s + 3], x[s + 2]);
  x[RESULT + 2] = x[RESULT + 3] = 0;
  end(core);
  copyWords(x, d, RESULT, 4);
}
export function cvtsd2ss(core: Core, d: number, s: number): void {
  const bits = float32From64(begin(core), core.x[s + 1], core.x[s]);
  end(core);
  core.x[d] = bits;
}

export const CVTPI2PS: Instruction = row("CVTPI2PS", "NP 0F 2A /r", "xmm, mm/m64", "SSE", "vector", cvtpi2ps);
export const CVTSI2SS: Instruction = row(
  "CVTSI2SS",
  "F3 0F 2A /r",
  "xmm, r/m32",
  "SSE",
  "vector",
  cvtsi2ss,
  (to, d, value) => to.vectors.conversion.singleFromInteger(d, value),
);
export const CVTPI2PD: Instruction = row("CVTPI2PD", "66 0F 2A /r", "xmm, mm/m64", "SSE2", "vector", cvtpi2pd);
export const CVTSI2SD: Instruction = row(
  "CVTSI2SD",
  "F2 0F 2A /r",
  "xmm, r/m32",
  "SSE2",
  "vector",
  cvtsi2sd,
  (to, d, value) => to.vectors.conversion.doubleFromInteger(d, value),
);
export const CVTTPS2PI: Instruction = row("CVTTPS2PI", "NP 0F 2C /r", "mm, xmm/m64", "SSE", "vector", cvttps2pi);
export const CVTTSS2SI: Instruction = row(
  "CVTTSS2SI",
  "F3 0F 2C /r",
  "r32, xmm/m32",
  "SSE",
  "vector",
  cvttss2si,
  (to, s) => to.vectors.conversion.integer(false, true, s),
);
export const CVTTPD2PI: Instruction = row("CVTTPD2PI", "66 0F 2C /r", "mm, xmm/m128", "SSE2", "vector", cvttpd2pi);
export const CVTTSD2SI: Instruction = row(
  "CVTTSD2SI",
  "F2 0F 2C /r",
  "r32, xmm/m64",
  "SSE2",
  "vector",
  cvttsd2si,
  (to, s) => to.vectors.conversion.integer(true, true, s),
);
export const CVTPS2PI: Instruction = row("CVTPS2PI", "NP 0F 2D /r", "mm, xmm/m64", "SSE", "vector", cvtps2pi);
export const CVTSS2SI: Instruction = row(
  "CVTSS2SI",
  "F3 0F 2D /r",
  "r32, xmm/m32",
  "SSE",
  "vector",
  cvtss2si,
  (to, s) => to.vectors.conversion.integer(false, false, s),
);
export const CVTPD2PI: Instruction = row("CVTPD2PI", "66 0F 2D /r", "mm, xmm/m128", "SSE2", "vector", cvtpd2pi);
export const CVTSD2SI: Instruction = row(
  "CVTSD2SI",
  "F2 0F 2D /r",
  "r32, xmm/m64",
  "SSE2",
  "vector",
  cvtsd2si,
  (to, s) => to.vectors.conversion.integer(true, false, s),
);
export const CVTPS2PD: Instruction = row(
  "CVTPS2PD",
  "NP 0F 5A /r",
  "xmm, xmm/m64",
  "SSE2",
  "vector",
  cvtps2pd,
  (to, _d, s) => to.vectors.conversion.doublesFromSingles(s),
);
export const CVTPD2PS: Instruction = row("CVTPD2PS", "66 0F 5A /r", "xmm, xmm/m128", "SSE2", "vector", cvtpd2ps);
export const CVTSS2SD: Instruction = row(
  "CVTSS2SD",
  "F3 0F 5A /r",
  "xmm, xmm/m32",
  "SSE2",
  "vector",
  cvtss2sd,
  (to, d, s) => to.vectors.conversion.doubleFromSingle(d, s),
);
export const CVTSD2SS: Instruction = row(
  "CVTSD2SS",
  "F2 0F 5A /r",
  "xmm, xmm/m64",
  "SSE2",
  "vector",
  cvtsd2ss,
  (to, d, s) => to.vectors.conversion.singleFromDouble(d, s),
);
export const CVTDQ2PS: Instruction = row(
  "CVTDQ2PS",
  "NP 0F 5B /r",
  "xmm, xmm/m128",
  "SSE2",
  "vector",
  cvtdq2ps,
  (to, _d, s) => to.vectors.conversion.singlesFromIntegers(s),
);
export const CVTPS2DQ: Instruction = row("CVTPS2DQ", "66 0F 5B /r", "xmm, xmm/m128", "SSE2", "vector", cvtps2dq);
export const CVTTPS2DQ: Instruction = row("CVTTPS2DQ", "F3 0F 5B /r", "xmm, xmm/m128", "SSE2", "vector", cvttps2dq);
export const CVTTPD2DQ: Instruction = row("CVTTPD2DQ", "66 0F E6 /r", "xmm, xmm/m128", "SSE2", "vector", cvttpd2dq);
export const CVTPD2DQ: Instruction = row("CVTPD2DQ", "F2 0F E6 /r", "xmm, xmm/m128", "SSE2", "vector", cvtpd2dq);
export const CVTDQ2PD: Instruction = row(
  "CVTDQ2PD",
  "F3 0F E6 /r",
  "xmm, xmm/m64",
  "SSE2",
  "vector",
  cvtdq2pd,
  (to, _d, s) => to.vectors.conversion.doublesFromIntegers(s),
);
