import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildElf, type SegmentToBuild } from "./build.ts";
import type { ElfErrorCode } from "./error.ts";
import { Elf32Ehdr, Elf32Phdr, PF_R, PF_W, PF_X } from "./format.ts";
import { MAX_PROGRAM_PAGES, PAGE_SIZE } from "./layout.ts";
import { parseElf } from "./parse.ts";

const TEXT: SegmentToBuild = { address: 0x20000000, bytes: new Uint8Array(100).fill(0x90), rights: PF_R | PF_X };
const DATA: SegmentToBuild = {
  address: 0x20002010,
  bytes: new Uint8Array(24).fill(1),
  memorySize: 0x3000,
  rights: PF_R | PF_W,
};
const PDATA: SegmentToBuild = { ...DATA, address: 0x60000000, persistent: true };

/** Parses bytes; a read outside them fails the test. */
function parse(bytes: Uint8Array) {
  return parseElf((offset, length) => {
    if (offset < 0 || offset + length > bytes.length) throw new Error(`read of ${length} at ${offset}`);
    return bytes.slice(offset, offset + length);
  }, bytes.length);
}

function codeOf(bytes: Uint8Array): ElfErrorCode | "ok" {
  return parse(bytes).match(
    () => "ok",
    (error) => error.code,
  );
}

/** The file with one field of its header, or of program header `i`, changed. */
function header(field: keyof typeof Elf32Ehdr.fields, value: number): Uint8Array {
  const bytes = buildElf(TEXT.address, [TEXT, DATA]);
  Elf32Ehdr.write(new DataView(bytes.buffer), 0, { [field]: value });
  return bytes;
}
function segment(i: number, values: Partial<Record<keyof typeof Elf32Phdr.fields, number>>): Uint8Array {
  const bytes = buildElf(TEXT.address, [TEXT, DATA]);
  Elf32Phdr.write(new DataView(bytes.buffer), Elf32Ehdr.size + i * Elf32Phdr.size, values);
  return bytes;
}

describe("a program", () => {
  it("has its segments by rising address, with X.2's rights", () => {
    const program = parse(buildElf(0x20000004, [PDATA, DATA, TEXT]))._unsafeUnwrap();
    expect(program.entry).toBe(0x20000004);
    expect(program.segments).toEqual([
      { address: 0x20000000, memorySize: 100, fileOffset: 196, fileSize: 100, rights: 5, persistent: false },
      { address: 0x20002010, memorySize: 0x3000, fileOffset: 172, fileSize: 24, rights: 6, persistent: false },
      { address: 0x60000000, memorySize: 0x3000, fileOffset: 148, fileSize: 24, rights: 6, persistent: true },
    ]);
  });

  it("may have headers that are nothing to load", () => {
    expect(parse(segment(1, { p_type: 0x6474e551 }))._unsafeUnwrap().segments).toHaveLength(1);
    expect(parse(segment(1, { p_memsz: 0, p_filesz: 0 }))._unsafeUnwrap().segments).toHaveLength(1);
  });
});

describe("a file that is refused", () => {
  it("says why, in one line that names the way out", () => {
    const table: [string, Uint8Array, ElfErrorCode][] = [
      ["empty", new Uint8Array(0), "not-elf"],
      ["text", Uint8Array.from("#!/bin/sh\n".repeat(20), (c) => c.charCodeAt(0)), "not-elf"],
      ["64-bit", header("e_class", 2), "wrong-class"],
      ["big-endian", header("e_data", 2), "wrong-class"],
      ["ARM", header("e_machine", 40), "wrong-machine"],
      ["an object file", header("e_type", 1), "wrong-type"],
      ["a shared object", header("e_type", 3), "wrong-type"],
      ["no program headers", header("e_phnum", 0), "no-segments"],
      ["nothing to load", buildElf(0, [{ ...TEXT, bytes: new Uint8Array(0) }]), "no-segments"],
      ["headers of another size", header("e_phentsize", 56), "truncated"],
      ["headers outside the file", header("e_phoff", 0xffffffff), "truncated"],
      ["too many headers for it", header("e_phnum", 64), "truncated"],
      ["too many headers", header("e_phnum", 65), "too-many-segments"],
      ["interpreter", segment(1, { p_type: 3 }), "dynamic"],
      ["dynamic section", segment(1, { p_type: 2 }), "dynamic"],
      ["file part too long", segment(1, { p_filesz: 0x3001 }), "segment-larger-in-file"],
      ["outside the file", segment(1, { p_offset: 0xffffffff }), "segment-outside-file"],
      ["over the kernel area", segment(1, { p_vaddr: 0xbffff000 }), "segment-in-kernel-area"],
      ["round the end", segment(1, { p_vaddr: 0xfffff000, p_memsz: 0xffffffff }), "segment-in-kernel-area"],
      ["over the stack", segment(1, { p_vaddr: 0xbdffe000 }), "segment-in-fixed-area"],
      ["over the heap", segment(1, { p_vaddr: 0x3fffe000 }), "segment-in-fixed-area"],
      ["over the KIP", segment(1, { p_vaddr: 0xbff00000 }), "segment-in-fixed-area"],
      ["over the restart page", segment(1, { p_vaddr: 0x70000fff }), "segment-in-fixed-area"],
      ["in persistent memory", segment(1, { p_vaddr: 0x60000000 }), "segment-not-persistent"],
      ["persistent in the image", segment(1, { p_flags: 0x100006 }), "segment-outside-image"],
      ["below the image", segment(1, { p_vaddr: 0x1000 }), "segment-outside-image"],
      ["overlap", segment(1, { p_vaddr: TEXT.address }), "segments-overlap"],
      ["a page shared", segment(1, { p_vaddr: TEXT.address + 0xfff }), "segments-overlap"],
      ["too large", segment(1, { p_memsz: MAX_PROGRAM_PAGES * PAGE_SIZE }), "too-large"],
      ["entry in data", header("e_entry", DATA.address), "entry-outside-text"],
      ["entry nowhere", header("e_entry", 0), "entry-outside-text"],
      [
        "nine segments",
        buildElf(
          TEXT.address,
          Array.from({ length: 9 }, (_, i) => ({ ...TEXT, address: TEXT.address + i * PAGE_SIZE })),
        ),
        "too-many-segments",
      ],
    ];
    for (const [name, bytes, code] of table) {
      expect([name, codeOf(bytes)]).toEqual([name, code]);
      expect(parse(bytes)._unsafeUnwrapErr().text).toMatch(/^[ -~]{20,200}$/);
      expect(parse(bytes)._unsafeUnwrapErr().text).toMatch(/; |run /);
    }
  });

  it("is every truncation of a good one", () => {
    const whole = buildElf(TEXT.address, [TEXT, DATA]);
    expect(codeOf(whole)).toBe("ok");
    for (let length = 0; length < whole.length; length++)
      expect(codeOf(whole.slice(0, length))).toMatch(/^(not-elf|truncated|segment-outside-file)$/);
  });
});

describe("any file", () => {
  it("is parsed or refused, never an exception, and only its own bytes are read", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void codeOf(bytes)));
    const mutation = fc.record({ at: fc.nat(147), value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0xbf, 0x60) });
    const good = buildElf(TEXT.address, [TEXT, DATA, PDATA]);
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
        const bytes = good.slice();
        for (const { at, value } of mutations) bytes[at] = value;
        let end = 0;
        for (const s of parse(bytes)
          .map((program) => program.segments)
          .unwrapOr([])) {
          expect(s.address).toBeGreaterThanOrEqual(end);
          end = s.address + s.memorySize;
          expect(end).toBeLessThanOrEqual(0xc0000000);
          expect(s.fileOffset + s.fileSize).toBeLessThanOrEqual(bytes.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("that was built is read as it was built", () => {
    const one = fc.record({ pages: fc.integer({ min: 1, max: 4 }), length: fc.integer({ min: 1, max: 4096 }) });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 8 }), (parts) => {
        let address = 0x20000000;
        const built = parts.map(({ pages, length }) => {
          const part = { address, bytes: new Uint8Array(length), memorySize: pages * PAGE_SIZE, rights: 7 };
          address += pages * PAGE_SIZE;
          return part;
        });
        const program = parse(buildElf(0x20000000, built))._unsafeUnwrap();
        expect(program.segments.map((s) => [s.address, s.memorySize, s.fileSize])).toEqual(
          built.map((s) => [s.address, s.memorySize, s.bytes.length]),
        );
      }),
      { numRuns: 50 },
    );
  });
});
