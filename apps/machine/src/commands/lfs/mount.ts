/**
 * `kintsugi lfs mount`: a disk as a directory of the host, until it is unmounted.
 *
 * Here: what the command says and how it ends. Not here: FUSE (→ ../../lfs/). A checkpoint is written every 30
 * seconds in which something changed, as 4.4BSD's syncer does, and at the end; what was fsynced before survives
 * without.
 * @module
 */
import { closeSync, existsSync, openSync, realpathSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { geometryOf, LfsError, MOUNT_NO_ROLL_FORWARD, MOUNT_READ_ONLY } from "@kintsugi/lfs";
import { FileVolume } from "../../lfs/file-volume.ts";
import { MountError, type MountedFuse, mountFuse, unmountFuse } from "../../lfs/fuse-mount.ts";
import { FuseServer } from "../../lfs/fuse-server.ts";
import { EXIT_FAILED } from "../exit-codes.ts";
import { writeOut } from "../streams.ts";
import { addressOf, arenaFor, DiskError, now, refuseMounted, superblockOf, withBytes } from "./disk.ts";

const CHECKPOINT_MILLISECONDS = 30_000;

export interface MountFlags {
  readonly readOnly?: boolean;
  readonly at?: number;
}

/** Serves a disk on a directory until it is unmounted, by `umount` or a signal. */
export async function mount(path: string, directory: string, flags: MountFlags): Promise<number> {
  await readyDirectory(directory);
  const { superblock, checkpoint, size } = await withBytes(path, (read, size) => ({
    superblock: superblockOf(path, read),
    checkpoint: flags.at === undefined ? undefined : addressOf(path, read, flags.at),
    size,
  }));
  const readOnly = flags.readOnly === true || checkpoint !== undefined;
  if (!readOnly) refuseMounted(path);
  const descriptor = openSync(path, readOnly ? "r" : "r+");
  try {
    const { unit } = geometryOf(superblock);
    const volume = new FileVolume({ arena: arenaFor(superblock), descriptor, size, unit, now });
    const how =
      checkpoint === undefined
        ? [readOnly ? MOUNT_READ_ONLY : 0]
        : [MOUNT_READ_ONLY | MOUNT_NO_ROLL_FORWARD, checkpoint];
    const { error } = volume.run({ name: "mount", args: how });
    if (error !== undefined) throw new LfsError(error, "mount");
    const failed = await serve(volume, path, directory, readOnly);
    const last = volume.run({ name: "unmount" });
    if (last.error !== undefined) throw new LfsError(last.error, "unmount");
    return failed;
  } finally {
    closeSync(descriptor);
  }
}

/** A directory to mount on; what a server that was killed has left there is taken away first. */
async function readyDirectory(directory: string): Promise<void> {
  try {
    statSync(directory);
  } catch (reason) {
    if (!(reason instanceof Error && "code" in reason && reason.code === "ENOTCONN")) {
      if (!existsSync(directory)) throw new DiskError(`${directory}: there is no such directory to mount on`);
      throw reason;
    }
    await unmountFuse(directory, true);
  }
  if (!statSync(directory).isDirectory()) throw new DiskError(`${directory}: it is no directory`);
  await readdir(directory);
}

/**
 * A bug of ours. The other reader still waits for the kernel, and users of the directory wait for an answer: only the
 * end of the process closes the device, whereupon they hear ENOTCONN. What was fsynced is on the disk. The mount stays,
 * so that nobody goes on in the directory below it.
 */
function abandon(directory: string, reason: unknown): never {
  const text = reason instanceof Error ? reason.stack : reason;
  process.stderr.write(`kintsugi: ${text}\nkintsugi: ${directory} has no server any more; umount it and mount again\n`);
  process.exit(EXIT_FAILED);
}

async function serve(volume: FileVolume, path: string, directory: string, readOnly: boolean): Promise<number> {
  const server = new FuseServer(volume);
  let mounted: MountedFuse;
  try {
    mounted = await mountFuse(server, directory, { source: realpathSync(path), readOnly });
  } catch (reason) {
    if (!(reason instanceof MountError)) throw reason;
    volume.run({ name: "unmount" });
    const hint =
      process.getuid?.() === 0 ? "" : "; mounting wants root: use sudo, or unshare --user --map-root-user --mount";
    throw new DiskError(`${directory}: it cannot be mounted on: ${reason.message}${hint}`);
  }
  const timer = setInterval(() => {
    if (!server.changed) return;
    server.changed = false;
    try {
      const { error } = volume.run({ name: "sync" });
      if (error !== undefined) process.stderr.write(`kintsugi: ${path}: a checkpoint failed: ${error}\n`);
    } catch (reason) {
      abandon(directory, reason);
    }
  }, CHECKPOINT_MILLISECONDS);
  let signals = 0;
  let left: (code: number) => void = () => undefined;
  const forced = new Promise<number>((resolve) => {
    left = resolve;
  });
  const stop = async (): Promise<void> => {
    const again = signals++ > 0;
    const refused = await unmountFuse(directory, again);
    if (again) left(EXIT_FAILED);
    else if (refused !== undefined) {
      if (!readOnly) volume.run({ name: "sync" });
      process.stderr.write(
        `kintsugi: ${refused}; all is written; end its users, or signal again to leave them without it\n`,
      );
    }
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, stop);
  await writeOut(`${path} is mounted on ${directory}; umount ${directory} or Ctrl-C ends it\n`);
  const code = await Promise.race([
    mounted.ended.then(
      () => 0,
      (reason) => abandon(directory, reason),
    ),
    forced,
  ]);
  clearInterval(timer);
  for (const name of names) process.off(name, stop);
  return code;
}
