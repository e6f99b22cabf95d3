/**
 * Where the text of a program lies in RAM.
 *
 * Here: finding the page that begins with its entry, loaded for a process or in the program's file. Not here: changing it.
 * @module
 */
import { parseElf } from "@kintsugi/arc-framework";

const PAGE = 4096;
/** The beginning of a file, as a little-endian word. */
const ELF_MAGIC = 0x464c457f;

/** A byte of that page that only a fault injector runs, near the beginning of every program. */
export const UNUSED_TEXT = 0x20;

/**
 * The page, as a view of `ram`; of several the first. Nothing where it is not there.
 * @param file the program's
 */
export function textPage(ram: Uint8Array, file: Uint8Array, where: "loaded" | "file"): Uint8Array | undefined {
  const program = parseElf((offset, length) => file.subarray(offset, offset + length), file.length).unwrapOr(undefined);
  const segment = program?.segments.find(({ address }) => address === program.entry);
  if (segment === undefined) return undefined;
  const text = file.subarray(segment.fileOffset, segment.fileOffset + PAGE);
  const words = new DataView(ram.buffer, ram.byteOffset, ram.length);
  const low = where === "file" ? segment.fileOffset % PAGE : 0;
  for (let at = low; at + PAGE <= ram.length; at += PAGE) {
    if (!text.every((byte, i) => ram[at + i] === byte)) continue;
    const header = at - segment.fileOffset;
    const inFile = header >= 0 && words.getUint32(header, true) === ELF_MAGIC;
    if (inFile === (where === "file")) return ram.subarray(at, at + PAGE);
  }
  return undefined;
}
