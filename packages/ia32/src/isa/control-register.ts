/**
 * Control and debug registers: MOV CR, MOV DR, LMSW SMSW CLTS INVLPG INVD WBINVD.
 *
 * Here: rows and meanings. Under a host kernel they belong to the host: #GP(0). There are no caches to write back.
 * SDM Vol. 1, 5.20; Vol. 2; Vol. 3A, 2.5, 17.2.
 * @module
 */
import { raiseException, VECTOR_DB, VECTOR_UD } from "../interrupt/exception.ts";
import { read16 } from "../mmu/access.ts";
import { invalidateEverywhere } from "../mmu/tlb.ts";
import {
  CR0_EM,
  CR0_MP,
  CR0_PE,
  CR0_TS,
  CR4_DE,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_PAE,
  CR4_PCE,
  CR4_PGE,
  CR4_PSE,
  CR4_TSD,
  DR6_BD,
  DR7_GD,
  RESET_DR6,
  RESET_DR7,
} from "../state/control-registers.ts";
import type { Core } from "../state/core.ts";
import { FEATURES } from "../state/model.ts";
import { loadPageDirectory, setControl0, setControl4 } from "../system/control.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { checkPrivileged, effectiveAddress, linear, type Operation } from "./operation.ts";

/** Bits of CR4 that the model has. */
function control4Mask(core: Core): number {
  const { features } = core;
  const when = (feature: number, bits: number): number => (features & feature ? bits : 0);
  return (
    when(FEATURES.TSC, CR4_TSD) |
    when(FEATURES.PSE, CR4_PSE | CR4_DE | CR4_PCE) |
    when(FEATURES.PAE, CR4_PAE) |
    when(FEATURES.PGE, CR4_PGE) |
    when(FEATURES.FXSR, CR4_OSFXSR) |
    when(FEATURES.SSE, CR4_OSXMMEXCPT)
  );
}

export function movFromControl(core: Core, operation: Operation): void {
  checkPrivileged(core);
  const { system } = core;
  let value: number;
  if (operation.reg === 0) value = system.cr0;
  else if (operation.reg === 2) value = core.cr2;
  else if (operation.reg === 3) value = core.pageDirectory;
  else if (operation.reg === 4) value = system.cr4;
  else raiseException(core, VECTOR_UD);
  core.r[operation.rm] = value;
}
export function movToControl(core: Core, operation: Operation): void {
  checkPrivileged(core);
  const value = core.r[operation.rm];
  if (operation.reg === 0) setControl0(core, value);
  else if (operation.reg === 2) core.cr2 = value;
  else if (operation.reg === 3) loadPageDirectory(core, value);
  else if (operation.reg === 4) setControl4(core, value, control4Mask(core));
  else raiseException(core, VECTOR_UD);
}

/** Number of a debug register; 4 and 5 stand for 6 and 7 unless CR4.DE takes them away. */
function debugNumber(core: Core, number: number): number {
  checkPrivileged(core);
  const { system } = core;
  if (number === 4 || number === 5) {
    if (system.cr4 & CR4_DE) raiseException(core, VECTOR_UD);
    number += 2;
  }
  if (system.debug[7] & DR7_GD) {
    system.debug[6] |= DR6_BD;
    system.debug[7] &= ~DR7_GD;
    raiseException(core, VECTOR_DB);
  }
  return number;
}
export function movFromDebug(core: Core, operation: Operation): void {
  core.r[operation.rm] = core.system.debug[debugNumber(core, operation.reg)];
}
export function movToDebug(core: Core, operation: Operation): void {
  const number = debugNumber(core, operation.reg);
  const value = core.r[operation.rm];
  const { debug } = core.system;
  if (number === 6) debug[6] = (value & 0xe00f) | RESET_DR6;
  else if (number === 7) debug[7] = (value & ~0xd800) | RESET_DR7;
  else debug[number] = value;
  core.debugging?.registersChanged();
}

export function clts(core: Core): void {
  checkPrivileged(core);
  setControl0(core, core.system.cr0 & ~CR0_TS);
}
/** LMSW sets PE, never clears it. */
export function lmsw(core: Core, value: number): void {
  checkPrivileged(core);
  const low = CR0_MP | CR0_EM | CR0_TS;
  const { cr0 } = core.system;
  setControl0(core, (cr0 & ~low) | (value & (low | CR0_PE)));
}
/** Privilege comes before the operand. */
export function lmswMemory(core: Core, operation: Operation): void {
  checkPrivileged(core);
  lmsw(core, read16(core, linear(core, operation, 2, false)));
}
export function smsw(core: Core): number {
  if (!core.architectural) raiseException(core, VECTOR_UD);
  return core.system.cr0;
}
export function invlpg(core: Core, operation: Operation): void {
  checkPrivileged(core);
  const base = operation.segment < 0 ? 0 : core.segments[operation.segment].base;
  invalidateEverywhere(core, (base + effectiveAddress(core, operation)) | 0);
}
export function writeBackCaches(core: Core): void {
  checkPrivileged(core);
}

export const MOV_FROM_CONTROL: Instruction = instruction({
  mnemonic: "MOV",
  encodings: [["o 0F 20 /r", "rr32, r32"]],
  form: "direct",
  execute: movFromControl,
  lower: (to) => to.system.readControl(),
});
export const MOV_TO_CONTROL: Instruction = instruction({
  mnemonic: "MOV",
  encodings: [["o 0F 22 /r", "r32, rr32"]],
  form: "direct",
  ends: "falls",
  execute: movToControl,
});
export const MOV_FROM_DEBUG: Instruction = instruction({
  mnemonic: "MOV",
  encodings: [["o 0F 21 /r", "rr32, r32"]],
  form: "direct",
  execute: movFromDebug,
});
export const MOV_TO_DEBUG: Instruction = instruction({
  mnemonic: "MOV",
  encodings: [["o 0F 23 /r", "r32, rr32"]],
  form: "direct",
  ends: "falls",
  execute: movToDebug,
});

export const CLTS: Instruction = instruction({
  mnemonic: "CLTS",
  encodings: [["0F 06", ""]],
  form: "direct",
  ends: "falls",
  execute: clts,
});
export const LMSW: Instruction = instruction({
  mnemonic: "LMSW",
  encodings: [["o 0F 01 /6", "rr16"]],
  form: "read",
  ends: "falls",
  execute: lmsw,
});
export const LMSW_MEMORY: Instruction = instruction({
  mnemonic: "LMSW",
  encodings: [["o 0F 01 /6", "m16"]],
  form: "direct",
  ends: "falls",
  execute: lmswMemory,
});
export const SMSW: Instruction = instruction({
  mnemonic: "SMSW",
  encodings: [
    ["o16 0F 01 /4", "rr16"],
    ["o32 0F 01 /4", "rr32"],
    ["o 0F 01 /4", "m16"],
  ],
  form: "write",
  execute: smsw,
});
export const INVLPG: Instruction = instruction({
  mnemonic: "INVLPG",
  encodings: [["0F 01 /7", "m8"]],
  form: "direct",
  ends: "falls",
  execute: invlpg,
  lower: (to) => to.system.invalidatePage(),
});
export const INVD: Instruction = instruction({
  mnemonic: "INVD",
  encodings: [["0F 08", ""]],
  form: "direct",
  execute: writeBackCaches,
});
export const WBINVD: Instruction = instruction({
  mnemonic: "WBINVD",
  encodings: [["0F 09", ""]],
  form: "direct",
  execute: writeBackCaches,
});
