/**
 * The compiler's checks by the numbers that their traps name.
 *
 * Here: numbers and names. Not here: reading a trap (`detect/compiler-check.ts`).
 * Reference: Clang's sanitizer handlers, in the order of their numbers (`-fsanitize-trap`); the stack protector's is ours.
 * @module
 */
import { CHECK_STACK } from "./protocol/p3.ts";

const NAMES: ReadonlyMap<number, string> = new Map([
  [0, "a sum overflows"],
  [1, "an unreachable place is reached"],
  [3, "a division overflows"],
  [10, "a value is none of its type"],
  [11, "a function ends without its result"],
  [12, "a product overflows"],
  [13, "a negation overflows"],
  [18, "an index is out of bounds"],
  [20, "a shift is too far"],
  [21, "a difference overflows"],
  [22, "a pointer points to nothing of its type"],
  [CHECK_STACK, "a stack frame is overwritten"],
]);

/** What a check of this number has found, as a phrase. */
export function checkName(number: number): string {
  return NAMES.get(number) ?? `number ${number}`;
}
