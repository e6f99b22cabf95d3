/**
 * A disk that remembers every write, and the disks that a crash can leave of it.
 *
 * Here: `CrashDisk`, `crashStates`. Not here: what must hold afterwards (`test/`). The rule of a disk with a
 * write cache: what was written before a completed flush is there; of the later writes any may be missing,
 * and any may be there in part, by sectors of 512 bytes.
 * @module
 */
import { MemoryDisk } from "./memory-disk.ts";

/** A write with its bytes, or "flush". */
export type LoggedWrite = { readonly offset: number; readonly bytes: Uint8Array } | "flush";

export class CrashDisk extends MemoryDisk {
  /** What the disk held when recording began. */
  readonly base: Uint8Array;
  readonly log: LoggedWrite[] = [];

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.base = bytes.slice();
  }

  override write(offset: number, bytes: Uint8Array): void {
    this.log.push({ offset, bytes: bytes.slice() });
    super.write(offset, bytes);
  }

  override flush(): void {
    this.log.push("flush");
  }
}

/** One disk that a crash can leave, with what to say to get it again. */
export interface CrashState {
  /** Entries of the log that had been issued. */
  readonly cut: number;
  /** Which of the unflushed writes arrived, as "all", "none", "all but k", "torn k ...", "mask ...". */
  readonly how: string;
  /** The disk; the bytes may be written to, and are good until the next state is asked for. */
  readonly bytes: Uint8Array;
}

/** A small generator of chance (mulberry32): the same seed, the same disks. */
export function chance(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Every disk that matters for a cut behind each entry of the log: all unflushed writes there, each one
 * missing, the last torn in two ways, and `masks` random subsets with random sectors missing.
 */
export function* crashStates(disk: CrashDisk, masks: number, seed: number): Generator<CrashState> {
  const random = chance(seed);
  const durable = disk.base.slice();
  const scratch = new Uint8Array(durable.length);
  let pending: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  const state = (cut: number, how: string, keep: (index: number, sector: number) => boolean): CrashState => {
    scratch.set(durable);
    for (const [index, write] of pending.entries())
      for (let at = 0; at < write.bytes.length; at += 512)
        if (keep(index, at / 512)) scratch.set(write.bytes.subarray(at, at + 512), write.offset + at);
    return { cut, how, bytes: scratch };
  };
  yield state(0, "all", () => true);
  for (const [index, entry] of disk.log.entries()) {
    const cut = index + 1;
    if (entry === "flush") {
      for (const write of pending) durable.set(write.bytes, write.offset);
      pending = [];
      continue;
    }
    pending.push(entry);
    const last = pending.length - 1;
    const sectors = entry.bytes.length / 512;
    yield state(cut, "all", () => true);
    for (let missing = 0; missing < last; missing++) yield state(cut, `all but ${missing}`, (n) => n !== missing);
    if (sectors > 1) {
      yield state(cut, "torn: first half", (n, sector) => n !== last || sector < sectors / 2);
      yield state(cut, "torn: one missing", (n, sector) => n !== last || sector !== Math.floor(random() * sectors));
      yield state(cut, "torn: last only", (n, sector) => n !== last || sector >= sectors / 2);
    }
    for (let n = 0; n < masks; n++) {
      const whole = pending.map(() => random() < 0.6);
      const torn = Math.floor(random() * pending.length);
      yield state(cut, `mask ${n}`, (k) => (k === torn ? random() < 0.7 : whole[k]));
    }
  }
}
