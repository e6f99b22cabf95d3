import { expect, test } from "vitest";
import { fsck } from "../fsck/fsck-lfs.ts";
import { CrashDisk, chance, crashStates } from "../testing/crash-disk.ts";
import { MemoryDisk } from "../testing/memory-disk.ts";
import { newfs, Session } from "../testing/session.ts";
import { decodeHead, encodeHead, findPage } from "./generation-file.ts";
import { foldGenerations, openGeneration, type Page, pinGeneration, readPage, writeGeneration } from "./generations.ts";

const PAGE = 4096;

function fresh(size: number, arena: number): { disk: CrashDisk; session: Session } {
  const plain = new MemoryDisk(new Uint8Array(size));
  newfs(plain, new Uint8Array(8 << 20), {
    bsize: 4096,
    fsize: 4096,
    ssize: size > 1e8 ? 1 << 20 : 65536,
    ident: 1,
    time: 1,
  });
  const disk = new CrashDisk(plain.bytes);
  return { disk, session: new Session(disk, new Uint8Array(arena)).mount() };
}

const page = (number: number, value: number): Page => ({ number, bytes: new Uint8Array(PAGE).fill(value) });

function write(session: Session, pages: number, dirty: readonly Page[]): number {
  return session.program(writeGeneration({ path: "img/p1", pageSize: PAGE, pages, dirty }))._unsafeUnwrap();
}

/** First byte of every page of a generation. */
function values(session: Session, path: string, generation?: number): number[] {
  const open = session.program(openGeneration(path, generation))._unsafeUnwrap();
  return Array.from({ length: open.pages }, (_, n) => session.program(readPage(open, n))._unsafeUnwrap()[17]);
}

test("a head is read as it was written, and any changed byte is seen", () => {
  const index = { generation: 7, previous: 6, pageSize: 512, pages: 900, numbers: Uint32Array.of(1, 5, 899) };
  const bytes = encodeHead(index);
  expect(bytes.length).toBe(512);
  expect(decodeHead(bytes)).toEqual(index);
  for (let at = 0; at < 32 + 12; at++) {
    const changed = bytes.slice();
    changed[at] ^= 1;
    expect(decodeHead(changed)).toBeUndefined();
  }
  expect(decodeHead(bytes.subarray(0, 511))).toBeUndefined();
  expect([findPage(index.numbers, 5), findPage(index.numbers, 899), findPage(index.numbers, 2)]).toEqual([1, 2, -1]);
});

test("every generation is read as it was, the latest without being named", () => {
  const { session } = fresh(8 << 20, 2 << 20);
  write(
    session,
    6,
    [0, 1, 2, 3, 4, 5].map((n) => page(n, 10 + n)),
  );
  write(session, 6, [page(1, 91), page(4, 94)]);
  write(session, 6, [page(4, 74)]);
  expect(values(session, "img/p1")).toEqual([10, 91, 12, 13, 74, 15]);
  expect(values(session, "img/p1", 2)).toEqual([10, 91, 12, 13, 94, 15]);
  expect(values(session, "img/p1", 1)).toEqual([10, 11, 12, 13, 14, 15]);
  expect(session.program(openGeneration("img/p1", 9))._unsafeUnwrapErr()).toBe("ENOENT");
  expect(
    session.program(writeGeneration({ path: "img/new", pageSize: PAGE, pages: 2, dirty: [page(0, 1)] })).isErr(),
  ).toBe(true);
});

test("folding bounds the chain, and a pin keeps what folding removes", () => {
  const { disk, session } = fresh(8 << 20, 2 << 20);
  write(
    session,
    4,
    [0, 1, 2, 3].map((n) => page(n, n)),
  );
  for (let g = 2; g <= 6; g++) write(session, 4, [page(g % 4, 100 + g)]);
  session.program(pinGeneration("img/p1", 3, "pins/a"))._unsafeUnwrap();
  expect(session.program(foldGenerations("img/p1", 8))._unsafeUnwrap()).toBe(false);
  expect(session.program(foldGenerations("img/p1", 3))._unsafeUnwrap()).toBe(true);
  expect(session.readdir("img/p1")).toEqual(["6"]);
  expect(values(session, "img/p1")).toEqual([104, 105, 106, 103]);
  for (let n = 0; n < 5; n++) session.call({ name: "clean", args: [2] });
  expect(values(session, "pins/a", 3)).toEqual([0, 1, 102, 103]);
  expect(write(session, 4, [page(0, 7)])).toBe(7);
  session.unmount();
  expect(fsck((offset, length) => disk.bytes.subarray(offset, offset + length))).toEqual([]);
});

test("cut behind every write, a generation is whole or absent, and none that was answered is lost", () => {
  const { disk, session } = fresh(3 << 20, 1 << 20);
  write(
    session,
    80,
    Array.from({ length: 80 }, (_, n) => page(n, 1)),
  );
  const ends = [disk.log.length];
  for (let g = 2; g <= 5; g++) {
    write(
      session,
      80,
      Array.from({ length: 30 }, (_, n) => page(2 * n + (g % 2), g)),
    );
    ends.push(disk.log.length);
  }
  session.program(foldGenerations("img/p1", 2))._unsafeUnwrap();
  const full = Array.from({ length: 5 }, (_, g) => expected(g + 1));
  let states = 0;
  for (const state of crashStates(disk, 1, 5)) {
    if (state.cut < ends[0]) continue;
    states++;
    const after = new Session(new MemoryDisk(state.bytes), new Uint8Array(1 << 20)).mount();
    const latest = after.program(openGeneration("img/p1"))._unsafeUnwrap().generation;
    expect(latest).toBeGreaterThanOrEqual(ends.filter((end) => end <= state.cut).length);
    if (states % 5 === 0) expect(values(after, "img/p1")).toEqual(full[latest - 1]);
  }
  expect(states).toBeGreaterThan(20);
});

function expected(generation: number): number[] {
  const bytes = new Array<number>(80).fill(1);
  for (let g = 2; g <= generation; g++) for (let n = 0; n < 30; n++) bytes[2 * n + (g % 2)] = g;
  return bytes;
}

test("a generation of 64 MB with 1 % of its pages dirty writes at most 1.1 times those", () => {
  const { disk, session } = fresh(192 << 20, 8 << 20);
  const pages = 16384;
  write(
    session,
    pages,
    Array.from({ length: pages }, (_, n) => page(n, n & 0xff)),
  );
  session.sync();
  const start = disk.log.length;
  const random = chance(3);
  const numbers = new Set<number>();
  while (numbers.size < 164) numbers.add(Math.floor(random() * pages));
  write(
    session,
    pages,
    [...numbers].sort((a, b) => a - b).map((n) => page(n, 255)),
  );
  const writes = disk.log.slice(start).filter((entry) => entry !== "flush");
  const written = writes.reduce((sum, { bytes }) => sum + bytes.length, 0);
  expect(written / (164 * PAGE)).toBeLessThan(1.1);
  // One run on the disk but for the ends of segments.
  for (const [n, { offset }] of writes.entries()) {
    const before = writes[n - 1];
    if (before === undefined || offset === before.offset + before.bytes.length) continue;
    expect(offset % (1 << 20)).toBeLessThanOrEqual(16384);
  }
  // A page of it is read without the rest: heads, pointers, and the page.
  let read = 0;
  const counting = new MemoryDisk(disk.bytes);
  const plain = counting.read.bind(counting);
  counting.read = (offset, bytes) => {
    read += bytes.length;
    plain(offset, bytes);
  };
  const again = new Session(counting, new Uint8Array(8 << 20)).mount(1);
  const open = again.program(openGeneration("img/p1"))._unsafeUnwrap();
  read = 0;
  expect(again.program(readPage(open, pages - 1))._unsafeUnwrap()[0]).toBe((pages - 1) & 0xff);
  expect(read).toBeLessThan(8 * PAGE);
});
