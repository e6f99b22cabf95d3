import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BINARY32,
  BINARY64,
  contextOf,
  decode,
  extended,
  finite,
  modes,
  result64,
  round,
  words80,
} from "../../test/testfloat/exact.ts";
import { C1, EXCEPTIONS, FLAGS, FTZ, LOW, MASKS, OE, PE, UE } from "./context.ts";
import { store32, store64, unpack32 } from "./convert-real.ts";
import { round32 } from "./round-narrow.ts";
import { float32From64 } from "./sse-convert.ts";

const X87 = extended(64);

/** 80-bit numbers whose exponents matter to a narrow format: mostly within it and around its ends. */
const near = (bias: number): fc.Arbitrary<bigint> =>
  fc
    .tuple(fc.integer({ min: -bias - 80, max: bias + 5 }), finite(X87))
    .map(([power, bits]) => (bits & ~(0x7fffn << 64n)) | (BigInt(16383 + power) << 64n) | (1n << 63n));

test("80-bit numbers are stored as the rounded binary64", () => {
  fc.assert(
    fc.property(near(1023), modes, (bits, mode) => {
      const c = contextOf(mode);
      store64(c, ...words80(bits));
      const rounded = round(BINARY64, mode, decode(X87, bits));
      expect([result64(c), c.w[FLAGS]]).toEqual([rounded.bits, rounded.flags]);
    }),
    { numRuns: 1000 },
  );
});

test("80-bit numbers are stored as the rounded binary32", () => {
  fc.assert(
    fc.property(near(127), modes, (bits, mode) => {
      const c = contextOf(mode);
      const rounded = round(BINARY32, mode, decode(X87, bits));
      expect([store32(c, ...words80(bits)) >>> 0, c.w[FLAGS]]).toEqual([Number(rounded.bits), rounded.flags]);
    }),
    { numRuns: 1000 },
  );
});

test("an x87 store stopped by unmasked underflow or overflow is not inexact; an SSE operation is", () => {
  const c = contextOf(0);
  c.w[MASKS] &= ~(UE | OE);
  store32(c, 16383 - 140, -1, -1);
  expect(c.w[FLAGS]).toBe(UE);
  c.w[FLAGS] = 0;
  store32(c, 16383 + 200, -1, -1);
  expect(c.w[FLAGS]).toBe(OE);
  c.w[FLAGS] = 0;
  expect(float32From64(c, 0x4d774afc, 0xeb095528 | 0)).toBeTypeOf("number");
  expect(c.w[FLAGS] & EXCEPTIONS).toBe(OE | PE);
});

test("flush to zero makes tiny results zeros of their sign, underflowed and inexact, while UE is masked", () => {
  const c = contextOf(0);
  c.w[FTZ] = 1;
  unpack32(c, 0x80000001 | 0);
  expect(round32(c)).toBe(-0x80000000);
  expect(c.w[FLAGS]).toBe(UE | PE);
  c.w[FLAGS] = 0;
  unpack32(c, 0x00800000);
  expect([round32(c), c.w[FLAGS]]).toEqual([0x00800000, 0]);
  c.w[MASKS] &= ~UE;
  unpack32(c, 1);
  round32(c);
  expect([c.w[FLAGS], c.w[LOW] & 0x7f800000]).toEqual([UE, 0]);
});

test("tininess is seen after rounding", () => {
  const c = contextOf(0);
  // 2^-126 * (1 - 2^-24) has 24 bits, and becomes 2^-126 only because denormals have fewer
  expect([store32(c, 16383 - 127, -0x100, 0), c.w[FLAGS]]).toEqual([0x00800000, UE | PE | C1]);
  c.w[FLAGS] = 0;
  expect([store32(c, 16383 - 127, -0x80, 0), c.w[FLAGS]]).toEqual([0x00800000, PE | C1]);
});
