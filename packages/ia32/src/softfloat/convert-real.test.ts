import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BINARY32,
  BINARY64,
  contextOf,
  decode,
  extended,
  finite,
  result64,
  result80,
  word32,
  words64,
  words80,
} from "../../test/testfloat/exact.ts";
import { DE, FLAGS, IE } from "./context.ts";
import { load32, load64, store32, store64, widen32, widen64 } from "./convert-real.ts";

const X87 = extended(64);
const ratio = (format: typeof X87, bits: bigint): [boolean, bigint, bigint] => {
  const { negative, numerator, denominator } = decode(format, bits);
  return [negative, numerator, denominator];
};
/** a = b as fractions with signs. */
function expectEqual(a: [boolean, bigint, bigint], b: [boolean, bigint, bigint]): void {
  expect([a[0], a[1] * b[2]]).toEqual([b[0], b[1] * a[2]]);
}

test("a binary64 keeps its value when loaded and its bits when stored again", () => {
  fc.assert(
    fc.property(finite(BINARY64), (bits) => {
      const c = contextOf(0, 24);
      load64(c, ...words64(bits));
      expectEqual(ratio(X87, result80(c)), ratio(BINARY64, bits));
      expect(c.w[FLAGS]).toBe((bits >> 52n) & 0x7ffn ? 0 : DE);
      store64(c, ...words80(result80(c)));
      expect(result64(c)).toBe(bits);
    }),
  );
});

test("a binary32 keeps its value when loaded and its bits when stored again", () => {
  fc.assert(
    fc.property(finite(BINARY32), (bits) => {
      const c = contextOf(0, 24);
      load32(c, word32(bits));
      expectEqual(ratio(X87, result80(c)), ratio(BINARY32, bits));
      expect(store32(c, ...words80(result80(c)))).toBe(word32(bits));
    }),
  );
});

test("a load makes a signalling NaN quiet, an operand of arithmetic stays as it is", () => {
  const c = contextOf(0);
  load32(c, 0x7fa00001);
  expect([result80(c), c.w[FLAGS]]).toEqual([0x7fffe000010000000000n, IE]);
  c.w[FLAGS] = 0;
  widen32(c, 0x7fa00001);
  expect([result80(c), c.w[FLAGS]]).toEqual([0x7fffa000010000000000n, 0]);
  widen64(c, 0xfff00000 | 0, 1);
  expect([result80(c), c.w[FLAGS]]).toEqual([0xffff8000000000000800n, 0]);
});

test("stores cut the payload of a NaN and make it quiet", () => {
  const c = contextOf(0);
  expect(store32(c, ...words80(0xffffa000010012345678n)) >>> 0).toBe(0xffe00001);
  expect(c.w[FLAGS]).toBe(IE);
  c.w[FLAGS] = 0;
  store64(c, ...words80(0x7fffc000010012345fffn));
  expect([result64(c), c.w[FLAGS]]).toEqual([0x7ff800002002468bn, 0]);
  store64(c, ...words80(0x3fff4000000000000000n));
  expect([result64(c), c.w[FLAGS]]).toEqual([0xfff8000000000000n, IE]);
});

test("zeros and infinities keep their signs", () => {
  const c = contextOf(0);
  for (const bits of [0n, 1n << 63n, 0x7ff0000000000000n, 0xfff0000000000000n]) {
    load64(c, ...words64(bits));
    store64(c, ...words80(result80(c)));
    expect(result64(c)).toBe(bits);
  }
  for (const bits of [0, -0x80000000, 0x7f800000, -0x800000]) {
    load32(c, bits);
    expect(store32(c, ...words80(result80(c)))).toBe(bits);
  }
  expect(c.w[FLAGS]).toBe(0);
});
