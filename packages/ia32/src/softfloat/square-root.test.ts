import fc from "fast-check";
import { expect, test } from "vitest";
import {
  contextOf,
  decode,
  extended,
  finite,
  precisions,
  result80,
  times,
  words80,
} from "../../test/testfloat/exact.ts";
import { C1, DE, FLAGS, IE, PE } from "./context.ts";
import { squareRoot80 } from "./square-root.ts";

const X87 = extended(64);

/** The sign of root^2 - x. */
function against(root: bigint, x: bigint): number {
  const square = times(decode(X87, root), decode(X87, root));
  const { numerator, denominator } = decode(X87, x);
  const difference = square.numerator * denominator - numerator * square.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

test("roots rounded down and up enclose the true root one place apart, or are it", () => {
  fc.assert(
    fc.property(finite(X87), precisions, (bits, precision) => {
      const x = bits & ~(1n << 79n);
      const below = contextOf(1, precision);
      const above = contextOf(2, precision);
      squareRoot80(below, ...words80(x));
      squareRoot80(above, ...words80(x));
      const exact = against(result80(below), x) === 0;
      expect(below.w[FLAGS] & ~DE).toBe(exact ? 0 : PE);
      expect(above.w[FLAGS] & ~DE).toBe(exact ? 0 : PE | C1);
      if (exact) expect(result80(above)).toBe(result80(below));
      else {
        expect(against(result80(below), x)).toBe(-1);
        expect(against(result80(above), x)).toBe(1);
        const place = 1n << BigInt(64 - precision);
        const carried = (result80(below) & ((1n << 63n) - 1n)) + place === 1n << 63n;
        if (!carried) expect(result80(above) - result80(below)).toBe(place);
      }
    }),
    { numRuns: 2000 },
  );
});

test("a root that hardly reaches or misses a place is right, too", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n << 63n, max: (1n << 64n) - 1n }),
      fc.bigInt({ min: -1n, max: 1n }),
      (root, nudge) => {
        const x = ((root * root) >> 64n) + nudge;
        fc.pre(x < 1n << 64n && x >= 1n << 63n);
        // the exponent 2^64 is even: the root of x * 2^64 is about `root`, and as an integer it is checked exactly
        const c = contextOf(1);
        squareRoot80(c, ...words80((BigInt(16383 + 63 + 64) << 64n) | x));
        const got = result80(c) & ((1n << 64n) - 1n);
        expect(result80(c) >> 64n).toBe(BigInt(16383 + 63));
        expect(got * got <= x << 64n && (got + 1n) * (got + 1n) > x << 64n).toBe(true);
        expect(c.w[FLAGS]).toBe(got * got === x << 64n ? 0 : PE);
      },
    ),
    { numRuns: 3000 },
  );
});

test("to nearest it is the nearer of the two", () => {
  const c = contextOf(0);
  squareRoot80(c, 0x4000, -0x80000000, 0); // 2
  expect(result80(c)).toBe(0x3fffb504f333f9de6484n);
  squareRoot80(c, 0x7ffe, -1, -1);
  expect(result80(c)).toBe(0x5ffeffffffffffffffffn);
});

test("minus zero is its own root, other negative numbers have none, denormal or not", () => {
  const c = contextOf(0);
  squareRoot80(c, 0x8000, 0, 0);
  expect([result80(c), c.w[FLAGS]]).toEqual([1n << 79n, 0]);
  squareRoot80(c, 0x8000, 0, 1);
  expect([result80(c), c.w[FLAGS]]).toEqual([0xffffc000000000000000n, IE]);
});
