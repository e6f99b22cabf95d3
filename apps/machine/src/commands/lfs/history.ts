/**
 * `kintsugi lfs snapshots`, `map`: the checkpoints that are still in the log.
 *
 * Here: listing and comparing them, and a frame of the map for each. Not here: finding them and drawing the page
 * (→ @kintsugi/lfs); reading files from one, which is `--at` of the commands in files.ts.
 * @module
 */
import { writeFile } from "node:fs/promises";
import { type Checkpoint, compareTrees, listCheckpoints, mapFrame, mapPage } from "@kintsugi/lfs";
import { writeOut } from "../streams.ts";
import { addressOf, DiskError, superblockOf, version2, withBytes, withFiles } from "./disk.ts";
import { readable, readOrRefuse } from "./volume.ts";

export interface SnapshotFlags {
  readonly since?: number;
  readonly at?: number;
  readonly pin?: number;
  readonly unpin?: number;
}

/** A line "serial time" for every whole checkpoint, oldest first; with `since` a line "kind path" for every change. */
export async function snapshots(path: string, flags: SnapshotFlags): Promise<number> {
  const checkpoints = await withBytes(path, (read) => {
    version2(path, read);
    if (flags.pin !== undefined) addressOf(path, read, flags.pin); // refuses a serial that is not there
    return readOrRefuse(path, () => listCheckpoints(read));
  });
  if (flags.since !== undefined) return compare(path, flags.since, flags.at);
  if (flags.pin !== undefined || flags.unpin !== undefined) return changePins(path, checkpoints, flags);
  const lines = checkpoints.map(
    ({ serial, time, pinned }) => `${serial} ${new Date(time * 1000).toISOString()}${pinned ? " pinned" : ""}\n`,
  );
  await writeOut(lines.join(""));
  return 0;
}

function changePins(path: string, checkpoints: readonly Checkpoint[], { pin, unpin }: SnapshotFlags): Promise<number> {
  const wanted = checkpoints.find(({ serial }) => serial === pin);
  return withFiles(path, { writes: true }, async (fs) => {
    if (unpin !== undefined && !(await fs.pinnedCheckpoints()).some(({ serial }) => serial === unpin))
      throw new DiskError(`${path}: checkpoint ${unpin} is not pinned`);
    if (wanted !== undefined) await fs.pinCheckpoint(wanted);
    if (unpin !== undefined) await fs.unpinCheckpoint(unpin);
    return 0;
  });
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
    superblockOf(path, read);
    const checkpoints = readOrRefuse(path, () => listCheckpoints(read));
    const frames = checkpoints.length === 0 ? [mapFrame(read)] : checkpoints.map((older) => mapFrame(read, older));
    return mapPage(frames.map((frame) => readable(path, frame)));
  });
  if (page === undefined) await writeOut(html);
  else await writeFile(page, html);
  return 0;
}
