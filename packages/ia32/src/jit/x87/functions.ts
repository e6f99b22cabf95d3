/**
 * The functions of x87 arithmetic that a module with x87 instructions has before its compiled functions.
 *
 * Here: their order and types. Not here: their bodies (→ arithmetic.ts, conversion.ts).
 * @module
 */
import { IMPORTS, TYPES } from "../imports.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import type { FunctionType } from "../wasm/module-writer.ts";
import { I32, I64 } from "../wasm/opcodes.ts";
import { additionBody, divisionBody, multiplicationBody, squareRootBody } from "./arithmetic.ts";
import {
  comparisonBody,
  fromIntegerBody,
  narrowingBody,
  REAL32,
  REAL64,
  toIntegerBody,
  toIntegralBody,
  wideningBody,
} from "./conversion.ts";
import { roundingBody } from "./rounding.ts";

/** Types of these functions, behind those that every module has. */
export const FLOAT_TYPES: readonly FunctionType[] = [
  { parameters: [I64, I32, I64, I32], results: [I64, I32, I32] },
  { parameters: [I64, I32], results: [I64, I32, I32] },
  { parameters: [I64], results: [I64, I32] },
  { parameters: [I64, I32], results: [I64, I32] },
  { parameters: [I64, I32, I32], results: [I64, I32] },
  { parameters: [I64, I32, I64, I32], results: [I32] },
];
const [BINARY, UNARY, WIDENING, NARROWING, CONTROLLED, COMPARISON] = FLOAT_TYPES.map((_, i) => TYPES.length + i);

export type FloatFunction =
  | "add"
  | "multiply"
  | "divide"
  | "squareRoot"
  | "toIntegral"
  | "round"
  | "widen32"
  | "widen64"
  | "narrow32"
  | "narrow64"
  | "fromInteger"
  | "toInteger"
  | "compare";

/** `round`: index of the function of that name. */
const BODIES: Readonly<Record<FloatFunction, readonly [type: number, body: (round: number) => CodeWriter]>> = {
  add: [BINARY, additionBody],
  multiply: [BINARY, multiplicationBody],
  divide: [BINARY, divisionBody],
  squareRoot: [UNARY, squareRootBody],
  toIntegral: [UNARY, toIntegralBody],
  round: [BINARY, roundingBody],
  widen32: [WIDENING, () => wideningBody(REAL32)],
  widen64: [WIDENING, () => wideningBody(REAL64)],
  narrow32: [NARROWING, () => narrowingBody(REAL32)],
  narrow64: [NARROWING, () => narrowingBody(REAL64)],
  fromInteger: [WIDENING, fromIntegerBody],
  toInteger: [CONTROLLED, toIntegerBody],
  compare: [COMPARISON, comparisonBody],
};
const NAMES = Object.keys(BODIES) as FloatFunction[];

/** Index of a function behind the imports. */
export function functionIndex(name: FloatFunction): number {
  return IMPORTS.length + NAMES.indexOf(name);
}

/** All of them, in the order of their indices. */
export const FLOAT_FUNCTIONS: readonly { readonly type: number; readonly name: string; readonly body: CodeWriter }[] =
  NAMES.map((name) => ({ type: BODIES[name][0], name, body: BODIES[name][1](functionIndex("round")) }));
