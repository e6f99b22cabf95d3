/**
 * x87 stores: FST FSTP FIST FISTP FISTTP FBSTP to memory.
 *
 * Here: rows and meanings. A store looks at its address first, so that a page fault finds the unit untouched, and
 * writes what softfloat's conversion leaves. Not here: copies to a register (→ data-transfer.ts). SDM Vol. 2.
 * @module
 */
import { checkAlignment, probeWrite, write16, write32 } from "../../mmu/access.ts";
import { FLAGS, type FloatContext, HIGH, LOW, ROUNDING, SIGN_EXPONENT, TOWARD_ZERO } from "../../softfloat/context.ts";
import { store32, store64 } from "../../softfloat/convert-real.ts";
import { toPackedDecimal } from "../../softfloat/decimal.ts";
import { toInteger, toInteger64 } from "../../softfloat/integer.ts";
import { setResult as setNumber } from "../../softfloat/special.ts";
import type { Core } from "../../state/core.ts";
import type { Instruction } from "../instruction.ts";
import { row } from "../mmx/row.ts";
import { linear, type Operation } from "../operation.ts";
import { enter, isEmpty, place, pop, settleStore, underflow } from "./unit.ts";

type Store = (c: FloatContext, signExponent: number, high: number, low: number) => void;

function storeReal32(c: FloatContext, signExponent: number, high: number, low: number): void {
  store32(c, signExponent, high, low);
}
function storeInteger16(c: FloatContext, signExponent: number, high: number, low: number): void {
  c.w[LOW] = toInteger(c, signExponent, high, low, 16, c.w[ROUNDING]);
}
function storeInteger32(c: FloatContext, signExponent: number, high: number, low: number): void {
  c.w[LOW] = toInteger(c, signExponent, high, low, 32, c.w[ROUNDING]);
}
function storeInteger64(c: FloatContext, signExponent: number, high: number, low: number): void {
  toInteger64(c, signExponent, high, low, c.w[ROUNDING]);
}
function truncate16(c: FloatContext, signExponent: number, high: number, low: number): void {
  c.w[LOW] = toInteger(c, signExponent, high, low, 16, TOWARD_ZERO);
}
function truncate32(c: FloatContext, signExponent: number, high: number, low: number): void {
  c.w[LOW] = toInteger(c, signExponent, high, low, 32, TOWARD_ZERO);
}
function truncate64(c: FloatContext, signExponent: number, high: number, low: number): void {
  toInteger64(c, signExponent, high, low, TOWARD_ZERO);
}

/** Stores ST(0) in `size` bytes as `convert` leaves it; an empty one counts as the real indefinite, which all of them answer. */
function store(core: Core, operation: Operation, size: number, convert: Store, pops: boolean): void {
  enter(core);
  // Ten bytes are asked for in two parts: a fault of the first eight comes before the limit of the last two.
  if (size === 10) probeWrite(core, linear(core, operation, 8, true), 8);
  const address = linear(core, operation, size, true);
  probeWrite(core, address, size);
  checkAlignment(core, address, Math.min(size, 8));
  const { x, x87 } = core;
  const a = place(core, 0);
  x87.w[FLAGS] = 0;
  if (isEmpty(core, 0)) {
    convert(x87, 0xffff, -0x40000000, 0);
    if (!underflow(core, operation)) return;
  } else {
    convert(x87, x[a + 2], x[a + 1], x[a]);
    if (!settleStore(core, operation)) return;
  }
  const w = x87.w;
  if (size === 2) write16(core, address, w[LOW]);
  else write32(core, address, w[LOW]);
  if (size >= 8) write32(core, (address + 4) | 0, w[HIGH]);
  if (size === 10) write16(core, (address + 8) | 0, w[SIGN_EXPONENT]);
  if (pops) pop(core);
}

export function fstReal32(core: Core, operation: Operation): void {
  store(core, operation, 4, storeReal32, false);
}
export function fstpReal32(core: Core, operation: Operation): void {
  store(core, operation, 4, storeReal32, true);
}
export function fstReal64(core: Core, operation: Operation): void {
  store(core, operation, 8, store64, false);
}
export function fstpReal64(core: Core, operation: Operation): void {
  store(core, operation, 8, store64, true);
}
export function fstpReal80(core: Core, operation: Operation): void {
  store(core, operation, 10, setNumber, true);
}
export function fist16(core: Core, operation: Operation): void {
  store(core, operation, 2, storeInteger16, false);
}
export function fistp16(core: Core, operation: Operation): void {
  store(core, operation, 2, storeInteger16, true);
}
export function fist32(core: Core, operation: Operation): void {
  store(core, operation, 4, storeInteger32, false);
}
export function fistp32(core: Core, operation: Operation): void {
  store(core, operation, 4, storeInteger32, true);
}
export function fistp64(core: Core, operation: Operation): void {
  store(core, operation, 8, storeInteger64, true);
}
export function fisttp16(core: Core, operation: Operation): void {
  store(core, operation, 2, truncate16, true);
}
export function fisttp32(core: Core, operation: Operation): void {
  store(core, operation, 4, truncate32, true);
}
export function fisttp64(core: Core, operation: Operation): void {
  store(core, operation, 8, truncate64, true);
}
export function fbstp(core: Core, operation: Operation): void {
  store(core, operation, 10, toPackedDecimal, true);
}

export const FST: Instruction = row("FST", "D9 /2", "m32fp", "FPU", "direct", fstReal32, (to) => to.x87.store());
export const FST_REAL64: Instruction = row("FST", "DD /2", "m64fp", "FPU", "direct", fstReal64, (to) => to.x87.store());
export const FSTP: Instruction = row("FSTP", "D9 /3", "m32fp", "FPU", "direct", fstpReal32, (to) => to.x87.store());
export const FSTP_REAL64: Instruction = row("FSTP", "DD /3", "m64fp", "FPU", "direct", fstpReal64, (to) =>
  to.x87.store(),
);
export const FSTP_REAL80: Instruction = row("FSTP", "DB /7", "m80fp", "FPU", "direct", fstpReal80, (to) =>
  to.x87.storeExtended(),
);
export const FIST: Instruction = row("FIST", "DF /2", "m16int", "FPU", "direct", fist16, (to) => to.x87.store());
export const FIST_32: Instruction = row("FIST", "DB /2", "m32int", "FPU", "direct", fist32, (to) => to.x87.store());
export const FISTP: Instruction = row("FISTP", "DF /3", "m16int", "FPU", "direct", fistp16, (to) => to.x87.store());
export const FISTP_32: Instruction = row("FISTP", "DB /3", "m32int", "FPU", "direct", fistp32, (to) => to.x87.store());
export const FISTP_64: Instruction = row("FISTP", "DF /7", "m64int", "FPU", "direct", fistp64, (to) => to.x87.store());
export const FISTTP: Instruction = row("FISTTP", "DF /1", "m16int", "SSE3", "direct", fisttp16, (to) => to.x87.store());
export const FISTTP_32: Instruction = row("FISTTP", "DB /1", "m32int", "SSE3", "direct", fisttp32, (to) =>
  to.x87.store(),
);
export const FISTTP_64: Instruction = row("FISTTP", "DD /1", "m64int", "SSE3", "direct", fisttp64, (to) =>
  to.x87.store(),
);
export const FBSTP: Instruction = row("FBSTP", "DF /6", "m80bcd", "FPU", "direct", fbstp);
