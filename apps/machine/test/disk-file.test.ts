/**
 * `--disk FILE`: what the machine's disk keeps is in the file, and what is no disk is refused.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { openExt2 } from "../src/ext2/read.ts";
import { readDisk } from "../src/host/disk-file.ts";
import { problemsOf } from "./e2fsck.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kintsugi-disk-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);

function boot(script: string, ...words: string[]) {
  const typed = words.includes("--replay") ? [] : ["--script", "-"];
  const line = [MAIN, "boot", ...typed, "--paper", file("paper"), ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, line, { encoding: "utf8", input: script });
  return { status, stdout, stderr };
}

describe("a disk in a file", () => {
  const SECTORS = 64;
  const before = Uint8Array.from({ length: SECTORS * 512 }, (_, i) => 1 + (i % 251));

  it("has what the machine wrote, and what it did not write is as before; a record of the run replays", () => {
    writeFileSync(file("a.img"), before);
    const log = file("run.log");
    const options = ["--with", "ramdisk", "--disk", file("a.img")];
    const script = "run diskcopy pata ramdisk 4\nrun diskcopy ramdisk pata 24\npoweroff 5\n";
    expect(boot(script, ...options, "--record", log)).toMatchObject({ status: 5, stderr: "" });
    const after = before.map((byte, i) => (i < 4 * 512 || i >= 24 * 512 ? byte : 0));
    expect(Buffer.compare(readFileSync(file("a.img")), after)).toBe(0);

    const changed = boot("", "--with", "ramdisk", "--disk", file("a.img"), "--replay", log);
    expect(changed).toMatchObject({ status: 2, stderr: expect.stringMatching(/other programs or files.*--disk/) });
    writeFileSync(file("a.img"), before);
    const replay = boot("", "--with", "ramdisk", "--disk", file("a.img"), "--replay", log);
    expect(replay).toMatchObject({ status: 5, stderr: expect.stringContaining("the replay agrees") });
    expect(Buffer.compare(readFileSync(file("a.img")), before)).toBe(0); // a replay writes nothing
  });

  it("can be the one that the machine boots from: made by a command, it keeps what is written", () => {
    const image = file("system.img");
    const make = () => spawnSync(process.execPath, [MAIN, "disk", "image", image], { encoding: "utf8" });
    expect(make()).toMatchObject({ status: 0, stderr: expect.stringContaining("4096 KiB of Ext2") });
    expect(make()).toMatchObject({ status: 2, stderr: expect.stringContaining("there is such a file already") });
    const script = "mkdir ext2:/mine\ncp ext2:/readme ext2:/mine/copy\npoweroff 6\n";
    expect(boot(script, "--disk", image)).toMatchObject({ status: 6, stderr: "" });
    const disk = new Uint8Array(readFileSync(image));
    expect(problemsOf(disk)).toEqual([]);
    const reader = openExt2(disk)._unsafeUnwrap();
    expect(reader.read("/mine/copy")._unsafeUnwrap()).toEqual(reader.read("/readme")._unsafeUnwrap());
    const again = boot("cat ext2:/mine/copy\npoweroff 7\n", "--disk", image);
    expect(again).toMatchObject({ status: 7, stdout: expect.stringContaining("its request is served again") });
    truncateSync(image, 1 << 20);
    const cut = boot("", "--disk", image);
    expect(cut).toMatchObject({ status: 2, stderr: expect.stringMatching(/system\.img: .*it is cut off/) });
  });

  it("is refused, with the way out, when it is not there, empty, cut off or no file", () => {
    writeFileSync(file("empty.img"), "");
    writeFileSync(file("cut.img"), before);
    truncateSync(file("cut.img"), 1000);
    const refused: readonly [string, RegExp][] = [
      ["none.img", /none\.img: there is no such file; 'kintsugi disk image FILE' makes one/],
      ["empty.img", /it is empty; 'kintsugi disk image FILE' makes a disk/],
      ["cut.img", /it has 1000 bytes, which are no whole 512-byte sectors: it is cut off, or no disk image/],
      [".", /it is no file; name a disk image/],
    ];
    for (const [name, message] of refused) expect(readDisk(file(name))._unsafeUnwrapErr().message).toMatch(message);
    expect(boot("", "--disk", file("none.img"))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^kintsugi: --disk .*none\.img: there is no such file/),
    });
  });
});
