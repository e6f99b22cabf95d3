/**
 * Elementary functions in fixed point, 400 bits behind the point: the oracle of the transcendental functions.
 *
 * Here: series on BigInts, good to some 380 bits, and the distance of an 80-bit result from the true value in
 * units of its last place. Shares nothing with the arithmetic under test.
 * @module
 */
import { decode, extended } from "./exact.ts";

const BITS = 400n;
export const ONE: bigint = 1n << BITS;

export const multiply = (a: bigint, b: bigint): bigint => (a * b) >> BITS;
export const divide = (a: bigint, b: bigint): bigint => (a << BITS) / b;

/** The sum of first, first * next(1), first * next(1) * next(2) … until nothing is left. */
function series(first: bigint, next: (term: bigint, n: bigint) => bigint): bigint {
  let sum = 0n;
  for (let term = first, n = 1n; term !== 0n && term !== -1n; term = next(term, n), n++) sum += term;
  return sum;
}

/** atanh(x) or, with sign -1, atan(x); |x| well below 1. */
function areaTangent(x: bigint, sign: bigint): bigint {
  const square = sign * multiply(x, x);
  let power = x;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = multiply(power, square);
  }
  return sum;
}

const LN2 = 2n * areaTangent(ONE / 3n, 1n);
export const PI: bigint = 16n * areaTangent(ONE / 5n, -1n) - 4n * areaTangent(ONE / 239n, -1n);
/** The 66-bit pi of the processor. */
const PI66 = 0x3243f6a8885a308d3n << (BITS - 64n);

/** [sin, cos] with the period of the 66-bit pi. */
export function sineAndCosine(x: bigint): [bigint, bigint] {
  const half = PI66 / 2n;
  const quadrant = (2n * x + (x < 0n ? -half : half)) / (2n * half);
  const r = x - quadrant * half;
  const square = -multiply(r, r);
  const sin = series(r, (term, n) => multiply(term, square) / (2n * n * (2n * n + 1n)));
  const cos = series(ONE, (term, n) => multiply(term, square) / ((2n * n - 1n) * 2n * n));
  switch (((quadrant % 4n) + 4n) % 4n) {
    case 0n:
      return [sin, cos];
    case 1n:
      return [cos, -sin];
    case 2n:
      return [-sin, -cos];
    default:
      return [-cos, sin];
  }
}

/** 2^x - 1. */
export function exponentialMinusOne(x: bigint): bigint {
  const y = multiply(x, LN2);
  return series(y, (term, n) => multiply(term, y) / (n + 1n));
}

/** log2(x), x > 0. */
export function logarithm(x: bigint): bigint {
  let power = 0n;
  let m = x;
  for (; m >= 2n * ONE; m >>= 1n) power++;
  for (; m < ONE; m <<= 1n) power--;
  return power * ONE + divide(2n * areaTangent(divide(m - ONE, m + ONE), 1n), LN2);
}

/** atan(x), by halving the angle until the series is quick. */
export function arctangent(x: bigint): bigint {
  if (x < 0n) return -arctangent(-x);
  if (x > ONE) return PI / 2n - arctangent(divide(ONE, x));
  let t = x;
  let halvings = 0n;
  for (; t > ONE / 16n; halvings++) t = divide(t, ONE + squareRoot((ONE + multiply(t, t)) << BITS));
  return areaTangent(t, -1n) << halvings;
}

function squareRoot(n: bigint): bigint {
  let root = 1n << BigInt((n.toString(2).length >> 1) + 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** The fixed-point value of 80 bits. */
export function fixed(bits: bigint): bigint {
  const { negative, numerator, denominator } = decode(extended(64), bits);
  const value = (numerator << BITS) / denominator;
  return negative ? -value : value;
}

/** |result - truth| in units of the result's last place. */
export function distance(result: bigint, truth: bigint): number {
  const exponent = Math.max(Number((result >> 64n) & 0x7fffn), 1) - 16383 - 63;
  const difference = fixed(result) - truth;
  const magnitude = difference < 0n ? -difference : difference;
  return Number((magnitude << 40n) >> (BITS + BigInt(exponent))) / 2 ** 40;
}
