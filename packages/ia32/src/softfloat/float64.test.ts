import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BINARY64,
  contextOf,
  decode,
  type Exact,
  finite,
  modes,
  negated,
  over,
  plus,
  result64,
  round,
  times,
  words64,
} from "../../test/testfloat/exact.ts";
import { DAZ, DE, EXCEPTIONS, FLAGS, FTZ, IE, MASKS, PE, UE, ZE } from "./context.ts";
import { add64, divide64, multiply64, productError, squareRoot64, subtract64 } from "./float64.ts";

test.each<[string, typeof add64, (a: Exact, b: Exact) => Exact]>([
  ["sums", add64, plus],
  ["differences", subtract64, (a, b) => plus(a, negated(b))],
  ["products", multiply64, times],
  ["quotients", divide64, over],
])("%s are the exact ones, rounded, with PE, UE, OE", (_name, operation, exact) => {
  fc.assert(
    fc.property(finite(BINARY64), finite(BINARY64), modes, (a, b, mode) => {
      const c = contextOf(mode);
      operation(c, ...words64(a), ...words64(b));
      const value = exact(decode(BINARY64, a), decode(BINARY64, b));
      const flags = c.w[FLAGS] & EXCEPTIONS & ~DE;
      if (value.numerator === 0n) expect([result64(c), flags]).toEqual([mode === 1 ? 1n << 63n : 0n, 0]);
      else {
        const rounded = round(BINARY64, mode, value);
        expect([result64(c), flags]).toEqual([rounded.bits, rounded.flags & EXCEPTIONS]);
      }
    }),
    { numRuns: 3000 },
  );
});

test("roots rounded down and up enclose the true root one place apart, or are it", () => {
  fc.assert(
    fc.property(finite(BINARY64), (bits) => {
      const x = bits & ~(1n << 63n);
      const root = (mode: number): [bigint, number] => {
        const c = contextOf(mode);
        squareRoot64(c, ...words64(x));
        return [result64(c), c.w[FLAGS] & PE];
      };
      const [below, flags] = root(1);
      const square = times(decode(BINARY64, below), decode(BINARY64, below));
      const value = decode(BINARY64, x);
      const exact = square.numerator * value.denominator === value.numerator * square.denominator;
      expect(root(2)).toEqual([exact ? below : below + 1n, flags]);
      expect(root(3)).toEqual([below, flags]);
      expect(root(0)[1]).toBe(flags);
      expect(flags).toBe(exact ? 0 : PE);
    }),
  );
});

test("the error of a product is exact", () => {
  const number = fc.double({ min: -1e100, max: 1e100, noNaN: true }).filter((x) => Math.abs(x) > 1e-100);
  const bits = new DataView(new ArrayBuffer(8));
  const exact = (x: number): Exact => {
    bits.setFloat64(0, x);
    return decode(BINARY64, bits.getBigUint64(0));
  };
  fc.assert(
    fc.property(number, number, (x, y) => {
      const error = productError(x, y, x * y);
      const left = times(exact(x), exact(y));
      const right = plus(exact(x * y), exact(error));
      expect([left.negative, left.numerator * right.denominator]).toEqual([
        right.negative,
        right.numerator * left.denominator,
      ]);
    }),
  );
});

test("the first operand's NaN wins, made quiet", () => {
  const c = contextOf(0);
  add64(c, 0x7ff00000, 1, 0xfff80000 | 0, 2);
  expect([result64(c), c.w[FLAGS]]).toEqual([0x7ff8000000000001n, IE]);
  c.w[FLAGS] = 0;
  multiply64(c, 0, 1, 0xfff80000 | 0, 2);
  expect([result64(c), c.w[FLAGS]]).toEqual([0xfff8000000000002n, 0]);
});

test("invalid operations give the default NaN, divisions by zero an infinity", () => {
  const c = contextOf(0);
  const minusInfinity = 0xfff00000 | 0;
  const outcome = (operation: () => void): [bigint, number] => {
    c.w[FLAGS] = 0;
    operation();
    return [result64(c), c.w[FLAGS]];
  };
  const invalid = [0xfff8000000000000n, IE];
  expect(outcome(() => add64(c, 0x7ff00000, 0, minusInfinity, 0))).toEqual(invalid);
  expect(outcome(() => multiply64(c, 0, 0, minusInfinity, 0))).toEqual(invalid);
  expect(outcome(() => divide64(c, 0, 0, 0, 0))).toEqual(invalid);
  expect(outcome(() => squareRoot64(c, -0x80000000, 1))).toEqual(invalid);
  expect(outcome(() => divide64(c, -0x80000000, 1, 0, 0))).toEqual([0xfff0000000000000n, ZE]);
  expect(outcome(() => divide64(c, minusInfinity, 0, 0, 0))).toEqual([0xfff0000000000000n, 0]);
  expect(outcome(() => squareRoot64(c, -0x80000000, 0))).toEqual([1n << 63n, 0]);
});

test("with DAZ a denormal is a zero of its sign and raises nothing", () => {
  const c = contextOf(0);
  c.w[DAZ] = 1;
  divide64(c, 0x3ff00000, 0, -0x80000000, 5);
  expect([result64(c), c.w[FLAGS]]).toEqual([0xfff0000000000000n, ZE]);
  c.w[FLAGS] = 0;
  squareRoot64(c, -0x80000000, 5);
  expect([result64(c), c.w[FLAGS]]).toEqual([1n << 63n, 0]);
});

test("with FTZ a tiny sum is flushed even if exact; with UE unmasked it underflows", () => {
  const c = contextOf(0);
  c.w[FTZ] = 1;
  subtract64(c, 0x00100000, 1, 0x00100000, 0);
  expect([result64(c), c.w[FLAGS] & EXCEPTIONS]).toEqual([0n, UE | PE]);
  c.w[FLAGS] = 0;
  c.w[MASKS] &= ~UE;
  subtract64(c, 0x00100000, 1, 0x00100000, 0);
  expect(c.w[FLAGS]).toBe(UE);
});
