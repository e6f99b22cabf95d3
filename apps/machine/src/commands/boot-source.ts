/**
 * What the machine boots from: a disk, its own or the user's, or the programs that come with this package.
 *
 * Here: choosing, and refusing a disk that is damaged. Not here: what lies on the machine's own disk (→ ../system/tree.ts), reading
 * modules from a disk (→ ../system/boot-list.ts), files that are disks (→ ../host/disk-file.ts).
 * @module
 */
import { guests as drivers } from "@kintsugi/drivers";
import type { BootModule } from "../boot.ts";
import { MAGIC, SB, SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE, view } from "../ext2/format.ts";
import { openExt2 } from "../ext2/read.ts";
import { readDisk, sharedMedium } from "../host/disk-file.ts";
import { bootModules, guestModule } from "../host/modules.ts";
import { type BootChoice, bootModulesOf, isBootable } from "../system/boot-list.ts";
import { systemImage } from "../system/tree.ts";
import { UsageError } from "./options.ts";

export interface BootSource {
  readonly modules: BootModule[];
  /** Contents of the disk, in shared memory. */
  readonly disk: Uint8Array;
}

/** The disk in this file, or a new one in memory, and the boot modules. */
export function bootSource(path: string | undefined, choice: BootChoice): BootSource {
  if (path === undefined) {
    const image = systemImage();
    if (image.isErr()) throw new Error(image.error.text);
    const disk = sharedMedium(image.value.length);
    disk.set(image.value);
    return { modules: modulesOn(disk, choice), disk };
  }
  const disk = readDisk(path);
  if (disk.isErr()) throw new UsageError(disk.error.message);
  try {
    const modules = holdsExt2(disk.value) ? modulesOn(disk.value, choice) : modulesInRam(choice);
    return { modules, disk: disk.value };
  } catch (error) {
    throw new UsageError(`--disk ${path}: ${(error as Error).message}`);
  }
}

function holdsExt2(disk: Uint8Array): boolean {
  return (
    disk.length >= SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE &&
    view(disk).getUint16(SUPERBLOCK_OFFSET + SB.magic, true) === MAGIC
  );
}

/** From /boot of an Ext2 disk; from this package where the disk has none. @throws Error for a damaged disk */
function modulesOn(disk: Uint8Array, choice: BootChoice): BootModule[] {
  const opened = openExt2(disk);
  if (opened.isErr()) throw new Error(opened.error.text);
  if (!isBootable(opened.value)) return modulesInRam(choice);
  const modules = bootModulesOf(opened.value, choice);
  if (modules.isErr()) throw new Error(modules.error.message);
  return modules.value;
}

/** For a disk with no system on it: its driver, and the file system's server to be started when it is wanted. */
function modulesInRam({ console, parallel }: BootChoice): BootModule[] {
  return [
    ...bootModules(parallel, console),
    guestModule("pata", drivers.pata, "pata start server"),
    guestModule("ext2", drivers.ext2, "ext2 server"),
  ];
}
