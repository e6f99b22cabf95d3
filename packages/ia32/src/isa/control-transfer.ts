/**
 * Near control transfer: JMP Jcc JCXZ LOOP CALL RET.
 *
 * Here: rows and meanings. Not here: far-transfer.ts, software-interrupt.ts, enter-leave.ts. SDM Vol. 1, 5.1.7; Vol. 2.
 * @module
 */
import { raiseGeneralProtection } from "../interrupt/exception.ts";
import { read16, read32 } from "../mmu/access.ts";
import type { Core } from "../state/core.ts";
import { CS } from "../state/descriptor.ts";
import * as conditions from "../state/lazy-flags.ts";
import { ECX, EIP, ESP } from "../state/registers.ts";
import { push16, push32 } from "./data-transfer.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { nextEip, type Operation, setStackPointer, stackLinear } from "./operation.ts";

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
  setStackPointer(core, esp + 2 + operation.immediate);
}
export function ret32(core: Core, operation: Operation): void {
  const esp = core.r[ESP];
  jump(core, read32(core, stackLinear(core, esp, 4, false)));
  setStackPointer(core, esp + 4 + operation.immediate);
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
    lower: (to) => to.condition(number),
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
  lower: () => {},
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
  lower: (to, target) => to.jump(target),
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
  lower: (to) => to.countIsZero(),
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
  lower: (to) => to.countDown(null),
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
  lower: (to) => to.countDown(4),
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
  lower: (to) => to.countDown(5),
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
  lower: (to) => to.pushReturn(),
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
  lower: (to, target) => to.call(target),
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
  lower: (to) => to.returnTo(),
});
