/**
 * x87 control: FLDCW FNSTCW FNSTSW FNCLEX FNINIT FINCSTP FDECSTP FFREE FNOP FWAIT.
 *
 * Here: rows and meanings. Not here: FLDENV and its kin (→ environment.ts). SDM Vol. 1, 5.2.6, 8.1.3, 8.1.5; Vol. 2.
 * @module
 */
import { raiseException, VECTOR_NM } from "../../interrupt/exception.ts";
import { read16, write16 } from "../../mmu/access.ts";
import { C1, EXCEPTIONS, setControlWord } from "../../softfloat/context.ts";
import type { Core } from "../../state/core.ts";
import { BUSY, ES, FCS, FCW, FCW_INITIAL, FDP, FDS, FIP, FOP, FSW, FTW, SF } from "../../state/fpu.ts";
import { EAX } from "../../state/registers.ts";
import { type Instruction, instruction } from "../instruction.ts";
import { row } from "../mmx/row.ts";
import { linear, type Operation } from "../operation.ts";
import { checkAvailable, checkPending, enter, free, pop, rotate, summarize } from "./unit.ts";

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
  x[FSW] = x[FTW] = x[FIP] = x[FCS] = x[FDP] = x[FDS] = x[FOP] = 0;
  loadControlWord(core, FCW_INITIAL);
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
  core.updateFloatError();
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

export const FLDCW: Instruction = row("FLDCW", "D9 /5", "m2byte", "FPU", "direct", fldcw, (to) => to.x87.loadControl());
export const FNSTCW: Instruction = row("FNSTCW", "D9 /7", "m2byte", "FPU", "direct", fnstcw, (to) =>
  to.x87.storeControl(),
);
export const FNSTSW: Instruction = row("FNSTSW", "DD /7", "m2byte", "FPU", "direct", fnstsw, (to) =>
  to.x87.storeStatusWord(),
);
export const FNSTSW_AX: Instruction = row("FNSTSW", "DF E0", "", "FPU", "direct", fnstswAx, (to) =>
  to.x87.storeStatus(),
);
export const FNCLEX: Instruction = row("FNCLEX", "DB E2", "", "FPU", "direct", fnclex);
export const FNINIT: Instruction = row("FNINIT", "DB E3", "", "FPU", "direct", fninit);
export const FNOP: Instruction = row("FNOP", "D9 D0", "", "FPU", "direct", fnop, (to) => to.x87.nothing());
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
export const FWAIT: Instruction = row("FWAIT", "9B", "", "FPU", "direct", fwait, (to) => to.x87.nothing());
export const FINCSTP: Instruction = row("FINCSTP", "D9 F7", "", "FPU", "direct", fincstp, (to) => to.x87.moveStack());
export const FDECSTP: Instruction = row("FDECSTP", "D9 F6", "", "FPU", "direct", fdecstp, (to) => to.x87.moveStack());
export const FFREE: Instruction = row("FFREE", "DD C0+i", "ST(i)", "FPU", "direct", ffree, (to) => to.x87.moveStack());
export const FFREEP: Instruction = row("FFREEP", "DF C0+i", "ST(i)", "FPU", "direct", ffreep);
