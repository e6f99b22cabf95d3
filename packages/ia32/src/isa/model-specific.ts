/**
 * Model-specific registers and fast system calls: RDMSR WRMSR RDPMC SYSENTER SYSEXIT.
 *
 * Here: rows and meanings; which registers there are. A register that no model here has is #GP(0). Under a host
 * kernel SYSENTER leaves run(), the others are #GP(0). SDM Vol. 1, 5.20; Vol. 2; Vol. 4.
 * @module
 */
import { raiseException, raiseGeneralProtection, VECTOR_UD } from "../interrupt/exception.ts";
import { deriveControl, EFER_NXE } from "../state/control-registers.ts";
import { ADVANCED, type Core } from "../state/core.ts";
import { CS, type Segment, SS } from "../state/descriptor.ts";
import { IF, RF, VM } from "../state/eflags.ts";
import { eflags, setEflags } from "../state/lazy-flags.ts";
import { FEATURES } from "../state/model.ts";
import { EAX, ECX, EDX, EIP, ESP } from "../state/registers.ts";
import { setLevel } from "../system/frame.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { checkPrivileged, leaveWith, type Operation } from "./operation.ts";

// Numbers of the registers. SDM Vol. 4, table 2-2.
const TIME_STAMP_COUNTER = 0x10;
const PLATFORM_ID = 0x17;
const APIC_BASE = 0x1b;
const UPDATE_SIGNATURE = 0x8b;
const SYSENTER_CS = 0x174;
const SYSENTER_EIP = 0x176;
const MISC_ENABLE = 0x1a0;
const EFER = -0x3fffff80;

/** Registers that keep what is written and do nothing: microcode update trigger, miscellaneous switches. */
const KEPT: readonly number[] = [APIC_BASE, 0x79, UPDATE_SIGNATURE, MISC_ENABLE];
/** The local APIC, if the embedder has one, lies at FEE00000 and is on; this is the bootstrap processor. */
const APIC_BASE_AT_RESET: readonly [number, number] = [0xfee00900, 0];
const NOTHING: readonly [number, number] = [0, 0];

function timeStamp(core: Core, operation: Operation): number {
  core.position = operation.position;
  return core.retired + core.clock[ADVANCED] + core.system.timeStampOffset;
}

/** #UD where the model has none, #GP(0) for programs. Under a host kernel they are the host's. */
function checkModelSpecific(core: Core): void {
  if (core.architectural && (core.features & FEATURES.MSR) === 0) raiseException(core, VECTOR_UD);
  checkPrivileged(core);
}

export function rdmsr(core: Core, operation: Operation): void {
  checkModelSpecific(core);
  const { system, r } = core;
  const number = r[ECX];
  let low = 0;
  let high = 0;
  if (number === TIME_STAMP_COUNTER) {
    const cycles = timeStamp(core, operation);
    low = cycles % 0x100000000;
    high = Math.floor(cycles / 0x100000000);
  } else if (number >= SYSENTER_CS && number <= SYSENTER_EIP) low = system.sysenter[number - SYSENTER_CS];
  else if (number === EFER && core.features & FEATURES.NX) low = system.efer;
  else if (KEPT.includes(number))
    [low, high] = system.kept.get(number) ?? (number === APIC_BASE ? APIC_BASE_AT_RESET : NOTHING);
  else if (number !== PLATFORM_ID) raiseGeneralProtection(core);
  r[EAX] = low;
  r[EDX] = high;
}

export function wrmsr(core: Core, operation: Operation): void {
  checkModelSpecific(core);
  const { system, r } = core;
  const number = r[ECX];
  const low = r[EAX];
  if (number === TIME_STAMP_COUNTER)
    system.timeStampOffset += (r[EDX] >>> 0) * 0x100000000 + (low >>> 0) - timeStamp(core, operation);
  else if (number >= SYSENTER_CS && number <= SYSENTER_EIP) system.sysenter[number - SYSENTER_CS] = low;
  else if (number === EFER && core.features & FEATURES.NX) {
    if (low & ~EFER_NXE || r[EDX] !== 0) raiseGeneralProtection(core);
    system.efer = low;
    deriveControl(core);
  } else if (KEPT.includes(number)) system.kept.set(number, [low, r[EDX]]);
  else raiseGeneralProtection(core);
}

/** No performance counters: every number is wrong. */
export function rdpmc(core: Core): never {
  raiseGeneralProtection(core);
}

/** The flat segments that SYSENTER and SYSEXIT make, without looking at a descriptor. */
function flatSegment(selector: number, code: boolean, dpl: number): Segment {
  return {
    selector,
    base: 0,
    limit: 0xffffffff,
    readable: true,
    writable: !code,
    code,
    conforming: false,
    expandDown: false,
    big: true,
    dpl,
    flat: true,
  };
}
function enterLevel(core: Core, selector: number, level: number): void {
  setLevel(core, level);
  core.setSegment(CS, flatSegment((selector & 0xfffc) | level, true, level));
  core.setSegment(SS, flatSegment(((selector + 8) & 0xfffc) | level, false, level));
}

export function sysenter(core: Core, operation: Operation): void {
  if (!core.architectural) {
    leaveWith(core, operation, "sysenter");
    return;
  }
  const [selector, esp, eip] = core.system.sysenter;
  if (!core.selectors && !core.virtual8086) raiseGeneralProtection(core);
  if ((selector & 0xfffc) === 0) raiseGeneralProtection(core);
  setEflags(core, eflags(core) & ~(VM | IF | RF));
  enterLevel(core, selector, 0);
  core.r[ESP] = esp;
  core.r[EIP] = eip;
}
export function sysexit(core: Core): void {
  checkPrivileged(core);
  const [selector] = core.system.sysenter;
  if (!core.selectors || (selector & 0xfffc) === 0) raiseGeneralProtection(core);
  enterLevel(core, selector + 16, 3);
  core.r[ESP] = core.r[ECX];
  core.r[EIP] = core.r[EDX];
}

export const RDMSR: Instruction = instruction({
  mnemonic: "RDMSR",
  encodings: [["0F 32", ""]],
  form: "direct",
  ends: "falls",
  execute: rdmsr,
});
export const WRMSR: Instruction = instruction({
  mnemonic: "WRMSR",
  encodings: [["0F 30", ""]],
  form: "direct",
  ends: "falls",
  execute: wrmsr,
});
export const RDPMC: Instruction = instruction({
  mnemonic: "RDPMC",
  encodings: [["0F 33", "", "TSC"]],
  form: "direct",
  ends: "jumps",
  execute: rdpmc,
});
export const SYSENTER: Instruction = instruction({
  mnemonic: "SYSENTER",
  encodings: [["0F 34", "", "SEP"]],
  form: "direct",
  ends: "jumps",
  execute: sysenter,
});
export const SYSEXIT: Instruction = instruction({
  mnemonic: "SYSEXIT",
  encodings: [["0F 35", "", "SEP"]],
  form: "direct",
  ends: "jumps",
  execute: sysexit,
});
