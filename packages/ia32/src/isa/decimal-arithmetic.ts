/**
 * Decimal arithmetic: DAA DAS AAA AAS AAM AAD.
 *
 * Here: rows and meanings, as the operation sections of the manual. SDM Vol. 1, 5.1.3; Vol. 2.
 * @module
 */
import { raiseException, VECTOR_DE } from "../interrupt/exception.ts";
import type { Core } from "../state/core.ts";
import { ARITHMETIC_FLAGS, type Instruction, instruction } from "./instruction.ts";
import type { Operation } from "./operation.ts";

const SIGN = -0x80000000;
const AL = 0;
const AH = 1;

/** SF, ZF and PF of AL, with CF and AF given; OF is undefined, here 0. */
function decimalFlags(core: Core, cf: boolean, af: boolean): void {
  core.sign = core.zero = (core.r8[AL] << 24) >> 24;
  core.carries = (cf ? SIGN | 0x40000000 : 0) | (af ? 8 : 0);
}

export function daa(core: Core): void {
  const al = core.r8[AL];
  const cf = core.carries < 0;
  const adjustLow = (al & 15) > 9 || (core.carries & 8) !== 0;
  const adjustHigh = al > 0x99 || cf;
  core.r8[AL] = al + (adjustLow ? 6 : 0) + (adjustHigh ? 0x60 : 0);
  decimalFlags(core, adjustHigh, adjustLow);
}

export function das(core: Core): void {
  const al = core.r8[AL];
  const cf = core.carries < 0;
  const adjustLow = (al & 15) > 9 || (core.carries & 8) !== 0;
  const adjustHigh = al > 0x99 || cf;
  core.r8[AL] = al - (adjustLow ? 6 : 0) - (adjustHigh ? 0x60 : 0);
  decimalFlags(core, adjustHigh || (adjustLow && (cf || al < 6)), adjustLow);
}

export function aaa(core: Core): void {
  const adjust = (core.r8[AL] & 15) > 9 || (core.carries & 8) !== 0;
  if (adjust) core.r16[0] += 0x106;
  core.r8[AL] &= 15;
  decimalFlags(core, adjust, adjust);
}

export function aas(core: Core): void {
  const adjust = (core.r8[AL] & 15) > 9 || (core.carries & 8) !== 0;
  if (adjust) {
    core.r16[0] -= 6;
    core.r8[AH] -= 1;
  }
  core.r8[AL] &= 15;
  decimalFlags(core, adjust, adjust);
}

export function aam(core: Core, operation: Operation): void {
  const divisor = operation.immediate;
  if (divisor === 0) raiseException(core, VECTOR_DE);
  const al = core.r8[AL];
  core.r8[AH] = al / divisor;
  core.r8[AL] = al % divisor;
  decimalFlags(core, false, false);
}

export function aad(core: Core, operation: Operation): void {
  core.r16[0] = (core.r8[AL] + core.r8[AH] * operation.immediate) & 0xff;
  decimalFlags(core, false, false);
}

export const DAA: Instruction = instruction({
  mnemonic: "DAA",
  encodings: [["27", ""]],
  flags: { tested: ["AF", "CF"], modified: ARITHMETIC_FLAGS },
  form: "direct",
  execute: daa,
});

export const DAS: Instruction = instruction({
  mnemonic: "DAS",
  encodings: [["2F", ""]],
  flags: { tested: ["AF", "CF"], modified: ARITHMETIC_FLAGS },
  form: "direct",
  execute: das,
});

export const AAA: Instruction = instruction({
  mnemonic: "AAA",
  encodings: [["37", ""]],
  flags: { tested: ["AF"], modified: ARITHMETIC_FLAGS },
  form: "direct",
  execute: aaa,
});

export const AAS: Instruction = instruction({
  mnemonic: "AAS",
  encodings: [["3F", ""]],
  flags: { tested: ["AF"], modified: ARITHMETIC_FLAGS },
  form: "direct",
  execute: aas,
});

export const AAM: Instruction = instruction({
  mnemonic: "AAM",
  encodings: [["D4 ib", "imm8"]],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "direct",
  execute: aam,
});

export const AAD: Instruction = instruction({
  mnemonic: "AAD",
  encodings: [["D5 ib", "imm8"]],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "direct",
  execute: aad,
});
