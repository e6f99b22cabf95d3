// Sequential writing and reading, roll-forward, and a generation of an image; CPU time, since others may use the host.
import { openGeneration, type Page, readPage, writeGeneration } from "../src/index.ts";
import { chance } from "../src/testing/crash-disk.ts";
import { MemoryDisk, newfs, Session } from "../src/testing/index.ts";
import { CountingDisk } from "./workloads.ts";

const MB = 2 ** 20;
const TOTAL = 50 * MB;
const CHUNK = new Uint8Array(65536).fill(5);

/** What takes time: megabytes, CPU milliseconds, and those of copying the same bytes in memory. */
export interface Timed {
  readonly what: string;
  readonly megabytes: number;
  readonly milliseconds: number;
  readonly copying: number;
}

function cpu(run: () => void): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** Sequential write with a sync, sequential read, and roll-forward of as much log as ten segments of 4 MB hold. */
export function measureThroughput(): Timed[] {
  const target = new Uint8Array(TOTAL).fill(1);
  const copy = (): number =>
    cpu(() => {
      for (let n = 0; n < 10; n++) for (let at = 0; at < TOTAL; at += CHUNK.length) target.set(CHUNK, at);
    }) / 10;
  copy();
  const perMegabyte = copy() / (TOTAL / MB);

  const disk = new MemoryDisk(new Uint8Array(160 * MB).fill(0));
  const arena = new Uint8Array(32 * MB).fill(0);
  newfs(disk, arena, { bsize: 8192, fsize: 1024, ssize: 4 * MB, ident: 1, time: 1 });
  const session = new Session(disk, arena).mount();
  const ino = session.create("file");
  const writing = cpu(() => {
    for (let at = 0; at < TOTAL; at += CHUNK.length) session.writeInode(ino, at, CHUNK);
    session.sync();
  });
  const reading = cpu(() => {
    for (let at = 0; at < TOTAL; at += CHUNK.length) session.call({ name: "read", args: [ino, at, 65536] });
  });
  const before = session.lfs.volume.serial;
  const start = disk.bytes.slice();
  for (let at = 0; at < 34 * MB; at += CHUNK.length) session.writeInode(ino, at, CHUNK);
  session.call({ name: "fsync", args: [ino] });
  if (session.lfs.volume.serial === before) throw new Error("nothing was written to the log");
  const mount = (bytes: Uint8Array): number => {
    const fresh = new Uint8Array(32 * MB).fill(0);
    return cpu(() => void new Session(new MemoryDisk(bytes), fresh).mount());
  };
  const rolling = mount(disk.bytes) - mount(start);
  return [
    { what: "sequential write and sync", megabytes: 50, milliseconds: writing },
    { what: "sequential read", megabytes: 50, milliseconds: reading },
    { what: "roll-forward of a log tail", megabytes: 34, milliseconds: rolling },
  ].map((row) => ({ ...row, copying: perMegabyte * row.megabytes }));
}

/** Bytes written for a generation of 64 MB with 1 % of its pages dirty, by those pages; requests to read its last page. */
export function measureGeneration(): { readonly ratio: number; readonly reads: number } {
  const disk = new CountingDisk(new Uint8Array(192 * MB));
  newfs(disk, new Uint8Array(8 * MB), { bsize: 4096, fsize: 4096, ssize: MB, ident: 1, time: 1 });
  const session = new Session(disk, new Uint8Array(8 * MB)).mount();
  const pages = 16384;
  const page = (number: number, value: number): Page => ({ number, bytes: new Uint8Array(4096).fill(value) });
  const write = (dirty: readonly Page[]): number =>
    session.program(writeGeneration({ path: "image", pageSize: 4096, pages, dirty }))._unsafeUnwrap();
  write(Array.from({ length: pages }, (_, n) => page(n, n & 0xff)));
  session.sync();
  const random = chance(3);
  const numbers = new Set<number>();
  while (numbers.size < 164) numbers.add(Math.floor(random() * pages));
  disk.reset();
  write([...numbers].sort((a, b) => a - b).map((n) => page(n, 255)));
  const ratio = disk.written / (164 * 4096);
  const again = new Session(disk, new Uint8Array(8 * MB)).mount();
  const open = again.program(openGeneration("image"))._unsafeUnwrap();
  disk.reset();
  again.program(readPage(open, pages - 1))._unsafeUnwrap();
  return { ratio, reads: disk.reads };
}
