/**
 * Where the operands of x87 arithmetic are: memory as real or integer, the top of the stack, another register.
 *
 * Here: one function for each operand column; generated handlers pass the operation of their row, which takes
 * destination and source. Not here: rows (→ arithmetic.ts). SDM Vol. 1, 8.3.4.
 * @module
 */
import { checkAlignment, read16, read32 } from "../../mmu/access.ts";
import { FLAGS, type FloatContext, HIGH, LOW, SIGN_EXPONENT } from "../../softfloat/context.ts";
import { widen32, widen64 } from "../../softfloat/convert-real.ts";
import { fromInteger32 } from "../../softfloat/integer.ts";
import type { Core } from "../../state/core.ts";
import { linear, type Operation } from "../operation.ts";
import { enter, isEmpty, place, pop, setIndefinite, setResult, settle, underflow } from "./unit.ts";

export type Binary = (
  c: FloatContext,
  aSignExponent: number,
  aHigh: number,
  aLow: number,
  bSignExponent: number,
  bHigh: number,
  bLow: number,
) => unknown;
export type Unary = (c: FloatContext, signExponent: number, high: number, low: number) => unknown;

/** ST(0) and the number that softfloat holds as its result. */
function withMemory(core: Core, operation: Operation, operate: Binary): void {
  const a = place(core, 0);
  if (isEmpty(core, 0)) {
    if (underflow(core, operation)) setIndefinite(core, a);
    return;
  }
  const { x, x87 } = core;
  operate(x87, x[a + 2], x[a + 1], x[a], x87.w[SIGN_EXPONENT], x87.w[HIGH], x87.w[LOW]);
  if (settle(core, operation)) setResult(core, a);
}

export function withReal32(core: Core, operation: Operation, operate: Binary): void {
  enter(core);
  const bits = read32(core, linear(core, operation, 4, false));
  core.x87.w[FLAGS] = 0;
  widen32(core.x87, bits);
  withMemory(core, operation, operate);
}

export function withReal64(core: Core, operation: Operation, operate: Binary): void {
  enter(core);
  const address = linear(core, operation, 8, false);
  const low = read32(core, address);
  const high = read32(core, (address + 4) | 0);
  checkAlignment(core, address, 8);
  core.x87.w[FLAGS] = 0;
  widen64(core.x87, high, low);
  withMemory(core, operation, operate);
}

export function withInteger32(core: Core, operation: Operation, operate: Binary): void {
  enter(core);
  const value = read32(core, linear(core, operation, 4, false));
  core.x87.w[FLAGS] = 0;
  fromInteger32(core.x87, value);
  withMemory(core, operation, operate);
}

export function withInteger16(core: Core, operation: Operation, operate: Binary): void {
  enter(core);
  const value = (read16(core, linear(core, operation, 2, false)) << 16) >> 16;
  core.x87.w[FLAGS] = 0;
  fromInteger32(core.x87, value);
  withMemory(core, operation, operate);
}

/** ST(to) = ST(to) … ST(from); false if nothing was done and the stack must not move. */
function betweenRegisters(core: Core, operation: Operation, to: number, from: number, operate: Binary): boolean {
  enter(core);
  const a = place(core, to);
  const b = place(core, from);
  if (isEmpty(core, to) || isEmpty(core, from)) {
    if (!underflow(core, operation)) return false;
    setIndefinite(core, a);
    return true;
  }
  const { x, x87 } = core;
  x87.w[FLAGS] = 0;
  operate(x87, x[a + 2], x[a + 1], x[a], x[b + 2], x[b + 1], x[b]);
  if (!settle(core, operation)) return false;
  setResult(core, a);
  return true;
}

export function toTop(core: Core, operation: Operation, operate: Binary): void {
  betweenRegisters(core, operation, 0, operation.rm, operate);
}

export function toRegister(core: Core, operation: Operation, operate: Binary): void {
  betweenRegisters(core, operation, operation.rm, 0, operate);
}

export function toRegisterAndPop(core: Core, operation: Operation, operate: Binary): void {
  if (betweenRegisters(core, operation, operation.rm, 0, operate)) pop(core);
}

/** ST(0) = operate(ST(0)). */
export function unary(core: Core, operation: Operation, operate: Unary): void {
  enter(core);
  const a = place(core, 0);
  if (isEmpty(core, 0)) {
    if (underflow(core, operation)) setIndefinite(core, a);
    return;
  }
  const { x, x87 } = core;
  x87.w[FLAGS] = 0;
  operate(x87, x[a + 2], x[a + 1], x[a]);
  if (settle(core, operation)) setResult(core, a);
}
