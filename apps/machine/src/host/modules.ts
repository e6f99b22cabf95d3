/**
 * The programs that come with the machine, read from their packages.
 *
 * Here: which ELF file is which boot module, and what starts at boot. Not here: building them (→ tools/guest).
 * @module
 */
import { readFileSync } from "node:fs";
import { guests as drivers } from "@kintsugi/drivers";
import { guests as programs } from "@kintsugi/programs";
import type { BootModule } from "../boot.ts";
import type { ConsoleKind } from "../chips.ts";

/** The terminal's servers, the chosen parallel-port driver and the shell start at boot; the rest can be run. */
export function bootModules(parallel: string, console: ConsoleKind = "serial"): BootModule[] {
  const terminal =
    console === "serial"
      ? [guestModule("serial", drivers.serial, "serial start server")]
      : [
          guestModule("keyboard", drivers.keyboard, "keyboard start server"),
          guestModule("text", drivers.text, "text start server device"),
        ];
  return [
    ...terminal,
    guestModule("parallel", drivers[`parallel-${parallel}`], "parallel start server"),
    guestModule("msh", programs.msh, "msh start"),
    guestModule("hello", programs.hello, "hello"),
  ];
}

/** A module from an ELF file of one of the packages. */
export function guestModule(name: string, file: URL | undefined, commandLine: string = name): BootModule {
  if (file === undefined)
    throw new Error(`there is no built program for the boot module '${name}': npm run guest:build`);
  return { name, commandLine, bytes: new Uint8Array(readFileSync(file)) };
}
