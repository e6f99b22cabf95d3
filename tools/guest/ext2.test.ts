/**
 * The Ext2 server: what POSIX says of its requests, on images of ours and of mke2fs.
 *
 * Here: no crash. Not here: crashes and power cuts (→ ext2-crash.test.ts, ext2-power.test.ts), the whole machine (→ apps/machine/test/ext2.test.ts).
 * Over 300 lines: a test for each rule, and a table of errors.
 * @module
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Ext2Tree } from "../../apps/machine/src/ext2/format.ts";
import { makeExt2 } from "../../apps/machine/src/ext2/make.ts";
import { openExt2 } from "../../apps/machine/src/ext2/read.ts";
import { problemsOf } from "../../apps/machine/test/e2fsck.ts";
import * as E from "../../packages/arc-framework/src/protocol/ext2.ts";
import { STATUS_INVALID } from "../../packages/arc-framework/src/protocol/status.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import { ext2, outcomes, type Played, pattern, play, type Step } from "./ext2-stage.ts";

const SERVERS = ["ext2", "ext2-naive"].map((name): [string, Uint8Array] => [name, readFileSync(guests[name]!)]);
const READ = E.EXT2_OPEN_READ;
const WRITE = READ | E.EXT2_OPEN_WRITE;
const NEW = WRITE | E.EXT2_OPEN_CREATE;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const TREE: Ext2Tree = { system: { ext2: pattern(20_000), deep: { er: {} } }, "hello.txt": bytesOf("hello\n") };
const IMAGE = makeExt2(TREE, { blocks: 1024, blocksPerGroup: 512, inodes: 64 })._unsafeUnwrap();
const foreign = (): Uint8Array =>
  gunzipSync(readFileSync(new URL("../../apps/machine/src/ext2/mke2fs.img.gz", import.meta.url)));

/** Files as their lengths and sums: quickly compared. */
type Sums = { readonly [name: string]: string | Sums };
const sumOf = (bytes: Uint8Array): string =>
  `${bytes.length} ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`;
const sums = (tree: Ext2Tree): Sums =>
  Object.fromEntries(
    Object.entries(tree).map(([name, node]) => [name, node instanceof Uint8Array ? sumOf(node) : sums(node)]),
  );
const treeIn = (image: Uint8Array): Sums => sums(openExt2(image)._unsafeUnwrap().tree()._unsafeUnwrap());
/** What is left, when the disk is sound. */
function treeOf({ image }: Played): Sums {
  expect(problemsOf(image)).toEqual([]);
  return treeIn(image);
}
const free = ({ image }: Played): readonly number[] => {
  const view = new DataView(image.buffer, image.byteOffset + 1024);
  return [view.getUint32(12, true), view.getUint32(16, true)];
};
/** A file of these bytes, written piece by piece. */
function fileOf(path: string, bytes: Uint8Array, piece: number = E.EXT2_WRITE_BYTES): Step[] {
  const writes: Step[] = [];
  for (let at = 0; at < bytes.length; at += piece) writes.push(ext2.write(at, bytes.subarray(at, at + piece)));
  return [ext2.open(path, NEW), ...writes, ext2.close()];
}

describe.each(SERVERS)("%s", (_, server) => {
  const run = (steps: readonly Step[], image: Uint8Array = IMAGE): Played => play(server, image, steps);
  const errors = (...steps: Step[]): number[] => outcomes(run(steps));

  it("reads files and directories as they are", () => {
    const { answers } = run([
      ext2.open("/system/ext2", READ),
      ext2.read(0, 36_864),
      ext2.read(19_999, 10),
      ext2.read(20_000, 10),
      ext2.read(1000, 2000),
      ext2.close(),
      ext2.open("", READ | E.EXT2_OPEN_DIRECTORY),
      ext2.readDirectory(0, 4096),
      ext2.readDirectory(1024, 4096),
      ext2.stat(""),
      ext2.stat("system//./deep/../ext2"),
      ext2.statFs(),
    ]);
    const [, all, last, none, middle, , , records, end, open, stat, statFs] = answers;
    expect([all?.bytes, last?.bytes, none?.bytes, middle?.bytes]).toEqual([
      pattern(20_000),
      pattern(20_000).subarray(19_999),
      new Uint8Array(0),
      pattern(20_000).subarray(1000, 3000),
    ]);
    expect(new TextDecoder("latin1").decode(records?.bytes)).toMatch(/hello\.txt/);
    expect([records?.words, end?.words]).toEqual([
      [0, 1024],
      [0, 0],
    ]);
    expect(open?.words.slice(0, 5)).toEqual([0, 2, 0x41ed, 1024, 4]);
    expect(stat?.words.slice(2)).toEqual([0x81a4, 20_000, 1, 42, 1_230_768_000]);
    expect(statFs?.words).toEqual([0, 1024, 980, 64, 48, 0]);
  });

  it("makes, writes, moves and removes files and directories", () => {
    const played = run([
      ...fileOf("/new", pattern(30_000, 5), 7000),
      ext2.open("/new", WRITE),
      ext2.write(E.EXT2_APPEND, bytesOf("the end")),
      ext2.write(10, bytesOf("over")),
      ext2.close(),
      ext2.makeDirectory("/dir"),
      ext2.rename("/new", "/dir/file"),
      ext2.rename("/dir", "/system/dir"),
      ext2.link("/hello.txt", "/system/again"),
      ext2.unlink("/hello.txt"),
      ext2.removeDirectory("/system/deep/er"),
      ext2.open("/empty", NEW | E.EXT2_OPEN_EXCLUSIVE),
      ext2.close(),
      ext2.sync(),
    ]);
    expect(new Set(outcomes(played))).toEqual(new Set([0]));
    const file = new Uint8Array(30_007);
    file.set(pattern(30_000, 5));
    file.set(bytesOf("the end"), 30_000);
    file.set(bytesOf("over"), 10);
    expect(treeOf(played)).toEqual(
      sums({
        "lost+found": {},
        empty: new Uint8Array(0),
        system: { ext2: pattern(20_000), deep: {}, dir: { file }, again: bytesOf("hello\n") },
      }),
    );
  });

  it("answers what cannot be done with POSIX's errors, and changes nothing", () => {
    const cases: readonly [number, ...Step[]][] = [
      [E.EXT2_ENOENT, ext2.open("/none", READ)],
      [E.EXT2_ENOENT, ext2.open("/none/file", NEW)],
      [E.EXT2_ENOTDIR, ext2.open("/hello.txt/file", NEW)],
      [E.EXT2_ENOTDIR, ext2.open("/hello.txt", READ | E.EXT2_OPEN_DIRECTORY)],
      [E.EXT2_EISDIR, ext2.open("/system", WRITE)],
      [E.EXT2_EEXIST, ext2.open("/hello.txt", NEW | E.EXT2_OPEN_EXCLUSIVE)],
      [E.EXT2_EINVAL, ext2.open("/hello.txt", READ | E.EXT2_OPEN_TRUNCATE)],
      [E.EXT2_ENAMETOOLONG, ext2.open(`/${"x".repeat(256)}`, NEW)],
      [E.EXT2_ENAMETOOLONG, ext2.open("/x".repeat(600), NEW)],
      [E.EXT2_EBUSY, ext2.open("/hello.txt", READ), ext2.open("/hello.txt", READ)],
      [E.EXT2_EBADF, ext2.read(0, 1)],
      [E.EXT2_EBADF, ext2.write(0, bytesOf("x"))],
      [E.EXT2_EBADF, ext2.truncate(0)],
      [E.EXT2_EBADF, ext2.open("/hello.txt", READ), ext2.write(0, bytesOf("x"))],
      [E.EXT2_EBADF, ext2.open("/hello.txt", READ), ext2.truncate(0)],
      [E.EXT2_EISDIR, ext2.open("/system", READ), ext2.read(0, 10)],
      [E.EXT2_ENOTDIR, ext2.open("/hello.txt", READ), ext2.readDirectory(0, 1024)],
      [E.EXT2_EINVAL, ext2.open("/system", READ), ext2.readDirectory(12, 1024)],
      [E.EXT2_EFBIG, ext2.open("/hello.txt", WRITE), ext2.write(0x7fffffff, bytesOf("x"))],
      [E.EXT2_EFBIG, ext2.open("/hello.txt", WRITE), ext2.truncate(0x7fffffff)],
      [E.EXT2_ENOENT, ext2.stat("/system/none")],
      [E.EXT2_EEXIST, ext2.makeDirectory("/system")],
      [E.EXT2_EEXIST, ext2.makeDirectory("/")],
      [E.EXT2_EEXIST, ext2.makeDirectory("/system/.")],
      [E.EXT2_ENOENT, ext2.makeDirectory("/none/dir")],
      [E.EXT2_ENOTEMPTY, ext2.removeDirectory("/system")],
      [E.EXT2_ENOTEMPTY, ext2.removeDirectory("/system/..")],
      [E.EXT2_EINVAL, ext2.removeDirectory("/system/deep/.")],
      [E.EXT2_EBUSY, ext2.removeDirectory("/")],
      [E.EXT2_ENOTDIR, ext2.removeDirectory("/hello.txt")],
      [E.EXT2_ENOENT, ext2.removeDirectory("/none")],
      [E.EXT2_EISDIR, ext2.unlink("/system")],
      [E.EXT2_ENOENT, ext2.unlink("/none")],
      [E.EXT2_EPERM, ext2.link("/system", "/other")],
      [E.EXT2_EEXIST, ext2.link("/hello.txt", "/system")],
      [E.EXT2_ENOENT, ext2.link("/none", "/other")],
      [E.EXT2_ENOENT, ext2.rename("/none", "/other")],
      [E.EXT2_ENOENT, ext2.rename("/hello.txt", "/none/other")],
      [E.EXT2_EINVAL, ext2.rename("/system", "/system/deep/er/in")],
      [E.EXT2_EINVAL, ext2.rename("/system", "/system/in")],
      [E.EXT2_ENOTEMPTY, ext2.rename("/system/deep/er", "/system/deep")],
      [E.EXT2_ENOTEMPTY, ext2.makeDirectory("/a"), ext2.rename("/a", "/system"), ext2.removeDirectory("/a")],
      [E.EXT2_EISDIR, ext2.rename("/hello.txt", "/system")],
      [E.EXT2_ENOTDIR, ext2.rename("/system", "/hello.txt")],
      [E.EXT2_EBUSY, ext2.rename("/system/.", "/other")],
      [E.EXT2_EBUSY, ext2.rename("/", "/other")],
      [E.EXT2_EINVAL, { label: ext2.sync().label, words: [99, 0], page: new Uint8Array(4) }],
    ];
    const before = treeIn(IMAGE);
    for (const [error, ...steps] of cases) {
      const played = run(steps);
      const position = error === E.EXT2_ENOTEMPTY && steps.length === 3 ? 1 : steps.length - 1;
      expect({ steps, error: outcomes(played)[position] }).toEqual({ steps, error });
      expect(treeOf(played)).toEqual(before);
    }
    expect(errors({ label: ext2.read(0, 0).label, words: [] })).toEqual([-STATUS_INVALID]);
  });

  it("renames over what is there: files, empty directories, other names of the same file", () => {
    const played = run([
      ...fileOf("/a", pattern(5000)),
      ...fileOf("/b", pattern(30_000, 9)),
      ext2.rename("/a", "/b"),
      ext2.makeDirectory("/d1"),
      ext2.makeDirectory("/d2"),
      ext2.rename("/d1", "/system/deep/er"),
      ext2.rename("/d2", "/d3"),
      ext2.link("/b", "/c"),
      ext2.rename("/b", "/c"),
      ext2.rename("/system/ext2", "/system/ext2"),
      ext2.rename("/system/deep", "/deep"),
      ext2.makeDirectory("/deep/er/in"),
      ext2.stat("/deep/er/in/../.."),
      ext2.stat("/deep"),
    ]);
    expect(new Set(outcomes(played))).toEqual(new Set([0]));
    const both = sumOf(pattern(5000));
    expect(treeOf(played)).toMatchObject({ b: both, c: both, d3: {}, deep: { er: { in: {} } } });
    const [above, deep] = played.answers.slice(-2);
    expect(above).toEqual(deep);
  });

  it("has files with single and double indirect blocks, and holes", () => {
    const large = pattern(400_000);
    const played = run([
      ...fileOf("/large", large),
      ext2.open("/large", READ),
      ext2.read(260_000, 36_864),
      ext2.close(),
      ext2.open("/holes", NEW),
      ext2.write(300_000, bytesOf("far")),
      ext2.read(299_000, 2000),
      ext2.truncate(600_000),
      ext2.truncate(100_000),
      ext2.write(20_000, bytesOf("near")),
      ext2.close(),
    ]);
    expect(Buffer.compare(played.answers.at(16)!.bytes!, large.subarray(260_000, 296_864))).toBe(0);
    const far = new Uint8Array(1003);
    far.set(bytesOf("far"), 1000);
    expect(played.answers.at(20)!.bytes).toEqual(far);
    const expected = new Uint8Array(100_000);
    expected.set(bytesOf("near"), 20_000);
    expect(treeOf(played)).toMatchObject(sums({ large, holes: expected }));
  });

  it("truncates anywhere, and what comes behind the end again is zero", () => {
    const large = pattern(300_000);
    const image = makeExt2({ large }, { blocks: 512 })._unsafeUnwrap();
    for (const size of [0, 1, 1024, 12_289, 274_432, 274_433, 299_999]) {
      const steps = [ext2.open("/large", WRITE), ext2.truncate(size), ext2.truncate(size + 2000), ext2.close()];
      const expected = new Uint8Array(size + 2000);
      expected.set(large.subarray(0, size));
      expect(treeOf(run(steps, image))).toMatchObject(sums({ large: expected }));
    }
  });

  it("gives everything back, whatever was made in between", () => {
    const names = Array.from({ length: 30 }, (_, i) => `/system/${"long-name-".repeat(6)}${i}`);
    const played = run([
      ...names.flatMap((name) => [ext2.open(name, NEW), ext2.write(0, pattern(3000)), ext2.close()]),
      ...fileOf("/large", pattern(400_000)),
      ext2.makeDirectory("/dir"),
      ...names.map((name) => ext2.unlink(name)),
      ext2.unlink("/large"),
      ext2.removeDirectory("/dir"),
      ext2.sync(),
    ]);
    expect(new Set(outcomes(played))).toEqual(new Set([0]));
    expect(treeOf(played)).toEqual(treeIn(IMAGE));
    const [blocks, inodes] = free(run([]));
    // The directory keeps the blocks that it has grown by.
    expect(free(played)).toEqual([blocks! - 2, inodes]);
  });

  it("is full when it is full: a write is shorter, then ENOSPC; inodes too", () => {
    const fill = Array.from({ length: 40 }, (_, i) => ext2.write(i * 32_768, pattern(32_768, i)));
    const played = run([ext2.open("/all", NEW), ...fill, ext2.close(), ext2.makeDirectory("/more"), ext2.statFs()]);
    const written = played.answers.slice(1, 41).map(({ words }) => words.slice(0, 2));
    const short = written.findIndex(([, count]) => count !== 32_768);
    expect(written[short]![1]).toBeGreaterThan(0);
    expect(written[short]![1]! % 1024).toBe(0);
    expect(outcomes(played).at(-2)).toBe(E.EXT2_ENOSPC);
    expect(played.answers.at(-1)!.words[2]).toBe(0);
    treeOf(played);
    const inodes = Array.from({ length: 64 }, (_, i) => [ext2.open(`/${i}`, NEW), ext2.close()]).flat();
    const many = run(inodes);
    expect(outcomes(many)).toContain(E.EXT2_ENOSPC);
    expect(free(many)[1]).toBe(0);
    treeOf(many);
  });

  it("keeps an unlinked file until it is closed, by its client or with it", () => {
    const lose = [
      ext2.open("/system/ext2", READ),
      { ...ext2.open("/system/ext2", READ), key: 2 },
      ext2.unlink("/system/ext2"),
      ext2.read(0, 20_480),
    ];
    const open = run(lose);
    expect(open.answers.at(-1)!.bytes).toEqual(pattern(20_000));
    expect(problemsOf(open.image).length).toBeGreaterThan(0); // an inode without a name
    const [blocks, inodes] = free(run([]));
    for (const end of [ext2.close(), ext2.disconnect()]) {
      expect(free(run([...lose, end]))).toEqual([blocks, inodes]);
      const closed = run([...lose, end, { ...end, key: 2 }]);
      expect(free(closed)).toEqual([blocks! + 21, inodes! + 1]);
      treeOf(closed);
    }
  });

  it("reads and writes what mke2fs has made", () => {
    const played = run(
      [
        ext2.open("/system/numbers", WRITE),
        ext2.read(13_000, 100),
        ext2.write(E.EXT2_APPEND, bytesOf("3000\n")),
        ext2.close(),
        ext2.open("/link", READ),
        ext2.stat("/link/none"),
        ext2.unlink("/link"),
        ...fileOf("/new", pattern(20_000)),
        ext2.unlink("/hello.txt"),
        ext2.makeDirectory("/dir"),
        ext2.sync(),
      ],
      foreign(),
    );
    expect(outcomes(played).map((error, i) => [i, error])).toEqual(
      outcomes(played).map((_, i) => [i, i === 4 || i === 5 ? E.EXT2_ELOOP : 0]),
    );
    const numbers = Array.from({ length: 3001 }, (_, i) => `${i}\n`).join("");
    expect(played.answers[1]!.bytes).toEqual(bytesOf(numbers.slice(13_000, 13_100)));
    expect(treeOf(played)).toMatchObject(
      sums({
        new: pattern(20_000),
        system: { again: bytesOf("hello\n"), numbers: bytesOf(numbers) },
        dir: {},
      }),
    );
  });

  it("has directories without kinds, where they are of revision 0", () => {
    const image = makeExt2(TREE, { revision: 0 })._unsafeUnwrap();
    const played = run(
      [...fileOf("/new", pattern(3000)), ext2.rename("/system/ext2", "/a"), ext2.unlink("/hello.txt")],
      image,
    );
    expect(treeOf(played)).toMatchObject(sums({ new: pattern(3000), a: pattern(20_000) }));
  });

  it("does not start over a disk that it does not know", () => {
    const unknown = IMAGE.slice();
    unknown[1024 + 96] = 0x42;
    for (const image of [new Uint8Array(65_536), unknown, IMAGE.slice(0, 300 * 1024)]) {
      const { answers } = run([ext2.stat("/")], image);
      expect(answers).toEqual([]);
    }
  });
});
