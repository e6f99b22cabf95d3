/**
 * Making and mounting a file system on a device that answers later.
 *
 * Here: `createFileSystem`, `mountFileSystem`. Not here: what can be done with it (`file-system.ts`).
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import type { BlockDevice } from "../block-device.ts";
import { MOUNT_NO_ROLL_FORWARD, MOUNT_READ_ONLY } from "../checkpoint/mount.ts";
import { type NewfsError, type NewfsOptions, newSuperblock } from "../format/new-superblock.ts";
import { writeSuperblock } from "../format/superblock.ts";
import { asLfsError, Driver, type LfsError } from "./driver.ts";
import { LfsFileSystem } from "./file-system.ts";

/** How to mount. */
export interface MountOptions {
  /** All mounted state; as large as the cache shall be. */
  readonly arena: Uint8Array;
  /** Seconds since 1970, with fractions. */
  readonly now: () => number;
  readonly readOnly?: boolean;
  /** The `idaddr` of an older checkpoint (`listCheckpoints`): it is mounted read-only. */
  readonly checkpoint?: number;
}

/** Makes an empty file system on a device. */
export async function createFileSystem(
  device: BlockDevice,
  options: Omit<NewfsOptions, "size"> & { readonly arena: Uint8Array },
): Promise<Result<void, NewfsError | LfsError>> {
  const superblock = newSuperblock({ size: device.size, ...options });
  if (typeof superblock === "string") return err(superblock);
  const data = new Uint8Array(1024);
  writeSuperblock(data, 0, superblock);
  const driver = new Driver(device, options.arena, () => options.time);
  return driver.run({ name: "newfs", data }).then(
    () => ok(undefined),
    (reason) => err(asLfsError(reason)),
  );
}

/** Mounts a device; recovers what the log holds behind the last checkpoint. */
export async function mountFileSystem(
  device: BlockDevice,
  options: MountOptions,
): Promise<Result<LfsFileSystem, LfsError>> {
  const driver = new Driver(device, options.arena, options.now);
  return driver
    .run({ name: "mount", args: mountArguments(options) })
    .then(() => driver.run({ name: "statfs" }))
    .then(
      ({ results }) => ok(new LfsFileSystem(driver, results[1])),
      (reason) => err(asLfsError(reason)),
    );
}

function mountArguments(options: MountOptions): readonly number[] {
  if (options.checkpoint !== undefined) return [MOUNT_READ_ONLY | MOUNT_NO_ROLL_FORWARD, options.checkpoint];
  return [options.readOnly === true ? MOUNT_READ_ONLY : 0];
}
