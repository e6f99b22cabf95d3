import { expect, test } from "vitest";
import { L2E, L2T, LG2, LN2, loadConstant, ONE, PI, ZERO } from "./constants.ts";
import {
  createFloatContext,
  DOWN,
  FLAGS,
  HIGH,
  LOW,
  NEAREST,
  ROUNDING,
  SIGN_EXPONENT,
  TOWARD_ZERO,
  UP,
} from "./context.ts";

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");

test.each([
  ["FLDZ", ZERO, 0, "0000000000000000", "0000000000000000"],
  ["FLD1", ONE, 0x3fff, "8000000000000000", "8000000000000000"],
  ["FLDL2T", L2T, 0x4000, "d49a784bcd1b8afe", "d49a784bcd1b8aff"],
  ["FLDL2E", L2E, 0x3fff, "b8aa3b295c17f0bb", "b8aa3b295c17f0bc"],
  ["FLDPI", PI, 0x4000, "c90fdaa22168c234", "c90fdaa22168c235"],
  ["FLDLG2", LG2, 0x3ffd, "9a209a84fbcff798", "9a209a84fbcff799"],
  ["FLDLN2", LN2, 0x3ffe, "b17217f7d1cf79ab", "b17217f7d1cf79ac"],
])("%s is rounded by the mode and raises nothing", (name, constant, exponent, below, above) => {
  const c = createFloatContext();
  const under = (mode: number): string => {
    c.w[ROUNDING] = mode;
    loadConstant(c, constant);
    expect(c.w[SIGN_EXPONENT]).toBe(exponent);
    return hex(c.w[HIGH]) + hex(c.w[LOW]);
  };
  expect(under(DOWN)).toBe(below);
  expect(under(TOWARD_ZERO)).toBe(below);
  expect(under(UP)).toBe(above);
  expect(under(NEAREST)).toBe(name === "FLDL2T" ? below : above);
  expect(c.w[FLAGS]).toBe(0);
});
