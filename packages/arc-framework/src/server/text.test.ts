import fc from "fast-check";
import { expect, it } from "vitest";
import { packBytes, packText, unpackText } from "./text.ts";

it("packs known text", () => {
  expect(packText("hello")).toEqual([0x6c6c6568, 0x6f]);
  expect(packText("")).toEqual([]);
  expect(packBytes(Uint8Array.of(0xff, 0, 0, 0x80, 1))).toEqual([0x800000ff | 0, 1]);
});

it("ends text at the first NUL", () => {
  expect(unpackText([0x6c6c6568, 0x2100_006f])).toBe("hello");
  expect(unpackText([])).toBe("");
});

it("gives back what it packed", () => {
  const text = fc.array(fc.integer({ min: 1, max: 255 })).map((codes) => String.fromCharCode(...codes));
  fc.assert(fc.property(text, (t) => unpackText(packText(t)) === t));
});
