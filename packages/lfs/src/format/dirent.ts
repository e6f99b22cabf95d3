/**
 * Directory entries: variable records that fill chunks of 512 bytes.
 *
 *   | ino u32 | reclen u16 | type u8 | namlen u8 | name, NUL padded to 4 |
 *
 * Here: walking a chunk, writing an entry, finding room. Not here: directories as files (`vfs/`).
 * A removed entry's bytes are given to the record before it; the first of a chunk gets inode 0.
 * @module
 */

export const DIRBLKSIZ = 512;
export const MAXNAMLEN = 255;
/** Bytes before the name. */
const HEADER = 8;

/** A record in a directory: `at` and `reclen` in bytes, `ino` 0 when it names nothing. */
export interface Dirent {
  readonly at: number;
  readonly ino: number;
  readonly reclen: number;
  readonly type: number;
  readonly namlen: number;
}

/** Bytes that a name needs: header, name, at least one NUL, rounded up to 4. */
export function direntSize(namlen: number): number {
  return HEADER + ((namlen + 4) & ~3);
}

/**
 * The record at `at`, whose chunk ends at `chunkEnd`; undefined when it cannot be one (a corrupted
 * directory must not send a walk into a loop).
 */
export function readDirent(view: DataView, at: number, chunkEnd: number): Dirent | undefined {
  if (at + HEADER > chunkEnd) return undefined;
  const reclen = view.getUint16(at + 4, true);
  const namlen = view.getUint8(at + 7);
  const ino = view.getUint32(at, true);
  const least = ino === 0 ? HEADER : direntSize(namlen);
  if (reclen % 4 !== 0 || reclen < least || at + reclen > chunkEnd) return undefined;
  return { at, ino, reclen, type: view.getUint8(at + 6), namlen };
}

/** Writes a record with its name; bytes behind the name up to the rounded size become NUL. */
export function writeDirent(
  bytes: Uint8Array,
  at: number,
  ino: number,
  reclen: number,
  type: number,
  name: Uint8Array,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(at, ino, true);
  view.setUint16(at + 4, reclen, true);
  view.setUint8(at + 6, type);
  view.setUint8(at + 7, name.length);
  bytes.fill(0, at + HEADER, at + direntSize(name.length));
  bytes.set(name, at + HEADER);
}

/** Whether the record at `entry` carries this name. */
export function direntNameIs(bytes: Uint8Array, entry: Dirent, name: Uint8Array): boolean {
  if (entry.namlen !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (bytes[entry.at + HEADER + i] !== name[i]) return false;
  return true;
}

/** The name's bytes, in place. */
export function direntName(bytes: Uint8Array, entry: Dirent): Uint8Array {
  return bytes.subarray(entry.at + HEADER, entry.at + HEADER + entry.namlen);
}

/** The first chunk of a new directory: "." and "..". */
export function writeEmptyDirectory(bytes: Uint8Array, at: number, ino: number, parent: number): void {
  bytes.fill(0, at, at + DIRBLKSIZ);
  writeDirent(bytes, at, ino, 12, 4, new Uint8Array([0x2e]));
  writeDirent(bytes, at + 12, parent, DIRBLKSIZ - 12, 4, new Uint8Array([0x2e, 0x2e]));
}
