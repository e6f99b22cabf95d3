/**
 * Basic x87 arithmetic: FADD FSUB FSUBR FMUL FDIV FDIVR with FI… and …P, FSQRT FSCALE FPREM FRNDINT FXTRACT, signs.
 *
 * Here: rows; a row of form `x87` names the softfloat operation (destination, source), its operands tell where they
 * are. Not here: the steps around it (→ binary.ts, unit.ts). SDM Vol. 1, 5.2.2; Vol. 2.
 * @module
 */
import { add80, subtract80 } from "../../softfloat/add.ts";
import { C0, C1, C2, C3, FLAGS, type FloatContext, MASKS, PRE_COMPUTATION } from "../../softfloat/context.ts";
import { divide80 } from "../../softfloat/divide.ts";
import { roundToInteger80 } from "../../softfloat/integer.ts";
import { multiply80 } from "../../softfloat/multiply.ts";
import { partialRemainder80, partialRemainderNearest80 } from "../../softfloat/remainder.ts";
import { extractExponent80, extractSignificand80, scale80 } from "../../softfloat/scale.ts";
import { squareRoot80 } from "../../softfloat/square-root.ts";
import type { Core } from "../../state/core.ts";
import { type Instruction, instruction } from "../instruction.ts";
import { row } from "../mmx/row.ts";
import type { Operation } from "../operation.ts";
import { unary } from "./binary.ts";
import { enter, isEmpty, overflow, place, push, rotate, setIndefinite, setResult, settle, underflow } from "./unit.ts";

export function subtractReversed80(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
): void {
  subtract80(c, bSignExponent, bHigh, bLow, aSignExponent, aHigh, aLow);
}

export function divideReversed80(
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
): void {
  divide80(c, bSignExponent, bHigh, bLow, aSignExponent, aHigh, aLow);
}

export function fsqrt(core: Core, operation: Operation): void {
  unary(core, operation, squareRoot80);
}
export function frndint(core: Core, operation: Operation): void {
  unary(core, operation, roundToInteger80);
}

export function fscale(core: Core, operation: Operation): void {
  enter(core);
  const a = place(core, 0);
  const b = place(core, 1);
  if (isEmpty(core, 0) || isEmpty(core, 1)) {
    if (underflow(core, operation)) setIndefinite(core, a);
    return;
  }
  const x = core.x;
  core.x87.w[FLAGS] = 0;
  scale80(core.x87, x[a + 2], x[a + 1], x[a], x[b + 2], x[b + 1], x[b]);
  if (settle(core, operation)) setResult(core, a);
}

function remainder(core: Core, operation: Operation, operate: typeof partialRemainder80): void {
  enter(core);
  const a = place(core, 0);
  const b = place(core, 1);
  if (isEmpty(core, 0) || isEmpty(core, 1)) {
    if (underflow(core, operation, C1 | C2)) setIndefinite(core, a);
    return;
  }
  const x = core.x;
  core.x87.w[FLAGS] = 0;
  const reduced = operate(core.x87, x[a + 2], x[a + 1], x[a], x[b + 2], x[b + 1], x[b]);
  // A quotient that is not delivered leaves C0 and C3 alone; C2 is then 0.
  const stopped = (core.x87.w[FLAGS] & ~core.x87.w[MASKS] & PRE_COMPUTATION) !== 0;
  if (stopped) core.x87.w[FLAGS] &= ~C2;
  if (settle(core, operation, reduced && !stopped ? C0 | C1 | C2 | C3 : C1 | C2)) setResult(core, a);
}
export function fprem(core: Core, operation: Operation): void {
  remainder(core, operation, partialRemainder80);
}
export function fprem1(core: Core, operation: Operation): void {
  remainder(core, operation, partialRemainderNearest80);
}

/** The exponent replaces ST(0), the significand is pushed. */
export function fxtract(core: Core, operation: Operation): void {
  enter(core);
  const a = place(core, 0);
  const empty = isEmpty(core, 0);
  if (empty || !isEmpty(core, -1)) {
    if (!(empty ? underflow(core, operation) : overflow(core, operation))) return;
    setIndefinite(core, a);
    rotate(core, -1);
    setIndefinite(core, place(core, 0));
    return;
  }
  const { x, x87 } = core;
  x87.w[FLAGS] = 0;
  const high = x[a + 1];
  const low = x[a];
  const signExponent = x[a + 2];
  extractExponent80(x87, signExponent, high, low);
  if (!settle(core, operation)) return;
  setResult(core, a);
  extractSignificand80(x87, signExponent, high, low);
  push(core);
}

function changeSign(core: Core, operation: Operation, and: number, xor: number): void {
  enter(core);
  const a = place(core, 0);
  if (isEmpty(core, 0)) {
    if (underflow(core, operation)) setIndefinite(core, a);
    return;
  }
  core.x87.w[FLAGS] = 0;
  settle(core, operation);
  core.x[a + 2] = (core.x[a + 2] & and) ^ xor;
}
export function fchs(core: Core, operation: Operation): void {
  changeSign(core, operation, 0xffff, 0x8000);
}
export function fabs(core: Core, operation: Operation): void {
  changeSign(core, operation, 0x7fff, 0);
}

type Encodings = Instruction["encodings"];

/** D8 and DC of an operation; its opposite, if it has one, has the digits of D8 and DC the other way round. */
function encodings(digit: number, registerDigit: number): Encodings {
  return [
    [`D8 /${digit}`, "m32fp", "FPU"],
    [`DC /${digit}`, "m64fp", "FPU"],
    [`D8 ${(0xc0 + 8 * digit).toString(16).toUpperCase()}+i`, "ST(0), ST(i)", "FPU"],
    [`DC ${(0xc0 + 8 * registerDigit).toString(16).toUpperCase()}+i`, "ST(i), ST(0)", "FPU"],
  ];
}
function popping(registerDigit: number): Encodings {
  return [[`DE ${(0xc0 + 8 * registerDigit).toString(16).toUpperCase()}+i`, "ST(i), ST(0)", "FPU"]];
}
function integers(digit: number): Encodings {
  return [
    [`DA /${digit}`, "m32int", "FPU"],
    [`DE /${digit}`, "m16int", "FPU"],
  ];
}

export const FADD: Instruction = instruction({
  mnemonic: "FADD",
  encodings: encodings(0, 0),
  form: "x87",
  execute: add80,
  lower: (to) => to.x87.binary("add", false),
});
export const FADDP: Instruction = instruction({
  mnemonic: "FADDP",
  encodings: popping(0),
  form: "x87",
  execute: add80,
  lower: (to) => to.x87.binary("add", false),
});
export const FIADD: Instruction = instruction({
  mnemonic: "FIADD",
  encodings: integers(0),
  form: "x87",
  execute: add80,
  lower: (to) => to.x87.binary("add", false),
});
export const FMUL: Instruction = instruction({
  mnemonic: "FMUL",
  encodings: encodings(1, 1),
  form: "x87",
  execute: multiply80,
  lower: (to) => to.x87.binary("multiply", false),
});
export const FMULP: Instruction = instruction({
  mnemonic: "FMULP",
  encodings: popping(1),
  form: "x87",
  execute: multiply80,
  lower: (to) => to.x87.binary("multiply", false),
});
export const FIMUL: Instruction = instruction({
  mnemonic: "FIMUL",
  encodings: integers(1),
  form: "x87",
  execute: multiply80,
  lower: (to) => to.x87.binary("multiply", false),
});
export const FSUB: Instruction = instruction({
  mnemonic: "FSUB",
  encodings: encodings(4, 5),
  form: "x87",
  execute: subtract80,
  lower: (to) => to.x87.binary("subtract", false),
});
export const FSUBP: Instruction = instruction({
  mnemonic: "FSUBP",
  encodings: popping(5),
  form: "x87",
  execute: subtract80,
  lower: (to) => to.x87.binary("subtract", false),
});
export const FISUB: Instruction = instruction({
  mnemonic: "FISUB",
  encodings: integers(4),
  form: "x87",
  execute: subtract80,
  lower: (to) => to.x87.binary("subtract", false),
});
export const FSUBR: Instruction = instruction({
  mnemonic: "FSUBR",
  encodings: encodings(5, 4),
  form: "x87",
  execute: subtractReversed80,
  lower: (to) => to.x87.binary("subtract", true),
});
export const FSUBRP: Instruction = instruction({
  mnemonic: "FSUBRP",
  encodings: popping(4),
  form: "x87",
  execute: subtractReversed80,
  lower: (to) => to.x87.binary("subtract", true),
});
export const FISUBR: Instruction = instruction({
  mnemonic: "FISUBR",
  encodings: integers(5),
  form: "x87",
  execute: subtractReversed80,
  lower: (to) => to.x87.binary("subtract", true),
});
export const FDIV: Instruction = instruction({
  mnemonic: "FDIV",
  encodings: encodings(6, 7),
  form: "x87",
  execute: divide80,
  lower: (to) => to.x87.binary("divide", false),
});
export const FDIVP: Instruction = instruction({
  mnemonic: "FDIVP",
  encodings: popping(7),
  form: "x87",
  execute: divide80,
  lower: (to) => to.x87.binary("divide", false),
});
export const FIDIV: Instruction = instruction({
  mnemonic: "FIDIV",
  encodings: integers(6),
  form: "x87",
  execute: divide80,
  lower: (to) => to.x87.binary("divide", false),
});
export const FDIVR: Instruction = instruction({
  mnemonic: "FDIVR",
  encodings: encodings(7, 6),
  form: "x87",
  execute: divideReversed80,
  lower: (to) => to.x87.binary("divide", true),
});
export const FDIVRP: Instruction = instruction({
  mnemonic: "FDIVRP",
  encodings: popping(6),
  form: "x87",
  execute: divideReversed80,
  lower: (to) => to.x87.binary("divide", true),
});
export const FIDIVR: Instruction = instruction({
  mnemonic: "FIDIVR",
  encodings: integers(7),
  form: "x87",
  execute: divideReversed80,
  lower: (to) => to.x87.binary("divide", true),
});
export const FCHS: Instruction = row("FCHS", "D9 E0", "", "FPU", "direct", fchs, (to) => to.x87.sign(0xffff, 0x8000));
export const FABS: Instruction = row("FABS", "D9 E1", "", "FPU", "direct", fabs, (to) => to.x87.sign(0x7fff, 0));
export const FXTRACT: Instruction = row("FXTRACT", "D9 F4", "", "FPU", "direct", fxtract);
export const FPREM1: Instruction = row("FPREM1", "D9 F5", "", "FPU", "direct", fprem1);
export const FPREM: Instruction = row("FPREM", "D9 F8", "", "FPU", "direct", fprem);
export const FSQRT: Instruction = row("FSQRT", "D9 FA", "", "FPU", "direct", fsqrt, (to) => to.x87.squareRoot());
export const FRNDINT: Instruction = row("FRNDINT", "D9 FC", "", "FPU", "direct", frndint);
export const FSCALE: Instruction = row("FSCALE", "D9 FD", "", "FPU", "direct", fscale);
