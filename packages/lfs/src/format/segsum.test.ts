import fc from "fast-check";
import { expect, test } from "vitest";
import { image } from "../../test/images.ts";
import { cksum, crc32 } from "./checksum.ts";
import { geometryOf } from "./geometry.ts";
import { dataSum, psegCrc, readSummary, SegsumV1, SegsumV2, sealPseg, walkSummary } from "./segsum.ts";
import { readSuperblock, type Superblock } from "./superblock.ts";

const disk = image("v2-crash");
const g = geometryOf(readSuperblock(disk.subarray(8192, 16384)) as Superblock);
const bytesAt = (daddr: number): number => daddr * g.unit;

test("the layouts have the sizes of the C structures", () => {
  expect([SegsumV2.size, SegsumV2.offsets.ss_serial, SegsumV2.offsets.ss_create]).toEqual([48, 32, 40]);
  expect([SegsumV1.size, SegsumV1.offsets.ss_create, SegsumV1.offsets.ss_flags]).toEqual([28, 16, 24]);
});

test("the checksums of known bytes", () => {
  expect(cksum(Uint8Array.of(0x34, 0x12, 0xff, 0x00, 9), 0, 5)).toBe(0x1234 ^ 0x00ff);
  const digits = new TextEncoder().encode("123456789");
  expect(crc32(digits, 0, 9) >>> 0).toBe(0xcbf43926);
  expect(crc32(digits, 4, 9, crc32(digits, 0, 4)) >>> 0).toBe(0xcbf43926);
});

test("a partial segment of NetBSD reads as dumplfs prints it", () => {
  const summary = readSummary(g, disk, bytesAt(0x78));
  if (summary === undefined) throw new Error("no summary at 0x78");
  expect(summary).toMatchObject({
    next: 0x200,
    flags: 1,
    serial: 5,
    ident: 0x4d2,
    ninos: 7,
    datasum: 0x41ed,
    crc: undefined,
  });
  expect(summary.inodeBlocks).toEqual([0x79]);
  expect(summary.finfos.map(({ ino, lbns, lastlength }) => [ino, lbns, lastlength])).toEqual([
    [3, [0], 1024],
    [6, [0, 1], 4096],
  ]);
  const walk = walkSummary(g, summary, 0x78);
  expect(walk?.end).toBe(0x87);
  expect(dataSum(g, disk, bytesAt(0x78), 0x78, walk?.blocks ?? [])).toBe(0x41ed);
});

test("a chain of partial segments is walked to its end", () => {
  let daddr = 0x10;
  const serials: number[] = [];
  for (let summary = readSummary(g, disk, bytesAt(daddr)); summary !== undefined; ) {
    serials.push(summary.serial);
    daddr = walkSummary(g, summary, daddr)?.end ?? 0;
    summary = readSummary(g, disk, bytesAt(daddr));
  }
  expect(serials).toEqual(serials.map((_, i) => i + 1));
  expect(serials.length).toBeGreaterThan(8);
});

test("a summary with any byte changed, or cut short, is none or stays inside its bounds", () => {
  const at = bytesAt(0x78);
  fc.assert(
    fc.property(fc.nat(g.sumsize - 5), fc.integer({ min: 1, max: 255 }), (where, change) => {
      const bytes = disk.slice(at, at + g.sumsize);
      bytes[4 + where] ^= change;
      expect(readSummary(g, bytes, 0)).toBeUndefined();
      // With the checksum made right again, whatever the lists say must be refused or fit.
      new DataView(bytes.buffer).setUint32(0, cksum(bytes, 4, g.sumsize), true);
      const summary = readSummary(g, bytes, 0);
      if (summary !== undefined) walkSummary(g, summary, 0x78);
    }),
    { numRuns: 500, seed: 1 },
  );
  expect(readSummary(g, disk.slice(at, at + g.sumsize - 1), 0)).toBeUndefined();
});

test("the CRC sees a change that the datasum does not", () => {
  const length = 4096;
  const bytes = new Uint8Array(length).fill(0xa5);
  bytes.fill(0, 0, g.sumsize);
  new DataView(bytes.buffer).setUint32(8, 0x061561, true);
  sealPseg(bytes, 0, length, g.sumsize, g.sumsize - 4);
  const summary = readSummary(g, bytes, 0);
  if (summary?.crc === undefined) throw new Error("the trailer is not found");
  expect(psegCrc(bytes, 0, length, summary.crcAt)).toBe(summary.crc);
  bytes[3000] ^= 1;
  expect(psegCrc(bytes, 0, length, summary.crcAt)).not.toBe(summary.crc);
});
