/**
 * Far transfers: JMP, CALL and RET to another code segment, IRET.
 *
 * Here: rows, and reading far pointers. What they do is in system/far.ts and system/delivery.ts.
 * SDM Vol. 1, 5.1.7; Vol. 2; Vol. 3A, 5.8.
 * @module
 */
import { read16, read32 } from "../mmu/access.ts";
import type { Core } from "../state/core.ts";
import { interruptReturn } from "../system/delivery.ts";
import { farCall, farJump, farReturn } from "../system/far.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { linear, nextEip, type Operation } from "./operation.ts";

export function jumpFarPointer16(core: Core, operation: Operation): void {
  farJump(core, operation.immediate2, operation.immediate & 0xffff, nextEip(core, operation));
}
export function jumpFarPointer32(core: Core, operation: Operation): void {
  farJump(core, operation.immediate2, operation.immediate, nextEip(core, operation));
}
export function jumpFarMemory16(core: Core, operation: Operation): void {
  const address = linear(core, operation, 4, false);
  const offset = read16(core, address);
  farJump(core, read16(core, (address + 2) | 0), offset, nextEip(core, operation));
}
export function jumpFarMemory32(core: Core, operation: Operation): void {
  const address = linear(core, operation, 6, false);
  const offset = read32(core, address);
  farJump(core, read16(core, (address + 4) | 0), offset, nextEip(core, operation));
}
export function callFarPointer16(core: Core, operation: Operation): void {
  farCall(core, operation.immediate2, operation.immediate & 0xffff, 2, nextEip(core, operation));
}
export function callFarPointer32(core: Core, operation: Operation): void {
  farCall(core, operation.immediate2, operation.immediate, 4, nextEip(core, operation));
}
export function callFarMemory16(core: Core, operation: Operation): void {
  const address = linear(core, operation, 4, false);
  const offset = read16(core, address);
  farCall(core, read16(core, (address + 2) | 0), offset, 2, nextEip(core, operation));
}
export function callFarMemory32(core: Core, operation: Operation): void {
  const address = linear(core, operation, 6, false);
  const offset = read32(core, address);
  farCall(core, read16(core, (address + 4) | 0), offset, 4, nextEip(core, operation));
}

export function retFar16(core: Core, operation: Operation): void {
  farReturn(core, 2, operation.immediate);
}
export function retFar32(core: Core, operation: Operation): void {
  farReturn(core, 4, operation.immediate);
}

export function iret16(core: Core, operation: Operation): void {
  core.position = operation.position;
  interruptReturn(core, 2, nextEip(core, operation));
}
export function iret32(core: Core, operation: Operation): void {
  core.position = operation.position;
  interruptReturn(core, 4, nextEip(core, operation));
}

export const JMP_FAR: Instruction = instruction({
  mnemonic: "JMP",
  encodings: [
    ["o16 EA cd", "ptr16:16"],
    ["o32 EA cp", "ptr16:32"],
  ],
  form: "direct",
  ends: "jumps",
  execute: [null, jumpFarPointer16, jumpFarPointer32],
});

export const JMP_FAR_INDIRECT: Instruction = instruction({
  mnemonic: "JMP",
  encodings: [
    ["o16 FF /5", "m16:16"],
    ["o32 FF /5", "m16:32"],
  ],
  form: "direct",
  ends: "jumps",
  execute: [null, jumpFarMemory16, jumpFarMemory32],
});

export const CALL_FAR: Instruction = instruction({
  mnemonic: "CALL",
  encodings: [
    ["o16 9A cd", "ptr16:16"],
    ["o32 9A cp", "ptr16:32"],
  ],
  form: "direct",
  ends: "jumps",
  execute: [null, callFarPointer16, callFarPointer32],
});

export const CALL_FAR_INDIRECT: Instruction = instruction({
  mnemonic: "CALL",
  encodings: [
    ["o16 FF /3", "m16:16"],
    ["o32 FF /3", "m16:32"],
  ],
  form: "direct",
  ends: "jumps",
  execute: [null, callFarMemory16, callFarMemory32],
});

export const RET_FAR: Instruction = instruction({
  mnemonic: "RET",
  encodings: [
    ["o16 CB", ""],
    ["o32 CB", ""],
    ["o16 CA iw", "imm16"],
    ["o32 CA iw", "imm16"],
  ],
  form: "direct",
  ends: "jumps",
  execute: [null, retFar16, retFar32],
});

export const IRET: Instruction = instruction({
  mnemonic: "IRET",
  encodings: [
    ["o16 CF", ""],
    ["o32 CF", ""],
  ],
  form: "direct",
  ends: "jumps",
  execute: [null, iret16, iret32],
  lower: (to) => to.system.interruptReturn(),
});
