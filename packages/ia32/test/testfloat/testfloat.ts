/**
 * Berkeley TestFloat's output run against our arithmetic: a section's function, then its lines.
 *
 * Here: which operation each TestFloat function names, and the comparison of results and flags.
 * Line: operands, result, flags (1 inexact, 2 underflow, 4 overflow, 8 divide by zero, 10 invalid), in hex.
 * TestFloat does not know DE and C1, and leaves the relations to eq, le, lt.
 * @module
 */
import { add80, subtract80 } from "../../src/softfloat/add.ts";
import { compare80, EQUAL, LESS } from "../../src/softfloat/compare.ts";
import {
  C2,
  createFloatContext,
  FLAGS,
  type FloatContext,
  HIGH,
  LOW,
  PRECISION,
  ROUNDING,
  SIGN_EXPONENT,
} from "../../src/softfloat/context.ts";
import { load32, load64, store32, store64 } from "../../src/softfloat/convert-real.ts";
import { divide80 } from "../../src/softfloat/divide.ts";
import { add32, divide32, multiply32, squareRoot32, subtract32 } from "../../src/softfloat/float32.ts";
import { add64, divide64, multiply64, squareRoot64, subtract64 } from "../../src/softfloat/float64.ts";
import { fromInteger32, fromInteger64, roundToInteger80, toInteger, toInteger64 } from "../../src/softfloat/integer.ts";
import { multiply80 } from "../../src/softfloat/multiply.ts";
import { partialRemainderNearest80 } from "../../src/softfloat/remainder.ts";
import { squareRoot80 } from "../../src/softfloat/square-root.ts";
import { compare32, compare64 } from "../../src/softfloat/sse-compare.ts";
import {
  float32From64,
  float32FromInteger,
  float64From32,
  float64FromInteger,
  integerFrom32,
  integerFrom64,
} from "../../src/softfloat/sse-convert.ts";

/** Operand words, most significant first: three of an 80-bit number, two of 64 bits, one of 32. */
type Operation = (c: FloatContext, o: readonly number[]) => string;

const hex = (value: number, digits = 8): string => (value >>> 0).toString(16).toUpperCase().padStart(digits, "0");
const result80 = (c: FloatContext): string => hex(c.w[SIGN_EXPONENT], 4) + hex(c.w[HIGH]) + hex(c.w[LOW]);
const result64 = (c: FloatContext): string => hex(c.w[HIGH]) + hex(c.w[LOW]);
const truth = (value: boolean): string => (value ? "1" : "0");

type Dyadic80 = (
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
) => void;
type Dyadic64 = (c: FloatContext, aHigh: number, aLow: number, bHigh: number, bLow: number) => void;

const dyadic80 =
  (operation: Dyadic80): Operation =>
  (c, o) => {
    operation(c, o[0], o[1], o[2], o[3], o[4], o[5]);
    return result80(c);
  };
const monadic80 =
  (operation: (c: FloatContext, signExponent: number, high: number, low: number) => void): Operation =>
  (c, o) => {
    operation(c, o[0], o[1], o[2]);
    return result80(c);
  };
const dyadic64 =
  (operation: Dyadic64): Operation =>
  (c, o) => {
    operation(c, o[0], o[1], o[2], o[3]);
    return result64(c);
  };
const dyadic32 =
  (operation: (c: FloatContext, a: number, b: number) => number): Operation =>
  (c, o) =>
    hex(operation(c, o[0], o[1]));

/** The relations of one format, as TestFloat names them. */
function relations(prefix: string, compare: (c: FloatContext, o: readonly number[], quiet: boolean) => number) {
  const entry = (name: string, quiet: boolean, holds: (relation: number) => boolean): [string, Operation] => [
    `${prefix}_${name}`,
    (c, o) => truth(holds(compare(c, o, quiet))),
  ];
  const equal = (relation: number): boolean => relation === EQUAL;
  const less = (relation: number): boolean => relation === LESS;
  const lessOrEqual = (relation: number): boolean => relation === LESS || relation === EQUAL;
  return [
    entry("eq", true, equal),
    entry("eq_signaling", false, equal),
    entry("lt", false, less),
    entry("lt_quiet", true, less),
    entry("le", false, lessOrEqual),
    entry("le_quiet", true, lessOrEqual),
  ];
}

/** Runs the partial remainder until C2 says that it is complete. */
const remainder: Operation = (c, o) => {
  partialRemainderNearest80(c, o[0], o[1], o[2], o[3], o[4], o[5]);
  while ((c.w[FLAGS] & C2) !== 0) {
    c.w[FLAGS] &= ~C2;
    partialRemainderNearest80(c, c.w[SIGN_EXPONENT], c.w[HIGH], c.w[LOW], o[3], o[4], o[5]);
  }
  return result80(c);
};

/** By way of the 80-bit format, as x87 code does what SSE before SSE4.1 cannot. */
function through80(load: Operation, operation: typeof roundToInteger80 | undefined, store: Operation): Operation {
  return (c, o) => {
    load(c, o);
    operation?.(c, c.w[SIGN_EXPONENT], c.w[HIGH], c.w[LOW]);
    return store(c, [c.w[SIGN_EXPONENT], c.w[HIGH], c.w[LOW]]);
  };
}

const load32To80: Operation = (c, o) => {
  load32(c, o[0]);
  return result80(c);
};
const load64To80: Operation = (c, o) => {
  load64(c, o[0], o[1]);
  return result80(c);
};
const store80To32: Operation = (c, o) => hex(store32(c, o[0], o[1], o[2]));
const store80To64: Operation = (c, o) => {
  store64(c, o[0], o[1], o[2]);
  return result64(c);
};
const integer32To80: Operation = (c, o) => {
  fromInteger32(c, o[0]);
  return result80(c);
};
const integer64To80: Operation = (c, o) => {
  fromInteger64(c, o[0], o[1]);
  return result80(c);
};

/** TestFloat function → our operation. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ["extF80_add", dyadic80(add80)],
  ["extF80_sub", dyadic80(subtract80)],
  ["extF80_mul", dyadic80(multiply80)],
  ["extF80_div", dyadic80(divide80)],
  ["extF80_rem", remainder],
  ["extF80_sqrt", monadic80(squareRoot80)],
  ["extF80_roundToInt", monadic80(roundToInteger80)],
  ["extF80_to_f32", store80To32],
  ["extF80_to_f64", store80To64],
  ["extF80_to_i32", (c, o) => hex(toInteger(c, o[0], o[1], o[2], 32, c.w[ROUNDING]))],
  [
    "extF80_to_i64",
    (c, o) => {
      toInteger64(c, o[0], o[1], o[2], c.w[ROUNDING]);
      return result64(c);
    },
  ],
  ["f32_add", dyadic32(add32)],
  ["f32_sub", dyadic32(subtract32)],
  ["f32_mul", dyadic32(multiply32)],
  ["f32_div", dyadic32(divide32)],
  ["f32_sqrt", (c, o) => hex(squareRoot32(c, o[0]))],
  ["f32_roundToInt", through80(load32To80, roundToInteger80, store80To32)],
  ["f32_to_extF80", load32To80],
  [
    "f32_to_f64",
    (c, o) => {
      float64From32(c, o[0]);
      return result64(c);
    },
  ],
  ["f32_to_i32", (c, o) => hex(integerFrom32(c, o[0], c.w[ROUNDING]))],
  ["f64_add", dyadic64(add64)],
  ["f64_sub", dyadic64(subtract64)],
  ["f64_mul", dyadic64(multiply64)],
  ["f64_div", dyadic64(divide64)],
  [
    "f64_sqrt",
    (c, o) => {
      squareRoot64(c, o[0], o[1]);
      return result64(c);
    },
  ],
  ["f64_roundToInt", through80(load64To80, roundToInteger80, store80To64)],
  ["f64_to_extF80", load64To80],
  ["f64_to_f32", (c, o) => hex(float32From64(c, o[0], o[1]))],
  ["f64_to_i32", (c, o) => hex(integerFrom64(c, o[0], o[1], c.w[ROUNDING]))],
  ["i32_to_extF80", integer32To80],
  ["i32_to_f32", (c, o) => hex(float32FromInteger(c, o[0]))],
  [
    "i32_to_f64",
    (c, o) => {
      float64FromInteger(c, o[0]);
      return result64(c);
    },
  ],
  ["i64_to_extF80", integer64To80],
  ["i64_to_f32", through80(integer64To80, undefined, store80To32)],
  ["i64_to_f64", through80(integer64To80, undefined, store80To64)],
  ...relations("extF80", (c, o, quiet) => compare80(c, o[0], o[1], o[2], o[3], o[4], o[5], quiet)),
  ...relations("f64", (c, o, quiet) => compare64(c, o[0], o[1], o[2], o[3], quiet)),
  ...relations("f32", (c, o, quiet) => compare32(c, o[0], o[1], quiet)),
]);

const MODES: Readonly<Record<string, number>> = { near_even: 0, min: 1, max: 2, minMag: 3 };

/** What a file gave: lines that agreed, all lines, and the first few that did not agree, each with our answer. */
export interface TestFloatReport {
  readonly passed: number;
  readonly total: number;
  readonly failures: readonly string[];
}

/** Splits hexadecimal operands into words, most significant first. */
function words(text: string, into: number[]): void {
  const first = text.length % 8 || 8;
  into.push(Number.parseInt(text.slice(0, first), 16) | 0);
  for (let at = first; at < text.length; at += 8) into.push(Number.parseInt(text.slice(at, at + 8), 16) | 0);
}

/** FLAGS in TestFloat's order. */
function testFloatFlags(flags: number): number {
  return ((flags >> 5) & 1) | ((flags >> 3) & 2) | ((flags >> 1) & 4) | ((flags << 1) & 8) | ((flags << 4) & 16);
}

/**
 * Runs the text of one TestFloat file.
 * @throws Error for a function that is not in OPERATIONS
 */
export function runTestFloat(text: string): TestFloatReport {
  const c = createFloatContext();
  const failures: string[] = [];
  let operation: Operation | undefined;
  let heading = "";
  let passed = 0;
  let total = 0;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    if (line.startsWith("#")) {
      heading = line;
      const [, name, ...options] = line.split(/ +/);
      operation = OPERATIONS.get(name);
      if (operation === undefined) throw new Error(`${name}: not a function of this test`);
      c.w[PRECISION] = 64;
      c.w[ROUNDING] = 0;
      for (const option of options) {
        if (option.startsWith("-r")) c.w[ROUNDING] = MODES[option.slice(2)];
        if (option === "-precision64") c.w[PRECISION] = 53;
        if (option === "-precision32") c.w[PRECISION] = 24;
      }
      continue;
    }
    const fields = line.split(" ");
    const operands: number[] = [];
    for (const field of fields.slice(0, -2)) words(field, operands);
    c.w[FLAGS] = 0;
    const result = operation!(c, operands);
    const flags = testFloatFlags(c.w[FLAGS]);
    total++;
    if (result === fields.at(-2) && flags === Number.parseInt(fields.at(-1)!, 16)) passed++;
    else if (failures.length < 5) failures.push(`${heading}: ${line}, ours ${result} ${hex(flags, 2)}`);
  }
  return { passed, total, failures };
}
