/**
 * Bit and byte instructions: BT BTS BTR BTC BSF BSR SETcc.
 *
 * Here: rows and meanings; the bit-string forms with a register offset reach memory beside the operand.
 * SDM Vol. 1, 5.1.6; Vol. 2.
 * @module
 */
import { read16, read32, readForWrite16, readForWrite32, write16, write32 } from "../mmu/access.ts";
import { checkSegment } from "../mmu/segmentation.ts";
import type { Core } from "../state/core.ts";
import * as conditions from "../state/lazy-flags.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { effectiveAddress, FLAT, type Operation } from "./operation.ts";

/** CF = bit 31 of `bit`; the other flags stay. */
function bitFlag(core: Core, bit: number): void {
  conditions.setCarryOverflow(core, bit, core.carries ^ (core.carries << 1));
}

export function bt16(core: Core, a: number, bit: number): number {
  bitFlag(core, a << (31 - (bit & 15)));
  return a;
}
export function bt32(core: Core, a: number, bit: number): number {
  bitFlag(core, a << (31 - (bit & 31)));
  return a;
}
export function bts16(core: Core, a: number, bit: number): number {
  return bt16(core, a, bit) | (1 << (bit & 15));
}
export function bts32(core: Core, a: number, bit: number): number {
  return bt32(core, a, bit) | (1 << (bit & 31));
}
export function btr16(core: Core, a: number, bit: number): number {
  return bt16(core, a, bit) & ~(1 << (bit & 15));
}
export function btr32(core: Core, a: number, bit: number): number {
  return bt32(core, a, bit) & ~(1 << (bit & 31));
}
export function btc16(core: Core, a: number, bit: number): number {
  return bt16(core, a, bit) ^ (1 << (bit & 15));
}
export function btc32(core: Core, a: number, bit: number): number {
  return bt32(core, a, bit) ^ (1 << (bit & 31));
}

/** Linear address of the word of a bit string that holds bit `bit` (a signed offset). */
function bitStringAddress(core: Core, operation: Operation, bit: number, size: 2 | 4, write: boolean): number {
  const step = size === 2 ? (bit >> 4) * 2 : (bit >> 5) * 4;
  const offset = (effectiveAddress(core, operation) + step) & operation.addressMask;
  return operation.segment === FLAT ? offset : checkSegment(core, operation.segment, offset, size, write);
}

function signedBit16(core: Core, operation: Operation): number {
  return (core.r16[operation.reg] << 16) >> 16;
}

export function btString16(core: Core, operation: Operation): void {
  const bit = signedBit16(core, operation);
  bt16(core, read16(core, bitStringAddress(core, operation, bit, 2, false)), bit);
}
export function btString32(core: Core, operation: Operation): void {
  const bit = core.r[operation.reg];
  bt32(core, read32(core, bitStringAddress(core, operation, bit, 4, false)), bit);
}
export function btsString16(core: Core, operation: Operation): void {
  const bit = signedBit16(core, operation);
  const address = bitStringAddress(core, operation, bit, 2, true);
  write16(core, address, bts16(core, readForWrite16(core, address), bit));
}
export function btsString32(core: Core, operation: Operation): void {
  const bit = core.r[operation.reg];
  const address = bitStringAddress(core, operation, bit, 4, true);
  write32(core, address, bts32(core, readForWrite32(core, address), bit));
}
export function btrString16(core: Core, operation: Operation): void {
  const bit = signedBit16(core, operation);
  const address = bitStringAddress(core, operation, bit, 2, true);
  write16(core, address, btr16(core, readForWrite16(core, address), bit));
}
export function btrString32(core: Core, operation: Operation): void {
  const bit = core.r[operation.reg];
  const address = bitStringAddress(core, operation, bit, 4, true);
  write32(core, address, btr32(core, readForWrite32(core, address), bit));
}
export function btcString16(core: Core, operation: Operation): void {
  const bit = signedBit16(core, operation);
  const address = bitStringAddress(core, operation, bit, 2, true);
  write16(core, address, btc16(core, readForWrite16(core, address), bit));
}
export function btcString32(core: Core, operation: Operation): void {
  const bit = core.r[operation.reg];
  const address = bitStringAddress(core, operation, bit, 4, true);
  write32(core, address, btc32(core, readForWrite32(core, address), bit));
}

/** A zero source leaves the destination as it was, as all silicon does. */
export function bsf(core: Core, destination: number, source: number): number {
  core.carries = 0;
  core.sign = core.zero = source;
  return source === 0 ? destination : 31 - Math.clz32(source & -source);
}
export function bsr(core: Core, destination: number, source: number): number {
  core.carries = 0;
  core.sign = core.zero = source;
  return source === 0 ? destination : 31 - Math.clz32(source);
}

/** The register and immediate forms of a bit test. */
function bitEncodings(opcode: string, digit: number): [string, string][] {
  return [
    [`0F ${opcode} /r`, "rr16, r16"],
    [`0F ${opcode} /r`, "rr32, r32"],
    [`0F BA /${digit} ib`, "r/m16, imm8"],
    [`0F BA /${digit} ib`, "r/m32, imm8"],
  ];
}

/** The bit-string forms. */
function bitStringEncodings(opcode: string): [string, string][] {
  return [
    [`0F ${opcode} /r`, "m16, r16"],
    [`0F ${opcode} /r`, "m32, r32"],
  ];
}

const CARRY = { modified: ["CF"] };

export const BT: Instruction = instruction({
  mnemonic: "BT",
  encodings: bitEncodings("A3", 4),
  flags: CARRY,
  form: "read",
  execute: [null, bt16, bt32],
  lower: (to, a, bit) => to.bits.change(a, bit, "test"),
});
export const BT_STRING: Instruction = instruction({
  mnemonic: "BT",
  encodings: bitStringEncodings("A3"),
  flags: CARRY,
  form: "direct",
  execute: [null, btString16, btString32],
  lower: (to) => to.bits.string("test"),
});

export const BTS: Instruction = instruction({
  mnemonic: "BTS",
  encodings: bitEncodings("AB", 5),
  flags: CARRY,
  form: "modify",
  lockable: true,
  execute: [null, bts16, bts32],
  lower: (to, a, bit) => to.bits.change(a, bit, "set"),
});
export const BTS_STRING: Instruction = instruction({
  mnemonic: "BTS",
  encodings: bitStringEncodings("AB"),
  flags: CARRY,
  form: "direct",
  lockable: true,
  execute: [null, btsString16, btsString32],
  lower: (to) => to.bits.string("set"),
});

export const BTR: Instruction = instruction({
  mnemonic: "BTR",
  encodings: bitEncodings("B3", 6),
  flags: CARRY,
  form: "modify",
  lockable: true,
  execute: [null, btr16, btr32],
  lower: (to, a, bit) => to.bits.change(a, bit, "reset"),
});
export const BTR_STRING: Instruction = instruction({
  mnemonic: "BTR",
  encodings: bitStringEncodings("B3"),
  flags: CARRY,
  form: "direct",
  lockable: true,
  execute: [null, btrString16, btrString32],
  lower: (to) => to.bits.string("reset"),
});

export const BTC: Instruction = instruction({
  mnemonic: "BTC",
  encodings: bitEncodings("BB", 7),
  flags: CARRY,
  form: "modify",
  lockable: true,
  execute: [null, btc16, btc32],
  lower: (to, a, bit) => to.bits.change(a, bit, "complement"),
});
export const BTC_STRING: Instruction = instruction({
  mnemonic: "BTC",
  encodings: bitStringEncodings("BB"),
  flags: CARRY,
  form: "direct",
  lockable: true,
  execute: [null, btcString16, btcString32],
  lower: (to) => to.bits.string("complement"),
});

export const BSF: Instruction = instruction({
  mnemonic: "BSF",
  encodings: [
    ["0F BC /r", "r16, r/m16"],
    ["0F BC /r", "r32, r/m32"],
  ],
  flags: { modified: ["ZF"] },
  form: "modify",
  execute: bsf,
  lower: (to, destination, source) => to.bits.scan(destination, source, true),
});

export const BSR: Instruction = instruction({
  mnemonic: "BSR",
  encodings: [
    ["0F BD /r", "r16, r/m16"],
    ["0F BD /r", "r32, r/m32"],
  ],
  flags: { modified: ["ZF"] },
  form: "modify",
  execute: bsr,
  lower: (to, destination, source) => to.bits.scan(destination, source, false),
});

function setcc(
  suffix: string,
  number: number,
  tested: readonly string[],
  execute: (core: Core) => boolean,
): Instruction {
  const opcode = (0x90 + number).toString(16).toUpperCase();
  return instruction({
    mnemonic: `SET${suffix}`,
    encodings: [[`0F ${opcode}`, "r/m8"]],
    flags: { tested },
    form: "set",
    execute,
    lower: (to) => to.condition(number),
  });
}

export const SETO: Instruction = setcc("O", 0, ["OF"], conditions.conditionO);
export const SETNO: Instruction = setcc("NO", 1, ["OF"], conditions.conditionNO);
export const SETB: Instruction = setcc("B", 2, ["CF"], conditions.conditionB);
export const SETAE: Instruction = setcc("AE", 3, ["CF"], conditions.conditionAE);
export const SETE: Instruction = setcc("E", 4, ["ZF"], conditions.conditionE);
export const SETNE: Instruction = setcc("NE", 5, ["ZF"], conditions.conditionNE);
export const SETBE: Instruction = setcc("BE", 6, ["CF", "ZF"], conditions.conditionBE);
export const SETA: Instruction = setcc("A", 7, ["CF", "ZF"], conditions.conditionA);
export const SETS: Instruction = setcc("S", 8, ["SF"], conditions.conditionS);
export const SETNS: Instruction = setcc("NS", 9, ["SF"], conditions.conditionNS);
export const SETP: Instruction = setcc("P", 10, ["PF"], conditions.conditionP);
export const SETNP: Instruction = setcc("NP", 11, ["PF"], conditions.conditionNP);
export const SETL: Instruction = setcc("L", 12, ["SF", "OF"], conditions.conditionL);
export const SETGE: Instruction = setcc("GE", 13, ["SF", "OF"], conditions.conditionGE);
export const SETLE: Instruction = setcc("LE", 14, ["ZF", "SF", "OF"], conditions.conditionLE);
export const SETG: Instruction = setcc("G", 15, ["ZF", "SF", "OF"], conditions.conditionG);
