import fc from "fast-check";
import { expect, it } from "vitest";
import { deadlineMicroseconds, periodCode, periodMicroseconds, pointMicroseconds, TIME_POINT } from "./time.ts";

it("knows the period codes of the manual", () => {
  expect(periodMicroseconds(0)).toBe(Number.POSITIVE_INFINITY);
  expect(periodMicroseconds(0x400)).toBe(0);
  expect(periodMicroseconds((4 << 10) | 625)).toBe(10_000);
  expect(periodMicroseconds((31 << 10) | 1023)).toBe(1023 * 2 ** 31);
});

it("gives the shortest period that is long enough", () => {
  expect(periodCode(0)).toBe(0x400);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (microseconds) => {
      const length = periodMicroseconds(periodCode(microseconds));
      expect(length).toBeGreaterThanOrEqual(microseconds);
      expect(length).toBeLessThanOrEqual(microseconds * (1 + 1 / 256) + 1);
    }),
  );
});

it("a point is the time of its bits that is nearest to now", () => {
  fc.assert(
    fc.property(fc.nat(15), fc.nat(1), fc.nat(1023), fc.nat(2 ** 40), (e, c, m, now) => {
      const code = TIME_POINT | (e << 11) | (c << 10) | m;
      const at = pointMicroseconds(code, now);
      const unit = 2 ** e;
      expect(posMod(at, 0x800 * unit)).toBe((c * 0x400 + m) * unit);
      expect(Math.abs(at - now)).toBeLessThanOrEqual(0x400 * unit);
      expect(deadlineMicroseconds(code, now)).toBe(at);
    }),
  );
});

function posMod(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}
