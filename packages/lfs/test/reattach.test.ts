// Every object is dropped at every device request, and another attached to a copy of the arena: same answers, same disk.
import { expect, test } from "vitest";
import { newSuperblock } from "../src/format/new-superblock.ts";
import { writeSuperblock } from "../src/format/superblock.ts";
import { BlockInfo, LFS_UNUSED_LBN, Lfs, type LfsRequest } from "../src/index.ts";
import { MemoryDisk, Refused, runOperation, Session, serve } from "../src/testing/index.ts";
import { OPERATION_NAMES } from "../src/vfs/operation.ts";
import { image } from "./images.ts";

/** A session that notes every answer; `fragile` rebuilds the file system from the arena's bytes at every request. */
function noting(disk: MemoryDisk, size: number, fragile: boolean) {
  let arena = new Uint8Array(size);
  const session = new Session(disk, arena);
  const answers: unknown[] = [];
  const used = new Set<string>();
  let requests = 0;
  const runTorn = (request: LfsRequest) => {
    let lfs = new Lfs(arena);
    lfs.begin(request);
    for (let asked = lfs.step(); asked !== undefined; asked = lfs.step()) {
      arena = arena.slice();
      lfs = new Lfs(arena);
      // The one that died had asked already; its successor asks for the same.
      const again = lfs.step();
      if (again === undefined || again.kind !== asked.kind) throw new Error("the successor asks for something else");
      lfs.complete(serve(disk, again));
      arena = arena.slice();
      lfs = new Lfs(arena);
      requests++;
    }
    return lfs.answer();
  };
  session.run = (request) => {
    const answer = fragile ? runTorn(request) : runOperation(session.lfs, disk, request);
    used.add(request.name);
    answers.push([request.name, answer.error, [...answer.results], answer.data.slice()]);
    return answer;
  };
  return { session, answers, used, requests: () => requests };
}

function records(...list: readonly { ino: number; lbn: number; daddr?: number; version: number }[]): Uint8Array {
  const data = new Uint8Array(list.length * BlockInfo.size);
  const view = new DataView(data.buffer);
  for (const [n, { ino, lbn, daddr, version }] of list.entries())
    BlockInfo.write(view, n * BlockInfo.size, {
      bi_inode: ino,
      bi_lbn: lbn,
      bi_daddr: daddr ?? 0,
      bi_version: version,
    });
  return data;
}

/** Every operation there is, most of them with a refusal too. */
function work(session: Session): void {
  const attempt = (call: () => unknown): void => {
    try {
      call();
    } catch (reason) {
      if (!(reason instanceof Refused)) throw reason;
    }
  };
  session.mount();
  session.mkdir("x");
  for (let n = 0; n < 12; n++) session.write(`x/${n}`, n * 5000, new Uint8Array(30000).fill(n));
  session.write("x/far", 3_000_000, new Uint8Array(5000).fill(9));
  session.fsync("x/3");
  session.rename("x/3", "three");
  session.link("three", "x/hard");
  session.symlink("t".repeat(100), "long");
  session.symlink("three", "short");
  session.readlink("long");
  session.mkdir("empty");
  session.rmdir("empty");
  attempt(() => session.rmdir("x"));
  session.unlink("x/4");
  session.truncate("x/5", 7);
  session.truncate("x/far", 4_000_000);
  session.call({ name: "setattr", args: [session.ino("x/6"), 31, 0o600, 5, 6, 7.5, 8.5] });
  const ino = session.ino("x/7");
  session.call({ name: "open", args: [ino] });
  session.unlink("x/7");
  session.call({ name: "read", args: [ino, 40000, 100] });
  session.sync();
  session.call({ name: "close", args: [ino] });
  session.call({ name: "statfs" });
  const big = session.stat("x/8");
  const asked = records(
    { ino: big.ino, lbn: 11, version: big.generation },
    { ino: big.ino, lbn: LFS_UNUSED_LBN, version: big.generation },
  );
  const found = session.call({ name: "bmapv", data: asked }).data.slice();
  attempt(() => session.call({ name: "markv", data: found }));
  for (let segment = 0; segment < 6; segment++) attempt(() => session.call({ name: "segclean", args: [segment] }));
  session.call({ name: "segwait" });
  session.call({ name: "clean", args: [2] });
  attempt(() => {
    const [serial] = session.call({ name: "pin" }).results;
    session.write("x/9", 0, new Uint8Array(60000).fill(77));
    session.call({ name: "pins" });
    session.call({ name: "pin" });
    session.call({ name: "unpin", args: [serial as number] });
    session.call({ name: "clean", args: [4] });
  });
  session.unlink("three");
  session.tree();
  session.unmount();
  session.mount(1);
  session.read("x/far");
  session.unmount();
}

test.each(["v2-crash", "v1-netbsd", "v1-44bsd-i386", "new"])("%s: the run is the same", (name) => {
  const start = name === "new" ? new Uint8Array(8 << 20) : image(name);
  const size = name === "new" ? 1.5 * 2 ** 20 : 5 << 20;
  const both = [false, true].map((fragile) => {
    const disk = new MemoryDisk(start.slice());
    const run = noting(disk, size, fragile);
    if (name === "new") {
      const superblock = newSuperblock({ size: disk.size, ident: 9, time: 1 });
      if (typeof superblock === "string") throw new Error(superblock);
      const data = new Uint8Array(1024);
      writeSuperblock(data, 0, superblock);
      run.session.call({ name: "newfs", data });
      expect(() => run.session.call({ name: "mount", args: [2, 5] })).toThrow(Refused);
    }
    work(run.session);
    if (name === "new") expect([...run.used].sort()).toEqual([...OPERATION_NAMES].sort());
    return { ...run, bytes: disk.bytes };
  });
  const [plain, torn] = both as [(typeof both)[0], (typeof both)[0]];
  expect(torn.requests()).toBeGreaterThan(40);
  expect(torn.answers).toEqual(plain.answers);
  expect(Buffer.compare(torn.bytes, plain.bytes)).toBe(0);
});
