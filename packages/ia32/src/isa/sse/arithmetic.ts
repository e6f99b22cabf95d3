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
import { type Instruction, instruction } from "../instruction.ts";

export const ADDPS: Instruction = instruction({
  mnemonic: "ADDPS",
  encodings: [["NP 0F 58 /r", "xmm, xmm/m128", "SSE"]],
  form: "packed32",
  execute: add32,
});
export const ADDSS: Instruction = instruction({
  mnemonic: "ADDSS",
  encodings: [["F3 0F 58 /r", "xmm, xmm/m32", "SSE"]],
  form: "scalar32",
  execute: add32,
});
export const ADDPD: Instruction = instruction({
  mnemonic: "ADDPD",
  encodings: [["66 0F 58 /r", "xmm, xmm/m128", "SSE2"]],
  form: "packed64",
  execute: add64,
});
export const ADDSD: Instruction = instruction({
  mnemonic: "ADDSD",
  encodings: [["F2 0F 58 /r", "xmm, xmm/m64", "SSE2"]],
  form: "scalar64",
  execute: add64,
});
export const MULPS: Instruction = instruction({
  mnemonic: "MULPS",
  encodings: [["NP 0F 59 /r", "xmm, xmm/m128", "SSE"]],
  form: "packed32",
  execute: multiply32,
});
export const MULSS: Instruction = instruction({
  mnemonic: "MULSS",
  encodings: [["F3 0F 59 /r", "xmm, xmm/m32", "SSE"]],
  form: "scalar32",
  execute: multiply32,
});
export const MULPD: Instruction = instruction({
  mnemonic: "MULPD",
  encodings: [["66 0F 59 /r", "xmm, xmm/m128", "SSE2"]],
  form: "packed64",
  execute: multiply64,
});
export const MULSD: Instruction = instruction({
  mnemonic: "MULSD",
  encodings: [["F2 0F 59 /r", "xmm, xmm/m64", "SSE2"]],
  form: "scalar64",
  execute: multiply64,
});
export const SUBPS: Instruction = instruction({
  mnemonic: "SUBPS",
  encodings: [["NP 0F 5C /r", "xmm, xmm/m128", "SSE"]],
  form: "packed32",
  execute: subtract32,
});
export const SUBSS: Instruction = instruction({
  mnemonic: "SUBSS",
  encodings: [["F3 0F 5C /r", "xmm, xmm/m32", "SSE"]],
  form: "scalar32",
  execute: subtract32,
});
export const SUBPD: Instruction = instruction({
  mnemonic: "SUBPD",
  encodings: [["66 0F 5C /r", "xmm, xmm/m128", "SSE2"]],
  form: "packed64",
  execute: subtract64,
});
export const SUBSD: Instruction = instruction({
  mnemonic: "SUBSD",
  encodings: [["F2 0F 5C /r", "xmm, xmm/m64", "SSE2"]],
  form: "scalar64",
  execute: subtract64,
});
export const MINPS: Instruction = instruction({
  mnemonic: "MINPS",
  encodings: [["NP 0F 5D /r", "xmm, xmm/m128", "SSE"]],
  form: "packed32",
  execute: minimum32,
});
export const MINSS: Instruction = instruction({
  mnemonic: "MINSS",
  encodings: [["F3 0F 5D /r", "xmm, xmm/m32", "SSE"]],
  form: "scalar32",
  execute: minimum32,
});
export const MINPD: Instruction = instruction({
  mnemonic: "MINPD",
  encodings: [["66 0F 5D /r", "xmm, xmm/m128", "SSE2"]],
  form: "packed64",
  execute: minimum64,
});
export const MINSD: Instruction = instruction({
  mnemonic: "MINSD",
  encodings: [["F2 0F 5D /r", "xmm, xmm/m64", "SSE2"]],
  form: "scalar64",
  execute: minimum64,
});
export const DIVPS: Instruction = instruction({
  mnemonic: "DIVPS",
  encodings: [["NP 0F 5E /r", "xmm, xmm/m128", "SSE"]],
  form: "packed32",
  execute: divide32,
});
export const DIVSS: Instruction = instruction({
  mnemonic: "DIVSS",
  encodings: [["F3 0F 5E /r", "xmm, xmm/m32", "SSE"]],
  form: "scalar32",
  execute: divide32,
});
export const DIVPD: Instruction = instruction({
  mnemonic: "DIVPD",
  encodings: [["66 0F 5E /r", "xmm, xmm/m128", "SSE2"]],
  form: "packed64",
  execute: divide64,
});
export const DIVSD: Instruction = instruction({
  mnemonic: "DIVSD",
  encodings: [["F2 0F 5E /r", "xmm, xmm/m64", "SSE2"]],
  form: "scalar64",
  execute: divide64,
});
export const MAXPS: Instruction = instruction({
  mnemonic: "MAXPS",
  encodings: [["NP 0F 5F /r", "xmm, xmm/m128", "SSE"]],
  form: "packed32",
  execute: maximum32,
});
export const MAXSS: Instruction = instruction({
  mnemonic: "MAXSS",
  encodings: [["F3 0F 5F /r", "xmm, xmm/m32", "SSE"]],
  form: "scalar32",
  execute: maximum32,
});
export const MAXPD: Instruction = instruction({
  mnemonic: "MAXPD",
  encodings: [["66 0F 5F /r", "xmm, xmm/m128", "SSE2"]],
  form: "packed64",
  execute: maximum64,
});
export const MAXSD: Instruction = instruction({
  mnemonic: "MAXSD",
  encodings: [["F2 0F 5F /r", "xmm, xmm/m64", "SSE2"]],
  form: "scalar64",
  execute: maximum64,
});
export const SQRTPS: Instruction = instruction({
  mnemonic: "SQRTPS",
  encodings: [["NP 0F 51 /r", "xmm, xmm/m128", "SSE"]],
  form: "packed32",
  execute: squareRoot32,
});
export const SQRTSS: Instruction = instruction({
  mnemonic: "SQRTSS",
  encodings: [["F3 0F 51 /r", "xmm, xmm/m32", "SSE"]],
  form: "scalar32",
  execute: squareRoot32,
});
export const SQRTPD: Instruction = instruction({
  mnemonic: "SQRTPD",
  encodings: [["66 0F 51 /r", "xmm, xmm/m128", "SSE2"]],
  form: "packed64",
  execute: squareRoot64,
});
export const SQRTSD: Instruction = instruction({
  mnemonic: "SQRTSD",
  encodings: [["F2 0F 51 /r", "xmm, xmm/m64", "SSE2"]],
  form: "scalar64",
  execute: squareRoot64,
});
export const RSQRTPS: Instruction = instruction({
  mnemonic: "RSQRTPS",
  encodings: [["NP 0F 52 /r", "xmm, xmm/m128", "SSE"]],
  form: "packed32",
  execute: reciprocalSquareRoot32,
});
export const RSQRTSS: Instruction = instruction({
  mnemonic: "RSQRTSS",
  encodings: [["F3 0F 52 /r", "xmm, xmm/m32", "SSE"]],
  form: "scalar32",
  execute: reciprocalSquareRoot32,
});
export const RCPPS: Instruction = instruction({
  mnemonic: "RCPPS",
  encodings: [["NP 0F 53 /r", "xmm, xmm/m128", "SSE"]],
  form: "packed32",
  execute: reciprocal32,
});
export const RCPSS: Instruction = instruction({
  mnemonic: "RCPSS",
  encodings: [["F3 0F 53 /r", "xmm, xmm/m32", "SSE"]],
  form: "scalar32",
  execute: reciprocal32,
});
