/**
 * Answers the kernel's FUSE requests out of a mounted file system.
 *
 * Here: `FuseServer.handle`, from the bytes of one request to the bytes of its reply. Not here: messages
 * (→ fuse-wire.ts), `/dev/fuse` and mounting (→ fuse-mount.ts), the file system (→ @kintsugi/lfs).
 * The kernel checks permissions (`default_permissions`), caches pages and names, and says with FORGET when it has
 * dropped an inode; until then an inode whose last name goes is held open. A malformed request is answered EINVAL.
 * One long file: a method per request, all on the same references, and read beside the kernel's header.
 * @module
 */
import { constants } from "node:os";
import {
  type Attributes,
  decodeAttributes,
  decodeRecords,
  type ErrorCode,
  type LfsAnswer,
  type LfsRequest,
  SET_ATIME,
  SET_GID,
  SET_MODE,
  SET_MTIME,
  SET_NANOSECONDS,
  SET_UID,
} from "@kintsugi/lfs";
import {
  attributeReply,
  ENTRY_SIZE,
  FATTR_ATIME,
  FATTR_ATIME_NOW,
  FATTR_GID,
  FATTR_MODE,
  FATTR_MTIME,
  FATTR_MTIME_NOW,
  FATTR_SIZE,
  FATTR_UID,
  FUSE_MAJOR,
  FUSE_MINOR,
  IN_HEADER_SIZE,
  INIT_FLAGS,
  inodeOf,
  MessageReader,
  newReply,
  OPCODES,
  OUT_HEADER_SIZE,
  putEntry,
  RENAME_NOREPLACE,
  type RequestHeader,
  readHeader,
  ShortMessage,
} from "./fuse-wire.ts";

/** The file system as the server uses it: one operation after the other, each to its end. */
export interface FuseVolume {
  /** Runs an operation. `data` of the answer is good until the next one. */
  run(request: LfsRequest): LfsAnswer;
  /** Bytes that `blocks` of an inode counts. */
  readonly unit: number;
}

/** Most bytes of one READ or WRITE, and of one operation of the file system. */
export const MAX_WRITE: number = 1 << 20;
const TRANSFER = 65536;
const MAX_NAME = 255;
const PAGE = 4096;
const PERMISSIONS = 0o7777;
const S_ISGID = 0o2000;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
/** `mode >> 12` of what MKNOD makes: no type, FIFO, character and block device, file, socket. */
const NODE_TYPES: ReadonlySet<number> = new Set([0, 1, 2, 6, 8, 12]);
const IFILE = 1;
const LAST_SECOND = 0x7fffffff;
const FREE_FILES_PER_BLOCK = 4;

const errnoOf = (code: string): number => constants.errno[code as keyof typeof constants.errno] ?? constants.errno.EIO;

/** Ends a request with an errno. */
class Refused extends Error {
  readonly errno: number;
  constructor(code: ErrorCode) {
    super(code);
    this.errno = errnoOf(code);
  }
}

type Handler = (header: RequestHeader, args: MessageReader, ino: number) => Uint8Array | undefined;

/** Serves one mount. */
export class FuseServer {
  readonly #volume: FuseVolume;
  /** Inode → how many references the kernel has. */
  readonly #references = new Map<number, number>();
  /** Inodes without a name that are held open for the kernel. */
  readonly #held = new Set<number>();
  readonly #handlers: ReadonlyMap<number, Handler>;
  #bsize = 4096;
  /** Whether INIT has been answered. */
  started = false;
  /** Whether anything was asked that may have changed the disk since this was last set to false. */
  changed = false;

  constructor(volume: FuseVolume) {
    this.#volume = volume;
    const handlers: Readonly<Record<keyof typeof OPCODES, Handler>> = {
      LOOKUP: (h, a, ino) => this.#lookup(h, a.name(), ino),
      FORGET: (_h, a, ino) => this.#forget(ino, a.u64()),
      GETATTR: (h, _a, ino) => this.#attributes(h, ino),
      SETATTR: (h, a, ino) => this.#setattr(h, a, ino),
      READLINK: (h, _a, ino) => this.#data(h, this.#run({ name: "readlink", args: [ino] }).data),
      SYMLINK: (h, a, ino) => this.#create(h, ino, a.name(), S_IFLNK | 0o777, 0, a.name()),
      MKNOD: (h, a, ino) => this.#mknod(h, a, ino),
      MKDIR: (h, a, ino) => this.#mkdir(h, a, ino),
      UNLINK: (h, a, ino) => this.#remove(h, "unlink", a.name(), ino),
      RMDIR: (h, a, ino) => this.#remove(h, "rmdir", a.name(), ino),
      RENAME: (h, a, ino) => this.#rename(h, ino, inodeOf(a.u64()), 0, a),
      LINK: (h, a, ino) => this.#link(h, inodeOf(a.u64()), a.name(), ino),
      READ: (h, a, ino) => this.#read(h, a, ino),
      WRITE: (h, a, ino) => this.#write(h, a, ino),
      STATFS: (h) => this.#statfs(h),
      RELEASE: (h) => newReply(h.unique, 0).reply,
      FSYNC: (h, _a, ino) => this.#plain(h, { name: "fsync", args: [ino] }),
      INIT: (h, a) => this.#init(h, a),
      READDIR: (h, a, ino) => this.#readdir(h, a, ino, false),
      RELEASEDIR: (h) => newReply(h.unique, 0).reply,
      FSYNCDIR: (h, _a, ino) => this.#plain(h, { name: "fsync", args: [ino] }),
      CREATE: (h, a, ino) => this.#createAndOpen(h, a, ino),
      DESTROY: (h) => newReply(h.unique, 0).reply,
      BATCH_FORGET: (_h, a) => this.#batchForget(a),
      FALLOCATE: (h, a, ino) => this.#fallocate(h, a, ino),
      READDIRPLUS: (h, a, ino) => this.#readdir(h, a, ino, true),
      RENAME2: (h, a, ino) => this.#rename2(h, a, ino),
      SYNCFS: (h) => this.#plain(h, { name: "sync" }),
    };
    this.#handlers = new Map(
      Object.entries(handlers).map(([name, run]) => [OPCODES[name as keyof typeof OPCODES], run]),
    );
  }

  /** The reply to one request; undefined where none is wanted. Throws nothing that a request could cause. */
  handle(message: Uint8Array): Uint8Array | undefined {
    const header = readHeader(message);
    if (header === undefined) return undefined;
    const handler = this.#handlers.get(header.opcode);
    const silent = header.opcode === OPCODES.FORGET || header.opcode === OPCODES.BATCH_FORGET;
    if (handler === undefined) return newReply(header.unique, constants.errno.ENOSYS).reply;
    try {
      return handler(header, new MessageReader(message.subarray(IN_HEADER_SIZE)), inodeOf(header.nodeid));
    } catch (reason) {
      const errno = reason instanceof Refused ? reason.errno : constants.errno.EINVAL;
      if (!(reason instanceof Refused || reason instanceof ShortMessage)) throw reason;
      return silent ? undefined : newReply(header.unique, errno).reply;
    }
  }

  #run(request: LfsRequest): LfsAnswer {
    if (request.args?.some((value) => !Number.isSafeInteger(value)) === true)
      throw new Refused(request.name === "write" || request.name === "truncate" ? "EFBIG" : "EINVAL");
    if (request.names?.some((name) => name.length > MAX_NAME) === true && request.names.length === 1)
      throw new Refused("ENAMETOOLONG");
    const answer = this.#volume.run(request);
    if (answer.error !== undefined) throw new Refused(answer.error);
    return answer;
  }

  /** An operation that changes something; never the ifile, whose inode a broken kernel could name. */
  #change(request: LfsRequest): LfsAnswer {
    if (request.args?.[0] === IFILE) throw new Refused("EPERM");
    this.changed = true;
    return this.#run(request);
  }

  #stat(ino: number): Attributes {
    return decodeAttributes(this.#run({ name: "getattr", args: [ino] }).data);
  }

  #plain(header: RequestHeader, request: LfsRequest): Uint8Array {
    this.#run(request);
    return newReply(header.unique, 0).reply;
  }

  #data(header: RequestHeader, data: Uint8Array): Uint8Array {
    const { reply } = newReply(header.unique, 0, data.length);
    reply.set(data, OUT_HEADER_SIZE);
    return reply;
  }

  #attributes(header: RequestHeader, ino: number): Uint8Array {
    return attributeReply(header.unique, this.#stat(ino), this.#volume.unit, this.#bsize);
  }

  /** A name has been told to the kernel, which holds a reference from now on. */
  #entry(header: RequestHeader, attributes: Attributes | undefined, extra: number = 0) {
    const made = newReply(header.unique, 0, ENTRY_SIZE + extra);
    putEntry(made.view, OUT_HEADER_SIZE, attributes, this.#volume.unit, this.#bsize);
    if (attributes !== undefined) this.#refer(attributes.ino);
    return made;
  }

  #refer(ino: number): void {
    this.#references.set(ino, (this.#references.get(ino) ?? 0) + 1);
  }

  #init(header: RequestHeader, args: MessageReader): Uint8Array {
    const major = args.u32();
    args.skip(4);
    const readahead = args.u32();
    const offered = args.u32();
    const { reply, view } = newReply(header.unique, 0, 64);
    [FUSE_MAJOR, FUSE_MINOR, readahead, offered & INIT_FLAGS].forEach((word, n) => {
      view.setUint32(OUT_HEADER_SIZE + 4 * n, word, true);
    });
    // A kernel of another major number asks again in ours.
    if (major !== FUSE_MAJOR) return reply;
    view.setUint16(OUT_HEADER_SIZE + 16, 16, true); // max_background
    view.setUint16(OUT_HEADER_SIZE + 18, 12, true); // congestion_threshold
    view.setUint32(OUT_HEADER_SIZE + 20, MAX_WRITE, true);
    view.setUint32(OUT_HEADER_SIZE + 24, 1, true); // times in nanoseconds
    view.setUint16(OUT_HEADER_SIZE + 28, MAX_WRITE / PAGE, true);
    this.#bsize = this.#run({ name: "statfs" }).results[0];
    this.started = true;
    return reply;
  }

  #find(directory: number, name: Uint8Array): number | undefined {
    const answer = this.#volume.run({ name: "lookup", args: [directory], names: [name] });
    if (answer.error === "ENOENT") return undefined;
    if (answer.error !== undefined) throw new Refused(answer.error);
    return answer.results[0];
  }

  #lookup(header: RequestHeader, name: Uint8Array, directory: number): Uint8Array {
    if (name.length > MAX_NAME) throw new Refused("ENAMETOOLONG");
    const ino = this.#find(directory, name);
    return this.#entry(header, ino === undefined ? undefined : this.#stat(ino)).reply;
  }

  #forget(ino: number, count: number): undefined {
    const left = (this.#references.get(ino) ?? 0) - count;
    if (left > 0) {
      this.#references.set(ino, left);
      return;
    }
    this.#references.delete(ino);
    if (!this.#held.delete(ino)) return;
    this.changed = true;
    this.#volume.run({ name: "close", args: [ino] });
  }

  #batchForget(args: MessageReader): undefined {
    const count = args.u32();
    args.skip(4);
    for (let n = 0; n < count; n++) this.#forget(inodeOf(args.u64()), args.u64());
  }

  /** Before the last name of an inode goes: holds it as long as the kernel refers to it. */
  #hold(ino: number | undefined): void {
    if (ino === undefined || this.#held.has(ino) || !this.#references.has(ino)) return;
    const { nlink, mode } = this.#stat(ino);
    if (nlink > 1 && (mode & S_IFMT) !== S_IFDIR) return;
    this.#change({ name: "open", args: [ino] });
    this.#held.add(ino);
  }

  /** Runs what takes the name of `ino` away; the hold ends where it was refused. */
  #unname(ino: number | undefined, request: LfsRequest): void {
    const before = ino !== undefined && this.#held.has(ino);
    this.#hold(ino);
    try {
      this.#change(request);
    } catch (reason) {
      const isOurs = ino !== undefined && !before && reason instanceof Refused;
      if (isOurs && this.#held.delete(ino)) this.#volume.run({ name: "close", args: [ino] });
      throw reason;
    }
  }

  #remove(header: RequestHeader, name: "unlink" | "rmdir", entry: Uint8Array, directory: number): Uint8Array {
    this.#unname(this.#find(directory, entry), { name, args: [directory], names: [entry] });
    return newReply(header.unique, 0).reply;
  }

  #rename(header: RequestHeader, from: number, to: number, flags: number, args: MessageReader): Uint8Array {
    const names = [args.name(), args.name()];
    if (names.some((name) => name.length > MAX_NAME)) throw new Refused("ENAMETOOLONG");
    const target = this.#find(to, names[1]);
    if (flags === RENAME_NOREPLACE && target !== undefined) throw new Refused("EEXIST");
    this.#unname(target, { name: "rename", args: [from, to], names });
    return newReply(header.unique, 0).reply;
  }

  #rename2(header: RequestHeader, args: MessageReader, from: number): Uint8Array {
    const to = inodeOf(args.u64());
    const flags = args.u32();
    args.skip(4);
    if ((flags & ~RENAME_NOREPLACE) !== 0) throw new Refused("EINVAL");
    return this.#rename(header, from, to, flags, args);
  }

  #link(header: RequestHeader, ino: number, name: Uint8Array, directory: number): Uint8Array {
    this.#change({ name: "link", args: [ino, directory], names: [name] });
    return this.#entry(header, this.#stat(ino)).reply;
  }

  /** A new inode. A directory with set-group-ID gives its group on, and the bit to directories. */
  #make(header: RequestHeader, directory: number, name: Uint8Array, mode: number, rdev: number, target?: Uint8Array) {
    if (name.length > MAX_NAME) throw new Refused("ENAMETOOLONG");
    const parent = this.#stat(directory);
    const inherits = (parent.mode & S_ISGID) !== 0;
    const gid = inherits ? parent.gid : header.gid;
    const isDirectory = (mode & S_IFMT) === S_IFDIR;
    const bits = inherits && isDirectory ? mode | S_ISGID : mode;
    const names = target === undefined ? [name] : [name, target];
    const made = this.#change({ name: "create", args: [directory, bits, header.uid, gid, rdev], names });
    return this.#stat(made.results[0]);
  }

  #create(
    header: RequestHeader,
    directory: number,
    name: Uint8Array,
    mode: number,
    rdev: number,
    target?: Uint8Array,
  ): Uint8Array {
    return this.#entry(header, this.#make(header, directory, name, mode, rdev, target)).reply;
  }

  #mknod(header: RequestHeader, args: MessageReader, directory: number): Uint8Array {
    const mode = args.u32();
    const rdev = args.u32();
    args.skip(8);
    if (!NODE_TYPES.has(mode >>> 12)) throw new Refused("EINVAL");
    // Linux makes a regular file of no type at all.
    return this.#create(header, directory, args.name(), mode >>> 12 === 0 ? mode | S_IFREG : mode, rdev);
  }

  #mkdir(header: RequestHeader, args: MessageReader, directory: number): Uint8Array {
    const mode = args.u32();
    args.skip(4);
    return this.#create(header, directory, args.name(), (mode & PERMISSIONS) | S_IFDIR, 0);
  }

  #createAndOpen(header: RequestHeader, args: MessageReader, directory: number): Uint8Array {
    args.skip(4);
    const mode = args.u32();
    args.skip(8);
    const attributes = this.#make(header, directory, args.name(), (mode & PERMISSIONS) | S_IFREG, 0);
    return this.#entry(header, attributes, 16).reply;
  }

  #setattr(header: RequestHeader, args: MessageReader, ino: number): Uint8Array {
    const valid = args.u32();
    args.skip(12);
    const size = args.u64();
    args.skip(8);
    const [atime, mtime] = [args.i64(), args.i64()];
    args.skip(8);
    const [atimensec, mtimensec] = [args.u32(), args.u32()];
    args.skip(4);
    const mode = args.u32();
    args.skip(4);
    const [uid, gid] = [args.u32(), args.u32()];
    if (valid & FATTR_SIZE) this.#change({ name: "truncate", args: [ino, size] });
    const mask =
      (valid & FATTR_MODE ? SET_MODE : 0) | (valid & FATTR_UID ? SET_UID : 0) | (valid & FATTR_GID ? SET_GID : 0);
    if (mask !== 0 || (valid & ~(FATTR_SIZE | FATTR_ATIME | FATTR_MTIME)) !== 0)
      this.#change({ name: "setattr", args: [ino, mask, mode & PERMISSIONS, uid, gid] });
    if (valid & FATTR_ATIME)
      this.#setTime(ino, SET_ATIME, (valid & FATTR_ATIME_NOW) !== 0 ? undefined : [atime, atimensec]);
    if (valid & FATTR_MTIME)
      this.#setTime(ino, SET_MTIME, (valid & FATTR_MTIME_NOW) !== 0 ? undefined : [mtime, mtimensec]);
    return this.#attributes(header, ino);
  }

  /** Sets one time, or makes it the time of the change itself. The format keeps 31 bits of seconds. */
  #setTime(ino: number, which: number, time: readonly [number, number] | undefined): void {
    let [seconds, nanoseconds] = time ?? [0, 0];
    if (time === undefined) {
      this.#change({ name: "setattr", args: [ino, 0] });
      const { ctime, ctimensec } = this.#stat(ino);
      [seconds, nanoseconds] = [Math.floor(ctime), ctimensec];
    }
    const clamped = Math.max(0, Math.min(LAST_SECOND, seconds));
    const within = clamped === seconds ? Math.min(nanoseconds, 999_999_999) : 0;
    this.#change({ name: "setattr", args: [ino, which | SET_NANOSECONDS, 0, 0, 0, clamped, clamped, within] });
  }

  #read(header: RequestHeader, args: MessageReader, ino: number): Uint8Array {
    args.skip(8);
    const offset = args.u64();
    const size = Math.min(args.u32(), MAX_WRITE);
    const { reply } = newReply(header.unique, 0, size);
    let done = 0;
    while (done < size) {
      const wanted = Math.min(TRANSFER, size - done);
      const { data } = this.#run({ name: "read", args: [ino, offset + done, wanted] });
      reply.set(data, OUT_HEADER_SIZE + done);
      done += data.length;
      if (data.length < wanted) break;
    }
    if (done === size) return reply;
    new DataView(reply.buffer).setUint32(0, OUT_HEADER_SIZE + done, true);
    return reply.subarray(0, OUT_HEADER_SIZE + done);
  }

  #write(header: RequestHeader, args: MessageReader, ino: number): Uint8Array {
    args.skip(8);
    const offset = args.u64();
    const size = args.u32();
    args.skip(20);
    const done = this.#writeBytes(ino, offset, args.bytes(size));
    const { reply, view } = newReply(header.unique, 0, 8);
    view.setUint32(OUT_HEADER_SIZE, done, true);
    return reply;
  }

  /** Writes as much as there is room for; refused only where not even a part of it went in. */
  #writeBytes(ino: number, offset: number, bytes: Uint8Array): number {
    for (let done = 0; done < bytes.length; done += TRANSFER) {
      const data = bytes.subarray(done, done + TRANSFER);
      try {
        this.#change({ name: "write", args: [ino, offset + done], data });
      } catch (reason) {
        if (done > 0 && reason instanceof Refused && reason.errno === constants.errno.ENOSPC) return done;
        throw reason;
      }
    }
    return bytes.length;
  }

  /** Mode 0 only: holes in the range become blocks of zeros, and the file reaches its end. */
  #fallocate(header: RequestHeader, args: MessageReader, ino: number): Uint8Array {
    args.skip(8);
    const offset = args.u64();
    const length = args.u64();
    if (args.u32() !== 0) throw new Refused("ENOTSUP");
    const [bsize, , , free] = this.#run({ name: "statfs" }).results;
    const { blocks } = this.#stat(ino);
    if (length === 0) throw new Refused("EINVAL");
    if (!Number.isSafeInteger(offset + length)) throw new Refused("EFBIG");
    if (length - blocks * this.#volume.unit > Math.max(0, free) * this.#volume.unit) throw new Refused("ENOSPC");
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const next = Math.min(end, (Math.floor(at / bsize) + 1) * bsize);
      const { data } = this.#run({ name: "read", args: [ino, at, next - at] });
      // A block that holds something exists; zeros are written over zeros where there may be a hole.
      if (data.length < next - at || data.every((byte) => byte === 0)) {
        const zeros = new Uint8Array(next - at);
        zeros.set(data);
        this.#change({ name: "write", args: [ino, at], data: zeros });
      }
      at = next;
    }
    return newReply(header.unique, 0).reply;
  }

  #statfs(header: RequestHeader): Uint8Array {
    const [bsize, , blocks, free, files] = this.#run({ name: "statfs" }).results;
    const { reply, view } = newReply(header.unique, 0, 80);
    const left = Math.max(0, free);
    const freeFiles = Math.floor((left * this.#volume.unit) / bsize) * FREE_FILES_PER_BLOCK;
    [blocks, left, left, files + 2 + freeFiles, freeFiles].forEach((value, n) => {
      view.setBigUint64(OUT_HEADER_SIZE + 8 * n, BigInt(value), true);
    });
    [bsize, MAX_NAME, this.#volume.unit].forEach((value, n) => {
      view.setUint32(OUT_HEADER_SIZE + 40 + 4 * n, value, true);
    });
    return reply;
  }

  #readdir(header: RequestHeader, args: MessageReader, directory: number, plus: boolean): Uint8Array {
    args.skip(8);
    const offset = args.u64();
    const size = Math.min(args.u32(), MAX_WRITE);
    const { reply, view } = newReply(header.unique, 0, size);
    let at = OUT_HEADER_SIZE;
    const { data } = this.#run({ name: "readdir", args: [directory, offset] });
    for (const { ino, cookie, type, name } of decodeRecords(data)) {
      const fixed = plus ? ENTRY_SIZE : 0;
      const length = fixed + ((24 + name.length + 7) & ~7);
      if (at + length > reply.length) break;
      const isSelf = name[0] === 0x2e && (name.length === 1 || (name.length === 2 && name[1] === 0x2e));
      if (plus && !isSelf) {
        putEntry(view, at, this.#stat(ino), this.#volume.unit, this.#bsize);
        this.#refer(ino);
      }
      view.setBigUint64(at + fixed, BigInt(ino), true);
      view.setBigUint64(at + fixed + 8, BigInt(cookie), true);
      view.setUint32(at + fixed + 16, name.length, true);
      view.setUint32(at + fixed + 20, type, true);
      reply.set(name, at + fixed + 24);
      at += length;
    }
    view.setUint32(0, at, true);
    return reply.subarray(0, at);
  }
}
