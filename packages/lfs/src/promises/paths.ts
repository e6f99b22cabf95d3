/**
 * From paths to inodes.
 *
 * Here: walking a path, following symbolic links. Not here: operations (`file-system.ts`). Paths begin at
 * the root, with or without "/"; "." and ".." are names that every directory has.
 * @module
 */
import { S_IFDIR, S_IFLNK, S_IFMT, ULFS_ROOTINO } from "../format/constants.ts";
import { type Attributes, decodeAttributes } from "../vfs/attributes.ts";
import { type Driver, LfsError } from "./driver.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** Links that one path may follow. */
const MAX_LINKS = 40;

/** A name in a directory that exists; the name itself may not. */
export interface Place {
  readonly directory: number;
  readonly name: Uint8Array;
}

export async function attributesOf(driver: Driver, ino: number, syscall: string, path?: string): Promise<Attributes> {
  return decodeAttributes((await driver.run({ name: "getattr", args: [ino] }, syscall, path)).data);
}

export async function readTarget(driver: Driver, ino: number, syscall: string, path?: string): Promise<string> {
  return decodeUtf8((await driver.run({ name: "readlink", args: [ino] }, syscall, path)).data);
}

/** The directory and last name of a path; links before the last name are followed. */
export async function resolvePlace(driver: Driver, path: string, syscall: string): Promise<Place> {
  const parts = path.split("/").filter((part) => part !== "");
  const last = parts.pop();
  if (last === undefined) throw new LfsError("EBUSY", syscall, path);
  const directory = await walk(driver, ULFS_ROOTINO, parts, syscall, path, { left: MAX_LINKS }, true);
  return { directory, name: encodeUtf8(last) };
}

/** The inode of a path; a link at the end is followed unless `follow` is false. */
export function resolve(driver: Driver, path: string, syscall: string, follow: boolean = true): Promise<number> {
  const parts = path.split("/").filter((part) => part !== "");
  return walk(driver, ULFS_ROOTINO, parts, syscall, path, { left: MAX_LINKS }, follow);
}

async function walk(
  driver: Driver,
  from: number,
  parts: readonly string[],
  syscall: string,
  path: string,
  links: { left: number },
  follow: boolean,
): Promise<number> {
  let at = from;
  for (const [n, part] of parts.entries()) {
    const next = (await driver.run({ name: "lookup", args: [at], names: [encodeUtf8(part)] }, syscall, path))
      .results[0];
    const isLast = n === parts.length - 1;
    const type = (await attributesOf(driver, next, syscall, path)).mode & S_IFMT;
    if (type !== S_IFLNK || (isLast && !follow)) {
      if (!isLast && type !== S_IFDIR) throw new LfsError("ENOTDIR", syscall, path);
      at = next;
      continue;
    }
    if (links.left-- === 0) throw new LfsError("ELOOP", syscall, path);
    const target = await readTarget(driver, next, syscall, path);
    const start = target.startsWith("/") ? ULFS_ROOTINO : at;
    const below = target.split("/").filter((p) => p !== "");
    at = await walk(driver, start, below, syscall, path, links, true);
  }
  return at;
}
