// The kernel's side of FUSE, played: what a request is answered, and that no request can do harm.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fsck, geometryOf, leastArenaSize, readSuperblock } from "@kintsugi/lfs";
import { MemoryDisk, newfs } from "@kintsugi/lfs/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FileVolume } from "./file-volume.ts";
import { FuseServer, MAX_WRITE } from "./fuse-server.ts";
import { ENTRY_SIZE, FATTR_MODE, FATTR_SIZE, IN_HEADER_SIZE, OPCODES, OUT_HEADER_SIZE } from "./fuse-wire.ts";

const ROOT = 1;
let folder: string;
let descriptor: number;
let volume: FileVolume;
let server: FuseServer;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kintsugi-fuse-"));
  const disk = new MemoryDisk(new Uint8Array(8 << 20));
  newfs(disk, new Uint8Array(2 << 20), { ssize: 65536, ident: 4, time: 1 });
  writeFileSync(join(folder, "disk"), disk.bytes);
  descriptor = openSync(join(folder, "disk"), "r+");
  const superblock = readSuperblock(disk.bytes.subarray(8192, 16384));
  if (typeof superblock === "string") throw new Error(superblock);
  const geometry = geometryOf(superblock);
  const arena = new Uint8Array(leastArenaSize(geometry) + (1 << 20));
  volume = new FileVolume({ arena, descriptor, size: disk.size, unit: geometry.unit, now: () => 1000.25 });
  expect(volume.run({ name: "mount" }).error).toBeUndefined();
  server = new FuseServer(volume);
});

/** Every test leaves a good disk. */
afterEach(() => {
  expect(volume.run({ name: "unmount" }).error).toBeUndefined();
  closeSync(descriptor);
  const bytes = readFileSync(join(folder, "disk"));
  rmSync(folder, { recursive: true });
  expect(fsck((offset, length) => bytes.subarray(offset, offset + length))).toEqual([]);
});

/** Fields of a request: numbers with their bytes, or bytes. */
type Field = readonly [number | bigint, 4 | 8] | Uint8Array | string;

function message(opcode: number, node: number, fields: readonly Field[], owner: readonly [number, number] = [0, 0]) {
  const parts = fields.map((field) => {
    if (typeof field === "string") return Buffer.from(`${field}\0`);
    if (field instanceof Uint8Array) return field;
    const bytes = Buffer.alloc(field[1]);
    if (field[1] === 4) bytes.writeUInt32LE(Number(field[0]));
    else bytes.writeBigUInt64LE(BigInt(field[0]));
    return bytes;
  });
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(IN_HEADER_SIZE);
  head.writeUInt32LE(IN_HEADER_SIZE + body.length, 0);
  head.writeUInt32LE(opcode, 4);
  head.writeBigUInt64LE(77n, 8);
  head.writeBigUInt64LE(BigInt(node), 16);
  head.writeUInt32LE(owner[0], 24);
  head.writeUInt32LE(owner[1], 28);
  return Buffer.concat([head, body]);
}

/** Sends a request; the errno's name, or the results. */
function ask(opcode: number, node: number, fields: readonly Field[] = [], owner?: readonly [number, number]) {
  const reply = Buffer.from(server.handle(message(opcode, node, fields, owner)) ?? []);
  if (reply.length === 0) return { error: "none", data: reply };
  expect([reply.readUInt32LE(0), reply.readBigUInt64LE(8)]).toEqual([reply.length, 77n]);
  const errno = -reply.readInt32LE(4);
  const name = Object.entries(constants.errno).find(([, value]) => value === errno)?.[0];
  return { error: name, data: reply.subarray(OUT_HEADER_SIZE) };
}

/** Node, mode, links, size, owner of an entry reply. */
function entry(data: Buffer) {
  const at = 40;
  return {
    node: Number(data.readBigUInt64LE(0)),
    size: Number(data.readBigUInt64LE(at + 8)),
    mode: data.readUInt32LE(at + 60),
    nlink: data.readUInt32LE(at + 64),
    uid: data.readUInt32LE(at + 68),
    gid: data.readUInt32LE(at + 72),
  };
}

const u32 = (value: number): Field => [value, 4];
const u64 = (value: number | bigint): Field => [value, 8];
const create = (name: string, mode = 0o644, node = ROOT, owner?: readonly [number, number]) =>
  ask(OPCODES.CREATE, node, [u32(0), u32(0o100000 | mode), u32(0), u32(0), name], owner);
const write = (node: number, offset: number, bytes: Uint8Array) =>
  ask(OPCODES.WRITE, node, [u64(0), u64(offset), u32(bytes.length), u32(0), u64(0), u32(0), u32(0), bytes]);
const read = (node: number, offset: number, size: number) =>
  ask(OPCODES.READ, node, [u64(0), u64(offset), u32(size), u32(0), u64(0), u32(0), u32(0)]).data;
const setattr = (node: number, valid: number, size: number, mode: number) =>
  ask(OPCODES.SETATTR, node, [
    ...[u32(valid), u32(0), u64(0), u64(size), u64(0), u64(7), u64(8), u64(0)],
    ...[u32(5), u32(6), u32(0), u32(mode), u32(0), u32(0), u32(0), u32(0)],
  ]);

/** Names with types of a directory, as READDIR gives them in pieces of `size` bytes. */
function readdir(node: number, size: number): string[] {
  const names: string[] = [];
  for (let offset = 0n; ; ) {
    const { data } = ask(OPCODES.READDIR, node, [u64(0), u64(offset), u32(size), u32(0), u64(0), u32(0), u32(0)]);
    if (data.length === 0) return names;
    for (let at = 0; at < data.length; ) {
      const length = data.readUInt32LE(at + 16);
      names.push(`${data.subarray(at + 24, at + 24 + length)}:${data.readUInt32LE(at + 20)}`);
      offset = data.readBigUInt64LE(at + 8);
      at += 24 + ((length + 7) & ~7);
    }
  }
}

it("agrees on a protocol that needs no opening of files", () => {
  const { error, data } = ask(OPCODES.INIT, 0, [u32(7), u32(45), u32(65536), u32(0xffffffff)]);
  expect([error, data.readUInt32LE(0), data.readUInt32LE(4), data.readUInt32LE(20)]).toEqual([
    undefined,
    7,
    31,
    MAX_WRITE,
  ]);
  expect(server.started).toBe(true);
  for (const opcode of [14, 27, 22, 34, 46, 51, 4096]) expect(ask(opcode, ROOT).error).toBe("ENOSYS");
});

it("makes, writes, reads, cuts and lists files", () => {
  const made = entry(create("f", 0o640, ROOT, [12, 34]).data);
  expect(made).toMatchObject({ mode: 0o100640, nlink: 1, size: 0, uid: 12, gid: 34 });
  const bytes = Buffer.alloc(300_000, "abcdefg");
  expect(write(made.node, 5, bytes).data.readUInt32LE(0)).toBe(bytes.length);
  expect(read(made.node, 0, MAX_WRITE).equals(Buffer.concat([Buffer.alloc(5), bytes]))).toBe(true);
  expect(read(made.node, 299_000, 10_000).length).toBe(1005);
  expect(setattr(made.node, FATTR_SIZE | FATTR_MODE, 100, 0o600).data.readUInt32LE(16 + 60)).toBe(0o100600);
  expect(read(made.node, 0, 1000).length).toBe(100);
  expect(ask(OPCODES.MKDIR, ROOT, [u32(0o755), u32(0), "d"]).error).toBeUndefined();
  expect(ask(OPCODES.SYMLINK, ROOT, ["s", "f"]).error).toBeUndefined();
  expect(ask(OPCODES.MKNOD, ROOT, [u32(0o010600), u32(0), u32(0), u32(0), "p"]).error).toBeUndefined();
  expect(readdir(ROOT, 4096)).toEqual([".:4", "..:4", "f:8", "d:4", "s:10", "p:1"]);
  const link = entry(ask(OPCODES.LOOKUP, ROOT, ["s"]).data);
  expect(ask(OPCODES.READLINK, link.node).data.toString()).toBe("f");
  expect(entry(ask(OPCODES.LINK, ROOT, [u64(made.node), "g"]).data)).toMatchObject({ node: made.node, nlink: 2 });
  expect(ask(OPCODES.RENAME2, ROOT, [u64(ROOT), u32(1), u32(0), "g", "s"]).error).toBe("EEXIST");
  expect(ask(OPCODES.RENAME2, ROOT, [u64(ROOT), u32(2), u32(0), "g", "s"]).error).toBe("EINVAL");
  expect(ask(OPCODES.RENAME, ROOT, [u64(ROOT), "g", "s"]).error).toBeUndefined();
  expect(entry(ask(OPCODES.LOOKUP, ROOT, ["s"]).data).node).toBe(made.node);
});

it("lists a large directory in small pieces, each name once, and with its attributes", () => {
  const names = Array.from({ length: 500 }, (_, n) => `file ${n}`);
  for (const name of names) create(name);
  expect(readdir(ROOT, 300).slice(2)).toEqual(names.map((name) => `${name}:8`));
  const fields = [u64(0), u64(0), u32(4096), u32(0), u64(0), u32(0), u32(0)];
  const { data } = ask(OPCODES.READDIRPLUS, ROOT, fields);
  const third = 2 * (ENTRY_SIZE + 32);
  expect(entry(data.subarray(third))).toMatchObject({ mode: 0o100644, size: 0 });
  expect(data.subarray(third + ENTRY_SIZE + 24, third + ENTRY_SIZE + 30).toString()).toBe("file 0");
});

it("keeps a file without a name until the kernel forgets it", () => {
  const { node } = entry(create("f").data);
  write(node, 0, Buffer.alloc(50_000, 1));
  expect(ask(OPCODES.UNLINK, ROOT, ["f"]).error).toBeUndefined();
  expect(ask(OPCODES.LOOKUP, ROOT, ["f"]).data.readBigUInt64LE(0)).toBe(0n);
  expect(read(node, 0, 10).length).toBe(10);
  expect(write(node, 50_000, Buffer.alloc(10)).error).toBeUndefined();
  expect(ask(OPCODES.GETATTR, node, [u32(0), u32(0), u64(0)]).data.readUInt32LE(16 + 64)).toBe(0);
  expect(ask(OPCODES.FORGET, node, [u64(1)]).error).toBe("none");
  expect(ask(OPCODES.GETATTR, node, [u32(0), u32(0), u64(0)]).error).toBe("ESTALE");
});

it("keeps what a rename replaces, and a directory in which somebody stands", () => {
  const old = entry(create("old").data).node;
  write(old, 0, Buffer.from("old"));
  create("new");
  ask(OPCODES.RENAME, ROOT, [u64(ROOT), "new", "old"]);
  expect(read(old, 0, 10).toString()).toBe("old");
  const { node } = entry(ask(OPCODES.MKDIR, ROOT, [u32(0o755), u32(0), "d"]).data);
  expect(create("x", 0o644, node).error).toBeUndefined();
  expect(ask(OPCODES.RMDIR, ROOT, ["d"]).error).toBe("ENOTEMPTY");
  ask(OPCODES.UNLINK, node, ["x"]);
  expect(ask(OPCODES.RMDIR, ROOT, ["d"]).error).toBeUndefined();
  expect(create("y", 0o644, node).error).toBe("ENOENT");
  expect(ask(OPCODES.GETATTR, node, [u32(0), u32(0), u64(0)]).error).toBeUndefined();
  expect(ask(OPCODES.BATCH_FORGET, 0, [u32(2), u32(0), u64(node), u64(9), u64(old), u64(9)]).error).toBe("none");
  expect(ask(OPCODES.GETATTR, old, [u32(0), u32(0), u64(0)]).error).toBe("ESTALE");
});

it("sets times to the nanosecond, and gives the group of a set-group-ID directory on", () => {
  const { node } = entry(create("f").data);
  const { data } = setattr(node, 0x30, 0, 0);
  expect([40, 48].map((at) => Number(data.readBigUInt64LE(at)))).toEqual([7, 8]);
  expect([64, 68].map((at) => data.readUInt32LE(at))).toEqual([5, 6]);
  const { node: shared } = entry(ask(OPCODES.MKDIR, ROOT, [u32(0o2775), u32(0), "d"], [1, 50]).data);
  expect(entry(create("x", 0o644, shared, [2, 60]).data)).toMatchObject({ uid: 2, gid: 50 });
  expect(entry(ask(OPCODES.MKDIR, shared, [u32(0o755), u32(0), "e"], [2, 60]).data).mode).toBe(0o42755);
});

it("allocates what is free, and says when there is no room", () => {
  const { node } = entry(create("f").data);
  const allocate = (offset: number, length: number, mode = 0) =>
    ask(OPCODES.FALLOCATE, node, [u64(0), u64(offset), u64(length), u32(mode), u32(0)]).error;
  write(node, 10_000, Buffer.from("here"));
  expect(allocate(0, 100_000)).toBeUndefined();
  expect(read(node, 9_999, 6).toString("latin1")).toBe("\0here\0");
  expect(read(node, 0, MAX_WRITE).length).toBe(100_000);
  expect(allocate(0, 4096, 3)).toBe("ENOTSUP");
  expect(allocate(0, 1 << 30)).toBe("ENOSPC");
  expect([allocate(2 ** 55, 1), setattr(node, FATTR_SIZE, 2 ** 55, 0).error]).toEqual(["EFBIG", "EFBIG"]);
  const answers = Array.from({ length: 10 }, (_, n) => write(node, n * MAX_WRITE, Buffer.alloc(MAX_WRITE, 3)));
  expect(answers.find(({ error }) => error !== undefined)?.error).toBe("ENOSPC");
  const { data } = ask(OPCODES.STATFS, ROOT);
  expect(Number(data.readBigUInt64LE(8)) * data.readUInt32LE(48)).toBeLessThan(MAX_WRITE);
  expect(ask(OPCODES.UNLINK, ROOT, ["f"]).error).toBeUndefined();
  ask(OPCODES.FORGET, node, [u64(1)]);
});

it("answers any bytes at all without harm", () => {
  let state = 12345;
  const random = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  create("victim");
  const opcodes = Object.values(OPCODES);
  for (let n = 0; n < 4_000; n++) {
    const body = Uint8Array.from({ length: random(140) }, () => (random(3) === 0 ? random(256) : random(2)));
    const node = random(8) === 0 ? random(2 ** 32) : random(6);
    const request = message(opcodes[random(opcodes.length)], node, [body]);
    if (random(20) === 0) request[random(16)] ^= 1 << random(8);
    const reply = server.handle(random(30) === 0 ? request.subarray(0, random(60)) : request);
    if (reply === undefined) continue;
    expect(new DataView(reply.buffer, reply.byteOffset).getUint32(0, true)).toBe(reply.length);
  }
});
