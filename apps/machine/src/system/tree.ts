/**
 * What lies on the disk that the machine boots from.
 *
 * Here: which built programs lie where, and the lists of what the boot loader loads. Not here: the file system (→ ../ext2), booting
 * from it (→ boot-list.ts). The same programs give the same bytes.
 * @module
 */
import { readFileSync } from "node:fs";
import { guests as drivers } from "@kintsugi/drivers";
import { guests as programs } from "@kintsugi/programs";
import type { Result } from "neverthrow";
import type { ConsoleKind } from "../chips.ts";
import type { Ext2Error, Ext2Tree } from "../ext2/format.ts";
import { makeExt2 } from "../ext2/make.ts";

/** Programs of /bin. */
const PROGRAMS: readonly string[] = ["hello", "waveplay", "paint", "diskcopy"];

/** Modules of the terminal, by what it is. */
const TERMINALS: Readonly<Record<ConsoleKind, readonly string[]>> = {
  serial: ["serial /system/serial start server"],
  screen: ["keyboard /system/keyboard start server", "text /system/text start server device"],
};
const OTHERS: readonly string[] = [
  "parallel /system/parallel-exact start server",
  "msh /system/msh start",
  "pata /system/pata start server",
  "ext2 /system/ext2 start server args=pata",
];

const README = `Arc, restart recovery and all, on a PC made of TypeScript.

This disk holds what you are running: the boot loader has read /boot, /system
holds the servers and the shell, /bin the programs. Kill a server while you
read this file,

    crash pata page-fault
    cat ext2:/readme

and nothing is missing: its request is served again.
`;

const contents = (url: URL | undefined, name: string): Uint8Array => {
  if (url === undefined) throw new Error(`there is no built program '${name}': npm run guest:build`);
  return new Uint8Array(readFileSync(url));
};

/** The files and folders of the boot disk. */
export function systemTree(): Ext2Tree {
  const text = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(`${lines.join("\n")}\n`);
  const servers = Object.entries(drivers).filter(([name]) => !name.endsWith("-naive") || name.startsWith("parallel"));
  return {
    boot: Object.fromEntries(Object.entries(TERMINALS).map(([name, lines]) => [name, text([...lines, ...OTHERS])])),
    system: {
      ...Object.fromEntries(servers.map(([name, url]) => [name, contents(url, name)])),
      msh: contents(programs.msh, "msh"),
    },
    bin: Object.fromEntries(PROGRAMS.map((name) => [name, contents(programs[name], name)])),
    readme: new TextEncoder().encode(README),
  };
}

/** An image of the boot disk. `blocks` of 1 KiB; with some room when left out. */
export function systemImage(blocks: number = DEFAULT_BLOCKS): Result<Uint8Array, Ext2Error> {
  return makeExt2(systemTree(), { blocks });
}

const DEFAULT_BLOCKS = 4096;
