/**
 * The machine's disk: a host file, read when the machine is switched on and written in the order of the machine's writes.
 *
 * Here: which files can be a disk, their contents as memory that the parent owns, writing sectors back. Not here: the drive and its
 * write cache (→ @kintsugi/pc): what reaches the file has left the cache.
 * @module
 */
import { closeSync, constants, accessSync as mayAccess, openSync, readSync, statSync, writeSync } from "node:fs";
import { ATA_SECTOR_SIZE } from "@kintsugi/pc";
import { err, ok, type Result } from "neverthrow";

/** Its contents are held in memory. */
const LARGEST = 512 << 20;
const MIB = 1 << 20;

/** Why a file cannot be the disk, with the way out. */
export interface DiskFileError {
  readonly message: string;
}

/** A disk's contents, in memory that threads share: as with RAM, killing the machine's thread leaves them as they are. */
export function sharedMedium(bytes: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(bytes));
}

/** Reads the file that is to be the machine's disk. */
export function readDisk(path: string): Result<Uint8Array<SharedArrayBuffer>, DiskFileError> {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return bad("it is no file; name a disk image");
    if (stat.size === 0) return bad("it is empty; 'kintsugi disk image FILE' makes a disk");
    if (stat.size % ATA_SECTOR_SIZE !== 0)
      return bad(
        `it has ${stat.size} bytes, which are no whole ${ATA_SECTOR_SIZE}-byte sectors: it is cut off, or no disk image`,
      );
    if (stat.size > LARGEST)
      return bad(`its ${Math.ceil(stat.size / MIB)} MiB are more than the ${LARGEST / MIB} that a disk can have here`);
    mayAccess(path, constants.R_OK | constants.W_OK);
    const medium = sharedMedium(stat.size);
    const file = openSync(path, "r");
    let at = 0;
    for (let count = 1; at < stat.size && count > 0; at += count)
      count = readSync(file, medium, at, stat.size - at, at);
    closeSync(file);
    return at < stat.size ? bad(`it ends after ${at} of ${stat.size} bytes; read it from a sound disk`) : ok(medium);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return bad(code === "ENOENT" ? "there is no such file; 'kintsugi disk image FILE' makes one" : message);
  }

  function bad(what: string): Result<never, DiskFileError> {
    return err({ message: `--disk ${path}: ${what}` });
  }
}

/** The file, while sectors are written back to it. */
export class DiskFile {
  readonly #path: string;
  #descriptor: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Writes whole sectors from `lba` on. */
  write(lba: number, bytes: Uint8Array): void {
    this.#descriptor ??= openSync(this.#path, "r+");
    let written = 0;
    while (written < bytes.length)
      written += writeSync(this.#descriptor, bytes, written, bytes.length - written, lba * ATA_SECTOR_SIZE + written);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
