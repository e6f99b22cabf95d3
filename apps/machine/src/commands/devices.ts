/**
 * `--with DEVICE`: drivers beyond the serial and the parallel port, each with the program that uses it.
 *
 * Here: the names that the command line knows, and their boot modules. Not here: the drivers (→ @kintsugi/drivers).
 * @module
 */
import { guests as drivers } from "@kintsugi/drivers";
import { guests as programs } from "@kintsugi/programs";
import type { BootModule } from "../boot.ts";
import { guestModule } from "../host/modules.ts";
import { UsageError } from "./options.ts";

interface Device {
  /** Name of the server, and of its ELF file. */
  readonly server: string;
  readonly driver: string;
  /** Words of its boot module behind the name. */
  readonly words: string;
  readonly programs: readonly string[];
}

const sound = { server: "sound", words: "start server device", programs: ["waveplay"] };
const DEVICES: ReadonlyMap<string, Device> = new Map([
  ["sound", { ...sound, driver: "sound-buffered" }],
  ["sound-direct", { ...sound, driver: "sound-direct" }],
  ["video", { server: "video", driver: "video", words: "start server device", programs: ["paint"] }],
  ["ramdisk", { server: "ramdisk", driver: "ramdisk", words: "start server", programs: ["diskcopy"] }],
]);

/** The names that `--with` knows. */
export const DEVICE_NAMES: readonly string[] = [...DEVICES.keys()];

/** Name of a device, added to those given before. */
export function parseDevice(text: string, before: readonly string[]): readonly string[] {
  const device = DEVICES.get(text);
  if (device === undefined) throw new UsageError(`--with wants one of ${DEVICE_NAMES.join(", ")}, not '${text}'`);
  const rival = before.find((name) => DEVICES.get(name)?.server === device.server);
  if (rival !== undefined)
    throw new UsageError(
      `--with ${text}: ${rival} is aboard already, and both are called ${device.server}; leave one out`,
    );
  return [...before, text];
}

/** Boot modules of the devices: each server, started behind the shell, and the programs to use it. */
export function deviceModules(names: readonly string[]): BootModule[] {
  const devices = names.flatMap((name) => DEVICES.get(name) ?? []);
  return devices.flatMap(({ server, driver, words, programs: uses }) => [
    guestModule(server, drivers[driver], `${server} ${words}`),
    ...uses.map((name) => guestModule(name, programs[name])),
  ]);
}
