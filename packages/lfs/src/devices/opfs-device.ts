/**
 * A disk in the browser's origin private file system.
 *
 * Here: `opfsDevice`, over a synchronous access handle. Not here: getting the handle, which only a worker
 * can. WHATWG File System Standard, FileSystemSyncAccessHandle.
 * @module
 */
import type { BlockDevice } from "../block-device.ts";

/** The part of FileSystemSyncAccessHandle that a disk needs. */
export interface SyncAccessLike {
  /** Fills `buffer` from byte `at` on; says how many bytes there were. */
  read(buffer: Uint8Array, options: { readonly at: number }): number;
  /** Stores `buffer` from byte `at` on; says how many bytes went in. */
  write(buffer: Uint8Array, options: { readonly at: number }): number;
  /** Makes what was written durable. */
  flush(): void;
}

/** The first `size` bytes of a handle as a disk; what the file does not have yet reads as zeros. */
export function opfsDevice(handle: SyncAccessLike, size: number): BlockDevice {
  return {
    size,
    read(offset, bytes) {
      bytes.fill(0, handle.read(bytes, { at: offset }));
    },
    write(offset, bytes) {
      const written = handle.write(bytes, { at: offset });
      if (written !== bytes.length) throw new RangeError(`${written} of ${bytes.length} bytes were written`);
    },
    flush() {
      handle.flush();
    },
  };
}
