/**
 * `--screenshot T=FILE.png`: the screen at a moment, as a PNG file.
 *
 * Here: the file format. Not here: the option (→ at-time.ts), the picture (→ `@kintsugi/pc`, vbe). PNG (ISO/IEC 15948), colour type 6.
 * @module
 */
import { writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import type { Picture } from "@kintsugi/pc";
import { UsageError } from "../options.ts";

/** Writes the picture. */
export function takeScreenshot(path: string, picture: Picture): void {
  try {
    writeFileSync(path, pngOf(picture));
  } catch (error) {
    throw new UsageError(`--screenshot ${path}: ${(error as Error).message}; give a file that can be written`);
  }
}

const SIGNATURE: Uint8Array = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const EIGHT_BITS = 8;
const RGBA = 6;

/** A PNG file of the picture. */
export function pngOf({ width, height, rgba }: Picture): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([EIGHT_BITS, RGBA], 8);
  // Each line begins with its filter: 0, none.
  const lines = new Uint8Array(height * (4 * width + 1));
  for (let y = 0; y < height; y++)
    lines.set(rgba.subarray(4 * width * y, 4 * width * (y + 1)), y * (4 * width + 1) + 1);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", new Uint8Array()),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
