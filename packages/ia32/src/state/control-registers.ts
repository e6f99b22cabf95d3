/**
 * Control, debug and extended-feature registers: bit names of the manual.
 *
 * Here: bits, masks, reset values, and the switches that follow from them. Not here: what loading them does (→ system/control.ts). SDM Vol. 3A, 2.5, 17.2.
 * @module
 */
import type { Core } from "./core.ts";

export const CR0_PE = 0x1;
export const CR0_MP = 0x2;
export const CR0_EM = 0x4;
export const CR0_TS = 0x8;
/** Reads as one. */
export const CR0_ET = 0x10;
export const CR0_NE = 0x20;
export const CR0_WP = 0x10000;
export const CR0_AM = 0x40000;
export const CR0_NW = 0x20000000;
export const CR0_CD = 0x40000000;
export const CR0_PG = -0x80000000;
/** Bits that a program can set. */
export const CR0_SETTABLE: number =
  CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;

export const CR4_TSD = 0x4;
export const CR4_DE = 0x8;
export const CR4_PSE = 0x10;
export const CR4_PAE = 0x20;
export const CR4_MCE = 0x40;
export const CR4_PGE = 0x80;
export const CR4_PCE = 0x100;
export const CR4_OSFXSR = 0x200;
export const CR4_OSXMMEXCPT = 0x400;

/** IA32_EFER.NXE. */
export const EFER_NXE = 0x800;

export const DR6_BS = 0x4000;
export const DR6_BT = 0x8000;
/** The access to a debug register that general detect caught. */
export const DR6_BD = 0x2000;
/** Bits of DR6 that read as ones. */
export const RESET_DR6: number = 0xffff0ff0 | 0;
export const DR7_GD = 0x2000;
/** Bit 10 reads as one. */
export const RESET_DR7 = 0x400;

/** What follows from CR0, CR4 and EFER. */
export function deriveControl(core: Core): void {
  const { cr0, cr4, efer } = core.system;
  core.paging = (cr0 & CR0_PG) !== 0;
  core.writeProtect = (cr0 & CR0_WP) !== 0;
  core.emulation = (cr0 & CR0_EM) !== 0;
  core.monitorCoprocessor = (cr0 & CR0_MP) !== 0;
  core.taskSwitched = (cr0 & CR0_TS) !== 0;
  core.numericError = (cr0 & CR0_NE) !== 0;
  core.osFxsr = (cr4 & CR4_OSFXSR) !== 0;
  core.osXmmExceptions = (cr4 & CR4_OSXMMEXCPT) !== 0;
  core.timeStampDisable = (cr4 & CR4_TSD) !== 0;
  core.pageSizeExtensions = (cr4 & CR4_PSE) !== 0;
  core.noExecute = (cr4 & CR4_PAE) !== 0 && (efer & EFER_NXE) !== 0;
  core.updateMode();
}
