// Sequential writing and reading, and roll-forward, as multiples of copying the same bytes in memory.
//   node packages/lfs/bench/throughput.ts
import { MemoryDisk, newfs, Session } from "../src/testing/index.ts";

const MB = 2 ** 20;
const TOTAL = 50 * MB;
const CHUNK = new Uint8Array(65536).fill(5);

function seconds(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

const target = new Uint8Array(TOTAL);
const copy = (): number =>
  seconds(() => {
    for (let at = 0; at < TOTAL; at += CHUNK.length) target.set(CHUNK, at);
  });
copy();
const inMemory = copy();

const disk = new MemoryDisk(new Uint8Array(160 * MB));
const arena = new Uint8Array(16 * MB);
newfs(disk, arena, { bsize: 8192, fsize: 1024, ssize: MB, ident: 1, time: 1 });
const session = new Session(disk, arena).mount();
const ino = session.create("file");
const writing = seconds(() => {
  for (let at = 0; at < TOTAL; at += CHUNK.length) session.writeInode(ino, at, CHUNK);
  session.sync();
});
const reading = seconds(() => {
  for (let at = 0; at < TOTAL; at += CHUNK.length) session.call({ name: "read", args: [ino, at, 65536] });
});
const report = (what: string, time: number): void =>
  console.log(`${what}: ${(TOTAL / MB / time).toFixed(0)} MB/s, ${(time / inMemory).toFixed(1)} × the copy in memory`);
report("copy in memory", inMemory);
report("sequential write with sync", writing);
report("sequential read", reading);

// As much log as roll-forward can meet: up to the checkpoint that ten active segments force.
const before = session.lfs.volume.sb(72);
for (let at = 0; at < 9 * MB; at += CHUNK.length) session.writeInode(ino, at, CHUNK);
session.call({ name: "fsync", args: [ino] });
const tail = (session.lfs.volume.sb(72) - before) * 1024;
const crashed = new MemoryDisk(disk.bytes.slice());
const plain = seconds(() => void new Session(new MemoryDisk(disk.bytes.slice()), new Uint8Array(16 * MB)).mount(3));
const rolling = seconds(() => void new Session(crashed, new Uint8Array(16 * MB)).mount());
console.log(
  `roll-forward of ${(tail / MB).toFixed(1)} MB: ${((rolling - plain) * 1000).toFixed(0)} ms, ` +
    `${(((rolling - plain) * 50 * MB) / tail).toFixed(2)} s per 50 MB, ${((rolling - plain) / (inMemory * (tail / TOTAL))).toFixed(1)} × the copy`,
);
