/**
 * Segment registers: MOV PUSH POP of ES CS SS DS FS GS, and LDS LES LFS LGS LSS.
 *
 * Here: rows and meanings. A load ends the block, because decoded code depends on which segments are flat.
 * SDM Vol. 1, 5.1.14; Vol. 2B, MOV; Vol. 3A, 5.4, 5.5.
 * @module
 */
import { raiseException, VECTOR_UD } from "../interrupt/exception.ts";
import { probeWrite, read16, read32, write16 } from "../mmu/access.ts";
import { loadSegmentRegister } from "../mmu/segmentation.ts";
import type { Core } from "../state/core.ts";
import { CS, DS, ES, FS, GS, SS } from "../state/descriptor.ts";
import { ESP } from "../state/registers.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { linear, type Operation, setStackPointer, shadowInterrupts, stackLinear } from "./operation.ts";

function selectorOf(core: Core, operation: Operation): number {
  if (operation.reg > GS) raiseException(core, VECTOR_UD);
  return core.segments[operation.reg].selector;
}

export function movFromSegment16(core: Core, operation: Operation): void {
  core.r16[operation.rm] = selectorOf(core, operation);
}
export function movFromSegment32(core: Core, operation: Operation): void {
  core.r[operation.rm] = selectorOf(core, operation);
}
/** Memory always gets 16 bits. */
export function movFromSegmentMemory(core: Core, operation: Operation): void {
  const selector = selectorOf(core, operation);
  write16(core, linear(core, operation, 2, true), selector);
}

function checkLoadable(core: Core, operation: Operation): void {
  if (operation.reg > GS || operation.reg === CS) raiseException(core, VECTOR_UD);
}
export function movToSegment(core: Core, operation: Operation): void {
  checkLoadable(core, operation);
  loadSegmentRegister(core, operation.reg, core.r16[operation.rm]);
  if (operation.reg === SS) shadowInterrupts(core, operation);
}
export function movToSegmentMemory(core: Core, operation: Operation): void {
  checkLoadable(core, operation);
  loadSegmentRegister(core, operation.reg, read16(core, linear(core, operation, 2, false)));
  if (operation.reg === SS) shadowInterrupts(core, operation);
}

/** A 32-bit push of a selector writes 16 bits and leaves the upper half of the stack word. */
function pushSegment(core: Core, number: number, size: 2 | 4): void {
  const esp = (core.r[ESP] - size) | 0;
  const address = stackLinear(core, esp, size, true);
  probeWrite(core, address, size);
  write16(core, address, core.segments[number].selector);
  setStackPointer(core, esp);
}
function popSegment(core: Core, number: number, size: 2 | 4): void {
  const esp = core.r[ESP];
  const selector = read16(core, stackLinear(core, esp, size, false));
  const mask = core.stackMask;
  loadSegmentRegister(core, number, selector);
  core.r[ESP] = (esp & ~mask) | ((esp + size) & mask);
}
export function pushEs16(core: Core): void {
  pushSegment(core, ES, 2);
}
export function pushEs32(core: Core): void {
  pushSegment(core, ES, 4);
}
export function pushCs16(core: Core): void {
  pushSegment(core, CS, 2);
}
export function pushCs32(core: Core): void {
  pushSegment(core, CS, 4);
}
export function pushSs16(core: Core): void {
  pushSegment(core, SS, 2);
}
export function pushSs32(core: Core): void {
  pushSegment(core, SS, 4);
}
export function pushDs16(core: Core): void {
  pushSegment(core, DS, 2);
}
export function pushDs32(core: Core): void {
  pushSegment(core, DS, 4);
}
export function pushFs16(core: Core): void {
  pushSegment(core, FS, 2);
}
export function pushFs32(core: Core): void {
  pushSegment(core, FS, 4);
}
export function pushGs16(core: Core): void {
  pushSegment(core, GS, 2);
}
export function pushGs32(core: Core): void {
  pushSegment(core, GS, 4);
}
export function popEs16(core: Core): void {
  popSegment(core, ES, 2);
}
export function popEs32(core: Core): void {
  popSegment(core, ES, 4);
}
export function popSs16(core: Core, operation: Operation): void {
  popSegment(core, SS, 2);
  shadowInterrupts(core, operation);
}
export function popSs32(core: Core, operation: Operation): void {
  popSegment(core, SS, 4);
  shadowInterrupts(core, operation);
}
export function popDs16(core: Core): void {
  popSegment(core, DS, 2);
}
export function popDs32(core: Core): void {
  popSegment(core, DS, 4);
}
export function popFs16(core: Core): void {
  popSegment(core, FS, 2);
}
export function popFs32(core: Core): void {
  popSegment(core, FS, 4);
}
export function popGs16(core: Core): void {
  popSegment(core, GS, 2);
}
export function popGs32(core: Core): void {
  popSegment(core, GS, 4);
}

function loadPointer16(core: Core, operation: Operation, number: number): void {
  const address = linear(core, operation, 4, false);
  const offset = read16(core, address);
  loadSegmentRegister(core, number, read16(core, (address + 2) | 0));
  core.r16[operation.reg] = offset;
}
function loadPointer32(core: Core, operation: Operation, number: number): void {
  const address = linear(core, operation, 6, false);
  const offset = read32(core, address);
  loadSegmentRegister(core, number, read16(core, (address + 4) | 0));
  core.r[operation.reg] = offset;
}
export function les16(core: Core, operation: Operation): void {
  loadPointer16(core, operation, ES);
}
export function les32(core: Core, operation: Operation): void {
  loadPointer32(core, operation, ES);
}
export function lds16(core: Core, operation: Operation): void {
  loadPointer16(core, operation, DS);
}
export function lds32(core: Core, operation: Operation): void {
  loadPointer32(core, operation, DS);
}
export function lss16(core: Core, operation: Operation): void {
  loadPointer16(core, operation, SS);
}
export function lss32(core: Core, operation: Operation): void {
  loadPointer32(core, operation, SS);
}
export function lfs16(core: Core, operation: Operation): void {
  loadPointer16(core, operation, FS);
}
export function lfs32(core: Core, operation: Operation): void {
  loadPointer32(core, operation, FS);
}
export function lgs16(core: Core, operation: Operation): void {
  loadPointer16(core, operation, GS);
}
export function lgs32(core: Core, operation: Operation): void {
  loadPointer32(core, operation, GS);
}

export const MOV_FROM_SEGMENT: Instruction = instruction({
  mnemonic: "MOV",
  encodings: [
    ["8C /r", "rr16, Sreg"],
    ["8C /r", "rr32, Sreg"],
  ],
  form: "direct",
  execute: [null, movFromSegment16, movFromSegment32],
});
export const MOV_FROM_SEGMENT_MEMORY: Instruction = instruction({
  mnemonic: "MOV",
  encodings: [
    ["o16 8C /r", "m16, Sreg"],
    ["o32 8C /r", "m16, Sreg"],
  ],
  form: "direct",
  execute: movFromSegmentMemory,
});
export const MOV_TO_SEGMENT: Instruction = instruction({
  mnemonic: "MOV",
  encodings: [
    ["o16 8E /r", "Sreg, rr16"],
    ["o32 8E /r", "Sreg, rr16"],
  ],
  form: "direct",
  ends: "falls",
  execute: movToSegment,
});
export const MOV_TO_SEGMENT_MEMORY: Instruction = instruction({
  mnemonic: "MOV",
  encodings: [
    ["o16 8E /r", "Sreg, m16"],
    ["o32 8E /r", "Sreg, m16"],
  ],
  form: "direct",
  ends: "falls",
  execute: movToSegmentMemory,
});

function push(opcode: string, name: string, number: number, execute: Instruction["execute"]): Instruction {
  return instruction({
    mnemonic: "PUSH",
    encodings: [
      [`o16 ${opcode}`, name],
      [`o32 ${opcode}`, name],
    ],
    form: "direct",
    execute,
    lower: (to) => to.system.pushSelector(number),
  });
}
function pop(opcode: string, name: string, execute: Instruction["execute"]): Instruction {
  return instruction({
    mnemonic: "POP",
    encodings: [
      [`o16 ${opcode}`, name],
      [`o32 ${opcode}`, name],
    ],
    form: "direct",
    ends: "falls",
    execute,
  });
}
function loadFar(mnemonic: string, opcode: string, execute: Instruction["execute"]): Instruction {
  return instruction({
    mnemonic,
    encodings: [
      [`${opcode} /r`, "r16, m16:16"],
      [`${opcode} /r`, "r32, m16:32"],
    ],
    form: "direct",
    ends: "falls",
    execute,
  });
}

export const PUSH_ES: Instruction = push("06", "ES", ES, [null, pushEs16, pushEs32]);
export const PUSH_CS: Instruction = push("0E", "CS", CS, [null, pushCs16, pushCs32]);
export const PUSH_SS: Instruction = push("16", "SS", SS, [null, pushSs16, pushSs32]);
export const PUSH_DS: Instruction = push("1E", "DS", DS, [null, pushDs16, pushDs32]);
export const PUSH_FS: Instruction = push("0F A0", "FS", FS, [null, pushFs16, pushFs32]);
export const PUSH_GS: Instruction = push("0F A8", "GS", GS, [null, pushGs16, pushGs32]);
export const POP_ES: Instruction = pop("07", "ES", [null, popEs16, popEs32]);
export const POP_SS: Instruction = pop("17", "SS", [null, popSs16, popSs32]);
export const POP_DS: Instruction = pop("1F", "DS", [null, popDs16, popDs32]);
export const POP_FS: Instruction = pop("0F A1", "FS", [null, popFs16, popFs32]);
export const POP_GS: Instruction = pop("0F A9", "GS", [null, popGs16, popGs32]);
export const LES: Instruction = loadFar("LES", "C4", [null, les16, les32]);
export const LDS: Instruction = loadFar("LDS", "C5", [null, lds16, lds32]);
export const LSS: Instruction = loadFar("LSS", "0F B2", [null, lss16, lss32]);
export const LFS: Instruction = loadFar("LFS", "0F B4", [null, lfs16, lfs32]);
export const LGS: Instruction = loadFar("LGS", "0F B5", [null, lgs16, lgs32]);
