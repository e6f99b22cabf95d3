/**
 * SSE arithmetic: ADD SUB MUL DIV SQRT MIN MAX on packed and scalar binary32 and binary64, RCP and RSQRT.
 *
 * Here: rows; their meaning is softfloat's operation on one element. The approximations raise nothing and come as
 * packed rows whose flags stay clear. SDM Vol. 1, 5.5.1.2, 5.6.1.2; Vol. 2.
 * @module
 */
import { add32, divide32, multiply32, squareRoot32, subtract32 } from "../../softfloat/float32.ts";
import { add64, divide64, multiply64, squareRoot64, subtract64 } from "../../softfloat/float64.ts";
import { reciprocal32, reciprocalSquareRoot32 } from "../../softfloat/sse-approximate.ts";
import { maximum32, maximum64, minimum32, minimum64 } from "../../softfloat/sse-compare.ts";
import type { Instruction, Lower } from "../instruction.ts";
import { row } from "../mmx/row.ts";

const lowerAdd: Lower = (to, d, s) => to.vectors.arithmetic.binary("ADD", d, s);
const lowerSubtract: Lower = (to, d, s) => to.vectors.arithmetic.binary("SUB", d, s);
const lowerMultiply: Lower = (to, d, s) => to.vectors.arithmetic.binary("MUL", d, s);
const lowerDivide: Lower = (to, d, s) => to.vectors.arithmetic.binary("DIV", d, s);
const lowerSquareRoot: Lower = (to, d, s) => to.vectors.arithmetic.squareRoot(d, s);
const lowerMinimum: Lower = (to, d, s) => to.vectors.arithmetic.extreme("PMIN", d, s);
const lowerMaximum: Lower = (to, d, s) => to.vectors.arithmetic.extreme("PMAX", d, s);

export const ADDPS: Instruction = row("ADDPS", "NP 0F 58 /r", "xmm, xmm/m128", "SSE", "packed32", add32, lowerAdd);
export const ADDSS: Instruction = row("ADDSS", "F3 0F 58 /r", "xmm, xmm/m32", "SSE", "scalar32", add32, lowerAdd);
export const ADDPD: Instruction = row("ADDPD", "66 0F 58 /r", "xmm, xmm/m128", "SSE2", "packed64", add64, lowerAdd);
export const ADDSD: Instruction = row("ADDSD", "F2 0F 58 /r", "xmm, xmm/m64", "SSE2", "scalar64", add64, lowerAdd);
export const MULPS: Instruction = row(
  "MULPS",
  "NP 0F 59 /r",
  "xmm, xmm/m128",
  "SSE",
  "packed32",
  multiply32,
  lowerMultiply,
);
export const MULSS: Instruction = row(
  "MULSS",
  "F3 0F 59 /r",
  "xmm, xmm/m32",
  "SSE",
  "scalar32",
  multiply32,
  lowerMultiply,
);
export const MULPD: Instruction = row(
  "MULPD",
  "66 0F 59 /r",
  "xmm, xmm/m128",
  "SSE2",
  "packed64",
  multiply64,
  lowerMultiply,
);
export const MULSD: Instruction = row(
  "MULSD",
  "F2 0F 59 /r",
  "xmm, xmm/m64",
  "SSE2",
  "scalar64",
  multiply64,
  lowerMultiply,
);
export const SUBPS: Instruction = row(
  "SUBPS",
  "NP 0F 5C /r",
  "xmm, xmm/m128",
  "SSE",
  "packed32",
  subtract32,
  lowerSubtract,
);
export const SUBSS: Instruction = row(
  "SUBSS",
  "F3 0F 5C /r",
  "xmm, xmm/m32",
  "SSE",
  "scalar32",
  subtract32,
  lowerSubtract,
);
export const SUBPD: Instruction = row(
  "SUBPD",
  "66 0F 5C /r",
  "xmm, xmm/m128",
  "SSE2",
  "packed64",
  subtract64,
  lowerSubtract,
);
export const SUBSD: Instruction = row(
  "SUBSD",
  "F2 0F 5C /r",
  "xmm, xmm/m64",
  "SSE2",
  "scalar64",
  subtract64,
  lowerSubtract,
);
export const MINPS: Instruction = row(
  "MINPS",
  "NP 0F 5D /r",
  "xmm, xmm/m128",
  "SSE",
  "packed32",
  minimum32,
  lowerMinimum,
);
export const MINSS: Instruction = row(
  "MINSS",
  "F3 0F 5D /r",
  "xmm, xmm/m32",
  "SSE",
  "scalar32",
  minimum32,
  lowerMinimum,
);
export const MINPD: Instruction = row(
  "MINPD",
  "66 0F 5D /r",
  "xmm, xmm/m128",
  "SSE2",
  "packed64",
  minimum64,
  lowerMinimum,
);
export const MINSD: Instruction = row(
  "MINSD",
  "F2 0F 5D /r",
  "xmm, xmm/m64",
  "SSE2",
  "scalar64",
  minimum64,
  lowerMinimum,
);
export const DIVPS: Instruction = row(
  "DIVPS",
  "NP 0F 5E /r",
  "xmm, xmm/m128",
  "SSE",
  "packed32",
  divide32,
  lowerDivide,
);
export const DIVSS: Instruction = row("DIVSS", "F3 0F 5E /r", "xmm, xmm/m32", "SSE", "scalar32", divide32, lowerDivide);
export const DIVPD: Instruction = row(
  "DIVPD",
  "66 0F 5E /r",
  "xmm, xmm/m128",
  "SSE2",
  "packed64",
  divide64,
  lowerDivide,
);
export const DIVSD: Instruction = row(
  "DIVSD",
  "F2 0F 5E /r",
  "xmm, xmm/m64",
  "SSE2",
  "scalar64",
  divide64,
  lowerDivide,
);
export const MAXPS: Instruction = row(
  "MAXPS",
  "NP 0F 5F /r",
  "xmm, xmm/m128",
  "SSE",
  "packed32",
  maximum32,
  lowerMaximum,
);
export const MAXSS: Instruction = row(
  "MAXSS",
  "F3 0F 5F /r",
  "xmm, xmm/m32",
  "SSE",
  "scalar32",
  maximum32,
  lowerMaximum,
);
export const MAXPD: Instruction = row(
  "MAXPD",
  "66 0F 5F /r",
  "xmm, xmm/m128",
  "SSE2",
  "packed64",
  maximum64,
  lowerMaximum,
);
export const MAXSD: Instruction = row(
  "MAXSD",
  "F2 0F 5F /r",
  "xmm, xmm/m64",
  "SSE2",
  "scalar64",
  maximum64,
  lowerMaximum,
);
export const SQRTPS: Instruction = row(
  "SQRTPS",
  "NP 0F 51 /r",
  "xmm, xmm/m128",
  "SSE",
  "packed32",
  squareRoot32,
  lowerSquareRoot,
);
export const SQRTSS: Instruction = row(
  "SQRTSS",
  "F3 0F 51 /r",
  "xmm, xmm/m32",
  "SSE",
  "scalar32",
  squareRoot32,
  lowerSquareRoot,
);
export const SQRTPD: Instruction = row(
  "SQRTPD",
  "66 0F 51 /r",
  "xmm, xmm/m128",
  "SSE2",
  "packed64",
  squareRoot64,
  lowerSquareRoot,
);
export const SQRTSD: Instruction = row(
  "SQRTSD",
  "F2 0F 51 /r",
  "xmm, xmm/m64",
  "SSE2",
  "scalar64",
  squareRoot64,
  lowerSquareRoot,
);
export const RSQRTPS: Instruction = row(
  "RSQRTPS",
  "NP 0F 52 /r",
  "xmm, xmm/m128",
  "SSE",
  "packed32",
  reciprocalSquareRoot32,
);
export const RSQRTSS: Instruction = row(
  "RSQRTSS",
  "F3 0F 52 /r",
  "xmm, xmm/m32",
  "SSE",
  "scalar32",
  reciprocalSquareRoot32,
);
export const RCPPS: Instruction = row("RCPPS", "NP 0F 53 /r", "xmm, xmm/m128", "SSE", "packed32", reciprocal32);
export const RCPSS: Instruction = row("RCPSS", "F3 0F 53 /r", "xmm, xmm/m32", "SSE", "scalar32", reciprocal32);
