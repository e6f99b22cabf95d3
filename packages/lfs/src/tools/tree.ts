/**
 * Trees of files by the names of fs/promises: listing, copying, comparing.
 *
 * Here: functions that work on our file system and on Node's alike. Not here: the commands (`apps/machine`).
 * Import and export are `copyTree` one way and the other; restoring a file from an older checkpoint too.
 * @module
 */
import { LfsError } from "../promises/driver.ts";

/** What of `fs/promises` these tools use. */
export interface ReadableTree {
  /** Names in a directory, without `.` and `..`. */
  readdir(path: string): Promise<string[]>;
  /** Does not follow a link. */
  lstat(path: string): Promise<TreeStats>;
  /** All bytes of a regular file. */
  readFile(path: string): Promise<Uint8Array>;
  /** The target of a symbolic link. */
  readlink(path: string): Promise<string>;
}

/** Where a tree is made; paths are absolute. */
export interface WritableTree {
  /** Makes a directory whose parent exists. */
  mkdir(path: string): Promise<unknown>;
  /** Makes a file, or gives one new contents. */
  writeFile(path: string, data: Uint8Array): Promise<void>;
  /** Makes a symbolic link at `path`. */
  symlink(target: string, path: string): Promise<void>;
  /** Sets the permission bits. */
  chmod(path: string, mode: number): Promise<void>;
  /** Sets both times, in seconds. */
  utimes(path: string, atime: number, mtime: number): Promise<void>;
}

/** What a tree tells of a file: the number of its inode, size in bytes, mode with type bits, milliseconds. */
export interface TreeStats {
  /** Where there is more than one device. */
  readonly dev?: number;
  readonly ino: number;
  readonly size: number;
  readonly mode: number;
  readonly mtimeMs: number;
  /** A regular file. */
  isFile(): boolean;
  /** A directory. */
  isDirectory(): boolean;
  /** A symbolic link, where links are not followed. */
  isSymbolicLink(): boolean;
}

/** A file of a tree; `path` is below the place where listing began, "" for that place. */
export interface TreeFile {
  readonly path: string;
  readonly stats: TreeStats;
}

const below = (path: string, name: string): string => (path === "" ? name : `${path}/${name}`);

/**
 * Everything below a place, directories before what they hold, names in the order of their code points. Rejects with ELOOP
 * for a directory in two places, as a damaged disk may have it: such a tree has no end.
 */
export async function listTree(tree: ReadableTree, at: string): Promise<TreeFile[]> {
  const found: TreeFile[] = [];
  const seen = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    const here = path === "" ? at : `${at.replace(/\/$/, "")}/${path}`;
    const stats = await tree.lstat(here);
    found.push({ path, stats });
    if (!stats.isDirectory()) return;
    const directory = `${stats.dev ?? 0} ${stats.ino}`;
    if (seen.has(directory)) throw new LfsError("ELOOP", "readdir", here);
    seen.add(directory);
    for (const name of (await tree.readdir(here)).sort()) await visit(below(path, name));
  };
  await visit("");
  return found;
}

/** `ls -R`: a line "size path" for every regular file. */
export async function listingOf(tree: ReadableTree, at: string): Promise<string> {
  const files = (await listTree(tree, at)).filter(({ stats }) => stats.isFile());
  return files.map(({ path, stats }) => `${stats.size} ${path}\n`).join("");
}

/** Copies a file, a link or a tree. Hard links become files of their own. What is no file, link or directory is left out. */
export async function copyTree(source: ReadableTree, from: string, target: WritableTree, to: string): Promise<void> {
  const files = await listTree(source, from);
  for (const { path, stats } of files) {
    const old = path === "" ? from : `${from}/${path}`;
    const made = path === "" ? to : `${to}/${path}`;
    if (stats.isDirectory()) await target.mkdir(made);
    else if (stats.isSymbolicLink()) await target.symlink(await source.readlink(old), made);
    else if (stats.isFile()) await target.writeFile(made, await source.readFile(old));
  }
  // Behind the contents, and directories behind what is in them: filling them changes their times.
  for (const { path, stats } of files.reverse()) {
    if (!stats.isDirectory() && !stats.isFile()) continue;
    const made = path === "" ? to : `${to}/${path}`;
    await target.chmod(made, stats.mode & 0o7777);
    await target.utimes(made, stats.mtimeMs / 1000, stats.mtimeMs / 1000);
  }
}

/** A path that is only in the second tree, only in the first, or not the same in both. */
export interface TreeChange {
  readonly path: string;
  readonly kind: "added" | "removed" | "changed";
}

/** Compares two trees: types, modes, sizes, contents, targets. */
export async function compareTrees(
  before: ReadableTree,
  after: ReadableTree,
  path: string = "",
): Promise<readonly TreeChange[]> {
  const old = new Map((await listTree(before, path)).map((file) => [file.path, file.stats]));
  const changes: TreeChange[] = [];
  for (const { path: name, stats } of await listTree(after, path)) {
    const was = old.get(name);
    old.delete(name);
    if (was === undefined) changes.push({ path: name, kind: "added" });
    else if (was.mode !== stats.mode || (await contentsDiffer(before, after, `${path}/${name}`, was, stats)))
      changes.push({ path: name, kind: "changed" });
  }
  for (const name of old.keys()) changes.push({ path: name, kind: "removed" });
  return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

async function contentsDiffer(
  before: ReadableTree,
  after: ReadableTree,
  path: string,
  was: TreeStats,
  is: TreeStats,
): Promise<boolean> {
  if (is.isSymbolicLink()) return (await before.readlink(path)) !== (await after.readlink(path));
  if (!is.isFile()) return false;
  if (was.size !== is.size) return true;
  const [a, b] = [await before.readFile(path), await after.readFile(path)];
  return a.some((byte, n) => byte !== b[n]);
}
