/**
 * Kickstart: places sigma0, the root task and modules as L4Ka's loader would, and tells the kernel and programs of them.
 *
 * Here: what goes where, the memory descriptors in the loader's order, boot info. Not here: reading ELF (→ elf-image.ts),
 * the records' bytes (→ boot-info.ts), the KIP itself (→ @kintsugi/microkernel).
 *
 *     0x1000 …     boot info, multiboot information: the lowest pages that are free
 *     as linked    sigma0, root task: segments at their physical addresses
 *     … top        modules, page-aligned, the first one lowest
 *     top          the kernel's own memory
 *
 * Reference: X.2 on IA-32, what the loader does.
 * @module
 */
import type { GuestMemory } from "@kintsugi/ia32";
import {
  type BootConfig,
  MEMORY_BOOT_IMAGE,
  MEMORY_BOOT_INFO,
  MEMORY_BOOT_MODULE,
  MEMORY_CONVENTIONAL,
  MEMORY_RESERVED,
  MEMORY_SHARED,
  type MemoryDescription,
} from "@kintsugi/microkernel";
import { err, ok, type Result } from "neverthrow";
import type { ImageError } from "../pc/image-error.ts";
import { bootInfo, type LoadedModule, type LoadedServer, type MemoryRange, multibootInfo } from "./boot-info.ts";
import { type ElfImage, parseElf } from "./elf-image.ts";

const PAGE = 4096;
const MIB = 1 << 20;
/** As L4Ka's loader reserves for the kernel, but no more than a quarter of a small memory. */
const KERNEL_MEMORY: number = 16 * MIB;
/** End of RAM below the BIOS's data area, as a BIOS reports it. */
const LOW_MEMORY_END = 0x9fc00;
const VIDEO_MEMORY = 0xa0000;
const OPTION_ROMS = 0xc0000;
const BIOS_ROM = 0xf0000;
const HIGH_MEMORY = 0x100000;
/** Architecture-specific memory, and where a BIOS's type goes. */
const MEMORY_ARCHITECTURE = 0xf;
const SUBTYPE_SHIFT = 4;
const BIOS_RAM = 1;
const BIOS_RESERVED = 2;
const CYCLES_PER_MICROSECOND = 100;

/** A file with its command line, verbatim. */
export interface L4File {
  readonly commandLine: string;
  readonly bytes: Uint8Array;
}

export interface L4Files {
  readonly sigma0: L4File;
  readonly root: L4File;
  readonly modules: readonly L4File[];
}

/** What is wrong, with the command line of the file that it concerns. */
export interface L4ImageError extends ImageError {
  readonly file: string;
}

interface Range {
  readonly low: number;
  readonly end: number;
}

/** Loads everything into memory that is otherwise empty, and says how the kernel is to be booted. */
export function kickstart(memory: GuestMemory, files: L4Files): Result<BootConfig, L4ImageError> {
  const arenaSize = Math.min(KERNEL_MEMORY, (memory.size >>> 2) & -PAGE);
  const kernel = memory.size - arenaSize;
  const images: ElfImage[] = [];
  for (const { commandLine, bytes } of [files.sigma0, files.root]) {
    const parsed = parseElf(bytes).andThen((image) => fits(image, kernel));
    if (parsed.isErr()) return err({ ...parsed.error, file: commandLine });
    images.push(parsed.value);
  }
  const [sigma0, root] = images;
  if (overlapping(sigma0, root))
    return err(problem(files.root, "broken", "it lies where sigma0 lies; link it elsewhere"));
  const placed = placeModules(files.modules, kernel, Math.max(HIGH_MEMORY, sigma0.end, root.end));
  if (placed.isErr()) return err(placed.error);
  const modules = placed.value;
  for (const { segments } of images)
    for (const { physical, bytes, size } of segments) {
      memory.fill(physical, size, 0);
      memory.writeBytes(physical, bytes);
    }
  for (const [i, { start }] of modules.entries()) memory.writeBytes(start, files.modules[i].bytes);

  const servers: LoadedServer[] = [
    { commandLine: files.sigma0.commandLine, image: sigma0 },
    { commandLine: files.root.commandLine, image: root },
  ];
  const ranges = biosMap(memory.size);
  const asMultiboot = (base: number): Uint8Array =>
    multibootInfo(
      base,
      memory.size,
      files.root.commandLine,
      [
        { start: kernel, end: memory.size, commandLine: "kernel" },
        ...servers.map(({ commandLine, image }) => ({ commandLine, start: image.low, end: image.end })),
        ...modules.map(({ commandLine, start, size }) => ({ commandLine, start, end: start + size })),
      ],
      ranges,
    );
  const infoSize = pageUp(bootInfo(servers, modules, 0).length);
  const tablesSize = pageUp(asMultiboot(0).length);
  const infoAt = freeLowPages(infoSize + tablesSize, [sigma0, root]);
  if (infoAt === 0)
    return err(
      problem(files.root, "too-large", "there is no room below 640 KiB for the boot info; link it above 1 MiB"),
    );
  const tablesAt = infoAt + infoSize;
  memory.writeBytes(infoAt, bootInfo(servers, modules, tablesAt));
  memory.writeBytes(tablesAt, asMultiboot(tablesAt));

  const descriptors: MemoryDescription[] = [
    { type: MEMORY_SHARED, low: 0, end: 2 ** 32 },
    ...ranges.map(({ low, end, type }) => ({
      type: (type === BIOS_RAM ? MEMORY_CONVENTIONAL : MEMORY_ARCHITECTURE) | (type << SUBTYPE_SHIFT),
      low,
      end,
    })),
    { type: MEMORY_RESERVED, low: kernel, end: memory.size },
    { type: MEMORY_SHARED, low: VIDEO_MEMORY, end: OPTION_ROMS },
    { type: MEMORY_SHARED, low: OPTION_ROMS, end: BIOS_ROM },
    ...images.map(({ low, end }) => ({ type: MEMORY_BOOT_IMAGE, low, end })),
    ...modules.map(({ start, size }) => ({ type: MEMORY_BOOT_MODULE, low: start, end: start + size })),
    { type: MEMORY_BOOT_INFO, low: infoAt, end: tablesAt },
    { type: MEMORY_BOOT_INFO, low: tablesAt, end: tablesAt + tablesSize },
  ];
  return ok({
    memorySize: memory.size,
    arenaSize,
    modules: [],
    sigma0: { ip: sigma0.entry, sp: 0, low: sigma0.low, high: sigma0.end },
    root: { ip: root.entry, sp: 0, low: root.low, high: root.end },
    loader: { bootInfo: infoAt, descriptors },
    cyclesPerMicrosecond: CYCLES_PER_MICROSECOND,
  });
}

function problem(file: L4File, code: ImageError["code"], message: string): L4ImageError {
  return { file: file.commandLine, code, message };
}

/** Every segment lies in RAM: below the video memory, or from 1 MiB up to the kernel's. */
function fits(image: ElfImage, kernel: number): Result<ElfImage, ImageError> {
  for (const { physical, size } of image.segments) {
    if (physical + size > kernel)
      return err({
        code: "too-large",
        message: `it wants memory up to ${hex(physical + size)}, RAM for it ends at ${hex(kernel)}`,
      });
    if (physical < HIGH_MEMORY && physical + size > LOW_MEMORY_END)
      return err({
        code: "broken",
        message: `${hex(physical)} to ${hex(physical + size)} is no RAM; link it elsewhere`,
      });
  }
  return ok(image);
}

function overlapping(a: ElfImage, b: ElfImage): boolean {
  return a.segments.some((one) =>
    b.segments.some((two) => one.physical < two.physical + two.size && two.physical < one.physical + one.size),
  );
}

/** Page-aligned right below the kernel's memory, in their order; they must stay above `least`. */
function placeModules(files: readonly L4File[], kernel: number, least: number): Result<LoadedModule[], L4ImageError> {
  let at = kernel - files.reduce((sum, { bytes }) => sum + pageUp(bytes.length), 0);
  const modules: LoadedModule[] = [];
  for (const file of files) {
    if (at < least) return err(problem(file, "too-large", "there is no room left for this module"));
    modules.push({ commandLine: file.commandLine, start: at, size: file.bytes.length });
    at += pageUp(file.bytes.length);
  }
  return ok(modules);
}

/** The lowest place from page 1 on for so many bytes that none of the ranges touches; 0 for none. */
function freeLowPages(size: number, taken: readonly Range[]): number {
  for (let at = PAGE; at + size <= (LOW_MEMORY_END & -PAGE); at += PAGE)
    if (taken.every(({ low, end }) => at >= pageUp(end) || at + size <= (low & -PAGE))) return at;
  return 0;
}

function biosMap(size: number): MemoryRange[] {
  return [
    { low: 0, end: LOW_MEMORY_END, type: BIOS_RAM },
    { low: LOW_MEMORY_END, end: VIDEO_MEMORY, type: BIOS_RESERVED },
    { low: BIOS_ROM, end: HIGH_MEMORY, type: BIOS_RESERVED },
    { low: HIGH_MEMORY, end: size, type: BIOS_RAM },
  ];
}

const pageUp = (address: number): number => Math.ceil(address / PAGE) * PAGE;
const hex = (address: number): string => `0x${address.toString(16)}`;
