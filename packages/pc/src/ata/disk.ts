/**
 * Disk and Disc: what drives keep sectors on: a disk, a CD-ROM.
 *
 * Here: the interfaces, owned by the drives. Not here: files and images (the machine's), what a power cut does to a
 * disk (`cached-disk.ts`), disks that fail (`faulty-disk.ts`).
 * What was written and not flushed may be lost, in any order, when the power goes: that is the write cache.
 * @module
 */
/** A disk of 512-byte sectors. */
export interface Disk {
  readonly sectors: number;
  /** `count` sectors from `lba` on, newest contents. */
  read(lba: number, count: number): Uint8Array;
  /** Writes whole sectors from `lba` on, into the write cache. */
  write(lba: number, bytes: Uint8Array): void;
  /** Everything written is on the medium when this returns. */
  flush(): void;
  /** What is wrong with an operation on these sectors, asked before it is done; a disk without it never fails. */
  fault?(operation: DiskOperation, lba: number, count: number): DiskFault | null;
}

/** What is done to sectors. */
export type DiskOperation = "read" | "write" | "flush";

/** An error of a disk. */
export interface DiskFault {
  /** The first sector that it concerns; those before it are as they should be. */
  readonly lba: number;
  /** Bits of the error register: ATA_ERROR_UNC, _IDNF, _ABRT. */
  readonly error: number;
}

/** A disc of 2,048-byte blocks, one data track. */
export interface Disc {
  readonly blocks: number;
  /** `count` blocks from `lba` on. */
  read(lba: number, count: number): Uint8Array;
}
