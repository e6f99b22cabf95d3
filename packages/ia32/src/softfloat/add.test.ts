import fc from "fast-check";
import { expect, test } from "vitest";
import {
  contextOf,
  decode,
  extended,
  finite,
  modes,
  negated,
  plus,
  precisions,
  result80,
  round,
  words80,
} from "../../test/testfloat/exact.ts";
import { add80, subtract80 } from "./add.ts";
import { DE, FLAGS, IE } from "./context.ts";

const X87 = extended(64);
const INFINITY = (0x7fffn << 64n) | (1n << 63n);
const SIGN = 1n << 79n;

test("sums and differences are the exact ones, rounded, with PE, UE, OE and C1", () => {
  fc.assert(
    fc.property(finite(X87), finite(X87), modes, precisions, fc.boolean(), (a, b, mode, precision, minus) => {
      const c = contextOf(mode, precision);
      (minus ? subtract80 : add80)(c, ...words80(a), ...words80(b));
      const right = decode(X87, b);
      const exact = plus(decode(X87, a), minus ? negated(right) : right);
      if (exact.numerator === 0n) expect(result80(c)).toBe(mode === 1 ? SIGN : 0n);
      else {
        const rounded = round(extended(precision), mode, exact);
        expect([result80(c), c.w[FLAGS] & ~DE]).toEqual([rounded.bits, rounded.flags]);
      }
    }),
    { numRuns: 3000 },
  );
});

test("infinities of unlike sign have no sum, and none of like sign a difference", () => {
  const c = contextOf(0);
  add80(c, ...words80(INFINITY), ...words80(INFINITY | SIGN));
  expect([result80(c), c.w[FLAGS]]).toEqual([0xffffc000000000000000n, IE]);
  c.w[FLAGS] = 0;
  subtract80(c, ...words80(INFINITY), ...words80(INFINITY | SIGN));
  expect([result80(c), c.w[FLAGS]]).toEqual([INFINITY, 0]);
});

test("a denormal operand raises DE, also beside an infinity, but not beside a NaN", () => {
  const c = contextOf(0);
  add80(c, 0, 0, 1, ...words80(INFINITY));
  expect([result80(c), c.w[FLAGS]]).toEqual([INFINITY, DE]);
  c.w[FLAGS] = 0;
  add80(c, 0, 0, 1, ...words80(INFINITY | (1n << 62n)));
  expect([result80(c), c.w[FLAGS]]).toEqual([INFINITY | (1n << 62n), 0]);
});

test("a difference keeps the sign of a NaN", () => {
  const c = contextOf(0);
  subtract80(c, 0x3fff, -0x80000000, 0, ...words80(INFINITY | (3n << 61n)));
  expect(result80(c)).toBe(INFINITY | (3n << 61n));
});
