/**
 * The functions of x87 arithmetic that a module has before its compiled functions, if those call some.
 *
 * Here: their order and types. Not here: their bodies (→ arithmetic.ts, conversion.ts).
 * @module
 */
import { IMPORTS, TYPES } from "../imports.ts";
import { CodeWriter } from "../wasm/code-writer.ts";
import type { FunctionType } from "../wasm/module-writer.ts";
import { END, I32, I64, UNREACHABLE } from "../wasm/opcodes.ts";
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

/** Functions that call `round`, whose index they are given. */
const ROUNDING: ReadonlySet<FloatFunction> = new Set(["add", "multiply", "divide", "squareRoot"]);
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

interface Definition {
  readonly type: number;
  readonly name: string;
  readonly body: CodeWriter;
}

/** All of them, in the order of their indices. */
export const FLOAT_FUNCTIONS: readonly Definition[] = NAMES.map((name) => ({
  type: BODIES[name][0],
  name,
  body: BODIES[name][1](functionIndex("round")),
}));
const NOTHING = new CodeWriter().unsigned(0).op(UNREACHABLE, END);
const USED = FLOAT_FUNCTIONS.map((definition) => ({ ...definition, name: "" }));
const UNUSED = USED.map((definition) => ({ ...definition, body: NOTHING }));

/** Those that are called, in their places and without export names; a host need not look at the others. None if none is called. */
export function floatFunctions(called: ReadonlySet<FloatFunction>): readonly Definition[] {
  if (called.size === 0) return [];
  const rounds = NAMES.some((name) => called.has(name) && ROUNDING.has(name));
  return NAMES.map((name, i) => (called.has(name) || (rounds && name === "round") ? USED : UNUSED)[i]);
}
