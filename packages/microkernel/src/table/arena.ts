/**
 * The kernel arena: tables over the top of guest RAM, all that the kernel keeps.
 *
 * Here: how big each table is, formatting, and finding the tables again from the header alone.
 * Not here: the fields (→ layout.ts), the rows' meaning (→ object/).
 * An `Arena` object can be thrown away at any step: a new one over the same bytes is the same kernel.
 * Tables are written as words, past the memory's page hooks: nothing maps their pages. Frames that
 * users or the processor see (UTCBs, page tables, KIP) are written through the memory.
 *
 *     base | header | threads spaces nodes frames kernel-frames regions priorities buckets | pool of 4 KiB frames | top
 * @module
 */
import { Table } from "@kintsugi/records";
import { err, ok, type Result } from "neverthrow";
import type { KernelDebugger, KernelMemory, KernelPorts, KernelProcessor } from "../hardware.ts";
import type { KernelObserver } from "../observer.ts";
import {
  type FrameFields,
  FrameRow,
  H,
  type HeaderFields,
  HeaderRow,
  K,
  type KernelFrameFields,
  KernelFrameRow,
  N,
  type NodeFields,
  NodeRow,
  type PriorityFields,
  PriorityRow,
  R,
  RESET_REASON_BYTES,
  type RegionFields,
  RegionRow,
  S,
  type SpaceFields,
  SpaceRow,
  T,
  type ThreadFields,
  ThreadRow,
} from "./layout.ts";

/** "KArn" */
export const ARENA_MAGIC = 0x6e72414b;
export const ARENA_VERSION = 4;
export const PRIORITIES = 256;
/** Buckets of the thread-number hash; a power of two. */
export const THREAD_BUCKETS = 1024;
/** Most rows for regions of I/O ports. */
const MAXIMUM_REGIONS = 4096;
/** Smallest arena that holds a kernel with two spaces and a few threads. */
export const MINIMUM_ARENA = 0x100000;

export type ArenaError =
  | { readonly code: "arena-size"; readonly text: string }
  | { readonly code: "no-arena"; readonly text: string }
  | { readonly code: "bad-arena"; readonly text: string };

/** What kernel objects act on besides the arena's own words. */
export interface ArenaHardware {
  readonly memory: KernelMemory;
  readonly processor: KernelProcessor;
  readonly ports: KernelPorts;
  readonly observer: KernelObserver;
  readonly debugger?: KernelDebugger | undefined;
}

/** The tables, and the machine that they describe. */
export class Arena {
  readonly memory: KernelMemory;
  readonly cpu: KernelProcessor;
  readonly ports: KernelPorts;
  readonly observer: KernelObserver;
  readonly debugger: KernelDebugger | undefined;
  /** Physical address of the first byte. */
  readonly base: number;
  readonly header: Table<HeaderFields>;
  readonly threads: Table<ThreadFields>;
  readonly spaces: Table<SpaceFields>;
  readonly nodes: Table<NodeFields>;
  readonly frames: Table<FrameFields>;
  readonly kernelFrames: Table<KernelFrameFields>;
  readonly regions: Table<RegionFields>;
  readonly priorities: Table<PriorityFields>;
  readonly words: Int32Array;

  /** Lays tables over an arena that {@link formatArena} or {@link findArena} has vouched for. */
  constructor(hardware: ArenaHardware, base: number) {
    const memory = hardware.memory;
    this.memory = memory;
    this.cpu = hardware.processor;
    this.ports = hardware.ports;
    this.observer = hardware.observer;
    this.debugger = hardware.debugger;
    this.base = base;
    const words = new Int32Array(memory.ram.buffer, memory.ram.byteOffset + base, (memory.size - base) >>> 2);
    const header = new Table(words, 0, 1, HeaderRow);
    const at = (field: number): number => header.get(0, field);
    this.words = words;
    this.header = header;
    this.threads = new Table(words, at(H.threadsAt), at(H.threadRows), ThreadRow);
    this.spaces = new Table(words, at(H.spacesAt), at(H.spaceRows), SpaceRow);
    this.nodes = new Table(words, at(H.nodesAt), at(H.nodeRows), NodeRow);
    this.frames = new Table(words, at(H.framesAt), at(H.frameRows), FrameRow);
    this.kernelFrames = new Table(words, at(H.kernelFramesAt), at(H.kernelFrameRows), KernelFrameRow);
    this.regions = new Table(words, at(H.regionsAt), at(H.regionRows), RegionRow);
    this.priorities = new Table(words, at(H.prioritiesAt), PRIORITIES, PriorityRow);
  }

  /** A word of the header. */
  get(field: number): number {
    return this.words[field];
  }

  set(field: number, value: number): void {
    this.words[field] = value;
  }

  /** Two words as a time in cycles. */
  getTime(table: Table<ThreadFields> | Table<HeaderFields>, row: number, field: number): number {
    return (table.get(row, field) >>> 0) + table.get(row, field + 1) * 2 ** 32;
  }

  setTime(table: Table<ThreadFields> | Table<HeaderFields>, row: number, field: number, cycles: number): void {
    table.set(row, field, cycles | 0); // modulo 2^32, exactly
    table.set(row, field + 1, Math.floor(cycles / 2 ** 32));
  }

  /** Lets kernel work take time. */
  charge(cycles: number): void {
    this.cpu.advance(cycles);
  }

  now(): number {
    return this.cpu.cycles;
  }
}

/** The text of the last reset's reason. */
export function resetReason(words: Int32Array): string {
  let text = "";
  for (let i = 0; i < RESET_REASON_BYTES; i++) {
    const byte = (words[H.resetReason + (i >> 2)] >>> (8 * (i & 3))) & 0xff;
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Keeps a reason, cut to {@link RESET_REASON_BYTES}; characters beyond Latin-1 become `?`. */
export function setResetReason(words: Int32Array, reason: string): void {
  words.fill(0, H.resetReason, H.resetReason + RESET_REASON_BYTES / 4);
  for (let i = 0; i < Math.min(reason.length, RESET_REASON_BYTES); i++) {
    const code = reason.charCodeAt(i);
    words[H.resetReason + (i >> 2)] |= (code > 0 && code < 256 ? code : 0x3f) << (8 * (i & 3));
  }
}

const toPage = (bytes: number): number => Math.ceil(bytes / 4096) * 4096;

/**
 * Makes an empty arena of `arenaSize` bytes (a multiple of 4096) at the top of memory. Reset count
 * and reason of a valid older arena there are kept; the boot count grows.
 */
export function formatArena(memory: KernelMemory, arenaSize: number): Result<number, ArenaError> {
  if (arenaSize % 4096 !== 0 || arenaSize < MINIMUM_ARENA || arenaSize * 2 > memory.size)
    return err({ code: "arena-size", text: `an arena of ${arenaSize} bytes in ${memory.size} bytes of memory` });
  const base = memory.size - arenaSize;
  const words = new Int32Array(memory.ram.buffer, memory.ram.byteOffset + base, arenaSize >>> 2);
  const old = findArena(memory);
  const kept = old.isOk()
    ? new Int32Array(memory.ram.buffer, memory.ram.byteOffset + old.value, H.threadsAt).slice()
    : null;

  const frameRows = memory.size >>> 12;
  const threadRows = Math.min(4096, Math.max(64, arenaSize >>> 13));
  const spaceRows = threadRows >>> 1;
  const regionRows = Math.min(MAXIMUM_REGIONS, arenaSize >>> 12);
  const fixed =
    4096 +
    threadRows * ThreadRow.size +
    spaceRows * SpaceRow.size +
    frameRows * FrameRow.size +
    regionRows * RegionRow.size +
    PRIORITIES * 8;
  const nodeRows = Math.min(frameRows * 4, Math.max(1024, Math.floor(arenaSize / 3 / NodeRow.size)));
  const kernelFrameRows = arenaSize >>> 12;
  let at = toPage(HeaderRow.size) >>> 2;
  const place = (rows: number, size: number): number => {
    const here = at;
    at += (rows * size) >>> 2;
    return here;
  };
  words.fill(0);
  if (kept !== null) {
    words[H.bootCount] = kept[H.bootCount];
    words[H.resetCount] = kept[H.resetCount];
    words.set(kept.subarray(H.resetReason, H.resetReason + RESET_REASON_BYTES / 4), H.resetReason);
  }
  words[H.bootCount]++;
  words[H.threadsAt] = place(threadRows, ThreadRow.size);
  words[H.threadRows] = threadRows;
  words[H.spacesAt] = place(spaceRows, SpaceRow.size);
  words[H.spaceRows] = spaceRows;
  words[H.nodesAt] = place(nodeRows, NodeRow.size);
  words[H.nodeRows] = nodeRows;
  words[H.framesAt] = place(frameRows, FrameRow.size);
  words[H.frameRows] = frameRows;
  words[H.kernelFramesAt] = place(kernelFrameRows, KernelFrameRow.size);
  words[H.regionsAt] = place(regionRows, RegionRow.size);
  words[H.regionRows] = regionRows;
  words[H.prioritiesAt] = place(PRIORITIES, PriorityRow.size);
  words[H.bucketsAt] = place(THREAD_BUCKETS, 4);
  const pool = toPage(at * 4);
  if (fixed > arenaSize || pool + 64 * 4096 > arenaSize)
    return err({ code: "arena-size", text: `${arenaSize} bytes do not hold the tables for ${memory.size} bytes` });
  words[H.poolBase] = base + pool;
  words[H.kernelFrameRows] = (arenaSize - pool) >>> 12;
  words[H.arenaBase] = base;
  words[H.arenaSize] = arenaSize;
  words[H.memorySize] = memory.size;
  words[H.version] = ARENA_VERSION;
  words[H.magic] = ARENA_MAGIC;

  chain(words, words[H.threadsAt], threadRows, ThreadRow.size >>> 2, T.freeNext);
  chain(words, words[H.spacesAt], spaceRows, SpaceRow.size >>> 2, S.freeNext);
  chain(words, words[H.nodesAt], nodeRows, NodeRow.size >>> 2, N.next);
  chain(words, words[H.kernelFramesAt], words[H.kernelFrameRows], KernelFrameRow.size >>> 2, K.next);
  chain(words, words[H.regionsAt], regionRows, RegionRow.size >>> 2, R.next);
  words[H.freeThread] = words[H.freeSpace] = words[H.freeNode] = words[H.freeKernelFrame] = words[H.freeRegion] = 1;
  return ok(base);
}

/** Links rows 1…rows-1 into a free list; row 0 stays nobody. */
function chain(words: Int32Array, base: number, rows: number, stride: number, link: number): void {
  for (let row = 1; row < rows - 1; row++) words[base + row * stride + link] = row + 1;
}

/** Physical base of the complete arena at the top of memory, after checking its header. */
export function findArena(memory: KernelMemory): Result<number, ArenaError> {
  const all = new Int32Array(memory.ram.buffer, memory.ram.byteOffset, memory.size >>> 2);
  let base = memory.size - MINIMUM_ARENA;
  while (base > 0 && !(all[base >>> 2] === ARENA_MAGIC && all[(base >>> 2) + H.arenaBase] === base)) base -= 4096;
  if (base <= 0) return err({ code: "no-arena", text: "no kernel arena in this memory" });
  const arenaSize = memory.size - base;
  const words = new Int32Array(memory.ram.buffer, memory.ram.byteOffset + base, arenaSize >>> 2);
  const bad = (text: string): Result<number, ArenaError> => err({ code: "bad-arena", text });
  if (words[H.version] !== ARENA_VERSION) return bad(`layout version ${words[H.version]}, not ${ARENA_VERSION}`);
  if (words[H.complete] !== 1) return bad("formatting was not completed");
  if (words[H.arenaSize] >>> 0 !== arenaSize || words[H.memorySize] >>> 0 !== memory.size)
    return bad("its sizes are not this memory's");
  const pool = words[H.poolBase] - base;
  const tables: readonly (readonly [string, number, number, number])[] = [
    ["threads", words[H.threadsAt], words[H.threadRows], ThreadRow.size],
    ["spaces", words[H.spacesAt], words[H.spaceRows], SpaceRow.size],
    ["nodes", words[H.nodesAt], words[H.nodeRows], NodeRow.size],
    ["frames", words[H.framesAt], words[H.frameRows], FrameRow.size],
    ["kernel frames", words[H.kernelFramesAt], words[H.kernelFrameRows], KernelFrameRow.size],
    ["regions", words[H.regionsAt], words[H.regionRows], RegionRow.size],
    ["priorities", words[H.prioritiesAt], PRIORITIES, PriorityRow.size],
    ["buckets", words[H.bucketsAt], THREAD_BUCKETS, 4],
  ];
  let end = toPage(HeaderRow.size);
  for (const [name, at, rows, size] of tables) {
    if (at * 4 < end || rows <= 0 || at * 4 + rows * size > pool) return bad(`its ${name} table lies outside`);
    end = at * 4 + rows * size;
  }
  if (pool % 4096 !== 0 || pool + words[H.kernelFrameRows] * 4096 > arenaSize) return bad("its frames lie outside");
  for (const [field, rows] of [
    [H.current, H.threadRows],
    [H.accounted, H.threadRows],
    [H.timeoutHead, H.threadRows],
    [H.sigma0Space, H.spaceRows],
    [H.rootSpace, H.spaceRows],
  ])
    if (words[field] >>> 0 >= words[rows]) return bad("it names rows that it does not have");
  return ok(base);
}
