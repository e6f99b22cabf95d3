import fc from "fast-check";
import { expect, test } from "vitest";
import { contextOf, result80, words80 } from "../../../test/testfloat/exact.ts";
import { arctangent, distance, divide, fixed, PI } from "../../../test/testfloat/reference.ts";
import { FLAGS, PE, UE } from "../context.ts";
import { arctangent80 } from "./arctangent.ts";

const coordinate = fc
  .tuple(fc.boolean(), fc.integer({ min: -40, max: 40 }), fc.bigInt({ min: 1n << 63n, max: (1n << 64n) - 1n }))
  .map(([negative, power, s]) => (negative ? 1n << 79n : 0n) | (BigInt(16383 + power) << 64n) | s);

test("the angle of a point is the nearest number but for one in many thousands", () => {
  fc.assert(
    fc.property(coordinate, coordinate, (x, y) => {
      const c = contextOf(0);
      arctangent80(c, ...words80(x), ...words80(y));
      const [a, b] = [fixed(x), fixed(y)];
      const angle = arctangent(divide(b, a)) + (a > 0n ? 0n : b > 0n ? PI : -PI);
      expect(c.w[FLAGS] & PE).toBe(PE);
      expect(distance(result80(c), angle)).toBeLessThan(0.50001);
    }),
    { numRuns: 500 },
  );
});

const MINUS = 1n << 79n;
const ONE = 0x3fff8000000000000000n;
const INFINITY = 0x7fff8000000000000000n;
const PI80 = 0x4000c90fdaa22168c235n;
const HALF_PI = 0x3fffc90fdaa22168c235n;
const QUARTER_PI = 0x3ffec90fdaa22168c235n;
const THREE_QUARTERS = 0x400096cbe3f9990e91a8n;

test.each([
  ["0, 1", 0n, ONE, 0n, 0],
  ["-0, 0", MINUS, 0n, MINUS, 0],
  ["0, -0", 0n, MINUS, PI80, PE],
  ["-0, -1", MINUS, ONE | MINUS, PI80 | MINUS, PE],
  ["1, 0", ONE, 0n, HALF_PI, PE],
  ["-1, -0", ONE | MINUS, MINUS, HALF_PI | MINUS, PE],
  ["1, infinity", ONE, INFINITY, 0n, 0],
  ["1, -infinity", ONE, INFINITY | MINUS, PI80, PE],
  ["infinity, 1", INFINITY, ONE, HALF_PI, PE],
  ["infinity, infinity", INFINITY, INFINITY, QUARTER_PI, PE],
  ["-infinity, -infinity", INFINITY | MINUS, INFINITY | MINUS, THREE_QUARTERS | MINUS, PE],
  ["1, 1", ONE, ONE, QUARTER_PI, PE],
])("y, x = %s", (_name, y, x, angle, flags) => {
  const c = contextOf(0);
  arctangent80(c, ...words80(x), ...words80(y));
  expect([result80(c), c.w[FLAGS] & PE]).toEqual([angle, flags]);
});

test("a flat angle is the ratio and a trifle less, however small", () => {
  const c = contextOf(3);
  arctangent80(c, ...words80(ONE), 0x2000, -0x80000000, 0);
  expect(result80(c)).toBe(0x1fffffffffffffffffffn);
  c.w[FLAGS] = 0;
  arctangent80(c, 0x7000, -0x80000000, 0, 0x1000, -0x80000000, 0);
  expect([result80(c), c.w[FLAGS]]).toEqual([0n, UE | PE]);
});

test("a steep angle is a right one and a trifle less, to the left a trifle more", () => {
  const c = contextOf(2);
  arctangent80(c, 0x1000, -0x80000000, 0, 0x7000, -0x80000000, 0);
  expect(result80(c)).toBe(HALF_PI);
  arctangent80(c, 0x9000, -0x80000000, 0, 0x7000, -0x80000000, 0);
  expect(result80(c)).toBe(HALF_PI);
});
