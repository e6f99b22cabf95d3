/**
 * MemoryControl and ProcessorControl: calls with nothing to do here.
 *
 *   in    MemoryControl: control, attributes 0…3 (0 default, 1 write-back, 2 write-through,
 *         4 uncacheable, 5 write-combining, 8 write-protected)
 *   out   1, or 0 and ErrorCode
 * Privileged. There are no caches, and one frequency: what is valid succeeds.
 * Here: what is refused. Not here: registers (→ table.ts). Reference: X.2, MemoryControl,
 * ProcessorControl.
 * @module
 */
import { ERROR_INVALID_PARAMETER, ERROR_NO_PRIVILEGE } from "../api/error-code.ts";
import { COST_SYSCALL } from "../costs.ts";
import type { Arena } from "../table/arena.ts";
import { isPrivileged, refuse } from "./result.ts";

/** Bit n set: attribute n is one. */
const ATTRIBUTES = 0b1_0011_0111;

export function memoryControl(
  a: Arena,
  caller: number,
  attribute0: number,
  attribute1: number,
  attribute2: number,
  attribute3: number,
): 0 | 1 {
  a.charge(COST_SYSCALL);
  if (!isPrivileged(a, caller)) return refuse(a, caller, ERROR_NO_PRIVILEGE);
  const valid =
    isAttribute(attribute0) && isAttribute(attribute1) && isAttribute(attribute2) && isAttribute(attribute3);
  return valid ? 1 : refuse(a, caller, ERROR_INVALID_PARAMETER);
}

export function processorControl(a: Arena, caller: number): 0 | 1 {
  a.charge(COST_SYSCALL);
  return isPrivileged(a, caller) ? 1 : refuse(a, caller, ERROR_NO_PRIVILEGE);
}

function isAttribute(value: number): boolean {
  return value >= 0 && value < 9 && ((ATTRIBUTES >>> value) & 1) !== 0;
}
