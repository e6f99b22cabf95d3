import fc from "fast-check";
import { expect, test } from "vitest";
import { contextOf, decode, type Exact, extended, finite, result80, words80 } from "../../test/testfloat/exact.ts";
import { C0, C1, C2, C3, DE, FLAGS, IE } from "./context.ts";
import { fromInteger32 } from "./integer.ts";
import { partialRemainder80, partialRemainderNearest80 } from "./remainder.ts";

const X87 = extended(64);

/** Runs the instruction until C2 is clear; returns the last condition bits, and the steps. */
function complete(operation: typeof partialRemainder80, a: bigint, b: bigint): [bigint, number, number] {
  const c = contextOf(0);
  let rest = a;
  for (let steps = 1; ; steps++) {
    c.w[FLAGS] = 0;
    expect(operation(c, ...words80(rest), ...words80(b))).toBe(true);
    rest = result80(c);
    if ((c.w[FLAGS] & C2) === 0) return [rest, c.w[FLAGS] & ~DE, steps];
    expect(c.w[FLAGS] & ~DE).toBe(C2);
  }
}

/** |a| and |b| as integers of one unit. */
function common(a: Exact, b: Exact): [bigint, bigint] {
  return [a.numerator * b.denominator, b.numerator * a.denominator];
}

test.each([
  ["truncated", partialRemainder80, false],
  ["to nearest", partialRemainderNearest80, true],
])("remainders with the quotient %s are exact", (_name, operation, nearest) => {
  fc.assert(
    fc.property(finite(X87), finite(X87), (a, b) => {
      const [rest, flags, steps] = complete(operation, a, b);
      const [left, right] = common(decode(X87, a), decode(X87, b));
      let quotient = left / right;
      let expected = left % right;
      if (nearest && (2n * expected > right || (2n * expected === right && quotient % 2n === 1n))) {
        quotient++;
        expected -= right;
      }
      const { negative, numerator, denominator } = decode(X87, rest);
      const signed = negative === (a >> 79n === 1n) ? numerator : -numerator;
      expect(signed * decode(X87, a).denominator * decode(X87, b).denominator).toBe(expected * denominator);
      const low = Number(quotient % 8n);
      if (steps === 1) expect(flags).toBe((low & 4 ? C0 : 0) | (low & 2 ? C3 : 0) | (low & 1 ? C1 : 0));
    }),
    { numRuns: 500 },
  );
});

test.each([
  [1, 0x3fff8000000000000000n, 0],
  [3, 0xbfff8000000000000000n, C3],
  [5, 0x3fff8000000000000000n, C3],
  [7, 0xbfff8000000000000000n, C0],
])("half-way, %i / 2, the quotient is even", (dividend, rest, flags) => {
  const c = contextOf(0);
  fromInteger32(c, dividend);
  partialRemainderNearest80(c, ...words80(result80(c)), 0x4000, -0x80000000, 0);
  expect([result80(c), c.w[FLAGS]]).toEqual([rest, flags]);
});

test("an infinite dividend or a zero divisor is invalid, and says so", () => {
  const c = contextOf(0);
  expect(partialRemainder80(c, 0x7fff, -0x80000000, 0, 0x3fff, -0x80000000, 0)).toBe(false);
  expect(c.w[FLAGS]).toBe(IE);
  expect(partialRemainderNearest80(c, 0x3fff, -0x80000000, 0, 0, 0, 0)).toBe(false);
});

test("a number is its own remainder by an infinity", () => {
  const c = contextOf(0);
  expect(partialRemainder80(c, 0xbfff, -0x80000000, 7, 0x7fff, -0x80000000, 0)).toBe(true);
  expect([result80(c), c.w[FLAGS]]).toEqual([0xbfff8000000000000007n, 0]);
});
