/**
 * Disk and disc images: host files as what drives keep sectors on.
 *
 * Here: reading and writing whole sectors at their places. Not here: the drives (→ `@kintsugi/pc`).
 * What is written is in the file at once; a flush waits until the host's disk has it.
 * @module
 */
import { fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import type { Disc, Disk } from "@kintsugi/pc";

const SECTOR = 512;
const BLOCK = 2048;

/** A disk in a file of whole 512-byte sectors, read and written. @throws what opening throws; RangeError for another size */
export function openDisk(path: string): Disk {
  const file = openSync(path, "r+");
  return {
    sectors: unitsOf(file, SECTOR),
    read: (lba, count) => readAt(file, lba * SECTOR, count * SECTOR),
    write: (lba, bytes) => void writeSync(file, bytes, 0, bytes.length, lba * SECTOR),
    flush: () => fsyncSync(file),
  };
}

/** A disc in a file of whole 2,048-byte blocks. @throws what opening throws; RangeError for another size */
export function openDisc(path: string): Disc {
  const file = openSync(path, "r");
  return { blocks: unitsOf(file, BLOCK), read: (lba, count) => readAt(file, lba * BLOCK, count * BLOCK) };
}

function unitsOf(file: number, unit: number): number {
  const { size } = fstatSync(file);
  if (size === 0 || size % unit !== 0)
    throw new RangeError(`it has ${size} bytes, which are no whole ${unit}-byte sectors`);
  return size / unit;
}

function readAt(file: number, position: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  readSync(file, bytes, 0, count, position);
  return bytes;
}
