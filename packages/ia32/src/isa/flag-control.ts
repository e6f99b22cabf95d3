/**
 * Flag control: STC CLC CMC STD CLD LAHF SAHF PUSHF POPF STI CLI SALC.
 *
 * Here: rows and meanings; IF and IOPL obey the privilege level. SDM Vol. 1, 5.1.12; Vol. 2.
 * @module
 */
import { raiseGeneralProtection } from "../interrupt/exception.ts";
import type { Core } from "../state/core.ts";
import { DF, IF, OF, RF, VM } from "../state/eflags.ts";
import { eflags, setArithmeticFlags, setCarryOverflow, setEflags } from "../state/lazy-flags.ts";
import { lookForPending, writableFlags } from "../system/delivery.ts";
import { pop16, pop32, push16, push32 } from "./data-transfer.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { type Operation, shadowInterrupts } from "./operation.ts";

const ALL = ["OF", "SF", "ZF", "AF", "PF", "CF"];

/** CF = bit 31 of `carry`; OF stays. */
function setCarry(core: Core, carry: number): void {
  setCarryOverflow(core, carry, core.carries ^ (core.carries << 1));
}

export function stc(core: Core): void {
  setCarry(core, -1);
}
export function clc(core: Core): void {
  setCarry(core, 0);
}
export function cmc(core: Core): void {
  setCarry(core, ~core.carries);
}
export function std(core: Core): void {
  core.systemFlags |= DF;
}
export function cld(core: Core): void {
  core.systemFlags &= ~DF;
}

/** Opens interrupts behind the next instruction. */
export function sti(core: Core, operation: Operation): void {
  if (core.cpl > core.iopl) raiseGeneralProtection(core);
  if (core.systemFlags & IF) return;
  core.systemFlags |= IF;
  shadowInterrupts(core, operation);
  lookForPending(core);
}
export function cli(core: Core): void {
  if (core.cpl > core.iopl) raiseGeneralProtection(core);
  core.systemFlags &= ~IF;
}

export function lahf(core: Core): void {
  core.r8[1] = eflags(core);
}
export function sahf(core: Core): void {
  setArithmeticFlags(core, (core.r8[1] & ~OF) | (eflags(core) & OF));
}

/** PUSHF and POPF are the monitor's in virtual-8086 mode, unless IOPL opens them. */
function checkVirtual8086(core: Core): void {
  if (core.virtual8086 && core.iopl < 3) raiseGeneralProtection(core);
}
export function pushf16(core: Core): void {
  checkVirtual8086(core);
  push16(core, eflags(core));
}
export function pushf32(core: Core): void {
  checkVirtual8086(core);
  push32(core, eflags(core) & ~(RF | VM));
}
export function popf16(core: Core): void {
  checkVirtual8086(core);
  const mask = writableFlags(core) & 0xffff;
  setEflags(core, (eflags(core) & ~mask) | (pop16(core) & mask));
  lookForPending(core);
}
export function popf32(core: Core): void {
  checkVirtual8086(core);
  const mask = writableFlags(core) & ~RF;
  setEflags(core, (eflags(core) & ~(mask | RF)) | (pop32(core) & mask));
  lookForPending(core);
}

/** Undocumented: AL = CF ? FF : 0. */
export function salc(core: Core): void {
  core.r8[0] = core.carries < 0 ? 0xff : 0;
}

export const STC: Instruction = instruction({
  mnemonic: "STC",
  encodings: [["F9", ""]],
  flags: { modified: ["CF"] },
  form: "direct",
  execute: stc,
  lower: (to) => to.setCarry("set"),
});
export const CLC: Instruction = instruction({
  mnemonic: "CLC",
  encodings: [["F8", ""]],
  flags: { modified: ["CF"] },
  form: "direct",
  execute: clc,
  lower: (to) => to.setCarry("clear"),
});
export const CMC: Instruction = instruction({
  mnemonic: "CMC",
  encodings: [["F5", ""]],
  flags: { tested: ["CF"], modified: ["CF"] },
  form: "direct",
  execute: cmc,
  lower: (to) => to.setCarry("complement"),
});
export const STD: Instruction = instruction({
  mnemonic: "STD",
  encodings: [["FD", ""]],
  flags: { modified: ["DF"] },
  form: "direct",
  execute: std,
  lower: (to) => to.setDirection(true),
});
export const CLD: Instruction = instruction({
  mnemonic: "CLD",
  encodings: [["FC", ""]],
  flags: { modified: ["DF"] },
  form: "direct",
  execute: cld,
  lower: (to) => to.setDirection(false),
});
export const STI: Instruction = instruction({
  mnemonic: "STI",
  encodings: [["FB", ""]],
  flags: { modified: ["IF"] },
  form: "direct",
  ends: "falls",
  execute: sti,
  lower: (to) => to.system.openInterrupts(),
});
export const CLI: Instruction = instruction({
  mnemonic: "CLI",
  encodings: [["FA", ""]],
  flags: { modified: ["IF"] },
  form: "direct",
  execute: cli,
  lower: (to) => to.system.closeInterrupts(),
});
export const LAHF: Instruction = instruction({
  mnemonic: "LAHF",
  encodings: [["9F", ""]],
  form: "direct",
  execute: lahf,
});
export const SAHF: Instruction = instruction({
  mnemonic: "SAHF",
  encodings: [["9E", ""]],
  flags: { modified: ["SF", "ZF", "AF", "PF", "CF"] },
  form: "direct",
  execute: sahf,
});
export const PUSHF: Instruction = instruction({
  mnemonic: "PUSHF",
  encodings: [
    ["o16 9C", ""],
    ["o32 9C", ""],
  ],
  form: "direct",
  flags: { tested: ALL },
  execute: [null, pushf16, pushf32],
  lower: (to) => (to.size === 32 ? to.pushFlags() : to.decline()),
});
export const POPF: Instruction = instruction({
  mnemonic: "POPF",
  encodings: [
    ["o16 9D", ""],
    ["o32 9D", ""],
  ],
  flags: { modified: ["all"] },
  form: "direct",
  ends: "falls",
  execute: [null, popf16, popf32],
});
export const SALC: Instruction = instruction({
  mnemonic: "SALC",
  encodings: [["D6", ""]],
  flags: { tested: ["CF"] },
  form: "direct",
  execute: salc,
});
