/**
 * Multiboot 1: a kernel, its modules and what it is told.
 *
 * Here: header, ELF32 and address-field images, page-aligned modules, the information structure, the first registers.
 * Not here: video modes, drives, APM, symbols. Multiboot Specification 0.6.96, sections 3.1 to 3.3; System V ABI, ELF.
 * @module
 */
import type { GuestMemory } from "@kintsugi/ia32";
import { err, ok, type Result } from "neverthrow";
import type { ImageError } from "./image-error.ts";
import { HIGH_MEMORY, LOW_MEMORY_END, memoryRanges, type StartRegisters, writeDescriptors } from "./protected-start.ts";

const HEADER_MAGIC = 0x1badb002;
const LOADER_MAGIC = 0x2badb002;
/** The header lies in the first 8 KiB. */
const HEADER_SEARCH = 8192;
const HEADER_ADDRESSES = 0x10000;
/** Bits 0 to 15 that a loader must know; those of pages and memory it always grants. */
const HEADER_REQUIRED = 0xfffc & ~0x4;
/** Memory sizes, command line, modules, memory map, loader's name. */
const INFO_FLAGS = 0x24d;
const INFO_SIZE = 88;
const INFO = 0x10000;
const ELF_MAGIC = 0x464c457f;
const ELF_386 = 3;
const PT_LOAD = 1;
const PAGE = 4096;
const ENCODER: TextEncoder = new TextEncoder();

/** A file, with the command line that goes with it. */
export interface MultibootFile {
  readonly bytes: Uint8Array;
  readonly commandLine: string;
}

interface Piece {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Bytes in memory: more than the file has are zeros. */
  readonly size: number;
}

interface Kernel {
  readonly entry: number;
  readonly pieces: readonly Piece[];
}

/** Loads everything into memory that is otherwise empty. */
export function loadMultiboot(
  memory: GuestMemory,
  kernel: MultibootFile,
  modules: readonly MultibootFile[],
): Result<StartRegisters, ImageError> {
  return parseKernel(kernel.bytes).andThen(({ entry, pieces }) => {
    const low = pieces.filter(({ address }) => address < HIGH_MEMORY);
    const kernelEnd = Math.max(HIGH_MEMORY, ...pieces.map(({ address, size }) => address + size));
    if (kernelEnd > memory.size || low.some(({ address, size }) => address + size > LOW_MEMORY_END))
      return err(tooLarge(`the kernel wants memory up to ${kernelEnd.toString(16)}`));
    const infoAt = Math.max(INFO, pageUp(Math.max(0, ...low.map(({ address, size }) => address + size))));
    let at = pageUp(kernelEnd);
    const places = modules.map(({ bytes }) => {
      const first = at;
      at = pageUp(at + bytes.length);
      return first;
    });
    if (at > memory.size) return err(tooLarge(`the modules reach up to ${at.toString(16)}`));
    const info = informationAt(infoAt, memory.size, kernel.commandLine, modules, places);
    if (infoAt + info.length > LOW_MEMORY_END) return err(tooLarge("the command lines are too long"));
    writeDescriptors(memory);
    for (const { address, bytes, size } of pieces) {
      memory.fill(address, size, 0);
      memory.writeBytes(address, bytes);
    }
    modules.forEach(({ bytes }, i) => {
      memory.writeBytes(places[i], bytes);
    });
    memory.writeBytes(infoAt, info);
    return ok({ eip: entry | 0, eax: LOADER_MAGIC, ebx: infoAt });
  });
}

const pageUp = (address: number): number => Math.ceil(address / PAGE) * PAGE;
const broken = (message: string): ImageError => ({ code: "broken", message });
const tooLarge = (message: string): ImageError => ({ code: "too-large", message });

function parseKernel(image: Uint8Array): Result<Kernel, ImageError> {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const word = (at: number): number => view.getUint32(at, true);
  for (let at = 0; at + 12 <= Math.min(HEADER_SEARCH, image.length); at += 4) {
    if (word(at) !== HEADER_MAGIC || (word(at) + word(at + 4) + word(at + 8)) >>> 0 !== 0) continue;
    const flags = word(at + 4);
    if (flags & HEADER_REQUIRED)
      return err({ code: "unsupported", message: `its header wants features ${(flags & 0xffff).toString(16)}` });
    if ((flags & HEADER_ADDRESSES) === 0) return parseElf(image, view);
    if (at + 32 > image.length) return err(broken("its header ends early"));
    const [header, load, loadEnd, bssEnd, entry] = [12, 16, 20, 24, 28].map((offset) => word(at + offset));
    const from = at - (header - load);
    const end = loadEnd === 0 ? image.length : from + loadEnd - load;
    if (header < load || from < 0 || end > image.length || end < from)
      return err(broken("its header's addresses lie outside the file"));
    const bytes = image.subarray(from, end);
    return ok({ entry, pieces: [{ address: load, bytes, size: Math.max(bytes.length, bssEnd - load) }] });
  }
  return err({ code: "not-multiboot", message: "it has no multiboot header in its first 8 KiB" });
}

function parseElf(image: Uint8Array, view: DataView): Result<Kernel, ImageError> {
  if (image.length < 52 || view.getUint32(0, true) !== ELF_MAGIC) return err(broken("it is no ELF file"));
  if (image[4] !== 1 || view.getUint16(18, true) !== ELF_386)
    return err({ code: "unsupported", message: "it is an ELF file of another processor than the 386" });
  const table = view.getUint32(28, true);
  const count = view.getUint16(44, true);
  const stride = view.getUint16(42, true);
  if (table + count * stride > image.length || stride < 32) return err(broken("its program headers lie outside it"));
  const virtualEntry = view.getUint32(24, true);
  let entry = virtualEntry;
  const pieces: Piece[] = [];
  for (let i = 0; i < count; i++) {
    const [type, offset, virtual, address, fileSize, size] = [0, 4, 8, 12, 16, 20].map((field) =>
      view.getUint32(table + i * stride + field, true),
    );
    if (type !== PT_LOAD || size === 0) continue;
    if (offset + fileSize > image.length || fileSize > size) return err(broken(`segment ${i} lies outside the file`));
    // An entry that is a virtual address is entered where its segment lies.
    if (virtualEntry >= virtual && virtualEntry - virtual < size) entry = virtualEntry - virtual + address;
    pieces.push({ address, bytes: image.subarray(offset, offset + fileSize), size });
  }
  return pieces.length === 0 ? err(broken("it has nothing to load")) : ok({ entry, pieces });
}

/** The information structure with everything that it points to, as it lies at `base`. */
function informationAt(
  base: number,
  memorySize: number,
  commandLine: string,
  modules: readonly MultibootFile[],
  places: readonly number[],
): Uint8Array {
  const ranges = memoryRanges(memorySize);
  const mapAt = INFO_SIZE;
  const modulesAt = mapAt + 24 * ranges.length;
  let stringsAt = modulesAt + 16 * modules.length;
  const strings = [commandLine, "kintsugi", ...modules.map((module) => module.commandLine)].map((text) => {
    const bytes = ENCODER.encode(`${text}\0`);
    const at = stringsAt;
    stringsAt += bytes.length;
    return { at, bytes };
  });
  const block = new Uint8Array(stringsAt);
  const view = new DataView(block.buffer);
  const words = (at: number, ...values: number[]): void => {
    for (const [i, value] of values.entries()) view.setUint32(at + 4 * i, value, true);
  };
  words(0, INFO_FLAGS, LOW_MEMORY_END >> 10, (memorySize - HIGH_MEMORY) >> 10, 0, base + strings[0].at);
  words(20, modules.length, base + modulesAt);
  words(44, 24 * ranges.length, base + mapAt);
  words(64, base + strings[1].at);
  ranges.forEach(({ first, count, type }, i) => {
    words(mapAt + 24 * i, 20, first, 0, count, 0, type);
  });
  modules.forEach(({ bytes }, i) => {
    words(modulesAt + 16 * i, places[i], places[i] + bytes.length, base + strings[2 + i].at, 0);
  });
  for (const { at, bytes } of strings) block.set(bytes, at);
  return block;
}
