import { allocateMemory, GuestMemory } from "@kintsugi/ia32";
import { describe, expect, it } from "vitest";
import { elfFile } from "./elf-file.fixture.ts";
import { kickstart, type L4File } from "./kickstart.ts";

const MIB = 1 << 20;

function image(physical: number, bytes: readonly number[], size = bytes.length, entry = physical): Uint8Array {
  return elfFile([{ physical, virtual: physical, bytes, size, flags: 7 }], { entry });
}

function file(commandLine: string, bytes: Uint8Array): L4File {
  return { commandLine, bytes };
}

const SIGMA0 = file("sigma0", image(0x20000, [1, 2, 3], 0x2000));
const ROOT = file("pingpong  -v   two", image(0x400000, [4, 5, 6], 0x3000, 0x400001));

function start(files: { sigma0?: L4File; root?: L4File; modules?: readonly L4File[] }, size = 64 * MIB) {
  const memory = new GuestMemory(allocateMemory(size, false), size);
  return { memory, config: kickstart(memory, { sigma0: SIGMA0, root: ROOT, modules: [], ...files }) };
}

function textAt(memory: GuestMemory, at: number): string {
  let text = "";
  for (let byte = memory.read8(at); byte !== 0; byte = memory.read8(++at)) text += String.fromCharCode(byte);
  return text;
}

describe("kickstart", () => {
  it("loads both servers, and tells the kernel of them", () => {
    const { memory, config } = start({});
    expect(config._unsafeUnwrap()).toMatchObject({
      arenaSize: 16 * MIB,
      sigma0: { ip: 0x20000, sp: 0, low: 0x20000, high: 0x22000 },
      root: { ip: 0x400001, sp: 0, low: 0x400000, high: 0x403000 },
    });
    expect([...memory.readBytes(0x400000, 4)]).toEqual([4, 5, 6, 0]);
  });

  it("describes memory in the loader's order", () => {
    const module = file("disk.img", new Uint8Array(5000));
    const { loader } = start({ modules: [module] }).config._unsafeUnwrap();
    const at = 0x3000000 - 0x2000;
    expect(loader?.descriptors.map(({ type, low, end }) => [type, low, end])).toEqual([
      [0x04, 0, 2 ** 32],
      [0x11, 0, 0x9fc00],
      [0x2f, 0x9fc00, 0xa0000],
      [0x2f, 0xf0000, 0x100000],
      [0x11, 0x100000, 64 * MIB],
      [0x02, 0x3000000, 64 * MIB],
      [0x04, 0xa0000, 0xc0000],
      [0x04, 0xc0000, 0xf0000],
      [0x2e, 0x20000, 0x22000],
      [0x2e, 0x400000, 0x403000],
      [0x3e, at, at + 5000],
      [0x1e, 0x1000, 0x2000],
      [0x1e, 0x2000, 0x3000],
    ]);
  });

  it("writes boot info: servers as executables, modules, the multiboot information; command lines verbatim", () => {
    const modules = [file("a.bin  x  y", Uint8Array.of(7, 8)), file("b", Uint8Array.of(9))];
    const { memory, config } = start({ modules });
    const base = config._unsafeUnwrap().loader?.bootInfo as number;
    const word = (at: number): number => memory.read32(at);
    expect([word(base), word(base + 4), word(base + 12), word(base + 16)]).toEqual([0x14b0021d, 1, 32, 5]);
    const records: [type: number, text: string][] = [];
    let at = base + 32;
    for (let n = 0; n < 5; n++) {
      const type = word(at);
      const line = type === 1 ? word(at + 20) : type === 2 ? word(at + 60) : 0;
      records.push([type, line === 0 ? "" : textAt(memory, at + line)]);
      if (type === 1) expect(memory.read8(word(at + 12))).toBe(n === 2 ? 7 : 9);
      if (n < 4) at += word(at + 8);
    }
    expect(at + 16 - base).toBe(word(base + 8));
    expect(records).toEqual([
      [2, "sigma0"],
      [2, "pingpong  -v   two"],
      [1, "a.bin  x  y"],
      [1, "b"],
      [0x102, ""],
    ]);
    const multiboot = word(at + 12);
    expect(textAt(memory, word(multiboot + 16))).toBe("pingpong  -v   two");
    expect(word(multiboot + 20)).toBe(5);
    const mods = word(multiboot + 24);
    expect([0, 1, 2, 3, 4].map((n) => textAt(memory, word(mods + 16 * n + 8)))).toEqual([
      "kernel",
      "sigma0",
      "pingpong  -v   two",
      "a.bin  x  y",
      "b",
    ]);
    expect(word(mods + 16)).toBe(0x20000);
  });

  it("puts boot info where no image lies, over as many pages as it needs", () => {
    const low = file("sigma0", image(0x1800, [1], 0x1000));
    const long = file(`root ${"x".repeat(5000)}`, ROOT.bytes);
    expect(start({ sigma0: low, root: long }).config._unsafeUnwrap().loader?.bootInfo).toBe(0x3000);
  });

  it("refuses what does not fit, naming the file", () => {
    const refused: [files: Parameters<typeof start>[0], file: string, message: RegExp][] = [
      [{ root: file("r", image(0x3fff000, [1], 0x2000)) }, "r", /RAM for it ends at 0x3000000/],
      [{ root: file("r", image(0xb8000, [1])) }, "r", /no RAM/],
      [{ root: file("r", image(0x21000, [1])) }, "r", /where sigma0 lies/],
      [{ sigma0: file("s", image(0x1000, [1], 0x9e000)) }, ROOT.commandLine, /no room below 640 KiB/],
      [{ modules: [file("big", new Uint8Array(60 * MIB))] }, "big", /no room left/],
      [{ sigma0: file("s", Uint8Array.of(1)) }, "s", /no ELF/],
    ];
    for (const [files, name, message] of refused) {
      const error = start(files).config._unsafeUnwrapErr();
      expect(error.file).toBe(name);
      expect(error.message).toMatch(message);
    }
  });
});
