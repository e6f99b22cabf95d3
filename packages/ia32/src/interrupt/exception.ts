/**
 * Exceptions: vectors, and how an instruction that cannot complete leaves the interpreter.
 *
 * Here: raise…() note the exception in the core and throw one preallocated value that the interpreter
 * catches; no instruction changes architectural state before it. SDM Vol. 3A, 6.15.
 * @module
 */
import type { Core } from "../state/core.ts";

export const VECTOR_DE = 0;
export const VECTOR_DB = 1;
export const VECTOR_NMI = 2;
export const VECTOR_BP = 3;
export const VECTOR_OF = 4;
export const VECTOR_BR = 5;
export const VECTOR_UD = 6;
export const VECTOR_NM = 7;
export const VECTOR_DF = 8;
export const VECTOR_TS = 10;
export const VECTOR_NP = 11;
export const VECTOR_SS = 12;
export const VECTOR_GP = 13;
export const VECTOR_PF = 14;
export const VECTOR_MF = 16;
export const VECTOR_AC = 17;
export const VECTOR_XM = 19;

/** Thrown, without a stack trace and without allocation, by everything that raises an exception. */
export const FAULT: { readonly fault: true } = { fault: true };

function note(core: Core, vector: number, errorCode: number, hasErrorCode: boolean): void {
  const exit = core.exit;
  exit.kind = "exception";
  exit.vector = vector;
  exit.errorCode = errorCode;
  exit.hasErrorCode = hasErrorCode;
}

function raise(core: Core, vector: number, errorCode: number, hasErrorCode: boolean): never {
  note(core, vector, errorCode, hasErrorCode);
  throw FAULT;
}

/** The instruction is run again alone, before it has touched a timed device, unless it runs alone already. */
export function runAlone(core: Core): void {
  if (core.exact) return;
  core.again = true;
  leaveBefore(core, "budget");
}

/** The processor halts before the instruction, as HLT does behind it. */
export function waitForInterrupt(core: Core): never {
  leaveBefore(core, "halt");
}

function leaveBefore(core: Core, kind: "budget" | "halt"): never {
  const { exit } = core;
  exit.kind = kind;
  exit.vector = 0;
  exit.errorCode = 0;
  exit.hasErrorCode = false;
  throw FAULT;
}

/** An exception without an error code: #DE #BR #UD #NM. */
export function raiseException(core: Core, vector: number): never {
  raise(core, vector, 0, false);
}

/** General protection (#GP) or another selector exception with its error code. */
export function raiseWithCode(core: Core, vector: number, errorCode: number): never {
  raise(core, vector, errorCode, true);
}

/** #GP(0). */
export function raiseGeneralProtection(core: Core): never {
  raise(core, VECTOR_GP, 0, true);
}

/** #PF, for whoever can leave without a throw: the linear address goes to CR2. */
export function notePageFault(core: Core, linear: number, errorCode: number): void {
  core.cr2 = linear | 0;
  core.exit.cr2 = linear | 0;
  note(core, VECTOR_PF, errorCode, true);
}

/** #DE, likewise. */
export function noteDivideError(core: Core): void {
  note(core, VECTOR_DE, 0, false);
}
