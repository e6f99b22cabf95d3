import fc from "fast-check";
import { expect, test } from "vitest";
import {
  contextOf,
  decode,
  extended,
  finite,
  modes,
  over,
  precisions,
  result80,
  round,
  words80,
} from "../../test/testfloat/exact.ts";
import { DE, FLAGS, IE, ZE } from "./context.ts";
import { divide80 } from "./divide.ts";

const X87 = extended(64);

test("quotients are the exact ones, rounded, with PE, UE, OE and C1", () => {
  fc.assert(
    fc.property(finite(X87), finite(X87), modes, precisions, (a, b, mode, precision) => {
      const c = contextOf(mode, precision);
      divide80(c, ...words80(a), ...words80(b));
      const rounded = round(extended(precision), mode, over(decode(X87, a), decode(X87, b)));
      expect([result80(c), c.w[FLAGS] & ~DE]).toEqual([rounded.bits, rounded.flags]);
    }),
    { numRuns: 3000 },
  );
});

test("a quotient that hardly reaches or misses a digit of the long division is right, too", () => {
  const word = fc.bigInt({ min: 1n, max: (1n << 32n) - 1n });
  const significand = fc.bigInt({ min: 1n << 63n, max: (1n << 64n) - 1n });
  fc.assert(
    fc.property(significand, word, word, fc.boolean(), fc.bigInt({ min: -1n, max: 1n }), (b, q1, q0, short, nudge) => {
      // about q * b, cut to 64 bits: the division by b then has the digits q and hardly anything after them
      let a = (((short ? q1 << 32n : (q1 << 32n) | q0) * b) >> 64n) + nudge;
      fc.pre(a > 0n);
      while (a < 1n << 63n) a <<= 1n;
      const c = contextOf(1);
      divide80(c, ...words80((0x3fffn << 64n) | a), ...words80((0x3fffn << 64n) | b));
      const rounded = round(X87, 1, { negative: false, numerator: a, denominator: b });
      expect([result80(c), c.w[FLAGS]]).toEqual([rounded.bits, rounded.flags]);
    }),
    { numRuns: 3000 },
  );
});

test("a number over zero is infinite with ZE only, even a denormal; zero over zero is invalid", () => {
  const c = contextOf(0);
  divide80(c, 0x8000, 0, 1, 0, 0, 0);
  expect([result80(c), c.w[FLAGS]]).toEqual([0xffff8000000000000000n, ZE]);
  c.w[FLAGS] = 0;
  divide80(c, 0, 0, 0, 0x8000, 0, 0);
  expect([result80(c), c.w[FLAGS]]).toEqual([0xffffc000000000000000n, IE]);
});

test("a division by zero forgets that its dividend was a denormal before it was widened", () => {
  const c = contextOf(0);
  c.w[FLAGS] = DE;
  divide80(c, 0x3c01, -0x80000000, 0, 0, 0, 0);
  expect(c.w[FLAGS]).toBe(ZE);
});
