import { expect, test } from "vitest";
import { C0, C1, C2, C3 } from "./context.ts";
import { examine80 } from "./examine.ts";

const INTEGER_BIT = -0x80000000;

test.each([
  ["a normal number", 0x3fff, INTEGER_BIT, 0, C2],
  ["a negative normal number", 0xbfff, INTEGER_BIT, 1, C2 | C1],
  ["zero", 0, 0, 0, C3],
  ["minus zero", 0x8000, 0, 0, C3 | C1],
  ["an infinity", 0x7fff, INTEGER_BIT, 0, C2 | C0],
  ["a quiet NaN", 0x7fff, 0xc0000000 | 0, 0, C0],
  ["a signalling NaN", 0xffff, INTEGER_BIT, 1, C0 | C1],
  ["a denormal", 0, 0, 1, C3 | C2],
  ["a pseudo-denormal", 0, INTEGER_BIT, 0, C3 | C2],
  ["an unnormal", 0x3fff, 1, 0, 0],
  ["a pseudo-infinity", 0x7fff, 0, 0, 0],
])("%s", (_name, signExponent, high, low, bits) => {
  expect(examine80(signExponent, high, low)).toBe(bits);
});
