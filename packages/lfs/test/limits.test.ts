// Many files, deep files, long directories, small arenas, and the ends of every range.
import { expect, test } from "vitest";
import { Lfs, leastArenaSize } from "../src/index.ts";
import { MemoryDisk, newfs, Refused, runOperation, Session } from "../src/testing/index.ts";
import { firstFinding } from "./model.ts";

function fresh(size: number, arena: number, bsize = 4096, fsize = 512): { disk: MemoryDisk; session: Session } {
  const disk = new MemoryDisk(new Uint8Array(size));
  newfs(disk, new Uint8Array(4 << 20), { bsize, fsize, ssize: 65536, ident: 3, time: 1 });
  return { disk, session: new Session(disk, new Uint8Array(arena)).mount() };
}

function refusal(call: () => unknown): string | undefined {
  try {
    call();
  } catch (reason) {
    if (reason instanceof Refused) return reason.code;
    throw reason;
  }
}

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);

test("the inode map grows past its direct blocks, and roll-forward grows it too", () => {
  const { disk, session } = fresh(16 << 20, 2 << 20, 1024, 512);
  const root = session.mkdir("many");
  for (let n = 0; n < 1500; n++) {
    session.call({
      name: "create",
      args: [root, 0o100644],
      names: [Uint8Array.from(`file-${n}`, (c) => c.charCodeAt(0))],
    });
    if (n === 700) session.sync();
  }
  session.fsync("many/file-1499");
  // The power fails with 800 files in the log behind the checkpoint.
  const after = new Session(new MemoryDisk(disk.bytes.slice()), new Uint8Array(2 << 20)).mount();
  expect(after.readdir("many").length).toBe(1500);
  for (const name of after.readdir("many")) if (name !== "file-7") after.unlink(`many/${name}`);
  expect(after.readdir("many")).toEqual(["file-7"]);
  after.unmount();
  expect(firstFinding(after.disk as MemoryDisk)).toBeUndefined();
  expect(after.mount().call({ name: "statfs" }).results[4]).toBeLessThan(10);
});

test.each([512, 4096])("a sparse file reaches its triple indirect blocks and is cut back, in blocks of %i", (bsize) => {
  const { disk, session } = fresh(8 << 20, 2 << 20, bsize, 512);
  const n = bsize / 4;
  const places = [0, 11, 12, 11 + n, 12 + n, 12 + n + n * n - 1, 12 + n + n * n, 12 + n + n * n + 5 * n * n + 3];
  for (const lbn of places) session.write("deep", lbn * bsize + 7, bytes(5, (lbn % 250) + 1));
  session.sync();
  expect(firstFinding(disk)).toBeUndefined();
  const again = new Session(disk, new Uint8Array(2 << 20)).mount();
  const at = (lbn: number): number => again.call({ name: "read", args: [again.ino("deep"), lbn * bsize, 16] }).data[7];
  for (const lbn of places) expect(at(lbn)).toBe((lbn % 250) + 1);
  expect(at(500)).toBe(0);
  for (let keep = places.length - 1; keep >= 0; keep--) {
    again.truncate("deep", places[keep] * bsize + 9);
    again.fsync("deep");
    expect(at(places[keep])).toBe((places[keep] % 250) + 1);
    again.sync();
    expect(firstFinding(disk)).toBeUndefined();
  }
  again.unlink("deep");
  again.unmount();
  expect(firstFinding(disk)).toBeUndefined();
});

test("in large blocks a file ends where numbers of blocks have 32 bits no more", () => {
  const { disk, session } = fresh(16 << 20, 8 << 20, 16384, 2048);
  const end = (2 ** 31 - 3) * 16384;
  session.write("f", end - 1, bytes(1, 3));
  expect(refusal(() => session.write("f", end, bytes(1, 3)))).toBe("EFBIG");
  expect(refusal(() => session.truncate("f", end + 1))).toBe("EFBIG");
  session.sync();
  expect(session.stat("f").size).toBe(end);
  expect(firstFinding(disk)).toBeUndefined();
  session.unlink("f");
  session.unmount();
  expect(firstFinding(disk)).toBeUndefined();
});

test("the ends of every range are refused with their errors", () => {
  const { session } = fresh(4 << 20, 1 << 20);
  const ino = session.create("f");
  const { maxFileSize } = session.lfs.volume.g;
  const write = (offset: number, data = bytes(1, 1)) =>
    refusal(() => session.call({ name: "write", args: [ino, offset], data }));
  expect(write(maxFileSize)).toBe("EFBIG");
  expect(write(-2)).toBe("EINVAL");
  expect(write(0.5)).toBe("EINVAL");
  expect(write(maxFileSize - 1)).toBeUndefined();
  expect(refusal(() => session.truncate("f", maxFileSize + 1))).toBe("EFBIG");
  expect(refusal(() => session.create("x".repeat(256)))).toBe("ENAMETOOLONG");
  expect(session.create("x".repeat(255))).toBeGreaterThan(2);
  expect(refusal(() => session.symlink("t".repeat(1024), "s"))).toBe("ENAMETOOLONG");
  session.symlink("t".repeat(1023), "s");
  expect(session.readlink("s")).toBe("t".repeat(1023));
  for (const length of [1, 59, 60, 61]) {
    session.symlink("u".repeat(length), `s${length}`);
    expect(session.readlink(`s${length}`)).toBe("u".repeat(length));
    session.unlink(`s${length}`);
  }
  expect(refusal(() => session.call({ name: "getattr", args: [0] }))).toBe("ESTALE");
  expect(refusal(() => session.call({ name: "getattr", args: [123456789] }))).toBe("ESTALE");
  expect(refusal(() => session.call({ name: "close", args: [ino] }))).toBe("EINVAL");
});

test("an arena that is too small is refused, one of the least size is enough", () => {
  const { disk, session } = fresh(4 << 20, 1 << 20);
  const least = Math.ceil(leastArenaSize(session.lfs.volume.g) / 8) * 8;
  session.unmount();
  expect(() => new Lfs(new Uint8Array(1000))).toThrow(RangeError);
  const small = new Lfs(new Uint8Array(least - 8));
  expect(runOperation(small, disk, { name: "mount" }).error).toBe("ENOMEM");
  const enough = new Session(disk, new Uint8Array(least)).mount();
  for (let n = 0; n < 60; n++) enough.write(`f${n}`, n * 3000, bytes(20000, n));
  for (let n = 0; n < 60; n++) expect(enough.read(`f${n}`).at(-1)).toBe(n);
  enough.unmount();
  expect(firstFinding(disk)).toBeUndefined();
});

test("an orderly unmount marks the disk clean in two equal superblocks; a mount takes the mark away", () => {
  const { disk, session } = fresh(4 << 20, 1 << 20);
  const copies = session.lfs.volume.g.sboffs.slice(0, 2).map((daddr) => daddr * session.lfs.volume.g.unit);
  const [first, second] = copies.map((at) => disk.bytes.subarray(at, at + 512));
  expect(first[322] & 1).toBe(0);
  session.unmount();
  expect(first[322] & 1).toBe(1);
  expect(Buffer.compare(first, second)).toBe(0);
  session.mount();
  expect([first[322] & 1, second[322] & 1]).toEqual([0, 0]);
});

test("a file that is open without a name is gone after a crash, and its room is back", () => {
  const { disk, session } = fresh(4 << 20, 1 << 20);
  const free = session.call({ name: "statfs" }).results[3];
  session.write("f", 0, bytes(200000, 1));
  session.call({ name: "open", args: [session.ino("f")] });
  session.unlink("f");
  session.sync();
  const after = new Session(disk, new Uint8Array(1 << 20)).mount();
  expect(after.readdir("")).toEqual([]);
  after.unmount();
  expect(firstFinding(disk)).toBeUndefined();
  expect(after.mount().call({ name: "statfs" }).results[3]).toBeGreaterThan(free - 40);
});

test("a file without a name is closed when its map entry has left the cache", () => {
  const { disk, session } = fresh(16 << 20, 2 << 20);
  session.write("f", 0, bytes(100_000, 1));
  session.write("other", 0, bytes(6 << 20, 2));
  const ino = session.ino("f");
  session.call({ name: "open", args: [ino] });
  session.unlink("f");
  session.sync();
  session.read("other");
  session.call({ name: "close", args: [ino] });
  expect(refusal(() => session.call({ name: "getattr", args: [ino] }))).toBe("ESTALE");
  session.unmount();
  expect(firstFinding(disk)).toBeUndefined();
});

test("reading behind the end, in the block of the end, answers nothing and leaves all as it was", () => {
  const { disk, session } = fresh(16 << 20, 2 << 20, 8192, 1024);
  session.write("f", 0, bytes(81_920, 5));
  session.truncate("f", 82_000); // ends in a hole
  const ino = session.ino("f");
  for (const offset of [82_000, 82_001, 86_000, 89_372, 90_111, 90_112, 2 ** 40])
    expect(session.call({ name: "read", args: [ino, offset, 740] }).data.length).toBe(0);
  expect(session.read("f").subarray(0, 81_920)).toEqual(bytes(81_920, 5));
  session.unmount();
  expect(firstFinding(disk)).toBeUndefined();
});

test("a call to clean takes as many segments as it is told, so that its caller sets the rate", () => {
  const { session } = fresh(8 << 20, 1 << 20);
  for (let n = 0; n < 40; n++) session.write(`f${n}`, 0, bytes(100_000, n));
  for (let n = 0; n < 40; n += 2) session.unlink(`f${n}`);
  session.sync();
  const cleaned = (most: number): number => session.call({ name: "clean", args: [most] }).results[0];
  expect([cleaned(1), cleaned(1), cleaned(3)]).toEqual([1, 1, 3]);
  for (let n = 1; n < 40; n += 2) expect(Buffer.compare(session.read(`f${n}`), bytes(100_000, n))).toBe(0);
});
