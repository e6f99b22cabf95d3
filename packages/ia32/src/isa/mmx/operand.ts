/**
 * Operands of MMX and SSE instructions: who may run, memory operands as if in a register, stores.
 *
 * Here: load… puts a memory operand into OPERAND of the float registers, store… writes words of them; both are what
 * generated handlers and rows call before they change anything. Not here: rows. SDM Vol. 1, 9.5, 9.6, 11.6, 12.
 * @module
 */
import { raiseException, raiseGeneralProtection, VECTOR_NM, VECTOR_UD } from "../../interrupt/exception.ts";
import { checkAlignment, probeWrite, read16, read32, write32 } from "../../mmu/access.ts";
import type { Core } from "../../state/core.ts";
import { FSW, FTW, OPERAND } from "../../state/fpu.ts";
import { linear, type Operation } from "../operation.ts";
import { checkPending } from "../x87/unit.ts";

/** Before every instruction on MMX registers. */
export function enterMmx(core: Core): void {
  if (core.emulation) raiseException(core, VECTOR_UD);
  if (core.taskSwitched) raiseException(core, VECTOR_NM);
  checkPending(core);
}

/** Before every instruction on XMM registers. */
export function enterSse(core: Core): void {
  if (core.emulation || !core.osFxsr) raiseException(core, VECTOR_UD);
  if (core.taskSwitched) raiseException(core, VECTOR_NM);
}

/** What every MMX instruction but EMMS does once nothing can fail any more: TOP = 0, no register is empty. */
export function markMmx(core: Core): void {
  core.x[FSW] &= ~0x3800;
  core.x[FTW] = 0xff;
}

/** Address of 16 bytes that must be aligned. */
function aligned(core: Core, operation: Operation, write: boolean): number {
  const address = linear(core, operation, 16, write);
  if ((address & 15) !== 0) raiseGeneralProtection(core);
  return address;
}

export function load16(core: Core, operation: Operation): void {
  core.x[OPERAND] = read16(core, linear(core, operation, 2, false));
}
export function load32(core: Core, operation: Operation): void {
  core.x[OPERAND] = read32(core, linear(core, operation, 4, false));
}
export function load64(core: Core, operation: Operation): void {
  const address = linear(core, operation, 8, false);
  const x = core.x;
  x[OPERAND] = read32(core, address);
  x[OPERAND + 1] = read32(core, (address + 4) | 0);
  checkAlignment(core, address, 8);
}
function loadWords(core: Core, address: number): void {
  const x = core.x;
  x[OPERAND] = read32(core, address);
  x[OPERAND + 1] = read32(core, (address + 4) | 0);
  x[OPERAND + 2] = read32(core, (address + 8) | 0);
  x[OPERAND + 3] = read32(core, (address + 12) | 0);
}
export function load128(core: Core, operation: Operation): void {
  loadWords(core, aligned(core, operation, false));
}
export function load128Unaligned(core: Core, operation: Operation): void {
  loadWords(core, linear(core, operation, 16, false));
}

export function store32(core: Core, operation: Operation, from: number): void {
  write32(core, linear(core, operation, 4, true), core.x[from]);
}
export function store64(core: Core, operation: Operation, from: number): void {
  const address = linear(core, operation, 8, true);
  probeWrite(core, address, 8);
  checkAlignment(core, address, 8);
  write32(core, address, core.x[from]);
  write32(core, (address + 4) | 0, core.x[from + 1]);
}
function storeWords(core: Core, address: number, from: number): void {
  probeWrite(core, address, 16);
  for (let i = 0; i < 4; i++) write32(core, (address + 4 * i) | 0, core.x[from + i]);
}
export function store128(core: Core, operation: Operation, from: number): void {
  storeWords(core, aligned(core, operation, true), from);
}
export function store128Unaligned(core: Core, operation: Operation, from: number): void {
  storeWords(core, linear(core, operation, 16, true), from);
}
