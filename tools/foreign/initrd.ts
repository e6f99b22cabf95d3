/**
 * An initial RAM disk: files and devices as a cpio archive, compressed.
 *
 * Here: the "newc" format. Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 * @module
 */
import { gzipSync } from "node:zlib";

export interface Entry {
  readonly name: string;
  /** Type and rights, as in st_mode. */
  readonly mode: number;
  readonly bytes?: Uint8Array | string;
  /** Major and minor number of a device. */
  readonly device?: readonly [number, number];
}

export const DIRECTORY = 0o040755;
export const PROGRAM = 0o100755;
export const FILE = 0o100644;
export const CHARACTER_DEVICE = 0o020600;

/** The archive of the entries, in their order. */
export function cpio(entries: readonly Entry[]): Uint8Array {
  const parts = [...entries, { name: "TRAILER!!!", mode: 0 }].flatMap(({ name, mode, bytes, device }: Entry, i) => {
    const data = Buffer.from(bytes ?? "");
    const [major, minor] = device ?? [0, 0];
    const fields = [i + 1, mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, Buffer.byteLength(name) + 1, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}\0`;
    return [padded(Buffer.from(header)), padded(data)];
  });
  return Buffer.concat(parts);
}

/** busybox with a shell on COM1, and files in /tmp. */
export function initrd(
  busybox: Uint8Array,
  init: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Uint8Array {
  return gzipSync(
    cpio([
      ...["bin", "dev", "tmp"].map((name) => ({ name, mode: DIRECTORY })),
      { name: "bin/busybox", mode: PROGRAM, bytes: busybox },
      { name: "dev/console", mode: CHARACTER_DEVICE, device: [5, 1] },
      { name: "init", mode: PROGRAM, bytes: init },
      ...Object.entries(files).map(([name, bytes]) => ({ name: `tmp/${name}`, mode: FILE, bytes })),
    ]),
  );
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
