/**
 * Descriptor-table registers: LGDT SGDT LIDT SIDT LLDT SLDT LTR STR.
 *
 * Here: rows and meanings. Under a host kernel the tables are the host's: stores are #UD, loads #GP(0).
 * SDM Vol. 1, 5.20; Vol. 2; Vol. 3A, 2.4.
 * @module
 */
import {
  raiseException,
  raiseGeneralProtection,
  raiseWithCode,
  VECTOR_GP,
  VECTOR_NP,
  VECTOR_UD,
} from "../interrupt/exception.ts";
import { probeWrite, read16, read32, write16, write32 } from "../mmu/access.ts";
import { setAccess, tableEntry } from "../mmu/descriptor-table.ts";
import type { Core } from "../state/core.ts";
import { PRESENT, type TableEntry, type TableRegister } from "../state/descriptor.ts";
import { emptySystemSegment } from "../state/system-registers.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { checkPrivileged, linear, type Operation } from "./operation.ts";

const LDT = 2;
const TSS_16 = 1;
const TSS_32 = 9;
const BUSY = 2;

/** With 16-bit operands the base has 24 bits. */
function loadTable(core: Core, operation: Operation, baseMask: number): TableRegister {
  checkPrivileged(core);
  const address = linear(core, operation, 6, false);
  const limit = read16(core, address);
  return { limit, base: read32(core, (address + 2) | 0) & baseMask };
}
export function lgdt16(core: Core, operation: Operation): void {
  core.system.gdtr = loadTable(core, operation, 0xffffff);
  core.showTables();
}
export function lgdt32(core: Core, operation: Operation): void {
  core.system.gdtr = loadTable(core, operation, -1);
  core.showTables();
}
export function lidt16(core: Core, operation: Operation): void {
  core.system.idtr = loadTable(core, operation, 0xffffff);
  core.showTables();
}
export function lidt32(core: Core, operation: Operation): void {
  core.system.idtr = loadTable(core, operation, -1);
  core.showTables();
}

function guestOwned(core: Core): void {
  if (!core.architectural) raiseException(core, VECTOR_UD);
}
function storeTable(core: Core, operation: Operation, table: TableRegister): void {
  const address = linear(core, operation, 6, true);
  probeWrite(core, address, 6);
  write16(core, address, table.limit);
  write32(core, (address + 2) | 0, table.base);
}
export function sgdt(core: Core, operation: Operation): void {
  guestOwned(core);
  storeTable(core, operation, core.system.gdtr);
}
export function sidt(core: Core, operation: Operation): void {
  guestOwned(core);
  storeTable(core, operation, core.system.idtr);
}

/** LLDT and LTR: mode and privilege come before the operand. */
function checkLoad(core: Core): void {
  if (!core.selectors) raiseException(core, VECTOR_UD);
  checkPrivileged(core);
}
function selectorInMemory(core: Core, operation: Operation): number {
  checkLoad(core);
  return read16(core, linear(core, operation, 2, false));
}

/** The descriptor checks LLDT and LTR share; null: a null selector. */
function systemEntry(core: Core, selector: number, types: readonly number[]): TableEntry | null {
  checkLoad(core);
  const errorCode = selector & 0xfffc;
  if (errorCode === 0) return null;
  const entry = selector & 4 ? null : tableEntry(core, selector);
  if (entry === null || !types.includes(entry.access & 0x1f)) raiseWithCode(core, VECTOR_GP, errorCode);
  if ((entry.access & PRESENT) === 0) raiseWithCode(core, VECTOR_NP, errorCode);
  return entry;
}
export function lldt(core: Core, selector: number): void {
  const entry = systemEntry(core, selector, [LDT]);
  core.system.ldtr =
    entry === null ? emptySystemSegment(selector) : { selector, base: entry.base, limit: entry.limit, wide: true };
}
export function ltr(core: Core, selector: number): void {
  const entry = systemEntry(core, selector, [TSS_16, TSS_32]);
  if (entry === null) raiseGeneralProtection(core);
  setAccess(core, selector, BUSY, 0);
  const wide = (entry.access & 0x1f) === TSS_32;
  core.system.tr = { selector, base: entry.base, limit: entry.limit, wide };
  core.showTables();
}
export function lldtMemory(core: Core, operation: Operation): void {
  lldt(core, selectorInMemory(core, operation));
}
export function ltrMemory(core: Core, operation: Operation): void {
  ltr(core, selectorInMemory(core, operation));
}
export function sldt(core: Core): number {
  guestOwned(core);
  if (!core.selectors) raiseException(core, VECTOR_UD);
  return core.system.ldtr.selector;
}
export function str(core: Core): number {
  guestOwned(core);
  if (!core.selectors) raiseException(core, VECTOR_UD);
  return core.system.tr.selector;
}

function table(mnemonic: string, digit: number, execute: Instruction["execute"]): Instruction {
  return instruction({
    mnemonic,
    encodings: [
      [`o16 0F 01 /${digit}`, "m16&32"],
      [`o32 0F 01 /${digit}`, "m16&32"],
    ],
    form: "direct",
    execute,
  });
}
function load(mnemonic: string, digit: number, execute: Instruction["execute"]): Instruction {
  return instruction({ mnemonic, encodings: [[`o 0F 00 /${digit}`, "rr16"]], form: "read", ends: "falls", execute });
}
function loadFromMemory(mnemonic: string, digit: number, execute: Instruction["execute"]): Instruction {
  return instruction({ mnemonic, encodings: [[`o 0F 00 /${digit}`, "m16"]], form: "direct", ends: "falls", execute });
}
/** A register gets the selector at its whole width, memory 16 bits. */
function store(mnemonic: string, digit: number, execute: Instruction["execute"]): Instruction {
  return instruction({
    mnemonic,
    encodings: [
      [`o16 0F 00 /${digit}`, "rr16"],
      [`o32 0F 00 /${digit}`, "rr32"],
      [`o 0F 00 /${digit}`, "m16"],
    ],
    form: "write",
    execute,
  });
}

export const SGDT: Instruction = table("SGDT", 0, sgdt);
export const SIDT: Instruction = table("SIDT", 1, sidt);
export const LGDT: Instruction = table("LGDT", 2, [null, lgdt16, lgdt32]);
export const LIDT: Instruction = table("LIDT", 3, [null, lidt16, lidt32]);
export const SLDT: Instruction = store("SLDT", 0, sldt);
export const STR: Instruction = store("STR", 1, str);
export const LLDT: Instruction = load("LLDT", 2, lldt);
export const LTR: Instruction = load("LTR", 3, ltr);
export const LLDT_MEMORY: Instruction = loadFromMemory("LLDT", 2, lldtMemory);
export const LTR_MEMORY: Instruction = loadFromMemory("LTR", 3, ltrMemory);
