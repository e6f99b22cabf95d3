import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BINARY32,
  BINARY64,
  contextOf,
  decode,
  finite,
  modes,
  result64,
  round,
  word32,
  words64,
} from "../../test/testfloat/exact.ts";
import { DAZ, DE, EXCEPTIONS, FLAGS, IE, PE, TOWARD_ZERO } from "./context.ts";
import {
  float32From64,
  float32FromInteger,
  float64From32,
  float64FromInteger,
  integerFrom32,
  integerFrom64,
} from "./sse-convert.ts";

test("a binary64 becomes the rounded binary32", () => {
  fc.assert(
    fc.property(finite(BINARY64), modes, (bits, mode) => {
      const c = contextOf(mode);
      const rounded = round(BINARY32, mode, decode(BINARY64, bits));
      expect(float32From64(c, ...words64(bits)) >>> 0).toBe(Number(rounded.bits));
      expect(c.w[FLAGS] & EXCEPTIONS & ~DE).toBe(rounded.flags & EXCEPTIONS);
    }),
    { numRuns: 1000 },
  );
});

test("a binary32 becomes a binary64 and comes back unchanged", () => {
  fc.assert(
    fc.property(finite(BINARY32), (bits) => {
      const c = contextOf(0);
      float64From32(c, word32(bits));
      expect(c.w[FLAGS]).toBe((bits >> 23n) & 0xffn ? 0 : DE);
      expect(float32From64(c, ...words64(result64(c)))).toBe(word32(bits));
    }),
  );
});

test("integers become numbers, rounded in binary32 and exact in binary64", () => {
  fc.assert(
    fc.property(fc.integer(), modes, (value, mode) => {
      const c = contextOf(mode);
      if (value !== 0) {
        const exact = { negative: value < 0, numerator: BigInt(Math.abs(value)), denominator: 1n };
        const rounded = round(BINARY32, mode, exact);
        expect([float32FromInteger(c, value) >>> 0, c.w[FLAGS]]).toEqual([Number(rounded.bits), rounded.flags]);
      }
      c.w[FLAGS] = 0;
      float64FromInteger(c, value);
      expect([integerFrom64(c, ...words64(result64(c)), mode), c.w[FLAGS]]).toEqual([value, 0]);
    }),
  );
});

test.each([
  [2.5, [2, 2, 3, 2]],
  [-2.5, [-2, -3, -2, -2]],
  [-0.4, [0, -1, 0, 0]],
  [2147483647.5, [-0x80000000, 0x7fffffff, -0x80000000, 0x7fffffff]],
  [-2147483648.5, [-0x80000000, -0x80000000, -0x80000000, -0x80000000]],
])("%f to an integer, to nearest, down, up, toward zero", (value, integers) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const c = contextOf(0);
  expect([0, 1, 2, 3].map((mode) => integerFrom64(c, view.getInt32(0), view.getInt32(4), mode))).toEqual(integers);
});

test("what does not fit is invalid and nothing else", () => {
  const c = contextOf(0);
  for (const bits of [0x7fc00000, 0x4f000000, -0x800000]) {
    c.w[FLAGS] = 0;
    expect([integerFrom32(c, bits, TOWARD_ZERO), c.w[FLAGS]]).toEqual([-0x80000000, IE]);
  }
});

test("a denormal makes an inexact zero, with DAZ an exact one", () => {
  const c = contextOf(0);
  expect([integerFrom32(c, 1, TOWARD_ZERO), c.w[FLAGS]]).toEqual([0, PE]);
  c.w[FLAGS] = 0;
  c.w[DAZ] = 1;
  expect([integerFrom32(c, 1, TOWARD_ZERO), c.w[FLAGS]]).toEqual([0, 0]);
});

test("NaNs keep their payload's upper bits and become quiet", () => {
  const c = contextOf(0);
  float64From32(c, 0xff800001 | 0);
  expect([result64(c), c.w[FLAGS]]).toEqual([0xfff8000020000000n, IE]);
  c.w[FLAGS] = 0;
  expect(float32From64(c, 0x7ff80000, 0x20000000) >>> 0).toBe(0x7fc00001);
  expect(c.w[FLAGS]).toBe(0);
});
