import fc from "fast-check";
import { expect, test } from "vitest";
import type { BlockDevice } from "../block-device.ts";
import { MemoryDisk } from "../testing/memory-disk.ts";
import type { LfsFileSystem } from "./file-system.ts";
import { createFileSystem, mountFileSystem } from "./mount.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** A disk that answers in a later turn. */
class LateDisk implements BlockDevice {
  readonly #disk: MemoryDisk;
  fails = false;
  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }
  get size(): number {
    return this.#disk.size;
  }
  async read(offset: number, bytes: Uint8Array): Promise<void> {
    await Promise.resolve();
    this.#disk.read(offset, bytes);
  }
  async write(offset: number, bytes: Uint8Array): Promise<void> {
    await Promise.resolve();
    if (this.fails) throw new Error("the disk is gone");
    this.#disk.write(offset, bytes);
  }
  async flush(): Promise<void> {}
}

async function fresh(): Promise<{ disk: MemoryDisk; device: LateDisk; fs: LfsFileSystem }> {
  const disk = new MemoryDisk(new Uint8Array(4 << 20));
  const device = new LateDisk(disk);
  const arena = new Uint8Array(2 << 20);
  (await createFileSystem(device, { arena, ident: 1, time: 100, ssize: 65536 }))._unsafeUnwrap();
  return { disk, device, fs: (await mountFileSystem(device, { arena, now: () => 12.5 }))._unsafeUnwrap() };
}

const code = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (reason) => reason.code,
  );

test("files, directories and links as fs/promises has them", async () => {
  const { disk, fs } = await fresh();
  await fs.mkdir("/a/b/c", { recursive: true });
  await fs.writeFile("/a/b/größe.txt", "héllo ✓ 🂡");
  await fs.appendFile("/a/b/größe.txt", "!");
  expect(await fs.readFile("/a/b/größe.txt", "utf8")).toBe("héllo ✓ 🂡!");
  await fs.symlink("b/größe.txt", "/a/short");
  await fs.symlink("/a", "/top");
  expect(await fs.readFile("/top/short", "utf8")).toBe("héllo ✓ 🂡!");
  expect((await fs.lstat("/top/short")).isSymbolicLink()).toBe(true);
  expect(await fs.readlink("/a/short")).toBe("b/größe.txt");
  await fs.link("/a/b/größe.txt", "/second");
  expect((await fs.stat("/second")).nlink).toBe(2);
  await fs.rename("/second", "/a/b/c/third");
  await fs.chmod("/a/b/c/third", 0o640);
  await fs.utimes("/a/b/c/third", 5.25, 6.5);
  const stats = await fs.stat("/a/short");
  expect([stats.mode & 0o7777, stats.atimeMs, stats.mtimeMs, stats.ctimeMs]).toEqual([0o640, 5250, 6500, 12500]);
  expect(await fs.readdir("/a/b")).toEqual(["c", "größe.txt"]);
  expect((await fs.readdir("/a", { withFileTypes: true })).map((entry) => entry.isDirectory())).toEqual([true, false]);
  await fs.unmount();
  const again = await mountFileSystem(disk, { arena: new Uint8Array(1 << 20), now: () => 0, readOnly: true });
  const readOnly = again._unsafeUnwrap();
  expect(await readOnly.readFile("/a/b/c/third", "utf8")).toBe("héllo ✓ 🂡!");
  expect(await code(readOnly.mkdir("/x"))).toBe("EROFS");
});

test("errors carry Node's codes", async () => {
  const { fs } = await fresh();
  await fs.mkdir("/d");
  await fs.writeFile("/f", "x");
  await fs.symlink("loop", "/loop");
  expect(await code(fs.readFile("/none"))).toBe("ENOENT");
  expect(await code(fs.mkdir("/d"))).toBe("EEXIST");
  expect(await code(fs.readdir("/f"))).toBe("ENOTDIR");
  expect(await code(fs.stat("/f/x"))).toBe("ENOTDIR");
  expect(await code(fs.writeFile("/d", "x"))).toBe("EISDIR");
  expect(await code(fs.open("/f", "wx"))).toBe("EEXIST");
  expect(await code(fs.stat("/loop"))).toBe("ELOOP");
  expect(await code(fs.rename("/d", "/d/e"))).toBe("EINVAL");
  expect(await code(fs.writeFile("/".padEnd(300, "n"), ""))).toBe("ENAMETOOLONG");
  expect(await code(fs.rm("/d"))).toBe("EISDIR");
  await fs.writeFile("/d/x", "");
  expect(await code(fs.rmdir("/d"))).toBe("ENOTEMPTY");
  await fs.rm("/d", { recursive: true });
  await fs.rm("/d", { force: true });
  expect((await fs.readdir("/")).sort()).toEqual(["f", "loop"]);
});

test("a handle reads and writes where it stands, and outlives the name", async () => {
  const { fs } = await fresh();
  const file = await fs.open("/log", "w+");
  await file.write("one ");
  await file.write("two ");
  await file.write(new Uint8Array(200_000).fill(0x2e));
  const before = (await fs.statfs()).bfree;
  await fs.unlink("/log");
  const head = new Uint8Array(8);
  expect((await file.read(head, 0, 8, 0)).bytesRead).toBe(8);
  expect(decodeUtf8(head)).toBe("one two ");
  expect((await file.stat()).nlink).toBe(0);
  await file.sync();
  await file.close();
  expect((await fs.statfs()).bfree).toBeGreaterThan(before);
  expect(await code(file.stat())).toBe("EBADF");
});

test("calls made at once run in their order", async () => {
  const { fs } = await fresh();
  await fs.writeFile("/n", "");
  await Promise.all(Array.from({ length: 20 }, (_, n) => fs.appendFile("/n", String.fromCharCode(97 + n))));
  expect([...(await fs.readFile("/n", "utf8"))].sort().join("")).toBe("abcdefghijklmnopqrst");
});

test("a disk that stops writing fails calls with EIO, and what was read stays readable", async () => {
  const { device, fs } = await fresh();
  await fs.writeFile("/kept", "text");
  await fs.sync();
  device.fails = true;
  expect(await code(fs.sync())).toBe("EIO");
  expect(await code(fs.writeFile("/kept", "new"))).toBe("EIO");
  expect(await fs.readFile("/kept", "utf8")).toBe("text");
});

test("text survives UTF-8 both ways, and what is no UTF-8 is marked", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => decodeUtf8(encodeUtf8(text)) === text));
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 12 }),
      (bytes) => decodeUtf8(bytes) === new TextDecoder().decode(bytes) || bytes.some((b) => b > 0x7f),
    ),
  );
  expect(decodeUtf8(Uint8Array.of(0x61, 0xff, 0xc0, 0x80, 0x62))).toBe("a���b");
});
