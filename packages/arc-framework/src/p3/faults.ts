/**
 * Page faults of the program: getting memory, filling it, mapping it.
 *
 * Here: which pages a fault brings in, and the map items of the answer. Not here: faults that are
 * failures (`../detect`), contents (`pages.ts`).
 * A fault in the image brings in the pages around it, too: their contents lie ready in the module. The
 * first fault after a start is answered with every good page, so that a restarted program goes on at once.
 * Reference: X.2 page-fault protocol; thesis appendix C and Table 4.2 ("Mapping").
 * @module
 */
import { FPAGE_W, mapItem, PAGE_BITS } from "@kintsugi/microkernel";
import { PAGE_SIZE } from "../elf/layout.ts";
import type { AreaKind } from "../plan/area-kind.ts";
import { STATUS_OK } from "../protocol/status.ts";
import type { Part, Request } from "../server/request.ts";
import type { WordReader } from "../server/table.ts";
import type { Transaction } from "../server/transaction.ts";
import { type Area, contentOf, pageOf } from "./areas.ts";
import { fpagesOf, largestBlock } from "./blocks.ts";
import { touch } from "./clone.ts";
import { restoreFailureWords } from "./failure-words.ts";
import { declaredRights, isPlain, mappedRights } from "./guards.ts";
import { allocate, mapRun } from "./memory.ts";
import { content, isLoaded, loadPage, memoryArrived, memoryRange, missingRuns, runArrived } from "./pages.ts";
import { sharedItems } from "./shared.ts";
import { areaAt, findAreaRow, getWord, NO_MEMORY, setWord } from "./state.ts";

/** Pages that a fault brings in together: an aligned window of so many round the page. */
const WINDOW: Readonly<Record<AreaKind, number>> = {
  image: 16,
  "persistent memory": 16,
  heap: 4,
  "restart page": 1,
  "recovery stack": 1,
  stack: 1,
};

/** Map items of an answer at most. */
const ITEM_LIMIT = 15;

/** What is to be done for a fault. */
export interface FaultPlan {
  /** Rights of the area, -1 outside all areas. */
  readonly rights: number;
  /** Words of map items: the page's contents are good. Empty otherwise. */
  readonly items: readonly number[];
  /** Pages to get from ART. */
  readonly low: number;
  readonly pages: number;
  /** Runs of the module to map. */
  readonly runs: readonly number[];
}

/** Looks at the fault at `address`. One step; its words are made into a {@link FaultPlan}. */
export function* look(s: Request, address: number): Part<FaultPlan> {
  const write = (s.label & FPAGE_W) !== 0;
  const [rights, loaded, ...rest] = yield* s.step((tx) => lookWords(tx, address, write));
  if (rights! < 0) return { rights: rights!, items: [], low: 0, pages: 0, runs: [] };
  if (loaded === 1) return { rights: rights!, items: rest, low: 0, pages: 0, runs: [] };
  const [low, pages, ...runs] = rest;
  return { rights: rights!, items: [], low: low! >>> 0, pages: pages!, runs };
}

function lookWords(tx: Transaction, address: number, write: boolean): readonly number[] {
  const shared = sharedItems(tx, address);
  if (shared !== undefined) return [shared.rights, 1, ...itemsFor(tx, shared.fpages)];
  const row = findAreaRow(tx, address);
  if (row < 0) return [-1];
  const area = areaAt(tx, row);
  const page = pageOf(address);
  const rights = declaredRights(tx, page, area.rights);
  // A write against the rights is a failure: nothing is prepared for it.
  if (write && (rights & FPAGE_W) === 0) return [rights, 1];
  if (isLoaded(tx, area, row, page)) return [rights, 1, ...mapItems(tx, area, row, page, write)];
  const { low, high } = windowOf(area, page);
  const absent = absentRun(tx, area, page, low, high);
  return [rights, 0, absent.low, absent.pages, ...runsOf(tx, area, low, high)];
}

/** The window of pages round a page, inside its area. */
function windowOf(area: Area, page: number): { readonly low: number; readonly high: number } {
  const size = WINDOW[area.kind] * PAGE_SIZE;
  const low = page - (page % size);
  return { low: Math.max(low, area.low), high: Math.min(low + size, area.high) };
}

/** The pages without memory from the faulting one on, both ways, inside the window. */
function absentRun(
  reader: WordReader,
  area: Area,
  page: number,
  low: number,
  high: number,
): { readonly low: number; readonly pages: number } {
  const absent = (at: number): boolean => content(reader, area, at) === NO_MEMORY;
  if (!absent(page)) return { low: page, pages: 0 };
  let first = page;
  while (first > low && absent(first - PAGE_SIZE)) first -= PAGE_SIZE;
  let end = page + PAGE_SIZE;
  while (end < high && absent(end)) end += PAGE_SIZE;
  return { low: first, pages: (end - first) / PAGE_SIZE };
}

/** Module runs that the window's contents come from and that are not mapped yet. */
function runsOf(reader: WordReader, area: Area, low: number, high: number): number[] {
  let first = 0;
  let end = 0;
  for (let page = low; page < high; page += PAGE_SIZE) {
    const part = contentOf(area, page);
    if (part.length === 0) continue;
    if (end === 0) first = part.fileOffset;
    end = part.fileOffset + part.length;
  }
  return missingRuns(reader, first, end - first);
}

/**
 * Brings the pages in. Returns the words of the answer's map items, or none when there is no memory.
 * @param address of the fault
 */
export function* bringIn(s: Request, address: number, plan: FaultPlan): Part<readonly number[]> {
  const [art, module, size] = yield* s.step((tx) => [
    getWord(tx, "art"),
    getWord(tx, "module"),
    getWord(tx, "moduleSize"),
  ]);
  if (plan.pages > 0 && (yield* allocate(s, art!, plan.low, plan.pages)) !== STATUS_OK) return [];
  for (const run of plan.runs) if ((yield* mapRun(s, art!, module!, size!, run)) !== STATUS_OK) return [];
  return yield* s.step((tx) => {
    const page = pageOf(address);
    const row = findAreaRow(tx, address);
    const area = areaAt(tx, row);
    if (plan.pages > 0) memoryArrived(tx, area, row, plan.low, plan.pages);
    for (const run of plan.runs) runArrived(tx, run);
    const { low, high } = windowOf(area, page);
    for (let at = low; at < high; at += PAGE_SIZE)
      if (content(tx, area, at) !== NO_MEMORY && !isLoaded(tx, area, row, at)) loadPage(tx, area, row, at);
    return mapItems(tx, area, row, page, (s.label & FPAGE_W) !== 0);
  });
}

/** Before the program goes on: the map items for a good page. */
function mapItems(tx: Transaction, area: Area, row: number, page: number, write: boolean): readonly number[] {
  const copied = getWord(tx, "copied") !== 0;
  if (copied) touch(tx, page, write);
  if (!isPlain(tx, page)) {
    const rights = mappedRights(tx, page, area.rights, write);
    return rights < 0 ? [] : itemsFor(tx, fpagesOf(page, page + PAGE_SIZE, rights));
  }
  if (copied) return itemsFor(tx, fpagesOf(page, page + PAGE_SIZE, write ? area.rights : area.rights & ~FPAGE_W));
  const around = area.kind === "image" || area.kind === "persistent memory";
  const most = around ? PAGE_BITS + Math.log2(WINDOW[area.kind]) : PAGE_BITS;
  const bits = largestBlock(page, area.low, area.high, most, (at) => isLoaded(tx, area, row, at) && isPlain(tx, at));
  const base = page - (page % 2 ** bits);
  return itemsFor(tx, fpagesOf(base, base + 2 ** bits, area.rights));
}

/** The map items for these fpages, and for all good pages when the program has just been started. */
function itemsFor(tx: Transaction, wanted: readonly number[]): readonly number[] {
  restoreFailureWords(tx);
  const fpages = [...wanted];
  if (getWord(tx, "prefetch") !== 0) {
    setWord(tx, "prefetch", 0);
    fpages.push(...goodFpages(tx));
  }
  return fpages.slice(0, ITEM_LIMIT).flatMap((fpage) => [mapItem(fpage), fpage]);
}

/** All good pages of the image and the stacks as fpages. */
function goodFpages(tx: Transaction): number[] {
  const fpages: number[] = [];
  const count = getWord(tx, "areas");
  for (let row = 0; row < count && fpages.length < ITEM_LIMIT; row++) {
    const area = areaAt(tx, row);
    if (area.kind === "heap") continue;
    const memory = memoryRange(tx, row);
    let low = 0;
    for (let page = memory.low; page <= memory.high; page += PAGE_SIZE) {
      const good = page < memory.high && isLoaded(tx, area, row, page) && isPlain(tx, page);
      if (good && low === 0) low = page;
      if (good || low === 0) continue;
      fpages.push(...fpagesOf(low, page, area.rights));
      low = 0;
    }
  }
  return fpages;
}
