/**
 * What instructions TestFloat's functions are on IA-32.
 *
 * Here: machine code for each function: operands at A and B, the result at RESULT, or, for relations, in EFLAGS. Formats
 * that only the x87 unit has run there, the others as SSE scalars; conversions and roundings that SSE before SSE4.1 lacks
 * go through the x87 unit. Not here: running them (→ testfloat-machine.ts). SDM Vol. 2.
 * @module
 */

/** Formats of operands and results. */
export type Format = "f32" | "f64" | "extF80" | "i32" | "i64" | "truth";

/** One function. */
export interface TestFloatFunction {
  readonly operands: readonly Format[];
  readonly result: Format;
  /** Flags are those of MXCSR, not of FSW. */
  readonly sse: boolean;
  /** Machine code, which ends without a jump. */
  readonly code: readonly number[];
  /** Relations: whether EFLAGS after the comparison say yes. */
  readonly holds?: (flags: number) => boolean;
}

/** Addresses of operands and result. */
export const A = 0x2000;
export const B = 0x2010;
export const RESULT = 0x2020;

const ADDRESS_32 = 5;
/** An instruction with a memory operand at an absolute address; `digit` is the register field. */
function at(opcode: readonly number[], digit: number, address: number): number[] {
  return [...opcode, (digit << 3) | ADDRESS_32, address & 0xff, (address >>> 8) & 0xff, 0, 0];
}

type X87Format = Exclude<Format, "truth">;
/** FLD, FILD. */
const LOAD: Readonly<Record<X87Format, readonly [number, number]>> = {
  f32: [0xd9, 0],
  f64: [0xdd, 0],
  extF80: [0xdb, 5],
  i32: [0xdb, 0],
  i64: [0xdf, 5],
};
/** FSTP, FISTP. */
const STORE: Readonly<Record<X87Format, readonly [number, number]>> = {
  f32: [0xd9, 3],
  f64: [0xdd, 3],
  extF80: [0xdb, 7],
  i32: [0xdb, 3],
  i64: [0xdf, 7],
};
const load = (format: X87Format, address: number): number[] => at([LOAD[format][0]], LOAD[format][1], address);
const store = (format: X87Format): number[] => at([STORE[format][0]], STORE[format][1], RESULT);

const FADDP = [0xde, 0xc1];
const FMULP = [0xde, 0xc9];
const FSUBP = [0xde, 0xe9];
const FDIVP = [0xde, 0xf9];
const FSQRT = [0xd9, 0xfa];
const FRNDINT = [0xd9, 0xfc];
/** FPREM1 until FSW.C2 is clear: FPREM1; FNSTSW AX; TEST AH, 4; JNZ; then the divisor goes: FSTP ST(1). */
const REMAINDER = [0xd9, 0xf5, 0xdf, 0xe0, 0xf6, 0xc4, 0x04, 0x75, 0xf7, 0xdd, 0xd9];
const FCOMIP = [0xdf, 0xf1];
const FUCOMIP = [0xdf, 0xe9];
const FSTP_ST0 = [0xdd, 0xd8];

function x87(operands: readonly X87Format[], result: X87Format, ...middle: number[]): TestFloatFunction {
  const code = [...operands.flatMap((format, n) => load(format, n === 0 ? A : B)), ...middle, ...store(result)];
  return { operands, result, sse: false, code };
}

const SCALAR: Readonly<Record<"f32" | "f64", number>> = { f32: 0xf3, f64: 0xf2 };
/** MOVSS, MOVSD. */
const move = (format: "f32" | "f64", opcode: number, address: number): number[] =>
  at([SCALAR[format], 0x0f, opcode], 0, address);
const LOAD_XMM = 0x10;
const STORE_XMM = 0x11;

function arithmetic(format: "f32" | "f64", opcode: number): TestFloatFunction {
  const code = [
    ...move(format, LOAD_XMM, A),
    ...at([SCALAR[format], 0x0f, opcode], 0, B),
    ...move(format, STORE_XMM, RESULT),
  ];
  return { operands: [format, format], result: format, sse: true, code };
}
function squareRoot(format: "f32" | "f64"): TestFloatFunction {
  const code = [...at([SCALAR[format], 0x0f, 0x51], 0, A), ...move(format, STORE_XMM, RESULT)];
  return { operands: [format], result: format, sse: true, code };
}
/** CVTxx2yy from memory into XMM0. */
function toReal(from: Format, prefix: number, opcode: number, to: "f32" | "f64"): TestFloatFunction {
  const code = [...at([prefix, 0x0f, opcode], 0, A), ...move(to, STORE_XMM, RESULT)];
  return { operands: [from], result: to, sse: true, code };
}
/** CVTSS2SI, CVTSD2SI to EAX. */
function toInteger(from: "f32" | "f64"): TestFloatFunction {
  const code = [...at([SCALAR[from], 0x0f, 0x2d], 0, A), 0xa3, RESULT & 0xff, RESULT >>> 8, 0, 0];
  return { operands: [from], result: "i32", sse: true, code };
}

const CF = 1;
const PF = 4;
const ZF = 0x40;
const equal = (flags: number): boolean => (flags & (ZF | PF)) === ZF;
const less = (flags: number): boolean => (flags & (CF | PF)) === CF;
const lessOrEqual = (flags: number): boolean => (flags & PF) === 0 && (flags & (CF | ZF)) !== 0;

/** eq, lt, le; quiet comparisons raise invalid for signaling NaNs only. */
function relations(format: "f32" | "f64" | "extF80"): [string, TestFloatFunction][] {
  const compare = (quiet: boolean): readonly number[] => {
    if (format === "extF80")
      // The first operand is compared with the second: it must be on top.
      return [...load(format, B), ...load(format, A), ...(quiet ? FUCOMIP : FCOMIP), ...FSTP_ST0];
    const prefix = format === "f64" ? [0x66] : [];
    return [...move(format, LOAD_XMM, A), ...at([...prefix, 0x0f, quiet ? 0x2e : 0x2f], 0, B)];
  };
  const entry = (name: string, quiet: boolean, holds: (flags: number) => boolean): [string, TestFloatFunction] => [
    `${format}_${name}`,
    { operands: [format, format], result: "truth", sse: format !== "extF80", code: compare(quiet), holds },
  ];
  return [
    entry("eq", true, equal),
    entry("eq_signaling", false, equal),
    entry("lt", false, less),
    entry("lt_quiet", true, less),
    entry("le", false, lessOrEqual),
    entry("le_quiet", true, lessOrEqual),
  ];
}

/** All functions of formats that IA-32 has, by their names in TestFloat. */
export const FUNCTIONS: ReadonlyMap<string, TestFloatFunction> = new Map([
  ["extF80_add", x87(["extF80", "extF80"], "extF80", ...FADDP)],
  ["extF80_sub", x87(["extF80", "extF80"], "extF80", ...FSUBP)],
  ["extF80_mul", x87(["extF80", "extF80"], "extF80", ...FMULP)],
  ["extF80_div", x87(["extF80", "extF80"], "extF80", ...FDIVP)],
  [
    "extF80_rem",
    {
      ...x87(["extF80", "extF80"], "extF80"),
      code: [...load("extF80", B), ...load("extF80", A), ...REMAINDER, ...store("extF80")],
    },
  ],
  ["extF80_sqrt", x87(["extF80"], "extF80", ...FSQRT)],
  ["extF80_roundToInt", x87(["extF80"], "extF80", ...FRNDINT)],
  ["extF80_to_f32", x87(["extF80"], "f32")],
  ["extF80_to_f64", x87(["extF80"], "f64")],
  ["extF80_to_i32", x87(["extF80"], "i32")],
  ["extF80_to_i64", x87(["extF80"], "i64")],
  ["f32_roundToInt", x87(["f32"], "f32", ...FRNDINT)],
  ["f32_to_extF80", x87(["f32"], "extF80")],
  ["f64_roundToInt", x87(["f64"], "f64", ...FRNDINT)],
  ["f64_to_extF80", x87(["f64"], "extF80")],
  ["i32_to_extF80", x87(["i32"], "extF80")],
  ["i64_to_extF80", x87(["i64"], "extF80")],
  ["i64_to_f32", x87(["i64"], "f32")],
  ["i64_to_f64", x87(["i64"], "f64")],
  ["f32_add", arithmetic("f32", 0x58)],
  ["f32_sub", arithmetic("f32", 0x5c)],
  ["f32_mul", arithmetic("f32", 0x59)],
  ["f32_div", arithmetic("f32", 0x5e)],
  ["f32_sqrt", squareRoot("f32")],
  ["f32_to_f64", toReal("f32", SCALAR.f32, 0x5a, "f64")],
  ["f32_to_i32", toInteger("f32")],
  ["f64_add", arithmetic("f64", 0x58)],
  ["f64_sub", arithmetic("f64", 0x5c)],
  ["f64_mul", arithmetic("f64", 0x59)],
  ["f64_div", arithmetic("f64", 0x5e)],
  ["f64_sqrt", squareRoot("f64")],
  ["f64_to_f32", toReal("f64", SCALAR.f64, 0x5a, "f32")],
  ["f64_to_i32", toInteger("f64")],
  ["i32_to_f32", toReal("i32", SCALAR.f32, 0x2a, "f32")],
  ["i32_to_f64", toReal("i32", SCALAR.f64, 0x2a, "f64")],
  ...relations("extF80"),
  ...relations("f64"),
  ...relations("f32"),
]);
