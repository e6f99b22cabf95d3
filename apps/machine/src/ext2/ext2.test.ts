// What is made reads back and is sound; what mke2fs has made reads as well; what is broken is told of.
// mke2fs.img.gz: hello.txt ("hello", with a second name system/again), system/numbers (seq 0 2999), sparse (20,000 zeroes), link (symbolic, to
// hello.txt), by mke2fs 1.47 -t ext2 -b 1024 -N 32 -O ^resize_inode -d: inodes of 256 bytes, dir_index, sparse_super.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { problemsOf } from "../../test/e2fsck.ts";
import { checkExt2 } from "./check.ts";
import { type Ext2Tree, GROUP, INODE, SB } from "./format.ts";
import { type Ext2Options, makeExt2 } from "./make.ts";
import { openExt2 } from "./read.ts";

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255);
const many = (count: number): Ext2Tree =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`file-${i}`, pattern(i * 13)]));
const TREE: Ext2Tree = {
  system: { ext2: pattern(400_000), msh: pattern(13_000), empty: {}, wörter: text("ä") },
  many: many(200),
  "hello.txt": text("hello\n"),
};
const sum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
/** A tree with sums in place of bytes: quickly compared. */
const digest = (tree: Ext2Tree): object =>
  Object.fromEntries(
    Object.entries(tree).map(([name, node]) => [name, node instanceof Uint8Array ? sum(node) : digest(node)]),
  );
const FORMS: readonly (Ext2Options & { name: string })[] = [
  { name: "as small as it goes" },
  { name: "of revision 0", revision: 0 },
  { name: "in eight groups", blocks: 4096, blocksPerGroup: 512 },
  { name: "in three groups of full size", blocks: 20_000 },
  { name: "with a last group that is too short", blocks: 1 + 2 * 1024 + 20, blocksPerGroup: 1024 },
];
const foreign = (): Uint8Array => new Uint8Array(gunzipSync(readFileSync(new URL("mke2fs.img.gz", import.meta.url))));

describe("a file system made from files", () => {
  it.each(FORMS)("$name is sound, and holds them", ({ name: _, ...options }) => {
    const image = makeExt2(TREE, options)._unsafeUnwrap();
    expect(problemsOf(image)).toEqual([]);
    const reader = openExt2(image)._unsafeUnwrap();
    expect(digest(reader.tree()._unsafeUnwrap())).toEqual(digest({ ...TREE, "lost+found": {} }));
    expect(reader.geometry.clean).toBe(true);
    expect(reader.list("/system")._unsafeUnwrap()).toMatchObject([
      { name: "ext2", kind: options.revision === 0 ? 0 : 1, recordLength: 12 },
      { name: "msh" },
      { name: "empty", kind: options.revision === 0 ? 0 : 2 },
      { name: "wörter" },
    ]);
  });

  it("is the same every time", () => {
    expect(sum(makeExt2(TREE)._unsafeUnwrap())).toBe(sum(makeExt2(TREE)._unsafeUnwrap()));
  });

  it("says what does not fit, and which names cannot be", () => {
    expect(makeExt2(TREE, { blocks: 400 })._unsafeUnwrapErr()).toMatchObject({ kind: "full" });
    for (const name of ["", ".", "..", "a/b", "x".repeat(256)])
      expect(makeExt2({ folder: { [name]: text("") } })._unsafeUnwrapErr().text).toContain("/folder/");
    expect(makeExt2({}, { blocksPerGroup: 100 })._unsafeUnwrapErr().kind).toBe("unsupported");
  });
});

describe("a file system that mke2fs has made", () => {
  it("is sound, and its files read", () => {
    const image = foreign();
    expect(problemsOf(image)).toEqual([]);
    const reader = openExt2(image)._unsafeUnwrap();
    const numbers = text(Array.from({ length: 3000 }, (_, i) => `${i}\n`).join(""));
    expect(reader.tree()._unsafeUnwrap()).toEqual({
      "lost+found": {},
      "hello.txt": text("hello\n"),
      sparse: new Uint8Array(20_000),
      system: { again: text("hello\n"), numbers },
    });
    expect(reader.find("/system/again")._unsafeUnwrap()).toMatchObject({ links: 2, size: 6 });
    expect(
      reader
        .list("/")
        ._unsafeUnwrap()
        .find(({ name }) => name === "link"),
    ).toMatchObject({ kind: 7 });
  });
});

describe("a file system that is broken", () => {
  const sound = makeExt2({ folder: { file: pattern(30_000) }, other: text("x") })._unsafeUnwrap();
  const reader = openExt2(sound)._unsafeUnwrap();
  const tables = reader.group(0)._unsafeUnwrap();
  const inodeAt = (path: string): number =>
    tables.getUint32(GROUP.inodeTable, true) * 1024 + (reader.find(path)._unsafeUnwrap().number - 1) * 128;
  const block = (path: string, index: number): number => reader.find(path)._unsafeUnwrap().pointers[index]!;
  const GROUPS = 2048;
  /** What the checker says of the image with other bytes at some place. */
  const problems = (at: number, ...bytes: number[]): string[] => {
    const image = sound.slice();
    image.set(bytes, at);
    return checkExt2(image);
  };

  it.each([
    ["a superblock without its number", 1024 + SB.magic, [0], "EF53"],
    ["an unknown feature", 1024 + SB.incompatible, [0x42], "mke2fs"],
    ["free blocks miscounted", 1024 + SB.freeBlocks, [1, 0, 0, 0], "free blocks: 1 said"],
    ["free inodes miscounted in a group", GROUPS + GROUP.freeInodes, [1, 0], "group 0, free inodes: 1 said"],
    ["directories miscounted", GROUPS + GROUP.directories, [9, 0], "directories: 9 said, 3 counted"],
    ["a block that is used and free", tables.getUint32(GROUP.blockBitmap, true) * 1024 + 4, [0], "in use and free"],
    ["a bitmap that is not filled up", tables.getUint32(GROUP.blockBitmap, true) * 1024 + 1023, [0], "not filled up"],
    ["a file with a link too many", inodeAt("/other") + INODE.links, [2, 0], "2 links, 1 names"],
    ["a file that is shorter than its blocks", inodeAt("/other") + INODE.size, [0, 0], "0 bytes in 1 blocks"],
    ["sectors miscounted", inodeAt("/folder/file") + INODE.sectors, [2], "2 sectors, has 62"],
    [
      "a block of two files",
      inodeAt("/other") + INODE.block,
      [block("/folder/file", 0) & 255, block("/folder/file", 0) >> 8],
      "'s and inode",
    ],
    ["a block that is none", inodeAt("/other") + INODE.block, [255, 255], "block 65535 is none"],
    ["a record for an inode that is not in use", block("/folder", 0) * 1024 + 24, [60], "inode 60 is not in use"],
    ["a record of the wrong kind", block("/folder", 0) * 1024 + 24 + 7, [2], "kind 2"],
    ["a record that leads nowhere", block("/folder", 0) * 1024 + 24 + 4, [3], "a record of"],
    ['a folder with a wrong ".."', block("/folder", 0) * 1024 + 12, [11], '".." is 11'],
  ])("%s is told of", (_, at, bytes, expected) => {
    expect(problems(at, ...bytes).join("\n")).toContain(expected);
  });

  it("is an error of whoever reads it, never an exception, whatever byte is wrong", () => {
    const image = sound.slice();
    let failed = 0;
    for (let at = 1024; at < 30 * 1024; at += 101) {
      const kept = image[at]!;
      image[at] = kept ^ 0xff;
      if (
        openExt2(image)
          .andThen((damaged) => damaged.tree())
          .isErr()
      )
        failed++;
      checkExt2(image);
      image[at] = kept;
    }
    expect(failed).toBeGreaterThan(0);
  });

  it("is told of when the disk is cut off", () => {
    expect(openExt2(sound.subarray(0, 100 * 1024))._unsafeUnwrapErr().text).toContain("cut off");
    expect(openExt2(new Uint8Array(600))._unsafeUnwrapErr().text).toContain("ends before its superblock");
  });
});
