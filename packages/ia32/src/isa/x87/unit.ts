/**
 * What x87 instructions have in common: who may run, the register stack, exceptions, results.
 *
 * Here: the steps around the arithmetic of softfloat/. An instruction enters (#NM, #MF), reads its operands, lets
 * softfloat compute, and settles: the status word takes what happened, and the answer says whether the destination
 * may be written. Not here: rows. SDM Vol. 1, 8.1, 8.5, 8.6, 8.7, appendix D.2; Vol. 3A, 2.5.
 * @module
 */
import { raiseException, VECTOR_MF, VECTOR_NM, waitForInterrupt } from "../../interrupt/exception.ts";
import {
  C1,
  EXCEPTIONS,
  FLAGS,
  HIGH,
  IE,
  LOW,
  OE,
  PRE_COMPUTATION,
  SIGN_EXPONENT,
  UE,
  unmaskedExceptions,
} from "../../softfloat/context.ts";
import type { Core } from "../../state/core.ts";
import { CS, DS, SS } from "../../state/descriptor.ts";
import { BUSY, ES, FCS, FCW, FDP, FDS, FIP, FOP, FSW, FTW, R0, SF } from "../../state/fpu.ts";
import { EBP, ESP } from "../../state/registers.ts";
import { currentEip, effectiveAddress, type Operation } from "../operation.ts";

/** C0, C2 and C3 of the status word are conditions too; a settled instruction replaces the ones it names. */
export type ConditionMask = number;

/** Before every x87 instruction, waiting or not. */
export function checkAvailable(core: Core): void {
  if (core.emulation || core.taskSwitched) raiseException(core, VECTOR_NM);
}

/**
 * Reports an exception that an earlier instruction left. With CR0.NE clear the processor waits before the instruction for
 * the interrupt that FERR# asks for, unless IGNNE# is asserted.
 */
export function checkPending(core: Core): void {
  if ((core.x[FSW] & ES) === 0) return;
  if (core.numericError) raiseException(core, VECTOR_MF);
  if (!core.system.ignoreNumericError) waitForInterrupt(core);
}

/** Before every waiting instruction. */
export function enter(core: Core): void {
  checkAvailable(core);
  checkPending(core);
}

/** Index of ST(i) in the float registers. */
export function place(core: Core, i: number): number {
  return R0 + 4 * (((core.x[FSW] >>> 11) + i) & 7);
}

export function isEmpty(core: Core, i: number): boolean {
  return ((core.x[FTW] >>> (((core.x[FSW] >>> 11) + i) & 7)) & 1) === 0;
}

/** Moves TOP by `by` places. */
export function rotate(core: Core, by: number): void {
  const x = core.x;
  x[FSW] = (x[FSW] & ~0x3800) | ((x[FSW] + (by << 11)) & 0x3800);
}

export function free(core: Core, i: number): void {
  core.x[FTW] &= ~(1 << (((core.x[FSW] >>> 11) + i) & 7));
}

export function pop(core: Core): void {
  free(core, 0);
  rotate(core, 1);
}

/** Puts an 80-bit number into the register at `index`, which is then not empty. */
export function setRegister(core: Core, index: number, signExponent: number, high: number, low: number): void {
  const x = core.x;
  x[index] = low;
  x[index + 1] = high;
  x[index + 2] = signExponent & 0xffff;
  x[FTW] |= 1 << ((index - R0) >>> 2);
}

/** Puts softfloat's result into the register at `index`. */
export function setResult(core: Core, index: number): void {
  const w = core.x87.w;
  setRegister(core, index, w[SIGN_EXPONENT], w[HIGH], w[LOW]);
}

/** The real indefinite. */
export function setIndefinite(core: Core, index: number): void {
  setRegister(core, index, 0xffff, -0x40000000, 0);
}

/** Pushes softfloat's result. */
export function push(core: Core): void {
  rotate(core, -1);
  setResult(core, place(core, 0));
}

/** The last-instruction pointers. An operation's `immediate` is its opcode, whose low byte is the ModR/M byte. */
function note(core: Core, operation: Operation): void {
  const x = core.x;
  x[FIP] = currentEip(core, operation);
  x[FCS] = core.segments[CS].selector;
  x[FOP] = operation.immediate;
  if ((operation.immediate & 0xc0) === 0xc0) return;
  x[FDP] = effectiveAddress(core, operation);
  const stack = operation.base === ESP || operation.base === EBP;
  x[FDS] = core.segments[operation.segment >= 0 ? operation.segment : stack ? SS : DS].selector;
}

/** Sets ES and B if an exception that is not masked is flagged, else clears them. */
export function summarize(core: Core): void {
  const x = core.x;
  if ((x[FSW] & ~x[FCW] & EXCEPTIONS) !== 0) x[FSW] |= ES | BUSY;
  else x[FSW] &= ~(ES | BUSY);
  core.updateFloatError();
}

function settleFlags(core: Core, operation: Operation, conditions: ConditionMask): number {
  const x = core.x;
  const unmasked = unmaskedExceptions(core.x87);
  x[FSW] = (x[FSW] & ~conditions) | (core.x87.w[FLAGS] & (EXCEPTIONS | conditions));
  if (unmasked !== 0) {
    x[FSW] |= ES | BUSY;
    core.updateFloatError();
  }
  note(core, operation);
  return unmasked;
}

/** Ends the arithmetic of a register destination. @returns whether it is written and the stack moves */
export function settle(core: Core, operation: Operation, conditions: ConditionMask = C1): boolean {
  return (settleFlags(core, operation, conditions) & PRE_COMPUTATION) === 0;
}

/** Ends the arithmetic of a memory destination. @returns whether it is written and the stack popped */
export function settleStore(core: Core, operation: Operation): boolean {
  return (settleFlags(core, operation, C1) & (PRE_COMPUTATION | OE | UE)) === 0;
}

/**
 * An operand is empty: IE, SF, C1 = 0, the other `conditions` too.
 * @returns whether the masked response is due: an indefinite for the result
 */
export function underflow(core: Core, operation: Operation, conditions: ConditionMask = C1): boolean {
  core.x87.w[FLAGS] = IE;
  core.x[FSW] |= SF;
  return settle(core, operation, conditions);
}

/** The register to be pushed to is not empty: IE, SF, C1 = 1. @returns as underflow */
export function overflow(core: Core, operation: Operation, conditions: ConditionMask = C1): boolean {
  const masked = underflow(core, operation, conditions);
  core.x[FSW] |= C1;
  return masked;
}
