/**
 * What the machine's drive keeps sectors on: memory whose writes are told.
 *
 * Here: the medium behind the write cache. Not here: the cache and the drive (→ @kintsugi/pc), the host's file (→ host/disk-file.ts).
 * @module
 */
import { ATA_SECTOR_SIZE, CachedDisk } from "@kintsugi/pc";

/** A drive's disk, cache included, over `medium`; `written` hears of each write that reaches the medium, in order. */
export function diskOver(medium: Uint8Array, written: (lba: number, bytes: Uint8Array) => void): CachedDisk {
  return new CachedDisk({
    sectors: medium.length / ATA_SECTOR_SIZE,
    read: (lba, count) => medium.subarray(lba * ATA_SECTOR_SIZE, (lba + count) * ATA_SECTOR_SIZE),
    write: (lba, bytes) => {
      medium.set(bytes, lba * ATA_SECTOR_SIZE);
      written(lba, bytes);
    },
  });
}
