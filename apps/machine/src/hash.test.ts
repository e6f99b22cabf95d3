import { describe, expect, it } from "vitest";
import { canonical } from "./hash.ts";

describe("canonical text", () => {
  it("does not depend on the order in which fields were written", () => {
    expect(canonical({ b: [1, { d: true, c: null }], a: "x" })).toBe(
      canonical({ a: "x", b: [1, { c: null, d: true }] }),
    );
  });

  it("keeps apart what JSON would merge", () => {
    const texts = [0, -0, Number.POSITIVE_INFINITY, null, "0", [0]].map((value) => canonical(value));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it("gives typed arrays and plain ones of equal numbers equal texts", () => {
    expect(canonical(Uint8Array.of(1, 2))).toBe(canonical([1, 2]));
  });

  it("refuses what is not plain data", () => {
    for (const value of [undefined, () => 0, Number.NaN, { x: undefined }, 1n]) {
      expect(() => canonical(value)).toThrow("not plain data");
    }
  });
});
