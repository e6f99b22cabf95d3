/**
 * ART's persistent memory: where its tables lie.
 *
 * Here: rows and places. Not here: what changes them (`frames.ts`, `processes.ts`, …).
 *
 *     image low  globals (one page)
 *                journals: main thread, then the service thread of each pid, then the watch
 *                processes | modules | regions | recovery records | offers | devices
 *                page table (a row per frame of RAM) | mappings | buckets
 *
 * The image's place comes from the KIP; what is kept of it here is a cache of that.
 * Reference: thesis, appendix A.2 (page table, Space objects); docs/protocols.md, sections 2 and 4.
 * @module
 */
import { KIP_ROOT_SERVER, PAGE_SIZE, type ThreadId, threadNumber } from "@kintsugi/microkernel";
import { type Struct, struct, type WordIndices, wordIndices } from "@kintsugi/records";
import { ART_FIRST_SERVICE_THREAD, ART_THREAD, PROCESS_LIMIT } from "../protocol/thread-numbers.ts";
import { THREAD_MEMORY_SIZE } from "../server/journal.ts";
import { frameCount, imageLow } from "../server/kip.ts";
import { PersistentTable, type WordReader } from "../server/table.ts";

/** Boot modules that ART knows at most. */
export const MODULE_LIMIT = 64;
/** Row behind the boot modules: that of programs which come from a disk. It says nothing: no name, no flags, no bytes. */
export const DISK_MODULE: number = MODULE_LIMIT;
/** Regions that sigma0's memory may come in at most. */
export const REGION_LIMIT = 128;
/** Offers of shared pages at most. */
export const OFFER_LIMIT = 256;
/** Direct mappings of device memory at most. */
export const DEVICE_LIMIT = 64;
/** Mappings besides one for each frame: of shared and of copy-on-write pages. */
const FURTHER_MAPPINGS = 4096;
/** Recovery records that are kept. */
export const RECORD_LIMIT = 16;
/** Bytes of a name and of an argument text at most, a NUL included. */
export const NAME_BYTES = 32;
export const ARGUMENT_BYTES = 128;
/** Bytes of the reason of a reset at most. */
export const REASON_BYTES = 128;

const GLOBAL_FIELDS = {
  modules: "u32",
  regions: "u32",
  /** First frame of the free list, 0 for none. */
  freeFrame: "u32",
  freePages: "u32",
  /** First row of the free list of mappings, 0 for none; rows behind `mappings` were never used; `held` are in use. */
  freeMapping: "u32",
  mappings: "u32",
  held: "u32",
  /** Bytes of ART's window on device memory that are taken. */
  deviceBytes: "u32",
  /** Recovery records ever written. */
  records: "u32",
  resets: "u32",
  /** Processes ever entered. */
  entered: "u32",
  reason: "words[32]",
  /** Times of the last failures of all programs, low and high word each, the latest first. */
  failures: "words[32]",
} as const;

const PROCESS_FIELDS = {
  state: "u32",
  version: "u32",
  module: "u32",
  flags: "u32",
  /** Pid of the process that executed this one, 0 for none. */
  parent: "u32",
  /** Whom to tell that it has started: the thread that was asked, and the client that waits for it. */
  starter: "u32",
  startClient: "u32",
  /** Pid that this process's P3 waits for, and that P3's id. */
  waitsFor: "u32",
  waitClient: "u32",
  /** First row of its Space's mapping database, 0 for none. */
  mapping: "u32",
  pages: "u32",
  restarts: "u32",
  /** A bit per line. */
  interrupts: "u32",
  exitStatus: "u32",
  exitKind: "u32",
  exitDetail: "u32",
  exitAddress: "u32",
  /** Connections that were made to it. */
  age: "u32",
  /** A bit per pid: its clients, by what they agreed to. */
  connected: "words[2]",
  restartedWith: "words[2]",
  toldOf: "words[2]",
  restartedWarmWith: "words[2]",
  restartedColdWith: "words[2]",
  /** Pid of the server whose restart it waits for, 0 for none. */
  stoppedFor: "u32",
  /** How it is restarted then: a TEMPERATURE_NAMES index. */
  restartAs: "u32",
  /** Its P3, which waits for the answer to GROUP_STOP until it is its turn; 0 for none. */
  groupClient: "u32",
  /** Pid of the server whose cold start it started cold for, until its own group goes on; 0 for none. */
  memberOf: "u32",
  /** A bit per further thread of it. */
  threads: "u32",
  /** Four bits per line: 0 its messages go to the user thread, else 1 + the further thread's place. */
  lineThreads: "words[2]",
  /** Its place in the order in which processes were entered. */
  order: "u32",
  /** A number made of its threads' registers at the watch's last look but one, and when it had last been seen to run, in ms. */
  fingerprint: "u32",
  ranAt: "u32",
  /** The last look: that number, 1 + the priority of its most urgent ready thread, whom its threads wait for. */
  seen: "u32",
  urgency: "u32",
  partners: "words[8]",
  /** 1 once the service thread of this pid exists; it stays when the process ends. */
  service: "u32",
  argument: "words[32]",
} as const;

const MODULE_FIELDS = { start: "u32", size: "u32", flags: "u32", name: "words[8]", argument: "words[32]" } as const;

/** Frames from `next` to before `end` are free and were never used. */
const REGION_FIELDS = { next: "u32", end: "u32" } as const;

/** As many words as a recovery record has (RECOVERY_WORDS). */
const RECORD_FIELDS = { record: "words[37]" } as const;

/** `page`: state, type and size (`page-table.ts`). `next`: the next frame of the free list; `holders`: the first mapping; 0 for none. */
const FRAME_FIELDS = { page: "u32", holders: "u32", next: "u32" } as const;

/** One page of one Space. Rows are chained by Space, by frame and by bucket; 0 ends a chain, row 0 is not used. */
const MAPPING_FIELDS = {
  pid: "u32",
  address: "u32",
  frame: "u32",
  rights: "u32",
  spaceNext: "u32",
  spacePrevious: "u32",
  holderNext: "u32",
  bucketNext: "u32",
} as const;

const BUCKET_FIELDS = { first: "u32" } as const;

/** `pid` lets the process with the user thread `peer` map `pages` pages from `address` on. pid 0: a free row. */
const OFFER_FIELDS = { pid: "u32", address: "u32", pages: "u32", peer: "u32", rights: "u32" } as const;

/** A direct mapping: `pages` of device memory from `physical` on, at `address` of `pid` and at `linear` of ART. pid 0: a free row. */
const DEVICE_FIELDS = {
  pid: "u32",
  address: "u32",
  pages: "u32",
  physical: "u32",
  linear: "u32",
  rights: "u32",
} as const;

const GlobalRow: Struct<typeof GLOBAL_FIELDS> = struct(GLOBAL_FIELDS);
const ProcessRow: Struct<typeof PROCESS_FIELDS> = struct(PROCESS_FIELDS);
const ModuleRow: Struct<typeof MODULE_FIELDS> = struct(MODULE_FIELDS);
const RegionRow: Struct<typeof REGION_FIELDS> = struct(REGION_FIELDS);
const RecordRow: Struct<typeof RECORD_FIELDS> = struct(RECORD_FIELDS);
const FrameRow: Struct<typeof FRAME_FIELDS> = struct(FRAME_FIELDS);
const MappingRow: Struct<typeof MAPPING_FIELDS> = struct(MAPPING_FIELDS);
const BucketRow: Struct<typeof BUCKET_FIELDS> = struct(BUCKET_FIELDS);
const OfferRow: Struct<typeof OFFER_FIELDS> = struct(OFFER_FIELDS);
const DeviceRow: Struct<typeof DEVICE_FIELDS> = struct(DEVICE_FIELDS);

/** Word indices of the rows. */
export const G: WordIndices<typeof GLOBAL_FIELDS> = wordIndices(GlobalRow);
export const P: WordIndices<typeof PROCESS_FIELDS> = wordIndices(ProcessRow);
export const M: WordIndices<typeof MODULE_FIELDS> = wordIndices(ModuleRow);
export const R: WordIndices<typeof REGION_FIELDS> = wordIndices(RegionRow);
export const F: WordIndices<typeof FRAME_FIELDS> = wordIndices(FrameRow);
export const MP: WordIndices<typeof MAPPING_FIELDS> = wordIndices(MappingRow);
export const O: WordIndices<typeof OFFER_FIELDS> = wordIndices(OfferRow);
export const D: WordIndices<typeof DEVICE_FIELDS> = wordIndices(DeviceRow);

/** The tables of one machine's ART. */
export class ArtMemory {
  #base: number = -1;
  globals!: PersistentTable<typeof GLOBAL_FIELDS>;
  processes!: PersistentTable<typeof PROCESS_FIELDS>;
  modules!: PersistentTable<typeof MODULE_FIELDS>;
  regions!: PersistentTable<typeof REGION_FIELDS>;
  records!: PersistentTable<typeof RECORD_FIELDS>;
  offers!: PersistentTable<typeof OFFER_FIELDS>;
  devices!: PersistentTable<typeof DEVICE_FIELDS>;
  frames!: PersistentTable<typeof FRAME_FIELDS>;
  mappings!: PersistentTable<typeof MAPPING_FIELDS>;
  buckets!: PersistentTable<typeof BUCKET_FIELDS>;

  /** Finds the image through the KIP; before anything else, in every resume. */
  locate(reader: WordReader): void {
    const base = imageLow(reader, KIP_ROOT_SERVER);
    if (base !== this.#base) this.#place(base, frameCount(reader));
  }

  #place(base: number, frames: number): void {
    this.#base = base;
    this.globals = new PersistentTable(base, 1, GlobalRow);
    this.processes = new PersistentTable(this.#journals + JOURNALS * THREAD_MEMORY_SIZE, PROCESS_LIMIT, ProcessRow);
    this.modules = new PersistentTable(this.processes.end, MODULE_LIMIT + 1, ModuleRow);
    this.regions = new PersistentTable(this.modules.end, REGION_LIMIT, RegionRow);
    this.records = new PersistentTable(this.regions.end, RECORD_LIMIT, RecordRow);
    this.offers = new PersistentTable(this.records.end, OFFER_LIMIT, OfferRow);
    this.devices = new PersistentTable(this.offers.end, DEVICE_LIMIT, DeviceRow);
    this.frames = new PersistentTable(this.devices.end, frames, FrameRow);
    this.mappings = new PersistentTable(this.frames.end, frames + FURTHER_MAPPINGS, MappingRow);
    this.buckets = new PersistentTable(this.mappings.end, frames, BucketRow);
  }

  get #journals(): number {
    return this.#base + PAGE_SIZE;
  }

  /** Room for one thread record, which the watch reads. */
  get watchBuffer(): number {
    return this.#base + PAGE_SIZE / 2;
  }

  /** The journal of the main thread, of a service thread or of the watch. */
  threadMemory(thread: ThreadId): number {
    return this.#journals + (threadNumber(thread) - ART_THREAD) * THREAD_MEMORY_SIZE;
  }

  /** All bytes but the journals, as two ranges of address and length. */
  get ranges(): readonly (readonly [number, number])[] {
    return [
      [this.#base, PAGE_SIZE],
      [this.processes.base, this.buckets.end - this.processes.base],
    ];
  }
}

/** The main thread's, one for each service thread, the watch's. */
const JOURNALS = PROCESS_LIMIT + 2;

/** Bytes of the root task's image for a machine with `memorySize` bytes of RAM. */
export function artImageSize(memorySize: number): number {
  const tables =
    PROCESS_LIMIT * ProcessRow.size +
    (MODULE_LIMIT + 1) * ModuleRow.size +
    REGION_LIMIT * RegionRow.size +
    RECORD_LIMIT * RecordRow.size +
    OFFER_LIMIT * OfferRow.size +
    DEVICE_LIMIT * DeviceRow.size +
    FURTHER_MAPPINGS * MappingRow.size +
    Math.ceil(memorySize / PAGE_SIZE) * (FrameRow.size + MappingRow.size + BucketRow.size);
  return PAGE_SIZE + JOURNALS * THREAD_MEMORY_SIZE + Math.ceil(tables / PAGE_SIZE) * PAGE_SIZE;
}

/** The pid whose service thread this is. */
export function servedPid(thread: ThreadId): number {
  return threadNumber(thread) - ART_FIRST_SERVICE_THREAD + 1;
}
