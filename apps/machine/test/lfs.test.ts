// `kintsugi lfs` on disks of other systems and its own: what it prints, makes and refuses. Over 300 lines:
// all of it shares a folder of disks and one way of running.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import * as host from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { compareTrees } from "@kintsugi/lfs";
import { afterAll, describe, expect, it, vi } from "vitest";
import { runCommandLine } from "../src/commands/program.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const IMAGES = new URL("../../../packages/lfs/test/images/", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "kintsugi-lfs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

/** Runs a command line in this process: starting another for each would be most of the test's time. */
async function lfs(...words: string[]) {
  const written: { stdout: Uint8Array[]; stderr: Uint8Array[] } = { stdout: [], stderr: [] };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((chunk, ...rest: unknown[]) => {
      written[name].push(Buffer.from(chunk as string));
      for (const ended of rest) if (typeof ended === "function") ended();
      return true;
    }),
  );
  try {
    const status = await runCommandLine(["lfs", ...words]);
    const text = (name: "stdout" | "stderr") => Buffer.concat(written[name]).toString("latin1");
    return { status, stdout: text("stdout"), stderr: text("stderr") };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Its output, when it succeeds and complains of nothing. */
async function done(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await lfs(...words);
  expect({ words, status, stderr }).toEqual({ words, status: 0, stderr: "" });
  return stdout;
}

/** A disk that another system made, in a file of its own. */
function foreign(name: string, copy: string = name): string {
  writeFileSync(at(copy), gunzipSync(readFileSync(new URL(`${name}.img.gz`, IMAGES))));
  return at(copy);
}

/** "size path" of every regular file in the other system's listing. */
function listed(name: string): string[] {
  return readFileSync(new URL(`${name}.ls`, IMAGES), "utf8")
    .split("\n")
    .map((line) => /^\s*\d+ 10\d{4}\s+\d+\s+(\d+)\s.*\s\.\/(\S+)$/.exec(line))
    .flatMap((match) => (match === null ? [] : [`${match[1]} ${match[2]}`]))
    .sort();
}

async function fresh(name: string): Promise<string> {
  await done("newfs", at(name), "--size", "8M", "--ssize", "64K");
  return at(name);
}

describe("kintsugi lfs on disks that other systems made", () => {
  it.each(["v2-files", "v2-small", "v1-netbsd"])("lists %s as NetBSD lists it", async (name) => {
    const lines = (await done("ls", "-R", foreign(name))).split("\n").filter(Boolean);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.sort()).toEqual(listed(name));
  });

  it("prints files and directories, and those of a part", async () => {
    const image = foreign("v2-files");
    expect(await done("ls", image)).toBe("big2\nd1/\nd2/\nlink\nlonglink\nsparse\n");
    expect(await done("ls", image, "/d1")).toBe("hard\nsub/\n");
    expect(await done("ls", image, "link")).toBe("link\n");
    expect(await done("ls", "-R", image, "d1")).toBe("13 hard\n100000 sub/y\n");
    expect(await done("ls", "-R", image, "d1/hard")).toBe("13 hard\n");
    expect(await done("cat", image, "d1/hard", "d2/one")).toMatch(/^h{13}.$/);
    expect(await done("ls", foreign("v1-44bsd-i386"))).toBe("ifile\nlost+found/\n");
  });

  it.each(["v1-netbsd", "v1-44bsd-i386"])("writes to %s too", async (name) => {
    const image = foreign(name);
    await done("put", image, MAIN, "/main");
    expect(await done("cat", image, "main")).toBe(readFileSync(MAIN, "latin1"));
    expect(await done("clean", image)).toMatch(/^\d+ segments cleaned\n$/);
    expect(await done("fsck", image)).toBe(`${image}: clean\n`);
  });

  it("writes to them, and they stay good", async () => {
    const image = foreign("v2-small");
    const before = await done("ls", "-R", image);
    expect(await done("fsck", image)).toBe(`${image}: clean\n`);
    await done("put", image, MAIN, "/d1");
    expect(await done("cat", image, "d1/main.ts")).toBe(readFileSync(MAIN, "latin1"));
    expect((await done("ls", "-R", image)).split("\n").length).toBe(before.split("\n").length + 1);
    expect(await done("clean", image, "--segments", "2")).toMatch(/^\d+ segments cleaned\n$/);
    expect(await done("fsck", image)).toBe(`${image}: clean\n`);
  });
});

it("is a command of kintsugi", () => {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, "lfs", "ls", "-R", foreign("v2-small")]);
  expect({ status, lines: stdout.toString().split("\n").filter(Boolean).sort() }).toEqual({
    status: 0,
    lines: listed("v2-small"),
  });
});

describe("kintsugi lfs on its own disks", () => {
  it("carries a tree there and back, with links, modes and times", async () => {
    const source = at("tree");
    mkdirSync(join(source, "a/b"), { recursive: true });
    writeFileSync(join(source, "a/b/large"), new Uint8Array(300_001).fill(7));
    writeFileSync(join(source, "a/run"), "#!", { mode: 0o755 });
    writeFileSync(join(source, "empty"), "");
    symlinkSync("a/run", join(source, "to-run"));
    const image = await fresh("carry.img");
    await done("import", image, source);
    await done("import", image, join(source, "a"), "/deep/down");
    await done("export", image, at("out"));
    cpSync(join(source, "a"), join(source, "deep/down"), { recursive: true, preserveTimestamps: true });
    await done("export", image, at("part"), "deep/down/b");
    expect(await compareTrees(below(source), below(at("out")))).toEqual([]);
    expect(readFileSync(at("part/large")).equals(readFileSync(join(source, "a/b/large")))).toBe(true);
    const [was, is] = [await host.stat(join(source, "a/run")), await host.stat(at("out/a/run"))];
    expect(is.mtimeMs).toBeCloseTo(was.mtimeMs, -1);
    await done("get", image, "a/run", at("one"));
    expect((await host.stat(at("one"))).mode).toBe(was.mode);
    expect(await done("fsck", image)).toContain("clean");
  });

  it("goes back to a checkpoint, says what changed since, and draws all of them", async () => {
    const image = await fresh("past.img");
    const texts = ["one", "two"].map((text) => {
      writeFileSync(at(text), text);
      return at(text);
    });
    await done("put", image, texts[0], "/f");
    const serials = async () => {
      const lines = (await done("snapshots", image)).split("\n").filter(Boolean);
      return lines.map((line) => line.split(" ")[0]);
    };
    const early = (await serials()).at(-1) ?? "";
    await done("put", image, texts[1], "/f");
    await done("put", image, texts[1], "/new");
    expect(await done("cat", image, "f")).toBe("two");
    expect(await done("cat", image, "f", "--at", early)).toBe("one");
    expect(await done("ls", "-R", image, "--at", early)).toBe("3 f\n");
    expect(await done("snapshots", image, "--since", early)).toBe("changed f\nadded new\n");
    await done("map", image, at("map.html"));
    const page = readFileSync(at("map.html"), "utf8");
    expect(page).toContain(`max="${(await serials()).length - 1}"`);
    const frames: { time: number; segments: { live: number }[] }[] = JSON.parse(
      /const frames=(\[.*?\]);const map/.exec(page)?.[1] ?? "",
    );
    const live = frames.map(({ segments }) => segments.reduce((sum, segment) => sum + segment.live, 0));
    expect(live.at(-1)).toBeGreaterThan(live[0]);
    expect(await done("map", image)).toBe(page);
    expect(await done("dump", image)).toMatch(/^superblock\n {2}version 2\n/);
  });

  it("keeps a checkpoint that is pinned, and gives it up again", async () => {
    const image = await fresh("pinned.img");
    writeFileSync(at("early"), "early");
    await done("put", image, at("early"), "/f");
    const lines = (await done("snapshots", image)).split("\n").filter(Boolean);
    const [serial] = (lines.at(-1) ?? "").split(" ");
    await done("snapshots", image, "--pin", serial);
    writeFileSync(at("large"), new Uint8Array(1 << 20).fill(1));
    for (let n = 0; n < 12; n++) await done("put", image, at("large"), "/large");
    expect(await done("snapshots", image)).toMatch(new RegExp(`^${serial} \\S+ pinned$`, "m"));
    expect(await done("cat", image, "f", "--at", serial)).toBe("early");
    expect(await done("ls", "-R", image, "--at", serial)).toBe("5 f\n");
    await done("snapshots", image, "--unpin", serial);
    expect(await done("snapshots", image)).not.toContain("pinned");
    expect(await done("fsck", image)).toContain("clean");
    expect(await lfs("snapshots", image, "--unpin", serial)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("is not pinned"),
    });
  });

  it("repairs what can be repaired, and leaves as it is what cannot", async () => {
    const image = foreign("v2-files", "damaged.img");
    const before = await done("ls", "-R", image);
    const bytes = readFileSync(image);
    const second = bytes.indexOf(bytes.subarray(8192, 8200), 8200);
    bytes.fill(0, second, second + 512);
    writeFileSync(image, bytes);
    expect(await lfs("fsck", image)).toMatchObject({ status: 1, stdout: expect.stringMatching(/^superblock/) });
    expect(await done("fsck", "-y", image)).toMatch(/^superblock.*\n[\s\S]*repaired\n$/);
    expect(await done("fsck", image)).toBe(`${image}: clean\n`);
    expect(await done("ls", "-R", image)).toBe(before);
    truncateSync(image, 2 << 20);
    expect(await done("fsck", "-y", image)).toMatch(/^superblock: a disk of 67108864 bytes is in a file of 2097152\n/);
    expect(await done("ls", "-R", image)).toBe(before);
    bytes.fill(0, 8192, 8704);
    writeFileSync(image, bytes);
    expect(await done("fsck", "-y", image)).toMatch(/repaired\n$/);
    expect(await done("ls", "-R", image)).toBe(before);
    bytes.fill(0, 16384);
    writeFileSync(image, bytes);
    expect(await lfs("fsck", "-y", image)).toMatchObject({ status: 1, stderr: expect.stringMatching(/be repaired/) });
    expect(readFileSync(image).equals(bytes)).toBe(true);
  });

  it("keeps what is in a file unless it is told to overwrite it", async () => {
    const image = await fresh("again.img");
    expect(await lfs("newfs", image)).toMatchObject({ status: 2, stderr: expect.stringContaining("--force") });
    await done("newfs", image, "--force", "--bsize", "8K", "--fsize", "1K");
    expect(await done("dump", image)).toMatch(/bsize 8192\n {2}fsize 1024\n/);
    expect(await done("fsck", image)).toContain("clean");
  });

  it.each(["v1-netbsd", "v1-44bsd"])("makes a disk of %s", async (format) => {
    const image = await fresh(`${format}.img`);
    await done("newfs", image, "--force", "--format", format);
    await done("put", image, MAIN, "/main");
    expect(await done("dump", image)).toMatch(/^superblock\n {2}version 1\n/);
    expect(await done("fsck", image)).toBe(`${image}: clean\n`);
    expect(await done("map", image)).toContain("<!doctype html>");
  });
});

describe("kintsugi lfs refuses", () => {
  it("nothing that is asked for its help", async () => {
    const names = [
      "newfs",
      "dump",
      "fsck",
      "ls",
      "cat",
      "put",
      "get",
      "import",
      "export",
      "clean",
      "snapshots",
      "map",
      "mount",
    ];
    const { stdout } = await lfs("--help");
    for (const name of names) expect(stdout).toContain(`  ${name} `);
    expect(await done("newfs", "--help")).toContain("--ssize");
  });

  it("impossible lines with exit code 2", async () => {
    const refused: readonly [string[], RegExp][] = [
      [[], /Usage: kintsugi lfs/],
      [["fly"], /unknown command 'fly'/],
      [["ls"], /missing required argument 'IMG'/],
      [["newfs", at("none")], /none: there is no such file; --size SIZE makes one/],
      [["newfs", at("none"), "--size", "many"], /--size wants bytes, .* such as 64M, not 'many'/],
      [["newfs", at("none"), "--size", "100K"], /--size: the disk would have too few segments/],
      [["newfs", at("none"), "--size", "64M", "--bsize", "3000"], /--bsize wants a power of two/],
      [["newfs", at("none"), "--size", "64M", "--bsize", "16K", "--fsize", "16K"], /--fsize wants .* at most 8K/],
      [["newfs", at("none"), "--size", "64M", "--format", "ffs"], /Allowed choices are v2, v1-netbsd, v1-44bsd/],
      [["snapshots", at("none"), "--pin", "it"], /--pin wants a serial, not 'it'/],
      [["cat", at("none"), "f", "--at", "now"], /--at wants the serial of a checkpoint, not 'now'/],
    ];
    for (const [words, message] of refused) {
      const { status, stderr, stdout } = await lfs(...words);
      expect({ words, status, stdout }).toEqual({ words, status: 2, stdout: "" });
      expect(stderr).toMatch(message);
    }
  });

  it("missing, broken and full disks and files with exit code 1", async () => {
    const image = await fresh("small.img");
    const broken = foreign("v2-empty", "broken.img");
    const bytes = readFileSync(broken);
    bytes.fill(0xff, 8192 + 24, 8192 + 64);
    writeFileSync(broken, bytes);
    const short = foreign("v2-files", "short.img");
    truncateSync(short, 1 << 20);
    writeFileSync(at("huge"), new Uint8Array(9 << 20).fill(1));
    const refused: readonly [string[], RegExp][] = [
      [["ls", at("none")], /none: there is no such file/],
      [["ls", folder], /it is no file/],
      [["dump", MAIN], /there is no log-structured file system in it/],
      [["ls", broken], /its superblock is broken/],
      [["fsck", at("none")], /there is no such file/],
      [["snapshots", foreign("v1-netbsd")], /version 1, which keeps no older checkpoints/],
      [["cat", image, "nothing"], /ENOENT: no such file or directory, stat 'nothing'/],
      [["cat", image, "/"], /it is a directory/],
      [["put", image, at("huge"), "/huge"], /ENOSPC: no space left on device/],
      [["put", image, folder, "/"], /import takes directories/],
      [["put", image, at("nowhere"), "/"], /ENOENT.*nowhere/],
      [["get", image, "/", at("x")], /export takes directories/],
      [["export", image, folder], /name a new or empty directory/],
      [["cat", image, "f", "--at", "999"], /no whole checkpoint with serial 999/],
      [["snapshots", image, "--pin", "999"], /no whole checkpoint with serial 999/],
      [["mount", image, at("nowhere")], /nowhere: there is no such directory to mount on/],
      [["mount", image, MAIN], /main.ts: it is no directory/],
      [["mount", at("none"), folder], /none: there is no such file/],
      [["mount", MAIN, folder], /there is no log-structured file system in it/],
      [["mount", image, folder, "--at", "999"], /no whole checkpoint with serial 999/],
    ];
    for (const [words, message] of refused) {
      const { status, stderr, stdout } = await lfs(...words);
      expect({ words, status, stdout }).toEqual({ words, status: 1, stdout: "" });
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/\n {4}at /);
    }
    expect(await done("fsck", image)).toContain("clean");
    for (const path of [broken, short, MAIN]) {
      expect(await lfs("fsck", path)).toMatchObject({
        status: 1,
        stdout: expect.stringMatching(/^[a-z-]+: /),
        stderr: "",
      });
    }
  });

  it("names that would leave the folder they are exported to", async () => {
    const image = await fresh("evil.img");
    await done("put", image, MAIN, "/..Xevil");
    const bytes = readFileSync(image);
    for (let found = bytes.indexOf("..Xevil"); found !== -1; found = bytes.indexOf("..Xevil")) bytes[found + 2] = 0x2f;
    writeFileSync(image, bytes);
    const { status, stderr } = await lfs("export", image, at("inside"));
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("'../evil'") });
    expect(existsSync(at("evil"))).toBe(false);
  });
});

/** A host directory as the root of a tree. */
function below(root: string) {
  return {
    readdir: (path: string) => host.readdir(root + path),
    lstat: (path: string) => host.lstat(root + path),
    readFile: (path: string) => host.readFile(root + path),
    readlink: (path: string) => host.readlink(root + path),
  };
}
