/**
 * A disk in a file: Node's FileHandle, or anything with its methods.
 *
 * Here: `fileDevice`. Not here: opening the file, which is the host's. A flush is `datasync`.
 * @module
 */
import type { BlockDevice } from "../block-device.ts";

/** The part of `fs/promises` FileHandle that a disk needs. */
export interface FileLike {
  /** As Node's `FileHandle.read`. */
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  /** As Node's `FileHandle.write`. */
  write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
  /** Makes what was written durable. */
  datasync(): Promise<void>;
}

/** The first `size` bytes of a file as a disk. Rejects when the file ends before a read does. */
export function fileDevice(file: FileLike, size: number): BlockDevice {
  return {
    size,
    async read(offset, bytes) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done);
        if (bytesRead === 0) throw new RangeError(`the file ends before byte ${offset + bytes.length}`);
        done += bytesRead;
      }
    },
    async write(offset, bytes) {
      for (let done = 0; done < bytes.length; )
        done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
    },
    flush: () => file.datasync(),
  };
}
