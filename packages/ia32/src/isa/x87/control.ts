/**
 * x87 control: FLDCW FNSTCW FNSTSW FNCLEX FNINIT FINCSTP FDECSTP FFREE FNOP FWAIT, environment and state images.
 *
 * Here: rows and meanings, and the layouts of FLDENV FNSTENV FRSTOR FNSAVE. An image is checked as a whole before
 * the first byte is stored or taken. SDM Vol. 1, 5.2.6, 8.1.10, figures 8-9 to 8-12; Vol. 2.
 * @module
 */
import { raiseException, VECTOR_NM } from "../../interrupt/exception.ts";
import { probeWrite, read8, read16, read32, write16, write32 } from "../../mmu/access.ts";
import { C1, EXCEPTIONS, setControlWord } from "../../softfloat/context.ts";
import type { Core } from "../../state/core.ts";
import { BUSY, ES, FCS, FCW, FCW_INITIAL, FDP, FDS, FIP, FOP, FSW, FTW, R0, SF } from "../../state/fpu.ts";
import { EAX } from "../../state/registers.ts";
import { type Instruction, instruction } from "../instruction.ts";
import { linear, type Operation } from "../operation.ts";
import { checkAvailable, checkPending, enter, free, place, pop, rotate, summarize } from "./unit.ts";

/** Bits of the control word that can be set; bit 6 reads as one. */
const FCW_SETTABLE = 0x1f3f;

/** Loads the control word; what it unmasks is pending from now on. */
export function loadControlWord(core: Core, value: number): void {
  core.x[FCW] = (value & FCW_SETTABLE) | 0x40;
  setControlWord(core.x87, core.x[FCW]);
  summarize(core);
}

export function initialize(core: Core): void {
  const x = core.x;
  loadControlWord(core, FCW_INITIAL);
  x[FSW] = x[FTW] = x[FIP] = x[FCS] = x[FDP] = x[FDS] = x[FOP] = 0;
}

export function fldcw(core: Core, operation: Operation): void {
  enter(core);
  loadControlWord(core, read16(core, linear(core, operation, 2, false)));
}
export function fnstcw(core: Core, operation: Operation): void {
  checkAvailable(core);
  write16(core, linear(core, operation, 2, true), core.x[FCW]);
}
export function fnstsw(core: Core, operation: Operation): void {
  checkAvailable(core);
  write16(core, linear(core, operation, 2, true), core.x[FSW]);
}
export function fnstswAx(core: Core): void {
  checkAvailable(core);
  core.r16[EAX] = core.x[FSW];
}
export function fnclex(core: Core): void {
  checkAvailable(core);
  core.x[FSW] &= ~(EXCEPTIONS | SF | ES | BUSY);
}
export function fninit(core: Core): void {
  checkAvailable(core);
  initialize(core);
}
/** FENI, FDISI and FSETPM of the 8087 and 80287 do nothing any more. */
export function fnop8087(core: Core): void {
  checkAvailable(core);
}
export function fnop(core: Core): void {
  enter(core);
}
export function fwait(core: Core): void {
  if (core.monitorCoprocessor && core.taskSwitched) raiseException(core, VECTOR_NM);
  checkPending(core);
}
export function fincstp(core: Core): void {
  enter(core);
  core.x[FSW] &= ~C1;
  rotate(core, 1);
}
export function fdecstp(core: Core): void {
  enter(core);
  core.x[FSW] &= ~C1;
  rotate(core, -1);
}
export function ffree(core: Core, operation: Operation): void {
  enter(core);
  core.x[FSW] &= ~C1;
  free(core, operation.rm);
}
export function ffreep(core: Core, operation: Operation): void {
  enter(core);
  core.x[FSW] &= ~C1;
  free(core, operation.rm);
  pop(core);
}

/** The 16-bit tag word: valid, zero, special or empty for each physical register. */
export function tagWord(core: Core): number {
  const x = core.x;
  let tags = 0;
  for (let i = 0; i < 8; i++) {
    const at = R0 + 4 * i;
    const exponent = x[at + 2] & 0x7fff;
    let tag = 3;
    if ((x[FTW] >>> i) & 1) {
      if (exponent === 0 && (x[at] | x[at + 1]) === 0) tag = 1;
      else tag = exponent === 0 || exponent === 0x7fff || x[at + 1] >= 0 ? 2 : 0;
    }
    tags |= tag << (2 * i);
  }
  return tags;
}

function setTags(core: Core, tags: number): void {
  let present = 0;
  for (let i = 0; i < 8; i++) if (((tags >>> (2 * i)) & 3) !== 3) present |= 1 << i;
  core.x[FTW] = present;
}

const UPPER = 0xffff0000 | 0;

function storeEnvironment32(core: Core, address: number): void {
  const x = core.x;
  write32(core, address, UPPER | x[FCW]);
  write32(core, (address + 4) | 0, UPPER | x[FSW]);
  write32(core, (address + 8) | 0, UPPER | tagWord(core));
  write32(core, (address + 12) | 0, x[FIP]);
  write32(core, (address + 16) | 0, x[FCS] | (x[FOP] << 16));
  write32(core, (address + 20) | 0, x[FDP]);
  write32(core, (address + 24) | 0, UPPER | x[FDS]);
}
function storeEnvironment16(core: Core, address: number): void {
  const x = core.x;
  const words = [x[FCW], x[FSW], tagWord(core), x[FIP], x[FCS], x[FDP], x[FDS]];
  for (let i = 0; i < 7; i++) write16(core, (address + 2 * i) | 0, words[i]);
}
function loadEnvironment32(core: Core, address: number): void {
  const x = core.x;
  const words: number[] = [];
  for (let i = 0; i < 7; i++) words.push(read32(core, (address + 4 * i) | 0));
  x[FSW] = words[1] & 0xffff;
  setTags(core, words[2]);
  x[FIP] = words[3];
  x[FCS] = words[4] & 0xffff;
  x[FOP] = (words[4] >>> 16) & 0x7ff;
  x[FDP] = words[5];
  x[FDS] = words[6] & 0xffff;
  loadControlWord(core, words[0]);
}
function loadEnvironment16(core: Core, address: number): void {
  const x = core.x;
  const words: number[] = [];
  for (let i = 0; i < 7; i++) words.push(read16(core, (address + 2 * i) | 0));
  x[FSW] = words[1];
  setTags(core, words[2]);
  x[FIP] = words[3];
  x[FCS] = words[4];
  x[FOP] = 0;
  x[FDP] = words[5];
  x[FDS] = words[6];
  loadControlWord(core, words[0]);
}

function storeRegisters(core: Core, address: number): void {
  const x = core.x;
  for (let i = 0; i < 8; i++) {
    const from = place(core, i);
    write32(core, (address + 10 * i) | 0, x[from]);
    write32(core, (address + 10 * i + 4) | 0, x[from + 1]);
    write16(core, (address + 10 * i + 8) | 0, x[from + 2]);
  }
}
/** TOP must be loaded already; tags are not touched. */
function loadRegisters(core: Core, address: number): void {
  const x = core.x;
  for (let i = 0; i < 8; i++) {
    const to = place(core, i);
    x[to] = read32(core, (address + 10 * i) | 0);
    x[to + 1] = read32(core, (address + 10 * i + 4) | 0);
    x[to + 2] = read16(core, (address + 10 * i + 8) | 0);
  }
}

/** Faults where writing `size` bytes would, at the first byte or the last. */
function probeEnds(core: Core, address: number, size: number): void {
  probeWrite(core, address, 1);
  probeWrite(core, (address + size - 1) | 0, 1);
}

/** Faults where reading `size` bytes would; the last byte is asked first, as by the recorded processor. */
function probeImage(core: Core, address: number, size: number): void {
  read8(core, (address + size - 1) | 0);
  read8(core, address);
}

export function fnstenv16(core: Core, operation: Operation): void {
  checkAvailable(core);
  const address = linear(core, operation, 14, true);
  probeWrite(core, address, 14);
  storeEnvironment16(core, address);
  loadControlWord(core, core.x[FCW] | EXCEPTIONS);
}
export function fnstenv32(core: Core, operation: Operation): void {
  checkAvailable(core);
  const address = linear(core, operation, 28, true);
  probeWrite(core, address, 28);
  storeEnvironment32(core, address);
  loadControlWord(core, core.x[FCW] | EXCEPTIONS);
}
export function fldenv16(core: Core, operation: Operation): void {
  enter(core);
  const address = linear(core, operation, 14, false);
  loadEnvironment16(core, address);
}
export function fldenv32(core: Core, operation: Operation): void {
  enter(core);
  const address = linear(core, operation, 28, false);
  loadEnvironment32(core, address);
}
export function fnsave16(core: Core, operation: Operation): void {
  checkAvailable(core);
  const address = linear(core, operation, 94, true);
  probeEnds(core, address, 94);
  storeEnvironment16(core, address);
  storeRegisters(core, (address + 14) | 0);
  initialize(core);
}
export function fnsave32(core: Core, operation: Operation): void {
  checkAvailable(core);
  const address = linear(core, operation, 108, true);
  probeEnds(core, address, 108);
  storeEnvironment32(core, address);
  storeRegisters(core, (address + 28) | 0);
  initialize(core);
}
export function frstor16(core: Core, operation: Operation): void {
  enter(core);
  const address = linear(core, operation, 94, false);
  probeImage(core, address, 94);
  loadEnvironment16(core, address);
  loadRegisters(core, (address + 14) | 0);
}
export function frstor32(core: Core, operation: Operation): void {
  enter(core);
  const address = linear(core, operation, 108, false);
  probeImage(core, address, 108);
  loadEnvironment32(core, address);
  loadRegisters(core, (address + 28) | 0);
}

export const FLDCW: Instruction = instruction({
  mnemonic: "FLDCW",
  encodings: [["D9 /5", "m2byte", "FPU"]],
  form: "direct",
  execute: fldcw,
});
export const FNSTCW: Instruction = instruction({
  mnemonic: "FNSTCW",
  encodings: [["D9 /7", "m2byte", "FPU"]],
  form: "direct",
  execute: fnstcw,
});
export const FNSTSW: Instruction = instruction({
  mnemonic: "FNSTSW",
  encodings: [["DD /7", "m2byte", "FPU"]],
  form: "direct",
  execute: fnstsw,
});
export const FNSTSW_AX: Instruction = instruction({
  mnemonic: "FNSTSW",
  encodings: [["DF E0", "", "FPU"]],
  form: "direct",
  execute: fnstswAx,
});
export const FNCLEX: Instruction = instruction({
  mnemonic: "FNCLEX",
  encodings: [["DB E2", "", "FPU"]],
  form: "direct",
  execute: fnclex,
});
export const FNINIT: Instruction = instruction({
  mnemonic: "FNINIT",
  encodings: [["DB E3", "", "FPU"]],
  form: "direct",
  execute: fninit,
});
export const FNOP: Instruction = instruction({
  mnemonic: "FNOP",
  encodings: [["D9 D0", "", "FPU"]],
  form: "direct",
  execute: fnop,
});
export const FNSETPM: Instruction = instruction({
  mnemonic: "FNSETPM",
  encodings: [
    ["DB E4", "", "FPU"],
    ["DB E0", "", "FPU"],
    ["DB E1", "", "FPU"],
  ],
  form: "direct",
  execute: fnop8087,
});
export const FWAIT: Instruction = instruction({
  mnemonic: "FWAIT",
  encodings: [["9B", "", "FPU"]],
  form: "direct",
  execute: fwait,
});
export const FINCSTP: Instruction = instruction({
  mnemonic: "FINCSTP",
  encodings: [["D9 F7", "", "FPU"]],
  form: "direct",
  execute: fincstp,
});
export const FDECSTP: Instruction = instruction({
  mnemonic: "FDECSTP",
  encodings: [["D9 F6", "", "FPU"]],
  form: "direct",
  execute: fdecstp,
});
export const FFREE: Instruction = instruction({
  mnemonic: "FFREE",
  encodings: [["DD C0+i", "ST(i)", "FPU"]],
  form: "direct",
  execute: ffree,
});
export const FFREEP: Instruction = instruction({
  mnemonic: "FFREEP",
  encodings: [["DF C0+i", "ST(i)", "FPU"]],
  form: "direct",
  execute: ffreep,
});
export const FNSTENV: Instruction = instruction({
  mnemonic: "FNSTENV",
  encodings: [
    ["o16 D9 /6", "m14byte", "FPU"],
    ["o32 D9 /6", "m28byte", "FPU"],
  ],
  form: "direct",
  execute: [null, fnstenv16, fnstenv32],
});
export const FLDENV: Instruction = instruction({
  mnemonic: "FLDENV",
  encodings: [
    ["o16 D9 /4", "m14byte", "FPU"],
    ["o32 D9 /4", "m28byte", "FPU"],
  ],
  form: "direct",
  execute: [null, fldenv16, fldenv32],
});
export const FNSAVE: Instruction = instruction({
  mnemonic: "FNSAVE",
  encodings: [
    ["o16 DD /6", "m94byte", "FPU"],
    ["o32 DD /6", "m108byte", "FPU"],
  ],
  form: "direct",
  execute: [null, fnsave16, fnsave32],
});
export const FRSTOR: Instruction = instruction({
  mnemonic: "FRSTOR",
  encodings: [
    ["o16 DD /4", "m94byte", "FPU"],
    ["o32 DD /4", "m108byte", "FPU"],
  ],
  form: "direct",
  execute: [null, frstor16, frstor32],
});
