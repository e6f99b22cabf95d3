/**
 * A disk in a host file, and what `kintsugi lfs` says when it cannot be used.
 *
 * Here: opening, mounting and unmounting round a command, and the words of every refusal. Not here: what commands do
 * with it (→ the files beside this one).
 * @module
 */
import { closeSync, existsSync, openSync, readSync, realpathSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { constants } from "node:os";
import { getSystemErrorMessage } from "node:util";
import {
  type BlockDevice,
  fileDevice,
  geometryOf,
  LfsError,
  type LfsFileSystem,
  leastArenaSize,
  listCheckpoints,
  mountFileSystem,
  type ReadDisk,
  readSuperblock,
  type Superblock,
} from "@kintsugi/lfs";
import { mountedOn } from "../../lfs/fuse-mount.ts";

/** Where the first superblock lies, and the bytes kept for it. */
export const FIRST_SUPERBLOCK = 8192;
export const SUPERBLOCK_SIZE = 8192;

/** Bytes of cache beyond what a mount needs. */
const CACHE_SIZE: number = 32 << 20;

/** Something is wrong with a disk or a file, not with the command line: exit code 1. */
export class DiskError extends Error {
  override readonly name: string = "DiskError";
}

/** How the file system on a disk is used. */
export interface Use {
  readonly writes?: boolean;
  /** Serial of an older checkpoint, which is only read. */
  readonly at?: number | undefined;
}

/** Seconds since 1970. */
export const now = (): number => Date.now() / 1000;

/** All mounted state of a disk with this superblock. */
export function arenaFor(superblock: Superblock): Uint8Array {
  return new Uint8Array(leastArenaSize(geometryOf(superblock)) + CACHE_SIZE);
}

/** Refuses a disk that is mounted for the host: two who write to it would destroy it. */
export function refuseMounted(path: string): void {
  const directory = existsSync(path) ? mountedOn(realpathSync(path)) : undefined;
  if (directory !== undefined)
    throw new DiskError(`${path}: it is mounted on ${directory}; use the files there, or umount ${directory} first`);
}

/** Calls `use` with the raw bytes of a disk and its size; what lies behind the end of the file reads as zeros. */
export async function withBytes<T>(path: string, use: (read: ReadDisk, size: number) => Promise<T> | T): Promise<T> {
  const { file, device } = await openDisk(path, "r");
  await file.close();
  const descriptor = openSync(path, "r");
  try {
    return await use((offset, length) => {
      const bytes = new Uint8Array(length);
      for (let done = 0, got = 1; done < length && got > 0; done += got)
        got = readSync(descriptor, bytes, done, length - done, offset + done);
      return bytes;
    }, device.size);
  } finally {
    closeSync(descriptor);
  }
}

/** Opens a disk; the caller closes `file`. */
export async function openDisk(path: string, flags: "r" | "r+"): Promise<{ file: FileHandle; device: BlockDevice }> {
  if (!existsSync(path)) throw new DiskError(`${path}: there is no such file; kintsugi lfs newfs makes a disk`);
  const file = await open(path, flags);
  const stats = await file.stat();
  if (stats.isFile()) return { file, device: fileDevice(file, stats.size - (stats.size % 512)) };
  await file.close();
  throw new DiskError(`${path}: it is no file; name the file that holds the disk first`);
}

/** The first superblock of a disk, or a refusal that says what is there instead. */
export function superblockOf(path: string, read: ReadDisk): Superblock {
  const superblock = readSuperblock(read(FIRST_SUPERBLOCK, SUPERBLOCK_SIZE));
  if (typeof superblock !== "string") return superblock;
  const why = {
    short: "the file is too short to hold a file system",
    "bad-magic": "there is no log-structured file system in it",
    "foreign-endian": "it was written by a machine of the other byte order, which is not read",
    lfs64: "it is an LFS64, and only 32-bit file systems are read",
    "bad-version": "its version is none of 1 and 2",
    "bad-geometry": "its superblock is broken",
  }[superblock];
  throw new DiskError(`${path}: ${why}`);
}

/** As {@link superblockOf}, for what needs the serials of version 2. */
export function version2(path: string, read: ReadDisk): Superblock {
  const superblock = superblockOf(path, read);
  if (superblock.lfs_version === 2) return superblock;
  throw new DiskError(`${path}: it is of version 1, which keeps no older checkpoints`);
}

/** The address of a checkpoint's ifile, by the checkpoint's serial. */
export function addressOf(path: string, read: ReadDisk, serial: number): number {
  const checkpoint = listCheckpoints(read).find((one) => one.serial === serial);
  if (checkpoint !== undefined) return checkpoint.idaddr;
  throw new DiskError(
    `${path}: there is no whole checkpoint with serial ${serial}; kintsugi lfs snapshots ${path} lists them`,
  );
}

/** Mounts the file system on a disk round `use`. */
export async function withFiles<T>(path: string, how: Use, use: (fs: LfsFileSystem) => Promise<T>): Promise<T> {
  const { arena, checkpoint } = await withBytes(path, (read) => ({
    arena: arenaFor(superblockOf(path, read)),
    checkpoint: how.at === undefined ? {} : { checkpoint: addressOf(path, read, how.at) },
  }));
  const writes = how.writes === true;
  if (writes) refuseMounted(path);
  const { file, device } = await openDisk(path, writes ? "r+" : "r");
  try {
    const mounted = await mountFileSystem(device, { arena, now, readOnly: !writes, ...checkpoint });
    if (mounted.isErr()) throw new DiskError(`${path}: it cannot be mounted: ${wordsOf(mounted.error)}`);
    const fs = mounted.value;
    let result: T;
    try {
      result = await use(fs);
    } catch (reason) {
      await fs.unmount().catch(() => undefined); // the first refusal is the one to tell
      throw reason;
    }
    await fs.unmount();
    return result;
  } finally {
    await file.close();
  }
}

/** What the refusal of a command on this disk is in words; our own bugs are thrown on. */
export function describe(path: string, reason: unknown): string {
  if (reason instanceof DiskError) return reason.message;
  if (reason instanceof LfsError) return `${path}: ${wordsOf(reason)}`;
  // What the host's files refuse names the file; one of 2 GiB or more cannot be read whole.
  if (reason instanceof Error && ("syscall" in reason || ("code" in reason && reason.code === "ERR_FS_FILE_TOO_LARGE")))
    return reason.message;
  throw reason;
}

function wordsOf({ code, syscall, path }: LfsError): string {
  const errno = constants.errno[code as keyof typeof constants.errno];
  const words = errno === undefined ? code : `${code}: ${getSystemErrorMessage(-errno)}`;
  const hint = code === "EIO" ? "; kintsugi lfs fsck says what is broken" : "";
  return `${words}, ${syscall}${path === undefined ? "" : ` '${path === "" ? "/" : path}'`}${hint}`;
}
