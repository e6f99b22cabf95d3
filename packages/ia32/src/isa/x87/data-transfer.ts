/**
 * x87 data transfer: FLD FILD FBLD, FST FSTP FXCH FCMOVcc between registers, constants.
 *
 * Here: rows and meanings. Opcodes that the manual leaves out but processors run like a listed one stand beside it.
 * Not here: stores to memory (→ store.ts). Over 300 lines: many short rows. SDM Vol. 1, 5.2.1; Vol. 2.
 * @module
 */
import { checkAlignment, read16, read32 } from "../../mmu/access.ts";
import { type Constant, L2E, L2T, LG2, LN2, loadConstant, ONE, PI, ZERO } from "../../softfloat/constants.ts";
import { DE, FLAGS, IE } from "../../softfloat/context.ts";
import { load32, load64 } from "../../softfloat/convert-real.ts";
import { fromPackedDecimal } from "../../softfloat/decimal.ts";
import { fromInteger32, fromInteger64 } from "../../softfloat/integer.ts";
import { setResult as setNumber } from "../../softfloat/special.ts";
import type { Core } from "../../state/core.ts";
import * as conditions from "../../state/lazy-flags.ts";
import { type Instruction, instruction } from "../instruction.ts";
import { row } from "../mmx/row.ts";
import { linear, type Operation } from "../operation.ts";
import {
  enter,
  isEmpty,
  overflow,
  place,
  pop,
  push,
  rotate,
  setIndefinite,
  setRegister,
  settle,
  underflow,
} from "./unit.ts";

/**
 * Pushes softfloat's result unless an exception, or a register that is not empty, forbids it. A denormal is pushed even
 * where its exception is not masked, as by the recorded processor.
 */
function load(core: Core, operation: Operation): void {
  if (!isEmpty(core, -1)) {
    if (!overflow(core, operation)) return;
    rotate(core, -1);
    setIndefinite(core, place(core, 0));
  } else {
    const denormal = (core.x87.w[FLAGS] & (IE | DE)) === DE;
    if (settle(core, operation) || denormal) push(core);
  }
}

export function fldReal32(core: Core, operation: Operation): void {
  enter(core);
  const bits = read32(core, linear(core, operation, 4, false));
  core.x87.w[FLAGS] = 0;
  load32(core.x87, bits);
  load(core, operation);
}
export function fldReal64(core: Core, operation: Operation): void {
  enter(core);
  const address = linear(core, operation, 8, false);
  const low = read32(core, address);
  const high = read32(core, (address + 4) | 0);
  checkAlignment(core, address, 8);
  core.x87.w[FLAGS] = 0;
  load64(core.x87, high, low);
  load(core, operation);
}
export function fldReal80(core: Core, operation: Operation): void {
  enter(core);
  const address = linear(core, operation, 10, false);
  const low = read32(core, address);
  const high = read32(core, (address + 4) | 0);
  checkAlignment(core, address, 8);
  const signExponent = read16(core, (address + 8) | 0);
  core.x87.w[FLAGS] = 0;
  setNumber(core.x87, signExponent, high, low);
  load(core, operation);
}
export function fldRegister(core: Core, operation: Operation): void {
  enter(core);
  if (isEmpty(core, operation.rm)) {
    if (!underflow(core, operation)) return;
    rotate(core, -1);
    setIndefinite(core, place(core, 0));
    return;
  }
  const from = place(core, operation.rm);
  core.x87.w[FLAGS] = 0;
  setNumber(core.x87, core.x[from + 2], core.x[from + 1], core.x[from]);
  load(core, operation);
}
export function fild16(core: Core, operation: Operation): void {
  enter(core);
  const value = (read16(core, linear(core, operation, 2, false)) << 16) >> 16;
  core.x87.w[FLAGS] = 0;
  fromInteger32(core.x87, value);
  load(core, operation);
}
export function fild32(core: Core, operation: Operation): void {
  enter(core);
  const value = read32(core, linear(core, operation, 4, false));
  core.x87.w[FLAGS] = 0;
  fromInteger32(core.x87, value);
  load(core, operation);
}
export function fild64(core: Core, operation: Operation): void {
  enter(core);
  const address = linear(core, operation, 8, false);
  const low = read32(core, address);
  const high = read32(core, (address + 4) | 0);
  checkAlignment(core, address, 8);
  core.x87.w[FLAGS] = 0;
  fromInteger64(core.x87, high, low);
  load(core, operation);
}
export function fbld(core: Core, operation: Operation): void {
  enter(core);
  const address = linear(core, operation, 10, false);
  const low = read32(core, address);
  const high = read32(core, (address + 4) | 0);
  checkAlignment(core, address, 8);
  const top = read16(core, (address + 8) | 0);
  core.x87.w[FLAGS] = 0;
  fromPackedDecimal(core.x87, top, high, low);
  load(core, operation);
}

/** ST(i) = ST(0). @returns whether the stack may move */
function copyTop(core: Core, operation: Operation): boolean {
  enter(core);
  const to = place(core, operation.rm);
  if (isEmpty(core, 0)) {
    if (!underflow(core, operation)) return false;
    setIndefinite(core, to);
    return true;
  }
  core.x87.w[FLAGS] = 0;
  settle(core, operation);
  const a = place(core, 0);
  setRegister(core, to, core.x[a + 2], core.x[a + 1], core.x[a]);
  return true;
}
export function fstRegister(core: Core, operation: Operation): void {
  copyTop(core, operation);
}
export function fstpRegister(core: Core, operation: Operation): void {
  if (copyTop(core, operation)) pop(core);
}

export function fxch(core: Core, operation: Operation): void {
  enter(core);
  const a = place(core, 0);
  const b = place(core, operation.rm);
  const emptyA = isEmpty(core, 0);
  const emptyB = isEmpty(core, operation.rm);
  if (emptyA || emptyB) {
    if (!underflow(core, operation)) return;
    if (emptyA) setIndefinite(core, a);
    if (emptyB) setIndefinite(core, b);
  } else {
    core.x87.w[FLAGS] = 0;
    settle(core, operation);
  }
  const x = core.x;
  const [low, high, signExponent] = [x[a], x[a + 1], x[a + 2]];
  setRegister(core, a, x[b + 2], x[b + 1], x[b]);
  setRegister(core, b, signExponent, high, low);
}

/** The register is looked at whether the condition holds or not. */
function moveIf(core: Core, operation: Operation, condition: boolean): void {
  enter(core);
  const a = place(core, 0);
  const b = place(core, operation.rm);
  if (isEmpty(core, 0) || isEmpty(core, operation.rm)) {
    if (underflow(core, operation)) setIndefinite(core, a);
    return;
  }
  core.x87.w[FLAGS] = 0;
  settle(core, operation, 0);
  if (condition) setRegister(core, a, core.x[b + 2], core.x[b + 1], core.x[b]);
}
export function fcmovb(core: Core, operation: Operation): void {
  moveIf(core, operation, conditions.conditionB(core));
}
export function fcmove(core: Core, operation: Operation): void {
  moveIf(core, operation, conditions.conditionE(core));
}
export function fcmovbe(core: Core, operation: Operation): void {
  moveIf(core, operation, conditions.conditionBE(core));
}
export function fcmovu(core: Core, operation: Operation): void {
  moveIf(core, operation, conditions.conditionP(core));
}
export function fcmovnb(core: Core, operation: Operation): void {
  moveIf(core, operation, conditions.conditionAE(core));
}
export function fcmovne(core: Core, operation: Operation): void {
  moveIf(core, operation, conditions.conditionNE(core));
}
export function fcmovnbe(core: Core, operation: Operation): void {
  moveIf(core, operation, conditions.conditionA(core));
}
export function fcmovnu(core: Core, operation: Operation): void {
  moveIf(core, operation, conditions.conditionNP(core));
}

function constant(core: Core, operation: Operation, value: Constant): void {
  enter(core);
  loadConstant(core.x87, value);
  core.x87.w[FLAGS] = 0;
  load(core, operation);
}
function simple(core: Core, operation: Operation, signExponent: number, high: number): void {
  enter(core);
  core.x87.w[FLAGS] = 0;
  setNumber(core.x87, signExponent, high, 0);
  load(core, operation);
}
export function fld1(core: Core, operation: Operation): void {
  simple(core, operation, 0x3fff, -0x80000000);
}
export function fldl2t(core: Core, operation: Operation): void {
  constant(core, operation, L2T);
}
export function fldl2e(core: Core, operation: Operation): void {
  constant(core, operation, L2E);
}
export function fldpi(core: Core, operation: Operation): void {
  constant(core, operation, PI);
}
export function fldlg2(core: Core, operation: Operation): void {
  constant(core, operation, LG2);
}
export function fldln2(core: Core, operation: Operation): void {
  constant(core, operation, LN2);
}
export function fldz(core: Core, operation: Operation): void {
  simple(core, operation, 0, 0);
}

export const FLD: Instruction = row("FLD", "D9 /0", "m32fp", "FPU", "direct", fldReal32, (to) => to.x87.load());
export const FLD_REAL64: Instruction = row("FLD", "DD /0", "m64fp", "FPU", "direct", fldReal64, (to) => to.x87.load());
export const FLD_REAL80: Instruction = row("FLD", "DB /5", "m80fp", "FPU", "direct", fldReal80, (to) =>
  to.x87.loadExtended(),
);
export const FLD_REGISTER: Instruction = row("FLD", "D9 C0+i", "ST(i)", "FPU", "direct", fldRegister, (to) =>
  to.x87.loadRegister(),
);
export const FST_REGISTER: Instruction = row("FST", "DD D0+i", "ST(i)", "FPU", "direct", fstRegister, (to) =>
  to.x87.storeRegister(),
);
export const FSTP_REGISTER: Instruction = instruction({
  mnemonic: "FSTP",
  encodings: [
    ["DD D8+i", "ST(i)", "FPU"],
    ["D9 D8+i", "ST(i)", "FPU"],
    ["DF D0+i", "ST(i)", "FPU"],
    ["DF D8+i", "ST(i)", "FPU"],
  ],
  form: "direct",
  execute: fstpRegister,
  lower: (to) => to.x87.storeRegister(),
});
export const FILD: Instruction = row("FILD", "DF /0", "m16int", "FPU", "direct", fild16, (to) => to.x87.load());
export const FILD_32: Instruction = row("FILD", "DB /0", "m32int", "FPU", "direct", fild32, (to) => to.x87.load());
export const FILD_64: Instruction = row("FILD", "DF /5", "m64int", "FPU", "direct", fild64, (to) => to.x87.load());
export const FBLD: Instruction = row("FBLD", "DF /4", "m80dec", "FPU", "direct", fbld);
export const FXCH: Instruction = instruction({
  mnemonic: "FXCH",
  encodings: [
    ["D9 C8+i", "ST(i)", "FPU"],
    ["DD C8+i", "ST(i)", "FPU"],
    ["DF C8+i", "ST(i)", "FPU"],
  ],
  form: "direct",
  execute: fxch,
  lower: (to) => to.x87.exchange(),
});

/** `condition`: its number, as in Jcc. */
function cmov(
  cc: string,
  opcode: string,
  condition: number,
  tested: readonly string[],
  execute: Instruction["execute"],
): Instruction {
  return instruction({
    mnemonic: `FCMOV${cc}`,
    encodings: [[`${opcode}+i`, "ST(0), ST(i)", "CMOV"]],
    flags: { tested },
    form: "direct",
    execute,
    lower: (to) => to.x87.moveIf(condition),
  });
}
export const FCMOVB: Instruction = cmov("B", "DA C0", 2, ["CF"], fcmovb);
export const FCMOVE: Instruction = cmov("E", "DA C8", 4, ["ZF"], fcmove);
export const FCMOVBE: Instruction = cmov("BE", "DA D0", 6, ["CF", "ZF"], fcmovbe);
export const FCMOVU: Instruction = cmov("U", "DA D8", 10, ["PF"], fcmovu);
export const FCMOVNB: Instruction = cmov("NB", "DB C0", 3, ["CF"], fcmovnb);
export const FCMOVNE: Instruction = cmov("NE", "DB C8", 5, ["ZF"], fcmovne);
export const FCMOVNBE: Instruction = cmov("NBE", "DB D0", 7, ["CF", "ZF"], fcmovnbe);
export const FCMOVNU: Instruction = cmov("NU", "DB D8", 11, ["PF"], fcmovnu);
export const FLD1: Instruction = row("FLD1", "D9 E8", "", "FPU", "direct", fld1, (to) => to.x87.loadConstant(ONE));
export const FLDL2T: Instruction = row("FLDL2T", "D9 E9", "", "FPU", "direct", fldl2t, (to) =>
  to.x87.loadConstant(L2T),
);
export const FLDL2E: Instruction = row("FLDL2E", "D9 EA", "", "FPU", "direct", fldl2e, (to) =>
  to.x87.loadConstant(L2E),
);
export const FLDPI: Instruction = row("FLDPI", "D9 EB", "", "FPU", "direct", fldpi, (to) => to.x87.loadConstant(PI));
export const FLDLG2: Instruction = row("FLDLG2", "D9 EC", "", "FPU", "direct", fldlg2, (to) =>
  to.x87.loadConstant(LG2),
);
export const FLDLN2: Instruction = row("FLDLN2", "D9 ED", "", "FPU", "direct", fldln2, (to) =>
  to.x87.loadConstant(LN2),
);
export const FLDZ: Instruction = row("FLDZ", "D9 EE", "", "FPU", "direct", fldz, (to) => to.x87.loadConstant(ZERO));
