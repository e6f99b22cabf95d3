/**
 * Basic x87 arithmetic: FADD FSUB FSUBR FMUL FDIV FDIVR with FI… and …P, FSQRT FSCALE FPREM FRNDINT FXTRACT, signs.
 *
 * Here: rows; a row of form `x87` names the softfloat operation (destination, source), its operands tell where they
 * are. Not here: the steps around it (→ binary.ts, unit.ts). SDM Vol. 1, 5.2.2; Vol. 2.
 * @module
 */

import type { FloatOperation } from "../../jit/x87/x87.ts";
import { add80, subtract80 } from "../../softfloat/add.ts";
import { C0, C1, C2, C3, FLAGS, type FloatContext, MASKS, PRE_COMPUTATION } from "../../softfloat/context.ts";
import { divide80 } from "../../softfloat/divide.ts";
import { roundToInteger80 } from "../../softfloat/integer.ts";
import { multiply80 } from "../../softfloat/multiply.ts";
import { partialRemainder80, partialRemainderNearest80 } from "../../softfloat/remainder.ts";
import { extractExponent80, extractSignificand80, scale80 } from "../../softfloat/scale.ts";
import { squareRoot80 } from "../../softfloat/square-root.ts";
import type { Core } from "../../state/core.ts";
import { type Instruction, instruction, type Meanings } from "../instruction.ts";
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

/** A row of two operands, and how compiled code computes it: as one operation of the four, or with its operands exchanged. */
function binary(
  mnemonic: string,
  encodings: Encodings,
  execute: Meanings,
  operation: FloatOperation,
  reversed = false,
): Instruction {
  return instruction({
    mnemonic,
    encodings,
    form: "x87",
    execute,
    lower: (to) => to.x87.binary(operation, reversed),
  });
}

export const FADD: Instruction = binary("FADD", encodings(0, 0), add80, "add");
export const FADDP: Instruction = binary("FADDP", popping(0), add80, "add");
export const FIADD: Instruction = binary("FIADD", integers(0), add80, "add");
export const FMUL: Instruction = binary("FMUL", encodings(1, 1), multiply80, "multiply");
export const FMULP: Instruction = binary("FMULP", popping(1), multiply80, "multiply");
export const FIMUL: Instruction = binary("FIMUL", integers(1), multiply80, "multiply");
export const FSUB: Instruction = binary("FSUB", encodings(4, 5), subtract80, "subtract");
export const FSUBP: Instruction = binary("FSUBP", popping(5), subtract80, "subtract");
export const FISUB: Instruction = binary("FISUB", integers(4), subtract80, "subtract");
export const FSUBR: Instruction = binary("FSUBR", encodings(5, 4), subtractReversed80, "subtract", true);
export const FSUBRP: Instruction = binary("FSUBRP", popping(4), subtractReversed80, "subtract", true);
export const FISUBR: Instruction = binary("FISUBR", integers(5), subtractReversed80, "subtract", true);
export const FDIV: Instruction = binary("FDIV", encodings(6, 7), divide80, "divide");
export const FDIVP: Instruction = binary("FDIVP", popping(7), divide80, "divide");
export const FIDIV: Instruction = binary("FIDIV", integers(6), divide80, "divide");
export const FDIVR: Instruction = binary("FDIVR", encodings(7, 6), divideReversed80, "divide", true);
export const FDIVRP: Instruction = binary("FDIVRP", popping(6), divideReversed80, "divide", true);
export const FIDIVR: Instruction = binary("FIDIVR", integers(7), divideReversed80, "divide", true);
export const FCHS: Instruction = row("FCHS", "D9 E0", "", "FPU", "direct", fchs, (to) => to.x87.sign(0xffff, 0x8000));
export const FABS: Instruction = row("FABS", "D9 E1", "", "FPU", "direct", fabs, (to) => to.x87.sign(0x7fff, 0));
export const FXTRACT: Instruction = row("FXTRACT", "D9 F4", "", "FPU", "direct", fxtract);
export const FPREM1: Instruction = row("FPREM1", "D9 F5", "", "FPU", "direct", fprem1);
export const FPREM: Instruction = row("FPREM", "D9 F8", "", "FPU", "direct", fprem);
export const FSQRT: Instruction = row("FSQRT", "D9 FA", "", "FPU", "direct", fsqrt, (to) => to.x87.unary("squareRoot"));
export const FRNDINT: Instruction = row("FRNDINT", "D9 FC", "", "FPU", "direct", frndint, (to) =>
  to.x87.unary("toIntegral"),
);
export const FSCALE: Instruction = row("FSCALE", "D9 FD", "", "FPU", "direct", fscale);
