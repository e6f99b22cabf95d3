/**
 * x87 transcendental instructions: FSIN FCOS FSINCOS FPTAN FPATAN F2XM1 FYL2X FYL2XP1.
 *
 * Here: rows and meanings around softfloat/transcendental/. SDM Vol. 1, 5.2.4, 8.3.7 to 8.3.10; Vol. 2.
 * @module
 */
import { C1, C2, FLAGS, type FloatContext } from "../../softfloat/context.ts";
import { setResult as setNumber } from "../../softfloat/special.ts";
import { arctangent80 } from "../../softfloat/transcendental/arctangent.ts";
import { exponentialMinusOne80 } from "../../softfloat/transcendental/exponential.ts";
import { logarithm80, logarithmPlusOne80 } from "../../softfloat/transcendental/logarithm.ts";
import { cosine80, sine80, tangent80 } from "../../softfloat/transcendental/sine.ts";
import type { Core } from "../../state/core.ts";
import type { Instruction } from "../instruction.ts";
import { row } from "../mmx/row.ts";
import type { Operation } from "../operation.ts";
import { type Binary, unary } from "./binary.ts";
import {
  enter,
  isEmpty,
  overflow,
  place,
  pop,
  push,
  rotate,
  setIndefinite,
  setResult,
  settle,
  underflow,
} from "./unit.ts";

type Angle = (c: FloatContext, signExponent: number, high: number, low: number) => boolean;

function angle(core: Core, operation: Operation, operate: Angle): void {
  enter(core);
  const a = place(core, 0);
  if (isEmpty(core, 0)) {
    if (underflow(core, operation, C1 | C2)) setIndefinite(core, a);
    return;
  }
  const { x, x87 } = core;
  x87.w[FLAGS] = 0;
  operate(x87, x[a + 2], x[a + 1], x[a]);
  if (settle(core, operation, C1 | C2)) setResult(core, a);
}
export function fsin(core: Core, operation: Operation): void {
  angle(core, operation, sine80);
}
export function fcos(core: Core, operation: Operation): void {
  angle(core, operation, cosine80);
}

/** The answer to one angle replaces ST(0), that of `pushed` is pushed; an angle out of range leaves both out. */
function anglePair(core: Core, operation: Operation, first: Angle, pushed: Angle): void {
  enter(core);
  const a = place(core, 0);
  const empty = isEmpty(core, 0);
  if (empty || !isEmpty(core, -1)) {
    const respond = empty ? underflow : overflow;
    if (!respond(core, operation, C1 | C2)) return;
    setIndefinite(core, a);
    rotate(core, -1);
    setIndefinite(core, place(core, 0));
    return;
  }
  const { x, x87 } = core;
  const signExponent = x[a + 2];
  const high = x[a + 1];
  const low = x[a];
  x87.w[FLAGS] = 0;
  const inRange = first(x87, signExponent, high, low);
  if (!settle(core, operation, C1 | C2) || !inRange) return;
  setResult(core, a);
  x87.w[FLAGS] = 0;
  pushed(x87, signExponent, high, low);
  settle(core, operation);
  push(core);
}
export function fsincos(core: Core, operation: Operation): void {
  anglePair(core, operation, sine80, cosine80);
}

/** What FPTAN pushes: 1.0, or the NaN that the tangent was. */
function one(c: FloatContext, signExponent: number, high: number, low: number): boolean {
  const infiniteOrNaN = (signExponent & 0x7fff) === 0x7fff || (high >= 0 && (signExponent & 0x7fff) !== 0);
  if (infiniteOrNaN) tangent80(c, signExponent, high, low);
  else setNumber(c, 0x3fff, -0x80000000, 0);
  return true;
}
export function fptan(core: Core, operation: Operation): void {
  anglePair(core, operation, tangent80, one);
}

export function f2xm1(core: Core, operation: Operation): void {
  unary(core, operation, exponentialMinusOne80);
}

/** ST(1) = operate(ST(0), ST(1)), then pop. */
function toSecond(core: Core, operation: Operation, operate: Binary): void {
  enter(core);
  const a = place(core, 0);
  const b = place(core, 1);
  if (isEmpty(core, 0) || isEmpty(core, 1)) {
    if (!underflow(core, operation)) return;
    setIndefinite(core, b);
    pop(core);
    return;
  }
  const { x, x87 } = core;
  x87.w[FLAGS] = 0;
  operate(x87, x[a + 2], x[a + 1], x[a], x[b + 2], x[b + 1], x[b]);
  if (!settle(core, operation)) return;
  setResult(core, b);
  pop(core);
}
export function fyl2x(core: Core, operation: Operation): void {
  toSecond(core, operation, logarithm80);
}
export function fyl2xp1(core: Core, operation: Operation): void {
  toSecond(core, operation, logarithmPlusOne80);
}
export function fpatan(core: Core, operation: Operation): void {
  toSecond(core, operation, arctangent80);
}

export const F2XM1: Instruction = row("F2XM1", "D9 F0", "", "FPU", "direct", f2xm1);
export const FYL2X: Instruction = row("FYL2X", "D9 F1", "", "FPU", "direct", fyl2x);
export const FPTAN: Instruction = row("FPTAN", "D9 F2", "", "FPU", "direct", fptan);
export const FPATAN: Instruction = row("FPATAN", "D9 F3", "", "FPU", "direct", fpatan);
export const FYL2XP1: Instruction = row("FYL2XP1", "D9 F9", "", "FPU", "direct", fyl2xp1);
export const FSINCOS: Instruction = row("FSINCOS", "D9 FB", "", "FPU", "direct", fsincos);
export const FSIN: Instruction = row("FSIN", "D9 FE", "", "FPU", "direct", fsin);
export const FCOS: Instruction = row("FCOS", "D9 FF", "", "FPU", "direct", fcos);
