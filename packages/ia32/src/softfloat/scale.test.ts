import fc from "fast-check";
import { expect, test } from "vitest";
import { contextOf, decode, extended, finite, modes, result80, round, words80 } from "../../test/testfloat/exact.ts";
import { DE, FLAGS, IE, ZE } from "./context.ts";
import { fromInteger32 } from "./integer.ts";
import { extractExponent80, extractSignificand80, scale80 } from "./scale.ts";

const X87 = extended(64);
const INFINITY = 0x7fff8000000000000000n;

test("scaling multiplies by the power of two, rounded to 64 bits under any precision control", () => {
  fc.assert(
    fc.property(finite(X87), fc.integer({ min: -40000, max: 40000 }), modes, (bits, places, mode) => {
      const c = contextOf(mode, 24);
      fromInteger32(c, places);
      scale80(c, ...words80(bits), ...words80(result80(c)));
      const value = decode(X87, bits);
      const power = 1n << BigInt(Math.abs(places));
      const scaled =
        places < 0
          ? { ...value, denominator: value.denominator * power }
          : { ...value, numerator: value.numerator * power };
      const rounded = round(X87, mode, scaled);
      expect([result80(c), c.w[FLAGS] & ~DE]).toEqual([rounded.bits, rounded.flags]);
    }),
    { numRuns: 300 },
  );
});

test("the scale is truncated", () => {
  const c = contextOf(0);
  scale80(c, 0x3fff, -0x80000000, 0, 0xbfff, -1, -1);
  expect([result80(c), c.w[FLAGS]]).toEqual([0x3ffe8000000000000000n, 0]);
});

test("a number comes together again from its exponent and significand", () => {
  fc.assert(
    fc.property(finite(X87), (bits) => {
      const c = contextOf(0);
      extractExponent80(c, ...words80(bits));
      const exponent = result80(c);
      extractSignificand80(c, ...words80(bits));
      expect((result80(c) >> 64n) & 0x7fffn).toBe(0x3fffn);
      scale80(c, ...words80(result80(c)), ...words80(exponent));
      expect(decode(X87, result80(c))).toEqual(decode(X87, bits));
    }),
  );
});

test("infinite operands", () => {
  const c = contextOf(0);
  const scaled = (a: bigint, b: bigint): [bigint, number] => {
    c.w[FLAGS] = 0;
    scale80(c, ...words80(a), ...words80(b));
    return [result80(c), c.w[FLAGS]];
  };
  const minus = 1n << 79n;
  expect(scaled(INFINITY, INFINITY | minus)).toEqual([0xffffc000000000000000n, IE]);
  expect(scaled(0n, INFINITY)).toEqual([0xffffc000000000000000n, IE]);
  expect(scaled(minus | 1n, INFINITY)).toEqual([INFINITY | minus, DE]);
  expect(scaled(minus | 1n, INFINITY | minus)).toEqual([minus, DE]);
});

test("zero has the exponent minus infinity, with ZE", () => {
  const c = contextOf(0);
  extractExponent80(c, 0x8000, 0, 0);
  expect([result80(c), c.w[FLAGS]]).toEqual([INFINITY | (1n << 79n), ZE]);
  extractSignificand80(c, 0x8000, 0, 0);
  expect(result80(c)).toBe(1n << 79n);
});
