// Disks with wrong bytes: every call ends, with an answer or a documented error; nothing else is thrown, and no wrong byte is silent.
import { expect, test } from "vitest";
import { crc32 } from "../src/format/checksum.ts";
import { fsck, type Lfs, type LfsRequest } from "../src/index.ts";
import { chance } from "../src/testing/crash-disk.ts";
import { damage, SAMPLE } from "../src/testing/damaged-disk.ts";
import { MemoryDisk, Refused, Session, serve } from "../src/testing/index.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const CASES = Number(process.env.KINTSUGI_CASES ?? (LONG ? 1_000_000 : 400));
const FIRST = Number(process.env.KINTSUGI_SEED ?? 0);
const STEPS = 20_000;

/** A copy of the sample that is made whole again by copying back what was written. */
class SampleDisk extends MemoryDisk {
  readonly #dirty: [from: number, to: number][] = [];

  constructor() {
    super(SAMPLE.slice());
  }

  override write(offset: number, bytes: Uint8Array): void {
    super.write(offset, bytes);
    this.#dirty.push([offset, offset + bytes.length]);
  }

  /** The same damage for the same seed. */
  damage(seed: number): void {
    this.#dirty.push(...damage(this.bytes, chance(seed)));
  }

  restore(): void {
    for (const [from, to] of this.#dirty) this.bytes.set(SAMPLE.subarray(from, to), from);
    this.#dirty.length = 0;
  }
}

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

/** The tree with a checksum of each file; undefined when something of it is refused. */
function contents(session: Session): string | undefined {
  try {
    return session
      .tree()
      .map(({ path, attributes: { mode, size } }) => {
        if (mode >> 12 !== 8 || size > 1e6) return `${path} ${mode} ${size}`;
        const bytes = session.read(path);
        return `${path} ${mode} ${size} ${crc32(bytes, 0, size)}`;
      })
      .join("\n");
  } catch (reason) {
    if (reason instanceof Refused) return undefined;
    throw reason;
  }
}

function change(session: Session): void {
  attempt(() => session.write("new", 0, new Uint8Array(30000).fill(7)));
  attempt(() => session.write("big", 30000, new Uint8Array(40000).fill(8)));
  attempt(() => session.unlink("d/4"));
  attempt(() => session.truncate("big", 100));
  attempt(() => session.rename("d/5", "five"));
  attempt(() => session.call({ name: "clean", args: [3] }));
  attempt(() => session.call({ name: "pin" }));
  attempt(() => session.sync());
  attempt(() => session.unmount());
}

test("a disk with wrong bytes is refused or used, every call ends, and what the checker passes is what was written", () => {
  const arena = new Uint8Array(1 << 20).fill(0xa5);
  const disk = new SampleDisk();
  const sound = [1, 3].map((flags) =>
    contents(new Session(new MemoryDisk(SAMPLE.slice()), new Uint8Array(1 << 20)).mount(flags)),
  );
  let mounted = 0;
  let passed = 0;
  for (let seed = FIRST; seed < FIRST + CASES; seed++) {
    disk.damage(seed);
    // The header is all that tells an arena in use from any other bytes.
    arena.fill(0xa5, 0, 4096);
    const session = bounded(disk, arena);
    try {
      const isPassed = fsck((offset, length) => disk.bytes.subarray(offset, offset + length)).length === 0;
      attempt(() => {
        session.mount();
        mounted++;
        const now = isPassed || seed % 4 === 0 ? contents(session) : undefined;
        if (!isPassed) return;
        passed++;
        if (now === undefined || !sound.includes(now)) throw new Error(`the checker passes it, and it holds\n${now}`);
      });
      // Every second one is written to; the others cost a third.
      if (seed % 2 === 1) change(session);
    } catch (reason) {
      throw new Error(`seed ${seed}: ${reason instanceof Error ? reason.stack : reason}`);
    }
    disk.restore();
  }
  expect(mounted).toBeGreaterThan(CASES / 5);
  expect(passed).toBeGreaterThan(CASES / 50);
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

test("one wrong bit in any block that a checkpoint leads to is found by the checker", () => {
  const random = chance(8);
  let found = 0;
  for (let n = 0; n < 300; n++) {
    const bytes = SAMPLE.slice();
    bytes[16384 + Math.floor(random() * 100_000)] ^= 1 << Math.floor(random() * 8);
    const isFound = fsck((offset, length) => bytes.slice(offset, offset + length)).length > 0;
    if (isFound) found++;
    else {
      const session = new Session(new MemoryDisk(bytes), new Uint8Array(1 << 20)).mount(3);
      const plain = new Session(new MemoryDisk(SAMPLE.slice()), new Uint8Array(1 << 20)).mount(3);
      expect(contents(session)).toBe(contents(plain));
    }
  }
  expect(found).toBeGreaterThan(200);
});
