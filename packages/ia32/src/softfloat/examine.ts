/**
 * Classes of 80-bit numbers: FXAM.
 *
 * Here: C3, C2, C0 for what the register holds and C1 for its sign. Not here: empty registers, which only their
 * tags tell (C3 and C0). SDM Vol. 2, FXAM, table 3-44.
 * @module
 */
import { C0, C1, C2, C3 } from "./context.ts";
import { isUnsupported } from "./special.ts";

/** The condition bits of a register that is not empty. */
export function examine80(signExponent: number, high: number, low: number): number {
  const sign = (signExponent & 0x8000) === 0 ? 0 : C1;
  const exponent = signExponent & 0x7fff;
  if (isUnsupported(signExponent, high)) return sign;
  if (exponent === 0x7fff) return sign | ((high << 1) | low ? C0 : C2 | C0);
  if (exponent !== 0) return sign | C2;
  return sign | ((high | low) === 0 ? C3 : C3 | C2);
}
