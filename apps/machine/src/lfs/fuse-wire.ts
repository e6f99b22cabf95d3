/**
 * FUSE's messages: what the kernel writes on /dev/fuse and what it wants back, as bytes and plain values.
 *
 *   request   | len u32 | opcode u32 | unique u64 | nodeid u64 | uid u32 | gid u32 | pid u32 | extensions u16, 0 u16 | arguments |
 *   reply     | len u32 | -errno i32 | unique u64 | results |
 *
 * Here: opcodes, flags, reading arguments, building replies. Not here: what is done (→ fuse-server.ts), the device
 * (→ fuse-mount.ts). Source: Linux `include/uapi/linux/fuse.h`, protocol 7.31; x86-64 and arm64 are little-endian.
 * @module
 */
import type { Attributes } from "@kintsugi/lfs";

export const FUSE_MAJOR = 7;
export const FUSE_MINOR = 31;
export const IN_HEADER_SIZE = 40;
export const OUT_HEADER_SIZE = 16;

/** Requests that are answered otherwise than with ENOSYS. */
export const OPCODES = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  READLINK: 5,
  SYMLINK: 6,
  MKNOD: 8,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  RENAME: 12,
  LINK: 13,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  FSYNC: 20,
  INIT: 26,
  READDIR: 28,
  RELEASEDIR: 29,
  FSYNCDIR: 30,
  CREATE: 35,
  DESTROY: 38,
  BATCH_FORGET: 42,
  FALLOCATE: 43,
  READDIRPLUS: 44,
  RENAME2: 45,
  SYNCFS: 50,
} as const;

/** What the server can do, of what the kernel offers in INIT. */
export const INIT_FLAGS: number =
  (1 << 0) | // ASYNC_READ
  (1 << 5) | // BIG_WRITES
  (1 << 13) | // DO_READDIRPLUS
  (1 << 14) | // READDIRPLUS_AUTO
  (1 << 17) | // NO_OPEN_SUPPORT: files need not be opened, the kernel's references say who uses them
  (1 << 18) | // PARALLEL_DIROPS
  (1 << 21) | // ABORT_ERROR
  (1 << 22) | // MAX_PAGES
  (1 << 23) | // CACHE_SYMLINKS
  (1 << 24); // NO_OPENDIR_SUPPORT

export const FATTR_MODE: number = 1 << 0;
export const FATTR_UID: number = 1 << 1;
export const FATTR_GID: number = 1 << 2;
export const FATTR_SIZE: number = 1 << 3;
export const FATTR_ATIME: number = 1 << 4;
export const FATTR_MTIME: number = 1 << 5;
export const FATTR_ATIME_NOW: number = 1 << 7;
export const FATTR_MTIME_NOW: number = 1 << 8;
export const RENAME_NOREPLACE = 1;

/** Bytes of arguments, read from the front; each method throws {@link ShortMessage} behind the end. */
export class MessageReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new ShortMessage();
    this.#at += length;
    return at;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** As a number: what lies above 2^53 is inexact, and refused where it matters. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  i64(): number {
    return Number(this.#view.getBigInt64(this.#take(8), true));
  }

  skip(length: number): void {
    this.#take(length);
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Bytes up to a NUL. */
  name(): Uint8Array {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end === -1) throw new ShortMessage();
    const name = this.#bytes.subarray(this.#at, end);
    this.#at = end + 1;
    return name;
  }
}

/** A request ends before its arguments do. */
export class ShortMessage extends Error {
  override readonly name: string = "ShortMessage";
}

/** What stands before the arguments of a request. */
export interface RequestHeader {
  readonly opcode: number;
  readonly unique: bigint;
  readonly nodeid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Undefined for what cannot even be answered. */
export function readHeader(message: Uint8Array): RequestHeader | undefined {
  if (message.length < IN_HEADER_SIZE) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (view.getUint32(0, true) !== message.length) return undefined;
  return {
    opcode: view.getUint32(4, true),
    unique: view.getBigUint64(8, true),
    nodeid: Number(view.getBigUint64(16, true)),
    uid: view.getUint32(24, true),
    gid: view.getUint32(28, true),
  };
}

/** A reply with room for `length` bytes of results. */
export function newReply(unique: bigint, errno: number, length: number = 0): { reply: Uint8Array; view: DataView } {
  const reply = new Uint8Array(OUT_HEADER_SIZE + length);
  const view = new DataView(reply.buffer);
  view.setUint32(0, reply.length, true);
  view.setInt32(4, -errno, true);
  view.setBigUint64(8, unique, true);
  return { reply, view };
}

export const ATTR_SIZE = 88;
export const ENTRY_SIZE: number = 40 + ATTR_SIZE;

/** How an inode number is called towards the kernel: its root is 1, which here is the ifile. */
export function nodeOf(ino: number): number {
  return ino === 2 ? 1 : ino === 1 ? 2 : ino;
}

/** The reverse of {@link nodeOf}. */
export const inodeOf: (node: number) => number = nodeOf;

/** `struct fuse_attr`. `unit` are the bytes that `attributes.blocks` counts. */
export function putAttributes(view: DataView, at: number, attributes: Attributes, unit: number, bsize: number): void {
  const { ino, size, blocks, mode, nlink, uid, gid, rdev } = attributes;
  view.setBigUint64(at, BigInt(ino), true);
  view.setBigUint64(at + 8, BigInt(size), true);
  view.setBigUint64(at + 16, BigInt(Math.ceil((blocks * unit) / 512)), true);
  const times = [attributes.atime, attributes.mtime, attributes.ctime];
  const nanoseconds = [attributes.atimensec, attributes.mtimensec, attributes.ctimensec];
  times.forEach((time, n) => {
    view.setBigInt64(at + 24 + 8 * n, BigInt(Math.floor(time)), true);
    view.setUint32(at + 48 + 4 * n, nanoseconds[n], true);
  });
  [mode, nlink, uid, gid, rdev, bsize].forEach((value, n) => {
    view.setUint32(at + 60 + 4 * n, value, true);
  });
}

/** Seconds for which the kernel may believe what it has heard: it is the only one that changes anything. */
const VALID_SECONDS = 3600n;

/** `struct fuse_entry_out`; without attributes, for a name that is not there. */
export function putEntry(
  view: DataView,
  at: number,
  attributes: Attributes | undefined,
  unit: number,
  bsize: number,
): void {
  view.setBigUint64(at + 16, VALID_SECONDS, true);
  view.setBigUint64(at + 24, VALID_SECONDS, true);
  if (attributes === undefined) return;
  view.setBigUint64(at, BigInt(nodeOf(attributes.ino)), true);
  view.setBigUint64(at + 8, BigInt(attributes.generation), true);
  putAttributes(view, at + 40, attributes, unit, bsize);
}

/** `struct fuse_attr_out`. */
export function attributeReply(unique: bigint, attributes: Attributes, unit: number, bsize: number): Uint8Array {
  const { reply, view } = newReply(unique, 0, 16 + ATTR_SIZE);
  view.setBigUint64(OUT_HEADER_SIZE, VALID_SECONDS, true);
  putAttributes(view, OUT_HEADER_SIZE + 16, attributes, unit, bsize);
  return reply;
}
