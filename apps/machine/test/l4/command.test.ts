/**
 * `kintsugi l4`: how runs end, what is typed, what is answered to broken files.
 *
 * Root tasks here are a few bytes of machine code each.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { runCommandLine } from "../../src/commands/program.ts";
import { elfFile } from "../../src/l4/elf-file.fixture.ts";
import { elf, l4 } from "./boot-foreign.ts";

const folder = mkdtempSync(join(tmpdir(), "kintsugi-l4-"));
const SIGMA0 = elf("l4-sigma0");
const BASE = 0x400000;

afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A root task that consists of this code; text for it stands at BASE + 0x80. */
function root(name: string, code: readonly number[], text = ""): string {
  const bytes = [
    ...code,
    ...new Array<number>(0x80 - code.length).fill(0xf4),
    ...new TextEncoder().encode(`${text}\0`),
  ];
  return file(name, elfFile([{ physical: BASE, virtual: BASE, bytes, size: bytes.length, flags: 7 }], { entry: BASE }));
}

const TEXT = [BASE + 0x80, (BASE + 0x80) >> 8, (BASE + 0x80) >> 16, 0].map((byte) => byte & 0xff);
const print = [0xb8, ...TEXT, 0xcc, 0x3c, 1]; // mov $text, %eax; int3; cmpb $1, %al
const printAl = [0xcc, 0x3c, 0];
const readKey = [0xcc, 0x3c, 0x0d];
const enterSaying = [0xcc, 0xeb, 5, 0xb8, ...TEXT];
const again = (length: number): number[] => [0xeb, 0xfe - length];
const echo = [...readKey, ...printAl, ...again(6)];

function run(path: string, ...words: string[]) {
  return l4(["--sigma0", SIGMA0, "--root", path, ...words]);
}

describe("kintsugi l4", () => {
  it("prints what programs say through the kernel debugger, and ends when the text has come", () => {
    const path = root("says", [...print, ...again(8)], "hello");
    expect(run(path, "--until", "hellohello")).toMatchObject({ status: 0, stdout: "hellohello", stderr: "" });
  });

  it("types stdin behind --type, for programs and for the debugger", () => {
    const ended = l4(["--sigma0", SIGMA0, "--root", root("echo", echo), "--type", "a\\r\\x42", "--until", "C"], "zC");
    expect(ended).toMatchObject({ status: 0, stdout: "a\rBzC" });
  });

  it("types when the guest looks for a key, not before it has set its port up", () => {
    const wait = [0xb9, 0x40, 0x0d, 0x03, 0x00, 0xe2, 0xfe]; // mov $200000, %ecx; loop .
    const clearFifos = [0x66, 0xba, 0xfa, 0x03, 0xb0, 0x07, 0xee];
    const poll = [0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb];
    const show = [0x66, 0xba, 0xf8, 0x03, 0xec, ...printAl];
    const code = [...wait, ...clearFifos, ...poll, ...show, ...again(poll.length + show.length)];
    const ended = run(root("poll", code), "--type", "ab", "--until", "ab");
    expect(ended).toMatchObject({ status: 0, stdout: "ab" });
  });

  it("ends with clear words when nothing more can happen", () => {
    const endings: [words: string[], status: number, stderr: RegExp][] = [
      [[root("key", echo)], 3, /a thread waits for a key and nothing more is typed after 0\.\d+ virtual seconds/],
      [[root("int3", [0xcc, ...again(1)])], 3, /thread 000c8001 at 00400000 stays in the kernel debugger/],
      [[root("ud", [0x0f, 0x0b])], 3, /deadlock: no thread can run .*thread 000c8001: no exception handler/],
      [
        [root("wild", [0xa1, 0, 0, 0, 0x7f]), "--until", "x"],
        3,
        /last page fault .*000c8001 at 7f000000, by 00400000.*'x' never came/,
      ],
      [[root("spin", again(0)), "--limit", "0.01"], 4, /the limit was reached after 0\.01\d* virtual seconds/],
      [[root("exit", [0xb0, 3, 0xe6, 0xf4])], 7, /^$/],
      [[root("fpages", [0xb0, 3, 0xe6, 0xf4]), "--io", "fpages"], 7, /^$/],
      [[root("exit2", [0xb0, 3, 0xe6, 0xf4]), "--until", "x"], 1, /a program ended the run.*'x' never came/],
    ];
    for (const [[path, ...words], status, stderr] of endings) {
      const ended = run(path, ...words);
      expect({ path, status: ended.status }).toEqual({ path, status });
      expect(ended.stderr).toMatch(stderr);
    }
  }, 60_000);

  it("lets time pass for what is printed: nobody fills the host's memory", () => {
    const flood = root("flood", [...print, ...again(8)], "x".repeat(4000));
    const { status, stdout } = run(flood, "--limit", "0.05");
    expect([status, stdout.length > 40_000, stdout.length <= 54_000]).toEqual([4, true, true]);
  });

  it("goes on behind an entry into the debugger", () => {
    const path = root("enters", [...enterSaying, ...enterSaying, ...print, ...again(8)], "why");
    expect(run(path, "--until", "whywhy").stdout).toMatch(
      /^--- KD# why --- thread 000c8001 at 00400000\r\n--- KD# why .*\r\nwhywhy$/,
    );
  });

  it("survives a sigma0 that dies, wherever it reaches", () => {
    for (const [name, address] of [
      ["arena", 0x3800000],
      ["beyond", 0xbe000000],
    ] as const) {
      const bytes = [0xa3, address, address >> 8, address >> 16, address >>> 24, 0xeb, 0xfe].map((byte) => byte & 0xff);
      const path = file(
        name,
        elfFile([{ physical: 0x20000, virtual: 0x20000, bytes, size: 16, flags: 7 }], { entry: 0x20000 }),
      );
      const { status, stderr } = l4(["--sigma0", path, "--root", root("r", again(0)), "--limit", "0.01"]);
      if (name === "arena")
        expect([status, stderr]).toEqual([1, expect.stringContaining("sigma0: no memory at a fault")]);
      else expect([1, 4]).toContain(status);
    }
  }, 30_000);

  it("says what is wrong with files and options", async () => {
    const good = root("good", again(0));
    const refused: [words: string[], stderr: RegExp][] = [
      [[], /required option '--sigma0/],
      [["--sigma0", SIGMA0], /required option '--root/],
      [["--sigma0", join(folder, "none"), "--root", good], /--sigma0 .*none: there is no such file; check the path/],
      [["--sigma0", SIGMA0, "--root", folder], /--root .*: EISDIR/],
      [["--sigma0", SIGMA0, "--root", file("empty", new Uint8Array(0))], /--root .*empty: the file is empty/],
      [["--sigma0", SIGMA0, "--root", file("zeros", new Uint8Array(512))], /zeros: it is no ELF file/],
      [["--sigma0", SIGMA0, "--root", SIGMA0], /it lies where sigma0 lies; link it elsewhere/],
      [
        ["--sigma0", SIGMA0, "--root", good, "--module", `${join(folder, "none")} x`],
        /--module .*none: there is no such file/,
      ],
      [["--sigma0", SIGMA0, "--root", good, "--memory", "4"], /--memory wants whole megabytes from 16/],
      [
        ["--sigma0", SIGMA0, "--root", good, "--module", file("big", new Uint8Array(15 << 20)), "--memory", "16"],
        /big: there is no room left for this module; give more --memory/,
      ],
      [["--sigma0", SIGMA0, "--root", good, "--type", "\\q"], /--type: '\\q' means nothing/],
    ];
    for (const [words, stderr] of refused) {
      let said = "";
      const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
        said += text;
        return true;
      });
      const status = await runCommandLine(["l4", ...words]);
      spy.mockRestore();
      expect({ words, status }).toEqual({ words, status: 2 });
      expect(said).toMatch(stderr);
    }
  });
});
