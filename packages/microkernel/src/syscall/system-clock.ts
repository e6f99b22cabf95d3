/**
 * SystemClock: microseconds since power-on, 64 bits.
 *
 *   out   EDX:EAX microseconds
 * Here: the call and its cost. Not here: the clock (→ object/timeout-queue.ts). Reference: X.2, SystemClock.
 * @module
 */
import { COST_SYSCALL } from "../costs.ts";
import { clockMicroseconds } from "../object/timeout-queue.ts";
import type { Arena } from "../table/arena.ts";

/** The clock after the call's own cost. */
export function systemClock(a: Arena): number {
  a.charge(COST_SYSCALL);
  return clockMicroseconds(a);
}
