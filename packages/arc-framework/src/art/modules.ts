/**
 * Boot modules: what the loader left in memory, from boot info to ART's table.
 *
 * Here: reading the boot info block, and what a command line says. Pure but for reading words.
 * Not here: mapping the modules and starting programs (`boot.ts`).
 * Reference: docs/protocols.md, section 10; X.2 on IA-32, boot info.
 * @module
 */
import { BOOT_INFO_HEADER_SIZE, BOOT_INFO_MAGIC, BOOT_RECORD_MODULE, BOOT_RECORD_RESET } from "@kintsugi/microkernel";
import type { WordReader } from "../server/table.ts";
import { packText, unpackText } from "../server/text.ts";
import { ARGUMENT_BYTES, MODULE_LIMIT, NAME_BYTES } from "./art-memory.ts";

/** Flag of a module's row: restarted by policy. Equal to PROCESS_FLAG_SERVER. */
export const MODULE_SERVER = 1;
/** ART starts it at boot. */
export const MODULE_START = 2;
/** It may have device memory. Equal to PROCESS_FLAG_DEVICE. */
export const MODULE_DEVICE = 4;

/** Its thread runs the resident program of this number, from here on in the flags; 0: its own code. */
export const MODULE_PROGRAM_SHIFT = 8;

/** The words of a command line that are flags. */
const MODULE_FLAGS: ReadonlyMap<string, number> = new Map([
  ["server", MODULE_SERVER],
  ["start", MODULE_START],
  ["device", MODULE_DEVICE],
]);

const COMMAND_LINE_LIMIT = 512;

export interface Module {
  readonly start: number;
  readonly size: number;
  readonly flags: number;
  readonly name: string;
  /** Arguments when it is started at boot. */
  readonly argument: string;
}

export interface BootInfo {
  readonly modules: readonly Module[];
  readonly resets: number;
  readonly reason: string;
}

/** The modules and the last reset, from the boot info block at `base`. Nothing, if there is no such block. */
export function readBootInfo(reader: WordReader, base: number): BootInfo {
  const modules: Module[] = [];
  let resets = 0;
  let reason = "";
  if (reader.read(base) !== BOOT_INFO_MAGIC) return { modules, resets, reason };
  let at = base + (reader.read(base + 12) || BOOT_INFO_HEADER_SIZE);
  for (let left = reader.read(base + 16); left > 0; left--) {
    const [type, , next, first, second, text] = [0, 4, 8, 12, 16, 20].map((offset) => reader.read(at + offset));
    if (type === BOOT_RECORD_MODULE && modules.length < MODULE_LIMIT)
      modules.push({ start: first, size: second, ...readCommandLine(readText(reader, at + text)) });
    if (type === BOOT_RECORD_RESET) {
      resets = first;
      reason = readText(reader, at + second);
    }
    if (next === 0) break;
    at += next;
  }
  return { modules, resets, reason };
}

/** Name, flags and arguments. Names and arguments that are too long are cut. */
export function readCommandLine(line: string): { name: string; flags: number; argument: string } {
  const [, name = "", rest = ""] = /^\s*(\S*)\s*(.*)$/s.exec(line) ?? [];
  const [, words = "", argument = ""] = /^(.*?)(?:(?:^|\s)args=(.*))?$/s.exec(rest) ?? [];
  const flags = words.split(/\s+/).map((word) => MODULE_FLAGS.get(word) ?? programFlag(word));
  return {
    name: name.slice(0, NAME_BYTES - 1),
    flags: flags.reduce((all, flag) => all | flag, 0),
    argument: argument.slice(0, ARGUMENT_BYTES - NAME_BYTES - 1),
  };
}

/** `resident=N`: the number, in its place; 0 for another word. */
function programFlag(word: string): number {
  const [, number = "0"] = /^resident=(\d{1,3})$/.exec(word) ?? [];
  return (Number(number) & 0xff) << MODULE_PROGRAM_SHIFT;
}

/** A module's row, as bytes. */
export function moduleRow(module: Module): Uint8Array {
  const words = new Int32Array(3 + (NAME_BYTES + ARGUMENT_BYTES) / 4);
  words.set([module.start, module.size, module.flags]);
  words.set(packText(module.name), 3);
  words.set(packText(module.argument), 3 + NAME_BYTES / 4);
  return new Uint8Array(words.buffer);
}

function readText(reader: WordReader, at: number): string {
  const base = at & ~3;
  const words: number[] = [];
  for (let i = 0; i < COMMAND_LINE_LIMIT / 4; i++) {
    words.push(reader.read(base + 4 * i));
    if (unpackText(words.slice(-1)).length < 4) break;
  }
  return unpackText(words);
}
