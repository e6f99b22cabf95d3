/**
 * Control transfer: JMP Jcc JCXZ LOOP CALL RET IRET INT INTO BOUND ENTER LEAVE.
 *
 * Here: rows and meanings. Far forms stay at the same privilege level and use the host's descriptors; a far
 * transfer to another level is #GP, because a host kernel offers no gates. SDM Vol. 1, 5.1.7; Vol. 2.
 * @module
 */
import {
  raiseException,
  raiseGeneralProtection,
  raiseWithCode,
  VECTOR_BP,
  VECTOR_BR,
  VECTOR_DB,
  VECTOR_GP,
  VECTOR_OF,
} from "../interrupt/exception.ts";
import { probeWrite, read16, read32, write16, write32 } from "../mmu/access.ts";
import { checkCodeSelector, loadCodeSegment } from "../mmu/segmentation.ts";
import { type Core, STOP_EXIT } from "../state/core.ts";
import { CS } from "../state/descriptor.ts";
import { IF, IOPL, NT, SETTABLE, VIF, VIP, VM } from "../state/eflags.ts";
import * as conditions from "../state/lazy-flags.ts";
import { EBP, ECX, EIP, ESP } from "../state/registers.ts";
import { push16, push32 } from "./data-transfer.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { linear, nextEip, type Operation, stackLinear } from "./operation.ts";

/** Sets EIP, unless the target lies behind the limit of CS. */
export function jump(core: Core, target: number): void {
  if (!core.flat) checkTarget(core, target);
  core.r[EIP] = target;
}

function checkTarget(core: Core, target: number): void {
  if (target >>> 0 > core.segments[CS].limit) raiseGeneralProtection(core);
}

function target32(core: Core, operation: Operation): number {
  return (core.pageBase + operation.target) | 0;
}

function target16(core: Core, operation: Operation): number {
  return (core.pageBase + operation.target) & 0xffff;
}

export function always(_core: Core): boolean {
  return true;
}

export function ecxIsZero(core: Core): boolean {
  return core.r[ECX] === 0;
}
export function cxIsZero(core: Core): boolean {
  return core.r16[ECX * 2] === 0;
}

/** LOOP counts in ECX, or in CX where addresses have 16 bits; a target fault leaves the count alone. */
function loopWhile(core: Core, operation: Operation, go: boolean, target: number): void {
  const count = (core.r[ECX] - 1) | 0;
  const wide = operation.addressMask < 0;
  const taken = go && (wide ? count !== 0 : (count & 0xffff) !== 0);
  jump(core, taken ? target : nextEip(core, operation));
  if (wide) core.r[ECX] = count;
  else core.r16[ECX * 2] = count;
}
export function loop16(core: Core, operation: Operation): void {
  loopWhile(core, operation, true, target16(core, operation));
}
export function loop32(core: Core, operation: Operation): void {
  loopWhile(core, operation, true, target32(core, operation));
}
export function loope16(core: Core, operation: Operation): void {
  loopWhile(core, operation, core.zero === 0, target16(core, operation));
}
export function loope32(core: Core, operation: Operation): void {
  loopWhile(core, operation, core.zero === 0, target32(core, operation));
}
export function loopne16(core: Core, operation: Operation): void {
  loopWhile(core, operation, core.zero !== 0, target16(core, operation));
}
export function loopne32(core: Core, operation: Operation): void {
  loopWhile(core, operation, core.zero !== 0, target32(core, operation));
}

function jcxzTo(core: Core, operation: Operation, target: number): void {
  const zero = operation.addressMask < 0 ? ecxIsZero(core) : cxIsZero(core);
  jump(core, zero ? target : nextEip(core, operation));
}
export function jcxz16(core: Core, operation: Operation): void {
  jcxzTo(core, operation, target16(core, operation));
}
export function jcxz32(core: Core, operation: Operation): void {
  jcxzTo(core, operation, target32(core, operation));
}

export function jumpNear16(core: Core, _operation: Operation, target: number): void {
  jump(core, target);
}
export function jumpNear32(core: Core, _operation: Operation, target: number): void {
  jump(core, target);
}

export function call16(core: Core, operation: Operation, target: number): void {
  if (!core.flat) checkTarget(core, target);
  push16(core, nextEip(core, operation));
  core.r[EIP] = target;
}
export function call32(core: Core, operation: Operation, target: number): void {
  if (!core.flat) checkTarget(core, target);
  push32(core, nextEip(core, operation));
  core.r[EIP] = target;
}
export function callRelative16(core: Core, operation: Operation): void {
  call16(core, operation, target16(core, operation));
}
export function callRelative32(core: Core, operation: Operation): void {
  call32(core, operation, target32(core, operation));
}

export function ret16(core: Core, operation: Operation): void {
  const esp = core.r[ESP];
  jump(core, read16(core, stackLinear(core, esp, 2, false)));
  core.r[ESP] = esp + 2 + operation.immediate;
}
export function ret32(core: Core, operation: Operation): void {
  const esp = core.r[ESP];
  jump(core, read32(core, stackLinear(core, esp, 4, false)));
  core.r[ESP] = esp + 4 + operation.immediate;
}

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
  conditions.setEflags(core, (conditions.eflags(core) & ~mask) | (image & mask & ~(VM | VIF | VIP)));
  core.r[EIP] = offset;
  core.r[ESP] += popped;
}

/** Leaves run() behind this instruction with a trap. */
function trap(core: Core, operation: Operation, kind: "exception" | "softwareInterrupt", vector: number): void {
  const exit = core.exit;
  exit.kind = kind;
  exit.vector = vector;
  exit.errorCode = 0;
  exit.hasErrorCode = false;
  core.stop = STOP_EXIT;
  core.r[EIP] = nextEip(core, operation);
}
export function int3(core: Core, operation: Operation): void {
  trap(core, operation, "exception", VECTOR_BP);
}
export function int1(core: Core, operation: Operation): void {
  trap(core, operation, "exception", VECTOR_DB);
}
export function intN(core: Core, operation: Operation): void {
  trap(core, operation, "softwareInterrupt", operation.immediate);
}
export function into(core: Core, operation: Operation): void {
  if (conditions.conditionO(core)) trap(core, operation, "exception", VECTOR_OF);
  else core.r[EIP] = nextEip(core, operation);
}

export function bound16(core: Core, operation: Operation): void {
  const address = linear(core, operation, 4, false);
  const lower = (read16(core, address) << 16) >> 16;
  const upper = (read16(core, (address + 2) | 0) << 16) >> 16;
  const index = (core.r16[operation.reg] << 16) >> 16;
  if (index < lower || index > upper) raiseException(core, VECTOR_BR);
}
export function bound32(core: Core, operation: Operation): void {
  const address = linear(core, operation, 8, false);
  const lower = read32(core, address);
  const upper = read32(core, (address + 4) | 0);
  const index = core.r[operation.reg];
  if (index < lower || index > upper) raiseException(core, VECTOR_BR);
}

/** ENTER: `immediate` bytes of locals, `immediate2` levels of display. */
function enterFrame(core: Core, operation: Operation, size: 2 | 4): void {
  const level = operation.immediate2 & 31;
  const esp = core.r[ESP];
  const ebp = core.r[EBP];
  const frame = (esp - size) | 0;
  const final = (frame - level * size - operation.immediate) | 0;
  // Every fault comes before the first change: the frame, the display, and the last byte of the locals.
  for (let i = 0; i <= level; i++) probeWrite(core, stackLinear(core, (frame - i * size) | 0, size, true), size);
  for (let i = 1; i < level; i++) readStack(core, (ebp - i * size) | 0, size);
  probeWrite(core, stackLinear(core, final, size, true), size);
  writeStack(core, frame, size, ebp);
  for (let i = 1; i < level; i++)
    writeStack(core, (frame - i * size) | 0, size, readStack(core, (ebp - i * size) | 0, size));
  if (level > 0) writeStack(core, (frame - level * size) | 0, size, frame);
  if (size === 2) core.r16[EBP * 2] = frame;
  else core.r[EBP] = frame;
  core.r[ESP] = final;
}
function readStack(core: Core, offset: number, size: 2 | 4): number {
  const address = stackLinear(core, offset, size, false);
  return size === 2 ? read16(core, address) : read32(core, address);
}
function writeStack(core: Core, offset: number, size: 2 | 4, value: number): void {
  const address = stackLinear(core, offset, size, true);
  if (size === 2) write16(core, address, value);
  else write32(core, address, value);
}
export function enter16(core: Core, operation: Operation): void {
  enterFrame(core, operation, 2);
}
export function enter32(core: Core, operation: Operation): void {
  enterFrame(core, operation, 4);
}

export function leave16(core: Core): void {
  const ebp = core.r[EBP];
  core.r16[EBP * 2] = read16(core, stackLinear(core, ebp, 2, false));
  core.r[ESP] = ebp + 2;
}
export function leave32(core: Core): void {
  const ebp = core.r[EBP];
  core.r[EBP] = read32(core, stackLinear(core, ebp, 4, false));
  core.r[ESP] = ebp + 4;
}

function jcc(suffix: string, number: number, tested: readonly string[], execute: (core: Core) => boolean): Instruction {
  const short = (0x70 + number).toString(16);
  const near = (0x80 + number).toString(16);
  return instruction({
    mnemonic: `J${suffix}`,
    encodings: [
      [`o16 ${short} cb`, "rel8"],
      [`o32 ${short} cb`, "rel8"],
      [`0F ${near} cw`, "rel16"],
      [`0F ${near} cd`, "rel32"],
    ],
    flags: { tested },
    form: "branch",
    ends: "jumps",
    execute,
  });
}

export const JO: Instruction = jcc("O", 0, ["OF"], conditions.conditionO);
export const JNO: Instruction = jcc("NO", 1, ["OF"], conditions.conditionNO);
export const JB: Instruction = jcc("B", 2, ["CF"], conditions.conditionB);
export const JAE: Instruction = jcc("AE", 3, ["CF"], conditions.conditionAE);
export const JE: Instruction = jcc("E", 4, ["ZF"], conditions.conditionE);
export const JNE: Instruction = jcc("NE", 5, ["ZF"], conditions.conditionNE);
export const JBE: Instruction = jcc("BE", 6, ["CF", "ZF"], conditions.conditionBE);
export const JA: Instruction = jcc("A", 7, ["CF", "ZF"], conditions.conditionA);
export const JS: Instruction = jcc("S", 8, ["SF"], conditions.conditionS);
export const JNS: Instruction = jcc("NS", 9, ["SF"], conditions.conditionNS);
export const JP: Instruction = jcc("P", 10, ["PF"], conditions.conditionP);
export const JNP: Instruction = jcc("NP", 11, ["PF"], conditions.conditionNP);
export const JL: Instruction = jcc("L", 12, ["SF", "OF"], conditions.conditionL);
export const JGE: Instruction = jcc("GE", 13, ["SF", "OF"], conditions.conditionGE);
export const JLE: Instruction = jcc("LE", 14, ["ZF", "SF", "OF"], conditions.conditionLE);
export const JG: Instruction = jcc("G", 15, ["ZF", "SF", "OF"], conditions.conditionG);

export const JMP: Instruction = instruction({
  mnemonic: "JMP",
  encodings: [
    ["o16 EB cb", "rel8"],
    ["o32 EB cb", "rel8"],
    ["E9 cw", "rel16"],
    ["E9 cd", "rel32"],
  ],
  form: "branch",
  ends: "jumps",
  execute: always,
});
export const JMP_INDIRECT: Instruction = instruction({
  mnemonic: "JMP",
  encodings: [
    ["FF /4", "r/m16"],
    ["FF /4", "r/m32"],
  ],
  form: "transfer",
  ends: "jumps",
  execute: [null, jumpNear16, jumpNear32],
});
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

export const JCXZ: Instruction = instruction({
  mnemonic: "JCXZ",
  encodings: [
    ["o16 E3 cb", "rel8"],
    ["o32 E3 cb", "rel8"],
  ],
  form: "direct",
  ends: "jumps",
  execute: [null, jcxz16, jcxz32],
});

export const LOOP: Instruction = instruction({
  mnemonic: "LOOP",
  encodings: [
    ["o16 E2 cb", "rel8"],
    ["o32 E2 cb", "rel8"],
  ],
  form: "direct",
  ends: "jumps",
  execute: [null, loop16, loop32],
});
export const LOOPE: Instruction = instruction({
  mnemonic: "LOOPE",
  encodings: [
    ["o16 E1 cb", "rel8"],
    ["o32 E1 cb", "rel8"],
  ],
  flags: { tested: ["ZF"] },
  form: "direct",
  ends: "jumps",
  execute: [null, loope16, loope32],
});
export const LOOPNE: Instruction = instruction({
  mnemonic: "LOOPNE",
  encodings: [
    ["o16 E0 cb", "rel8"],
    ["o32 E0 cb", "rel8"],
  ],
  flags: { tested: ["ZF"] },
  form: "direct",
  ends: "jumps",
  execute: [null, loopne16, loopne32],
});

export const CALL: Instruction = instruction({
  mnemonic: "CALL",
  encodings: [
    ["E8 cw", "rel16"],
    ["E8 cd", "rel32"],
  ],
  form: "direct",
  ends: "jumps",
  execute: [null, callRelative16, callRelative32],
});
export const CALL_INDIRECT: Instruction = instruction({
  mnemonic: "CALL",
  encodings: [
    ["FF /2", "r/m16"],
    ["FF /2", "r/m32"],
  ],
  form: "transfer",
  ends: "jumps",
  execute: [null, call16, call32],
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

export const RET: Instruction = instruction({
  mnemonic: "RET",
  encodings: [
    ["o16 C3", ""],
    ["o32 C3", ""],
    ["o16 C2 iw", "imm16"],
    ["o32 C2 iw", "imm16"],
  ],
  form: "direct",
  ends: "jumps",
  execute: [null, ret16, ret32],
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

export const INT3: Instruction = instruction({
  mnemonic: "INT3",
  encodings: [["CC", ""]],
  form: "direct",
  ends: "jumps",
  execute: int3,
});
export const INT1: Instruction = instruction({
  mnemonic: "INT1",
  encodings: [["F1", ""]],
  form: "direct",
  ends: "jumps",
  execute: int1,
});
export const INT: Instruction = instruction({
  mnemonic: "INT",
  encodings: [["CD ib", "imm8"]],
  form: "direct",
  ends: "jumps",
  execute: intN,
});
export const INTO: Instruction = instruction({
  mnemonic: "INTO",
  encodings: [["CE", ""]],
  flags: { tested: ["OF"] },
  form: "direct",
  ends: "jumps",
  execute: into,
});

export const BOUND: Instruction = instruction({
  mnemonic: "BOUND",
  encodings: [
    ["62 /r", "r16, m16&16"],
    ["62 /r", "r32, m32&32"],
  ],
  form: "direct",
  execute: [null, bound16, bound32],
});

export const ENTER: Instruction = instruction({
  mnemonic: "ENTER",
  encodings: [
    ["o16 C8 iw ib", "imm16, imm8"],
    ["o32 C8 iw ib", "imm16, imm8"],
  ],
  form: "direct",
  execute: [null, enter16, enter32],
});
export const LEAVE: Instruction = instruction({
  mnemonic: "LEAVE",
  encodings: [
    ["o16 C9", ""],
    ["o32 C9", ""],
  ],
  form: "direct",
  execute: [null, leave16, leave32],
});
