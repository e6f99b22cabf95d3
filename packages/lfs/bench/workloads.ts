// The workloads of the bench: what reaches the device, counted. The same seed gives the same counts.
import { H } from "../src/cache/arena.ts";
import { chance } from "../src/testing/crash-disk.ts";
import { MemoryDisk, newfs, Session } from "../src/testing/index.ts";

/** Counts what reaches it. */
export class CountingDisk extends MemoryDisk {
  written = 0;
  requests = 0;
  seeks = 0;
  reads = 0;
  #end = -1;

  override read(offset: number, bytes: Uint8Array): void {
    this.reads++;
    super.read(offset, bytes);
  }

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
    this.reads = 0;
  }
}

/** Bytes at the device by bytes of the user; write requests; those that do not follow the one before. */
export interface Counted {
  readonly amplification: number;
  readonly requests: number;
  readonly seeks: number;
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

/** 64 MB file, 16,384 random 4 KB overwrites, fsync every 256. */
export function overwrites(fsize: number): Counted {
  const { disk, session, ino } = prepared(512, 64, 4096, fsize, 16);
  const random = chance(1);
  for (let n = 0; n < 16384; n++) {
    session.writeInode(ino, Math.floor(random() * 16384) * 4096, BLOCK);
    if (n % 256 === 255) session.call({ name: "fsync", args: [ino] });
  }
  return { amplification: disk.written / (64 * MB), requests: disk.requests, seeks: disk.seeks };
}

/** A 64 MB disk with `live` % in one file, overwritten as often as it has blocks, once more before counting. */
export function steady(live: number, policy: number, hot: boolean): Counted {
  const device = 64;
  const { disk, session, ino } = prepared(device, Math.floor((device * live) / 100), 4096, 4096, 8);
  const blocks = Math.floor((device * live) / 100) * 256;
  const random = chance(2);
  session.lfs.volume.words[H.cleanPolicy] = policy;
  const rounds = device * 256;
  for (let n = 0; n < 2 * rounds; n++) {
    if (n === rounds) disk.reset();
    const within = hot && random() < 0.9 ? blocks / 10 : blocks;
    session.writeInode(ino, Math.floor(random() * within) * 4096, BLOCK);
  }
  return { amplification: disk.written / (rounds * 4096), requests: disk.requests, seeks: disk.seeks };
}
