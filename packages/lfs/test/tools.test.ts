// Listing, copying both ways, dumping, mapping, and going back in time.
import { mkdtempSync, rmSync } from "node:fs";
import * as host from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  type Checkpoint,
  compareTrees,
  copyTree,
  createFileSystem,
  dumplfs,
  type LfsFileSystem,
  listCheckpoints,
  listingOf,
  mapFrame,
  mapPage,
  mountFileSystem,
} from "../src/index.ts";
import { MemoryDisk } from "../src/testing/index.ts";
import { image, listing } from "./images.ts";

const reader = (bytes: Uint8Array) => (offset: number, length: number) => bytes.subarray(offset, offset + length);

async function mounted(disk: MemoryDisk, checkpoint?: number): Promise<LfsFileSystem> {
  const base = { arena: new Uint8Array(6 << 20), now: () => 50 };
  return (await mountFileSystem(disk, checkpoint === undefined ? base : { ...base, checkpoint }))._unsafeUnwrap();
}

async function fresh(): Promise<{ disk: MemoryDisk; fs: LfsFileSystem }> {
  const disk = new MemoryDisk(new Uint8Array(8 << 20));
  (await createFileSystem(disk, { arena: new Uint8Array(6 << 20), ident: 1, time: 9, ssize: 65536 }))._unsafeUnwrap();
  return { disk, fs: await mounted(disk) };
}

test("ls -R prints size and path of every file", async () => {
  const fs = await mounted(new MemoryDisk(image("v2-files")));
  const files = listing("v2-files").filter(({ mode }) => (mode & 0o170000) === 0o100000);
  expect((await listingOf(fs, "/")).split("\n").filter(Boolean).sort()).toEqual(
    files.map(({ size, path }) => `${size} ${path}`).sort(),
  );
});

test("a directory that a damaged disk has below itself ends the listing, by name", async () => {
  const { disk, fs } = await fresh();
  await fs.mkdir("/outer");
  await fs.mkdir("/outer/inner");
  const { ino } = await fs.stat("/outer");
  await fs.unmount();
  // The record of `inner`: inode, length of the record, type, length of the name, name.
  const at = Buffer.from(disk.bytes.buffer).indexOf("inner\0") - 8;
  new DataView(disk.bytes.buffer).setUint32(at, ino, true);
  const damaged = await mounted(disk);
  await expect(listingOf(damaged, "/")).rejects.toThrow("ELOOP: readdir '/outer/inner'");
});

test("a tree goes to the host and comes back the same", async () => {
  const source = await mounted(new MemoryDisk(image("v2-small")));
  const folder = mkdtempSync(join(tmpdir(), "lfs-"));
  try {
    await copyTree(source, "/d1", host, join(folder, "out"));
    const { fs } = await fresh();
    await copyTree(host, join(folder, "out"), fs, "/d1");
    expect(await compareTrees(source, fs, "/d1")).toEqual([]);
    expect((await fs.stat("/d1/sub/y")).mtimeMs).toBe((await source.stat("/d1/sub/y")).mtimeMs);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("an older checkpoint is mounted, compared with the newest, and a file restored from it", async () => {
  const { disk, fs } = await fresh();
  await fs.writeFile("/kept", "one");
  await fs.writeFile("/lost", "precious");
  await fs.sync();
  await fs.writeFile("/kept", "two");
  await fs.rm("/lost");
  await fs.writeFile("/new", "x");
  await fs.sync();
  const checkpoints = listCheckpoints(reader(disk.bytes));
  expect(checkpoints.map(({ serial }) => serial)).toEqual(
    [...checkpoints.map(({ serial }) => serial)].sort((a, b) => a - b),
  );
  const before = await mounted(disk, checkpoints[checkpoints.length - 2].idaddr);
  expect(await before.readFile("/kept", "utf8")).toBe("one");
  expect(await compareTrees(before, fs)).toEqual([
    { path: "kept", kind: "changed" },
    { path: "lost", kind: "removed" },
    { path: "new", kind: "added" },
  ]);
  await copyTree(before, "/lost", fs, "/lost");
  expect(await fs.readFile("/lost", "utf8")).toBe("precious");
  await expect(before.writeFile("/kept", "x")).rejects.toThrow("EROFS");
});

test("a checkpoint whose segments were written again is not offered", async () => {
  const { disk, fs } = await fresh();
  await fs.writeFile("/f", "first");
  await fs.sync();
  let early: Checkpoint | undefined;
  for (let n = 0; n < 200; n++) {
    await fs.writeFile("/f", new Uint8Array(60000).fill(n & 0xff));
    await fs.sync();
    if (n === 20) early = listCheckpoints(reader(disk.bytes)).at(-1);
  }
  const left = listCheckpoints(reader(disk.bytes));
  expect(left.length).toBeGreaterThan(0);
  expect(left.map(({ serial }) => serial)).not.toContain(early?.serial);
  for (const { idaddr, serial } of left) {
    if (serial < (early?.serial ?? 0)) continue;
    const bytes = await (await mounted(disk, idaddr)).readFile("/f");
    expect(new Set(bytes).size).toBeLessThanOrEqual(1);
  }
});

test("the dump names what dumplfs names", () => {
  const text = dumplfs(reader(image("v2-crash")))._unsafeUnwrap();
  for (const line of ["  dsize 54704", "  offset 120", "  serial 4", "  0 AD"]) expect(text).toContain(line);
  expect(text).toContain("    61 serial 3 D--- inodes 8");
  const nothing = [{ code: "superblock", text: "first superblock: bad-magic" }];
  expect(dumplfs(reader(new Uint8Array(65536)))._unsafeUnwrapErr()).toEqual(nothing);
  const broken = image("v2-crash");
  broken.fill(0, 16384);
  expect(dumplfs(reader(broken))._unsafeUnwrapErr().at(-1)?.code).toBe("ifile");
  for (const name of ["v1-netbsd", "v1-44bsd-i386"]) expect(dumplfs(reader(image(name))).isOk()).toBe(true);
});

test("the map shows every segment of every frame, and runs nothing from elsewhere", async () => {
  const { disk, fs } = await fresh();
  const frames = [mapFrame(reader(disk.bytes))._unsafeUnwrap()];
  await fs.writeFile("/big", new Uint8Array(500000).fill(1));
  await fs.sync();
  frames.push(mapFrame(reader(disk.bytes))._unsafeUnwrap());
  const [before, after] = frames.map((frame) => frame.segments.filter(({ state }) => state !== "clean").length);
  expect(after).toBeGreaterThan(before + 5);
  const [first] = listCheckpoints(reader(disk.bytes));
  expect(mapFrame(reader(disk.bytes), first)._unsafeUnwrap().segments.length).toBe(frames[0]?.segments.length);
  expect(mapFrame(reader(disk.bytes), first)._unsafeUnwrap().time).toBe(first?.time);
  const page = mapPage(frames);
  expect(page).not.toMatch(/src=|href=|import/);
  expect(page).toContain('max="1"');
  expect(mapFrame(reader(new Uint8Array(65536))).isErr()).toBe(true);
});
