/**
 * The file system with the names and errors of Node's fs/promises.
 *
 * Here: `LfsFileSystem`. Not here: how to get one (`mount.ts`), open files (`file-handle.ts`).
 * Everything is refused as Node refuses it: an error is thrown with `code`, `syscall` and `path`.
 * @module
 */
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../format/constants.ts";
import { decodePins, type Pin } from "../format/pins.ts";
import type { FileProgram } from "../image/program.ts";
import { decodeRecords } from "../vfs/attributes.ts";
import { asLfsError, type Driver, LfsError } from "./driver.ts";
import { FileHandle, type OpenMode, type Stats, toStats } from "./file-handle.ts";
import { attributesOf, readTarget, resolve, resolvePlace } from "./paths.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

const OPEN_MODES: Readonly<Record<string, OpenMode & { creates?: boolean; truncates?: boolean; exclusive?: boolean }>> =
  {
    r: { reads: true, writes: false, appends: false },
    "r+": { reads: true, writes: true, appends: false },
    w: { reads: false, writes: true, appends: false, creates: true, truncates: true },
    wx: { reads: false, writes: true, appends: false, creates: true, exclusive: true },
    "w+": { reads: true, writes: true, appends: false, creates: true, truncates: true },
    "wx+": { reads: true, writes: true, appends: false, creates: true, exclusive: true },
    a: { reads: false, writes: true, appends: true, creates: true },
    ax: { reads: false, writes: true, appends: true, creates: true, exclusive: true },
    "a+": { reads: true, writes: true, appends: true, creates: true },
    "ax+": { reads: true, writes: true, appends: true, creates: true, exclusive: true },
  };

/** A name in a directory and what it is. */
export interface DirectoryEntry {
  readonly name: string;
  readonly ino: number;
  /** A regular file. */
  isFile(): boolean;
  /** A directory. */
  isDirectory(): boolean;
  /** A symbolic link, where links are not followed. */
  isSymbolicLink(): boolean;
}

/** A mounted file system under the names of Node's `fs/promises`; failures are thrown as Node throws them. */
export class LfsFileSystem {
  readonly #driver: Driver;
  readonly #fsize: number;

  /** Use `mountFileSystem`. `fsize` in bytes. */
  constructor(driver: Driver, fsize: number) {
    this.#driver = driver;
    this.#fsize = fsize;
  }

  /** Opens a file; flags and errors are Node's. */
  async open(path: string, flags: string = "r", mode: number = 0o666): Promise<FileHandle> {
    const how = OPEN_MODES[flags];
    if (how === undefined) throw new LfsError("EINVAL", "open", path);
    const ino =
      how.creates === true
        ? await this.#openOrCreate(path, mode, how.exclusive === true)
        : await resolve(this.#driver, path, "open");
    const type = (await attributesOf(this.#driver, ino, "open", path)).mode & S_IFMT;
    if (type === S_IFDIR && how.writes) throw new LfsError("EISDIR", "open", path);
    await this.#driver.run({ name: "open", args: [ino] }, "open", path);
    if (how.truncates === true) await this.#driver.run({ name: "truncate", args: [ino, 0] }, "open", path);
    return new FileHandle(this.#driver, ino, how, this.#fsize);
  }

  async #openOrCreate(path: string, mode: number, exclusive: boolean): Promise<number> {
    try {
      const ino = await resolve(this.#driver, path, "open");
      if (exclusive) throw new LfsError("EEXIST", "open", path);
      return ino;
    } catch (reason) {
      if (asLfsError(reason).code !== "ENOENT") throw reason;
      return this.#make(path, S_IFREG | (mode & 0o7777), "open");
    }
  }

  async #make(path: string, mode: number, syscall: string, target?: string): Promise<number> {
    const { directory, name } = await resolvePlace(this.#driver, path, syscall);
    const names = target === undefined ? [name] : [name, encodeUtf8(target)];
    return (await this.#driver.run({ name: "create", args: [directory, mode, 0, 0], names }, syscall, path)).results[0];
  }

  async #with<T>(path: string, flags: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
    const file = await this.open(path, flags);
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }

  /** The whole file as text. */
  readFile(path: string, encoding: "utf8"): Promise<string>;
  /** The whole file, as bytes or as UTF-8. */
  readFile(path: string): Promise<Uint8Array>;
  readFile(path: string, encoding?: "utf8"): Promise<Uint8Array | string> {
    return this.#with<Uint8Array | string>(path, "r", (file) =>
      encoding === undefined ? file.readFile() : file.readFile(encoding),
    );
  }

  /** Replaces the contents; makes the file when it is not there. */
  writeFile(path: string, data: Uint8Array | string): Promise<void> {
    return this.#with(path, "w", (file) => file.writeFile(data));
  }

  /** Writes behind the end. */
  appendFile(path: string, data: Uint8Array | string): Promise<void> {
    return this.#with(path, "a", (file) => file.writeFile(data));
  }

  /** Cuts or extends to `length` bytes. */
  truncate(path: string, length: number = 0): Promise<void> {
    return this.#with(path, "r+", (file) => file.truncate(length));
  }

  /** Attributes of what a path leads to. */
  async stat(path: string): Promise<Stats> {
    const ino = await resolve(this.#driver, path, "stat");
    return toStats(await attributesOf(this.#driver, ino, "stat", path), this.#fsize);
  }

  /** Attributes, of the link itself when it is one. */
  async lstat(path: string): Promise<Stats> {
    const ino = await resolve(this.#driver, path, "lstat", false);
    return toStats(await attributesOf(this.#driver, ino, "lstat", path), this.#fsize);
  }

  /** Rejects with ENOENT when nothing is there; rights are not checked. */
  async access(path: string): Promise<void> {
    await resolve(this.#driver, path, "access");
  }

  /** Names with their types, without `.` and `..`. */
  readdir(path: string, options: { readonly withFileTypes: true }): Promise<DirectoryEntry[]>;
  /** Names, without `.` and `..`. */
  readdir(path: string): Promise<string[]>;
  async readdir(path: string, options?: { readonly withFileTypes: true }): Promise<string[] | DirectoryEntry[]> {
    const ino = await resolve(this.#driver, path, "scandir");
    const entries: DirectoryEntry[] = [];
    for (let cookie = 0; ; ) {
      const { data } = await this.#driver.run({ name: "readdir", args: [ino, cookie] }, "scandir", path);
      const records = decodeRecords(data);
      if (records.length === 0) break;
      cookie = records[records.length - 1].cookie;
      for (const record of records) {
        const name = decodeUtf8(record.name);
        const is = (type: number) => (): boolean => record.type === type >> 12;
        if (name !== "." && name !== "..")
          entries.push({
            name,
            ino: record.ino,
            isFile: is(S_IFREG),
            isDirectory: is(S_IFDIR),
            isSymbolicLink: is(S_IFLNK),
          });
      }
    }
    return options === undefined ? entries.map((entry) => entry.name) : entries;
  }

  /** With `recursive` the directories above are made too, and one that is there is no error. */
  async mkdir(path: string, options: { readonly recursive?: boolean; readonly mode?: number } = {}): Promise<void> {
    const mode = S_IFDIR | ((options.mode ?? 0o777) & 0o7777);
    if (options.recursive !== true) {
      await this.#make(path, mode, "mkdir");
      return;
    }
    const parts = path.split("/").filter((part) => part !== "");
    for (let n = 1; n <= parts.length; n++) {
      const here = parts.slice(0, n).join("/");
      await this.#make(here, mode, "mkdir").catch(async (reason) => {
        if (asLfsError(reason).code !== "EEXIST" || !(await this.stat(here)).isDirectory()) throw reason;
      });
    }
  }

  async #remove(name: "unlink" | "rmdir", path: string): Promise<void> {
    const place = await resolvePlace(this.#driver, path, name);
    await this.#driver.run({ name, args: [place.directory], names: [place.name] }, name, path);
  }

  /** Removes a name of a file. */
  unlink(path: string): Promise<void> {
    return this.#remove("unlink", path);
  }

  /** Removes an empty directory. */
  rmdir(path: string): Promise<void> {
    return this.#remove("rmdir", path);
  }

  /** With `recursive` a directory goes with all below it; with `force` nothing need be there. */
  async rm(path: string, options: { readonly recursive?: boolean; readonly force?: boolean } = {}): Promise<void> {
    try {
      if (!(await this.lstat(path)).isDirectory()) return await this.unlink(path);
    } catch (reason) {
      if (options.force === true && asLfsError(reason).code === "ENOENT") return;
      throw reason;
    }
    if (options.recursive !== true) throw new LfsError("EISDIR", "rm", path);
    for (const name of await this.readdir(path)) await this.rm(`${path}/${name}`, options);
    await this.rmdir(path);
  }

  /** Gives another name, in one step; what had that name is gone. */
  async rename(from: string, to: string): Promise<void> {
    const a = await resolvePlace(this.#driver, from, "rename");
    const b = await resolvePlace(this.#driver, to, "rename");
    const args = [a.directory, b.directory];
    await this.#driver.run({ name: "rename", args, names: [a.name, b.name] }, "rename", from);
  }

  /** Gives a second name to a file. */
  async link(existing: string, path: string): Promise<void> {
    const ino = await resolve(this.#driver, existing, "link", false);
    const place = await resolvePlace(this.#driver, path, "link");
    await this.#driver.run({ name: "link", args: [ino, place.directory], names: [place.name] }, "link", path);
  }

  /** Makes a symbolic link with this text. */
  async symlink(target: string, path: string): Promise<void> {
    await this.#make(path, S_IFLNK | 0o777, "symlink", target);
  }

  /** The text of a symbolic link. */
  async readlink(path: string): Promise<string> {
    return readTarget(this.#driver, await resolve(this.#driver, path, "readlink", false), "readlink", path);
  }

  /** Sets the permission bits. */
  chmod(path: string, mode: number): Promise<void> {
    return this.#with(path, "r", (file) => file.chmod(mode));
  }

  /** Sets owner and group. */
  chown(path: string, uid: number, gid: number): Promise<void> {
    return this.#with(path, "r", (file) => file.chown(uid, gid));
  }

  /** Seconds since 1970. */
  utimes(path: string, atime: number, mtime: number): Promise<void> {
    return this.#with(path, "r", (file) => file.utimes(atime, mtime));
  }

  /** Sizes in bytes; `blocks`, `bfree` in fragments of `frsize`. */
  async statfs(): Promise<{ bsize: number; frsize: number; blocks: number; bfree: number; files: number }> {
    const [bsize, frsize, blocks, bfree, files] = (await this.#driver.run({ name: "statfs" })).results;
    return { bsize, frsize, blocks, bfree: Math.max(0, bfree), files };
  }

  /** A checkpoint in both superblocks: everything so far survives, and the next mount reads no log. */
  async sync(): Promise<void> {
    await this.#driver.run({ name: "sync" });
  }

  /** Cleans up to `segments` segments; says how many. */
  async clean(segments: number): Promise<number> {
    return (await this.#driver.run({ name: "clean", args: [segments] })).results[0];
  }

  /** Runs a program of operations (`image/`), one behind the other; other calls may come between. */
  async run<T>(program: FileProgram<T>): Promise<T> {
    for (let next = program.next(); ; ) {
      if (next.done === true) return next.value;
      next = program.next(await this.#driver.answer(next.value));
    }
  }

  /**
   * Keeps a checkpoint, one that is made now unless an older one is given: what it holds can be mounted
   * read-only, whatever is written and cleaned, until it is unpinned. A foreign system that writes to the
   * disk ends all pins. Rejects with ESTALE when a segment of an older one is gone, ENOSPC when there are too many.
   */
  async pinCheckpoint(older?: Pin): Promise<Pin> {
    const args = older === undefined ? [] : [older.serial, older.idaddr, older.time];
    const [serial, idaddr, time] = (await this.#driver.run({ name: "pin", args })).results;
    return { serial, idaddr, time };
  }

  /** Gives up what only this checkpoint kept. Rejects with ENOENT when none is pinned with this serial. */
  async unpinCheckpoint(serial: number): Promise<void> {
    await this.#driver.run({ name: "unpin", args: [serial] });
  }

  /** Pinned checkpoints, as they were pinned. */
  async pinnedCheckpoints(): Promise<readonly Pin[]> {
    const { data } = await this.#driver.run({ name: "pins" });
    return decodePins(data);
  }

  /** The last call. Files that are still open and have no name are gone. */
  async unmount(): Promise<void> {
    await this.#driver.run({ name: "unmount" });
  }
}
