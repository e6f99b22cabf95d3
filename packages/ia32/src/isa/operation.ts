/**
 * A decoded instruction, ready to run.
 *
 * Here: the one object shape that every decoded instruction has, and the addresses of its operands.
 * Register fields are indices into the view of their size (→ state/registers.ts). Not here: making one (→ decode/).
 * @module
 */
import { raiseGeneralProtection } from "../interrupt/exception.ts";
import { checkSegment } from "../mmu/segmentation.ts";
import { type Core, SHADOW, STOP_EXIT } from "../state/core.ts";
import { SS } from "../state/descriptor.ts";
import { EIP, ESP, ZERO } from "../state/registers.ts";
import type { Slot } from "./opcode-map.ts";

/** What runs an instruction. */
export type Execute = (core: Core, operation: Operation) => void;

/** `segment` of an operand that needs no check. */
export const FLAT = -1;
/** `repeat` values. */
export const REP_NONE = 0;
export const REPNE = 1;
export const REPE = 2;

export class Operation {
  execute: Execute;
  /** Case of the dispatch loop, 0 where there is none and `execute` is called. */
  code = 0;
  /** The next instruction of the block; null at its end. */
  next: Operation | null = null;
  /** Place in the block, from 0. */
  position = 0;
  /** Offset of the first byte in its page. */
  offset = 0;
  /** Offset behind the last byte. */
  end = 0;
  /** Branches: offset of the target, relative to the page like `end`. */
  target = 0;
  reg = 0;
  rm = 0;
  base: number = ZERO;
  index: number = ZERO;
  scale = 0;
  displacement = 0;
  /** −1, or FFFF where addresses have 16 bits. */
  addressMask = -1;
  /** Segment register of the memory operand, or FLAT. */
  segment: number = FLAT;
  immediate = 0;
  /** Second immediate: selector of a far pointer, nesting level of ENTER. */
  immediate2 = 0;
  repeat: number = REP_NONE;
  /** EIP goes on behind this instruction unless it says otherwise itself. */
  falls = true;
  /** What the compiler knows of the flags before it, for each that may be known of those behind it; −1: nothing yet. */
  flagsRead = -1;
  /** The encoding it was decoded from; null: undefined opcode. */
  slot: Slot | null = null;

  constructor(execute: Execute) {
    this.execute = execute;
  }
}

/** Offset of the memory operand in its segment. */
export function effectiveAddress(core: Core, operation: Operation): number {
  const r = core.r;
  return (r[operation.base] + (r[operation.index] << operation.scale) + operation.displacement) & operation.addressMask;
}

/** Linear address of the memory operand of `size` bytes, or a segment fault. */
export function linear(core: Core, operation: Operation, size: number, write: boolean): number {
  const offset = effectiveAddress(core, operation);
  return operation.segment < 0 ? offset : checkSegment(core, operation.segment, offset, size, write);
}

/** Linear address of `size` bytes at `offset` of the stack segment, or a segment fault. */
export function stackLinear(core: Core, offset: number, size: number, write: boolean): number {
  return core.flat ? offset : checkSegment(core, SS, offset & core.stackMask, size, write);
}

/** Sets ESP, or SP where the stack segment has 16 bits. */
export function setStackPointer(core: Core, value: number): void {
  core.r[ESP] = (core.r[ESP] & ~core.stackMask) | (value & core.stackMask);
}

/** EIP of the running instruction. */
export function currentEip(core: Core, operation: Operation): number {
  return (core.pageBase + operation.offset) | 0;
}

/** EIP behind the running instruction. */
export function nextEip(core: Core, operation: Operation): number {
  return (core.pageBase + operation.end) | 0;
}

/** Leaves the interpreter behind this instruction. */
export function leaveWith(core: Core, operation: Operation, kind: "halt" | "sysenter"): void {
  const { exit } = core;
  exit.kind = kind;
  exit.vector = 0;
  exit.errorCode = 0;
  exit.hasErrorCode = false;
  core.stop = STOP_EXIT;
  core.r[EIP] = nextEip(core, operation);
}

/** Raises #GP(0) where control belongs to the host or to a more privileged program. */
export function checkPrivileged(core: Core): void {
  if (!core.architectural || core.cpl !== 0) raiseGeneralProtection(core);
}

/** No interrupt is taken between this instruction and the next. */
export function shadowInterrupts(core: Core, operation: Operation): void {
  core.position = operation.position;
  core.clock[SHADOW] = core.retired + 1;
}

/** Linear address of the top of the stack, for reading `size` bytes. */
export function stackTop(core: Core, size: number): number {
  return stackLinear(core, core.r[ESP], size, false);
}
