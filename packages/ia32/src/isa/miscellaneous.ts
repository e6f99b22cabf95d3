/**
 * Miscellaneous: LEA NOP UD XLAT CPUID RDTSC, prefetch hints.
 *
 * Here: rows and meanings; CPUID says only what this processor has. SDM Vol. 1, 5.1.13; Vol. 2.
 * @module
 */
import { raiseException, raiseGeneralProtection, VECTOR_UD } from "../interrupt/exception.ts";
import { read8 } from "../mmu/access.ts";
import { checkSegment } from "../mmu/segmentation.ts";
import { ADVANCED, type Core } from "../state/core.ts";
import { cpuidLeaf } from "../state/model.ts";
import { EAX, EBX, ECX, EDX } from "../state/registers.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { effectiveAddress, type Operation } from "./operation.ts";

export function lea16(core: Core, operation: Operation): void {
  core.r16[operation.reg] = effectiveAddress(core, operation);
}
export function lea32(core: Core, operation: Operation): void {
  core.r[operation.reg] = effectiveAddress(core, operation);
}

export function nop(_core: Core): void {}

export function undefinedOpcode(core: Core): never {
  raiseException(core, VECTOR_UD);
}

export function xlat(core: Core, operation: Operation): void {
  const offset = (core.r[EBX] + core.r8[0]) & operation.addressMask;
  const address = operation.segment < 0 ? offset : checkSegment(core, operation.segment, offset, 1, false);
  core.r8[0] = read8(core, address);
}

export function cpuid(core: Core): void {
  const leaf = cpuidLeaf(core.model, core.features, core.r[EAX]);
  core.r[EAX] = leaf[0];
  core.r[EBX] = leaf[1];
  core.r[ECX] = leaf[2];
  core.r[EDX] = leaf[3];
}

/** The virtual clock before this instruction, unless CR4.TSD keeps it from user code. */
export function rdtsc(core: Core, operation: Operation): void {
  if (core.timeStampDisable && core.cpl > 0) raiseGeneralProtection(core);
  core.position = operation.position;
  const cycles = core.retired + core.clock[ADVANCED] + core.system.timeStampOffset;
  core.r[EAX] = cycles % 0x100000000;
  core.r[EDX] = Math.floor(cycles / 0x100000000);
}

export const LEA: Instruction = instruction({
  mnemonic: "LEA",
  encodings: [
    ["8D /r", "r16, m"],
    ["8D /r", "r32, m"],
  ],
  form: "direct",
  execute: [null, lea16, lea32],
  lower: (to) => to.loadAddress(),
});

/** 90 is XCHG EAX, EAX in the manual's map; F3 90 is PAUSE. The hints 0F 18 touch no memory; they and 0F 1F are of the family that has CMOV. */
export const NOP: Instruction = instruction({
  mnemonic: "NOP",
  encodings: [
    ["90", ""],
    ["0F 18 /0", "m8", "CMOV"],
    ["0F 18 /1", "m8", "CMOV"],
    ["0F 18 /2", "m8", "CMOV"],
    ["0F 18 /3", "m8", "CMOV"],
    ["0F 1F /r", "r/m16", "CMOV"],
    ["0F 1F /r", "r/m32", "CMOV"],
  ],
  form: "direct",
  execute: nop,
  lower: () => {},
});

export const UD: Instruction = instruction({
  mnemonic: "UD",
  encodings: [
    ["0F 0B", ""],
    ["0F B9 /r", "r32, r/m32"],
    ["0F B9 /r", "r16, r/m16"],
  ],
  form: "direct",
  ends: "jumps",
  execute: undefinedOpcode,
});

export const XLAT: Instruction = instruction({
  mnemonic: "XLAT",
  encodings: [["D7", ""]],
  form: "direct",
  execute: xlat,
});

export const CPUID: Instruction = instruction({
  mnemonic: "CPUID",
  encodings: [["0F A2", ""]],
  form: "direct",
  execute: cpuid,
});

export const RDTSC: Instruction = instruction({
  mnemonic: "RDTSC",
  encodings: [["0F 31", "", "TSC"]],
  form: "direct",
  ends: "falls",
  execute: rdtsc,
});
