/**
 * What `kintsugi pc` is made of: images read from host files, or a snapshot.
 *
 * Here: files to values, and what is wrong with them. Not here: options (→ command.ts), loaders (→ ../../pc/).
 * @module
 */
import { readFileSync } from "node:fs";
import { RTC_BOOT_CDROM, RTC_BOOT_DISK } from "@kintsugi/pc";
import type { BootImage } from "../../pc/boot-image.ts";
import { openDisc, openDisk } from "../../pc/disk-images.ts";
import type { MultibootFile } from "../../pc/multiboot.ts";
import type { Rom } from "../../pc/pc-chips.ts";
import type { PcConfiguration, PcSnapshot } from "../../pc/pc-machine.ts";
import { decodeSnapshot, type SavedPc } from "../../pc/snapshot-file.ts";
import { UsageError } from "../options.ts";
import { DEFAULT_MEMORY, DEFAULT_MODEL, type PcFlags, type RomFile } from "./command.ts";

const MIB = 1 << 20;
/** The calendar at power-on is always the same: a run depends on its inputs alone. */
const POWER_ON = { year: 2026, month: 1, day: 1, dayOfWeek: 5, hour: 0, minute: 0, second: 0 };

/** A machine to be built. */
export interface Prepared {
  readonly configuration: PcConfiguration;
  /** What is loaded at power-on and after each reset; null: firmware does it. */
  readonly boot: BootImage | null;
  /** Where to go on. */
  readonly snapshot: PcSnapshot | undefined;
}

/** @throws UsageError for options that do not go together, missing and broken files */
export function preparePc(flags: PcFlags): Prepared {
  const disk = flags.hda === undefined ? null : opened(flags.hda, openDisk);
  const disc = flags.cdrom === undefined ? null : opened(flags.cdrom, openDisc);
  if (flags.restore !== undefined) {
    const saved = restored(flags, flags.restore);
    sameDisk("--hda", saved.disks.hda, disk?.sectors ?? null);
    sameDisk("--cdrom", saved.disks.cdrom, disc?.blocks ?? null);
    const configuration = { ...saved.configuration, engine: { engine: flags.engine }, disk, disc };
    return { configuration, boot: saved.boot, snapshot: saved.snapshot };
  }
  check(flags);
  const memory = (flags.memory ?? DEFAULT_MEMORY) * MIB;
  const roms = readRoms(flags.rom, memory);
  const configuration: PcConfiguration = {
    engine: { engine: flags.engine },
    memory,
    model: flags.cpu ?? DEFAULT_MODEL,
    bios: flags.bios === undefined ? null : readBios(flags.bios),
    videoBios: flags.vgabios === undefined ? null : readImage(flags.vgabios),
    roms,
    disk,
    disc,
    time: POWER_ON,
    bootOrder: [RTC_BOOT_CDROM, RTC_BOOT_DISK],
  };
  return {
    configuration,
    boot: flags.kernel === undefined ? null : readBoot(flags, flags.kernel),
    snapshot: undefined,
  };
}

function check(flags: PcFlags): void {
  if (flags.kernel === undefined && flags.bios === undefined && flags.rom.length === 0)
    throw new UsageError("pc wants something to boot: --kernel, --bios or --rom");
  if (flags.kernel !== undefined && flags.bios !== undefined)
    throw new UsageError("--bios cannot go with --kernel, which needs none; leave one of them out");
  if (flags.bios !== undefined && flags.rom.length > 0)
    throw new UsageError("--bios cannot go with --rom; give the ROMs alone, or a BIOS that has them");
  if (flags.kernel === undefined)
    for (const name of ["append", "initrd", "module"] as const)
      if ((flags[name]?.length ?? 0) > 0) throw new UsageError(`--${name} goes with --kernel; give that too`);
  if (flags.vgabios !== undefined && flags.bios === undefined)
    throw new UsageError("--vgabios goes with --bios, which starts it; give that too");
}

function restored(flags: PcFlags, path: string): SavedPc {
  for (const name of ["kernel", "initrd", "bios", "vgabios", "memory", "cpu"] as const)
    if (flags[name] !== undefined)
      throw new UsageError(`--${name} cannot go with --restore, which has it; leave it out`);
  for (const name of ["append", "module", "rom"] as const)
    if (flags[name].length > 0) throw new UsageError(`--${name} cannot go with --restore, which has it; leave it out`);
  return decodeSnapshot(readImage(path)).match(
    (saved) => saved,
    (message) => {
      throw new UsageError(`--restore ${path}: ${message}`);
    },
  );
}

function sameDisk(option: string, saved: number | null, given: number | null): void {
  if (saved === given) return;
  if (saved === null) throw new UsageError(`${option} was not there when the machine was saved; leave it out`);
  if (given === null) throw new UsageError(`${option} was there when the machine was saved; give the same image`);
  throw new UsageError(`${option} had ${saved} sectors when the machine was saved, not ${given}; give the same image`);
}

function readBoot(flags: PcFlags, path: string): BootImage {
  return {
    kernel: readImage(path),
    name: path,
    append: flags.append,
    ramDisk: flags.initrd === undefined ? null : readImage(flags.initrd),
    modules: flags.module.map(readModule),
  };
}

function readModule(text: string): MultibootFile {
  const [path] = text.split(" ", 1);
  if (path === "") throw new UsageError(`--module wants 'FILE command line', not '${text}'`);
  return { bytes: readImage(path), commandLine: text };
}

function readRoms(files: readonly RomFile[], memory: number): readonly Rom[] {
  const roms: Rom[] = [];
  for (const { path, address } of files) {
    const bytes = readImage(path);
    const end = address + bytes.length;
    const clash = roms.some((rom) => address < rom.address + rom.bytes.length && rom.address < end);
    const display = address < 0xc0000 && end > 0xa0000;
    const at = address.toString(16);
    if (clash || display || end > 2 ** 32)
      throw new UsageError(`--rom ${path}@${at}: ${bytes.length} bytes do not fit there; choose another address`);
    if (address < memory && end > memory)
      throw new UsageError(`--rom at ${at} reaches over the end of RAM; choose another --memory`);
    roms.push({ address, bytes });
  }
  return roms;
}

function readImage(path: string): Uint8Array {
  const bytes = opened(path, (file) => readFileSync(file));
  if (bytes.length === 0) throw new UsageError(`${path}: the file is empty`);
  return bytes;
}

function opened<T>(path: string, open: (path: string) => T): T {
  try {
    return open(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${path}: ${code === "ENOENT" ? "there is no such file" : message}; check the path`);
  }
}

/** Any whole number of 64 KiB up to 16 MiB fits below 4 GiB. */
function readBios(path: string): Uint8Array {
  const bytes = readImage(path);
  if (bytes.length % 0x10000 !== 0 || bytes.length > 16 * MIB)
    throw new UsageError(`${path}: a BIOS has a multiple of 64 KiB, not ${bytes.length} bytes`);
  return bytes;
}
