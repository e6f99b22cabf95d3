import { expect, test } from "vitest";
import { contextOf, result80, words80 } from "../../test/testfloat/exact.ts";
import { DE, FLAGS, IE } from "./context.ts";
import { answersForNaN, answersForNaNs, isDenormal, isNaN80, isNormal, isUnsupported } from "./special.ts";

const ONE = 0x3fff8000000000000000n;
const SMALL_QUIET = 0x7fffc000000000000001n;
const LARGE_QUIET = 0xffffc000000000000002n;
const SMALL_SIGNALLING = 0x7fff8000000000000001n;
const LARGE_SIGNALLING = 0xffff8000000000000002n;
const UNNORMAL = 0x3fff4000000000000000n;
const QUIET = 1n << 62n;

test.each([
  ["a quiet NaN and a number", LARGE_QUIET, ONE, LARGE_QUIET, 0],
  ["a signalling NaN and a number", ONE, SMALL_SIGNALLING, SMALL_SIGNALLING | QUIET, IE],
  ["a signalling and a quiet NaN", LARGE_SIGNALLING, SMALL_QUIET, SMALL_QUIET, IE],
  ["two signalling NaNs", SMALL_SIGNALLING, LARGE_SIGNALLING, LARGE_SIGNALLING | QUIET, IE],
  ["two quiet NaNs", LARGE_QUIET, SMALL_QUIET, LARGE_QUIET, 0],
  ["two quiet NaNs unlike in sign only", SMALL_QUIET | (1n << 79n), SMALL_QUIET, SMALL_QUIET, 0],
  ["an unnormal and a NaN", UNNORMAL, LARGE_QUIET, 0xffffc000000000000000n, IE],
])("%s", (_name, a, b, result, flags) => {
  const c = contextOf(0);
  for (const [x, y] of [
    [a, b],
    [b, a],
  ]) {
    c.w[FLAGS] = DE;
    expect(answersForNaNs(c, ...words80(x), ...words80(y))).toBe(true);
    expect([result80(c), c.w[FLAGS]]).toEqual([result, flags]);
  }
});

test("numbers and infinities are left to the operation", () => {
  const c = contextOf(0);
  expect(answersForNaNs(c, ...words80(ONE), 0x7fff, -0x80000000, 0)).toBe(false);
  expect(answersForNaN(c, 0, 0, 1)).toBe(false);
  expect(c.w[FLAGS]).toBe(0);
});

test("kinds of operands", () => {
  expect([isNormal(0x8001, -1), isNormal(0, -1), isNormal(0x7fff, -1), isNormal(1, 1)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect([isUnsupported(1, 0), isUnsupported(0x7fff, 1), isUnsupported(0, 1)]).toEqual([true, true, false]);
  expect([isNaN80(0x7fff, -0x80000000, 0), isNaN80(0xffff, -0x80000000, 1)]).toEqual([false, true]);
  expect([isDenormal(0x8000, 0, 1), isDenormal(0, -0x80000000, 0), isDenormal(0, 0, 0)]).toEqual([true, true, false]);
});
