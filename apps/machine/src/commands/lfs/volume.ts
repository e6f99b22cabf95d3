/**
 * `kintsugi lfs newfs`, `dump`, `fsck`, `clean`: a disk as a whole.
 *
 * Here: from words to @kintsugi/lfs and back to lines and exit codes. Not here: files (→ files.ts), time (→ history.ts).
 * @module
 */
import { getRandomValues } from "node:crypto";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import {
  applyRepair,
  createFileSystem,
  dumplfs,
  type Finding,
  fileDevice,
  fsck,
  geometryOf,
  type LfsFormat,
  newSuperblock,
  planRepair,
  type ReadDisk,
  readSuperblock,
} from "@kintsugi/lfs";
import type { Result } from "neverthrow";
import { EXIT_FAILED } from "../exit-codes.ts";
import { UsageError } from "../options.ts";
import { writeOut } from "../streams.ts";
import {
  arenaFor,
  DiskError,
  FIRST_SUPERBLOCK,
  now,
  openDisk,
  refuseMounted,
  SUPERBLOCK_SIZE,
  superblockOf,
  withBytes,
  withFiles,
} from "./disk.ts";
import { NEWFS_REFUSALS } from "./options.ts";

/** Bytes at the start of a file that tell whether something is in it. */
const LOOKED_AT = 65536;

export interface NewfsFlags {
  readonly size?: number;
  readonly bsize?: number;
  readonly fsize?: number;
  readonly ssize?: number;
  readonly format?: LfsFormat;
  readonly force?: boolean;
}

/** Makes an empty file system in a file, and the file if it is not there. */
export async function newfs(path: string, { size, force, ...sizes }: NewfsFlags): Promise<number> {
  refuseMounted(path);
  const there = await bytesThere(path);
  const wanted = size ?? there?.size;
  if (wanted === undefined) throw new UsageError(`${path}: there is no such file; --size SIZE makes one`);
  if (there?.holdsSomething === true && force !== true)
    throw new UsageError(`${path}: there is something in this file; --force overwrites it`);
  const options = { ident: getRandomValues(new Uint32Array(1))[0], time: Math.floor(now()), ...sizes };
  const superblock = newSuperblock({ size: wanted - (wanted % 512), ...options });
  if (typeof superblock === "string") throw new UsageError(NEWFS_REFUSALS[superblock]);
  const file = await open(path, there === undefined ? "wx+" : "r+");
  try {
    await file.truncate(wanted);
    const device = fileDevice(file, wanted - (wanted % 512));
    const made = await createFileSystem(device, { arena: arenaFor(superblock), ...options });
    if (made.isErr()) throw made.error instanceof Error ? made.error : new UsageError(NEWFS_REFUSALS[made.error]);
  } finally {
    await file.close();
  }
  return 0;
}

async function bytesThere(path: string): Promise<{ size: number; holdsSomething: boolean } | undefined> {
  if (!existsSync(path)) return undefined;
  return withBytes(path, (read, size) => ({ size, holdsSomething: read(0, LOOKED_AT).some(Boolean) }));
}

export async function dump(path: string): Promise<number> {
  const text = await withBytes(path, (read) => {
    superblockOf(path, read);
    return readable(path, dumplfs(read));
  });
  await writeOut(text);
  return 0;
}

/** What a tool made of a disk that it could read. */
export function readable<T>(path: string, made: Result<T, readonly Finding[]>): T {
  if (made.isOk()) return made.value;
  const why = made.error.map(({ text }) => text).join("; ");
  throw new DiskError(`${path}: it cannot be read: ${why}; kintsugi lfs fsck ${path} says more`);
}

/** A reader of the newest checkpoint; it throws where the ifile is not, which here is the disk's fault. */
export function readOrRefuse<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (reason) {
    const why = reason instanceof Error ? reason.message : String(reason);
    throw new DiskError(`${path}: it is broken: ${why}; kintsugi lfs fsck ${path} says more`);
  }
}

/** A line "rule: place" for everything that is wrong; with `-y` it is made good, and what that loses is said. */
export async function check(path: string, flags: { readonly yes?: boolean }): Promise<number> {
  let wrong = await findings(path);
  await writeOut(wrong.join(""));
  if (wrong.length > 0 && flags.yes === true) {
    refuseMounted(path);
    await writeOut(await repair(path));
    wrong = await findings(path);
    await writeOut(wrong.length === 0 ? `${path}: repaired\n` : wrong.join(""));
  } else if (wrong.length === 0) await writeOut(`${path}: clean\n`);
  return wrong.length === 0 ? 0 : EXIT_FAILED;
}

function findings(path: string): Promise<readonly string[]> {
  return withBytes(path, (read, size) => {
    const found = fsck(read).map(lineOf);
    const said = saidSize(read);
    return said > size ? [`superblock: a disk of ${said} bytes is in a file of ${size}\n`, ...found] : found;
  });
}

/** Bytes of the disk by its superblock; 0 when that is broken. */
function saidSize(read: ReadDisk): number {
  const superblock = readSuperblock(read(FIRST_SUPERBLOCK, SUPERBLOCK_SIZE));
  return typeof superblock === "string" ? 0 : superblock.lfs_size * geometryOf(superblock).unit;
}

/** Makes a disk good; the lines say what does not come back. */
async function repair(path: string): Promise<string> {
  const [plan, said] = await withBytes(path, (read) => [planRepair(read, Math.floor(now())), saidSize(read)] as const);
  if (plan.isErr())
    throw new DiskError(`${path}: it cannot be repaired: ${plan.error.map(({ text }) => text).join("; ")}`);
  const { file, device } = await openDisk(path, "r+");
  try {
    await applyRepair(plan.value, device);
    if ((await file.stat()).size < said) await file.truncate(said); // a file that was cut off ends in zeros again
  } finally {
    await file.close();
  }
  return plan.value.lost.map((finding) => `lost ${lineOf(finding)}`).join("");
}

const lineOf = ({ code, text }: Finding): string => `${code}: ${text}\n`;

/** Cleans as many segments as are asked for, or once as many as are not clean. */
export async function clean(path: string, flags: { readonly segments?: number }): Promise<number> {
  const { lfs_nseg, lfs_nclean } = await withBytes(path, (read) => superblockOf(path, read));
  const wanted = flags.segments ?? Math.max(1, lfs_nseg - lfs_nclean);
  const cleaned = await withFiles(path, { writes: true }, async (fs) => fs.clean(wanted));
  await writeOut(`${cleaned} segments cleaned\n`);
  return 0;
}
