import fc from "fast-check";
import { expect, test } from "vitest";
import { createFloatContext, EXPONENT, EXTRA, HIGH, LOW } from "./context.ts";
import { less64, multiplyHigh, multiplyWide, normalize, PRODUCT, shiftRightJam } from "./wide.ts";

const word = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, -0x80000000, 0x7fffffff, -2));
const unsigned = (...words: number[]): bigint =>
  words.reduce((value, w) => (value << 32n) | BigInt.asUintN(32, BigInt(w)), 0n);

test("the high half of a product", () => {
  fc.assert(fc.property(word, word, (a, b) => unsigned(multiplyHigh(a, b)) === (unsigned(a) * unsigned(b)) >> 32n));
});

test("a product of 128 bits", () => {
  const { w } = createFloatContext();
  fc.assert(
    fc.property(word, word, word, word, (aHigh, aLow, bHigh, bLow) => {
      multiplyWide(w, aHigh, aLow, bHigh, bLow);
      expect(unsigned(...w.subarray(PRODUCT, PRODUCT + 4))).toBe(unsigned(aHigh, aLow) * unsigned(bHigh, bLow));
    }),
  );
});

test("comparison is unsigned", () => {
  fc.assert(
    fc.property(word, word, word, word, (aHigh, aLow, bHigh, bLow) => {
      expect(less64(aHigh, aLow, bHigh, bLow)).toBe(unsigned(aHigh, aLow) < unsigned(bHigh, bLow));
    }),
  );
});

test("a right shift gathers what falls out in the last bit", () => {
  const { w } = createFloatContext();
  fc.assert(
    fc.property(word, word, word, fc.nat(130), (high, low, extra, count) => {
      [w[HIGH], w[LOW], w[EXTRA]] = [high, low, extra];
      shiftRightJam(w, count);
      const before = unsigned(high, low, extra);
      const shifted = before >> BigInt(count);
      const jammed = shifted << BigInt(count) === before ? shifted : shifted | 1n;
      expect(unsigned(w[HIGH], w[LOW], w[EXTRA])).toBe(jammed);
    }),
  );
});

test("normalizing keeps the value and sets the top bit", () => {
  const { w } = createFloatContext();
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: (1n << 96n) - 1n }), (value) => {
      w[HIGH] = Number(BigInt.asIntN(32, value >> 64n));
      w[LOW] = Number(BigInt.asIntN(32, value >> 32n));
      w[EXTRA] = Number(BigInt.asIntN(32, value));
      w[EXPONENT] = 0;
      normalize(w);
      expect(w[HIGH]).toBeLessThan(0);
      expect(unsigned(w[HIGH], w[LOW], w[EXTRA]) >> BigInt(-w[EXPONENT])).toBe(value);
    }),
  );
});
