/**
 * What a P3 must not forget: its process, as tables in its persistent memory.
 *
 * Here: the tables and their places, and areas read from them. Not here: what changes them.
 * Over 300 lines: the layout of one memory.
 *
 *     P3_PERSISTENT_MEMORY  journal and undo log of the thread (the runtime's)
 *                   STATE   process (1 row) | areas (AREA_LIMIT rows) | pages (PAGE_LIMIT rows) | shared (SHARED_LIMIT rows)
 *                           strengths (GUARD_LIMIT rows) | transactional pages that are being written (TRANSACTION_PAGES rows)
 *                           pages that are lent (LENT_LIMIT rows)
 *
 * @module
 */
import { type Struct, struct, u32, words } from "@kintsugi/records";
import { PAGE_SIZE } from "../elf/layout.ts";
import { AREA_KINDS } from "../plan/area-kind.ts";
import { TIMES_LIMIT } from "../policy/history.ts";
import { LEVELS } from "../policy/policy.ts";
import { P3_PERSISTENT_MEMORY } from "../protocol/address-space.ts";
import { TRANSACTION_PAGES } from "../protocol/p3.ts";
import { RECOVERY_STEP_COUNT, RECOVERY_WORDS_PER_STEP } from "../protocol/recovery-record.ts";
import { EXTRA_THREADS } from "../protocol/thread-numbers.ts";
import { THREAD_MEMORY_SIZE } from "../server/journal.ts";
import { PersistentTable, type WordReader, type WordWriter } from "../server/table.ts";
import type { Area } from "./areas.ts";

/** Bytes of argument text at most. */
export const ARGUMENT_BYTES = 232;
/** Areas of a process at most: segments and the fixed ones. */
export const AREA_LIMIT = 16;
/** Pages of all areas at most. */
export const PAGE_LIMIT = 4096;
/** Pieces of shared memory of a process at most. */
export const SHARED_LIMIT = 64;
/** Ranges of persistent pages with a strength of their own at most. */
const GUARD_LIMIT = 16;
/** Pages that are lent to a program at most. */
const LENT_LIMIT = 8;
/** Words of the set of mapped runs of the module. */
export const MODULE_RUN_WORDS = 8;
/** Words of the timeline: three per step. */
export const TIMELINE_WORDS: 24 = (RECOVERY_STEP_COUNT * RECOVERY_WORDS_PER_STEP) as 24;

type Words<Names extends string> = Readonly<Record<Names, "u32">>;

type ProcessFields = Words<
  | "art"
  | "pid"
  | "user"
  | "server"
  | "module"
  | "moduleSize"
  | "entry"
  | "areas"
  | "ready"
  | "prefetch"
  | "sequence"
  | "replied"
  | "failures"
  | "nearby"
  | "restarts"
  | "quarantine"
  | "group"
  | "waitedLow"
  | "waitedHigh"
  | "recovering"
  | "kind"
  | "detector"
  | "detail"
  | "address"
  | "instruction"
  | "action"
  | "cyclesLow"
  | "cyclesHigh"
  | "retiredLow"
  | "retiredHigh"
  | "startedLow"
  | "startedHigh"
  | "startedSequence"
  | "environment"
  | "postponed"
  | "postponedFor"
> & {
  /** Restarts in a row, by level, in the order of LEVELS. */
  readonly tried: "words[5]";
  /** Times of the last failures, low and high word each; 0 for none. */
  readonly times: "words[32]";
  /** Words 80…95 of the restart page as they were at the failure. */
  readonly failure: "words[16]";
  readonly timeline: "words[24]";
  /** A bit per run of 16 module pages: mapped here. */
  readonly moduleRuns: "words[8]";
  /** 1 once there has been a clone: pages here may be another process's, too, until they are written. */
  readonly copied: "u32";
  /** Where a clone begins. */
  readonly cloneIp: "u32";
  readonly cloneSp: "u32";
  /** Ids of the process's threads besides the user thread, 0 for none. */
  readonly threads: "words[7]";
  readonly argumentBytes: "u32";
  readonly arguments: "words[58]";
};

const ProcessRow: Struct<ProcessFields> = struct({
  art: u32,
  pid: u32,
  user: u32,
  server: u32,
  module: u32,
  moduleSize: u32,
  entry: u32,
  areas: u32,
  ready: u32,
  prefetch: u32,
  sequence: u32,
  replied: u32,
  failures: u32,
  nearby: u32,
  restarts: u32,
  quarantine: u32,
  group: u32,
  waitedLow: u32,
  waitedHigh: u32,
  tried: words(LEVELS.length as 5),
  times: words((2 * TIMES_LIMIT) as 32),
  recovering: u32,
  kind: u32,
  detector: u32,
  detail: u32,
  address: u32,
  instruction: u32,
  action: u32,
  cyclesLow: u32,
  cyclesHigh: u32,
  retiredLow: u32,
  retiredHigh: u32,
  startedLow: u32,
  startedHigh: u32,
  startedSequence: u32,
  environment: u32,
  postponed: u32,
  postponedFor: u32,
  failure: words(16),
  timeline: words(TIMELINE_WORDS),
  moduleRuns: words(MODULE_RUN_WORDS),
  copied: u32,
  cloneIp: u32,
  cloneSp: u32,
  threads: words(EXTRA_THREADS as 7),
  argumentBytes: u32,
  arguments: words(58),
});

type AreaFields = Words<
  | "kind"
  | "low"
  | "high"
  | "rights"
  | "contentLow"
  | "fileOffset"
  | "fileSize"
  | "firstPage"
  | "generation"
  | "memoryLow"
  | "memoryHigh"
>;

/** No page of the area outside memoryLow…memoryHigh has memory. */
const AreaRow: Struct<AreaFields> = struct({
  kind: u32,
  low: u32,
  high: u32,
  rights: u32,
  contentLow: u32,
  fileOffset: u32,
  fileSize: u32,
  firstPage: u32,
  generation: u32,
  memoryLow: u32,
  memoryHigh: u32,
});

/**
 * `content`: 0 no memory; 1 zeroed memory; else the generation of the area in which it was given its content. `sum`: of a page
 * of text as the program's file has it, 0 while nobody has summed it.
 */
const PageRow: Struct<Words<"content" | "sum">> = struct({ content: u32, sum: u32 });

/** A piece of the session region: `kind` is one of SHARED_, or that of another process's pages. Key 0: a free row. */
const SharedRow: Struct<Words<"key" | "kind" | "low" | "pages" | "rights">> = struct({
  key: u32,
  kind: u32,
  low: u32,
  pages: u32,
  rights: u32,
});

/** First address of P3's own tables. */
export const STATE: number = P3_PERSISTENT_MEMORY + THREAD_MEMORY_SIZE;

const processTable: PersistentTable<ProcessFields> = new PersistentTable(STATE, 1, ProcessRow);
export const AREAS: PersistentTable<AreaFields> = new PersistentTable(processTable.end, AREA_LIMIT, AreaRow);
export const PAGES: PersistentTable<Words<"content" | "sum">> = new PersistentTable(AREAS.end, PAGE_LIMIT, PageRow);

export const SHARED: PersistentTable<Words<"key" | "kind" | "low" | "pages" | "rights">> = new PersistentTable(
  PAGES.end,
  SHARED_LIMIT,
  SharedRow,
);

/** Strengths of ranges of persistent pages. `high` 0: a free row. */
const GuardRow: Struct<Words<"low" | "high" | "strength" | "open">> = struct({
  low: u32,
  high: u32,
  strength: u32,
  open: u32,
});
export const GUARDS: PersistentTable<Words<"low" | "high" | "strength" | "open">> = new PersistentTable(
  SHARED.end,
  GUARD_LIMIT,
  GuardRow,
);

/** A transactional page that is being written, and the number of the request. Its copy lies at the row's place in P3_UNDO_AREA. */
const UndoRow: Struct<Words<"page" | "sequence">> = struct({ page: u32, sequence: u32 });
export const UNDO: PersistentTable<Words<"page" | "sequence">> = new PersistentTable(
  GUARDS.end,
  TRANSACTION_PAGES,
  UndoRow,
);

/** A page of zeroes that lies outside all areas, until the next restart. `pages` 0: a free row. */
const LentRow: Struct<Words<"page" | "pages">> = struct({ page: u32, pages: u32 });
export const LENT: PersistentTable<Words<"page" | "pages">> = new PersistentTable(UNDO.end, LENT_LIMIT, LentRow);

type ProcessField = keyof ProcessFields;

/** Words from the beginning of the process's row that a policy is asked about. */
export const SUPERVISION_WORDS: number = processTable.field.times + 2 * TIMES_LIMIT;

/** A word of the process, signed. `index` counts inside an array. */
export function getWord(reader: WordReader, field: ProcessField, index: number = 0): number {
  return processTable.get(reader, 0, processTable.field[field] + index);
}

/** Writes a word of the process. */
export function setWord(writer: WordWriter, field: ProcessField, value: number, index: number = 0): void {
  processTable.set(writer, 0, processTable.field[field] + index, value);
}

type Count = "waitedLow" | "cyclesLow" | "retiredLow" | "startedLow";

/** A time or count below 2^53 kept in two words, the low one being `field`. */
export function getCount(reader: WordReader, field: Count): number {
  return (getWord(reader, field, 1) >>> 0) * 2 ** 32 + (getWord(reader, field) >>> 0);
}

export function setCount(writer: WordWriter, field: Count, count: number): void {
  setWord(writer, field, count | 0);
  setWord(writer, field, Math.floor(count / 2 ** 32) | 0, 1);
}

/** Address of the argument text. */
export const ARGUMENTS: number = processTable.address(0, processTable.field.arguments);

/** The area of a row. */
export function areaAt(reader: WordReader, row: number): Area {
  const get = (field: keyof AreaFields): number => AREAS.get(reader, row, AREAS.field[field]) >>> 0;
  return {
    kind: AREA_KINDS[get("kind")]!,
    low: get("low"),
    high: get("high"),
    rights: get("rights"),
    contentLow: get("contentLow"),
    fileOffset: get("fileOffset"),
    fileSize: get("fileSize"),
    firstPage: get("firstPage"),
  };
}

/** Writes the areas of a fresh process. Generations begin at {@link FIRST_GENERATION}. */
export function storeAreas(writer: WordWriter, areas: readonly Area[]): void {
  for (const [row, area] of areas.entries()) {
    AREAS.set(writer, row, AREAS.field.kind, AREA_KINDS.indexOf(area.kind));
    for (const field of ["low", "high", "rights", "contentLow", "fileOffset", "fileSize", "firstPage"] as const)
      AREAS.set(writer, row, AREAS.field[field], area[field]);
    AREAS.set(writer, row, AREAS.field.generation, FIRST_GENERATION);
  }
  setWord(writer, "areas", areas.length);
}

/** Row of the area that holds an address (unsigned), or -1. */
export function findAreaRow(reader: WordReader, address: number): number {
  const count = getWord(reader, "areas");
  for (let row = 0; row < count; row++) {
    if (address < AREAS.get(reader, row, AREAS.field.low) >>> 0) return -1;
    if (address < AREAS.get(reader, row, AREAS.field.high) >>> 0) return row;
  }
  return -1;
}

/** A page's content word: no memory, or memory that was zeroed and never used. */
export const NO_MEMORY = 0;
export const ZEROED = 1;
export const FIRST_GENERATION = 2;

/** The page's number among all pages. */
export function pageIndex(area: Area, page: number): number {
  return area.firstPage + (page - area.low) / PAGE_SIZE;
}
