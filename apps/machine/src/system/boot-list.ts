/**
 * The boot loader's view of a disk: which files of it are boot modules.
 *
 * Here: the list in /boot, one for each console, and the modules that it names. Not here: how modules reach RAM (→ ../boot.ts).
 *
 *     NAME PATH WORD…     a line each: the module's name, its file, the words of its command line (docs/protocols.md, section 10)
 *
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import type { BootModule } from "../boot.ts";
import type { ConsoleKind } from "../chips.ts";
import type { Ext2Reader } from "../ext2/read.ts";

/** Why a disk cannot be booted from, with what it concerns. */
export interface BootListError {
  readonly message: string;
}

/** What the machine was asked for. */
export interface BootChoice {
  readonly console: ConsoleKind;
  /** Which parallel-port driver: /system/parallel-NAME. */
  readonly parallel: string;
}

/** Whether a disk has something to boot from. */
export function isBootable(disk: Ext2Reader): boolean {
  return disk.list("/boot").isOk();
}

/** The modules that a disk's list names, in its order. */
export function bootModulesOf(
  disk: Ext2Reader,
  { console, parallel }: BootChoice,
): Result<BootModule[], BootListError> {
  const listPath = `/boot/${console}`;
  const list = disk.read(listPath);
  if (list.isErr()) return err({ message: `${listPath}: ${list.error.text}` });
  const modules: BootModule[] = [];
  for (const line of new TextDecoder().decode(list.value).split("\n")) {
    if (line.trim() === "") continue;
    const [, name, path, words] = /^(\S+)\s+(\S+)\s*(.*)$/.exec(line.trim()) ?? [];
    if (name === undefined || path === undefined)
      return err({ message: `${listPath}: '${line}' names no file; write NAME PATH WORDS` });
    const bytes = disk.read(name === "parallel" ? `/system/parallel-${parallel}` : path);
    if (bytes.isErr()) return err({ message: `${listPath} names ${path}: ${bytes.error.text}` });
    modules.push({ name, commandLine: `${name} ${words}`.trim(), bytes: bytes.value });
  }
  return ok(modules);
}
