import { expect, test } from "vitest";
import { contextOf, result80 } from "../../test/testfloat/exact.ts";
import { C1, EXPONENT, FLAGS, type FloatContext, MASKS, NEGATIVE, OE, PE, UE } from "./context.ts";
import { round80 } from "./round.ts";
import { setUnrounded } from "./special.ts";

/** Rounds 1.xxx (high, low) * 2^(exponent - 16383). */
function rounded(c: FloatContext, exponent: number, high: number, low: number, negative = 0): [bigint, number] {
  setUnrounded(c, 1, high, low);
  c.w[EXPONENT] = exponent;
  c.w[NEGATIVE] = negative;
  c.w[FLAGS] = 0;
  round80(c);
  return [result80(c), c.w[FLAGS]];
}

test.each([
  ["to nearest", 0, 0, 0x7fff8000000000000000n, OE | PE | C1],
  ["down", 1, 0, 0x7ffeffffffffffffffffn, OE | PE],
  ["up", 2, 0, 0x7fff8000000000000000n, OE | PE | C1],
  ["toward zero", 3, 0, 0x7ffeffffffffffffffffn, OE | PE],
  ["down, negative", 1, 1, 0xffff8000000000000000n, OE | PE | C1],
  ["up, negative", 2, 1, 0xfffeffffffffffffffffn, OE | PE],
])("a masked overflow %s", (_name, mode, negative, bits, flags) => {
  expect(rounded(contextOf(mode), 0x7fff, -0x80000000, 0, negative)).toEqual([bits, flags]);
});

test("the largest number of a smaller precision has a smaller significand", () => {
  expect(rounded(contextOf(3, 53), 0x8000, -1, -1)[0]).toBe(0x7ffefffffffffffff800n);
  expect(rounded(contextOf(3, 24), 0x8000, -1, -1)[0]).toBe(0x7ffeffffff0000000000n);
});

test("an unmasked overflow takes 24576 off the exponent and need not be inexact", () => {
  const c = contextOf(0);
  c.w[MASKS] &= ~OE;
  expect(rounded(c, 0x7fff + 5, -0x80000000, 0)).toEqual([(BigInt(0x7fff + 5 - 0x6000) << 64n) | (1n << 63n), OE]);
  expect(rounded(c, 0x7fff + 0x7000, -0x80000000, 0)[0]).toBe(0x7fff8000000000000000n);
});

test("a tiny exact result underflows only unmasked, and then with 24576 more in the exponent", () => {
  const c = contextOf(0);
  expect(rounded(c, -3, -0x80000000, 0)).toEqual([1n << 59n, 0]);
  c.w[MASKS] &= ~UE;
  expect(rounded(c, -3, -0x80000000, 0)).toEqual([(BigInt(0x6000 - 3) << 64n) | (1n << 63n), UE]);
});

test("tininess is seen after rounding", () => {
  const c = contextOf(0, 53);
  // rounds up to the smallest normal number with as many bits as if the exponent went on
  expect(rounded(c, 0, -1, -1)).toEqual([(1n << 64n) | (1n << 63n), PE | C1]);
  // rounds up to it only because the bits end earlier for denormals
  expect(rounded(contextOf(0), 0, -1, -1)).toEqual([(1n << 64n) | (1n << 63n), UE | PE | C1]);
});
