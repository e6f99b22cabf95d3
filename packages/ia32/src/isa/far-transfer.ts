/**
 * Far transfers: JMP, CALL and RET to another code segment, IRET.
 *
 * Here: rows and meanings. They stay at the same privilege level and use the host's descriptors; a transfer to
 * another level is #GP, because a host kernel offers no gates. SDM Vol. 1, 5.1.7; Vol. 2; Vol. 3A, 5.8.
 * @module
 */
import { raiseGeneralProtection, raiseWithCode, VECTOR_GP } from "../interrupt/exception.ts";
import { probeWrite, read16, read32 } from "../mmu/access.ts";
import { checkCodeSelector, loadCodeSegment } from "../mmu/segmentation.ts";
import type { Core } from "../state/core.ts";
import { CS } from "../state/descriptor.ts";
import { IF, IOPL, NT, SETTABLE, VIF, VIP, VM } from "../state/eflags.ts";
import { eflags, setEflags } from "../state/lazy-flags.ts";
import { EIP, ESP } from "../state/registers.ts";
import { push16, push32 } from "./data-transfer.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { linear, nextEip, type Operation, stackLinear } from "./operation.ts";

/** Checks a far target; afterwards loadCodeSegment cannot fail. */
function checkFar(core: Core, selector: number, offset: number): void {
  checkCodeSelector(core, selector);
  const descriptor = core.descriptor(selector);
  if (descriptor !== null && offset >>> 0 > descriptor.limit >>> 0) raiseGeneralProtection(core);
}
function jumpFar(core: Core, selector: number, offset: number): void {
  checkFar(core, selector, offset);
  loadCodeSegment(core, selector);
  core.r[EIP] = offset;
}
function callFar(core: Core, operation: Operation, selector: number, offset: number, size: 2 | 4): void {
  checkFar(core, selector, offset);
  const esp = core.r[ESP];
  probeWrite(core, stackLinear(core, (esp - size) | 0, size, true), size);
  probeWrite(core, stackLinear(core, (esp - 2 * size) | 0, size, true), size);
  if (size === 2) {
    push16(core, core.segments[CS].selector);
    push16(core, nextEip(core, operation));
  } else {
    push32(core, core.segments[CS].selector);
    push32(core, nextEip(core, operation));
  }
  loadCodeSegment(core, selector);
  core.r[EIP] = offset;
}

export function jumpFarPointer16(core: Core, operation: Operation): void {
  jumpFar(core, operation.immediate2, operation.immediate & 0xffff);
}
export function jumpFarPointer32(core: Core, operation: Operation): void {
  jumpFar(core, operation.immediate2, operation.immediate);
}
export function jumpFarMemory16(core: Core, operation: Operation): void {
  const address = linear(core, operation, 4, false);
  const offset = read16(core, address);
  jumpFar(core, read16(core, (address + 2) | 0), offset);
}
export function jumpFarMemory32(core: Core, operation: Operation): void {
  const address = linear(core, operation, 6, false);
  const offset = read32(core, address);
  jumpFar(core, read16(core, (address + 4) | 0), offset);
}
export function callFarPointer16(core: Core, operation: Operation): void {
  callFar(core, operation, operation.immediate2, operation.immediate & 0xffff, 2);
}
export function callFarPointer32(core: Core, operation: Operation): void {
  callFar(core, operation, operation.immediate2, operation.immediate, 4);
}
export function callFarMemory16(core: Core, operation: Operation): void {
  const address = linear(core, operation, 4, false);
  const offset = read16(core, address);
  callFar(core, operation, read16(core, (address + 2) | 0), offset, 2);
}
export function callFarMemory32(core: Core, operation: Operation): void {
  const address = linear(core, operation, 6, false);
  const offset = read32(core, address);
  callFar(core, operation, read16(core, (address + 4) | 0), offset, 4);
}

/** A return needs RPL = CPL: a host kernel has no other level to return to. */
function checkReturn(core: Core, selector: number, offset: number): void {
  if ((selector & 0xfffc) !== 0 && (selector & 3) !== core.cpl) raiseWithCode(core, VECTOR_GP, selector & 0xfffc);
  checkFar(core, selector, offset);
}
export function retFar16(core: Core, operation: Operation): void {
  const esp = core.r[ESP];
  const offset = read16(core, stackLinear(core, esp, 2, false));
  const selector = read16(core, stackLinear(core, (esp + 2) | 0, 2, false));
  checkReturn(core, selector, offset);
  loadCodeSegment(core, selector);
  core.r[EIP] = offset;
  core.r[ESP] = esp + 4 + operation.immediate;
}
export function retFar32(core: Core, operation: Operation): void {
  const esp = core.r[ESP];
  const offset = read32(core, stackLinear(core, esp, 4, false));
  const selector = read16(core, stackLinear(core, (esp + 4) | 0, 2, false));
  checkReturn(core, selector, offset);
  loadCodeSegment(core, selector);
  core.r[EIP] = offset;
  core.r[ESP] = esp + 8 + operation.immediate;
}

/** The flags that POPF and IRET may change at the current privilege. */
export function writableFlags(core: Core): number {
  let mask = SETTABLE & ~(IF | IOPL);
  if (core.cpl <= core.iopl) mask |= IF;
  if (core.cpl === 0) mask |= IOPL;
  return mask;
}

export function iret16(core: Core): void {
  const esp = core.r[ESP];
  const offset = read16(core, stackLinear(core, esp, 2, false));
  const selector = read16(core, stackLinear(core, (esp + 2) | 0, 2, false));
  const image = read16(core, stackLinear(core, (esp + 4) | 0, 2, false));
  interruptReturn(core, selector, offset, image, writableFlags(core) & 0xffff, 6);
}
export function iret32(core: Core): void {
  const esp = core.r[ESP];
  const offset = read32(core, stackLinear(core, esp, 4, false));
  const selector = read16(core, stackLinear(core, (esp + 4) | 0, 2, false));
  const image = read32(core, stackLinear(core, (esp + 8) | 0, 4, false));
  interruptReturn(core, selector, offset, image, writableFlags(core), 12);
}
function interruptReturn(
  core: Core,
  selector: number,
  offset: number,
  image: number,
  mask: number,
  popped: number,
): void {
  // A nested task has no other task to go back to here.
  if (core.systemFlags & NT) raiseGeneralProtection(core);
  checkReturn(core, selector, offset);
  loadCodeSegment(core, selector);
  setEflags(core, (eflags(core) & ~mask) | (image & mask & ~(VM | VIF | VIP)));
  core.r[EIP] = offset;
  core.r[ESP] += popped;
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
});
