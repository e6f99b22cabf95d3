/**
 * From an ELF file to the segments of a program, or to what is wrong with it.
 *
 * Here: every check that makes a file safe to load, as a pure function over a byte reader.
 * Not here: the records (`format.ts`), loading the pages (`../p3/pages.ts`), symbols (`symbols.ts`).
 * Reference: System V ABI chapter 5; docs/protocols.md section 3 for the places.
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import { PF_PERSISTENT } from "../protocol/address-space.ts";
import { type ElfError, type ElfErrorCode, hex } from "./error.ts";
import {
  ELFCLASS32,
  ELFDATA2LSB,
  ELFMAG,
  Elf32Ehdr,
  Elf32Phdr,
  EM_386,
  ET_EXEC,
  EV_CURRENT,
  PF_R,
  PF_W,
  PF_X,
  PT_DYNAMIC,
  PT_INTERP,
  PT_LOAD,
} from "./format.ts";
import {
  FIXED_REGIONS,
  IMAGE,
  MAX_PROGRAM_HEADERS,
  MAX_PROGRAM_PAGES,
  MAX_SEGMENTS,
  meets,
  PAGE_SIZE,
  PERSISTENT,
  USER_AREA_END,
  within,
} from "./layout.ts";

/**
 * Bytes of the file.
 * Called only with `offset + length` inside the file; gives exactly `length` bytes.
 */
export type ByteReader = (offset: number, length: number) => Uint8Array;

/** One PT_LOAD segment. Addresses and sizes in bytes. */
export interface Segment {
  readonly address: number;
  readonly memorySize: number;
  readonly fileOffset: number;
  readonly fileSize: number;
  /** Bits PF_R, PF_W, PF_X, which are those of X.2 fpages; PF_R always set: IA-32 pages can always be read. */
  readonly rights: number;
  /** Kept over a hot restart. */
  readonly persistent: boolean;
}

/** A program that can be loaded. */
export interface Program {
  readonly entry: number;
  /** By rising address; no two share a page. */
  readonly segments: readonly Segment[];
}

type Refused = Result<never, ElfError>;

function refuse(code: ElfErrorCode, text: string): Refused {
  return err({ code, text });
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** First address of the page after the segment. */
function pageEnd(segment: Segment): number {
  return Math.ceil((segment.address + segment.memorySize) / PAGE_SIZE) * PAGE_SIZE;
}

function pageStart(segment: Segment): number {
  return segment.address - (segment.address % PAGE_SIZE);
}

function range(segment: Segment): string {
  return `the segment ${hex(segment.address)}+${hex(segment.memorySize)}`;
}

/**
 * Parses and checks an executable of the size given.
 * @param read gives bytes of the file
 * @param size bytes that the file has
 */
export function parseElf(read: ByteReader, size: number): Result<Program, ElfError> {
  if (size < 4 || view(read(0, 4)).getUint32(0, true) !== ELFMAG)
    return refuse("not-elf", "no ELF file: it does not begin with 7F 'ELF'; run a program built for i386");
  if (size < Elf32Ehdr.size)
    return refuse("truncated", `the file ends after ${size} bytes, inside the ELF header; copy it again`);
  const header = Elf32Ehdr.read(view(read(0, Elf32Ehdr.size)), 0);
  if (header.e_class !== ELFCLASS32 || header.e_data !== ELFDATA2LSB || header.e_identVersion !== EV_CURRENT)
    return refuse(
      "wrong-class",
      `ELF class ${header.e_class}, data ${header.e_data}: only 32-bit little-endian programs run here; build for i386`,
    );
  if (header.e_machine !== EM_386)
    return refuse("wrong-machine", `built for machine ${header.e_machine}, not for 3 (i386); build for i386`);
  if (header.e_type !== ET_EXEC)
    return refuse("wrong-type", `ELF type ${header.e_type}, not 2 (executable); link it statically, not as PIE`);
  if (header.e_phnum === 0) return refuse("no-segments", "no program headers: nothing to load; link it as a program");
  if (header.e_phnum > MAX_PROGRAM_HEADERS)
    return refuse(
      "too-many-segments",
      `${header.e_phnum} program headers and at most ${MAX_PROGRAM_HEADERS} are read; merge some in the link script`,
    );
  if (header.e_phentsize !== Elf32Phdr.size || header.e_phoff + header.e_phnum * Elf32Phdr.size > size)
    return refuse("truncated", `the file ends after ${size} bytes, inside its program headers; copy it again`);

  const segments: Segment[] = [];
  for (let i = 0; i < header.e_phnum; i++) {
    const p = Elf32Phdr.read(view(read(header.e_phoff + i * Elf32Phdr.size, Elf32Phdr.size)), 0);
    if (p.p_type === PT_DYNAMIC || p.p_type === PT_INTERP)
      return refuse("dynamic", "it needs a dynamic linker, and there is none; link it statically");
    if (p.p_type !== PT_LOAD || p.p_memsz === 0) continue;
    const segment: Segment = {
      address: p.p_vaddr,
      memorySize: p.p_memsz,
      fileOffset: p.p_offset,
      fileSize: p.p_filesz,
      rights: (p.p_flags & (PF_W | PF_X)) | PF_R,
      persistent: (p.p_flags & PF_PERSISTENT) !== 0,
    };
    const fault = checkSegment(segment, size);
    if (fault !== undefined) return fault;
    if (segments.length === MAX_SEGMENTS)
      return refuse("too-many-segments", `more than ${MAX_SEGMENTS} loadable segments; merge some in the link script`);
    segments.push(segment);
  }
  return checkProgram(header.e_entry, segments);
}

/** Rules for one segment alone. */
function checkSegment(segment: Segment, size: number): Refused | undefined {
  const low = segment.address;
  const high = low + segment.memorySize;
  if (segment.fileSize > segment.memorySize)
    return refuse(
      "segment-larger-in-file",
      `${range(segment)} has more bytes in the file than in memory; link it again`,
    );
  if (segment.fileOffset + segment.fileSize > size)
    return refuse("segment-outside-file", `${range(segment)} lies beyond the file's ${size} bytes; copy it again`);
  if (high > USER_AREA_END)
    return refuse(
      "segment-in-kernel-area",
      `${range(segment)} reaches into the kernel area from ${hex(USER_AREA_END)}; link it at ${hex(IMAGE.low)}`,
    );
  for (const region of FIXED_REGIONS)
    if (meets(region, low, high))
      return refuse(
        "segment-in-fixed-area",
        `${range(segment)} lies over the ${region.name} at ${hex(region.low)}; link it at ${hex(IMAGE.low)}`,
      );
  const place = segment.persistent ? PERSISTENT : IMAGE;
  if (!segment.persistent && meets(PERSISTENT, low, high))
    return refuse(
      "segment-not-persistent",
      `${range(segment)} lies in persistent memory without the flag ${hex(PF_PERSISTENT)}; set it in PHDRS`,
    );
  if (!within(place, low, high))
    return refuse(
      "segment-outside-image",
      `${range(segment)} lies outside the ${place.name}, ${hex(place.low)} to ${hex(place.high)}; link it there`,
    );
  return undefined;
}

/** Rules for all segments together, and for the entry. */
function checkProgram(entry: number, unsorted: readonly Segment[]): Result<Program, ElfError> {
  if (unsorted.length === 0) return refuse("no-segments", "no loadable segments: nothing to run; link it as a program");
  const segments = unsorted.toSorted((a, b) => a.address - b.address);
  let pages = 0;
  let end = 0;
  for (const segment of segments) {
    if (pageStart(segment) < end)
      return refuse("segments-overlap", `${range(segment)} shares a page with the one below; align it to ${PAGE_SIZE}`);
    end = pageEnd(segment);
    pages += (end - pageStart(segment)) / PAGE_SIZE;
  }
  if (pages > MAX_PROGRAM_PAGES)
    return refuse("too-large", `it needs ${pages} pages and may have ${MAX_PROGRAM_PAGES}; make its data smaller`);
  const text = segments.find((s) => entry >= s.address && entry < s.address + s.memorySize);
  if (text === undefined || (text.rights & PF_X) === 0 || text.persistent)
    return refuse(
      "entry-outside-text",
      `the entry ${hex(entry)} is in no executable segment; set ENTRY in the link script`,
    );
  return ok({ entry, segments });
}
