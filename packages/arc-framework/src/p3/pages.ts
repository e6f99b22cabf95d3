/**
 * The pages of a process: which have memory, and whose contents are good.
 *
 * Here: steps over the page table in persistent memory. Contents are good when they were made in the
 * area's present generation; a restart makes a whole area's contents void by counting that up.
 * Not here: getting memory from ART (`faults.ts`), what a page holds (`areas.ts`).
 * Contents are written in bulk before the page is declared good, so a cut step does it again.
 * @module
 */
import { PAGE_SIZE } from "../elf/layout.ts";
import { P3_MODULE_AREA } from "../protocol/address-space.ts";
import type { WordReader } from "../server/table.ts";
import type { Transaction } from "../server/transaction.ts";
import { type Area, contentOf } from "./areas.ts";
import { AREAS, FIRST_GENERATION, getWord, PAGES, pageIndex, setWord, ZEROED } from "./state.ts";

/** Pages of one run of a module: what one MODULE_MAP maps. */
export const MODULE_RUN = 16;

export function content(reader: WordReader, area: Area, page: number): number {
  return PAGES.get(reader, pageIndex(area, page), PAGES.field.content);
}

function setContent(tx: Transaction, area: Area, page: number, value: number): void {
  PAGES.set(tx, pageIndex(area, page), PAGES.field.content, value);
}

export function generation(reader: WordReader, row: number): number {
  return AREAS.get(reader, row, AREAS.field.generation);
}

/** Makes the contents of an area's pages void; their memory stays. */
export function renewArea(tx: Transaction, row: number): void {
  AREAS.set(tx, row, AREAS.field.generation, generation(tx, row) + 1);
}

/** The addresses between which an area has pages with memory, [low, high); both 0 when it has none. */
export function memoryRange(reader: WordReader, row: number): { readonly low: number; readonly high: number } {
  return {
    low: AREAS.get(reader, row, AREAS.field.memoryLow) >>> 0,
    high: AREAS.get(reader, row, AREAS.field.memoryHigh) >>> 0,
  };
}

/** Declares that pages have zeroed memory. */
export function memoryArrived(tx: Transaction, area: Area, row: number, low: number, pages: number): void {
  const range = memoryRange(tx, row);
  const high = low + pages * PAGE_SIZE;
  AREAS.set(tx, row, AREAS.field.memoryLow, range.high === 0 ? low : Math.min(low, range.low));
  AREAS.set(tx, row, AREAS.field.memoryHigh, Math.max(high, range.high));
  for (let i = 0; i < pages; i++) setContent(tx, area, low + i * PAGE_SIZE, ZEROED);
}

/**
 * Gives a page that has memory the contents with which the program starts.
 * The module's part of it must be mapped here ({@link missingRuns}).
 */
export function loadPage(tx: Transaction, area: Area, row: number, page: number): void {
  const part = contentOf(area, page);
  const end = part.at + part.length;
  if (content(tx, area, page) !== ZEROED) {
    if (part.at > 0) tx.pages.fill(page, part.at, 0);
    if (end < PAGE_SIZE) tx.pages.fill(page + end, PAGE_SIZE - end, 0);
  }
  if (part.length > 0) tx.pages.copy(page + part.at, P3_MODULE_AREA + part.fileOffset, part.length);
  setContent(tx, area, page, generation(tx, row));
}

/** Whether the page's contents are good. */
export function isLoaded(reader: WordReader, area: Area, row: number, page: number): boolean {
  return content(reader, area, page) === generation(reader, row);
}

/** Loads up to `most` pages that were good before the area was last renewed. Returns how many it loaded. */
export function reloadPages(tx: Transaction, area: Area, row: number, most: number): number {
  const last = generation(tx, row) - 1;
  const { low, high } = memoryRange(tx, row);
  let loaded = 0;
  for (let page = low; page < high && loaded < most; page += PAGE_SIZE) {
    if (last < FIRST_GENERATION || content(tx, area, page) !== last) continue;
    loadPage(tx, area, row, page);
    loaded++;
  }
  return loaded;
}

/** The runs of the module that hold `length` bytes from `offset` on and are not mapped here yet. */
export function missingRuns(reader: WordReader, offset: number, length: number): number[] {
  const missing: number[] = [];
  if (length === 0) return missing;
  const last = Math.floor((offset + length - 1) / PAGE_SIZE / MODULE_RUN);
  for (let run = Math.floor(offset / PAGE_SIZE / MODULE_RUN); run <= last; run++)
    if ((getWord(reader, "moduleRuns", run >>> 5) & (1 << (run & 31))) === 0) missing.push(run);
  return missing;
}

/** Declares that a run of the module is mapped here. */
export function runArrived(tx: Transaction, run: number): void {
  const word = run >>> 5;
  setWord(tx, "moduleRuns", getWord(tx, "moduleRuns", word) | (1 << (run & 31)), word);
}
