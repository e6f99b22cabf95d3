/**
 * x87 data transfer: FLD FILD FBLD, FST FSTP FIST FISTP FISTTP FBSTP, FXCH, FCMOVcc, constants.
 *
 * Here: rows and meanings. A store looks at its address first, so that a page fault finds the unit untouched.
 * Opcodes that the manual leaves out but processors run like a listed one stand beside it. SDM Vol. 1, 5.2.1; Vol. 2.
 * @module
 */
import { checkAlignment, probeWrite, read16, read32, write16, write32 } from "../../mmu/access.ts";
import { type Constant, L2E, L2T, LG2, LN2, loadConstant, PI } from "../../softfloat/constants.ts";
import { FLAGS, type FloatContext, HIGH, LOW, ROUNDING, SIGN_EXPONENT, TOWARD_ZERO } from "../../softfloat/context.ts";
import { load32, load64, store32, store64 } from "../../softfloat/convert-real.ts";
import { fromPackedDecimal, toPackedDecimal } from "../../softfloat/decimal.ts";
import { fromInteger32, fromInteger64, toInteger, toInteger64 } from "../../softfloat/integer.ts";
import { setResult as setNumber } from "../../softfloat/special.ts";
import type { Core } from "../../state/core.ts";
import * as conditions from "../../state/lazy-flags.ts";
import { type Instruction, instruction } from "../instruction.ts";
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
  settleStore,
  underflow,
} from "./unit.ts";

/** Pushes softfloat's result unless an exception, or a register that is not empty, forbids it. */
function load(core: Core, operation: Operation): void {
  if (!isEmpty(core, -1)) {
    if (!overflow(core, operation)) return;
    rotate(core, -1);
    setIndefinite(core, place(core, 0));
  } else if (settle(core, operation)) push(core);
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

export const FLD: Instruction = instruction({
  mnemonic: "FLD",
  encodings: [["D9 /0", "m32fp", "FPU"]],
  form: "direct",
  execute: fldReal32,
});
export const FLD_REAL64: Instruction = instruction({
  mnemonic: "FLD",
  encodings: [["DD /0", "m64fp", "FPU"]],
  form: "direct",
  execute: fldReal64,
});
export const FLD_REAL80: Instruction = instruction({
  mnemonic: "FLD",
  encodings: [["DB /5", "m80fp", "FPU"]],
  form: "direct",
  execute: fldReal80,
});
export const FLD_REGISTER: Instruction = instruction({
  mnemonic: "FLD",
  encodings: [["D9 C0+i", "ST(i)", "FPU"]],
  form: "direct",
  execute: fldRegister,
});
export const FST: Instruction = instruction({
  mnemonic: "FST",
  encodings: [["D9 /2", "m32fp", "FPU"]],
  form: "direct",
  execute: fstReal32,
});
export const FST_REAL64: Instruction = instruction({
  mnemonic: "FST",
  encodings: [["DD /2", "m64fp", "FPU"]],
  form: "direct",
  execute: fstReal64,
});
export const FST_REGISTER: Instruction = instruction({
  mnemonic: "FST",
  encodings: [["DD D0+i", "ST(i)", "FPU"]],
  form: "direct",
  execute: fstRegister,
});
export const FSTP: Instruction = instruction({
  mnemonic: "FSTP",
  encodings: [["D9 /3", "m32fp", "FPU"]],
  form: "direct",
  execute: fstpReal32,
});
export const FSTP_REAL64: Instruction = instruction({
  mnemonic: "FSTP",
  encodings: [["DD /3", "m64fp", "FPU"]],
  form: "direct",
  execute: fstpReal64,
});
export const FSTP_REAL80: Instruction = instruction({
  mnemonic: "FSTP",
  encodings: [["DB /7", "m80fp", "FPU"]],
  form: "direct",
  execute: fstpReal80,
});
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
});
export const FILD: Instruction = instruction({
  mnemonic: "FILD",
  encodings: [["DF /0", "m16int", "FPU"]],
  form: "direct",
  execute: fild16,
});
export const FILD_32: Instruction = instruction({
  mnemonic: "FILD",
  encodings: [["DB /0", "m32int", "FPU"]],
  form: "direct",
  execute: fild32,
});
export const FILD_64: Instruction = instruction({
  mnemonic: "FILD",
  encodings: [["DF /5", "m64int", "FPU"]],
  form: "direct",
  execute: fild64,
});
export const FIST: Instruction = instruction({
  mnemonic: "FIST",
  encodings: [["DF /2", "m16int", "FPU"]],
  form: "direct",
  execute: fist16,
});
export const FIST_32: Instruction = instruction({
  mnemonic: "FIST",
  encodings: [["DB /2", "m32int", "FPU"]],
  form: "direct",
  execute: fist32,
});
export const FISTP: Instruction = instruction({
  mnemonic: "FISTP",
  encodings: [["DF /3", "m16int", "FPU"]],
  form: "direct",
  execute: fistp16,
});
export const FISTP_32: Instruction = instruction({
  mnemonic: "FISTP",
  encodings: [["DB /3", "m32int", "FPU"]],
  form: "direct",
  execute: fistp32,
});
export const FISTP_64: Instruction = instruction({
  mnemonic: "FISTP",
  encodings: [["DF /7", "m64int", "FPU"]],
  form: "direct",
  execute: fistp64,
});
export const FISTTP: Instruction = instruction({
  mnemonic: "FISTTP",
  encodings: [["DF /1", "m16int", "SSE3"]],
  form: "direct",
  execute: fisttp16,
});
export const FISTTP_32: Instruction = instruction({
  mnemonic: "FISTTP",
  encodings: [["DB /1", "m32int", "SSE3"]],
  form: "direct",
  execute: fisttp32,
});
export const FISTTP_64: Instruction = instruction({
  mnemonic: "FISTTP",
  encodings: [["DD /1", "m64int", "SSE3"]],
  form: "direct",
  execute: fisttp64,
});
export const FBLD: Instruction = instruction({
  mnemonic: "FBLD",
  encodings: [["DF /4", "m80dec", "FPU"]],
  form: "direct",
  execute: fbld,
});
export const FBSTP: Instruction = instruction({
  mnemonic: "FBSTP",
  encodings: [["DF /6", "m80bcd", "FPU"]],
  form: "direct",
  execute: fbstp,
});
export const FXCH: Instruction = instruction({
  mnemonic: "FXCH",
  encodings: [
    ["D9 C8+i", "ST(i)", "FPU"],
    ["DD C8+i", "ST(i)", "FPU"],
    ["DF C8+i", "ST(i)", "FPU"],
  ],
  form: "direct",
  execute: fxch,
});
export const FCMOVB: Instruction = instruction({
  mnemonic: "FCMOVB",
  encodings: [["DA C0+i", "ST(0), ST(i)", "CMOV"]],
  form: "direct",
  execute: fcmovb,
});
export const FCMOVE: Instruction = instruction({
  mnemonic: "FCMOVE",
  encodings: [["DA C8+i", "ST(0), ST(i)", "CMOV"]],
  form: "direct",
  execute: fcmove,
});
export const FCMOVBE: Instruction = instruction({
  mnemonic: "FCMOVBE",
  encodings: [["DA D0+i", "ST(0), ST(i)", "CMOV"]],
  form: "direct",
  execute: fcmovbe,
});
export const FCMOVU: Instruction = instruction({
  mnemonic: "FCMOVU",
  encodings: [["DA D8+i", "ST(0), ST(i)", "CMOV"]],
  form: "direct",
  execute: fcmovu,
});
export const FCMOVNB: Instruction = instruction({
  mnemonic: "FCMOVNB",
  encodings: [["DB C0+i", "ST(0), ST(i)", "CMOV"]],
  form: "direct",
  execute: fcmovnb,
});
export const FCMOVNE: Instruction = instruction({
  mnemonic: "FCMOVNE",
  encodings: [["DB C8+i", "ST(0), ST(i)", "CMOV"]],
  form: "direct",
  execute: fcmovne,
});
export const FCMOVNBE: Instruction = instruction({
  mnemonic: "FCMOVNBE",
  encodings: [["DB D0+i", "ST(0), ST(i)", "CMOV"]],
  form: "direct",
  execute: fcmovnbe,
});
export const FCMOVNU: Instruction = instruction({
  mnemonic: "FCMOVNU",
  encodings: [["DB D8+i", "ST(0), ST(i)", "CMOV"]],
  form: "direct",
  execute: fcmovnu,
});
export const FLD1: Instruction = instruction({
  mnemonic: "FLD1",
  encodings: [["D9 E8", "", "FPU"]],
  form: "direct",
  execute: fld1,
});
export const FLDL2T: Instruction = instruction({
  mnemonic: "FLDL2T",
  encodings: [["D9 E9", "", "FPU"]],
  form: "direct",
  execute: fldl2t,
});
export const FLDL2E: Instruction = instruction({
  mnemonic: "FLDL2E",
  encodings: [["D9 EA", "", "FPU"]],
  form: "direct",
  execute: fldl2e,
});
export const FLDPI: Instruction = instruction({
  mnemonic: "FLDPI",
  encodings: [["D9 EB", "", "FPU"]],
  form: "direct",
  execute: fldpi,
});
export const FLDLG2: Instruction = instruction({
  mnemonic: "FLDLG2",
  encodings: [["D9 EC", "", "FPU"]],
  form: "direct",
  execute: fldlg2,
});
export const FLDLN2: Instruction = instruction({
  mnemonic: "FLDLN2",
  encodings: [["D9 ED", "", "FPU"]],
  form: "direct",
  execute: fldln2,
});
export const FLDZ: Instruction = instruction({
  mnemonic: "FLDZ",
  encodings: [["D9 EE", "", "FPU"]],
  form: "direct",
  execute: fldz,
});
