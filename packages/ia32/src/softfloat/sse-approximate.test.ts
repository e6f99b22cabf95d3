import fc from "fast-check";
import { expect, test } from "vitest";
import { contextOf } from "../../test/testfloat/exact.ts";
import { FLAGS } from "./context.ts";
import { reciprocal32, reciprocalSquareRoot32 } from "./sse-approximate.ts";

const view = new DataView(new ArrayBuffer(4));
const numberOf = (bits: number): number => {
  view.setInt32(0, bits);
  return view.getFloat32(0);
};
const normal = fc.integer({ min: 0x00800000, max: 0x7e7fffff });

test("both are within 2^-13 of the true value, have 12 fraction bits and raise nothing", () => {
  fc.assert(
    fc.property(normal, (bits) => {
      const c = contextOf(0);
      const x = numberOf(bits);
      for (const [result, truth] of [
        [reciprocal32(c, bits), 1 / x],
        [reciprocalSquareRoot32(c, bits), 1 / Math.sqrt(x)],
      ]) {
        expect(Math.abs(numberOf(result) / truth - 1)).toBeLessThan(2 ** -12.99);
        expect(result & 0x7ff).toBe(0);
      }
      expect(c.w[FLAGS]).toBe(0);
    }),
  );
});

test.each([
  ["zero", 0, 0x7f800000, 0x7f800000],
  ["minus zero", 0x80000000, 0xff800000, 0xff800000],
  ["a negative denormal", 0x807fffff, 0xff800000, 0xff800000],
  ["infinity", 0x7f800000, 0, 0],
  ["minus infinity", 0xff800000, 0x80000000, 0xffc00000],
  ["minus one", 0xbf800000, 0xbf800000, 0xffc00000],
  ["a number with a tiny reciprocal", 0xff7fffff, 0x80000000, 0xffc00000],
  ["a signalling NaN", 0xff800001, 0xffc00001, 0xffc00001],
])("%s", (_name, bits, reciprocal, reciprocalRoot) => {
  const c = contextOf(0);
  expect(reciprocal32(c, bits | 0) >>> 0).toBe(reciprocal);
  expect(reciprocalSquareRoot32(c, bits | 0) >>> 0).toBe(reciprocalRoot);
  expect(c.w[FLAGS]).toBe(0);
});
