// Write amplification and seeks of the anchors' workloads: bytes and requests at the device, host time beside.
//   node packages/lfs/bench/write-amplification.ts
// Compared in the README with NetBSD LFS, NILFS2, btrfs and ext4 under the same calls.
import { chance } from "../src/testing/crash-disk.ts";
import { MemoryDisk, newfs, Session } from "../src/testing/index.ts";

class CountingDisk extends MemoryDisk {
  written = 0;
  requests = 0;
  seeks = 0;
  #end = -1;

  override write(offset: number, bytes: Uint8Array): void {
    this.written += bytes.length;
    this.requests++;
    if (offset !== this.#end) this.seeks++;
    this.#end = offset + bytes.length;
    super.write(offset, bytes);
  }

  reset(): void {
    this.written = 0;
    this.requests = 0;
    this.seeks = 0;
  }
}

const MB = 2 ** 20;
const BLOCK = new Uint8Array(4096).fill(1);

function prepared(deviceMb: number, fileMb: number, bsize: number, fsize: number, arenaMb: number) {
  const disk = new CountingDisk(new Uint8Array(deviceMb * MB));
  const arena = new Uint8Array(arenaMb * MB);
  newfs(disk, arena, { bsize, fsize, ssize: MB / 2, ident: 1, time: 1 });
  const session = new Session(disk, arena).mount();
  const ino = session.create("file");
  for (let at = 0; at < fileMb * MB; at += 65536) session.writeInode(ino, at, new Uint8Array(65536).fill(7));
  session.sync();
  disk.reset();
  return { disk, session, ino };
}

function overwrites(fsize: number): void {
  const { disk, session, ino } = prepared(512, 64, 4096, fsize, 16);
  const random = chance(1);
  const start = process.hrtime.bigint();
  for (let n = 0; n < 16384; n++) {
    session.writeInode(ino, Math.floor(random() * 16384) * 4096, BLOCK);
    if (n % 256 === 255) session.call({ name: "fsync", args: [ino] });
  }
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  const wa = disk.written / (64 * MB);
  console.log(
    `64 MB in random 4 KB, fsync every 256, 4K/${fsize}: WA ${wa.toFixed(3)}, ${disk.requests} requests, ${disk.seeks} seeks, ${ms.toFixed(0)} ms`,
  );
}

function steady(live: number, policy: number, hot: boolean): void {
  const device = 64;
  const { disk, session, ino } = prepared(device, Math.floor((device * live) / 100), 4096, 4096, 8);
  const blocks = Math.floor((device * live) / 100) * 256;
  const random = chance(2);
  session.lfs.volume.words[65] = policy;
  const start = process.hrtime.bigint();
  const rounds = device * 256;
  for (let n = 0; n < 2 * rounds; n++) {
    if (n === rounds) disk.reset();
    const within = hot && random() < 0.9 ? blocks / 10 : blocks;
    session.writeInode(ino, Math.floor(random() * within) * 4096, BLOCK);
  }
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  console.log(
    `${live} % live, ${hot ? "hot/cold 10/90" : "uniform"}, policy ${policy}: WA ${(disk.written / (rounds * 4096)).toFixed(2)}, ${ms.toFixed(0)} ms`,
  );
}

overwrites(4096);
overwrites(512);
for (const live of [50, 62, 70]) for (const policy of [0, 1]) steady(live, policy, false);
for (const policy of [0, 1]) steady(75, policy, true);
