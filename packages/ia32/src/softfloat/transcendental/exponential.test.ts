import fc from "fast-check";
import { expect, test } from "vitest";
import { contextOf, result80, words80 } from "../../../test/testfloat/exact.ts";
import { distance, exponentialMinusOne, fixed } from "../../../test/testfloat/reference.ts";
import { FLAGS, PE } from "../context.ts";
import { exponentialMinusOne80 } from "./exponential.ts";

const operand = fc
  .tuple(fc.boolean(), fc.integer({ min: -80, max: -1 }), fc.bigInt({ min: 1n << 63n, max: (1n << 64n) - 1n }))
  .map(([negative, power, s]) => (negative ? 1n << 79n : 0n) | (BigInt(16383 + power) << 64n) | s);

test("2^x - 1 is the nearest number but for one in many thousands", () => {
  fc.assert(
    fc.property(operand, (bits) => {
      const c = contextOf(0);
      exponentialMinusOne80(c, ...words80(bits));
      expect(c.w[FLAGS] & PE).toBe(PE);
      expect(distance(result80(c), exponentialMinusOne(fixed(bits)))).toBeLessThan(0.50001);
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["zero", 0n, 0n, 0],
  ["minus zero", 1n << 79n, 1n << 79n, 0],
  ["one", 0x3fff8000000000000000n, 0x3fff8000000000000000n, 0],
  ["minus one", 0xbfff8000000000000000n, 0xbffe8000000000000000n, 0],
  ["infinity", 0x7fff8000000000000000n, 0x7fff8000000000000000n, 0],
  ["minus infinity", 0xffff8000000000000000n, 0xbfff8000000000000000n, 0],
  ["two, which is out of range", 0x40008000000000000000n, 0x40008000000000000000n, PE],
])("%s", (_name, bits, result, flags) => {
  const c = contextOf(0);
  exponentialMinusOne80(c, ...words80(bits));
  expect([result80(c), c.w[FLAGS]]).toEqual([result, flags]);
});
