/**
 * The checker of Ext2 images against e2fsck: the same images, changed at random; what e2fsck does not like the checker must not like.
 *
 * Here: the comparison, where e2fsck is asked (long tier, `npm run ext2:judge`), and everywhere that the checker sees damage. Not here: each problem (→ ../src/ext2/ext2.test.ts).
 */
import { describe, expect, it } from "vitest";
import { checkExt2 } from "../src/ext2/check.ts";
import { GROUP, SB } from "../src/ext2/format.ts";
import { makeExt2 } from "../src/ext2/make.ts";
import { openExt2 } from "../src/ext2/read.ts";
import { Random } from "../src/random.ts";
import { e2fsck, JUDGED } from "./e2fsck.ts";
import { count, SEED } from "./tier.ts";

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const IMAGE = makeExt2(
  { folder: { file: new Uint8Array(30_000).fill(7), "another one": text("x") }, other: text("y"), empty: {} },
  { blocks: 256, inodes: 32 },
)._unsafeUnwrap();
const BLOCK = 1024;

/** Bytes that say how the files hang together: descriptors, bitmaps, inodes in use, directories, pointers. */
function structure(): number[] {
  const reader = openExt2(IMAGE)._unsafeUnwrap();
  const group = reader.group(0)._unsafeUnwrap();
  const at = (field: number): number => group.getUint32(field, true) * BLOCK;
  const span = (from: number, length: number): number[] => Array.from({ length }, (_, i) => from + i);
  const inodes = [2, 11, 12, 13, 14, 15, 16].flatMap((number) => {
    const inode = at(GROUP.inodeTable) + (number - 1) * 128;
    // Mode's kind, size, links, sectors, pointers; the rest nobody relies on.
    return [inode + 1, ...span(inode + 4, 2), ...span(inode + 26, 2), ...span(inode + 28, 2), ...span(inode + 40, 56)];
  });
  const directories = ["/", "/folder", "/empty"].flatMap((path) =>
    span(reader.find(path)._unsafeUnwrap().pointers[0]! * BLOCK, 60),
  );
  const indirect = span(reader.find("/folder/file")._unsafeUnwrap().pointers[12]! * BLOCK, 80);
  return [
    BLOCK + SB.freeBlocks,
    BLOCK + SB.freeInodes,
    ...span(2 * BLOCK + GROUP.freeBlocks, 6),
    ...span(at(GROUP.blockBitmap), 34),
    ...span(at(GROUP.inodeBitmap), 6),
    ...inodes,
    ...directories,
    ...indirect,
  ];
}

describe("the checker of Ext2 images", () => {
  it(`sees damage${JUDGED ? ", and is content only where e2fsck is" : ""}`, () => {
    const random = new Random(SEED + 95);
    const places = structure();
    if (JUDGED) expect(e2fsck(IMAGE)).toEqual([]);
    let damaged = 0;
    const rounds = count(300, 3000);
    for (let round = 0; round < rounds; round++) {
      const at = places[random.below(places.length)]!;
      const image = IMAGE.slice();
      image[at] = image[at]! ^ (1 << random.below(8));
      const ours = checkExt2(image);
      if (ours.length > 0) damaged++;
      if (JUDGED) {
        const theirs = e2fsck(image);
        expect({ round, at, theirs: ours.length === 0 ? theirs : [] }).toEqual({ round, at, theirs: [] });
      }
    }
    expect(damaged).toBeGreaterThan(rounds * 0.8);
  }, 7_200_000);
});
