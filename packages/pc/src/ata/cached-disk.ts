/**
 * CachedDisk: a disk whose writes stay in a volatile cache until they are flushed.
 *
 * Here: the cache, and what a power cut makes of it. Not here: commands (`hard-disk.ts`), the medium, which belongs to
 * whoever gave it, as the cache does: neither is part of a chip's state.
 * A cut leaves each sector with the contents it had on the medium or with any that were written since: sectors are lost
 * and reordered one by one, a write of several is torn between them, and no sector is torn within its 512 bytes.
 * @module
 */
import type { Disk } from "./disk.ts";
import { ATA_SECTOR_SIZE } from "./registers.ts";

/** Where sectors lie when the power is off. */
export interface Medium {
  readonly sectors: number;
  /** `count` sectors from `lba` on. */
  read(lba: number, count: number): Uint8Array;
  /** Puts whole sectors where they belong, at once. */
  write(lba: number, bytes: Uint8Array): void;
}

/** Chooses one of `choices` (at least 1) possibilities: 0 … choices - 1. */
export type Choose = (choices: number) => number;

/** Sectors that a cache holds if nothing else is said: 2 MiB. */
export const CACHED_DISK_CAPACITY = 4096;

export class CachedDisk implements Disk {
  readonly #medium: Medium;
  readonly #capacity: number;
  /** Sector → what was written to it since the last flush, oldest first. Sectors in the order of their first write. */
  readonly #written = new Map<number, Uint8Array[]>();
  #held = 0;

  /** `capacity` is in sectors, older contents of one sector counted too: the sector that has waited longest makes room. */
  constructor(medium: Medium, capacity: number = CACHED_DISK_CAPACITY) {
    this.#medium = medium;
    this.#capacity = capacity;
  }

  /** Sectors of the disk behind it. */
  get sectors(): number {
    return this.#medium.sectors;
  }

  /** Sectors whose newest contents are in the cache only. */
  get unflushed(): readonly number[] {
    return [...this.#written.keys()];
  }

  read(lba: number, count: number): Uint8Array {
    const bytes = Uint8Array.from(this.#medium.read(lba, count));
    for (let i = 0; i < count; i++) {
      const newest = this.#written.get(lba + i)?.at(-1);
      if (newest !== undefined) bytes.set(newest, i * ATA_SECTOR_SIZE);
    }
    return bytes;
  }

  write(lba: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += ATA_SECTOR_SIZE) {
      const sector = lba + at / ATA_SECTOR_SIZE;
      const versions = this.#written.get(sector) ?? [];
      versions.push(bytes.slice(at, at + ATA_SECTOR_SIZE));
      this.#written.set(sector, versions);
      this.#held++;
    }
    while (this.#held > this.#capacity) this.#settle(this.#written.keys().next().value as number);
  }

  flush(): void {
    for (const sector of this.unflushed) this.#settle(sector);
  }

  /** The power goes: `choose` decides for each unflushed sector which contents it is left with, 0 the oldest. */
  cut(choose: Choose): void {
    for (const [sector, versions] of this.#written) {
      const kept = choose(versions.length + 1);
      if (kept > 0) this.#medium.write(sector, versions[kept - 1] as Uint8Array);
    }
    this.#written.clear();
    this.#held = 0;
  }

  /** The newest contents of a sector go to the medium. */
  #settle(sector: number): void {
    const versions = this.#written.get(sector) ?? [];
    const newest = versions.at(-1);
    if (newest !== undefined) this.#medium.write(sector, newest);
    this.#written.delete(sector);
    this.#held -= versions.length;
  }
}
