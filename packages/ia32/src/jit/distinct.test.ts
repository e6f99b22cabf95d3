import { expect, test } from "vitest";
import { distinct } from "./distinct.ts";

test("numbers close to each other get values of their own", () => {
  for (const count of [2, 3, 4, 7, 16, 17, 33, 64]) {
    const eips = Array.from({ length: count }, (_, i) => 0x101200 + 24 * i + (i % 5));
    const found = distinct(eips);
    expect(found, `${count}`).not.toBeNull();
    const { multiplier, bits, order } = found ?? { multiplier: 0, bits: 0, order: [] };
    const values = eips.map((eip) => Math.imul(eip, multiplier) >>> (32 - bits));
    expect(values.map((value) => order[value])).toEqual(eips.map((_, at) => at));
    expect(order).toHaveLength(1 << bits);
  }
});

test("one number, the same number twice and too many have none", () => {
  expect(distinct([5])).toBeNull();
  expect(distinct([5, 6, 5])).toBeNull();
  expect(distinct(Array.from({ length: 65 }, (_, i) => i))).toBeNull();
});
