import { expect, test } from "vitest";
import { fsck } from "../index.ts";
import { MemoryDisk, newfs, Session } from "../testing/index.ts";
import { BlockInfo, LFS_UNUSED_LBN } from "./block-info.ts";

function filled(): { session: Session; disk: MemoryDisk; ino: number; version: number } {
  const disk = new MemoryDisk(new Uint8Array(5 << 18));
  newfs(disk, new Uint8Array(2 << 20), { bsize: 4096, fsize: 512, ssize: 32768, ident: 5, time: 1 });
  const session = new Session(disk, new Uint8Array(1 << 20)).mount();
  session.write("f", 0, new Uint8Array(90000).fill(7));
  session.sync();
  return { session, disk, ino: session.stat("f").ino, version: 1 };
}

function records(list: readonly (readonly [number, number, number, number])[]): Uint8Array {
  const bytes = new Uint8Array(list.length * BlockInfo.size);
  for (const [n, [bi_inode, bi_lbn, bi_daddr, bi_version]] of list.entries())
    BlockInfo.write(new DataView(bytes.buffer), n * BlockInfo.size, { bi_inode, bi_lbn, bi_daddr, bi_version });
  return bytes;
}

function addresses(session: Session, data: Uint8Array): number[] {
  const answer = session.call({ name: "bmapv", data }).data.slice();
  const view = new DataView(answer.buffer);
  return Array.from({ length: answer.length / BlockInfo.size }, (_, n) => view.getInt32(n * BlockInfo.size + 8, true));
}

test("bmapv says where blocks and inodes lie, and 0 for what is gone", () => {
  const { session, ino, version } = filled();
  const found = addresses(
    session,
    records([
      [ino, 0, 0, version],
      [ino, LFS_UNUSED_LBN, 0, version],
      [ino, -12, 0, version],
      [ino, 99, 0, version],
      [ino, 0, 0, version + 1],
      [5000, 0, 0, 1],
      [1, LFS_UNUSED_LBN, 0, 1],
    ]),
  );
  expect(found.map((daddr) => daddr > 0)).toEqual([true, true, true, false, false, false, true]);
  expect(session.call({ name: "bmapv" }).data).toHaveLength(0);
  expect(() => session.call({ name: "bmapv", data: new Uint8Array(15) })).toThrow("EINVAL");
});

test("markv moves what lies where it is said to, and segclean answers by what is left", () => {
  const { session, disk, ino, version } = filled();
  const list = Array.from({ length: 22 }, (_, lbn) => [ino, lbn, 0, version] as const);
  const before = addresses(session, records(list));
  const { volume } = session.lfs;
  const segment = Math.floor(before[10] / volume.g.unitsPerSegment);
  expect(() => session.call({ name: "segclean", args: [segment] })).toThrow("EBUSY");
  const named = records(list.map(([i, lbn], n) => [i, lbn, n === 3 ? before[n] + 1 : before[n], version]));
  expect(session.call({ name: "markv", data: named }).results[0]).toBe(21);
  const after = addresses(session, records(list));
  expect(after.map((daddr, n) => daddr === before[n])).toEqual(list.map((_, n) => n === 3));
  expect(session.read("f")).toEqual(new Uint8Array(90000).fill(7));
  expect(() => session.call({ name: "segclean", args: [volume.g.nseg - 1] })).toThrow("EALREADY");
  expect(() => session.call({ name: "segclean", args: [volume.g.nseg] })).toThrow("EINVAL");
  const [clean, current] = session.call({ name: "segwait" }).results;
  expect(clean).toBeGreaterThan(5);
  expect(() => session.call({ name: "segclean", args: [current] })).toThrow("EBUSY");
  session.unmount();
  expect(fsck((offset, length) => disk.bytes.slice(offset, offset + length))).toEqual([]);
});
