/**
 * Power series: their coefficients, worked out when the module loads, and their sums.
 *
 * Here: exp, sin, cos and the common series of atan and atanh, as far as 2^-90 needs on the ranges that
 * their callers reduce to; and the constants pi, log2(e) and ln(2). Coefficients are pairs (double-double.ts).
 * @module
 */
import { addParts, divide, multiply } from "./double-double.ts";

/** pi, ln(2) and log2(e), each as the nearest binary64 number and the nearest to the rest. */
export const PI_HIGH: number = Math.PI;
export const PI_LOW = 1.2246467991473532e-16;
export const LN2_HIGH: number = Math.LN2;
export const LN2_LOW = 2.3190468138462996e-17;
export const LOG2E_HIGH: number = Math.LOG2E;
export const LOG2E_LOW = 2.0355273740931033e-17;

/** Pairs 1 / divisor(0), 1 / (divisor(0) * divisor(1)) … with the sign of `ratio` alternating or not. */
function reciprocalProducts(count: number, sign: number, divisor: (n: number) => number): Float64Array {
  const pairs = new Float64Array(2 * count);
  const work = new Float64Array(6);
  work[0] = 1;
  for (let n = 0; n < count; n++) {
    work[2] = divisor(n) * (n === 0 ? 1 : sign);
    divide(work, 4, 0, 2);
    work[0] = pairs[2 * n] = work[4];
    work[1] = pairs[2 * n + 1] = work[5];
  }
  return pairs;
}

/** Pairs sign^n / (2n + 1). */
function oddReciprocals(count: number, sign: number): Float64Array {
  const pairs = new Float64Array(2 * count);
  const work = new Float64Array(6);
  for (let n = 0; n < count; n++) {
    work[0] = sign ** n;
    work[2] = 2 * n + 1;
    divide(work, 4, 0, 2);
    pairs[2 * n] = work[4];
    pairs[2 * n + 1] = work[5];
  }
  return pairs;
}

/** (e^x - 1) / x in powers of x; |x| <= ln(2). */
export const EXPONENTIAL: Float64Array = reciprocalProducts(26, 1, (n) => n + 1);
/** sin(x) / x in powers of x^2; |x| <= pi/4. */
export const SINE: Float64Array = reciprocalProducts(15, -1, (n) => (n === 0 ? 1 : 2 * n * (2 * n + 1)));
/** cos(x) in powers of x^2; |x| <= pi/4. */
export const COSINE: Float64Array = reciprocalProducts(15, -1, (n) => (n === 0 ? 1 : (2 * n - 1) * 2 * n));
/** atanh(x) / x in powers of x^2; |x| <= 3 - 2 * sqrt(2). */
export const ATANH: Float64Array = oddReciprocals(20, 1);
/** atan(x) / x in powers of x^2; |x| <= 1/16. */
export const ATAN: Float64Array = oddReciprocals(13, -1);

/** f[r] = the series at f[x], by Horner's rule; r is not x. */
export function sum(f: Float64Array, r: number, x: number, series: Float64Array): void {
  let at = series.length - 2;
  f[r] = series[at];
  f[r + 1] = series[at + 1];
  while (at > 0) {
    at -= 2;
    multiply(f, r, r, x);
    addParts(f, r, r, series[at], series[at + 1]);
  }
}
