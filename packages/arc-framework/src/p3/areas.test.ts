import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Program, Segment } from "../elf/parse.ts";
import { areasOf, contentOf, findArea, pageCount } from "./areas.ts";

const segment = (address: number, memorySize: number, values: Partial<Segment> = {}): Segment => ({
  address,
  memorySize,
  fileOffset: 0x200,
  fileSize: 0,
  rights: 6,
  persistent: false,
  ...values,
});
const PROGRAM: Program = {
  entry: 0x20000000,
  segments: [
    segment(0x20000000, 0x1800, { fileSize: 0x1800, rights: 5 }),
    segment(0x20003010, 0x3000, { fileSize: 0x1010, fileOffset: 0x1a10 }),
    segment(0x60000000, 0x20, { persistent: true }),
  ],
};
const AREAS = areasOf(PROGRAM);

describe("the areas of a program", () => {
  it("are whole pages by rising address, numbered through", () => {
    expect(AREAS.map((a) => [a.kind, a.low, a.high, a.rights, a.firstPage])).toEqual([
      ["image", 0x20000000, 0x20002000, 5, 0],
      ["image", 0x20003000, 0x20007000, 6, 2],
      ["heap", 0x40000000, 0x40100000, 6, 6],
      ["persistent memory", 0x60000000, 0x60001000, 6, 262],
      ["restart page", 0x70000000, 0x70001000, 4, 263],
      ["recovery stack", 0x7f000000, 0x7f004000, 6, 264],
      ["stack", 0xbdff0000, 0xbe000000, 6, 268],
    ]);
  });

  it("are found by the addresses in them and by no other", () => {
    const kindOf = (address: number) => findArea(AREAS, address)?.kind;
    expect(kindOf(0x1fffffff)).toBeUndefined();
    expect(kindOf(0x20000000)).toBe("image");
    expect(kindOf(0x20002000)).toBeUndefined();
    expect(kindOf(0x20003000)).toBe("image");
    expect(kindOf(0x7effffff)).toBeUndefined();
    expect(kindOf(0x7f004000)).toBeUndefined();
    expect(kindOf(0xbdfeffff)).toBeUndefined();
    expect(kindOf(0xbdffffff)).toBe("stack");
    expect(kindOf(0xffffffff)).toBeUndefined();
  });
});

describe("a page's content", () => {
  it("is its part of the file, the rest zero", () => {
    const data = AREAS[1]!;
    expect(contentOf(data, 0x20003000)).toEqual({ at: 0x10, fileOffset: 0x1a10, length: 0xff0 });
    expect(contentOf(data, 0x20004000)).toEqual({ at: 0, fileOffset: 0x1a10 + 0xff0, length: 0x20 });
    expect(contentOf(data, 0x20005000).length).toBe(0);
    expect(contentOf(AREAS[6]!, 0xbdfff000).length).toBe(0);
  });

  it("of all pages together is the segment's bytes, each once and in its place", () => {
    const parts = fc.record({
      offset: fc.nat(0xfff),
      fileSize: fc.nat(0x5000),
      bss: fc.nat(0x3000),
      fileOffset: fc.nat(0x10000),
    });
    fc.assert(
      fc.property(parts, ({ offset, fileSize, bss, fileOffset }) => {
        fc.pre(fileSize + bss > 0);
        const address = 0x20000000 + offset;
        const area = areasOf({
          entry: address,
          segments: [segment(address, fileSize + bss, { fileSize, fileOffset })],
        })[0]!;
        let copied = 0;
        for (let i = 0; i < pageCount(area); i++) {
          const page = area.low + i * 0x1000;
          const part = contentOf(area, page);
          if (part.length === 0) continue;
          expect(page + part.at).toBe(address + copied);
          expect(part.fileOffset).toBe(fileOffset + copied);
          expect(part.at + part.length).toBeLessThanOrEqual(0x1000);
          copied += part.length;
        }
        expect(copied).toBe(fileSize);
      }),
    );
  });
});
