/**
 * A disk in memory, and the loop that drives a file system on it without promises.
 *
 * Here: `MemoryDisk`, `runOperation`. Not here: disks that fail (`crash-disk.ts`).
 * @module
 */
import type { BlockDevice } from "../block-device.ts";
import type { DeviceRequest, Lfs, LfsAnswer, LfsRequest } from "../vfs/lfs.ts";

export class MemoryDisk implements BlockDevice {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get size(): number {
    return this.bytes.length;
  }

  read(offset: number, bytes: Uint8Array): void {
    if (offset < 0 || offset + bytes.length > this.size) throw new RangeError(`read of ${offset} is outside the disk`);
    bytes.set(this.bytes.subarray(offset, offset + bytes.length));
  }

  write(offset: number, bytes: Uint8Array): void {
    if (offset < 0 || offset + bytes.length > this.size) throw new RangeError(`write at ${offset} is outside the disk`);
    this.bytes.set(bytes, offset);
  }

  flush(): void {}
}

/** A disk that answers at once. */
export interface SynchronousDisk {
  readonly size: number;
  read(offset: number, bytes: Uint8Array): void;
  write(offset: number, bytes: Uint8Array): void;
  flush(): void;
}

/** Carries one device request out; false when it lies outside the disk. */
export function serve(disk: SynchronousDisk, request: DeviceRequest): boolean {
  if (request.kind === "flush") disk.flush();
  else if (request.offset < 0 || request.offset + request.bytes.length > disk.size) return false;
  else if (request.kind === "read") disk.read(request.offset, request.bytes);
  else disk.write(request.offset, request.bytes);
  return true;
}

/** Runs an operation to its end. */
export function runOperation(lfs: Lfs, disk: SynchronousDisk, request: LfsRequest): LfsAnswer {
  lfs.begin(request);
  for (let asked = lfs.step(); asked !== undefined; asked = lfs.step()) lfs.complete(serve(disk, asked));
  return lfs.answer();
}
