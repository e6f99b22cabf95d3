// Disks with wrong bytes: every call ends, with an answer or a documented error, and nothing else is thrown.
import { expect, test } from "vitest";
import { fsck, type Lfs, type LfsRequest } from "../src/index.ts";
import { chance } from "../src/testing/crash-disk.ts";
import { damage, SAMPLE } from "../src/testing/damaged-disk.ts";
import { MemoryDisk, Refused, Session, serve } from "../src/testing/index.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const CASES = Number(process.env.KINTSUGI_CASES ?? (LONG ? 1_000_000 : 150));
const STEPS = 200_000;

function bounded(disk: MemoryDisk, arena: Uint8Array): Session {
  const session = new Session(disk, arena);
  session.run = (request: LfsRequest) => {
    const { lfs }: { lfs: Lfs } = session;
    lfs.begin(request);
    let steps = 0;
    for (let asked = lfs.step(); asked !== undefined; asked = lfs.step()) {
      if (steps++ > STEPS) throw new Error(`${request.name} does not end`);
      lfs.complete(serve(disk, asked));
    }
    return lfs.answer();
  };
  return session;
}

/** Does it; a refusal is an answer. */
function attempt(call: () => unknown): void {
  try {
    call();
  } catch (reason) {
    if (!(reason instanceof Refused)) throw reason;
  }
}

function use(session: Session): void {
  attempt(() => session.tree());
  for (const path of ["big", "d/5", "d/7", "s"]) attempt(() => session.stat(path).size < 1e6 && session.read(path));
  attempt(() => session.write("new", 0, new Uint8Array(30000).fill(7)));
  attempt(() => session.write("big", 30000, new Uint8Array(40000).fill(8)));
  attempt(() => session.unlink("d/4"));
  attempt(() => session.truncate("big", 100));
  attempt(() => session.rename("d/5", "five"));
  attempt(() => session.call({ name: "clean", args: [3] }));
  attempt(() => session.sync());
  attempt(() => session.unmount());
}

test("a disk with wrong bytes is refused or used, and every call ends", () => {
  const arena = new Uint8Array(1 << 20);
  const first = process.env.KINTSUGI_SEED === undefined ? 0 : Number(process.env.KINTSUGI_SEED);
  let mounted = 0;
  for (let seed = first; seed < first + CASES; seed++) {
    const bytes = SAMPLE.slice();
    damage(bytes, chance(seed));
    const session = bounded(new MemoryDisk(bytes), arena.fill(0));
    try {
      fsck((offset, length) => bytes.slice(offset, offset + length));
      attempt(() => {
        session.mount();
        mounted++;
      });
      use(session);
    } catch (reason) {
      throw new Error(`seed ${seed}: ${reason instanceof Error ? reason.stack : reason}`);
    }
  }
  expect(mounted).toBeGreaterThan(30);
});

test("one wrong bit in the log behind the checkpoint ends the log there", () => {
  const before = new Session(new MemoryDisk(SAMPLE.slice()), new Uint8Array(1 << 20)).mount(1);
  const whole = before.read("big");
  const plain = new Session(new MemoryDisk(SAMPLE.slice()), new Uint8Array(1 << 20)).mount(3);
  const old = plain.read("big");
  expect(Buffer.compare(whole, old)).not.toBe(0);
  const { volume } = plain.lfs;
  const start = volume.sb(72) * volume.g.unit;
  const random = chance(4);
  for (let n = 0; n < 60; n++) {
    const bytes = SAMPLE.slice();
    bytes[start + Math.floor(random() * 12000)] ^= 1 << Math.floor(random() * 8);
    const session = new Session(new MemoryDisk(bytes), new Uint8Array(1 << 20)).mount(1);
    expect(Buffer.compare(session.read("big"), old)).toBe(0);
    expect(session.readdir("d")).toContain("3");
  }
});
