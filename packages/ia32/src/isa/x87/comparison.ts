/**
 * x87 comparison: FCOM FUCOM FICOM with …P and …PP, FCOMI FUCOMI with …P, FTST, FXAM.
 *
 * Here: rows and meanings. A relation comes as EFLAGS bits and goes to C3, C2, C0, eight places higher, or to EFLAGS.
 * SDM Vol. 1, 5.2.3, 8.3.6; Vol. 2.
 * @module
 */
import { checkAlignment, read16, read32 } from "../../mmu/access.ts";
import { compare80, UNORDERED } from "../../softfloat/compare.ts";
import { C0, C1, C2, C3, FLAGS, HIGH, LOW, SIGN_EXPONENT } from "../../softfloat/context.ts";
import { widen32, widen64 } from "../../softfloat/convert-real.ts";
import { examine80 } from "../../softfloat/examine.ts";
import { fromInteger32 } from "../../softfloat/integer.ts";
import type { Core } from "../../state/core.ts";
import { FSW } from "../../state/fpu.ts";
import { setArithmeticFlags } from "../../state/lazy-flags.ts";
import { ARITHMETIC_FLAGS, type Instruction, instruction } from "../instruction.ts";
import { row } from "../mmx/row.ts";
import { linear, type Operation } from "../operation.ts";
import { enter, isEmpty, place, pop, settle, underflow } from "./unit.ts";

const CONDITIONS: number = C0 | C1 | C2 | C3;

function setConditions(core: Core, relation: number): void {
  core.x87.w[FLAGS] |= relation << 8;
}

/** C3 = C2 = C0 = 1, as for every unordered pair. @returns whether the stack may move */
function unorderedEmpty(core: Core, operation: Operation): boolean {
  const masked = underflow(core, operation, CONDITIONS);
  core.x[FSW] |= UNORDERED << 8;
  return masked;
}

/** Compares ST(0) with softfloat's result; FLAGS may already have DE. @returns whether the stack may move */
function withMemory(core: Core, operation: Operation): boolean {
  if (isEmpty(core, 0)) return unorderedEmpty(core, operation);
  const { x, x87 } = core;
  const { w } = x87;
  const a = place(core, 0);
  setConditions(core, compare80(x87, x[a + 2], x[a + 1], x[a], w[SIGN_EXPONENT], w[HIGH], w[LOW], false));
  return settle(core, operation, CONDITIONS);
}

function withRegister(core: Core, operation: Operation, i: number, quiet: boolean): boolean {
  enter(core);
  if (isEmpty(core, 0) || isEmpty(core, i)) return unorderedEmpty(core, operation);
  const { x, x87 } = core;
  const a = place(core, 0);
  const b = place(core, i);
  x87.w[FLAGS] = 0;
  setConditions(core, compare80(x87, x[a + 2], x[a + 1], x[a], x[b + 2], x[b + 1], x[b], quiet));
  return settle(core, operation, CONDITIONS);
}

function real32(core: Core, operation: Operation): boolean {
  enter(core);
  const bits = read32(core, linear(core, operation, 4, false));
  core.x87.w[FLAGS] = 0;
  widen32(core.x87, bits);
  return withMemory(core, operation);
}
function real64(core: Core, operation: Operation): boolean {
  enter(core);
  const address = linear(core, operation, 8, false);
  const low = read32(core, address);
  const high = read32(core, (address + 4) | 0);
  checkAlignment(core, address, 8);
  core.x87.w[FLAGS] = 0;
  widen64(core.x87, high, low);
  return withMemory(core, operation);
}
function integer(core: Core, operation: Operation, size: 2 | 4): boolean {
  enter(core);
  const address = linear(core, operation, size, false);
  const value = size === 4 ? read32(core, address) : (read16(core, address) << 16) >> 16;
  core.x87.w[FLAGS] = 0;
  fromInteger32(core.x87, value);
  return withMemory(core, operation);
}

export function fcomReal32(core: Core, operation: Operation): void {
  real32(core, operation);
}
export function fcompReal32(core: Core, operation: Operation): void {
  if (real32(core, operation)) pop(core);
}
export function fcomReal64(core: Core, operation: Operation): void {
  real64(core, operation);
}
export function fcompReal64(core: Core, operation: Operation): void {
  if (real64(core, operation)) pop(core);
}
export function ficom16(core: Core, operation: Operation): void {
  integer(core, operation, 2);
}
export function ficomp16(core: Core, operation: Operation): void {
  if (integer(core, operation, 2)) pop(core);
}
export function ficom32(core: Core, operation: Operation): void {
  integer(core, operation, 4);
}
export function ficomp32(core: Core, operation: Operation): void {
  if (integer(core, operation, 4)) pop(core);
}
export function fcomRegister(core: Core, operation: Operation): void {
  withRegister(core, operation, operation.rm, false);
}
export function fcompRegister(core: Core, operation: Operation): void {
  if (withRegister(core, operation, operation.rm, false)) pop(core);
}
export function fucomRegister(core: Core, operation: Operation): void {
  withRegister(core, operation, operation.rm, true);
}
export function fucompRegister(core: Core, operation: Operation): void {
  if (withRegister(core, operation, operation.rm, true)) pop(core);
}
function popBoth(core: Core): void {
  pop(core);
  pop(core);
}
export function fcompp(core: Core, operation: Operation): void {
  if (withRegister(core, operation, 1, false)) popBoth(core);
}
export function fucompp(core: Core, operation: Operation): void {
  if (withRegister(core, operation, 1, true)) popBoth(core);
}

/** The relation goes to ZF, PF, CF; the other arithmetic flags become 0. @returns whether the stack may move */
function toFlags(core: Core, operation: Operation, quiet: boolean): boolean {
  enter(core);
  const { x, x87 } = core;
  if (isEmpty(core, 0) || isEmpty(core, operation.rm)) {
    setArithmeticFlags(core, UNORDERED);
    return underflow(core, operation);
  }
  const a = place(core, 0);
  const b = place(core, operation.rm);
  x87.w[FLAGS] = 0;
  const relation = compare80(x87, x[a + 2], x[a + 1], x[a], x[b + 2], x[b + 1], x[b], quiet);
  setArithmeticFlags(core, relation);
  return settle(core, operation, 0);
}
export function fcomi(core: Core, operation: Operation): void {
  toFlags(core, operation, false);
}
export function fcomip(core: Core, operation: Operation): void {
  if (toFlags(core, operation, false)) pop(core);
}
export function fucomi(core: Core, operation: Operation): void {
  toFlags(core, operation, true);
}
export function fucomip(core: Core, operation: Operation): void {
  if (toFlags(core, operation, true)) pop(core);
}

/** Compares with +0.0. */
export function ftst(core: Core, operation: Operation): void {
  enter(core);
  const w = core.x87.w;
  w[FLAGS] = 0;
  w[SIGN_EXPONENT] = w[HIGH] = w[LOW] = 0;
  withMemory(core, operation);
}

/** Classifies ST(0), which may be empty, whose sign shows all the same. */
export function fxam(core: Core, operation: Operation): void {
  enter(core);
  const x = core.x;
  const a = place(core, 0);
  const sign = (x[a + 2] & 0x8000) === 0 ? 0 : C1;
  core.x87.w[FLAGS] = isEmpty(core, 0) ? C3 | C0 | sign : examine80(x[a + 2], x[a + 1], x[a]);
  settle(core, operation, CONDITIONS);
}

export const FCOM: Instruction = row("FCOM", "D8 /2", "m32fp", "FPU", "direct", fcomReal32, (to) => to.x87.compare());
export const FCOM_REAL64: Instruction = row("FCOM", "DC /2", "m64fp", "FPU", "direct", fcomReal64, (to) =>
  to.x87.compare(),
);
export const FCOM_REGISTER: Instruction = instruction({
  mnemonic: "FCOM",
  encodings: [
    ["D8 D0+i", "ST(i)", "FPU"],
    ["DC D0+i", "ST(i)", "FPU"],
  ],
  form: "direct",
  execute: fcomRegister,
  lower: (to) => to.x87.compare(),
});
export const FCOMP: Instruction = row("FCOMP", "D8 /3", "m32fp", "FPU", "direct", fcompReal32, (to) =>
  to.x87.compare(),
);
export const FCOMP_REAL64: Instruction = row("FCOMP", "DC /3", "m64fp", "FPU", "direct", fcompReal64, (to) =>
  to.x87.compare(),
);
export const FCOMP_REGISTER: Instruction = instruction({
  mnemonic: "FCOMP",
  encodings: [
    ["D8 D8+i", "ST(i)", "FPU"],
    ["DC D8+i", "ST(i)", "FPU"],
    ["DE D0+i", "ST(i)", "FPU"],
  ],
  form: "direct",
  execute: fcompRegister,
  lower: (to) => to.x87.compare(),
});
export const FCOMPP: Instruction = row("FCOMPP", "DE D9", "", "FPU", "direct", fcompp, (to) => to.x87.compare(1));
export const FICOM: Instruction = row("FICOM", "DE /2", "m16int", "FPU", "direct", ficom16, (to) => to.x87.compare());
export const FICOM_32: Instruction = row("FICOM", "DA /2", "m32int", "FPU", "direct", ficom32, (to) =>
  to.x87.compare(),
);
export const FICOMP: Instruction = row("FICOMP", "DE /3", "m16int", "FPU", "direct", ficomp16, (to) =>
  to.x87.compare(),
);
export const FICOMP_32: Instruction = row("FICOMP", "DA /3", "m32int", "FPU", "direct", ficomp32, (to) =>
  to.x87.compare(),
);
export const FUCOM: Instruction = row("FUCOM", "DD E0+i", "ST(i)", "FPU", "direct", fucomRegister, (to) =>
  to.x87.compare(),
);
export const FUCOMP: Instruction = row("FUCOMP", "DD E8+i", "ST(i)", "FPU", "direct", fucompRegister, (to) =>
  to.x87.compare(),
);
export const FUCOMPP: Instruction = row("FUCOMPP", "DA E9", "", "FPU", "direct", fucompp, (to) => to.x87.compare(1));
export const FCOMI: Instruction = instruction({
  mnemonic: "FCOMI",
  encodings: [["DB F0+i", "ST(0), ST(i)", "CMOV"]],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "direct",
  execute: fcomi,
  lower: (to) => to.x87.compareToFlags(),
});
export const FCOMIP: Instruction = instruction({
  mnemonic: "FCOMIP",
  encodings: [["DF F0+i", "ST(0), ST(i)", "CMOV"]],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "direct",
  execute: fcomip,
  lower: (to) => to.x87.compareToFlags(),
});
export const FUCOMI: Instruction = instruction({
  mnemonic: "FUCOMI",
  encodings: [["DB E8+i", "ST(0), ST(i)", "CMOV"]],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "direct",
  execute: fucomi,
  lower: (to) => to.x87.compareToFlags(),
});
export const FUCOMIP: Instruction = instruction({
  mnemonic: "FUCOMIP",
  encodings: [["DF E8+i", "ST(0), ST(i)", "CMOV"]],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "direct",
  execute: fucomip,
  lower: (to) => to.x87.compareToFlags(),
});
export const FTST: Instruction = row("FTST", "D9 E4", "", "FPU", "direct", ftst, (to) => to.x87.compareWithZero());
export const FXAM: Instruction = row("FXAM", "D9 E5", "", "FPU", "direct", fxam, (to) => to.x87.examine());
