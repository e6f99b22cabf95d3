/**
 * IDENTIFY DEVICE and IDENTIFY PACKET DEVICE: what a drive says about itself.
 *
 * Here: the 256 words of both. Not here: the commands. ATA/ATAPI-6 (T13 1410D), sections 8.15 and 8.16.
 * @module
 */
import * as R from "./registers.ts";

/** How many heads and sectors a track has for programs that do not know LBA. */
export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
}

/** What is worth telling about a disk. */
export interface DiskIdentity {
  readonly sectors: number;
  readonly serial: string;
  readonly model: string;
  readonly natural: Geometry;
  readonly current: Geometry;
  /** Sectors of a block of READ MULTIPLE; 0 = not set. */
  readonly multiple: number;
  readonly writeCache: boolean;
  readonly lookAhead: boolean;
  /** Transfer mode as SET FEATURES gave it. */
  readonly transferMode: number;
}

const LBA28_MAXIMUM = 0x0fffffff;
const FIRMWARE = "1.0";

/** Cylinders of 16 heads with 63 sectors, as many as programs of that time can say. */
export function naturalGeometry(sectors: number): Geometry {
  const cylinders = Math.max(1, Math.min(16383, Math.floor(sectors / (16 * 63))));
  return { cylinders, heads: 16, sectors: 63 };
}

export function identifyDisk(disk: DiskIdentity): Uint8Array {
  const words = new Uint16Array(256);
  const { natural, current } = disk;
  words[0] = 0x0040;
  words[1] = natural.cylinders;
  words[3] = natural.heads;
  words[6] = natural.sectors;
  text(words, 10, 10, disk.serial);
  text(words, 23, 4, FIRMWARE);
  text(words, 27, 20, disk.model);
  words[47] = 0x8000 | R.ATA_MULTIPLE_MAXIMUM;
  words[49] = 0x0f00;
  words[50] = 0x4000;
  words[53] = 0x0007;
  words[54] = current.cylinders;
  words[55] = current.heads;
  words[56] = current.sectors;
  dword(words, 57, current.cylinders * current.heads * current.sectors);
  words[59] = disk.multiple === 0 ? 0 : 0x0100 | disk.multiple;
  dword(words, 60, Math.min(disk.sectors, LBA28_MAXIMUM));
  transferModes(words, disk.transferMode);
  words[80] = 0x007e;
  // Write cache, look-ahead; 48-bit addresses, FLUSH CACHE (EXT); WRITE DMA FUA EXT: supported, then enabled.
  words[82] = 0x0060;
  words[83] = 0x7400;
  words[84] = 0x4040;
  words[85] = (disk.writeCache ? 0x20 : 0) | (disk.lookAhead ? 0x40 : 0);
  words[86] = 0x3400;
  words[87] = 0x4040;
  words[93] = 0x600b;
  dword(words, 100, disk.sectors % 2 ** 32);
  dword(words, 102, Math.floor(disk.sectors / 2 ** 32));
  return bytesOf(words);
}

export function identifyCdRom(serial: string, model: string, transferMode: number): Uint8Array {
  const words = new Uint16Array(256);
  // A packet device, CD-ROM, removable, DRQ within 50 µs of PACKET, packets of 12 bytes.
  words[0] = 0x85c0;
  text(words, 10, 10, serial);
  text(words, 23, 4, FIRMWARE);
  text(words, 27, 20, model);
  words[49] = 0x0f00;
  words[53] = 0x0006;
  transferModes(words, transferMode);
  words[80] = 0x007e;
  // PACKET, DEVICE RESET.
  words[82] = 0x0210;
  words[83] = 0x4000;
  words[84] = 0x4000;
  words[85] = 0x0210;
  words[87] = 0x4000;
  return bytesOf(words);
}

/** PIO 4, multiword DMA 0 to 2, Ultra DMA 0 to 5, and which of them is chosen. */
function transferModes(words: Uint16Array, mode: number): void {
  const kind = mode >> 3;
  words[63] = 0x0007 | (kind === 4 ? 0x0100 << (mode & 7) : 0);
  words[64] = 0x0003;
  words.fill(120, 65, 69);
  words[88] = 0x003f | (kind === 8 ? 0x0100 << (mode & 7) : 0);
}

function dword(words: Uint16Array, at: number, value: number): void {
  words[at] = value & 0xffff;
  words[at + 1] = (value >>> 16) & 0xffff;
}

/** Two characters a word, the first in the high byte, filled with spaces. */
function text(words: Uint16Array, at: number, count: number, value: string): void {
  const padded = value.padEnd(2 * count, " ");
  for (let i = 0; i < count; i++)
    words[at + i] = ((padded.charCodeAt(2 * i) & 0x7f) << 8) | (padded.charCodeAt(2 * i + 1) & 0x7f);
}

function bytesOf(words: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(2 * words.length);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setUint16(2 * i, word, true);
  return bytes;
}
