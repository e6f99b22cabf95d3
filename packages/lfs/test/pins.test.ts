// Pinned checkpoints: what they hold is there whatever is written and cleaned afterwards, until a foreign system writes.
import { expect, test } from "vitest";
import { cksum } from "../src/format/checksum.ts";
import { SegsumV2 } from "../src/format/segsum.ts";
import { Dlfs, sealSuperblock } from "../src/format/superblock.ts";
import {
  compareTrees,
  copyTree,
  createFileSystem,
  fsck,
  type LfsFileSystem,
  listCheckpoints,
  mountFileSystem,
} from "../src/index.ts";
import { CrashDisk, crashStates, MemoryDisk, newfs, Refused, Session } from "../src/testing/index.ts";

const reader = (bytes: Uint8Array) => (offset: number, length: number) => bytes.subarray(offset, offset + length);

function fresh(size: number): { disk: MemoryDisk; session: Session } {
  const disk = new MemoryDisk(new Uint8Array(size));
  newfs(disk, new Uint8Array(2 << 20), { bsize: 4096, fsize: 512, ssize: 32768, ident: 7, time: 1 });
  return { disk, session: new Session(disk, new Uint8Array(1 << 20)).mount() };
}

/** Writes many times what the disk holds, and cleans. */
function wear(session: Session, from: number, rounds = 300): void {
  for (let n = 0; n < rounds; n++) {
    session.write(`w${n % 5}`, 0, new Uint8Array(20000).fill(from + n));
    if (n % 7 === 0) session.sync();
    if (n % 50 === 0) session.call({ name: "clean", args: [4] });
  }
}

const pin = (session: Session, args: readonly number[] = []): readonly number[] =>
  session.call({ name: "pin", args }).results.slice(0, 3);

async function mounted(disk: MemoryDisk, checkpoint?: number): Promise<LfsFileSystem> {
  const base = { arena: new Uint8Array(2 << 20), now: () => 50 };
  return (await mountFileSystem(disk, checkpoint === undefined ? base : { ...base, checkpoint }))._unsafeUnwrap();
}

test("a pinned checkpoint is listed, mounted, compared and restored from after the log went round many times", async () => {
  const disk = new MemoryDisk(new Uint8Array(3 << 20));
  const arena = new Uint8Array(2 << 20);
  (await createFileSystem(disk, { arena, ident: 1, time: 9, ssize: 32768 }))._unsafeUnwrap();
  const fs = await mounted(disk);
  await fs.mkdir("/d");
  await fs.writeFile("/d/kept", new Uint8Array(60000).fill(1));
  await fs.writeFile("/lost", "precious");
  const pinned = await fs.pinCheckpoint();
  await fs.unlink("/lost");
  for (let n = 0; n < 250; n++) await fs.writeFile(`/d/${n % 3 === 0 ? "kept" : "new"}`, new Uint8Array(30000).fill(n));
  await fs.clean(8);
  await fs.sync();
  expect(fsck(reader(disk.bytes))).toEqual([]);
  expect(await fs.pinnedCheckpoints()).toEqual([pinned]);
  const listed = listCheckpoints(reader(disk.bytes));
  expect(listed.filter((checkpoint) => checkpoint.pinned)).toEqual([{ ...pinned, pinned: true }]);
  const before = await mounted(disk, pinned.idaddr);
  expect(new Set(await before.readFile("/d/kept"))).toEqual(new Set([1]));
  expect(await compareTrees(before, fs)).toEqual([
    { path: "d/kept", kind: "changed" },
    { path: "d/new", kind: "added" },
    { path: "lost", kind: "removed" },
  ]);
  await copyTree(before, "/lost", fs, "/lost");
  expect(await fs.readFile("/lost", "utf8")).toBe("precious");
  await fs.unpinCheckpoint(pinned.serial);
  expect(await fs.pinnedCheckpoints()).toEqual([]);
  await expect(fs.unpinCheckpoint(pinned.serial)).rejects.toThrow("ENOENT");
  await fs.unmount();
  expect(fsck(reader(disk.bytes))).toEqual([]);
});

test("several pins outlive mounts, and one that goes leaves the others whole", () => {
  const { disk, session } = fresh(3 << 20);
  const made: number[][] = [];
  for (let n = 1; n <= 4; n++) {
    session.write("f", 0, new Uint8Array(30000).fill(n));
    made.push([...pin(session)]);
    wear(session, n, 30);
  }
  session.call({ name: "unpin", args: [made[1][0]] });
  session.call({ name: "unpin", args: [made[3][0]] });
  session.unmount();
  expect(session.mount().lfs.answer().results[0]).toBe(0);
  wear(session, 9);
  session.sync();
  expect(fsck(reader(disk.bytes))).toEqual([]);
  for (const n of [0, 2]) {
    const then = new Session(disk, new Uint8Array(1 << 20));
    then.call({ name: "mount", args: [3, made[n][1]] });
    expect(new Set(then.read("f"))).toEqual(new Set([n + 1]));
  }
});

test("an older checkpoint is pinned while its segments last, and refused when they do not", () => {
  const { disk, session } = fresh(5 << 18);
  session.write("f", 0, new Uint8Array(30000).fill(3));
  session.sync();
  session.write("g", 0, new Uint8Array(3000).fill(4));
  session.sync();
  const old = listCheckpoints(reader(disk.bytes)).at(-2)!;
  expect(pin(session, [old.serial, old.idaddr, old.time])).toEqual([old.serial, old.idaddr, old.time]);
  const lost = listCheckpoints(reader(disk.bytes))[0]!;
  wear(session, 1);
  const then = new Session(disk, new Uint8Array(1 << 20));
  then.call({ name: "mount", args: [3, old.idaddr] });
  expect(then.tree().map(({ path }) => path)).toEqual([".", "f"]);
  expect(() => pin(session, [lost.serial, lost.idaddr, lost.time])).toThrow(new Refused("ESTALE", "pin"));
  session.unmount();
  expect(fsck(reader(disk.bytes))).toEqual([]);
});

test("what pins keep is not free, a full disk says so, and unpinning gives it back", () => {
  const { disk, session } = fresh(3 << 20);
  for (let n = 0; n < 30; n++) session.write(`f${n}`, 0, new Uint8Array(30000).fill(n + 1));
  const free = () => session.call({ name: "statfs" }).results[3];
  const [serial, idaddr] = pin(session);
  const before = free();
  for (let n = 0; n < 30; n++) session.unlink(`f${n}`);
  session.sync();
  expect(free()).toBeLessThan(before + 100);
  let stored = 0;
  expect(() => {
    for (; ; stored++) session.write(`g${stored}`, 0, new Uint8Array(20000).fill(9));
  }).toThrow("ENOSPC");
  expect(stored).toBeGreaterThan(1);
  session.sync();
  expect(fsck(reader(disk.bytes))).toEqual([]);
  const then = new Session(disk, new Uint8Array(1 << 20));
  then.call({ name: "mount", args: [3, idaddr] });
  for (let n = 0; n < 30; n++) expect(new Set(then.read(`f${n}`))).toEqual(new Set([n + 1]));
  for (let n = 0; n < stored; n++) session.unlink(`g${n}`);
  session.call({ name: "unpin", args: [serial] });
  expect(free()).toBeGreaterThan(before + 1500);
  wear(session, 3);
  session.unmount();
  expect(fsck(reader(disk.bytes))).toEqual([]);
});

/** Changes the superblocks as a kernel does that mounts the disk and writes a checkpoint of its own. */
function touchSuperblocks(bytes: Uint8Array, serial: number, seconds: number): void {
  const view = new DataView(bytes.buffer);
  for (const at of [8192, view.getUint32(8192 + Dlfs.offsets.lfs_sboffs + 4, true) * 512]) {
    const field = (name: "lfs_serial" | "lfs_tstamp"): number => at + Dlfs.offsets[name];
    view.setUint32(field("lfs_serial"), view.getUint32(field("lfs_serial"), true) + serial, true);
    view.setUint32(field("lfs_tstamp"), view.getUint32(field("lfs_tstamp"), true) + seconds, true);
    sealSuperblock(bytes, at);
  }
}

test.each([
  { what: "a checkpoint of its own", serial: 2, seconds: 5 },
  { what: "only its mount", serial: 0, seconds: 5 },
])("pins go when a foreign kernel has written $what", ({ serial, seconds }) => {
  const { disk, session } = fresh(5 << 18);
  session.write("f", 0, new Uint8Array(30000).fill(3));
  pin(session);
  session.unmount();
  touchSuperblocks(disk.bytes, serial, seconds);
  expect(listCheckpoints(reader(disk.bytes)).some((checkpoint) => checkpoint.pinned)).toBe(false);
  expect(session.call({ name: "mount" }).results[0]).toBe(1);
  expect(session.call({ name: "pins" }).data.length).toBe(0);
  wear(session, 1);
  session.unmount();
  expect(fsck(reader(disk.bytes))).toEqual([]);
});

test("pins go when a foreign kernel has written to the log behind our checkpoint", () => {
  const { disk, session } = fresh(5 << 18);
  session.write("f", 0, new Uint8Array(3000).fill(3));
  pin(session);
  const { volume } = session.lfs;
  const at = volume.sb(72) * 512;
  session.write("f", 0, new Uint8Array(3000).fill(4));
  session.fsync("f");
  // The same partial segment without our CRC is what NetBSD would have written.
  const head = SegsumV2.read(new DataView(disk.bytes.buffer), at);
  const trailer = at + 512 - 4 * Math.ceil(head.ss_ninos / 4) - 8;
  disk.bytes.fill(0, trailer, trailer + 8);
  new DataView(disk.bytes.buffer).setUint32(at, cksum(disk.bytes, at + 4, at + 512), true);
  const again = new Session(disk, new Uint8Array(1 << 20));
  expect(again.call({ name: "mount" }).results[0]).toBe(1);
  expect(new Set(again.read("f"))).toEqual(new Set([4]));
});

test("cut behind every write of pinning, wearing and unpinning, each pin on the list can be mounted", () => {
  const plain = fresh(5 << 18);
  plain.session.write("f", 0, new Uint8Array(20000).fill(1));
  plain.session.unmount();
  const disk = new CrashDisk(plain.disk.bytes);
  const session = new Session(disk, new Uint8Array(1 << 20)).mount();
  const first = pin(session);
  session.write("f", 0, new Uint8Array(20000).fill(2));
  pin(session);
  wear(session, 5, 12);
  session.call({ name: "unpin", args: [first[0]] });
  session.write("f", 0, new Uint8Array(20000).fill(3));
  session.fsync("f");
  let pins = 0;
  for (const state of crashStates(disk, 1, 3)) {
    const after = new MemoryDisk(state.bytes);
    const again = new Session(after, new Uint8Array(1 << 20)).mount();
    again.write("x", 0, new Uint8Array(5000).fill(1));
    again.sync();
    expect(fsck(reader(after.bytes))).toEqual([]);
    for (const checkpoint of listCheckpoints(reader(after.bytes)).filter((c) => c.pinned)) {
      pins++;
      const then = new Session(after, new Uint8Array(1 << 20));
      then.call({ name: "mount", args: [3, checkpoint.idaddr] });
      expect(new Set(then.read("f"))).toEqual(new Set([checkpoint.serial === first[0] ? 1 : 2]));
    }
  }
  expect(pins).toBeGreaterThan(20);
});
