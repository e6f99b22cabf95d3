/**
 * An open file, with the methods of Node's FileHandle.
 *
 * Here: `FileHandle`, `Stats`. Not here: opening (`file-system.ts`). An open file stays readable when its
 * last name is gone. Times are numbers: this package makes no Date.
 * @module
 */
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../format/constants.ts";
import type { Attributes } from "../vfs/attributes.ts";
import { SET_ATIME, SET_GID, SET_MODE, SET_MTIME, SET_UID } from "../vfs/file.ts";
import { type Driver, LfsError } from "./driver.ts";
import { attributesOf } from "./paths.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** Most bytes of one operation (`TRANSFER_SIZE`). */
const CHUNK = 65536;

/** What `stat` answers: Node's names, without those that are Dates. */
export interface Stats {
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  /** Units of 512 bytes. */
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** A regular file. */
  isFile(): boolean;
  /** A directory. */
  isDirectory(): boolean;
  /** A symbolic link, where links are not followed. */
  isSymbolicLink(): boolean;
}

export function toStats(attributes: Attributes, fsize: number): Stats {
  const { ino, mode, nlink, uid, gid, rdev, size } = attributes;
  const is = (type: number) => (): boolean => (mode & S_IFMT) === type;
  return {
    ino,
    mode,
    nlink,
    uid,
    gid,
    rdev,
    size,
    blocks: (attributes.blocks * fsize) / 512,
    atimeMs: attributes.atime * 1000,
    mtimeMs: attributes.mtime * 1000,
    ctimeMs: attributes.ctime * 1000,
    isFile: is(S_IFREG),
    isDirectory: is(S_IFDIR),
    isSymbolicLink: is(S_IFLNK),
  };
}

/** How a file was opened. */
export interface OpenMode {
  readonly reads: boolean;
  readonly writes: boolean;
  readonly appends: boolean;
}

/** An open file; made by `LfsFileSystem.open`. */
export class FileHandle {
  /** Inode number, in the place of a descriptor. */
  readonly ino: number;
  readonly #driver: Driver;
  readonly #mode: OpenMode;
  readonly #fsize: number;
  #position = 0;
  #isOpen = true;

  constructor(driver: Driver, ino: number, mode: OpenMode, fsize: number) {
    this.#driver = driver;
    this.ino = ino;
    this.#mode = mode;
    this.#fsize = fsize;
  }

  #check(syscall: string, allowed: boolean = true): void {
    if (!this.#isOpen || !allowed) throw new LfsError("EBADF", syscall);
  }

  async #size(syscall: string): Promise<number> {
    return (await attributesOf(this.#driver, this.ino, syscall)).size;
  }

  /** Reads into `buffer[offset, offset + length)`; a null position is the handle's own, which moves on. */
  async read(
    buffer: Uint8Array,
    offset: number = 0,
    length: number = buffer.length - offset,
    position: number | null = null,
  ): Promise<{ bytesRead: number; buffer: Uint8Array }> {
    this.#check("read", this.#mode.reads);
    const from = position ?? this.#position;
    let done = 0;
    while (done < length) {
      const wanted = Math.min(CHUNK, length - done);
      const { data } = await this.#driver.run({ name: "read", args: [this.ino, from + done, wanted] });
      buffer.set(data, offset + done);
      done += data.length;
      if (data.length < wanted) break;
    }
    if (position === null) this.#position = from + done;
    return { bytesRead: done, buffer };
  }

  /** Writes bytes or text; a null position is the handle's own, or the end for a file opened to append. */
  async write(
    data: Uint8Array | string,
    offset: number = 0,
    length?: number,
    position: number | null = null,
  ): Promise<{ bytesWritten: number; buffer: Uint8Array | string }> {
    this.#check("write", this.#mode.writes);
    const all = typeof data === "string" ? encodeUtf8(data) : data;
    const bytes = all.subarray(offset, offset + (length ?? all.length - offset));
    const from = this.#mode.appends ? -1 : (position ?? this.#position);
    for (let done = 0; done < bytes.length; done += CHUNK) {
      const args = [this.ino, from === -1 ? -1 : from + done];
      const { results } = await this.#driver.run({ name: "write", args, data: bytes.subarray(done, done + CHUNK) });
      if (position === null) this.#position = results[0] + Math.min(CHUNK, bytes.length - done);
    }
    return { bytesWritten: bytes.length, buffer: data };
  }

  /** From the start to the end, as text. */
  async readFile(encoding: "utf8"): Promise<string>;
  /** From the start to the end, as bytes. */
  async readFile(encoding?: undefined): Promise<Uint8Array>;
  async readFile(encoding?: "utf8"): Promise<Uint8Array | string> {
    const buffer = new Uint8Array(await this.#size("read"));
    const { bytesRead } = await this.read(buffer, 0, buffer.length, 0);
    const bytes = buffer.subarray(0, bytesRead);
    return encoding === undefined ? bytes : decodeUtf8(bytes);
  }

  /** Replaces the contents. */
  async writeFile(data: Uint8Array | string): Promise<void> {
    await this.write(data);
  }

  /** Attributes of the file. */
  async stat(): Promise<Stats> {
    this.#check("fstat");
    return toStats(await attributesOf(this.#driver, this.ino, "fstat"), this.#fsize);
  }

  /** Cuts or extends to `length` bytes. */
  async truncate(length: number = 0): Promise<void> {
    this.#check("ftruncate", this.#mode.writes);
    await this.#driver.run({ name: "truncate", args: [this.ino, length] }, "ftruncate");
  }

  /** Sets the permission bits. */
  async chmod(mode: number): Promise<void> {
    this.#check("fchmod");
    await this.#driver.run({ name: "setattr", args: [this.ino, SET_MODE, mode] }, "fchmod");
  }

  /** Sets owner and group. */
  async chown(uid: number, gid: number): Promise<void> {
    this.#check("fchown");
    await this.#driver.run({ name: "setattr", args: [this.ino, SET_UID | SET_GID, 0, uid, gid] }, "fchown");
  }

  /** Seconds since 1970. */
  async utimes(atime: number, mtime: number): Promise<void> {
    this.#check("futimes");
    const args = [this.ino, SET_ATIME | SET_MTIME, 0, 0, 0, atime, mtime];
    await this.#driver.run({ name: "setattr", args }, "futimes");
  }

  /** Behind this the file survives a crash, and with it every operation on names before. */
  async sync(): Promise<void> {
    this.#check("fsync");
    await this.#driver.run({ name: "fsync", args: [this.ino] });
  }

  /** The same as `sync`. */
  datasync(): Promise<void> {
    return this.sync();
  }

  /** The last call; a file without a name is gone then. */
  async close(): Promise<void> {
    this.#check("close");
    this.#isOpen = false;
    await this.#driver.run({ name: "close", args: [this.ino] });
  }
}
