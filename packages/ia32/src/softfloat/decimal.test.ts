import fc from "fast-check";
import { expect, test } from "vitest";
import { contextOf, result80, words64, words80 } from "../../test/testfloat/exact.ts";
import { FLAGS, IE, PE } from "./context.ts";
import { fromPackedDecimal, toPackedDecimal } from "./decimal.ts";
import { fromInteger64 } from "./integer.ts";

test("a packed decimal is the number that its digits write, there and back", () => {
  const digits = fc.bigInt({ min: 0n, max: 999_999_999_999_999_999n });
  fc.assert(
    fc.property(digits, fc.boolean(), (value, negative) => {
      const c = contextOf(0);
      const packed = BigInt(`0x${value}`) | (negative ? 1n << 79n : 0n);
      fromPackedDecimal(c, ...words80(packed));
      const loaded = result80(c);
      fromInteger64(c, ...words64(value));
      expect(loaded & ~(1n << 79n)).toBe(result80(c));
      expect(loaded >> 79n).toBe(negative ? 1n : 0n);
      toPackedDecimal(c, ...words80(loaded));
      expect([result80(c), c.w[FLAGS]]).toEqual([packed, 0]);
    }),
  );
});

test("19 digits, infinities and NaNs give the indefinite", () => {
  const c = contextOf(0);
  const stored = (bits: bigint): [bigint, number] => {
    c.w[FLAGS] = 0;
    toPackedDecimal(c, ...words80(bits));
    return [result80(c), c.w[FLAGS]];
  };
  const indefinite = [0xffffc000000000000000n, IE];
  fromInteger64(c, ...words64(10n ** 18n));
  expect(stored(result80(c))).toEqual(indefinite);
  expect(stored(0x7fff8000000000000000n)).toEqual(indefinite);
  expect(stored(0x7fffc000000000000000n)).toEqual(indefinite);
  expect(stored(0x403effffffffffffffffn)).toEqual(indefinite);
  // 10^18 - 1/16 is below 10^18, and rounds to it
  expect(stored(0x403ade0b6b3a763fffffn)).toEqual(indefinite);
});

test("fractions are rounded", () => {
  const c = contextOf(0);
  toPackedDecimal(c, 0xbfff, 0xc0000000 | 0, 0);
  expect([result80(c), c.w[FLAGS] & PE]).toEqual([(1n << 79n) | 2n, PE]);
});
