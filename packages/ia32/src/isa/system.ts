/**
 * System instructions that look at descriptors or wait: VERR VERW LAR LSL ARPL HLT.
 *
 * Here: rows and meanings. Not here: descriptor-register.ts, control-register.ts, model-specific.ts.
 * SDM Vol. 1, 5.20; Vol. 2.
 * @module
 */
import { raiseException, raiseGeneralProtection, VECTOR_UD } from "../interrupt/exception.ts";
import { probeWrite, read16, write16 } from "../mmu/access.ts";
import { tableEntry } from "../mmu/descriptor-table.ts";
import type { Core } from "../state/core.ts";
import { CONFORMING, EXECUTABLE, NOT_SYSTEM, READ_WRITE, type TableEntry } from "../state/descriptor.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { leaveWith, linear, type Operation } from "./operation.ts";

export function hlt(core: Core, operation: Operation): void {
  if (core.cpl !== 0) raiseGeneralProtection(core);
  leaveWith(core, operation, "halt");
}
/** ARPL raises the RPL of the first operand to that of the second; memory is written only if that changes it. */
function adjusted(core: Core, a: number, b: number): number {
  protectedOnly(core);
  const raise = (a & 3) < (b & 3);
  core.zero = raise ? 0 : 1;
  return raise ? (a & ~3) | (b & 3) : a;
}
export function arplRegister(core: Core, a: number, b: number): number {
  return adjusted(core, a, b);
}
export function arplMemory(core: Core, operation: Operation): void {
  protectedOnly(core);
  const address = linear(core, operation, 2, false);
  const selector = read16(core, address);
  if ((selector & 3) < (core.r16[operation.reg] & 3)) {
    linear(core, operation, 2, true);
    probeWrite(core, address, 2);
  }
  const result = adjusted(core, selector, core.r16[operation.reg]);
  if (core.zero === 0) write16(core, address, result);
}

/** LAR, LSL, VERR, VERW and ARPL exist in protected mode only. */
function protectedOnly(core: Core): void {
  if (!core.selectors) raiseException(core, VECTOR_UD);
}

/** The descriptor that LAR, LSL, VERR and VERW may look at, or null. `system`: types of system descriptors allowed. */
function visible(core: Core, selector: number, system: readonly number[]): TableEntry | null {
  protectedOnly(core);
  if ((selector & 0xfffc) === 0) return null;
  const entry = tableEntry(core, selector & 0xffff);
  if (entry === null) return null;
  const { access, dpl } = entry;
  if ((access & NOT_SYSTEM) === 0 && !system.includes(access & 15)) return null;
  const conforming = (access & (NOT_SYSTEM | EXECUTABLE | CONFORMING)) === (NOT_SYSTEM | EXECUTABLE | CONFORMING);
  return conforming || Math.max(core.cpl, selector & 3) <= dpl ? entry : null;
}

/** Types that LAR shows: TSS, LDT, call and task gates. LSL: those with a limit. */
const LAR_TYPES = [1, 2, 3, 4, 5, 9, 11, 12];
const LSL_TYPES = [1, 2, 3, 9, 11];

export function lar16(core: Core, destination: number, selector: number): number {
  const entry = visible(core, selector, LAR_TYPES);
  core.zero = entry === null ? 1 : 0;
  return entry === null ? destination : entry.high & 0xff00;
}
export function lar32(core: Core, destination: number, selector: number): number {
  const entry = visible(core, selector, LAR_TYPES);
  core.zero = entry === null ? 1 : 0;
  return entry === null ? destination : entry.high & 0xffff00;
}
export function lsl(core: Core, destination: number, selector: number): number {
  const entry = visible(core, selector, LSL_TYPES);
  core.zero = entry === null ? 1 : 0;
  return entry === null ? destination : entry.limit | 0;
}
export function verr(core: Core, selector: number): void {
  const entry = visible(core, selector, []);
  const readable = entry !== null && ((entry.access & EXECUTABLE) === 0 || (entry.access & READ_WRITE) !== 0);
  core.zero = readable ? 0 : 1;
}
export function verw(core: Core, selector: number): void {
  const entry = visible(core, selector, []);
  core.zero = entry !== null && (entry.access & (EXECUTABLE | READ_WRITE)) === READ_WRITE ? 0 : 1;
}

export const HLT: Instruction = instruction({
  mnemonic: "HLT",
  encodings: [["F4", ""]],
  form: "direct",
  ends: "jumps",
  execute: hlt,
});

export const ARPL: Instruction = instruction({
  mnemonic: "ARPL",
  encodings: [["o 63 /r", "rr16, r16"]],
  flags: { modified: ["ZF"] },
  form: "modify",
  execute: arplRegister,
});
export const ARPL_MEMORY: Instruction = instruction({
  mnemonic: "ARPL",
  encodings: [["o 63 /r", "m16, r16"]],
  flags: { modified: ["ZF"] },
  form: "direct",
  execute: arplMemory,
});

export const LAR: Instruction = instruction({
  mnemonic: "LAR",
  encodings: [
    ["0F 02 /r", "r16, r/m16"],
    ["0F 02 /r", "r32, r/m16"],
  ],
  flags: { modified: ["ZF"] },
  form: "modify",
  execute: [null, lar16, lar32],
});

export const LSL: Instruction = instruction({
  mnemonic: "LSL",
  encodings: [
    ["0F 03 /r", "r16, r/m16"],
    ["0F 03 /r", "r32, r/m16"],
  ],
  flags: { modified: ["ZF"] },
  form: "modify",
  execute: lsl,
});

export const VERR: Instruction = instruction({
  mnemonic: "VERR",
  encodings: [["o 0F 00 /4", "r/m16"]],
  flags: { modified: ["ZF"] },
  form: "read",
  execute: verr,
});

export const VERW: Instruction = instruction({
  mnemonic: "VERW",
  encodings: [["o 0F 00 /5", "r/m16"]],
  flags: { modified: ["ZF"] },
  form: "read",
  execute: verw,
});
