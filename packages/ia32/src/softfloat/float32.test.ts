import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BINARY32,
  contextOf,
  decode,
  type Exact,
  finite,
  modes,
  negated,
  over,
  plus,
  round,
  times,
  word32,
} from "../../test/testfloat/exact.ts";
import { DAZ, DE, EXCEPTIONS, FLAGS, IE, PE, UE, ZE } from "./context.ts";
import { add32, divide32, multiply32, squareRoot32, subtract32 } from "./float32.ts";

test.each<[string, typeof add32, (a: Exact, b: Exact) => Exact]>([
  ["sums", add32, plus],
  ["differences", subtract32, (a, b) => plus(a, negated(b))],
  ["products", multiply32, times],
  ["quotients", divide32, over],
])("%s are the exact ones, rounded, with PE, UE, OE", (_name, operation, exact) => {
  fc.assert(
    fc.property(finite(BINARY32), finite(BINARY32), modes, (a, b, mode) => {
      const c = contextOf(mode);
      const bits = operation(c, word32(a), word32(b)) >>> 0;
      const value = exact(decode(BINARY32, a), decode(BINARY32, b));
      const flags = c.w[FLAGS] & EXCEPTIONS & ~DE;
      if (value.numerator === 0n) expect([bits, flags]).toEqual([mode === 1 ? 0x80000000 : 0, 0]);
      else {
        const rounded = round(BINARY32, mode, value);
        expect([bits, flags]).toEqual([Number(rounded.bits), rounded.flags & EXCEPTIONS]);
      }
    }),
    { numRuns: 3000 },
  );
});

test("roots rounded down and up enclose the true root one place apart, or are it", () => {
  fc.assert(
    fc.property(finite(BINARY32), (bits) => {
      const x = word32(bits & 0x7fffffffn);
      const root = (mode: number): [number, number] => {
        const c = contextOf(mode);
        return [squareRoot32(c, x), c.w[FLAGS] & PE];
      };
      const [below, flags] = root(1);
      const square = times(decode(BINARY32, BigInt(below)), decode(BINARY32, BigInt(below)));
      const value = decode(BINARY32, BigInt(x));
      const exact = square.numerator * value.denominator === value.numerator * square.denominator;
      expect(root(2)).toEqual([exact ? below : below + 1, flags]);
      expect(flags).toBe(exact ? 0 : PE);
    }),
  );
});

test("the first operand's NaN wins, made quiet; invalid operations give the default NaN", () => {
  const c = contextOf(0);
  expect(add32(c, 0x7f800001, 0xffc00002 | 0)).toBe(0x7fc00001);
  expect(c.w[FLAGS]).toBe(IE);
  expect(subtract32(c, 0x7f800000, 0x7f800000)).toBe(-0x400000);
  expect(multiply32(c, 0, 0x7f800000)).toBe(-0x400000);
  expect(divide32(c, 0x7f800000, 0x7f800000)).toBe(-0x400000);
});

test("a denormal over zero raises ZE only; with DAZ it is a zero", () => {
  const c = contextOf(0);
  expect(divide32(c, 1, -0x80000000)).toBe(-0x800000);
  expect(c.w[FLAGS]).toBe(ZE);
  c.w[FLAGS] = 0;
  c.w[DAZ] = 1;
  expect(divide32(c, 1, -0x80000000)).toBe(-0x400000);
  expect(c.w[FLAGS]).toBe(IE);
});

test("a product that is tiny before it becomes the smallest normal number underflows", () => {
  const c = contextOf(0);
  expect(multiply32(c, 0x3f7fffff, 0x00800000)).toBe(0x00800000);
  expect(c.w[FLAGS] & EXCEPTIONS).toBe(UE | PE);
});
