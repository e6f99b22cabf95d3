/**
 * SSE state and ordering: FXSAVE FXRSTOR LDMXCSR STMXCSR, fences, CLFLUSH, MONITOR, MWAIT.
 *
 * Here: rows, meanings, and the layout of the FXSAVE image. Memory is always in order and caches are not modelled, so
 * fences and flushes only look at their operands. FXSAVE always saves the XMM registers, as CR4.OSFXSR leaves open.
 * SDM Vol. 1, 10.5, table 10-2; Vol. 2.
 * @module
 */
import { raiseException, raiseGeneralProtection, VECTOR_UD } from "../../interrupt/exception.ts";
import { probeWrite, read8, read16, read32, write16, write32 } from "../../mmu/access.ts";
import { setMxcsr } from "../../softfloat/context.ts";
import type { Core } from "../../state/core.ts";
import { FCS, FCW, FDP, FDS, FIP, FOP, FSW, FTW, MXCSR, MXCSR_MASK } from "../../state/fpu.ts";
import { ECX } from "../../state/registers.ts";
import type { Instruction } from "../instruction.ts";
import { enterSse } from "../mmx/operand.ts";
import { row } from "../mmx/row.ts";
import { linear, type Operation } from "../operation.ts";
import { loadControlWord } from "../x87/control.ts";
import { checkAvailable, place } from "../x87/unit.ts";

const IMAGE_SIZE = 512;
/** Offsets in the image of ST(0) and XMM0, 16 bytes each. */
const ST0 = 32;
const XMM0 = 160;
/** Bytes behind XMM7 and MXCSR_MASK are not written. */
const WRITTEN = 288;

function imageAddress(core: Core, operation: Operation, write: boolean): number {
  const address = linear(core, operation, IMAGE_SIZE, write);
  if ((address & 15) !== 0) raiseGeneralProtection(core);
  return address;
}

export function fxsave(core: Core, operation: Operation): void {
  checkAvailable(core);
  const address = imageAddress(core, operation, true);
  // The recorded processor asks for the last byte first.
  probeWrite(core, (address + IMAGE_SIZE - 1) | 0, 1);
  probeWrite(core, address, 1);
  const x = core.x;
  write16(core, address, x[FCW]);
  write16(core, (address + 2) | 0, x[FSW]);
  write16(core, (address + 4) | 0, x[FTW]);
  write16(core, (address + 6) | 0, x[FOP]);
  const words = [x[FIP], x[FCS], x[FDP], x[FDS], x[MXCSR], MXCSR_MASK];
  for (let i = 0; i < 6; i++) write32(core, (address + 8 + 4 * i) | 0, words[i]);
  for (let i = 0; i < 8; i++) {
    const from = place(core, i);
    const to = (address + ST0 + 16 * i) | 0;
    write32(core, to, x[from]);
    write32(core, (to + 4) | 0, x[from + 1]);
    write32(core, (to + 8) | 0, x[from + 2] & 0xffff);
    write32(core, (to + 12) | 0, 0);
  }
  for (let i = 0; i < WRITTEN - XMM0; i += 4) write32(core, (address + XMM0 + i) | 0, x[i >>> 2]);
}

export function fxrstor(core: Core, operation: Operation): void {
  checkAvailable(core);
  const address = imageAddress(core, operation, false);
  read8(core, (address + IMAGE_SIZE - 1) | 0);
  read8(core, address);
  const mxcsr = read32(core, (address + 24) | 0);
  if ((mxcsr & ~MXCSR_MASK) !== 0) raiseGeneralProtection(core);
  const x = core.x;
  x[FSW] = read16(core, (address + 2) | 0);
  x[FTW] = read8(core, (address + 4) | 0);
  x[FOP] = read16(core, (address + 6) | 0) & 0x7ff;
  x[FIP] = read32(core, (address + 8) | 0);
  x[FCS] = read16(core, (address + 12) | 0);
  x[FDP] = read32(core, (address + 16) | 0);
  x[FDS] = read16(core, (address + 20) | 0);
  for (let i = 0; i < 8; i++) {
    const to = place(core, i);
    const from = (address + ST0 + 16 * i) | 0;
    x[to] = read32(core, from);
    x[to + 1] = read32(core, (from + 4) | 0);
    x[to + 2] = read16(core, (from + 8) | 0);
  }
  for (let i = 0; i < WRITTEN - XMM0; i += 4) x[i >>> 2] = read32(core, (address + XMM0 + i) | 0);
  setControls(core, mxcsr);
  loadControlWord(core, read16(core, address));
}

function setControls(core: Core, mxcsr: number): void {
  core.x[MXCSR] = mxcsr;
  setMxcsr(core.sse, mxcsr);
}

export function ldmxcsr(core: Core, operation: Operation): void {
  enterSse(core);
  const value = read32(core, linear(core, operation, 4, false));
  if ((value & ~MXCSR_MASK) !== 0) raiseGeneralProtection(core);
  setControls(core, value);
}
export function stmxcsr(core: Core, operation: Operation): void {
  enterSse(core);
  write32(core, linear(core, operation, 4, true), core.x[MXCSR]);
}

export function fence(_core: Core): void {}

/** Faults like a load of one byte. */
export function clflush(core: Core, operation: Operation): void {
  read8(core, linear(core, operation, 1, false));
}

/** Arms nothing: MWAIT may end at any time and ends at once. */
export function monitor(core: Core): void {
  if (core.cpl !== 0) raiseException(core, VECTOR_UD);
  if (core.r[ECX] !== 0) raiseGeneralProtection(core);
}
export function mwait(core: Core): void {
  monitor(core);
}

export const FXSAVE: Instruction = row("FXSAVE", "NP 0F AE /0", "m512byte", "FXSR", "direct", fxsave);
export const FXRSTOR: Instruction = row("FXRSTOR", "NP 0F AE /1", "m512byte", "FXSR", "direct", fxrstor);
export const LDMXCSR: Instruction = row("LDMXCSR", "NP 0F AE /2", "m32", "SSE", "direct", ldmxcsr);
export const STMXCSR: Instruction = row("STMXCSR", "NP 0F AE /3", "m32", "SSE", "direct", stmxcsr);
export const SFENCE: Instruction = row("SFENCE", "NP 0F AE F8", "", "SSE", "direct", fence, () => {});
export const LFENCE: Instruction = row("LFENCE", "NP 0F AE E8", "", "SSE2", "direct", fence, () => {});
export const MFENCE: Instruction = row("MFENCE", "NP 0F AE F0", "", "SSE2", "direct", fence, () => {});
export const CLFLUSH: Instruction = row("CLFLUSH", "NP 0F AE /7", "m8", "CLFSH", "direct", clflush);
export const MONITOR: Instruction = row("MONITOR", "0F 01 C8", "", "MONITOR", "direct", monitor);
export const MWAIT: Instruction = row("MWAIT", "0F 01 C9", "", "MONITOR", "direct", mwait);
