/**
 * The file of one generation of an image: a header, an index, pages.
 *
 *   | magic, version, generation, previous, page size, pages, count, crc | page numbers | pad | pages ... |
 *
 * Here: its bytes. Not here: names and chains (`generations.ts`). A base holds every page; a delta holds
 * the pages that differ from the generation before, and says which that is. The index fills whole pages,
 * so that a page of the image is a page of the file.
 * @module
 */
import { type Struct, struct } from "@kintsugi/records";
import { crc32 } from "../format/checksum.ts";

const FIELDS = {
  magic: "u32",
  version: "u32",
  generation: "u32",
  /** Generation that a delta is on top of; 0 for a base. */
  previous: "u32",
  pageSize: "u32",
  /** Pages of the whole image. */
  pages: "u32",
  /** Pages in this file. */
  count: "u32",
  /** CRC-32 of the header before it and of the index. */
  crc: "i32",
} as const;

export const GenerationHeader: Struct<typeof FIELDS> = struct(FIELDS);
const MAGIC = 0x494d474b;

/** What a generation's file says of itself. */
export interface GenerationIndex {
  readonly generation: number;
  readonly previous: number;
  readonly pageSize: number;
  readonly pages: number;
  /** Numbers of the pages in the file, rising. */
  readonly numbers: Uint32Array;
}

/** Bytes before the first page. */
export function headBytes(pageSize: number, count: number): number {
  return Math.ceil((GenerationHeader.size + 4 * count) / pageSize) * pageSize;
}

/** The head of a generation's file. */
export function encodeHead(index: GenerationIndex): Uint8Array {
  const bytes = new Uint8Array(headBytes(index.pageSize, index.numbers.length));
  const view = new DataView(bytes.buffer);
  const { generation, previous, pageSize, pages, numbers } = index;
  const header = { magic: MAGIC, version: 1, generation, previous, pageSize, pages, count: numbers.length };
  GenerationHeader.write(view, 0, header);
  for (const [n, page] of numbers.entries()) view.setUint32(GenerationHeader.size + 4 * n, page, true);
  GenerationHeader.write(view, 0, { crc: headCrc(bytes, numbers.length) });
  return bytes;
}

function headCrc(bytes: Uint8Array, count: number): number {
  const at = GenerationHeader.offsets.crc;
  return crc32(bytes, GenerationHeader.size, GenerationHeader.size + 4 * count, crc32(bytes, 0, at));
}

/** Bytes of the head that a header announces, or undefined when it is none. */
export function headLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < GenerationHeader.size) return undefined;
  const header = GenerationHeader.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
  const { magic, version, pageSize, pages, count } = header;
  const good = magic === MAGIC && version === 1 && pageSize >= 512 && pageSize <= 65536 && count <= pages;
  return good ? headBytes(pageSize, count) : undefined;
}

/** The head, or undefined when its bytes are not those that were written. */
export function decodeHead(bytes: Uint8Array): GenerationIndex | undefined {
  const length = headLength(bytes);
  if (length === undefined || bytes.length < length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = GenerationHeader.read(view, 0);
  if (header.crc !== headCrc(bytes, header.count)) return undefined;
  const numbers = new Uint32Array(header.count);
  for (let n = 0; n < header.count; n++) numbers[n] = view.getUint32(GenerationHeader.size + 4 * n, true);
  const { generation, previous, pageSize, pages } = header;
  return { generation, previous, pageSize, pages, numbers };
}

/** Place of a page in the file's list, or -1. */
export function findPage(numbers: Uint32Array, page: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle] === page) return middle;
    if (numbers[middle] < page) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
