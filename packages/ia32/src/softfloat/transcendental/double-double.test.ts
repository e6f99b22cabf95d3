import fc from "fast-check";
import { expect, test } from "vitest";
import { add, divide, multiply, negate, scale, setSum } from "./double-double.ts";

/** Numbers of some 30 decimal digits as pairs: a high part and one 2^-53 of its size. */
const pair = fc
  .tuple(fc.double({ min: 0.5, max: 2, noNaN: true }), fc.double({ min: -0.5, max: 0.5, noNaN: true }), fc.boolean())
  .map(([high, low, negative]): [number, number] => (negative ? [-high, low * 2 ** -53] : [high, low * 2 ** -53]));

/** A pair in units of 2^-200. */
function units(f: Float64Array, at: number): bigint {
  return unit(f[at]) + unit(f[at + 1]);
}
function unit(x: number): bigint {
  return BigInt(Math.round(x * 2 ** 180)) << 20n;
}
const close = (got: bigint, exact: bigint): boolean => {
  const error = got > exact ? got - exact : exact - got;
  return error < 1n << 100n; // 2^-100
};

test("sums, products and quotients are right to 2^-100", () => {
  fc.assert(
    fc.property(pair, pair, (a, b) => {
      const f = Float64Array.of(0, 0, 0, 0, 0, 0);
      setSum(f, 0, a[0], a[1]);
      setSum(f, 2, b[0], b[1]);
      const [x, y] = [units(f, 0), units(f, 2)];
      add(f, 4, 0, 2);
      expect(close(units(f, 4), x + y)).toBe(true);
      multiply(f, 4, 0, 2);
      expect(close(units(f, 4), (x * y) >> 200n)).toBe(true);
      divide(f, 4, 0, 2);
      expect(close(units(f, 4), (x << 200n) / y)).toBe(true);
    }),
  );
});

test("scaling and negating are exact", () => {
  const f = Float64Array.of(1, 2 ** -60);
  scale(f, 0, 0, 0.5);
  negate(f, 0);
  expect([...f]).toEqual([-0.5, -(2 ** -61)]);
});
