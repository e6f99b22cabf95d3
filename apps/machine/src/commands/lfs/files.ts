/**
 * `kintsugi lfs ls`, `cat`, `put`, `get`, `import`, `export`: files, one by one and by trees.
 *
 * Here: paths of both sides, and what is refused of them. Not here: copying and listing (→ @kintsugi/lfs).
 * Contents, modes and times are carried; owners and hard links are not. A name that a disk gives is never trusted to
 * stay below the folder it is exported to.
 * @module
 */
import * as host from "node:fs/promises";
import { basename } from "node:path";
import { copyTree, type LfsFileSystem, listingOf, type ReadableTree, type WritableTree } from "@kintsugi/lfs";
import { writeOut } from "../streams.ts";
import { DiskError, type Use, withFiles } from "./disk.ts";

/** Bytes that `cat` reads at once. */
const PORTION: number = 1 << 20;

export interface ListFlags extends Use {
  readonly recursive?: boolean;
}

/** Names, a slash behind those of directories; with `-R` a line "size path" for every file below. */
export function list(image: string, path: string, { recursive, at }: ListFlags): Promise<number> {
  return withFiles(image, { at }, async (fs) => {
    const { size } = await fs.lstat(path);
    const name = basename(path);
    if (!(await isDirectory(fs, path))) await writeOut(recursive === true ? `${size} ${name}\n` : `${name}\n`);
    else if (recursive === true) await writeOut(await listingOf(fs, path));
    else {
      const entries = await fs.readdir(path, { withFileTypes: true });
      const lines = entries.map((entry) => `${entry.name}${entry.isDirectory() ? "/" : ""}\n`);
      await writeOut(lines.sort().join(""));
    }
    return 0;
  });
}

export function cat(image: string, paths: readonly string[], { at }: Use): Promise<number> {
  return withFiles(image, { at }, async (fs) => {
    for (const path of paths) await printFile(fs, path);
    return 0;
  });
}

async function printFile(fs: LfsFileSystem, path: string): Promise<void> {
  if ((await fs.stat(path)).isDirectory()) throw new DiskError(`${path}: it is a directory, and cat prints files`);
  const file = await fs.open(path);
  for (let bytesRead = PORTION; bytesRead === PORTION; ) {
    const buffer = new Uint8Array(PORTION);
    ({ bytesRead } = await file.read(buffer));
    await writeOut(buffer.subarray(0, bytesRead));
  }
  await file.close();
}

/** A host file into the disk, under a name or into a directory that is there. */
export async function put(image: string, from: string, to: string): Promise<number> {
  const source = await host.realpath(from);
  if (!(await host.stat(source)).isFile()) throw new DiskError(`${from}: it is no file; import takes directories`);
  return withFiles(image, { writes: true }, async (fs) => {
    await copyTree(host, source, fs, (await isDirectory(fs, to)) ? `${to}/${basename(from)}` : to);
    return 0;
  });
}

/** A file of the disk into a host file, or a directory that is there. */
export async function get(image: string, from: string, to: string | undefined, { at }: Use): Promise<number> {
  return withFiles(image, { at }, async (fs) => {
    if (!(await fs.stat(from)).isFile()) throw new DiskError(`${from}: it is no file; export takes directories`);
    const target = to ?? basename(from);
    const bytes = await fs.readFile(from);
    const { mode, mtimeMs } = await fs.stat(from);
    const made = (await isDirectory(host, target)) ? `${target}/${basename(from)}` : target;
    await host.writeFile(made, bytes);
    await host.chmod(made, mode & 0o777);
    await host.utimes(made, mtimeMs / 1000, mtimeMs / 1000);
    return 0;
  });
}

async function isDirectory(tree: Pick<LfsFileSystem, "stat"> | typeof host, path: string): Promise<boolean> {
  try {
    return (await tree.stat(path)).isDirectory();
  } catch {
    return false; // what is wrong with the path is said by writing to it
  }
}

/** What is in a host directory, into a directory of the disk, which is made if it is not there. */
export async function importTree(image: string, from: string, to: string): Promise<number> {
  const source = await host.realpath(from);
  if (!(await host.stat(source)).isDirectory()) throw new DiskError(`${from}: it is no directory; put takes files`);
  return withFiles(image, { writes: true }, async (fs) => {
    const target: WritableTree = {
      mkdir: (path) => fs.mkdir(path, { recursive: true, mode: 0o755 }),
      writeFile: (path, data) => fs.writeFile(path, data),
      symlink: (link, path) => fs.symlink(link, path),
      chmod: (path, mode) => fs.chmod(path, mode),
      utimes: (path, atime, mtime) => fs.utimes(path, atime, mtime),
    };
    const leftOut: string[] = [];
    const reading: ReadableTree = {
      readdir: (path) => host.readdir(path),
      readFile: (path) => host.readFile(path),
      readlink: (path) => host.readlink(path),
      async lstat(path) {
        const stats = await host.lstat(path);
        if (!stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink()) leftOut.push(path);
        return stats;
      },
    };
    await copyTree(reading, source, target, to.replace(/\/+$/, ""));
    for (const path of leftOut) process.stderr.write(`kintsugi: ${path}: left out, it is no file, directory or link\n`);
    return 0;
  });
}

/** What is in a directory of the disk, into a host directory that is new or empty. */
export async function exportTree(image: string, to: string, from: string, { at }: Use): Promise<number> {
  if (((await isDirectory(host, to)) ? await host.readdir(to) : []).length > 0)
    throw new DiskError(`${to}: it is not empty; name a new or empty directory`);
  return withFiles(image, { at }, async (fs) => {
    if (!(await fs.stat(from)).isDirectory()) throw new DiskError(`${from}: it is no directory; get takes files`);
    const reading: ReadableTree = {
      lstat: (path) => fs.lstat(path),
      readFile: (path) => fs.readFile(path),
      readlink: (path) => fs.readlink(path),
      async readdir(path) {
        const names = await fs.readdir(path);
        const bad = names.find((name) => name === "" || /[/\0]/.test(name));
        if (bad !== undefined)
          throw new DiskError(`${path}: the name '${bad}' in it is broken; nothing was made of it`);
        return names;
      },
    };
    // Nothing that is there already is followed or overwritten, not even when a disk gives a name twice.
    const target: WritableTree = {
      mkdir: (path) => host.mkdir(path, { recursive: path === to }),
      writeFile: (path, data) => host.writeFile(path, data, { flag: "wx" }),
      symlink: (link, path) => host.symlink(link, path),
      chmod: (path, mode) => host.chmod(path, mode),
      utimes: (path, atime, mtime) => host.utimes(path, atime, mtime),
    };
    await copyTree(reading, from.replace(/\/+$/, ""), target, to);
    return 0;
  });
}
