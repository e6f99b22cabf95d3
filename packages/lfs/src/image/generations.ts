/**
 * Images of processes: a base and deltas, one file per generation, each whole or absent.
 *
 * Here: writing a generation, finding the latest, reading single pages, folding a chain, pins. Not here:
 * the bytes of a file (`generation-file.ts`). A generation is written under a name that means nothing,
 * renamed, and fsynced: the rest of its data, its inode and both directory changes reach the disk in one
 * group, so a name with a number on it always stands for a whole generation. A pin is a second name for
 * the files of a chain: what has a name is live for the cleaner, wherever it moves.
 * @module
 */
import type { Result } from "neverthrow";
import { S_IFDIR, S_IFREG } from "../format/constants.ts";
import { decodeRecords } from "../vfs/attributes.ts";
import {
  decodeHead,
  encodeHead,
  findPage,
  GenerationHeader,
  type GenerationIndex,
  headBytes,
  headLength,
} from "./generation-file.ts";
import {
  asciiBytes,
  asciiText,
  asResult,
  demand,
  directoryAt,
  type FileProgram,
  find,
  operate,
  type ProgramError,
  ProgramRefusal,
} from "./program.ts";

const DIRECTORY_MODE: number = S_IFDIR | 0o700;
const FILE_MODE: number = S_IFREG | 0o600;
const UNFINISHED = "unfinished";
const CHUNK = 65536;

/** A page that the caller gives: its number and bytes. */
export interface Page {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** One file of a chain: where it is and what is in it. */
interface ChainFile {
  readonly ino: number;
  readonly index: GenerationIndex;
}

/** A generation ready to be read: its own file first, the base last. Plain data; make it again at any time. */
export interface OpenGeneration {
  readonly generation: number;
  readonly pageSize: number;
  readonly pages: number;
  readonly chain: readonly ChainFile[];
}

/** What a new generation is. */
export interface NewGeneration {
  /** Directory of the image, from the root; made when it is not there. */
  readonly path: string;
  readonly pageSize: number;
  /** Pages of the whole image. */
  readonly pages: number;
  /** Pages that differ from the latest generation, rising by number; all of them for the first. */
  readonly dirty: readonly Page[];
}

/** Writes the next generation; its number. It is durable when this returns, and absent until then. */
export function writeGeneration(image: NewGeneration): FileProgram<Result<number, ProgramError>> {
  return asResult(writeNext(image));
}

function* writeNext(image: NewGeneration): FileProgram<number> {
  const directory = yield* directoryAt(image.path, DIRECTORY_MODE);
  const previous = Math.max(0, ...(yield* generationsIn(directory)));
  const whole = image.dirty.length === image.pages;
  if (previous === 0 && !whole) throw new ProgramRefusal("EINVAL");
  const generation = previous + 1;
  const numbers = Uint32Array.from(image.dirty, (page) => page.number);
  const { pageSize, pages } = image;
  const index = { generation, previous: whole ? 0 : previous, pageSize, pages, numbers };
  const ino = yield* startFile(directory);
  yield* writeAll(ino, 0, [encodeHead(index), ...image.dirty.map((page) => page.bytes)]);
  yield* finishFile(directory, ino, generation);
  return generation;
}

function* startFile(directory: number): FileProgram<number> {
  yield* operate({ name: "unlink", args: [directory], names: [asciiBytes(UNFINISHED)] }, "ENOENT");
  const made = yield* demand({ name: "create", args: [directory, FILE_MODE, 0, 0], names: [asciiBytes(UNFINISHED)] });
  return made.results[0];
}

function* finishFile(directory: number, ino: number, generation: number): FileProgram<void> {
  const names = [asciiBytes(UNFINISHED), asciiBytes(String(generation))];
  yield* demand({ name: "rename", args: [directory, directory], names });
  yield* demand({ name: "fsync", args: [ino] });
}

/** Writes parts one behind the other, gathered into operations of full size. */
function* writeAll(ino: number, from: number, parts: readonly Uint8Array[]): FileProgram<void> {
  const data = new Uint8Array(CHUNK);
  let at = from;
  let held = 0;
  for (const part of parts)
    for (let taken = 0; taken < part.length; ) {
      const length = Math.min(CHUNK - held, part.length - taken);
      data.set(part.subarray(taken, taken + length), held);
      held += length;
      taken += length;
      if (held < CHUNK) continue;
      yield* demand({ name: "write", args: [ino, at], data });
      at += held;
      held = 0;
    }
  if (held > 0) yield* demand({ name: "write", args: [ino, at], data: data.subarray(0, held) });
}

/** Numbers of the generations that have a file in a directory. */
function* generationsIn(directory: number): FileProgram<number[]> {
  const found: number[] = [];
  for (let cookie = 0; ; ) {
    const { data } = yield* demand({ name: "readdir", args: [directory, cookie] });
    const records = decodeRecords(data);
    if (records.length === 0) return found;
    for (const record of records) {
      const name = asciiText(record.name);
      if (/^[1-9][0-9]*$/.test(name)) found.push(Number(name));
    }
    cookie = records[records.length - 1].cookie;
  }
}

/** Opens a generation, the latest unless a number is given: reads the heads of its chain, no page. */
export function openGeneration(path: string, generation?: number): FileProgram<Result<OpenGeneration, ProgramError>> {
  return asResult(openChain(path, generation));
}

function* openChain(path: string, wanted: number | undefined): FileProgram<OpenGeneration> {
  const directory = yield* directoryAt(path, DIRECTORY_MODE);
  const generation = wanted ?? Math.max(0, ...(yield* generationsIn(directory)));
  const chain: ChainFile[] = [];
  for (let next = generation; next !== 0; ) {
    const ino = yield* find(directory, String(next));
    if (ino === undefined) throw new ProgramRefusal(chain.length === 0 ? "ENOENT" : "not-an-image");
    const index = yield* readIndex(ino);
    if (index.generation !== next || (index.previous !== 0 && index.previous >= next))
      throw new ProgramRefusal("not-an-image");
    chain.push({ ino, index });
    next = index.previous;
  }
  if (chain.length === 0) throw new ProgramRefusal("ENOENT");
  const { pageSize, pages } = chain[0].index;
  return { generation, pageSize, pages, chain };
}

function* readIndex(ino: number): FileProgram<GenerationIndex> {
  const head = yield* readBytes(ino, 0, GenerationHeader.size);
  const length = headLength(head);
  const index = length === undefined ? undefined : decodeHead(yield* readBytes(ino, 0, length));
  if (index === undefined) throw new ProgramRefusal("not-an-image");
  return index;
}

function* readBytes(ino: number, from: number, length: number): FileProgram<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += CHUNK) {
    const { data } = yield* demand({ name: "read", args: [ino, from + at, Math.min(CHUNK, length - at)] });
    bytes.set(data, at);
  }
  return bytes;
}

/** One page of a generation, from the newest file that has it; zeros when none has. */
export function readPage(open: OpenGeneration, page: number): FileProgram<Result<Uint8Array, ProgramError>> {
  return asResult(readOne(open, page));
}

function* readOne(open: OpenGeneration, page: number): FileProgram<Uint8Array> {
  for (const { ino, index } of open.chain) {
    const place = findPage(index.numbers, page);
    if (place === -1) continue;
    return yield* readBytes(ino, headBytes(open.pageSize, index.numbers.length) + place * open.pageSize, open.pageSize);
  }
  return new Uint8Array(open.pageSize);
}

/**
 * Makes the latest generation a base of its own when its chain is longer than `bound` files, and removes
 * the files that only older generations need. True when it did. For idle time; a crash loses nothing.
 */
export function foldGenerations(path: string, bound: number): FileProgram<Result<boolean, ProgramError>> {
  return asResult(fold(path, bound));
}

function* fold(path: string, bound: number): FileProgram<boolean> {
  const open = yield* openChain(path, undefined);
  if (open.chain.length <= bound) return false;
  const directory = yield* directoryAt(path, DIRECTORY_MODE);
  const { generation, pageSize, pages } = open;
  const numbers = Uint32Array.from({ length: pages }, (_, n) => n);
  const head = encodeHead({ generation, previous: 0, pageSize, pages, numbers });
  const ino = yield* startFile(directory);
  yield* writeAll(ino, 0, [head]);
  for (let page = 0; page < pages; page++)
    yield* writeAll(ino, head.length + page * pageSize, [yield* readOne(open, page)]);
  yield* finishFile(directory, ino, generation);
  for (const old of yield* generationsIn(directory))
    if (old < generation) yield* demand({ name: "unlink", args: [directory], names: [asciiBytes(String(old))] });
  return true;
}

/** Keeps a generation whatever becomes of its image: its files get names in the directory `pin`. Durable on return. */
export function pinGeneration(path: string, generation: number, pin: string): FileProgram<Result<void, ProgramError>> {
  return asResult(pinChain(path, generation, pin));
}

function* pinChain(path: string, generation: number, pin: string): FileProgram<void> {
  const open = yield* openChain(path, generation);
  const directory = yield* directoryAt(pin, DIRECTORY_MODE);
  for (const { ino, index } of open.chain)
    yield* operate({ name: "link", args: [ino, directory], names: [asciiBytes(String(index.generation))] }, "EEXIST");
  yield* demand({ name: "fsync", args: [directory] });
}
