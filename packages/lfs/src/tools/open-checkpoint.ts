/**
 * A disk as one of its checkpoints has it, for tools that only look.
 *
 * Here: `openCheckpoint`. Not here: judging (`fsck/`), mounting (`checkpoint/mount.ts`).
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import { LFS_IFILE_INUM } from "../format/constants.ts";
import type { Pin } from "../format/pins.ts";
import { type Finding, Image, openImage, type ReadDisk } from "../fsck/image.ts";

/** The newest checkpoint, or an older one. The error says what keeps the disk from being read. */
export function openCheckpoint(read: ReadDisk, older?: Pin): Result<Image, readonly Finding[]> {
  const newest = openImage(read);
  if (Array.isArray(newest)) return err(newest);
  // The ifile's inode is the last thing that a checkpoint writes, so the log went on in its segment.
  const then = older && { lfs_idaddr: older.idaddr, lfs_curseg: older.idaddr, lfs_tstamp: [older.time, 0] };
  const image = then === undefined ? newest : new Image(read, { ...newest.sb, ...then });
  const at = image.sb.lfs_idaddr;
  if (image.inodeAt(at, LFS_IFILE_INUM) !== undefined) return ok(image);
  return err([...newest.findings, { code: "ifile", text: `its inode is not at ${at}` }]);
}
