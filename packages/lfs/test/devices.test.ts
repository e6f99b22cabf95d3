// Every disk obeys the same rules; a web server's is read.
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
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
  const server = createServer(({ url, headers }, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
    if (url === "/whole" || last === undefined) return response.end(bytes);
    const part = bytes.subarray(Number(first), Number(last) + 1);
    fetched += part.length;
    return response.writeHead(206, { "Content-Range": `bytes ${first}-${last}/${bytes.length}` }).end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const mounted = (name: string) =>
      mountFileSystem(httpDevice(`http://127.0.0.1:${port}/${name}`, bytes.length, fetch), {
        arena: new Uint8Array(4 << 20),
        now: () => 0,
        readOnly: true,
      });
    const fs = (await mounted("ranges"))._unsafeUnwrap();
    expect(await fs.readFile("/d1/hard", "utf8")).toBe("hhhhhhhhhhhhh");
    expect([fetched > 0, fetched < bytes.length / 100]).toEqual([true, true]);
    await expect(fs.writeFile("/d1/new", "x")).rejects.toThrow("EROFS");
    const device = httpDevice(`http://127.0.0.1:${port}/ranges`, bytes.length, fetch);
    await expect(device.write(0, new Uint8Array(512))).rejects.toThrow("cannot be written");
    expect((await mounted("whole"))._unsafeUnwrapErr().code).toBe("EIO");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
