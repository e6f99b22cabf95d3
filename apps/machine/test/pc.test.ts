/**
 * `kintsugi pc`: systems from elsewhere boot, and broken images are refused with words.
 *
 * Here: the bench guest from power-on to its end, what is answered to images that are none. Not here: its checksums' origin
 * (→ bench/guest: the same on other emulators).
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const GUEST = fileURLToPath(new URL("../../../bench/guest/bench.elf", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kintsugi-pc-"));

afterAll(() => rmSync(folder, { recursive: true }));

function kintsugi(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, "pc", ...words], { encoding: "utf8", input: "", timeout: 120_000 });
}

function image(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Kernel, checksum, iterations: as QEMU 7.2 gives them. */
const SUMS = [
  "fib 000cb228 1",
  "muldiv64 1c05d8a2 3000",
  "x87_dmat 0050f982 1",
  "sse_dmat 0050f982 1",
  "sse_ps 00000e8f 60",
  "smc 0000e180 200",
  "syscall 000001f4 500",
  "intnop 000001f4 500",
  "pfault 000000c8 200",
  "cr3flush 00000064 100",
  "pg_chasebig 3e5ea8d7 4000",
  "mmio 00000766 1000",
];

/** 64 KiB: jumps to F000:E000, reads a word of sector 1 from the primary master and writes its low byte to port f4. */
function bios(): Uint8Array {
  const rom = new Uint8Array(0x10000);
  const out = (port: number, value: number): number[] => [0xba, port & 0xff, port >> 8, 0xb0, value, 0xee];
  const select = [...out(0x1f6, 0xe0), ...out(0x1f2, 1), ...out(0x1f3, 1), ...out(0x1f4, 0), ...out(0x1f5, 0)];
  // in al, dx; test al, 8; jz: until the sector is there.
  const wait = [0xec, 0xa8, 0x08, 0x74, 0xfb];
  rom.set([...select, ...out(0x1f7, 0x20), ...wait, 0xba, 0xf0, 0x01, 0xed, 0xe6, 0xf4, 0xf4], 0xe000);
  rom.set([0xea, 0x00, 0xe0, 0x00, 0xf0], 0xfff0);
  return rom;
}

/** The setup sector of a bzImage, and nothing behind it. */
function cutBzImage(): Uint8Array {
  const image = new Uint8Array(1024);
  image[0x1f1] = 1;
  image.set([0x55, 0xaa], 0x1fe);
  image.set([...Buffer.from("HdrS"), 0x0c, 0x02], 0x202);
  image[0x211] = 1;
  return image;
}

describe("kintsugi pc", () => {
  it("boots a multiboot kernel: integers, x87, SSE, interrupts, page faults and CR3", () => {
    const names = "fib,muldiv64,x87_dmat,sse_dmat,sse_ps,smc,syscall,intnop,pfault,cr3flush,pg_chasebig,mmio";
    const run = kintsugi("--kernel", GUEST, "--append", `bench=${names}+1+1000`, "--until", "DONE");
    const sums = [...run.stdout.matchAll(/^E (\w+) 0 (\w+) (\d+)\r?$/gm)].map((found) => found.slice(1).join(" "));
    expect(sums).toEqual(SUMS);
    expect(run.status).toBe(0);
  }, 120_000);

  it("ends as the exit port says, and at a limit", () => {
    expect(kintsugi("--kernel", GUEST, "--append", "bench=none+1+1").status).toBe(0x63);
    const late = kintsugi("--kernel", GUEST, "--append", "bench=fib+1+1", "--limit", "0.01", "--until", "DONE");
    expect([late.status, late.stderr]).toEqual([4, expect.stringContaining("'DONE' never came")]);
  }, 120_000);

  it("starts a BIOS at FFFFFFF0, which reads a disk", () => {
    const disk = new Uint8Array(1024);
    disk[512] = 0x15;
    const run = kintsugi("--bios", image("bios", bios()), "--hda", image("disk", disk));
    expect([run.status, run.stderr]).toEqual([2 * 0x15 + 1, ""]);
  });

  it("starts in a ROM that ends at 1 MiB", () => {
    const disk = new Uint8Array(1024);
    const run = kintsugi("--rom", `${image("rom", bios())}@f0000`, "--hda", image("disk", disk));
    expect([run.status, run.stderr]).toEqual([1, ""]);
    const both = ["f0000", "ffff0000"].flatMap((at) => ["--rom", `${join(folder, "rom")}@${at}`]);
    expect(kintsugi(...both, "--hda", join(folder, "disk")).status).toBe(1);
  });

  it("says what is wrong with an image", () => {
    const guest = readFileSync(GUEST);
    const cases: [words: string[], answer: string][] = [
      [[], "pc wants something to boot"],
      [["--kernel", join(folder, "none")], "there is no such file"],
      [["--kernel", image("empty", new Uint8Array(0))], "the file is empty"],
      [["--kernel", image("zeros", new Uint8Array(8192))], "neither a Linux bzImage nor a multiboot kernel"],
      [["--kernel", image("short", guest.subarray(0, 0x2000))], "lies outside the file"],
      [["--kernel", GUEST, "--module", `${join(folder, "none")} text`], "there is no such file"],
      [["--kernel", GUEST, "--module", " text"], "--module wants 'FILE command line'"],
      [["--kernel", GUEST, "--until", ""], "--until wants a text"],
      [["--kernel", GUEST, "--until-screen", ""], "--until-screen wants a text"],
      [["--bios", image("bios", bios()), "--append", "text"], "--append goes with --kernel"],
      [["--kernel", GUEST, "--initrd", GUEST], "--initrd is for Linux"],
      [
        ["--kernel", GUEST, "--module", image("large", new Uint8Array(17 << 20)), "--memory", "16"],
        "give more --memory",
      ],
      [["--bios", image("odd", new Uint8Array(1000))], "multiple of 64 KiB"],
      [["--rom", `${GUEST}@a0000`], "do not fit there"],
      [["--rom", `${GUEST}@7fff000`], "over the end of RAM"],
      [["--kernel", GUEST, "--hda", image("part", new Uint8Array(700))], "no whole 512-byte sectors"],
      [["--kernel", GUEST, "--cdrom", join(folder, "none")], "there is no such file"],
      [["--kernel", GUEST, "--hda", join(folder, "none")], "there is no such file"],
      [["--kernel", GUEST, "--initrd", join(folder, "none")], "there is no such file"],
      [["--bios", join(folder, "none")], "there is no such file"],
      [["--bios", image("bios", bios()), "--vgabios", join(folder, "none")], "there is no such file"],
      [["--rom", `${join(folder, "none")}@f0000`], "there is no such file"],
      [["--kernel", GUEST, "--vgabios", GUEST], "--vgabios goes with --bios"],
      [["--bios", join(folder, "bios"), "--module", GUEST], "--module goes with --kernel"],
      [["--kernel", image("cut", cutBzImage())], "the file ends before its kernel"],
    ];
    for (const [words, answer] of cases) {
      const { status, stderr } = kintsugi(...words);
      expect([status, stderr]).toEqual([2, expect.stringContaining(answer)]);
    }
  }, 600_000);
});
