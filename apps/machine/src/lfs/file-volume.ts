/**
 * A file system in a host file, run to the end of each operation before the next.
 *
 * Here: the loop that serves the block requests of `Lfs` from a file descriptor. Not here: opening files and choosing
 * sizes (→ commands/lfs/disk.ts), who asks for operations (→ fuse-server.ts).
 * @module
 */
import { fdatasyncSync, readSync, writeSync } from "node:fs";
import { type DeviceRequest, Lfs, type LfsAnswer, type LfsRequest } from "@kintsugi/lfs";

type Transfer = (descriptor: number, bytes: Uint8Array, offset: number, length: number, position: number) => number;

/** Runs operations over the first `size` bytes of an open file. */
export class FileVolume {
  readonly #lfs: Lfs;
  readonly #descriptor: number;
  readonly #size: number;
  readonly #now: () => number;
  /** Bytes that an inode's `blocks` counts. */
  readonly unit: number;

  /** `now` gives seconds since 1970, with fractions. The arena is filled by this volume alone. */
  constructor(options: {
    readonly arena: Uint8Array;
    readonly descriptor: number;
    readonly size: number;
    readonly unit: number;
    readonly now: () => number;
  }) {
    this.#lfs = new Lfs(options.arena);
    this.#descriptor = options.descriptor;
    this.#size = options.size;
    this.#now = options.now;
    this.unit = options.unit;
  }

  /** Runs one operation. `data` of the answer is good until the next. A file that fails answers EIO. */
  run(request: LfsRequest): LfsAnswer {
    const now = this.#now();
    const seconds = Math.floor(now);
    this.#lfs.begin({ time: [seconds, Math.floor((now - seconds) * 1e9)], ...request });
    for (let asked = this.#lfs.step(); asked !== undefined; asked = this.#lfs.step())
      this.#lfs.complete(this.#serve(asked));
    return this.#lfs.answer();
  }

  #serve(asked: DeviceRequest): boolean {
    try {
      if (asked.kind === "flush") fdatasyncSync(this.#descriptor);
      else if (asked.offset < 0 || asked.offset + asked.bytes.length > this.#size) return false;
      else return this.#transfer(asked.kind === "read" ? readSync : writeSync, asked.offset, asked.bytes);
      return true;
    } catch (reason) {
      if (reason instanceof Error && "syscall" in reason) return false;
      throw reason;
    }
  }

  #transfer(call: Transfer, offset: number, bytes: Uint8Array): boolean {
    for (let done = 0, moved = 1; done < bytes.length; done += moved) {
      moved = call(this.#descriptor, bytes, done, bytes.length - done, offset + done);
      if (moved === 0) return false;
    }
    return true;
  }
}
