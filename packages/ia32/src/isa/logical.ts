/**
 * Logical instructions: AND OR XOR NOT TEST.
 *
 * Here: rows and meanings; CF and OF become 0, AF is undefined (here 0). SDM Vol. 1, 5.1.4; Vol. 2.
 * @module
 */
import type { Core } from "../state/core.ts";
import { arithmeticEncodings } from "./binary-arithmetic.ts";
import { ARITHMETIC_FLAGS, type Instruction, instruction } from "./instruction.ts";

export function logic8(core: Core, result: number): number {
  core.sign = core.zero = (result << 24) >> 24;
  core.carries = 0;
  return result;
}
export function logic16(core: Core, result: number): number {
  core.sign = core.zero = (result << 16) >> 16;
  core.carries = 0;
  return result;
}
export function logic32(core: Core, result: number): number {
  core.sign = core.zero = result;
  core.carries = 0;
  return result;
}

export function and8(core: Core, a: number, b: number): number {
  return logic8(core, a & b);
}
export function and16(core: Core, a: number, b: number): number {
  return logic16(core, a & b);
}
export function and32(core: Core, a: number, b: number): number {
  return logic32(core, a & b);
}
export function or8(core: Core, a: number, b: number): number {
  return logic8(core, a | b);
}
export function or16(core: Core, a: number, b: number): number {
  return logic16(core, a | b);
}
export function or32(core: Core, a: number, b: number): number {
  return logic32(core, a | b);
}
export function xor8(core: Core, a: number, b: number): number {
  return logic8(core, a ^ b);
}
export function xor16(core: Core, a: number, b: number): number {
  return logic16(core, a ^ b);
}
export function xor32(core: Core, a: number, b: number): number {
  return logic32(core, a ^ b);
}
export function not(_core: Core, a: number): number {
  return ~a;
}

export const OR: Instruction = instruction({
  mnemonic: "OR",
  encodings: arithmeticEncodings(1),
  flags: { modified: ARITHMETIC_FLAGS },
  form: "modify",
  lockable: true,
  execute: [or8, or16, or32],
  lower: (to, a, b) => to.arithmetic.or(a, b),
});

export const AND: Instruction = instruction({
  mnemonic: "AND",
  encodings: arithmeticEncodings(4),
  flags: { modified: ARITHMETIC_FLAGS },
  form: "modify",
  lockable: true,
  execute: [and8, and16, and32],
  lower: (to, a, b) => to.arithmetic.and(a, b),
});

export const XOR: Instruction = instruction({
  mnemonic: "XOR",
  encodings: arithmeticEncodings(6),
  flags: { modified: ARITHMETIC_FLAGS },
  form: "modify",
  lockable: true,
  execute: [xor8, xor16, xor32],
  lower: (to, a, b) => to.arithmetic.xor(a, b),
});

export const NOT: Instruction = instruction({
  mnemonic: "NOT",
  encodings: [
    ["F6 /2", "r/m8"],
    ["F7 /2", "r/m16"],
    ["F7 /2", "r/m32"],
  ],
  form: "modify",
  lockable: true,
  execute: not,
  lower: (to, a) => to.arithmetic.not(a),
});

/** F6 /1 and F7 /1 are aliases that the manual leaves out. */
export const TEST: Instruction = instruction({
  mnemonic: "TEST",
  encodings: [
    ["A8 ib", "AL, imm8"],
    ["A9 iw", "AX, imm16"],
    ["A9 id", "EAX, imm32"],
    ["F6 /0 ib", "r/m8, imm8"],
    ["F7 /0 iw", "r/m16, imm16"],
    ["F7 /0 id", "r/m32, imm32"],
    ["F6 /1 ib", "r/m8, imm8"],
    ["F7 /1 iw", "r/m16, imm16"],
    ["F7 /1 id", "r/m32, imm32"],
    ["84 /r", "r/m8, r8"],
    ["85 /r", "r/m16, r16"],
    ["85 /r", "r/m32, r32"],
  ],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "read",
  execute: [and8, and16, and32],
  lower: (to, a, b) => to.arithmetic.test(a, b),
});
