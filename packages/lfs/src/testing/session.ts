/**
 * A mounted file system by paths, for tests: every call runs to its end and throws what it is refused.
 *
 * Here: `Session`. Not here: the promises that users get (`promises/`). Paths are plain, links are not
 * followed. The clock is a counter.
 * @module
 */
import type { ErrorCode } from "../cache/device.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, ULFS_ROOTINO } from "../format/constants.ts";
import { type NewfsOptions, newSuperblock } from "../format/new-superblock.ts";
import { writeSuperblock } from "../format/superblock.ts";
import type { FileProgram } from "../image/program.ts";
import { type Attributes, decodeAttributes, decodeRecords } from "../vfs/attributes.ts";
import { Lfs, type LfsAnswer, type LfsRequest } from "../vfs/lfs.ts";
import { runOperation, type SynchronousDisk } from "./memory-disk.ts";

/** The error of a refused call. */
export class Refused extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, what: string) {
    super(`${code}: ${what}`);
    this.code = code;
  }
}

const ENCODER = { encode: (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0)) };
const decode = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Makes a file system. */
export function newfs(disk: SynchronousDisk, arena: Uint8Array, options: Omit<NewfsOptions, "size">): void {
  const sb = newSuperblock({ size: disk.size, ...options });
  if (typeof sb === "string") throw new Error(sb);
  const data = new Uint8Array(1024);
  writeSuperblock(data, 0, sb);
  const answer = runOperation(new Lfs(arena), disk, { name: "newfs", data, time: [options.time, 0] });
  if (answer.error !== undefined) throw new Refused(answer.error, "newfs");
}

/** One file of a tree, as {@link Session.tree} lists it. */
export interface TreeEntry {
  readonly path: string;
  readonly attributes: Attributes;
}

export class Session {
  readonly arena: Uint8Array;
  readonly disk: SynchronousDisk;
  lfs: Lfs;
  /** Seconds; every call advances it. */
  now = 1000;
  /** Runs one operation; tests replace it to interrupt. */
  run: (request: LfsRequest) => LfsAnswer = (request) => runOperation(this.lfs, this.disk, request);

  constructor(disk: SynchronousDisk, arena: Uint8Array) {
    this.disk = disk;
    this.arena = arena;
    this.lfs = new Lfs(arena);
  }

  /** Runs an operation; throws {@link Refused}. */
  call(request: LfsRequest): LfsAnswer {
    const answer = this.run({ time: [this.now++, 0], ...request });
    if (answer.error !== undefined) throw new Refused(answer.error, request.name);
    return answer;
  }

  /** Runs a program of operations. */
  program<T>(program: FileProgram<T>): T {
    for (let next = program.next(); ; ) {
      if (next.done === true) return next.value;
      next = program.next(this.run({ time: [this.now++, 0], ...next.value }));
    }
  }

  mount(flags: number = 0): this {
    this.call({ name: "mount", args: [flags] });
    return this;
  }

  unmount(): void {
    this.call({ name: "unmount" });
  }

  /** The inode of a path. */
  ino(path: string): number {
    let ino = ULFS_ROOTINO;
    for (const part of path.split("/").filter((p) => p !== ""))
      ino = this.call({ name: "lookup", args: [ino], names: [ENCODER.encode(part)] }).results[0];
    return ino;
  }

  #split(path: string): readonly [number, Uint8Array] {
    const cut = path.lastIndexOf("/");
    return [this.ino(path.slice(0, Math.max(0, cut))), ENCODER.encode(path.slice(cut + 1))];
  }

  #create(path: string, mode: number, target?: string): number {
    const [dir, name] = this.#split(path);
    const names = target === undefined ? [name] : [name, ENCODER.encode(target)];
    return this.call({ name: "create", args: [dir, mode, 0, 0], names }).results[0];
  }

  create(path: string): number {
    return this.#create(path, S_IFREG | 0o644);
  }

  mkdir(path: string): number {
    return this.#create(path, S_IFDIR | 0o755);
  }

  symlink(target: string, path: string): number {
    return this.#create(path, S_IFLNK | 0o755, target);
  }

  link(from: string, to: string): void {
    const ino = this.ino(from);
    const [dir, name] = this.#split(to);
    this.call({ name: "link", args: [ino, dir], names: [name] });
  }

  unlink(path: string): void {
    const [dir, name] = this.#split(path);
    this.call({ name: "unlink", args: [dir], names: [name] });
  }

  rmdir(path: string): void {
    const [dir, name] = this.#split(path);
    this.call({ name: "rmdir", args: [dir], names: [name] });
  }

  rename(from: string, to: string): void {
    const [a, oldName] = this.#split(from);
    const [b, newName] = this.#split(to);
    this.call({ name: "rename", args: [a, b], names: [oldName, newName] });
  }

  stat(path: string): Attributes {
    return decodeAttributes(this.call({ name: "getattr", args: [this.ino(path)] }).data);
  }

  /** Writes bytes at an offset of a file, which is made when it is not there. */
  write(path: string, offset: number, bytes: Uint8Array): void {
    let ino: number;
    try {
      ino = this.ino(path);
    } catch (reason) {
      if (!(reason instanceof Refused) || reason.code !== "ENOENT") throw reason;
      ino = this.create(path);
    }
    this.writeInode(ino, offset, bytes);
  }

  writeInode(ino: number, offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 65536)
      this.call({ name: "write", args: [ino, offset + at], data: bytes.subarray(at, at + 65536) });
  }

  read(path: string): Uint8Array {
    const { size, ino } = this.stat(path);
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 65536) bytes.set(this.call({ name: "read", args: [ino, at, 65536] }).data, at);
    return bytes;
  }

  readlink(path: string): string {
    return decode(this.call({ name: "readlink", args: [this.ino(path)] }).data);
  }

  truncate(path: string, size: number): void {
    this.call({ name: "truncate", args: [this.ino(path), size] });
  }

  fsync(path: string): void {
    this.call({ name: "fsync", args: [this.ino(path)] });
  }

  sync(): void {
    this.call({ name: "sync" });
  }

  /** Names in a directory, "." and ".." left out. */
  readdir(path: string): string[] {
    const ino = this.ino(path);
    const names: string[] = [];
    for (let cookie = 0; ; ) {
      const records = decodeRecords(this.call({ name: "readdir", args: [ino, cookie] }).data);
      if (records.length === 0) return names.filter((name) => name !== "." && name !== "..");
      names.push(...records.map((record) => decode(record.name)));
      cookie = records[records.length - 1].cookie;
    }
  }

  /** The whole tree below a path, directories before what they hold, names sorted. A directory in two places is refused. */
  tree(path: string = "", seen: Set<number> = new Set()): TreeEntry[] {
    const attributes = this.stat(path);
    const here = [{ path: path === "" ? "." : path, attributes }];
    if ((attributes.mode & S_IFMT) !== S_IFDIR) return here;
    if (seen.has(attributes.ino)) throw new Refused("ELOOP", path);
    seen.add(attributes.ino);
    const names = this.readdir(path).sort();
    return here.concat(names.flatMap((name) => this.tree(path === "" ? name : `${path}/${name}`, seen)));
  }
}
