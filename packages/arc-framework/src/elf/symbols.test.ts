import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildElf } from "./build.ts";
import { Elf32Ehdr, Elf32Shdr } from "./format.ts";
import { symbolAt, symbols } from "./symbols.ts";

const TEXT = { address: 0x20000000, bytes: new Uint8Array(64), rights: 5 };
const FILE = buildElf(
  TEXT.address,
  [TEXT],
  [
    { name: "loop", address: 0x20000020, size: 0, info: 0x00 },
    { name: "_start", address: 0x20000000, size: 16, info: 0x12 },
    { name: "counter", address: 0x20001000, size: 4, info: 0x11 },
    { name: "source.cc", address: 0, size: 0, info: 0x04 },
  ],
);

describe("symbols", () => {
  it("are functions, objects and labels by rising address", () => {
    expect(symbols(FILE)._unsafeUnwrap()).toEqual([
      { name: "_start", address: 0x20000000, size: 16, kind: "function" },
      { name: "loop", address: 0x20000020, size: 0, kind: "label" },
      { name: "counter", address: 0x20001000, size: 4, kind: "object" },
    ]);
  });

  it("are none in a stripped file", () => {
    expect(symbols(buildElf(TEXT.address, [TEXT]))._unsafeUnwrap()).toEqual([]);
  });

  it("name the addresses that they cover", () => {
    const table = symbols(FILE)._unsafeUnwrap();
    const nameOf = (address: number) => symbolAt(table, address)?.name;
    expect(nameOf(0x1fffffff)).toBeUndefined();
    expect(nameOf(0x20000000)).toBe("_start");
    expect(nameOf(0x2000000f)).toBe("_start");
    expect(nameOf(0x20000010)).toBeUndefined();
    expect(nameOf(0x20000fff)).toBe("loop");
    expect(nameOf(0x20001003)).toBe("counter");
    expect(nameOf(0x20001004)).toBeUndefined();
  });

  it("of a damaged file are refused, never an exception", () => {
    expect(symbols(new Uint8Array(51))._unsafeUnwrapErr().code).toBe("bad-symbols");
    const sections = Elf32Ehdr.read(new DataView(FILE.buffer), 0).e_shoff;
    for (const field of ["sh_link", "sh_offset", "sh_size"] as const) {
      const bytes = FILE.slice();
      Elf32Shdr.write(new DataView(bytes.buffer), sections + Elf32Shdr.size, { [field]: 0xfffffff0 });
      expect(symbols(bytes)._unsafeUnwrapErr().code).toBe("bad-symbols");
    }
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(FILE.length - 1), fc.nat(255)), { maxLength: 8 }), (mutations) => {
        const bytes = FILE.slice();
        for (const [at, value] of mutations) bytes[at] = value;
        symbols(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});
