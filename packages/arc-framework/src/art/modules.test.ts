import { BOOT_INFO_MAGIC, BOOT_RECORD_MODULE, BOOT_RECORD_RESET } from "@kintsugi/microkernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packText } from "../server/text.ts";
import { MODULE_LIMIT } from "./art-memory.ts";
import { MODULE_SERVER, MODULE_START, moduleRow, readBootInfo, readCommandLine } from "./modules.ts";

describe("a module's command line", () => {
  it.each([
    ["hello", { name: "hello", flags: 0, argument: "" }],
    ["  serial   start server ", { name: "serial", flags: MODULE_START | MODULE_SERVER, argument: "" }],
    ["msh start args=-x start server", { name: "msh", flags: MODULE_START, argument: "-x start server" }],
    ["msh args=", { name: "msh", flags: 0, argument: "" }],
    ["print myargs=1 starts", { name: "print", flags: 0, argument: "" }],
    ["", { name: "", flags: 0, argument: "" }],
  ])("'%s' is read as printed", (line, expected) => {
    expect(readCommandLine(line)).toEqual(expected);
  });

  it("always fits its row", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ maxLength: 300 }), (name, argument) => {
        const module = { start: 4096, size: 5, ...readCommandLine(`${name} args=${argument}`) };
        expect(moduleRow(module)).toHaveLength(172);
      }),
    );
  });
});

describe("boot info", () => {
  const block = (words: readonly number[]) => ({ read: (address: number) => words[address / 4] ?? 0 });
  const record = (type: number, first: number, second: number, text: string) => {
    const packed = [...packText(text), 0];
    return [type, 1, 4 * (6 + packed.length), first, type === BOOT_RECORD_MODULE ? second : 24, 24, ...packed];
  };

  it("gives modules and the last reset", () => {
    const records = [
      record(BOOT_RECORD_MODULE, 0x8000, 77, "hello start"),
      record(0x102, 1, 2, "multiboot"),
      record(BOOT_RECORD_RESET, 3, 0, "root task: a journal is corrupted"),
    ].flat();
    const info = readBootInfo(block([BOOT_INFO_MAGIC, 1, 0, 32, 3, 0, 0, 0, ...records]), 0);
    expect(info).toEqual({
      modules: [{ start: 0x8000, size: 77, name: "hello", flags: MODULE_START, argument: "" }],
      resets: 3,
      reason: "root task: a journal is corrupted",
    });
  });

  it("gives nothing when there is none", () => {
    expect(readBootInfo(block([]), 0)).toEqual({ modules: [], resets: 0, reason: "" });
  });

  it("stops at as many modules as there is room for", () => {
    const many = new Array(MODULE_LIMIT + 5).fill(record(BOOT_RECORD_MODULE, 0, 0, "m")).flat();
    const words = [BOOT_INFO_MAGIC, 1, 0, 32, MODULE_LIMIT + 5, 0, 0, 0, ...many];
    expect(readBootInfo(block(words), 0).modules).toHaveLength(MODULE_LIMIT);
  });
});
