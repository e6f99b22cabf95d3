/**
 * System instructions: privileged ones, SYSENTER, VERR VERW LAR LSL ARPL.
 *
 * Here: rows and meanings under a host kernel. User code gets #GP(0) from the privileged ones; more
 * privileged code may halt, but control and descriptor registers belong to the host. SDM Vol. 1, 5.20; Vol. 2.
 * @module
 */
import { raiseGeneralProtection } from "../interrupt/exception.ts";
import { probeWrite, read16, write16 } from "../mmu/access.ts";
import { type Core, STOP_EXIT } from "../state/core.ts";
import type { Descriptor } from "../state/descriptor.ts";
import { EIP } from "../state/registers.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { linear, nextEip, type Operation } from "./operation.ts";

function leave(core: Core, operation: Operation, kind: "halt" | "sysenter"): void {
  const exit = core.exit;
  exit.kind = kind;
  exit.vector = 0;
  exit.errorCode = 0;
  exit.hasErrorCode = false;
  core.stop = STOP_EXIT;
  core.r[EIP] = nextEip(core, operation);
}

export function hlt(core: Core, operation: Operation): void {
  if (core.cpl !== 0) raiseGeneralProtection(core);
  leave(core, operation, "halt");
}
export function sysenter(core: Core, operation: Operation): void {
  leave(core, operation, "sysenter");
}
/** Only CPL 0 may do this, and there the host does it. */
export function privileged(core: Core): never {
  raiseGeneralProtection(core);
}

/** ARPL raises the RPL of the first operand to that of the second; memory is written only if that changes it. */
function adjusted(core: Core, a: number, b: number): number {
  const raise = (a & 3) < (b & 3);
  core.zero = raise ? 0 : 1;
  return raise ? (a & ~3) | (b & 3) : a;
}
export function arplRegister(core: Core, a: number, b: number): number {
  return adjusted(core, a, b);
}
export function arplMemory(core: Core, operation: Operation): void {
  const address = linear(core, operation, 2, false);
  const selector = read16(core, address);
  if ((selector & 3) < (core.r16[operation.reg] & 3)) {
    linear(core, operation, 2, true);
    probeWrite(core, address, 2);
  }
  const result = adjusted(core, selector, core.r16[operation.reg]);
  if (core.zero === 0) write16(core, address, result);
}

/** The descriptor that LAR, LSL, VERR and VERW may look at, or null. */
function visible(core: Core, selector: number): Descriptor | null {
  if ((selector & 0xfffc) === 0) return null;
  const descriptor = core.descriptor(selector & 0xffff);
  if (descriptor === null || Math.max(core.cpl, selector & 3) > descriptor.dpl) return null;
  return descriptor;
}

/** Bits 23..8 of the descriptor's second word: present, 32-bit, page granular where the limit needs it. */
function accessRights(descriptor: Descriptor): number {
  const code = descriptor.kind === "code";
  const type = code ? (descriptor.readable ? 0xb : 0x9) : descriptor.writable ? 0x3 : 0x1;
  const granular = descriptor.limit >>> 0 > 0xfffff;
  const upperLimit = ((granular ? descriptor.limit >>> 12 : descriptor.limit) >>> 16) & 15;
  return ((granular ? 0xc : 0x4) << 20) | (upperLimit << 16) | ((0x90 | (descriptor.dpl << 5) | type) << 8);
}

export function lar16(core: Core, destination: number, selector: number): number {
  const descriptor = visible(core, selector);
  core.zero = descriptor === null ? 1 : 0;
  return descriptor === null ? destination : accessRights(descriptor) & 0xff00;
}
export function lar32(core: Core, destination: number, selector: number): number {
  const descriptor = visible(core, selector);
  core.zero = descriptor === null ? 1 : 0;
  return descriptor === null ? destination : accessRights(descriptor) & 0xf0ff00;
}
export function lsl(core: Core, destination: number, selector: number): number {
  const descriptor = visible(core, selector);
  core.zero = descriptor === null ? 1 : 0;
  return descriptor === null ? destination : descriptor.limit | 0;
}
export function verr(core: Core, selector: number): void {
  const descriptor = visible(core, selector);
  core.zero = descriptor !== null && (descriptor.kind === "data" || descriptor.readable === true) ? 0 : 1;
}
export function verw(core: Core, selector: number): void {
  const descriptor = visible(core, selector);
  core.zero = descriptor !== null && descriptor.kind === "data" && descriptor.writable === true ? 0 : 1;
}

export const HLT: Instruction = instruction({
  mnemonic: "HLT",
  encodings: [["F4", ""]],
  form: "direct",
  ends: "jumps",
  execute: hlt,
});

export const SYSENTER: Instruction = instruction({
  mnemonic: "SYSENTER",
  encodings: [["0F 34", ""]],
  form: "direct",
  ends: "jumps",
  execute: sysenter,
});

/** CLTS INVD WBINVD WRMSR RDMSR RDPMC SYSEXIT, descriptor-table and control-register loads. */
export const PRIVILEGED: Instruction = instruction({
  mnemonic: "PRIVILEGED",
  encodings: [
    ["0F 06", ""],
    ["0F 08", ""],
    ["0F 09", ""],
    ["0F 30", ""],
    ["0F 32", ""],
    ["0F 33", ""],
    ["0F 35", ""],
    ["o 0F 00 /2", "r/m16"],
    ["o 0F 00 /3", "r/m16"],
    ["0F 01 /2", "m16&32"],
    ["0F 01 /3", "m16&32"],
    ["o 0F 01 /6", "r/m16"],
    ["0F 01 /7", "m8"],
    ["o 0F 20 /r", "rr32, r32"],
    ["o 0F 21 /r", "rr32, r32"],
    ["o 0F 22 /r", "r32, rr32"],
    ["o 0F 23 /r", "r32, rr32"],
  ],
  form: "direct",
  ends: "jumps",
  execute: privileged,
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
