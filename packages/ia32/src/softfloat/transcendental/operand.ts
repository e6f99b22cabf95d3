/**
 * Between 80-bit numbers and pairs: significands in, rounded results out.
 *
 * Here: a significand as an exact pair in [1, 2), powers of two, and the rounding of a pair with an exponent
 * of its own. Not here: arithmetic on pairs (double-double.ts).
 * @module
 */
import { EXPONENT, EXTRA, type FloatContext, HIGH, LOW, NEGATIVE, SCRATCH } from "../context.ts";
import { roundExtended } from "../round.ts";
import { normalize } from "../wide.ts";
import { scale, setSum } from "./double-double.ts";

const TWO31 = 0x8000_0000;
const TWO32 = 0x1_0000_0000;
const TWO63: number = TWO31 * TWO32;
const FAR = 1000;

/** 2^power, held within 2^-1000 … 2^1000: what is beyond counts for nothing where it is used. */
export function powerOfTwo(c: FloatContext, power: number): number {
  const within = Math.max(-FAR, Math.min(power, FAR));
  c.w[SCRATCH] = 0;
  c.w[SCRATCH + 1] = (within + 1023) << 20;
  return c.f64[SCRATCH / 2];
}

/** The pair at `r` becomes the significand, 1.xxx with its top bit set. */
export function setSignificand(c: FloatContext, r: number, high: number, low: number): void {
  setSum(c.f64, r, (high >>> 0) / TWO31, (low >>> 0) / TWO63);
}

/**
 * Rounds pair * 2^exponent to 64 bits, negative if `negative` differs from the pair's own sign.
 * `nudge` says where the true value lies if the pair itself ends within 96 bits: +1 farther from zero,
 * -1 nearer to it, 0 exactly there.
 */
export function roundPair(c: FloatContext, pair: number, exponent: number, negative: number, nudge: number): void {
  const w = c.w;
  const f = c.f64;
  const own = f[pair] < 0;
  f[SCRATCH / 2] = f[pair];
  const power = ((w[SCRATCH + 1] >>> 20) & 0x7ff) - 1023;
  scale(f, pair, pair, powerOfTwo(c, -power) * (own ? -1 : 1));
  // the high part ends within 64 bits; the low part, below 2^-53, counts in units of the 96th
  const top = Math.floor(f[pair] * TWO31);
  const units = f[pair + 1] * TWO63 * TWO32;
  let below = Math.floor(units);
  const exact = below === units;
  if (exact && nudge < 0) below -= 1;
  const low = (f[pair] * TWO31 - top) * TWO32 + Math.floor(below / TWO32);
  w[NEGATIVE] = negative ^ (own ? 1 : 0);
  w[EXPONENT] = exponent + power + 16383;
  w[HIGH] = top + Math.floor(low / TWO32);
  w[LOW] = low;
  w[EXTRA] = below;
  if (!exact || nudge > 0) w[EXTRA] |= 1;
  normalize(w);
  roundExtended(c, 64);
}
