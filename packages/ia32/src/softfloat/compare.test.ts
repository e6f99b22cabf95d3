import fc from "fast-check";
import { expect, test } from "vitest";
import { contextOf, decode, extended, finite, negated, plus, words80 } from "../../test/testfloat/exact.ts";
import { compare80, EQUAL, GREATER, LESS, UNORDERED } from "./compare.ts";
import { C0, C2, C3, DE, FLAGS, IE } from "./context.ts";

const X87 = extended(64);

test("relations are those of the exact numbers", () => {
  fc.assert(
    fc.property(finite(X87), finite(X87), fc.boolean(), (a, b, same) => {
      const c = contextOf(0);
      const right = same ? a : b;
      const difference = plus(decode(X87, a), negated(decode(X87, right)));
      const relation = difference.numerator === 0n ? EQUAL : difference.negative ? LESS : GREATER;
      expect(compare80(c, ...words80(a), ...words80(right), false)).toBe(relation);
      expect(c.w[FLAGS] & ~DE).toBe(0);
    }),
  );
});

test("zeros are equal whatever their signs", () => {
  const c = contextOf(0);
  expect(compare80(c, 0x8000, 0, 0, 0, 0, 0, false)).toBe(EQUAL);
  expect(compare80(c, 0x8000, 0, 0, 0, 0, 1, false)).toBe(LESS);
  expect(c.w[FLAGS]).toBe(DE);
});

test("a quiet NaN is invalid only in the ordered comparison, others in both", () => {
  const c = contextOf(0);
  const flagsOf = (signExponent: number, high: number, low: number, quiet: boolean): number => {
    c.w[FLAGS] = 0;
    expect(compare80(c, 0, 0, 1, signExponent, high, low, quiet)).toBe(UNORDERED);
    return c.w[FLAGS];
  };
  expect([flagsOf(0x7fff, -1, 0, true), flagsOf(0x7fff, -1, 0, false)]).toEqual([0, IE]);
  expect([flagsOf(0x7fff, -0x80000000, 1, true), flagsOf(0x3fff, 1, 0, true)]).toEqual([IE, IE]);
});

test("a relation shifted left by 8 is the condition bits", () => {
  expect([GREATER << 8, LESS << 8, EQUAL << 8, UNORDERED << 8]).toEqual([0, C0, C3, C0 | C2 | C3]);
});
