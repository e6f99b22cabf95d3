/**
 * ELF images of servers: what is loaded where, and where text, data and bss lie.
 *
 * Here: reading a 32-bit executable of the 386 from bytes that may be anything. Not here: placing it (→ kickstart.ts).
 * Segments go to their physical addresses; a segment that is larger in memory than in the file ends in zeros; where two
 * overlap, the later one counts. Reference: System V ABI, ELF; L4Ka's kickstart for what counts as text, data and bss.
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import type { ImageError } from "../pc/image-error.ts";

const MAGIC = 0x464c457f;
const HEADER_SIZE = 52;
const CLASS_32 = 1;
const LITTLE_ENDIAN = 1;
const TYPE_EXECUTABLE = 2;
const MACHINE_386 = 3;
const PT_LOAD = 1;
const PF_WRITE = 2;
const PROGRAM_HEADER_SIZE = 32;
const SECTION_HEADER_SIZE = 40;
const SHT_PROGBITS = 1;
const SHT_NOBITS = 8;
const SHF_WRITE = 1;
const SHF_ALLOC = 2;
const SHF_EXECUTE = 4;

/** A loadable segment. Addresses and sizes are bytes. */
export interface Segment {
  readonly physical: number;
  readonly virtual: number;
  /** What the file has; the rest of `size` is zeros. */
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly writable: boolean;
}

/** Where a part of the image lies once it is loaded. */
export interface Part {
  readonly physical: number;
  readonly virtual: number;
  readonly size: number;
}

export interface ElfImage {
  readonly entry: number;
  readonly segments: readonly Segment[];
  /** The lowest physical address, and the one behind the highest. */
  readonly low: number;
  readonly end: number;
  readonly text: Part;
  readonly data: Part;
  readonly bss: Part;
}

const NOTHING: Part = { physical: 0, virtual: 0, size: 0 };
const broken = (message: string): ImageError => ({ code: "broken", message });
const unsupported = (message: string): ImageError => ({ code: "unsupported", message });

/** Reads an executable. Fails with "broken" or "unsupported", and words for whoever gave the file. */
export function parseElf(file: Uint8Array): Result<ElfImage, ImageError> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_SIZE || view.getUint32(0, true) !== MAGIC) return err(broken("it is no ELF file"));
  if (file[4] !== CLASS_32 || file[5] !== LITTLE_ENDIAN || view.getUint16(18, true) !== MACHINE_386)
    return err(unsupported("it is an ELF file of another processor than the 386"));
  if (view.getUint16(16, true) !== TYPE_EXECUTABLE)
    return err(unsupported("it is no executable (an object or a library?); link it statically"));
  const table = view.getUint32(28, true);
  const stride = view.getUint16(42, true);
  const count = view.getUint16(44, true);
  if (table === 0 || count === 0) return err(broken("it has no program headers"));
  if (stride < PROGRAM_HEADER_SIZE || table + count * stride > file.length)
    return err(broken("its program headers lie outside the file"));
  const segments: Segment[] = [];
  for (let i = 0; i < count; i++) {
    const [type, offset, virtual, physical, fileSize, memorySize, flags] = [0, 4, 8, 12, 16, 20, 24].map((field) =>
      view.getUint32(table + i * stride + field, true),
    );
    const size = Math.max(fileSize, memorySize);
    if (type !== PT_LOAD || size === 0) continue;
    if (offset + fileSize > file.length) return err(broken(`segment ${i} lies outside the file`));
    if (physical + size > 2 ** 32) return err(broken(`segment ${i} reaches over 4 GiB`));
    const bytes = file.subarray(offset, offset + fileSize);
    segments.push({ physical, virtual, bytes, size, writable: (flags & PF_WRITE) !== 0 });
  }
  if (segments.length === 0) return err(broken("it has nothing to load"));
  return ok({
    entry: view.getUint32(24, true),
    segments,
    low: Math.min(...segments.map(({ physical }) => physical)),
    end: Math.max(...segments.map(({ physical, size }) => physical + size)),
    ...(partsBySections(view, segments) ?? partsBySegments(segments)),
  });
}

type Parts = Pick<ElfImage, "text" | "data" | "bss">;

/** Without section headers: what cannot be written is text, what the file does not have is bss. */
function partsBySegments(segments: readonly Segment[]): Parts {
  let [text, data, bss] = [NOTHING, NOTHING, NOTHING];
  for (const { physical, virtual, bytes, size, writable } of segments) {
    const part = { physical, virtual, size: bytes.length };
    if (writable) data = part;
    else text = part;
    if (size > bytes.length)
      bss = { physical: physical + bytes.length, virtual: virtual + bytes.length, size: size - bytes.length };
  }
  return { text, data, bss };
}

/** With section headers: the hull of the sections of each kind. Null without, or if they lie outside the file. */
function partsBySections(view: DataView, segments: readonly Segment[]): Parts | null {
  const table = view.getUint32(32, true);
  const stride = view.getUint16(46, true);
  const count = view.getUint16(48, true);
  if (table === 0 || count === 0) return null;
  if (stride < SECTION_HEADER_SIZE || table + count * stride > view.byteLength) return null;
  const hulls: [low: number, end: number][] = [0, 1, 2].map(() => [Number.POSITIVE_INFINITY, 0]);
  for (let i = 0; i < count; i++) {
    const [type, flags, address, size] = [4, 8, 12, 20].map((field) =>
      view.getUint32(table + i * stride + field, true),
    );
    if ((flags & SHF_ALLOC) === 0 || (type !== SHT_PROGBITS && type !== SHT_NOBITS)) continue;
    const isText = (flags & SHF_EXECUTE) !== 0 || (flags & SHF_WRITE) === 0;
    const hull = hulls[type === SHT_NOBITS ? 2 : isText ? 0 : 1];
    hull[0] = Math.min(hull[0], address);
    hull[1] = Math.max(hull[1], address + size);
  }
  const [text, data, bss] = hulls.map(([low, end]): Part => {
    const inside = segments.find(({ virtual, size }) => low >= virtual && low < virtual + size);
    return inside === undefined
      ? NOTHING
      : { physical: inside.physical + low - inside.virtual, virtual: low, size: end - low };
  });
  return { text, data, bss };
}
