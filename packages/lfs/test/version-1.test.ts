// Version 1, as NetBSD and as 4.4BSD keep it: made, mounted for writing, worn, cleaned, crashed, checked.
import { expect, test } from "vitest";
import { readSuperblock, type Superblock } from "../src/format/superblock.ts";
import { createFileSystem, fsck, type LfsFormat, mountFileSystem, planRepair } from "../src/index.ts";
import { CrashDisk, chance, crashStates, MemoryDisk, newfs, Refused, Session } from "../src/testing/index.ts";
import { image } from "./images.ts";
import { difference, Model, type ModelCall, perform } from "./model.ts";

const reader = (bytes: Uint8Array) => (offset: number, length: number) => bytes.subarray(offset, offset + length);
const check = (bytes: Uint8Array) => fsck(reader(bytes));
const FORMATS: readonly LfsFormat[] = ["v1-netbsd", "v1-44bsd"];

function fresh(format: LfsFormat, size: number): MemoryDisk {
  const disk = new MemoryDisk(new Uint8Array(size));
  newfs(disk, new Uint8Array(2 << 20), { format, ssize: 32768, ident: 3, time: 77 });
  return disk;
}

function superblockOf(bytes: Uint8Array): Superblock {
  const sb = readSuperblock(bytes.subarray(8192, 16384));
  if (typeof sb === "string") throw new Error(sb);
  return sb;
}

test.each([
  { name: "v1-netbsd", format: "v1-netbsd", size: 64 << 20, ssize: 1 << 18 },
  { name: "v1-44bsd-i386", format: "v1-44bsd", size: 32 << 20, ssize: 1 << 20 },
] as const)("newfs gives a disk the sizes that $name has", ({ name, format, size, ssize }) => {
  const theirs = superblockOf(image(name));
  const disk = new MemoryDisk(new Uint8Array(size));
  newfs(disk, new Uint8Array(8 << 20), { format, ssize, ident: 3, time: 77 });
  const ours = superblockOf(disk.bytes);
  const fixed = (sb: Superblock) =>
    Object.entries(sb).filter(([field]) =>
      /size$|^lfs_(version|frag|fsbpseg|inopb|ifpb|sepb|nindir|nseg|cleansz|segtabsz|segmask|.*shift|.?.mask|sboffs|s0addr|minfreeseg|fsbtodb|blktodb)$/.test(
        field,
      ),
    );
  expect(fixed(ours)).toEqual(fixed(theirs));
  expect(check(disk.bytes)).toEqual([]);
  const copies = ours.lfs_sboffs.filter((address) => address !== 0);
  for (const address of copies.slice(2))
    expect(readSuperblock(disk.bytes.subarray(address * 512))).not.toBeTypeOf("string");
});

test("4.4BSD's newfs names the ifile and lost+found in the root", () => {
  const session = new Session(fresh("v1-44bsd", 4 << 20), new Uint8Array(1 << 20)).mount();
  expect(session.tree().map(({ path, attributes }) => [path, attributes.ino, attributes.nlink])).toEqual([
    [".", 2, 3],
    ["ifile", 1, 1],
    ["lost+found", 3, 2],
  ]);
  for (const call of [
    () => session.unlink("ifile"),
    () => session.rename("ifile", "x"),
    () => session.write("ifile", 0, new Uint8Array(4)),
    () => session.truncate("ifile", 0),
    () => session.link("ifile", "y"),
  ])
    expect(call).toThrow(new Refused("EPERM", "x").code);
  session.unmount();
});

test.each(["v1-netbsd", "v1-44bsd-i386"])("%s is good, is written, and reads back in either order of use", (name) => {
  const bytes = image(name);
  expect(check(bytes)).toEqual([]);
  const old = new Session(new MemoryDisk(bytes.slice()), new Uint8Array(6 << 20)).mount(1);
  const session = new Session(new MemoryDisk(bytes), new Uint8Array(6 << 20)).mount();
  expect(check(bytes)).toEqual([]);
  session.mkdir("dir");
  session.write("dir/large", 0, new Uint8Array(3_000_000).fill(4));
  session.write("sparse", 5_000_000, new Uint8Array(10).fill(5));
  session.symlink("short", "s");
  session.symlink("l".repeat(200), "l");
  session.link("dir/large", "hard");
  session.fsync("sparse");
  expect(check(bytes)).toEqual([]);
  for (let n = 0; n < 12; n++) session.write("dir/large", n * 200_000, new Uint8Array(400_000).fill(n));
  session.call({ name: "clean", args: [5] });
  session.unmount();
  expect(check(bytes)).toEqual([]);
  const again = new Session(new MemoryDisk(bytes), new Uint8Array(6 << 20)).mount();
  expect([again.readlink("s"), again.readlink("l")]).toEqual(["short", "l".repeat(200)]);
  expect(again.stat("hard").nlink).toBe(2);
  expect(again.read("hard")[2_300_000]).toBe(11);
  for (const { path, attributes } of old.tree())
    if (attributes.mode >> 12 === 8 && path !== "ifile") expect(again.read(path)).toEqual(old.read(path));
  for (const path of ["hard", "dir/large", "s", "l", "sparse"]) again.unlink(path);
  again.rmdir("dir");
  again.unmount();
  expect(check(bytes)).toEqual([]);
});

test.each(FORMATS)("%s: the log goes round, is cleaned, and holds what the model holds", (format) => {
  const disk = fresh(format, 4 << 20);
  const session = new Session(disk, new Uint8Array(1 << 20)).mount();
  const model = new Model();
  const random = chance(5);
  const upTo = (n: number): number => Math.floor(random() * n);
  for (let n = 0; n < 900; n++) {
    const path = `f${upTo(10)}`;
    const kind = upTo(10);
    let call: ModelCall = { op: "write", path, at: upTo(60000), length: 1 + upTo(20000), fill: 1 + upTo(255) };
    if (kind === 0) call = { op: "unlink", path };
    else if (kind === 1) call = { op: "truncate", path, length: upTo(60000) };
    else if (kind === 2) call = { op: "rename", path, to: `f${upTo(10)}` };
    else if (kind === 3 && n % 3 === 0) call = { op: "fsync", path };
    else if (kind === 4 && n % 20 === 0) call = { op: "remount" };
    let expected: unknown;
    try {
      model.apply(call);
    } catch (code) {
      expected = code;
    }
    expect([n, call, perform(session, call)]).toEqual([n, call, expected]);
    if (n % 150 === 149) {
      session.sync();
      expect(check(disk.bytes)).toEqual([]);
    }
  }
  if (format === "v1-44bsd") {
    model.root.set("ifile", { bytes: session.read("ifile"), nlink: 1 });
    model.root.set("lost+found", new Map());
  }
  expect(difference(session, model)).toBeUndefined();
  session.unmount();
  expect(check(disk.bytes)).toEqual([]);
});

test.each(FORMATS)("%s: cut behind every write, what was fsynced is there and all is consistent", (format) => {
  const disk = new CrashDisk(fresh(format, 2 << 20).bytes);
  const session = new Session(disk, new Uint8Array(1 << 20)).mount();
  const durable: [cut: number, value: number][] = [];
  for (let n = 1; n <= 12; n++) {
    session.write("f", (n % 3) * 9000, new Uint8Array(12000).fill(n));
    session.write(`g${n % 4}`, 0, new Uint8Array(30000).fill(n));
    if (n % 4 === 0) session.rename(`g${(n + 1) % 4}`, "h");
    if (n % 2 === 0) session.fsync("f");
    if (n % 2 === 0) durable.push([disk.log.length, n]);
  }
  session.unmount();
  let states = 0;
  for (const state of crashStates(disk, 1, 9)) {
    states++;
    const after = new Session(new MemoryDisk(state.bytes), new Uint8Array(1 << 20)).mount();
    expect([state.cut, state.how, check(state.bytes)]).toEqual([state.cut, state.how, []]);
    const last = durable.findLast(([cut]) => cut <= state.cut);
    if (last !== undefined) expect(after.read("f")[(last[1] % 3) * 9000]).toBeGreaterThanOrEqual(last[1]);
  }
  expect(states).toBeGreaterThan(30);
});

test.each(FORMATS)("%s is full without a false ENOSPC, emptied, and filled again", (format) => {
  const disk = fresh(format, 3 << 20);
  const session = new Session(disk, new Uint8Array(1 << 20)).mount();
  const rounds: number[] = [];
  for (let round = 0; round < 4; round++) {
    let stored = 0;
    for (
      ;
      perform(session, { op: "write", path: `f${stored}`, at: 0, length: 20000, fill: 7 }) === undefined;
      stored++
    );
    rounds.push(stored);
    session.sync();
    expect(check(disk.bytes)).toEqual([]);
    for (let n = 0; n <= stored; n++) perform(session, { op: "unlink", path: `f${n}` });
  }
  expect(Math.min(...rounds)).toBeGreaterThanOrEqual(Math.max(...rounds) - 1);
  expect(rounds[0]).toBeGreaterThan(15);
  session.unmount();
  expect(check(disk.bytes)).toEqual([]);
});

test("through promises, and what version 1 cannot is said", async () => {
  const disk = new MemoryDisk(new Uint8Array(4 << 20));
  const arena = new Uint8Array(2 << 20);
  (await createFileSystem(disk, { arena, format: "v1-44bsd", ident: 0, time: 5 }))._unsafeUnwrap();
  const fs = (await mountFileSystem(disk, { arena, now: () => 9 }))._unsafeUnwrap();
  await fs.writeFile("/f", "text");
  await expect(fs.pinCheckpoint()).rejects.toThrow("ENOTSUP");
  await fs.unmount();
  disk.bytes[8192 + 16384] ^= 1;
  const damaged = disk.bytes.slice();
  damaged.fill(0, 16384, 20480);
  expect(planRepair(reader(damaged), 5)._unsafeUnwrapErr().at(-1)?.text).toContain("version 1 is not repaired");
  const bad = await createFileSystem(disk, { arena, format: "v1-netbsd", fsize: 1024, ident: 0, time: 5 });
  expect(bad._unsafeUnwrapErr()).toBe("bad-fragment-size");
});
