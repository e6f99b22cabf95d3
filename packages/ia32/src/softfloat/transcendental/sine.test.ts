import fc from "fast-check";
import { expect, test } from "vitest";
import { contextOf, result80, words80 } from "../../../test/testfloat/exact.ts";
import { distance, divide, fixed, sineAndCosine } from "../../../test/testfloat/reference.ts";
import { C2, FLAGS, IE, PE, UE } from "../context.ts";
import { cosine80, sine80, tangent80 } from "./sine.ts";

/** Numbers between 2^low and 2^high, often so near a multiple of pi/2 that most of it cancels. */
const angle = (low: number, high: number): fc.Arbitrary<bigint> =>
  fc
    .tuple(
      fc.boolean(),
      fc.integer({ min: low, max: high }),
      fc.bigInt({ min: 1n << 63n, max: (1n << 64n) - 1n }),
      fc.boolean(),
    )
    .map(([negative, power, significand, near]) => {
      const significantPi = 0xc90fdaa22168c234n;
      return (
        (negative ? 1n << 79n : 0n) |
        (BigInt(16383 + power) << 64n) |
        (near ? significantPi ^ (significand & 3n) : significand)
      );
    });

test.each([
  ["sine", sine80, (sin: bigint, _cos: bigint) => sin],
  ["cosine", cosine80, (_sin: bigint, cos: bigint) => cos],
  ["tangent", tangent80, (sin: bigint, cos: bigint) => divide(sin, cos)],
])("the %s is the nearest number but for one in many thousands", (_name, operation, truth) => {
  fc.assert(
    fc.property(angle(-59, 62), (bits) => {
      const c = contextOf(0);
      expect(operation(c, ...words80(bits))).toBe(true);
      expect(c.w[FLAGS] & PE).toBe(PE);
      expect(distance(result80(c), truth(...sineAndCosine(fixed(bits))))).toBeLessThan(0.50001);
    }),
    { numRuns: 500 },
  );
});

test("directed results are on either side and one place apart", () => {
  fc.assert(
    fc.property(angle(-70, 62), fc.constantFrom(sine80, cosine80, tangent80), (bits, operation) => {
      const [down, up, chop] = [1, 2, 3].map((mode) => {
        const c = contextOf(mode);
        operation(c, ...words80(bits));
        return result80(c);
      });
      expect(down === chop || up === chop).toBe(true);
      expect(down >> 79n === 1n ? down - up : up - down).toBeOneOf([1n, 0x8000000000000001n]);
    }),
  );
});

test.each([
  ["sine", sine80, 0x3fc4ffffffffffffffffn],
  ["tangent", tangent80, 0x3fc58000000000000000n],
])("the %s of a small number, cut, shows on which side the truth lies", (_name, operation, chopped) => {
  const c = contextOf(3);
  operation(c, 0x3fc5, -0x80000000, 0);
  expect(result80(c)).toBe(chopped);
});

test("from 2^63 on operands are left alone with C2 set", () => {
  const c = contextOf(0);
  expect(sine80(c, 0xc03e, -0x80000000, 0)).toBe(false);
  expect([result80(c), c.w[FLAGS]]).toEqual([0xc03e8000000000000000n, C2]);
});

test("zeros, infinities and denormals", () => {
  const c = contextOf(0);
  const outcome = (operation: typeof sine80, bits: bigint): [bigint, number] => {
    c.w[FLAGS] = 0;
    operation(c, ...words80(bits));
    return [result80(c), c.w[FLAGS] & 0x3d];
  };
  const minusZero = 1n << 79n;
  expect(outcome(sine80, minusZero)).toEqual([minusZero, 0]);
  expect(outcome(tangent80, minusZero)).toEqual([minusZero, 0]);
  expect(outcome(cosine80, minusZero)).toEqual([0x3fff8000000000000000n, 0]);
  expect(outcome(cosine80, 0x7fff8000000000000000n)).toEqual([0xffffc000000000000000n, IE]);
  expect(outcome(sine80, 5n)).toEqual([5n, UE | PE]);
  expect(outcome(cosine80, 5n)).toEqual([0x3fff8000000000000000n, PE]);
});
