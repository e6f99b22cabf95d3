/**
 * fsck: whether a disk holds a good file system, told by a reader that shares no code with the writer.
 *
 * Here: `fsck`, all phases. Not here: repair (`repair.ts`). What it judges is
 * the last checkpoint; a log that goes on behind it is for a mount to replay.
 * @module
 */
import { checkInodes } from "./check-blocks.ts";
import { checkSegments } from "./check-segments.ts";
import { checkTree } from "./check-tree.ts";
import { type Finding, openImage, type ReadDisk } from "./image.ts";

/** All that is wrong with the newest checkpoint, first phase first; empty for a good file system. */
export function fsck(read: ReadDisk): readonly Finding[] {
  const image = openImage(read);
  if (Array.isArray(image)) return image;
  if (image.inodeAt(image.sb.lfs_idaddr, 1) === undefined) {
    image.report("ifile", "its inode is not where the superblock says");
    return image.findings;
  }
  checkInodes(image);
  checkTree(image);
  checkSegments(image);
  return image.findings;
}
