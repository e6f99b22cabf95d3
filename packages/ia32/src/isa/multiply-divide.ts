/**
 * Multiplication and division: MUL IMUL DIV IDIV.
 *
 * Here: rows and meanings, exact without 64-bit integers: 32 × 32 in four partial products, 64 ÷ 32 in two steps.
 * SDM Vol. 1, 5.1.2; Vol. 2.
 * @module
 */
import { raiseException, VECTOR_DE } from "../interrupt/exception.ts";
import type { Core } from "../state/core.ts";
import { EAX, EDX } from "../state/registers.ts";
import { ARITHMETIC_FLAGS, type Instruction, instruction } from "./instruction.ts";

const SIGN = -0x80000000;

/** MUL and IMUL: CF = OF = `overflow`; SF, ZF, AF and PF are undefined, here those of the low half. */
function productFlags(core: Core, low: number, overflow: boolean): void {
  core.sign = core.zero = low;
  core.carries = overflow ? SIGN : 0;
}

/** High word of the unsigned product. */
function highUnsigned(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const low = al * bl;
  const middle = ah * bl + (low >>> 16);
  const middle2 = al * bh + (middle & 0xffff);
  return (ah * bh + Math.floor(middle / 65536) + Math.floor(middle2 / 65536)) | 0;
}

/** High word of the signed product. */
function highSigned(a: number, b: number): number {
  return (highUnsigned(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;
}

export function mul8(core: Core, a: number): void {
  const product = core.r8[0] * a;
  core.r16[0] = product;
  productFlags(core, (product << 24) >> 24, product > 0xff);
}
export function mul16(core: Core, a: number): void {
  const product = core.r16[0] * a;
  core.r16[0] = product;
  core.r16[4] = product >>> 16;
  productFlags(core, (product << 16) >> 16, product > 0xffff);
}
export function mul32(core: Core, a: number): void {
  const b = core.r[EAX];
  const high = highUnsigned(a, b);
  core.r[EAX] = Math.imul(a, b);
  core.r[EDX] = high;
  productFlags(core, core.r[EAX], high !== 0);
}

export function imul8(core: Core, a: number): void {
  const product = ((core.r8[0] << 24) >> 24) * ((a << 24) >> 24);
  core.r16[0] = product;
  const low = (product << 24) >> 24;
  productFlags(core, low, low !== product);
}
export function imul16(core: Core, a: number): void {
  const product = ((core.r16[0] << 16) >> 16) * ((a << 16) >> 16);
  core.r16[0] = product;
  core.r16[4] = product >>> 16;
  const low = (product << 16) >> 16;
  productFlags(core, low, low !== product);
}
export function imul32(core: Core, a: number): void {
  const b = core.r[EAX];
  const high = highSigned(a, b);
  const low = Math.imul(a, b);
  core.r[EAX] = low;
  core.r[EDX] = high;
  productFlags(core, low, high !== low >> 31);
}

export function imulTwo16(core: Core, a: number, b: number): number {
  const product = ((a << 16) >> 16) * ((b << 16) >> 16);
  const low = (product << 16) >> 16;
  productFlags(core, low, low !== product);
  return low & 0xffff;
}
export function imulTwo32(core: Core, a: number, b: number): number {
  const low = Math.imul(a, b);
  // The double product is exact to 2^53, far beyond where it can be mistaken for a 32-bit value.
  productFlags(core, low, a * b !== low);
  return low;
}

export function div8(core: Core, divisor: number): void {
  const dividend = core.r16[0];
  if (divisor === 0) raiseException(core, VECTOR_DE);
  const quotient = Math.floor(dividend / divisor);
  if (quotient > 0xff) raiseException(core, VECTOR_DE);
  core.r8[0] = quotient;
  core.r8[1] = dividend % divisor;
}
export function div16(core: Core, divisor: number): void {
  const dividend = core.r16[4] * 0x10000 + core.r16[0];
  if (divisor === 0) raiseException(core, VECTOR_DE);
  const quotient = Math.floor(dividend / divisor);
  if (quotient > 0xffff) raiseException(core, VECTOR_DE);
  core.r16[0] = quotient;
  core.r16[4] = dividend % divisor;
}

/** Divides high:low by `divisor`, all unsigned, high < divisor; the remainder goes to `core.remainder`. */
function divideUnsigned(core: Core, high: number, low: number, divisor: number): number {
  // Sixteen quotient bits at a time: both dividends stay below 2^48, where the double quotient's floor is exact.
  const upper = high * 0x10000 + (low >>> 16);
  const upperQuotient = Math.floor(upper / divisor);
  const lower = (upper - upperQuotient * divisor) * 0x10000 + (low & 0xffff);
  const lowerQuotient = Math.floor(lower / divisor);
  core.remainder = (lower - lowerQuotient * divisor) | 0;
  return upperQuotient * 0x10000 + lowerQuotient;
}

export function div32(core: Core, value: number): void {
  const divisor = value >>> 0;
  const high = core.r[EDX] >>> 0;
  if (high >= divisor) raiseException(core, VECTOR_DE);
  core.r[EAX] = divideUnsigned(core, high, core.r[EAX] >>> 0, divisor);
  core.r[EDX] = core.remainder;
}

export function idiv8(core: Core, value: number): void {
  const divisor = (value << 24) >> 24;
  const dividend = (core.r16[0] << 16) >> 16;
  if (divisor === 0) raiseException(core, VECTOR_DE);
  const quotient = Math.trunc(dividend / divisor);
  if (quotient < -0x80 || quotient > 0x7f) raiseException(core, VECTOR_DE);
  core.r8[0] = quotient;
  core.r8[1] = dividend % divisor;
}
export function idiv16(core: Core, value: number): void {
  const divisor = (value << 16) >> 16;
  const dividend = (core.r16[4] << 16) | core.r16[0];
  if (divisor === 0) raiseException(core, VECTOR_DE);
  const quotient = Math.trunc(dividend / divisor);
  if (quotient < -0x8000 || quotient > 0x7fff) raiseException(core, VECTOR_DE);
  core.r16[0] = quotient;
  core.r16[4] = dividend % divisor;
}
export function idiv32(core: Core, divisor: number): void {
  const low = core.r[EAX];
  const high = core.r[EDX];
  if (divisor === 0) raiseException(core, VECTOR_DE);
  // Magnitudes, then signs: the quotient rounds towards zero, the remainder has the dividend's sign.
  const negative = high < 0;
  const lowMagnitude = (negative ? -low : low) >>> 0;
  const highMagnitude = (negative ? ~high + (low === 0 ? 1 : 0) : high) >>> 0;
  const magnitude = Math.abs(divisor);
  if (highMagnitude >= magnitude) raiseException(core, VECTOR_DE);
  const quotient = divideUnsigned(core, highMagnitude, lowMagnitude, magnitude);
  const signed = negative !== divisor < 0 ? -quotient : quotient;
  if (signed > 0x7fffffff || signed < -0x80000000) raiseException(core, VECTOR_DE);
  core.r[EAX] = signed;
  core.r[EDX] = negative ? -core.remainder : core.remainder;
}

export const MUL: Instruction = instruction({
  mnemonic: "MUL",
  encodings: [
    ["F6 /4", "r/m8"],
    ["F7 /4", "r/m16"],
    ["F7 /4", "r/m32"],
  ],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "read",
  execute: [mul8, mul16, mul32],
  lower: (to, a) => to.multiplication.accumulate(a, false),
});

export const IMUL: Instruction = instruction({
  mnemonic: "IMUL",
  encodings: [
    ["F6 /5", "r/m8"],
    ["F7 /5", "r/m16"],
    ["F7 /5", "r/m32"],
  ],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "read",
  execute: [imul8, imul16, imul32],
  lower: (to, a) => to.multiplication.accumulate(a, true),
});

/** The forms of IMUL with two and three operands. */
export const IMUL_2: Instruction = instruction({
  mnemonic: "IMUL",
  encodings: [
    ["0F AF /r", "r16, r/m16"],
    ["0F AF /r", "r32, r/m32"],
  ],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "modify",
  execute: [null, imulTwo16, imulTwo32],
  lower: (to, a, b) => to.multiplication.multiply(a, b),
});
export const IMUL_3: Instruction = instruction({
  mnemonic: "IMUL",
  encodings: [
    ["6B /r ib", "r16, r/m16, simm8"],
    ["6B /r ib", "r32, r/m32, simm8"],
    ["69 /r iw", "r16, r/m16, imm16"],
    ["69 /r id", "r32, r/m32, imm32"],
  ],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "write",
  execute: [null, imulTwo16, imulTwo32],
  lower: (to, a, b) => to.multiplication.multiply(a, b),
});

export const DIV: Instruction = instruction({
  mnemonic: "DIV",
  encodings: [
    ["F6 /6", "r/m8"],
    ["F7 /6", "r/m16"],
    ["F7 /6", "r/m32"],
  ],
  form: "read",
  execute: [div8, div16, div32],
  lower: (to, divisor) => to.multiplication.divide(divisor),
});

export const IDIV: Instruction = instruction({
  mnemonic: "IDIV",
  encodings: [
    ["F6 /7", "r/m8"],
    ["F7 /7", "r/m16"],
    ["F7 /7", "r/m32"],
  ],
  form: "read",
  execute: [idiv8, idiv16, idiv32],
  lower: (to, divisor) => to.multiplication.divideSigned(divisor),
});
