import fc from "fast-check";
import { expect, test } from "vitest";
import { contextOf, result80, words80 } from "../../../test/testfloat/exact.ts";
import { distance, fixed, logarithm, multiply, ONE } from "../../../test/testfloat/reference.ts";
import { FLAGS, IE, PE, ZE } from "../context.ts";
import { logarithm80, logarithmPlusOne80 } from "./logarithm.ts";

const significand = fc.bigInt({ min: 1n << 63n, max: (1n << 64n) - 1n });
const between = (low: number, high: number, signed: boolean): fc.Arbitrary<bigint> =>
  fc
    .tuple(fc.boolean(), fc.integer({ min: low, max: high }), significand)
    .map(([negative, power, s]) => (negative && signed ? 1n << 79n : 0n) | (BigInt(16383 + power) << 64n) | s);
/** 1 + or - a little. */
const nearOne = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 1n, max: 1n << 40n }))
  .map(([above, little]) => (above ? 0x3fff8000000000000000n + little : 0x3fff0000000000000000n - little));

const ONE80 = 0x3fff8000000000000000n;
const INFINITY = 0x7fff8000000000000000n;
const MINUS = 1n << 79n;

test("y * log2(x) is the nearest number but for one in many thousands", () => {
  fc.assert(
    fc.property(fc.oneof(between(-100, 100, false), nearOne), between(-20, 20, true), (x, y) => {
      const c = contextOf(0);
      logarithm80(c, ...words80(x), ...words80(y));
      expect(distance(result80(c), multiply(logarithm(fixed(x)), fixed(y)))).toBeLessThan(0.50001);
    }),
    { numRuns: 500 },
  );
});

test("y * log2(x + 1) is the nearest number but for one in many thousands", () => {
  fc.assert(
    fc.property(fc.oneof(between(-70, -1, true), between(0, 70, false)), between(-20, 20, true), (x, y) => {
      const c = contextOf(0);
      logarithmPlusOne80(c, ...words80(x), ...words80(y));
      expect(distance(result80(c), multiply(logarithm(ONE + fixed(x)), fixed(y)))).toBeLessThan(0.50001);
    }),
    { numRuns: 500 },
  );
});

test("the logarithm of a power of two is exact, and called inexact", () => {
  const c = contextOf(0);
  logarithm80(c, 16383 - 1000, -0x80000000, 0, ...words80(ONE80));
  expect([result80(c), c.w[FLAGS]]).toEqual([0xc008fa00000000000000n, PE]);
});

test("magnitudes far from one", () => {
  const c = contextOf(0);
  logarithm80(c, 0, 0, 1, ...words80(ONE80)); // 2^-16445
  expect(result80(c)).toBe(0xc00d807a000000000000n);
  logarithmPlusOne80(c, 0x7ffe, -0x80000000, 0, ...words80(ONE80)); // 2^16383
  expect(result80(c)).toBe(0x400cfffc000000000000n);
});

const INVALID: [bigint, number] = [0xffffc000000000000000n, IE];
test.each<[string, bigint, bigint, [bigint, number]]>([
  ["0, finite", 0n, ONE80, [INFINITY | MINUS, ZE]],
  ["-0, negative", MINUS, ONE80 | MINUS, [INFINITY, ZE]],
  ["0, infinity", 0n, INFINITY, [INFINITY | MINUS, 0]],
  ["0, 0", 0n, 0n, INVALID],
  ["negative", ONE80 | MINUS, ONE80, INVALID],
  ["1, infinity", ONE80, INFINITY, INVALID],
  ["1, negative", ONE80, ONE80 | MINUS, [MINUS, 0]],
  ["1/2, 0", 0x3ffe8000000000000000n, 0n, [MINUS, 0]],
  ["infinity, 0", INFINITY, 0n, INVALID],
  ["infinity, negative", INFINITY, ONE80 | MINUS, [INFINITY | MINUS, 0]],
])("FYL2X of %s", (_name, x, y, outcome) => {
  const c = contextOf(0);
  logarithm80(c, ...words80(x), ...words80(y));
  expect([result80(c), c.w[FLAGS]]).toEqual(outcome);
});

test.each<[string, bigint, bigint, [bigint, number]]>([
  ["-0, positive", MINUS, ONE80, [MINUS, 0]],
  ["0, infinity", 0n, INFINITY, INVALID],
  ["small negative, infinity", 0xbff08000000000000000n, INFINITY, [INFINITY | MINUS, 0]],
  ["-infinity", INFINITY | MINUS, ONE80, INVALID],
  ["infinity, 0", INFINITY, 0n, INVALID],
])("FYL2XP1 of %s", (_name, x, y, outcome) => {
  const c = contextOf(0);
  logarithmPlusOne80(c, ...words80(x), ...words80(y));
  expect([result80(c), c.w[FLAGS]]).toEqual(outcome);
});
