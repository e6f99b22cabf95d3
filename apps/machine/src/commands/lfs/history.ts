/**
 * `kintsugi lfs snapshots`, `map`: the checkpoints that are still in the log.
 *
 * Here: listing and comparing them, and a frame of the map for each. Not here: finding them and drawing the page
 * (→ @kintsugi/lfs); reading files from one, which is `--at` of the commands in files.ts.
 * @module
 */
import { writeFile } from "node:fs/promises";
import {
  type Checkpoint,
  compareTrees,
  listCheckpoints,
  mapFrame,
  mapPage,
  type ReadDisk,
  type Superblock,
  writeSuperblock,
} from "@kintsugi/lfs";
import { writeOut } from "../streams.ts";
import { SUPERBLOCK_SIZE, version2, withBytes, withFiles } from "./disk.ts";
import { readOrRefuse } from "./volume.ts";

/** A line "serial time" for every whole checkpoint, oldest first; with `since` a line "kind path" for every change. */
export async function snapshots(
  path: string,
  flags: { readonly since?: number; readonly at?: number },
): Promise<number> {
  const checkpoints = await withBytes(path, (read) => {
    version2(path, read);
    return readOrRefuse(path, () => listCheckpoints(read));
  });
  if (flags.since !== undefined) return compare(path, flags.since, flags.at);
  const lines = checkpoints.map(({ serial, time }) => `${serial} ${new Date(time * 1000).toISOString()}\n`);
  await writeOut(lines.join(""));
  return 0;
}

function compare(path: string, since: number, at: number | undefined): Promise<number> {
  return withFiles(path, { at: since }, (before) =>
    withFiles(path, { at }, async (after) => {
      const changes = await compareTrees(before, after);
      await writeOut(changes.map((change) => `${change.kind} ${change.path === "" ? "/" : change.path}\n`).join(""));
      return 0;
    }),
  );
}

/** Writes the map's page to a file or to stdout: a frame for every whole checkpoint. */
export async function map(path: string, page: string | undefined): Promise<number> {
  const html = await withBytes(path, (read) => {
    const superblock = version2(path, read);
    return readOrRefuse(path, () => {
      const disks = listCheckpoints(read).map((checkpoint) => diskAt(read, superblock, checkpoint));
      const frames = (disks.length === 0 ? [read] : disks).map((disk) => mapFrame(disk));
      return mapPage(frames.filter((frame) => frame !== undefined));
    });
  });
  if (page === undefined) await writeOut(html);
  else await writeFile(page, html);
  return 0;
}

/** The disk as an older checkpoint left it: its superblocks lead to that one's ifile. */
function diskAt(read: ReadDisk, superblock: Superblock, checkpoint: Checkpoint): ReadDisk {
  const { idaddr, time } = checkpoint;
  const bytes = new Uint8Array(SUPERBLOCK_SIZE);
  // The ifile's inode is the last thing that a checkpoint writes, so the log went on in its segment.
  writeSuperblock(bytes, 0, { ...superblock, lfs_idaddr: idaddr, lfs_curseg: idaddr, lfs_tstamp: [time, 0] });
  const places = superblock.lfs_sboffs.slice(0, 2).map((address) => address * superblock.lfs_fsize);
  return (offset, length) => (places.includes(offset) ? bytes.slice(0, length) : read(offset, length));
}
