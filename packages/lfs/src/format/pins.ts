/**
 * Pins of checkpoints: a list in the slack of the block that holds the cleaner info.
 *
 *   | CLEANERINFO | 0 | at 64: magic, count, serial, time | serial, idaddr, time | ... |   bsize bytes
 *
 * Here: its bytes. Not here: which segments a pin keeps (`checkpoint/pins.ts`). Other systems carry the rest
 * of the block along unread, so the serial and time in the list stay those of the last checkpoint of ours:
 * when the superblock's differ, somebody else has written, and the pins mean nothing any more.
 * @module
 */
import { type Struct, struct } from "@kintsugi/records";
import type { Geometry } from "./geometry.ts";

const HEAD_FIELDS = {
  magic: "u32",
  count: "u32",
  /** `lfs_serial` and `lfs_tstamp` of the superblock that this block was written for. */
  serial: "words[2]",
  time: "u32",
} as const;
const PIN_FIELDS = { serial: "words[2]", idaddr: "i32", time: "u32" } as const;

export const PinHead: Struct<typeof HEAD_FIELDS> = struct(HEAD_FIELDS);
export const PinRecord: Struct<typeof PIN_FIELDS> = struct(PIN_FIELDS);
export const PINS_MAGIC = 0x4e49504b;
/** Byte of the list in block 0 of the ifile. */
export const PINS_AT = 64;

/** Most pins that a file system holds. */
export function pinCapacity(g: Geometry): number {
  return Math.floor((g.bsize - PINS_AT - PinHead.size) / PinRecord.size);
}

/** Byte of pin `index`, from the start of the block. */
export function pinAt(index: number): number {
  return PINS_AT + PinHead.size + index * PinRecord.size;
}

/** A pinned checkpoint: serial of its last partial segment, address of its ifile's inode, seconds. */
export interface Pin {
  readonly serial: number;
  readonly idaddr: number;
  readonly time: number;
}

/** Records one behind the other. */
export function decodePins(bytes: Uint8Array): Pin[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / PinRecord.size) }, (_, n) => {
    const { serial, idaddr, time } = PinRecord.read(view, n * PinRecord.size);
    return { serial: serial[0] + serial[1] * 2 ** 32, idaddr, time };
  });
}

/** How many pins a block 0 that begins at `at` holds; none when the list is no list. */
export function countPins(g: Geometry, view: DataView, at: number): number {
  const { magic, count } = PinHead.read(view, at + PINS_AT);
  return g.version === 1 || magic !== PINS_MAGIC || count > pinCapacity(g) ? 0 : count;
}

/** The pins in a block 0 that begins at `at` of `bytes`. */
export function readPins(g: Geometry, bytes: Uint8Array, at: number): Pin[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return decodePins(bytes.subarray(at + pinAt(0), at + pinAt(countPins(g, view, at))));
}

/** Whether the list was written for the checkpoint of a superblock with this serial and time. */
export function pinsAreOf(view: DataView, at: number, serial: readonly number[], time: number): boolean {
  const head = PinHead.read(view, at + PINS_AT);
  return head.serial[0] === serial[0] && head.serial[1] === serial[1] && head.time === time;
}
