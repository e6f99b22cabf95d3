/**
 * What operations answer with, decoded.
 *
 * Here: the inode's attributes and directory records as plain values. Not here: the operations.
 * @module
 */
import { Dinode } from "../format/dinode.ts";

/** Attributes of a file. Times in seconds with fractions. */
export interface Attributes {
  readonly ino: number;
  /** Type and permissions, as in `st_mode`. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Fragments held (sectors in version 1). */
  readonly blocks: number;
  readonly generation: number;
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
  /** The fractions of the three times, exact. */
  readonly atimensec: number;
  readonly mtimensec: number;
  readonly ctimensec: number;
  /** Device number of a special file. */
  readonly rdev: number;
}

/** Decodes the data of `getattr`. */
export function decodeAttributes(data: Uint8Array): Attributes {
  const di = Dinode.read(new DataView(data.buffer, data.byteOffset, data.byteLength), 0);
  const type = di.di_mode & 0o170000;
  const special = type === 0o020000 || type === 0o060000;
  return {
    ino: di.di_inumber,
    mode: di.di_mode,
    nlink: di.di_nlink,
    uid: di.di_uid,
    gid: di.di_gid,
    size: di.di_size[0] + di.di_size[1] * 2 ** 32,
    blocks: di.di_blocks,
    generation: di.di_gen,
    atime: di.di_atime + di.di_atimensec / 1e9,
    mtime: di.di_mtime + di.di_mtimensec / 1e9,
    ctime: di.di_ctime + di.di_ctimensec / 1e9,
    atimensec: di.di_atimensec,
    mtimensec: di.di_mtimensec,
    ctimensec: di.di_ctimensec,
    rdev: special ? di.di_db[0] : 0,
  };
}

/** A name in a directory. */
export interface DirectoryRecord {
  readonly ino: number;
  /** `st_mode >> 12`. */
  readonly type: number;
  readonly name: Uint8Array;
  /** Where the next `readdir` goes on behind this record. */
  readonly cookie: number;
}

/** Decodes the data of `readdir`; the names are copies. */
export function decodeRecords(data: Uint8Array): DirectoryRecord[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const records: DirectoryRecord[] = [];
  for (let at = 0; at < data.length; ) {
    const length = view.getUint8(at + 9);
    records.push({
      ino: view.getUint32(at, true),
      cookie: view.getUint32(at + 4, true),
      type: view.getUint8(at + 8),
      name: data.slice(at + 12, at + 12 + length),
    });
    at += 12 + ((length + 4) & ~3);
  }
  return records;
}
