import { fpageBase, fpageRights, fpageSize } from "@kintsugi/microkernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coveringFpage, fpagesOf, largestBlock } from "./blocks.ts";

const page = (n: number): number => n * 0x1000;
const range = fc
  .tuple(fc.nat(0xbffff), fc.integer({ min: 1, max: 0x400 }))
  .map(([n, count]) => [page(n), page(n + count)]);

describe("a range of pages", () => {
  it("is covered by one fpage, and by none half its size", () => {
    expect(coveringFpage(0x20000000, 0x20003000, 7)).toBe(0x20000000 + (14 << 4) + 7);
    expect(coveringFpage(0x20003000, 0x20005000, 7)).toBe(0x20000000 + (15 << 4) + 7);
    fc.assert(
      fc.property(range, ([low, high]) => {
        const fpage = coveringFpage(low!, high!, 7);
        const base = fpageBase(fpage);
        const size = fpageSize(fpage);
        expect(base <= low! && base + size >= high!).toBe(true);
        if (size > 0x1000) expect(low! < base + size / 2 && high! > base + size / 2).toBe(true);
      }),
    );
  });

  it("is made up of fpages, each page once", () => {
    expect(fpagesOf(0x20001000, 0x20004000, 5)).toEqual([0x200010c5, 0x200020d5]);
    fc.assert(
      fc.property(range, ([low, high]) => {
        let at = low!;
        for (const fpage of fpagesOf(low!, high!, 6)) {
          expect(fpageBase(fpage)).toBe(at);
          expect(fpageRights(fpage)).toBe(6);
          at += fpageSize(fpage);
        }
        expect(at).toBe(high);
      }),
    );
  });
});

describe("the largest block round a page", () => {
  it("is what a search through all blocks finds", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), fc.nat(39), (fit, n) => {
        const isFit = (address: number): boolean => fit[address / 0x1000 - 16]!;
        let expected = 12;
        for (let bits = 13; bits <= 16; bits++) {
          const count = 2 ** (bits - 12);
          const first = n + 16 - ((n + 16) % count);
          const others = Array.from({ length: count }, (_, i) => first + i);
          if (!others.every((p) => p >= 16 && p < 56 && (p === n + 16 || fit[p - 16]))) break;
          expected = bits;
        }
        expect(largestBlock(page(n + 16), page(16), page(56), 16, isFit)).toBe(expected);
      }),
    );
  });
});
