import fc from "fast-check";
import { expect, test } from "vitest";
import {
  contextOf,
  decode,
  extended,
  finite,
  modes,
  result64,
  result80,
  words64,
  words80,
} from "../../test/testfloat/exact.ts";
import { C1, DE, FLAGS, IE, PE, TOWARD_ZERO } from "./context.ts";
import { fromInteger32, fromInteger64, roundToInteger80, toInteger, toInteger64 } from "./integer.ts";

const X87 = extended(64);
const int64 = fc.oneof(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), fc.integer().map(BigInt));

test("integers of 64 bits go to the 80-bit format and back unchanged, in every mode", () => {
  fc.assert(
    fc.property(int64, modes, (value, mode) => {
      const c = contextOf(mode);
      fromInteger64(c, ...words64(value));
      const bits = result80(c);
      const { negative, numerator, denominator } = decode(X87, bits);
      expect((negative ? -numerator : numerator) / denominator).toBe(value);
      expect(toInteger64(c, ...words80(bits), mode)).toBe(true);
      expect([BigInt.asIntN(64, result64(c)), c.w[FLAGS]]).toEqual([value, 0]);
    }),
  );
});

test("rounding to an integer, and the integer of the rounded number, agree", () => {
  fc.assert(
    fc.property(finite(X87), modes, (bits, mode) => {
      const c = contextOf(mode);
      const fits = toInteger64(c, ...words80(bits), mode);
      const [integer, flags] = [result64(c), c.w[FLAGS]];
      c.w[FLAGS] = 0;
      roundToInteger80(c, ...words80(bits));
      const rounded = result80(c);
      if (!fits) expect([integer, flags]).toEqual([1n << 63n, IE]);
      else {
        expect(c.w[FLAGS] & ~DE).toBe(flags);
        toInteger64(c, ...words80(rounded), TOWARD_ZERO);
        expect(result64(c)).toBe(integer);
      }
    }),
  );
});

test.each([
  [0, 2, PE],
  [1, 2, PE],
  [2, 3, PE | C1],
  [3, 2, PE],
])("2.5 under mode %i is %i", (mode, value, flags) => {
  const c = contextOf(mode);
  expect([toInteger(c, 0x4000, 0xa0000000 | 0, 0, 32, mode), c.w[FLAGS]]).toEqual([value, flags]);
});

test("what does not fit 16 or 32 bits is invalid, not inexact", () => {
  const c = contextOf(0);
  fromInteger32(c, 32768);
  const [signExponent, high, low] = words80(result80(c));
  expect([toInteger(c, signExponent, high, low, 16, 0), c.w[FLAGS]]).toEqual([-32768, IE]);
  c.w[FLAGS] = 0;
  expect([toInteger(c, signExponent | 0x8000, high, low, 16, 0), c.w[FLAGS]]).toEqual([-32768, 0]);
  expect([toInteger(c, signExponent, high, low, 32, 0), c.w[FLAGS]]).toEqual([32768, 0]);
  expect(toInteger(c, 0x7fff, -0x80000000, 0, 32, 0)).toBe(-0x80000000);
});

test("a number rounded to zero keeps its sign", () => {
  const c = contextOf(0);
  roundToInteger80(c, 0xbffd, -1, 0);
  expect([result80(c), c.w[FLAGS]]).toEqual([1n << 79n, PE]);
});
