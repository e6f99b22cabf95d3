/**
 * System registers: what belongs to the operating system, used in architectural mode only.
 *
 * Here: values and reset state. Not here: what loading them does (→ system/). SDM Vol. 3A, 2.1, 9.1.
 * @module
 */
import { CR0_ET, RESET_DR6, RESET_DR7 } from "./control-registers.ts";
import type { SystemSegment, TableRegister } from "./descriptor.ts";

/** Nothing is loaded: every selector lies behind the limit. */
export function emptySystemSegment(selector: number): SystemSegment {
  return { selector, base: 0, limit: -1, wide: true };
}

export class SystemRegisters {
  cr0: number = CR0_ET;
  cr4 = 0;
  /** IA32_EFER. */
  efer = 0;
  gdtr: TableRegister = { base: 0, limit: 0xffff };
  idtr: TableRegister = { base: 0, limit: 0x3ff };
  ldtr: SystemSegment = emptySystemSegment(0);
  tr: SystemSegment = emptySystemSegment(0);
  /** DR0 to DR7; 4 and 5 are unused. */
  readonly debug: Int32Array = Int32Array.of(0, 0, 0, 0, 0, 0, RESET_DR6, RESET_DR7);
  /** The four page-directory-pointer entries of PAE paging, low and high words. */
  readonly pdpte: Int32Array = new Int32Array(8);
  /** IA32_SYSENTER_CS, ESP, EIP. */
  readonly sysenter: Int32Array = new Int32Array(3);
  /** Model-specific registers that only keep what is written: number → low and high word. */
  readonly kept: Map<number, readonly [number, number]> = new Map();
  /** What the time-stamp counter shows beyond the clock. */
  timeStampOffset = 0;
  /** −1, or without bit 20. */
  a20Mask = -1;
  /** IGNNE#: x87 instructions go on although an exception is pending, while CR0.NE is clear. */
  ignoreNumericError = false;
  /** The interrupt controller has an interrupt. */
  interruptLine = false;
  nonMaskable = false;
  /** An NMI handler has not come to its IRET yet. */
  nonMaskableBlocked = false;
  halted = false;
  /** A triple fault stopped the processor until the host makes a new one. */
  shutdown = false;
  /** DR6 bits of debug conditions that the last instruction met. */
  debugConditions = 0;
  /** EIP of the last software interrupt, for faults of its delivery. */
  trapEip = 0;
}
