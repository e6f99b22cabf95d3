/**
 * Phases 2 to 4: directories, connectivity, link counts.
 *
 * Here: the walk from the root. Not here: blocks (`check-blocks.ts`).
 * @module
 */
import { S_IFDIR, S_IFMT, ULFS_ROOTINO } from "../format/constants.ts";
import type { DinodeRecord } from "../format/dinode.ts";
import { DIRBLKSIZ, direntName, readDirent } from "../format/dirent.ts";
import { type Image, sizeOf } from "./image.ts";

/** Every directory from the root on, and then every count of links. */
export function checkTree(image: Image): void {
  const links = new Map<number, number>();
  const seen = new Set<number>();
  const root = image.inodes.get(ULFS_ROOTINO);
  if (root === undefined || (root.di_mode & S_IFMT) !== S_IFDIR) {
    image.report("directory", "there is no root");
    return;
  }
  const stack: [ino: number, parent: number][] = [[ULFS_ROOTINO, ULFS_ROOTINO]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [ino, parent] = top;
    if (seen.has(ino)) {
      image.report("directory", `${ino} has two parents`);
      continue;
    }
    seen.add(ino);
    checkDirectory(image, ino, parent, links, stack);
  }
  for (const [ino, di] of image.inodes) {
    if (ino < ULFS_ROOTINO) continue;
    const count = links.get(ino) ?? 0;
    if (count === 0 && di.di_nlink > 0) image.report("orphan", `nothing names inode ${ino}`);
    else if (count !== di.di_nlink) image.report("link-count", `inode ${ino} counts ${di.di_nlink}, has ${count}`);
  }
}

function checkDirectory(
  image: Image,
  ino: number,
  parent: number,
  links: Map<number, number>,
  stack: [number, number][],
): void {
  const di = image.inodes.get(ino) as DinodeRecord;
  const names = new Set<string>();
  if (sizeOf(di) > image.g.nseg * image.g.ssize) {
    image.report("directory", `${ino} is larger than the disk`);
    return;
  }
  let index = 0;
  for (let lbn = 0; lbn * image.g.bsize < sizeOf(di); lbn++) {
    const block = image.data(di, lbn);
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    const end = Math.min(block.length, sizeOf(di) - lbn * image.g.bsize);
    for (let chunk = 0; chunk < end; chunk += DIRBLKSIZ)
      for (let at = chunk; at < chunk + DIRBLKSIZ; index++) {
        const entry = readDirent(view, at, chunk + DIRBLKSIZ);
        if (entry === undefined) {
          image.report("directory", `${ino} is broken at ${lbn * image.g.bsize + at}`);
          break;
        }
        at += entry.reclen;
        if (entry.ino === 0) continue;
        const name = String.fromCharCode(...direntName(block, entry));
        if (names.has(name)) image.report("directory", `${ino} names ${name} twice`);
        names.add(name);
        links.set(entry.ino, (links.get(entry.ino) ?? 0) + 1);
        const special = index === 0 ? "." : index === 1 ? ".." : undefined;
        if (special !== undefined && name !== special) image.report("directory", `${ino} does not begin with . and ..`);
        if (name === "." || name === "..") {
          if (entry.ino !== (name === "." ? ino : parent))
            image.report("directory", `${name} of ${ino} is ${entry.ino}`);
          continue;
        }
        const target = image.inodes.get(entry.ino);
        if (target === undefined) {
          image.report("directory", `${name} in ${ino} names inode ${entry.ino}, which is free`);
          continue;
        }
        if (entry.type !== target.di_mode >> 12) image.report("directory", `${name} in ${ino} has a wrong type`);
        if ((target.di_mode & S_IFMT) === S_IFDIR) stack.push([entry.ino, ino]);
      }
  }
}
