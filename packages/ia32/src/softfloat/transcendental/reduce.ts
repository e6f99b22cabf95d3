/**
 * Argument reduction of the trigonometric functions, by the processor's pi of 66 bits.
 *
 * Here: an argument below 2^63 becomes a quadrant and an angle of at most pi/4, exactly: the 66-bit pi is taken
 * as the true period, as the instructions do. SDM Vol. 1, 8.3.8 (pi = 0.C90FDAA22168C234C * 2^2).
 * @module
 */
import type { FloatContext } from "../context.ts";
import { scale, setSum } from "./double-double.ts";
import { powerOfTwo, setSignificand } from "./operand.ts";

const TWO32 = 0x1_0000_0000;
/** pi/2 = 3_243F6A88_85A308D3 * 2^-65. */
const P2 = 3;
const P1 = 0x243f6a88;
const P0 = 0x85a308d3;

/** Writes the angle of 1.xxx * 2^power (high, low its significand) to the pair `r`; returns the quadrant, 0 … 3. */
export function reduceAngle(c: FloatContext, r: number, power: number, high: number, low: number): number {
  const f = c.f64;
  if (power < -1) {
    setSignificand(c, r, high, low);
    scale(f, r, r, powerOfTwo(c, power));
    return 0;
  }
  // significand * 2^(power + 2) in units of 2^-65, modulo P, one doubling at a time; unsigned words as numbers
  let r2 = 0;
  let r1 = high >>> 0;
  let r0 = low >>> 0;
  let quadrant = 0;
  for (let step = power + 2; step > 0; step--) {
    r2 = r2 * 2 + (r1 >= 0x80000000 ? 1 : 0);
    r1 = ((r1 << 1) | (r0 >>> 31)) >>> 0;
    r0 = (r0 << 1) >>> 0;
    quadrant <<= 1;
    if (r2 > P2 || (r2 === P2 && (r1 > P1 || (r1 === P1 && r0 >= P0)))) {
      quadrant |= 1;
      r0 -= P0;
      r1 -= P1 + (r0 < 0 ? 1 : 0);
      r2 -= P2 + (r1 < 0 ? 1 : 0);
      r0 >>>= 0;
      r1 >>>= 0;
    }
  }
  // half of P is 1_921FB544_42D18469.8: its upper words decide, and in a tie of those either side is within range
  if (r2 > 1 || (r2 === 1 && r1 > 0x921fb544)) {
    quadrant++;
    r0 -= P0;
    r1 -= P1;
    r2 -= P2;
  }
  setSum(f, r, r2 * TWO32 + r1, r0 / TWO32);
  scale(f, r, r, powerOfTwo(c, 32 - 65));
  return quadrant & 3;
}
