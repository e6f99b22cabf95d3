import fc from "fast-check";
import { expect, test } from "vitest";
import {
  contextOf,
  decode,
  extended,
  finite,
  modes,
  precisions,
  result80,
  round,
  times,
  words80,
} from "../../test/testfloat/exact.ts";
import { DE, FLAGS, IE } from "./context.ts";
import { multiply80 } from "./multiply.ts";

const X87 = extended(64);

test("products are the exact ones, rounded, with PE, UE, OE and C1", () => {
  fc.assert(
    fc.property(finite(X87), finite(X87), modes, precisions, (a, b, mode, precision) => {
      const c = contextOf(mode, precision);
      multiply80(c, ...words80(a), ...words80(b));
      const rounded = round(extended(precision), mode, times(decode(X87, a), decode(X87, b)));
      expect([result80(c), c.w[FLAGS] & ~DE]).toEqual([rounded.bits, rounded.flags]);
    }),
    { numRuns: 3000 },
  );
});

test("zero times infinity is invalid, and no denormal is noticed then", () => {
  const c = contextOf(0);
  multiply80(c, 0x8000, 0, 0, 0x7fff, -0x80000000, 0);
  expect([result80(c), c.w[FLAGS]]).toEqual([0xffffc000000000000000n, IE]);
});

test("a pseudo-denormal counts as the normal number of exponent 1, and raises DE", () => {
  const c = contextOf(0);
  multiply80(c, 0, -0x80000000, 0, 0x3fff, -0x80000000, 0);
  expect([result80(c), c.w[FLAGS]]).toEqual([(1n << 64n) | (1n << 63n), DE]);
});
