/**
 * Shifts and rotates: SHL SHR SAR ROL ROR RCL RCR SHLD SHRD.
 *
 * Here: rows and meanings. A masked count of 0 changes no flag. OF is computed as for a count of 1, which is
 * all that is defined. SDM Vol. 1, 5.1.5; Vol. 2.
 * Long because nine instructions have three sizes each.
 * @module
 */
import type { Core } from "../state/core.ts";
import { setCarryOverflow } from "../state/lazy-flags.ts";
import { type Instruction, instruction } from "./instruction.ts";

const SIGN = -0x80000000;

/** All flags of a shift: `result` sign-extended, carry and overflow in bit 31. */
function shiftFlags(core: Core, result: number, carry: number, overflow: number): void {
  core.sign = core.zero = result;
  const cf = carry & SIGN;
  core.carries = cf | ((cf ^ (overflow & SIGN)) >>> 1);
}

export function shl8(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const carry = n <= 8 ? a << (23 + n) : 0;
  const result = n < 8 ? ((a << n) << 24) >> 24 : 0;
  shiftFlags(core, result, carry, carry ^ result);
  return result & 0xff;
}
export function shl16(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const carry = n <= 16 ? a << (15 + n) : 0;
  const result = n < 16 ? ((a << n) << 16) >> 16 : 0;
  shiftFlags(core, result, carry, carry ^ result);
  return result & 0xffff;
}
export function shl32(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const result = a << n;
  core.sign = core.zero = result;
  core.carries = ((a << (n - 1)) & SIGN) | ((result & SIGN) >>> 1);
  return result;
}

/** OF is that of the last single shift, so 0 for counts beyond one. */
export function shr8(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const result = a >>> n;
  shiftFlags(core, result, (a >>> (n - 1)) << 31, result << 25);
  return result;
}
export function shr16(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const result = a >>> n;
  shiftFlags(core, result, (a >>> (n - 1)) << 31, result << 17);
  return result;
}
export function shr32(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const result = (a >>> n) | 0;
  shiftFlags(core, result, (a >>> (n - 1)) << 31, result << 1);
  return result;
}

export function sar8(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const value = (a << 24) >> 24;
  const result = value >> n;
  shiftFlags(core, result, (value >> (n - 1)) << 31, 0);
  return result & 0xff;
}
export function sar16(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const value = (a << 16) >> 16;
  const result = value >> n;
  shiftFlags(core, result, (value >> (n - 1)) << 31, 0);
  return result & 0xffff;
}
export function sar32(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const result = a >> n;
  shiftFlags(core, result, (a >> (n - 1)) << 31, 0);
  return result;
}

export function rol8(core: Core, a: number, count: number): number {
  if ((count & 31) === 0) return a;
  const n = count & 7;
  const result = ((a << n) | (a >>> (8 - n))) & 0xff;
  setCarryOverflow(core, result << 31, (result << 31) ^ (result << 24));
  return result;
}
export function rol16(core: Core, a: number, count: number): number {
  if ((count & 31) === 0) return a;
  const n = count & 15;
  const result = ((a << n) | (a >>> (16 - n))) & 0xffff;
  setCarryOverflow(core, result << 31, (result << 31) ^ (result << 16));
  return result;
}
export function rol32(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const result = (a << n) | (a >>> (32 - n));
  setCarryOverflow(core, result << 31, (result << 31) ^ result);
  return result;
}

export function ror8(core: Core, a: number, count: number): number {
  if ((count & 31) === 0) return a;
  const n = count & 7;
  const result = ((a >>> n) | (a << (8 - n))) & 0xff;
  setCarryOverflow(core, result << 24, (result << 24) ^ (result << 25));
  return result;
}
export function ror16(core: Core, a: number, count: number): number {
  if ((count & 31) === 0) return a;
  const n = count & 15;
  const result = ((a >>> n) | (a << (16 - n))) & 0xffff;
  setCarryOverflow(core, result << 16, (result << 16) ^ (result << 17));
  return result;
}
export function ror32(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const result = (a >>> n) | (a << (32 - n));
  setCarryOverflow(core, result, result ^ (result << 1));
  return result;
}

export function rcl8(core: Core, a: number, count: number): number {
  if ((count & 31) === 0) return a;
  const n = (count & 31) % 9;
  const wide = a | ((core.carries >>> 31) << 8);
  const rotated = ((wide << n) | (wide >>> (9 - n))) & 0x1ff;
  setCarryOverflow(core, rotated << 23, (rotated << 23) ^ (rotated << 24));
  return rotated & 0xff;
}
export function rcl16(core: Core, a: number, count: number): number {
  if ((count & 31) === 0) return a;
  const n = (count & 31) % 17;
  const wide = a | ((core.carries >>> 31) << 16);
  // Seventeen bits shifted by up to sixteen need more than 32, so the halves are taken apart.
  const rotated = n === 0 ? wide : ((wide << n) & 0x1ffff) | (wide >>> (17 - n));
  setCarryOverflow(core, rotated << 15, (rotated << 15) ^ (rotated << 16));
  return rotated & 0xffff;
}
export function rcl32(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const carry = core.carries >>> 31;
  const result = n === 1 ? (a << 1) | carry : (a << n) | (carry << (n - 1)) | (a >>> (33 - n));
  const out = a << (n - 1);
  setCarryOverflow(core, out, out ^ result);
  return result;
}

export function rcr8(core: Core, a: number, count: number): number {
  if ((count & 31) === 0) return a;
  const n = (count & 31) % 9;
  const wide = a | ((core.carries >>> 31) << 8);
  const rotated = ((wide >>> n) | (wide << (9 - n))) & 0x1ff;
  setCarryOverflow(core, rotated << 23, (rotated << 24) ^ (rotated << 25));
  return rotated & 0xff;
}
export function rcr16(core: Core, a: number, count: number): number {
  if ((count & 31) === 0) return a;
  const n = (count & 31) % 17;
  const wide = a | ((core.carries >>> 31) << 16);
  const rotated = n === 0 ? wide : ((wide >>> n) | (wide << (17 - n))) & 0x1ffff;
  setCarryOverflow(core, rotated << 15, (rotated << 16) ^ (rotated << 17));
  return rotated & 0xffff;
}
export function rcr32(core: Core, a: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const carry = core.carries >>> 31;
  const result = n === 1 ? (a >>> 1) | (carry << 31) : (a >>> n) | (carry << (32 - n)) | (a << (33 - n));
  setCarryOverflow(core, (a >>> (n - 1)) << 31, result ^ (result << 1));
  return result | 0;
}

export function shld16(core: Core, a: number, b: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  // Above 16 the result is undefined; silicon shifts the 48 bits a:b:a.
  const wide = (a << 16) | b;
  const shifted = n <= 16 ? (wide << n) >>> 16 : ((b << (n - 16)) | (a >>> (32 - n))) & 0xffff;
  const carry = n <= 16 ? a << (15 + n) : b << (n - 1);
  const result = (shifted << 16) >> 16;
  shiftFlags(core, result, carry, a << 16 !== 0 || result !== 0 ? (a << 16) ^ result : 0);
  return result & 0xffff;
}
export function shld32(core: Core, a: number, b: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const result = (a << n) | (b >>> (32 - n));
  shiftFlags(core, result, a << (n - 1), a ^ result);
  return result;
}

export function shrd16(core: Core, a: number, b: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const wide = (b << 16) | a;
  const shifted = n <= 16 ? wide >>> n : (b >>> (n - 16)) | (a << (32 - n));
  const carry = n <= 16 ? a >>> (n - 1) : b >>> (n - 17);
  const result = (shifted << 16) >> 16;
  shiftFlags(core, result, carry << 31, (a << 16) ^ result);
  return result & 0xffff;
}
export function shrd32(core: Core, a: number, b: number, count: number): number {
  const n = count & 31;
  if (n === 0) return a;
  const result = (a >>> n) | (b << (32 - n));
  shiftFlags(core, result, (a >>> (n - 1)) << 31, a ^ result);
  return result;
}

/** The nine encodings that all shifts and rotates share. */
function shiftEncodings(digit: number): [string, string][] {
  return [
    [`D0 /${digit}`, "r/m8, 1"],
    [`D2 /${digit}`, "r/m8, CL"],
    [`C0 /${digit} ib`, "r/m8, imm8"],
    [`D1 /${digit}`, "r/m16, 1"],
    [`D3 /${digit}`, "r/m16, CL"],
    [`C1 /${digit} ib`, "r/m16, imm8"],
    [`D1 /${digit}`, "r/m32, 1"],
    [`D3 /${digit}`, "r/m32, CL"],
    [`C1 /${digit} ib`, "r/m32, imm8"],
  ];
}

const SHIFT_FLAGS = ["OF", "SF", "ZF", "PF", "CF"];

export const ROL: Instruction = instruction({
  mnemonic: "ROL",
  encodings: shiftEncodings(0),
  flags: { modified: ["OF", "CF"] },
  form: "modify",
  execute: [rol8, rol16, rol32],
  lower: (to, a, count) => to.shifts.rotate(a, count, true),
});

export const ROR: Instruction = instruction({
  mnemonic: "ROR",
  encodings: shiftEncodings(1),
  flags: { modified: ["OF", "CF"] },
  form: "modify",
  execute: [ror8, ror16, ror32],
  lower: (to, a, count) => to.shifts.rotate(a, count, false),
});

export const RCL: Instruction = instruction({
  mnemonic: "RCL",
  encodings: shiftEncodings(2),
  flags: { tested: ["CF"], modified: ["OF", "CF"] },
  form: "modify",
  execute: [rcl8, rcl16, rcl32],
  lower: (to, a) => to.shifts.rotateThroughCarry(a, true),
});

export const RCR: Instruction = instruction({
  mnemonic: "RCR",
  encodings: shiftEncodings(3),
  flags: { tested: ["CF"], modified: ["OF", "CF"] },
  form: "modify",
  execute: [rcr8, rcr16, rcr32],
  lower: (to, a) => to.shifts.rotateThroughCarry(a, false),
});

/** /6 is an alias that the manual leaves out. */
export const SHL: Instruction = instruction({
  mnemonic: "SHL",
  encodings: [...shiftEncodings(4), ...shiftEncodings(6)],
  flags: { modified: SHIFT_FLAGS },
  form: "modify",
  execute: [shl8, shl16, shl32],
  lower: (to, a, count) => to.shifts.shiftLeft(a, count),
});

export const SHR: Instruction = instruction({
  mnemonic: "SHR",
  encodings: shiftEncodings(5),
  flags: { modified: SHIFT_FLAGS },
  form: "modify",
  execute: [shr8, shr16, shr32],
  lower: (to, a, count) => to.shifts.shiftRight(a, count),
});

export const SAR: Instruction = instruction({
  mnemonic: "SAR",
  encodings: shiftEncodings(7),
  flags: { modified: SHIFT_FLAGS },
  form: "modify",
  execute: [sar8, sar16, sar32],
  lower: (to, a, count) => to.shifts.shiftRightSigned(a, count),
});

export const SHLD: Instruction = instruction({
  mnemonic: "SHLD",
  encodings: [
    ["0F A4 /r ib", "r/m16, r16, imm8"],
    ["0F A4 /r ib", "r/m32, r32, imm8"],
    ["0F A5 /r", "r/m16, r16, CL"],
    ["0F A5 /r", "r/m32, r32, CL"],
  ],
  flags: { modified: SHIFT_FLAGS },
  form: "modify",
  execute: [null, shld16, shld32],
  lower: (to, a, b, count) => to.shifts.double(a, b, count, true),
});

export const SHRD: Instruction = instruction({
  mnemonic: "SHRD",
  encodings: [
    ["0F AC /r ib", "r/m16, r16, imm8"],
    ["0F AC /r ib", "r/m32, r32, imm8"],
    ["0F AD /r", "r/m16, r16, CL"],
    ["0F AD /r", "r/m32, r32, CL"],
  ],
  flags: { modified: SHIFT_FLAGS },
  form: "modify",
  execute: [null, shrd16, shrd32],
  lower: (to, a, b, count) => to.shifts.double(a, b, count, false),
});
