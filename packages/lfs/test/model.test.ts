// Long random runs against the model: cleaning, remounts, crashes and full disks on the way.
import fc from "fast-check";
import { expect, test } from "vitest";
import { spaceReserve } from "../src/inode/write.ts";
import { chance } from "../src/testing/crash-disk.ts";
import { MemoryDisk, newfs, Session } from "../src/testing/index.ts";
import { difference, firstFinding, Model, type ModelCall, perform } from "./model.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;

function fresh(size: number, bsize: number, fsize: number): MemoryDisk {
  const disk = new MemoryDisk(new Uint8Array(size));
  newfs(disk, new Uint8Array(2 << 20), { bsize, fsize, ssize: 32768, ident: 3, time: 1 });
  return disk;
}

const NAMES = ["a", "b", "c", "d", "d/a", "d/b", "d/e", "d/e/a", "f"];
const path = fc.constantFrom(...NAMES);
const size = fc.oneof(fc.integer({ min: 0, max: 9000 }), fc.integer({ min: 0, max: 150000 }));
const anyCall: fc.Arbitrary<ModelCall> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constantFrom("create" as const, "mkdir" as const), path }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constantFrom("unlink" as const, "rmdir" as const), path }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constantFrom("rename" as const, "link" as const), path, to: path }) },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant("write" as const),
      path,
      at: size,
      length: fc.integer({ min: 1, max: 30000 }),
      fill: fc.integer({ min: 1, max: 255 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("truncate" as const), path, length: size }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("fsync" as const), path }) },
  { weight: 2, arbitrary: fc.constantFrom<ModelCall>({ op: "sync" }, { op: "remount" }, { op: "clean" }) },
);

test("any calls answer as the model does, and leave what it holds", () => {
  fc.assert(
    fc.property(fc.array(anyCall, { maxLength: 60 }), fc.constantFrom(512, 4096), (calls, fsize) => {
      const disk = fresh(4 << 20, 4096, fsize);
      const session = new Session(disk, new Uint8Array(1 << 20)).mount();
      const model = new Model();
      for (const call of calls) {
        let expected: unknown;
        try {
          model.apply(call);
        } catch (code) {
          expected = code;
        }
        expect([call, perform(session, call)]).toEqual([call, expected]);
      }
      expect(difference(session, model)).toBeUndefined();
      session.unmount();
      expect(firstFinding(disk)).toBeUndefined();
      session.mount(1);
      expect(difference(session, model)).toBeUndefined();
    }),
    LONG ? { numRuns: 2000 } : { numRuns: 25, seed: 11 },
  );
});

/** A run on few blocks, so that the log goes round many times; crashes and checks every so often. */
function churn(seed: number, operations: number, fsize: number): { enospc: number; crashes: number } {
  const disk = fresh(5 << 18, 4096, fsize);
  const arena = new Uint8Array(1 << 20);
  let session = new Session(disk, arena).mount();
  const model = new Model();
  const random = chance(seed);
  const upTo = (n: number): number => Math.floor(random() * n);
  let enospc = 0;
  let crashes = 0;
  for (let n = 0; n < operations; n++) {
    const name = `f${upTo(8)}`;
    const kind = upTo(12);
    let call: ModelCall = { op: "write", path: name, at: upTo(60000), length: 1 + upTo(12000), fill: 1 + upTo(255) };
    if (kind === 0) call = { op: "unlink", path: name };
    else if (kind === 1) call = { op: "truncate", path: name, length: upTo(70000) };
    else if (kind === 2) call = { op: "fsync", path: name };
    else if (kind === 3) call = { op: "rename", path: name, to: `f${upTo(8)}` };
    const refused = perform(session, call);
    if (refused === "ENOSPC") {
      enospc++;
      // A write of several steps may have gone in part; take what is there.
      if (call.op === "write" && model.list().has(call.path)) {
        const now = session.read(call.path);
        model.apply({ op: "unlink", path: call.path });
        model.apply({ op: "create", path: call.path });
        Object.assign(model.root.get(call.path) ?? {}, { bytes: now });
      } else if (call.op === "write" && session.readdir("").includes(call.path))
        model.apply({ op: "create", path: call.path });
      continue;
    }
    let expected: unknown;
    try {
      model.apply(call);
    } catch (code) {
      expected = code;
    }
    if (refused !== expected) throw new Error(`seed ${seed} call ${n}: ${JSON.stringify(call)} ${refused} ${expected}`);
    if (n % 100 === 99) {
      session.sync();
      const finding = firstFinding(disk);
      if (finding !== undefined) throw new Error(`seed ${seed} call ${n}: ${finding}`);
      // The power fails: the arena is lost.
      session = new Session(disk, arena.fill(0xa5)).mount();
      crashes++;
      const wrong = difference(session, model);
      if (wrong !== undefined) throw new Error(`seed ${seed} call ${n}: ${wrong}`);
    }
  }
  session.unmount();
  const finding = firstFinding(disk);
  if (finding !== undefined) throw new Error(`seed ${seed} at the end: ${finding}`);
  return { enospc, crashes };
}

test("the log goes round and is cleaned, with a crash every hundred calls", () => {
  for (const fsize of [512, 4096]) {
    const { crashes } = churn(fsize, LONG ? 500_000 : 1500, fsize);
    expect(crashes).toBeGreaterThan(10);
  }
});

test.each([512, 4096])(
  "filled to 100 %, emptied and filled again, 50 times: the same room every time, fragments of %i",
  (fsize) => {
    const disk = fresh(5 << 18, 4096, fsize);
    const session = new Session(disk, new Uint8Array(1 << 20)).mount();
    const random = chance(fsize);
    const rounds: number[] = [];
    for (let round = 0; round < 50; round++) {
      let stored = 0;
      for (let file = 0; ; file++) {
        const refused = perform(session, {
          op: "write",
          path: `f${file}`,
          at: 0,
          length: 20000,
          fill: 1 + (file % 200),
        });
        if (refused === "ENOSPC") break;
        expect(refused).toBeUndefined();
        stored++;
      }
      rounds.push(stored);
      // Refused only when what is free, less the reserve that the README names, is too little for the file.
      const { volume } = session.lfs;
      const free = session.call({ name: "statfs" }).results[3] - spaceReserve(volume);
      expect(free * volume.g.unit).toBeLessThan(20000 + 2 * 4096);
      // At 100 % what needs no more room is never refused: overwriting, renaming, syncing, remounting, cleaning.
      for (let n = 0; n < 30; n++) {
        const file = Math.floor(random() * stored);
        session.write(`f${file}`, Math.floor(random() * 15000), new Uint8Array(5000).fill(9));
        if (n % 10 === 3) session.rename(`f${file}`, `f${file + 100}`);
        if (n % 10 === 3) session.rename(`f${file + 100}`, `f${file}`);
        if (n % 10 === 6) session.fsync(`f${file}`);
      }
      if (round % 5 === 0) session.unmount();
      if (round % 5 === 0) session.mount();
      session.sync();
      expect(firstFinding(disk)).toBeUndefined();
      // What is removed is free at once, one file in the place of another.
      session.unlink("f0");
      expect(perform(session, { op: "write", path: "again", at: 0, length: 20000, fill: 3 })).toBeUndefined();
      for (const name of session.readdir("")) session.unlink(name);
    }
    expect(Math.min(...rounds)).toBeGreaterThanOrEqual(Math.max(...rounds) - 1);
    expect((rounds[0] as number) * 20000).toBeGreaterThan(
      // Segments of eight blocks lose one of them, and summaries and inodes of 4096 bytes two more.
      (fsize === 512 ? 0.6 : 0.3) * session.lfs.volume.g.unit * session.call({ name: "statfs" }).results[2],
    );
    session.unmount();
    expect(firstFinding(disk)).toBeUndefined();
  },
);

test.each([
  { size: 2 << 20, live: 1_100_000, writes: 5 },
  { size: 3 << 20, live: 1_500_000, writes: 1 },
  { size: 3 << 20, live: 2_100_000, writes: 7 },
])("$live bytes of $size: a crash behind every few writes always leaves room for the next mount", (run) => {
  const disk = fresh(run.size, 1024, 512);
  const arena = new Uint8Array(1 << 19);
  let session = new Session(disk, arena).mount();
  const random = chance(1);
  const ino = session.create("file");
  for (let at = 0; at < run.live; at += 20_000) session.writeInode(ino, at, new Uint8Array(20_000).fill(1));
  for (let crash = 0; crash < (LONG ? 2000 : 60); crash++) {
    for (let n = Math.floor(random() * run.writes); n >= 0; n--) {
      const bytes = new Uint8Array(1 + Math.floor(random() * 40_000)).fill(n);
      session.writeInode(ino, Math.floor(random() * (run.live - 40_000)), bytes);
    }
    session.call({ name: "fsync", args: [ino] });
    session = new Session(disk, arena.fill(0xa5)).mount();
  }
  session.unmount();
  expect(firstFinding(disk)).toBeUndefined();
});

/** One file under random reads, writes, cuts and extensions, as fsx does it: every read is compared. */
function exercise(seed: number, operations: number): number {
  const disk = fresh(3 << 20, 1024, 512);
  const arena = new Uint8Array(1 << 19);
  let session = new Session(disk, arena).mount();
  const longest = 400_000;
  const wanted = new Uint8Array(longest);
  let size = 0;
  let crashes = 0;
  const random = chance(seed);
  const upTo = (n: number): number => Math.floor(random() * n);
  const ino = session.create("file");
  const data = new Uint8Array(40_000);
  for (let n = 0; n < operations; n++) {
    const kind = upTo(20);
    const at = upTo(longest - data.length);
    const length = 1 + upTo(kind < 4 ? 40_000 : 3000);
    if (kind < 8) {
      data.fill(1 + upTo(255), 0, length);
      session.writeInode(ino, at, data.subarray(0, length));
      wanted.set(data.subarray(0, length), at);
      size = Math.max(size, at + length);
    } else if (kind < 16) {
      const { data: got } = session.call({ name: "read", args: [ino, at, length] });
      const expected = wanted.subarray(at, Math.min(size, at + length));
      if (Buffer.compare(got, expected) !== 0) throw new Error(`seed ${seed} operation ${n}: read ${at} + ${length}`);
    } else if (kind < 18) {
      const to = upTo(longest);
      session.call({ name: "truncate", args: [ino, to] });
      wanted.fill(0, Math.min(to, size));
      size = to;
    } else if (kind === 18) session.call({ name: "fsync", args: [ino] });
    else if (upTo(25) === 0) session.sync();
    if (n % 100 === 99) {
      // What was fsynced outlives the arena.
      session.call({ name: "fsync", args: [ino] });
      session = new Session(disk, arena.fill(0xa5)).mount();
      crashes++;
      if (session.stat("file").size !== size) throw new Error(`seed ${seed} operation ${n}: size`);
    }
    if (n % 1000 === 999) {
      const finding = firstFinding(disk);
      if (finding !== undefined) throw new Error(`seed ${seed} operation ${n}: ${finding}`);
    }
  }
  if (Buffer.compare(session.read("file"), wanted.subarray(0, size)) !== 0) throw new Error(`seed ${seed}: contents`);
  session.unmount();
  const finding = firstFinding(disk);
  if (finding !== undefined) throw new Error(`seed ${seed} at the end: ${finding}`);
  return crashes;
}

test("one file as fsx exercises it, with a crash every hundred operations", () => {
  const runs = LONG ? 10 : 1;
  const seed = Number(process.env.KINTSUGI_SEED ?? 1);
  for (let n = 0; n < runs; n++) expect(exercise(seed + n, LONG ? 100_000 : 3000)).toBeGreaterThan(20);
});
