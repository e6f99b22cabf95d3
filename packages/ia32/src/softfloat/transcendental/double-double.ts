/**
 * Numbers of twice the host's precision: the unevaluated sum of two binary64 numbers, about 106 bits.
 *
 * Here: arithmetic on pairs that lie in an array, high part first: `f[x]`, `f[x + 1]`. The answer may take the
 * place of an operand. Only +, -, *, / of IEEE binary64 are used, so that every host gives the same bits.
 * Not here: exponents beyond binary64, which callers keep apart. Dekker 1971; Knuth, TAOCP 2, 4.2.2.
 * @module
 */
import { productError } from "../float64.ts";

/** f[r] = high + low, exactly, for |high| >= |low|. */
function settle(f: Float64Array, r: number, high: number, low: number): void {
  const sum = high + low;
  f[r + 1] = low - (sum - high);
  f[r] = sum;
}

/** The exact sum of two numbers. */
export function setSum(f: Float64Array, r: number, x: number, y: number): void {
  const sum = x + y;
  const part = sum - x;
  f[r + 1] = x - (sum - part) + (y - part);
  f[r] = sum;
}

export function negate(f: Float64Array, r: number): void {
  f[r] = -f[r];
  f[r + 1] = -f[r + 1];
}

/** r = a + b. */
export function add(f: Float64Array, r: number, a: number, b: number): void {
  addParts(f, r, a, f[b], f[b + 1]);
}

/** r = a + (high, low). */
export function addParts(f: Float64Array, r: number, a: number, high: number, low: number): void {
  const aHigh = f[a];
  const aLow = f[a + 1];
  const sum = aHigh + high;
  const part = sum - aHigh;
  const rest = aHigh - (sum - part) + (high - part);
  const lows = aLow + low;
  const lowPart = lows - aLow;
  const lowRest = aLow - (lows - lowPart) + (low - lowPart);
  settle(f, r, sum, rest + lows);
  settle(f, r, f[r], f[r + 1] + lowRest);
}

/** r = a * b. */
export function multiply(f: Float64Array, r: number, a: number, b: number): void {
  multiplyParts(f, r, a, f[b], f[b + 1]);
}

/** r = a * (high, low). */
export function multiplyParts(f: Float64Array, r: number, a: number, high: number, low: number): void {
  const aHigh = f[a];
  const product = aHigh * high;
  settle(f, r, product, productError(aHigh, high, product) + (aHigh * low + f[a + 1] * high));
}

/** r = a * power, exactly: `power` is a power of two. */
export function scale(f: Float64Array, r: number, a: number, power: number): void {
  f[r] = f[a] * power;
  f[r + 1] = f[a + 1] * power;
}

/** r = a / b; r is neither of them. Three digits of quotient, as in long division. */
export function divide(f: Float64Array, r: number, a: number, b: number): void {
  const bHigh = f[b];
  const first = f[a] / bHigh;
  multiplyParts(f, r, b, -first, 0);
  addParts(f, r, r, f[a], f[a + 1]);
  const second = f[r] / bHigh;
  const restHigh = f[r];
  const restLow = f[r + 1];
  multiplyParts(f, r, b, -second, 0);
  addParts(f, r, r, restHigh, restLow);
  const third = f[r] / bHigh;
  settle(f, r, first, second);
  addParts(f, r, r, third, 0);
}
