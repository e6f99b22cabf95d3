/**
 * The disk as the file system sees it.
 *
 * Here: the interface. Not here: disks (`testing/`, the host's own). A write is durable, and ordered
 * before later ones, only behind a `flush`; until then any part of it may be lost, by 512-byte sectors.
 * @module
 */

/** A disk of bytes; offsets and lengths are multiples of 512. Methods may answer at once or later. */
export interface BlockDevice {
  /** Bytes of the disk. */
  readonly size: number;
  /** Fills `bytes` from `offset` on. */
  read(offset: number, bytes: Uint8Array): void | Promise<void>;
  /** Stores `bytes` from `offset` on; durable only behind a flush. */
  write(offset: number, bytes: Uint8Array): void | Promise<void>;
  /** Makes all writes before it durable. */
  flush(): void | Promise<void>;
}
