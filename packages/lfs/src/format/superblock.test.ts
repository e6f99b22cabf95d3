import { expect, test } from "vitest";
import { image } from "../../test/images.ts";
import { geometryOf } from "./geometry.ts";
import { newSuperblock } from "./new-superblock.ts";
import {
  Dlfs,
  Lfs44,
  readSuperblock,
  type Superblock,
  superblockChecksumIsRight,
  writeSuperblock,
} from "./superblock.ts";

const at8192 = (name: string): Uint8Array => image(name).slice(8192, 16384);

test("the layouts have the sizes and offsets of the C structures", () => {
  expect(Dlfs.size).toBe(512);
  const { lfs_maxfilesize, lfs_sboffs, lfs_nclean, lfs_pflags, lfs_serial, lfs_tstamp, lfs_cksum } = Dlfs.offsets;
  expect([lfs_maxfilesize, lfs_sboffs, lfs_nclean, lfs_pflags, lfs_serial, lfs_tstamp, lfs_cksum]).toEqual([
    88, 188, 228, 322, 336, 352, 508,
  ]);
  expect([Lfs44.offsets.lfs_bshift, Lfs44.offsets.lfs_fsbtodb, Lfs44.offsets.lfs_cksum]).toEqual([148, 176, 228]);
});

test("v2-crash has the values that dumplfs prints", () => {
  const bytes = at8192("v2-crash");
  expect(superblockChecksumIsRight(bytes)).toBe(true);
  expect(readSuperblock(bytes)).toMatchObject({
    lfs_ssize: 524288,
    lfs_dsize: 54704,
    lfs_nseg: 127,
    lfs_idaddr: 0x77,
    lfs_offset: 0x78,
    lfs_serial: [4, 0],
    lfs_bfree: 54634,
    lfs_avail: 59712,
    lfs_ident: 0x4d2,
    lfs_cksum: 0xd1c1,
    lfs_sboffs: [0x8, 0x1800, 0x3000, 0x4800, 0x6000, 0x7800, 0x9000, 0xa800, 0xc000, 0xd800],
  });
});

test("both versions 1 come back in sectors and whole blocks", () => {
  const bsd = geometryOf(readSuperblock(at8192("v1-44bsd-i386")) as Superblock);
  expect(bsd).toMatchObject({ version: 1, unit: 512, ssize: 1 << 20, start: 16, sumsize: 512, ibsize: 4096, nseg: 31 });
  const netbsd = geometryOf(readSuperblock(at8192("v1-netbsd")) as Superblock);
  expect(netbsd).toMatchObject({ version: 1, unit: 512, ssize: 1 << 18, start: 16, ifpb: 341, sepb: 256, nseg: 255 });
});

test("what is read is written back byte for byte", () => {
  const bytes = at8192("v2-files").slice(0, 512);
  const sb = readSuperblock(at8192("v2-files")) as Superblock;
  const out = new Uint8Array(1024).fill(0xa5);
  writeSuperblock(out, 0, sb);
  expect(out.subarray(0, 512)).toEqual(bytes);
  expect(out[512]).toBe(0xa5);
});

test("a new superblock for the size of v2-empty is the one that newfs_lfs chose", () => {
  const theirs = readSuperblock(at8192("v2-empty")) as Superblock;
  const ours = newSuperblock({ size: 64 << 20, ident: theirs.lfs_ident, time: 0 }) as Superblock;
  const chosen: (keyof Superblock)[] = ["lfs_size", "lfs_ssize", "lfs_dsize", "lfs_bsize", "lfs_fsize", "lfs_nseg"];
  chosen.push("lfs_sboffs", "lfs_minfreeseg", "lfs_resvseg", "lfs_sumsize", "lfs_ibsize", "lfs_segtabsz", "lfs_ifpb");
  chosen.push("lfs_sepb", "lfs_inopb", "lfs_nindir", "lfs_maxfilesize", "lfs_bmask", "lfs_fbmask", "lfs_blktodb");
  chosen.push("lfs_fsbtodb", "lfs_bshift", "lfs_ffshift", "lfs_fbshift", "lfs_inopf", "lfs_maxsymlinklen");
  for (const field of chosen) expect([field, ours[field]]).toEqual([field, theirs[field]]);
});

test("what is no superblock of ours is refused with the reason", () => {
  const good = at8192("v2-empty");
  const changed = (change: (view: DataView) => void): unknown => {
    const bytes = good.slice();
    change(new DataView(bytes.buffer));
    return readSuperblock(bytes);
  };
  expect(readSuperblock(good.slice(0, 523))).toBe("short");
  expect(changed((v) => v.setUint32(0, 7, true))).toBe("bad-magic");
  expect(changed((v) => v.setUint32(0, 0x070162, false))).toBe("foreign-endian");
  expect(changed((v) => v.setUint32(0, 0xe69df8fe, true))).toBe("lfs64");
  expect(changed((v) => v.setUint32(4, 3, true))).toBe("bad-version");
  for (const offset of [12, 20, 24, 28, 116, 124, 332, 344, 360])
    expect(changed((v) => v.setUint32(offset, 0xfffffff1, true))).toBe("bad-geometry");
});

test("sizes that cannot be are refused when a file system is made", () => {
  const make = (options: object): unknown => newSuperblock({ size: 1 << 26, ident: 1, time: 0, ...options });
  expect(make({ bsize: 3000 })).toBe("bad-block-size");
  expect(make({ fsize: 256 })).toBe("bad-fragment-size");
  expect(make({ ssize: 10000 })).toBe("bad-segment-size");
  expect(make({ size: 1 << 19 })).toBe("too-small");
  expect(make({ size: 2 ** 42, fsize: 512, bsize: 4096 })).toBe("too-large");
});
