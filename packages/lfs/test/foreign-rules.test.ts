// What NetBSD's kernel, fsck_lfs and dumplfs take for granted in a log that they did not write: also when it went round and was cleaned.
import { expect, test } from "vitest";
import { cksum } from "../src/format/checksum.ts";
import {
  type Geometry,
  geometryOf,
  hasSuperblock,
  segmentOf,
  segmentReserve,
  segmentStart,
} from "../src/format/geometry.ts";
import { readSummary, type Summary, walkSummary } from "../src/format/segsum.ts";
import { Dlfs, readSuperblock, type Superblock } from "../src/format/superblock.ts";
import { fsck } from "../src/index.ts";
import { chance } from "../src/testing/crash-disk.ts";
import { MemoryDisk, newfs, Session } from "../src/testing/index.ts";
import { perform } from "./model.ts";

const SHAPES = [
  { bsize: 4096, fsize: 512, ssize: 32768 },
  { bsize: 8192, fsize: 1024, ssize: 65536 },
  { bsize: 4096, fsize: 4096, ssize: 131072 },
];

function superblocks(bytes: Uint8Array): [Superblock, Superblock, Geometry] {
  const first = readSuperblock(bytes.subarray(8192));
  if (typeof first === "string") throw new Error(first);
  const g = geometryOf(first);
  const second = readSuperblock(bytes.subarray((g.sboffs[1] as number) * g.unit));
  if (typeof second === "string") throw new Error(second);
  return [first, second, g];
}

interface Pseg {
  readonly daddr: number;
  readonly end: number;
  readonly summary: Summary;
}

/** Every partial segment that can be found, in the order of serials. */
function log(bytes: Uint8Array, g: Geometry): Pseg[] {
  const found: Pseg[] = [];
  for (let segment = 0; segment < g.nseg; segment++) {
    const end = segmentStart(g, segment + 1);
    let daddr = segmentStart(g, segment) + segmentReserve(g, segment, hasSuperblock(g, segment));
    for (let serial = 0; daddr < end; ) {
      const summary = readSummary(g, bytes, daddr * g.unit);
      const walk = summary === undefined ? undefined : walkSummary(g, summary, daddr);
      if (summary === undefined || walk === undefined || summary.serial <= serial) break;
      found.push({ daddr, end: walk.end, summary });
      serial = summary.serial;
      daddr = walk.end;
    }
  }
  return found.sort((a, b) => a.summary.serial - b.summary.serial);
}

/** Writes, removes and cleans until every segment has been written more than once. */
function wear(session: Session, random: () => number, rounds: number): void {
  const upTo = (n: number): number => Math.floor(random() * n);
  for (let n = 0; n < rounds; n++) {
    const path = `f${upTo(12)}`;
    if (n % 9 === 0) perform(session, { op: "unlink", path });
    else if (n % 13 === 0) perform(session, { op: "fsync", path });
    else perform(session, { op: "write", path, at: upTo(50_000), length: 1 + upTo(30_000), fill: 1 + upTo(255) });
    if (n % 40 === 0) session.call({ name: "clean", args: [3] });
  }
}

test.each(SHAPES)(
  "unmounted, both superblocks are the same 8192 bytes and say CLEAN: $bsize/$fsize/$ssize",
  (shape) => {
    const disk = new MemoryDisk(new Uint8Array(shape.ssize * 50));
    newfs(disk, new Uint8Array(4 << 20), { ...shape, ident: 3, time: 1 });
    const session = new Session(disk, new Uint8Array(3 << 20));
    for (let round = 0; round < 4; round++) {
      const [first, second, g] = superblocks(disk.bytes);
      expect([first.lfs_pflags & 1, second.lfs_pflags & 1]).toEqual([1, 1]);
      const copies = g.sboffs.slice(0, 2).map((address) => disk.bytes.slice(address * g.unit, address * g.unit + 8192));
      expect(Buffer.compare(copies[0] as Uint8Array, copies[1] as Uint8Array)).toBe(0);
      expect(new Set((copies[0] as Uint8Array).subarray(512))).toEqual(new Set([0]));
      expect(first.lfs_cksum).toBe(cksum(disk.bytes, 8192, 8192 + Dlfs.offsets.lfs_cksum));
      session.mount();
      // In use: neither says CLEAN, and they are one checkpoint.
      const [mine, other] = superblocks(disk.bytes);
      expect([mine.lfs_pflags & 1, other.lfs_pflags & 1]).toEqual([0, 0]);
      expect(mine).toEqual(other);
      wear(session, chance(round), 120);
      session.unmount();
      expect(fsck((offset, length) => disk.bytes.subarray(offset, offset + length))).toEqual([]);
    }
  },
);

test.each(SHAPES)(
  "a reader gets from each partial segment to the next by fsck_lfs's rule: $bsize/$fsize/$ssize",
  (shape) => {
    const disk = new MemoryDisk(new Uint8Array(shape.ssize * 50));
    newfs(disk, new Uint8Array(4 << 20), { ...shape, ident: 3, time: 1 });
    const session = new Session(disk, new Uint8Array(3 << 20)).mount();
    wear(session, chance(9), 700);
    session.unmount();
    const [sb, , g] = superblocks(disk.bytes);
    const psegs = log(disk.bytes, g);
    expect(psegs.at(-1)?.summary.serial).toBe(sb.lfs_serial[0]);
    expect(psegs.at(-1)?.end).toBe(sb.lfs_offset);
    let followed = 0;
    let crossed = 0;
    for (const [n, { daddr, end, summary }] of psegs.entries()) {
      const next = psegs[n + 1];
      if (next === undefined || next.summary.serial !== summary.serial + 1) continue;
      followed++;
      // Room for a summary and a block: it goes on behind; else at the start of the segment that the summary names.
      const room = (g.sumsize + g.bsize) / g.unit;
      const goesOn = segmentOf(g, daddr) === segmentOf(g, end) && segmentOf(g, end) === segmentOf(g, end + room - 1);
      const segment = segmentOf(g, summary.next);
      const start = summary.next + segmentReserve(g, segment, hasSuperblock(g, segment));
      expect([summary.serial, next.daddr]).toEqual([summary.serial, goesOn ? end : start]);
      if (!goesOn) crossed++;
    }
    // Of each segment that was written again only the last time can be read.
    expect(followed).toBeGreaterThan(20);
    expect(crossed).toBeGreaterThan(10);
    expect(sb.lfs_serial[0]).toBeGreaterThan(2 * g.nseg);
  },
);

test("in a list of blocks, data come first and in order, then indirect blocks, and only the last is a fragment", () => {
  const disk = new MemoryDisk(new Uint8Array(4 << 20));
  newfs(disk, new Uint8Array(4 << 20), { bsize: 1024, fsize: 512, ssize: 32768, ident: 3, time: 1 });
  const session = new Session(disk, new Uint8Array(3 << 20)).mount();
  wear(session, chance(4), 200);
  session.write("large", 290_000, new Uint8Array(40_000).fill(3));
  session.unmount();
  const [, , g] = superblocks(disk.bytes);
  let lists = 0;
  for (const { summary } of log(disk.bytes, g))
    for (const { lbns, lastlength, version, ino } of summary.finfos) {
      lists++;
      expect(lbns.length).toBeGreaterThan(0);
      expect([version > 0, ino > 0, lastlength % g.fsize, lastlength > 0]).toEqual([true, true, 0, true]);
      const data = lbns.filter((lbn) => lbn >= 0);
      expect(lbns.slice(0, data.length)).toEqual([...data].sort((a, b) => a - b));
      if (data.length < lbns.length) expect(lastlength).toBe(g.bsize);
      const level = lbns.slice(data.length).map((lbn) => (-lbn - 12) % g.nindir);
      expect(level).toEqual([...level].sort((a, b) => a - b));
    }
  expect(lists).toBeGreaterThan(50);
});
