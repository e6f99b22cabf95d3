/**
 * Spaces: which pages a process has, and where.
 *
 * Here: the mapping database of each Space – found by process and address, listed by Space and by frame (a page's holders).
 * A Space stands for the user process and for its P3, which has the same pages at the same addresses and its own besides.
 * All in one step of the caller. Not here: the frames themselves (`page-table.ts`), map items (`memory.ts`).
 * Reference: thesis, appendices A.2.1 (holders), A.2.4 and B.2.
 * @module
 */
import { FPAGE_RWX, PAGE_SIZE } from "@kintsugi/microkernel";
import type { WordReader, WordWriter } from "../server/table.ts";
import { type ArtMemory, F, G, MP, P } from "./art-memory.ts";
import { giveFrame } from "./page-table.ts";

/** Beside the rwx bits of a mapping's rights: a write gets a copy of its own; others may be let in. */
export const MAPPING_COPY_ON_WRITE = 8;
export const MAPPING_SHARED = 16;

/** Row of the page of a Space at an address (any in it), 0 for none. */
export function findMapping({ mappings, buckets }: ArtMemory, tx: WordReader, pid: number, address: number): number {
  const page = pageAddress(address);
  let row = buckets.get(tx, bucketOf(buckets.rows, pid, page), 0);
  while (row !== 0 && !(mappings.get(tx, row, MP.pid) === pid && mappings.get(tx, row, MP.address) >>> 0 === page))
    row = mappings.get(tx, row, MP.bucketNext);
  return row;
}

/** The frame, unsigned, and the rights of a mapping. */
export function mappingAt(
  { mappings }: ArtMemory,
  tx: WordReader,
  row: number,
): { readonly pid: number; readonly address: number; readonly frame: number; readonly rights: number } {
  return {
    pid: mappings.get(tx, row, MP.pid),
    address: mappings.get(tx, row, MP.address) >>> 0,
    frame: mappings.get(tx, row, MP.frame),
    rights: mappings.get(tx, row, MP.rights),
  };
}

/** How many pages may still be held. */
export function mappingsLeft({ globals, mappings }: ArtMemory, tx: WordReader): number {
  return mappings.rows - 1 - globals.get(tx, 0, G.held);
}

/** Enters a frame into a Space, which has nothing there; there must be a mapping left. */
export function hold(
  memory: ArtMemory,
  tx: WordWriter,
  pid: number,
  address: number,
  frame: number,
  rights: number,
): void {
  const { mappings, buckets, processes, frames, globals } = memory;
  const row = takeRow(memory, tx);
  globals.set(tx, 0, G.held, globals.get(tx, 0, G.held) + 1);
  const next = processes.get(tx, pid - 1, P.mapping);
  const bucket = bucketOf(buckets.rows, pid, address);
  const words = {
    [MP.pid]: pid,
    [MP.address]: address,
    [MP.frame]: frame,
    [MP.rights]: rights,
    [MP.spaceNext]: next,
    [MP.spacePrevious]: 0,
    [MP.holderNext]: frames.get(tx, frame, F.holders),
    [MP.bucketNext]: buckets.get(tx, bucket, 0),
  };
  for (const [field, value] of Object.entries(words)) mappings.set(tx, row, Number(field), value);
  if (next !== 0) mappings.set(tx, next, MP.spacePrevious, row);
  processes.set(tx, pid - 1, P.mapping, row);
  processes.set(tx, pid - 1, P.pages, processes.get(tx, pid - 1, P.pages) + 1);
  frames.set(tx, frame, F.holders, row);
  buckets.set(tx, bucket, 0, row);
}

/** Takes a mapping out of its Space; a frame that nobody holds any more is free. */
export function drop(memory: ArtMemory, tx: WordWriter, row: number): void {
  const { mappings, buckets, processes, frames, globals } = memory;
  const { pid, address, frame } = mappingAt(memory, tx, row);
  const next = mappings.get(tx, row, MP.spaceNext);
  const previous = mappings.get(tx, row, MP.spacePrevious);
  if (next !== 0) mappings.set(tx, next, MP.spacePrevious, previous);
  if (previous !== 0) mappings.set(tx, previous, MP.spaceNext, next);
  else processes.set(tx, pid - 1, P.mapping, next);
  processes.set(tx, pid - 1, P.pages, processes.get(tx, pid - 1, P.pages) - 1);
  const bucket = bucketOf(buckets.rows, pid, address);
  unchain(tx, mappings, MP.bucketNext, row, buckets.get(tx, bucket, 0), (first) => buckets.set(tx, bucket, 0, first));
  const holders = frames.get(tx, frame, F.holders);
  unchain(tx, mappings, MP.holderNext, row, holders, (first) => frames.set(tx, frame, F.holders, first));
  mappings.set(tx, row, MP.pid, 0);
  mappings.set(tx, row, MP.spaceNext, globals.get(tx, 0, G.freeMapping));
  globals.set(tx, 0, G.freeMapping, row);
  globals.set(tx, 0, G.held, globals.get(tx, 0, G.held) - 1);
  if (frames.get(tx, frame, F.holders) === 0) giveFrame(memory, tx, frame);
}

/** Takes `row` out of the singly linked chain that begins with `first`. */
function unchain(
  tx: WordWriter,
  mappings: ArtMemory["mappings"],
  field: number,
  row: number,
  first: number,
  setFirst: (row: number) => void,
): void {
  const next = mappings.get(tx, row, field);
  if (first === row) {
    setFirst(next);
    return;
  }
  let at = first;
  while (mappings.get(tx, at, field) !== row) at = mappings.get(tx, at, field);
  mappings.set(tx, at, field, next);
}

function takeRow({ globals, mappings }: ArtMemory, tx: WordWriter): number {
  const free = globals.get(tx, 0, G.freeMapping);
  if (free !== 0) {
    globals.set(tx, 0, G.freeMapping, mappings.get(tx, free, MP.spaceNext));
    return free;
  }
  const row = globals.get(tx, 0, G.mappings) + 1;
  globals.set(tx, 0, G.mappings, row);
  return row;
}

/** Rows of a Space's pages in [low, high), by rising address. */
export function mappingsIn(memory: ArtMemory, tx: WordReader, pid: number, low: number, high: number): number[] {
  const rows: number[] = [];
  for (let page = pageAddress(low); page < high; page += PAGE_SIZE) {
    const row = findMapping(memory, tx, pid, page);
    if (row !== 0) rows.push(row);
  }
  return rows;
}

/** Up to `most` rows of a Space, the latest first. */
export function mappingsOf({ processes, mappings }: ArtMemory, tx: WordReader, pid: number, most: number): number[] {
  const rows: number[] = [];
  let row = processes.get(tx, pid - 1, P.mapping);
  for (; row !== 0 && rows.length < most; row = mappings.get(tx, row, MP.spaceNext)) rows.push(row);
  return rows;
}

/** Rows of everybody who holds a frame of RAM. */
export function holdersOf({ frames, mappings }: ArtMemory, tx: WordReader, frame: number): number[] {
  const rows: number[] = [];
  for (let row = frames.get(tx, frame, F.holders); row !== 0; row = mappings.get(tx, row, MP.holderNext))
    rows.push(row);
  return rows;
}

export function setRights({ mappings }: ArtMemory, tx: WordWriter, row: number, rights: number): void {
  mappings.set(tx, row, MP.rights, rights);
}

/** Rights of the map item: a copy-on-write page is not written until it is copied. */
export function mappedRights(rights: number): number {
  return rights & MAPPING_COPY_ON_WRITE ? rights & 0b101 : rights & FPAGE_RWX;
}

function pageAddress(address: number): number {
  return address - (address % PAGE_SIZE);
}

function bucketOf(buckets: number, pid: number, page: number): number {
  return (Math.imul(page / PAGE_SIZE + pid * 0x10001, 0x9e3779b1) >>> 0) % buckets;
}
