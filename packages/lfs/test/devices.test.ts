// Every disk obeys the same rules; a web server's is read.
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileDevice, httpDevice, mountFileSystem, opfsDevice } from "../src/index.ts";
import { blockDeviceCompliance, MemoryDisk } from "../src/testing/index.ts";
import { image } from "./images.ts";

const SIZE = 1 << 18;

test.each(blockDeviceCompliance)("a disk in memory: $name", ({ check }) => check(new MemoryDisk(new Uint8Array(SIZE))));

test.each(blockDeviceCompliance)("a disk in a file: $name", async ({ check }) => {
  const folder = mkdtempSync(join(tmpdir(), "lfs-"));
  const file = await open(join(folder, "disk"), "w+");
  try {
    await file.truncate(SIZE);
    await check(fileDevice(file, SIZE));
  } finally {
    await file.close();
    rmSync(folder, { recursive: true });
  }
});

test.each(blockDeviceCompliance)("a disk in OPFS: $name", ({ check }) => {
  let bytes = new Uint8Array(0);
  const handle = {
    read(buffer: Uint8Array, { at }: { at: number }): number {
      const part = bytes.subarray(at, at + buffer.length);
      buffer.set(part);
      return part.length;
    },
    write(buffer: Uint8Array, { at }: { at: number }): number {
      if (at + buffer.length > bytes.length) {
        const longer = new Uint8Array(at + buffer.length);
        longer.set(bytes);
        bytes = longer;
      }
      bytes.set(buffer, at);
      return buffer.length;
    },
    flush(): void {},
  };
  return check(opfsDevice(handle, SIZE));
});

test("a file that ends early fails the read", async () => {
  const file = {
    read: async () => ({ bytesRead: 0 }),
    write: async () => ({ bytesWritten: 0 }),
    datasync: async () => {},
  };
  await expect(fileDevice(file, SIZE).read(0, new Uint8Array(512))).rejects.toThrow(RangeError);
});

test("an image on a web server is mounted read-only, and only ranges of it are fetched", async () => {
  const bytes = image("v2-files");
  let fetched = 0;
  const fetch = async (_url: string, { headers }: { headers: Readonly<Record<string, string>> }) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.Range) ?? [];
    const part = bytes.slice(Number(first), Number(last) + 1);
    fetched += part.length;
    return { status: 206, arrayBuffer: async () => part.buffer as ArrayBuffer };
  };
  const device = httpDevice("http://disk.example/v2-files", bytes.length, fetch);
  const options = { arena: new Uint8Array(4 << 20), now: () => 0, readOnly: true };
  const fs = (await mountFileSystem(device, options))._unsafeUnwrap();
  expect(await fs.readFile("/d1/hard", "utf8")).toBe("hhhhhhhhhhhhh");
  expect(fetched).toBeLessThan(bytes.length / 100);
  await expect(device.write(0, new Uint8Array(512))).rejects.toThrow("cannot be written");
  const whole = httpDevice("x", bytes.length, async () => ({
    status: 200,
    arrayBuffer: async () => bytes.buffer as ArrayBuffer,
  }));
  const again = { ...options, arena: new Uint8Array(4 << 20) };
  expect((await mountFileSystem(whole, again))._unsafeUnwrapErr().code).toBe("EIO");
});
