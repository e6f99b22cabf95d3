import { describe, expect, it } from "vitest";
import { elfFile } from "./elf-file.fixture.ts";
import { parseElf } from "./elf-image.ts";

const TEXT = { physical: 0x400000, virtual: 0x400000, bytes: [0x90, 0x90, 0x90], size: 3, flags: 5 };
const DATA = { physical: 0x401003, virtual: 0xc0001003, bytes: [1, 2], size: 0x100, flags: 6 };

describe("an ELF image", () => {
  it("has its segments at their physical addresses, and its entry as it stands", () => {
    const image = parseElf(elfFile([TEXT, DATA], { entry: 0x400001 }))._unsafeUnwrap();
    expect(image).toMatchObject({ entry: 0x400001, low: 0x400000, end: 0x401103 });
    expect(image.segments.map(({ physical, virtual, size }) => [physical, virtual, size])).toEqual([
      [0x400000, 0x400000, 3],
      [0x401003, 0xc0001003, 0x100],
    ]);
    expect([...image.segments[1].bytes]).toEqual([1, 2]);
  });

  it("without sections: what cannot be written is text, what the file does not have is bss", () => {
    const { text, data, bss } = parseElf(elfFile([TEXT, DATA]))._unsafeUnwrap();
    expect([text, data, bss]).toEqual([
      { physical: 0x400000, virtual: 0x400000, size: 3 },
      { physical: 0x401003, virtual: 0xc0001003, size: 2 },
      { physical: 0x401005, virtual: 0xc0001005, size: 0xfe },
    ]);
  });

  it("that has less memory than bytes gets as much as it has bytes", () => {
    expect(parseElf(elfFile([{ ...TEXT, size: 1 }]))._unsafeUnwrap().end).toBe(0x400003);
  });

  it("is refused with words when it cannot be one", () => {
    const whole = elfFile([TEXT]);
    const broken: [bytes: Uint8Array, words: RegExp][] = [
      [new Uint8Array(0), /no ELF file/],
      [new Uint8Array(4096), /no ELF file/],
      [whole.subarray(0, 40), /no ELF file/],
      [elfFile([TEXT], { machine: 62 }), /another processor/],
      [elfFile([TEXT], { type: 1 }), /no executable/],
      [elfFile([]), /no program headers/],
      [elfFile([{ ...TEXT, type: 4 }]), /nothing to load/],
      [elfFile([{ ...TEXT, size: 0, bytes: [] }]), /nothing to load/],
      [whole.subarray(0, 60), /headers lie outside/],
      [whole.subarray(0, whole.length - 1), /segment 0 lies outside/],
      [elfFile([{ ...TEXT, physical: 0xffffffff }]), /over 4 GiB/],
    ];
    for (const [bytes, words] of broken) expect(parseElf(bytes)._unsafeUnwrapErr().message).toMatch(words);
  });

  it("survives any damage to its headers", () => {
    const whole = elfFile([TEXT, DATA]);
    for (let at = 0; at < 52 + 64; at++)
      for (const value of [0, 1, 0x7f, 0xff]) {
        const damaged = Uint8Array.from(whole);
        damaged[at] = value;
        const result = parseElf(damaged);
        expect(result.isOk() || result.error.message.length > 0).toBe(true);
      }
  });
});
