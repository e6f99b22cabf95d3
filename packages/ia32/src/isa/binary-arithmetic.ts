/**
 * Binary arithmetic: ADD ADC SUB SBB CMP INC DEC NEG.
 *
 * Here: rows and meanings. Carries and borrows out of every bit are (a&b)|((a|b)&~sum) and
 * (~a&b)|(~(a^b)&difference); lazy-flags.ts says how they become flags. SDM Vol. 1, 5.1.2; Vol. 2.
 * @module
 */
import type { Core } from "../state/core.ts";
import { ALL_BUT_CARRY, ARITHMETIC_FLAGS, type Instruction, instruction } from "./instruction.ts";

const SIGN = -0x80000000;

function flags8(core: Core, result: number, carries: number): number {
  core.sign = core.zero = (result << 24) >> 24;
  core.carries = (carries << 24) | (carries & 8);
  return result & 0xff;
}

function flags16(core: Core, result: number, carries: number): number {
  core.sign = core.zero = (result << 16) >> 16;
  core.carries = (carries << 16) | (carries & 8);
  return result & 0xffff;
}

function flags32(core: Core, result: number, carries: number): number {
  core.sign = core.zero = result;
  core.carries = carries;
  return result;
}

export function add8(core: Core, a: number, b: number): number {
  const sum = a + b;
  return flags8(core, sum, (a & b) | ((a | b) & ~sum));
}
export function add16(core: Core, a: number, b: number): number {
  const sum = a + b;
  return flags16(core, sum, (a & b) | ((a | b) & ~sum));
}
export function add32(core: Core, a: number, b: number): number {
  const sum = (a + b) | 0;
  return flags32(core, sum, (a & b) | ((a | b) & ~sum));
}

export function adc8(core: Core, a: number, b: number): number {
  const sum = a + b + (core.carries >>> 31);
  return flags8(core, sum, (a & b) | ((a | b) & ~sum));
}
export function adc16(core: Core, a: number, b: number): number {
  const sum = a + b + (core.carries >>> 31);
  return flags16(core, sum, (a & b) | ((a | b) & ~sum));
}
export function adc32(core: Core, a: number, b: number): number {
  const sum = (a + b + (core.carries >>> 31)) | 0;
  return flags32(core, sum, (a & b) | ((a | b) & ~sum));
}

export function sub8(core: Core, a: number, b: number): number {
  const difference = a - b;
  return flags8(core, difference, (~a & b) | (~(a ^ b) & difference));
}
export function sub16(core: Core, a: number, b: number): number {
  const difference = a - b;
  return flags16(core, difference, (~a & b) | (~(a ^ b) & difference));
}
export function sub32(core: Core, a: number, b: number): number {
  const difference = (a - b) | 0;
  return flags32(core, difference, (~a & b) | (~(a ^ b) & difference));
}

export function sbb8(core: Core, a: number, b: number): number {
  const difference = a - b - (core.carries >>> 31);
  return flags8(core, difference, (~a & b) | (~(a ^ b) & difference));
}
export function sbb16(core: Core, a: number, b: number): number {
  const difference = a - b - (core.carries >>> 31);
  return flags16(core, difference, (~a & b) | (~(a ^ b) & difference));
}
export function sbb32(core: Core, a: number, b: number): number {
  const difference = (a - b - (core.carries >>> 31)) | 0;
  return flags32(core, difference, (~a & b) | (~(a ^ b) & difference));
}

/** INC and DEC leave CF: `overflow` has OF in bit 31. */
function keepCarry(core: Core, result: number, carries: number, overflow: number): void {
  const cf = core.carries & SIGN;
  core.carries = cf | (((cf ^ overflow) & SIGN) >>> 1) | (carries & 8);
  core.sign = core.zero = result;
}

export function inc8(core: Core, a: number): number {
  const result = ((a + 1) << 24) >> 24;
  keepCarry(core, result, (result & 15) === 0 ? 8 : 0, a === 0x7f ? SIGN : 0);
  return result & 0xff;
}
export function inc16(core: Core, a: number): number {
  const result = ((a + 1) << 16) >> 16;
  keepCarry(core, result, (result & 15) === 0 ? 8 : 0, a === 0x7fff ? SIGN : 0);
  return result & 0xffff;
}
export function inc32(core: Core, a: number): number {
  const result = (a + 1) | 0;
  keepCarry(core, result, (result & 15) === 0 ? 8 : 0, result & ~a);
  return result;
}

export function dec8(core: Core, a: number): number {
  const result = ((a - 1) << 24) >> 24;
  keepCarry(core, result, (a & 15) === 0 ? 8 : 0, a === 0x80 ? SIGN : 0);
  return result & 0xff;
}
export function dec16(core: Core, a: number): number {
  const result = ((a - 1) << 16) >> 16;
  keepCarry(core, result, (a & 15) === 0 ? 8 : 0, a === 0x8000 ? SIGN : 0);
  return result & 0xffff;
}
export function dec32(core: Core, a: number): number {
  const result = (a - 1) | 0;
  keepCarry(core, result, (a & 15) === 0 ? 8 : 0, a === SIGN ? SIGN : 0);
  return result;
}

export function neg8(core: Core, a: number): number {
  return sub8(core, 0, a);
}
export function neg16(core: Core, a: number): number {
  return sub16(core, 0, a);
}
export function neg32(core: Core, a: number): number {
  return sub32(core, 0, a);
}

/** The eight encodings that ADD, OR, ADC … CMP share; `digit` is the opcode extension and the row's number. */
export function arithmeticEncodings(digit: number): [string, string][] {
  const opcode = (low: number): string => (digit * 8 + low).toString(16).padStart(2, "0").toUpperCase();
  return [
    [`${opcode(4)} ib`, "AL, imm8"],
    [`${opcode(5)} iw`, "AX, imm16"],
    [`${opcode(5)} id`, "EAX, imm32"],
    [`80 /${digit} ib`, "r/m8, imm8"],
    [`82 /${digit} ib`, "r/m8, imm8"],
    [`81 /${digit} iw`, "r/m16, imm16"],
    [`81 /${digit} id`, "r/m32, imm32"],
    [`83 /${digit} ib`, "r/m16, simm8"],
    [`83 /${digit} ib`, "r/m32, simm8"],
    [`${opcode(0)} /r`, "r/m8, r8"],
    [`${opcode(1)} /r`, "r/m16, r16"],
    [`${opcode(1)} /r`, "r/m32, r32"],
    [`${opcode(2)} /r`, "r8, r/m8"],
    [`${opcode(3)} /r`, "r16, r/m16"],
    [`${opcode(3)} /r`, "r32, r/m32"],
  ];
}

export const ADD: Instruction = instruction({
  mnemonic: "ADD",
  encodings: arithmeticEncodings(0),
  flags: { modified: ARITHMETIC_FLAGS },
  form: "modify",
  lockable: true,
  execute: [add8, add16, add32],
  lower: (to, a, b) => to.arithmetic.add(a, b),
});

export const ADC: Instruction = instruction({
  mnemonic: "ADC",
  encodings: arithmeticEncodings(2),
  flags: { tested: ["CF"], modified: ARITHMETIC_FLAGS },
  form: "modify",
  lockable: true,
  execute: [adc8, adc16, adc32],
  lower: (to, a, b) => to.arithmetic.addWithCarry(a, b),
});

export const SBB: Instruction = instruction({
  mnemonic: "SBB",
  encodings: arithmeticEncodings(3),
  flags: { tested: ["CF"], modified: ARITHMETIC_FLAGS },
  form: "modify",
  lockable: true,
  execute: [sbb8, sbb16, sbb32],
  lower: (to, a, b) => to.arithmetic.subtractWithBorrow(a, b),
});

export const SUB: Instruction = instruction({
  mnemonic: "SUB",
  encodings: arithmeticEncodings(5),
  flags: { modified: ARITHMETIC_FLAGS },
  form: "modify",
  lockable: true,
  execute: [sub8, sub16, sub32],
  lower: (to, a, b) => to.arithmetic.subtract(a, b),
});

export const CMP: Instruction = instruction({
  mnemonic: "CMP",
  encodings: arithmeticEncodings(7),
  flags: { modified: ARITHMETIC_FLAGS },
  form: "read",
  execute: [sub8, sub16, sub32],
  lower: (to, a, b) => to.arithmetic.compare(a, b),
});

export const INC: Instruction = instruction({
  mnemonic: "INC",
  encodings: [
    ["FE /0", "r/m8"],
    ["FF /0", "r/m16"],
    ["FF /0", "r/m32"],
    ["40+rw", "r16"],
    ["40+rd", "r32"],
  ],
  flags: { modified: ALL_BUT_CARRY },
  form: "modify",
  lockable: true,
  execute: [inc8, inc16, inc32],
  lower: (to, a) => to.arithmetic.increment(a),
});

export const DEC: Instruction = instruction({
  mnemonic: "DEC",
  encodings: [
    ["FE /1", "r/m8"],
    ["FF /1", "r/m16"],
    ["FF /1", "r/m32"],
    ["48+rw", "r16"],
    ["48+rd", "r32"],
  ],
  flags: { modified: ALL_BUT_CARRY },
  form: "modify",
  lockable: true,
  execute: [dec8, dec16, dec32],
  lower: (to, a) => to.arithmetic.decrement(a),
});

export const NEG: Instruction = instruction({
  mnemonic: "NEG",
  encodings: [
    ["F6 /3", "r/m8"],
    ["F7 /3", "r/m16"],
    ["F7 /3", "r/m32"],
  ],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "modify",
  lockable: true,
  execute: [neg8, neg16, neg32],
  lower: (to, a) => to.arithmetic.negate(a),
});
