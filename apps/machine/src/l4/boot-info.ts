/**
 * Boot info: what the loader tells user programs of images and modules.
 *
 * Here: L4Ka's generic boot info and the multiboot information beside it, as bytes for an address. Not here: where they go
 * (→ kickstart.ts). Records: {type, version, offset_next, …}; command lines stand behind their record, NUL-terminated.
 * Reference: X.2 on IA-32, boot info; Multiboot Specification 0.6.96, section 3.3.
 * @module
 */
import {
  BOOT_INFO_HEADER_SIZE,
  BOOT_INFO_MAGIC,
  BOOT_RECORD_MODULE,
  BOOT_RECORD_SIMPLE_EXEC,
} from "@kintsugi/microkernel";
import type { ElfImage } from "./elf-image.ts";

const VERSION = 1;
const BOOT_RECORD_MULTIBOOT = 0x102;
const MODULE_RECORD_WORDS = 6;
const EXEC_RECORD_WORDS = 16;
const ELF_CLASS_32 = 1;
/** Memory sizes, command line, modules, memory map, loader's name. */
const MULTIBOOT_FLAGS = 0x24d;
const MULTIBOOT_SIZE = 88;
const LOADER_NAME = "kintsugi";
const ENCODER: TextEncoder = new TextEncoder();

/** sigma0 or the root task, loaded. */
export interface LoadedServer {
  readonly commandLine: string;
  readonly image: ElfImage;
}

/** A file as it lies in memory. */
export interface LoadedModule {
  readonly commandLine: string;
  readonly start: number;
  readonly size: number;
}

/** A range of the BIOS's memory map; type 1 is RAM. */
export interface MemoryRange {
  readonly low: number;
  readonly end: number;
  readonly type: number;
}

/** The generic boot info of both servers (simple executables), the modules, and the multiboot information's address. */
export function bootInfo(
  servers: readonly LoadedServer[],
  modules: readonly LoadedModule[],
  multiboot: number,
): Uint8Array {
  const records = [
    ...servers.map(({ commandLine, image: { entry, text, data, bss } }) =>
      record(
        [BOOT_RECORD_SIMPLE_EXEC, VERSION, 0, ...[text, data, bss].flatMap((p) => [p.physical, p.virtual, p.size])],
        [entry, ELF_CLASS_32, 0, 4 * EXEC_RECORD_WORDS],
        commandLine,
      ),
    ),
    ...modules.map(({ commandLine, start, size }) =>
      record([BOOT_RECORD_MODULE, VERSION, 0, start, size], [4 * MODULE_RECORD_WORDS], commandLine),
    ),
    words([BOOT_RECORD_MULTIBOOT, VERSION, 16, multiboot]),
  ];
  const size = BOOT_INFO_HEADER_SIZE + records.reduce((sum, { length }) => sum + length, 0);
  return join(words([BOOT_INFO_MAGIC, VERSION, size, BOOT_INFO_HEADER_SIZE, records.length, 0, 0, 0]), ...records);
}

/** The multiboot information as it lies at `base`, strings and tables included. The kernel's line is the root task's. */
export function multibootInfo(
  base: number,
  memorySize: number,
  commandLine: string,
  modules: readonly { readonly start: number; readonly end: number; readonly commandLine: string }[],
  ranges: readonly MemoryRange[],
): Uint8Array {
  const mapAt = MULTIBOOT_SIZE;
  const modulesAt = mapAt + 24 * ranges.length;
  const strings = [commandLine, LOADER_NAME, ...modules.map((module) => module.commandLine)].map(text);
  const places: number[] = [];
  let at = base + modulesAt + 16 * modules.length;
  for (const string of strings) {
    places.push(at);
    at += string.length;
  }
  const header = new Uint32Array(MULTIBOOT_SIZE / 4);
  const lowEnd = ranges[0].end;
  header.set([MULTIBOOT_FLAGS, lowEnd >> 10, (memorySize - 0x100000) >> 10, 0, places[0], modules.length]);
  header.set([base + modulesAt], 6);
  header.set([24 * ranges.length, base + mapAt], 11);
  header.set([places[1]], 16);
  return join(
    words([...header]),
    ...ranges.map(({ low, end, type }) => words([20, low, 0, end - low, 0, type])),
    ...modules.map(({ start, end }, i) => words([start, end, places[2 + i], 0])),
    ...strings,
  );
}

/** A record whose third word becomes its length; the command line follows. */
function record(head: readonly number[], tail: readonly number[], commandLine: string): Uint8Array {
  const fields = [...head, ...tail];
  const line = text(commandLine);
  const size = (4 * fields.length + line.length + 3) & ~3;
  fields[2] = size;
  const bytes = new Uint8Array(size);
  bytes.set(words(fields));
  bytes.set(line, 4 * fields.length);
  return bytes;
}

function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true);
  return bytes;
}

function text(string: string): Uint8Array {
  return ENCODER.encode(`${string}\0`);
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
