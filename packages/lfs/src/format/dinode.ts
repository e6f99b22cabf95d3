/**
 * The inode on disk: 128 bytes.
 *
 * Here: its fields and where a given inode lies in a block of inodes. Not here: inodes in core (`inode/`).
 * @module
 */
import { type RecordOf, type Struct, struct } from "@kintsugi/records";
import { DINODE_SIZE } from "./constants.ts";

const FIELDS = {
  di_mode: "u16",
  /** Signed on disk; counts beyond 32767 are refused. */
  di_nlink: "u16",
  di_inumber: "u32",
  di_size: "words[2]",
  di_atime: "u32",
  di_atimensec: "u32",
  di_mtime: "u32",
  di_mtimensec: "u32",
  di_ctime: "u32",
  di_ctimensec: "u32",
  di_db: "words[12]",
  di_ib: "words[3]",
  di_flags: "u32",
  di_blocks: "u32",
  di_gen: "u32",
  di_uid: "u32",
  di_gid: "u32",
  di_modrev: "words[2]",
} as const;

export const Dinode: Struct<typeof FIELDS> = struct(FIELDS);
export type DinodeRecord = RecordOf<typeof FIELDS>;
/** Byte offsets, for code that reads single fields. */
export const DI: typeof Dinode.offsets = Dinode.offsets;

/**
 * Byte offset of the newest copy of an inode in the block of inodes `[at, at + length)`, or -1.
 * A block may hold an inode twice; the last slot wins.
 */
export function findDinode(bytes: Uint8Array, at: number, length: number, ino: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let p = at + length - DINODE_SIZE; p >= at; p -= DINODE_SIZE)
    if (view.getUint32(p + DI.di_inumber, true) === ino) return p;
  return -1;
}
