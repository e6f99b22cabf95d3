/**
 * Software interrupts: INT n, INT3, INT1, INTO, BOUND.
 *
 * Here: rows and meanings: each leaves the interpreter behind the instruction, for the host or for delivery
 * through the IDT; BOUND is a fault.
 * SDM Vol. 1, 6.5.4; Vol. 2.
 * @module
 */
import {
  raiseException,
  raiseGeneralProtection,
  VECTOR_BP,
  VECTOR_BR,
  VECTOR_DB,
  VECTOR_OF,
} from "../interrupt/exception.ts";
import { read16, read32 } from "../mmu/access.ts";
import { type Core, STOP_EXIT } from "../state/core.ts";
import { conditionO } from "../state/lazy-flags.ts";
import { EIP } from "../state/registers.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { currentEip, linear, nextEip, type Operation } from "./operation.ts";

/** Leaves run() behind this instruction with a trap. */
function trap(core: Core, operation: Operation, kind: "exception" | "softwareInterrupt", vector: number): void {
  const exit = core.exit;
  exit.kind = kind;
  exit.vector = vector;
  exit.errorCode = 0;
  exit.hasErrorCode = false;
  core.stop = STOP_EXIT;
  core.system.trapEip = currentEip(core, operation);
  core.r[EIP] = nextEip(core, operation);
}
export function int3(core: Core, operation: Operation): void {
  trap(core, operation, "exception", VECTOR_BP);
}
export function int1(core: Core, operation: Operation): void {
  trap(core, operation, "exception", VECTOR_DB);
}
export function intN(core: Core, operation: Operation): void {
  if (core.virtual8086 && core.iopl < 3) raiseGeneralProtection(core);
  trap(core, operation, "softwareInterrupt", operation.immediate);
}
export function into(core: Core, operation: Operation): void {
  if (conditionO(core)) trap(core, operation, "exception", VECTOR_OF);
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
  lower: (to) => to.system.softwareInterrupt(),
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
