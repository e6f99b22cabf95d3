import fc from "fast-check";
import { expect, test } from "vitest";
import { contextOf, result64 } from "../../test/testfloat/exact.ts";
import { EQUAL, GREATER, LESS, UNORDERED } from "./compare.ts";
import { DAZ, DE, FLAGS, IE } from "./context.ts";
import { compare32, compare64, maximum32, maximum64, minimum32, minimum64 } from "./sse-compare.ts";

const SIGN = -0x80000000;
const view = new DataView(new ArrayBuffer(8));
const words = (x: number): [number, number] => {
  view.setFloat64(0, x);
  return [view.getInt32(0), view.getInt32(4)];
};
const value = (bits: bigint): number => {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
};
const number = fc.double({ noNaN: true });

test("relations and the smaller and larger number are the host's", () => {
  fc.assert(
    fc.property(number, number, (a, b) => {
      const c = contextOf(0);
      const [less, greater] = [a < b, a > b];
      expect(compare64(c, ...words(a), ...words(b), true)).toBe(less ? LESS : greater ? GREATER : EQUAL);
      minimum64(c, ...words(a), ...words(b));
      expect(value(result64(c))).toBe(less ? a : b);
      maximum64(c, ...words(a), ...words(b));
      expect(value(result64(c))).toBe(greater ? a : b);
    }),
  );
});

test("of equal zeros and of NaNs the second operand is given, as it is", () => {
  const c = contextOf(0);
  expect([minimum32(c, SIGN, 0), maximum32(c, 0, SIGN), c.w[FLAGS]]).toEqual([0, SIGN, 0]);
  expect([minimum32(c, 0x7fc00000, 5), maximum32(c, 5, 0x7f800001)]).toEqual([5, 0x7f800001]);
  expect(c.w[FLAGS]).toBe(IE);
});

test("a denormal raises DE; with DAZ it compares as a zero and is given as one, even beside a NaN", () => {
  const c = contextOf(0);
  expect([compare32(c, 1, 0, true), c.w[FLAGS]]).toEqual([GREATER, DE]);
  c.w[DAZ] = 1;
  c.w[FLAGS] = 0;
  expect([compare32(c, 1, 0, true), c.w[FLAGS]]).toEqual([EQUAL, 0]);
  expect([maximum32(c, 1, SIGN | 1), maximum32(c, -1, SIGN | 1)]).toEqual([SIGN, SIGN]);
  maximum64(c, -1, -1, SIGN, 1);
  expect(result64(c)).toBe(1n << 63n);
});

test("a quiet NaN is invalid only where order is asked for", () => {
  const c = contextOf(0);
  expect([compare32(c, -1, 0, true), c.w[FLAGS]]).toEqual([UNORDERED, 0]);
  expect([compare64(c, 0, 0, -1, 0, false), c.w[FLAGS]]).toEqual([UNORDERED, IE]);
});
