/**
 * Guards: persistent pages that are more than plain memory.
 *
 * Here: transactional pages – the first write of a request is a fault, at which the page is copied – and pages that are written
 * in declared windows only; commit, rollback, and what rights a page has just now.
 * The restart page decides about a transaction: its writes are the open request's as long as `sequence` is theirs and not
 * replied. So the kernel step that answers the request commits them, and nothing has to be done in it; a request that writes
 * no such page pays nothing. Not here: faults (`faults.ts`), when a rollback is due (`restart.ts`).
 * Reference: thesis 6.2 (future directions); Lowell and Chen 1997, Rio (Chen 1996).
 * @module
 */
import { FPAGE_W, makeFpage, PAGE_BITS, RESTART_REPLIED, RESTART_SEQUENCE, RESTART_UNDO } from "@kintsugi/microkernel";
import { PAGE_SIZE, RESTART_PAGE } from "../elf/layout.ts";
import { P3_UNDO_AREA } from "../protocol/address-space.ts";
import { PROTECT_PLAIN, PROTECT_TRANSACTIONAL, PROTECT_WINDOWS } from "../protocol/p3.ts";
import { STATUS_INVALID, STATUS_NO_MEMORY, STATUS_NOT_FOUND, STATUS_OK } from "../protocol/status.ts";
import { type Handler, type Part, type Request, reply } from "../server/request.ts";
import type { WordReader } from "../server/table.ts";
import type { Transaction } from "../server/transaction.ts";
import { areaAt, findAreaRow, GUARDS, getWord, UNDO } from "./state.ts";

const restartWord = (tx: WordReader, index: number): number => tx.read(RESTART_PAGE.low + 4 * index);

/** Row of the strength of a page, -1 for plain memory. */
function guardOf(tx: WordReader, page: number): number {
  for (let row = 0; row < GUARDS.rows; row++) {
    const high = GUARDS.get(tx, row, GUARDS.field.high) >>> 0;
    if (page < high && page >= GUARDS.get(tx, row, GUARDS.field.low) >>> 0) return row;
  }
  return -1;
}

/** Whether the page is plain memory, which is mapped together with its neighbours. */
export function isPlain(tx: WordReader, page: number): boolean {
  return guardOf(tx, page) < 0;
}

/** Rights that the program has to a page, whatever it is mapped with: a protected page is not written outside windows. */
export function declaredRights(tx: WordReader, page: number, rights: number): number {
  const row = guardOf(tx, page);
  const closed =
    row >= 0 &&
    GUARDS.get(tx, row, GUARDS.field.strength) === PROTECT_WINDOWS &&
    GUARDS.get(tx, row, GUARDS.field.open) === 0;
  return closed ? rights & ~FPAGE_W : rights;
}

/** Rights to map a page with; a transactional page that is about to be written is copied first. -1 when there is no room. */
export function mappedRights(tx: Transaction, page: number, rights: number, write: boolean): number {
  const row = guardOf(tx, page);
  if (row < 0) return rights;
  if (GUARDS.get(tx, row, GUARDS.field.strength) === PROTECT_WINDOWS) return declaredRights(tx, page, rights);
  if (UNDO.find(tx, UNDO.field.page, page) >= 0) return rights;
  if (!write) return rights & ~FPAGE_W;
  const free = UNDO.find(tx, UNDO.field.page, 0);
  if (free < 0) return -1;
  tx.pages.copy(P3_UNDO_AREA + free * PAGE_SIZE, page, PAGE_SIZE);
  UNDO.set(tx, free, UNDO.field.page, page);
  UNDO.set(tx, free, UNDO.field.sequence, restartWord(tx, RESTART_SEQUENCE));
  countUndo(tx, 1);
  return rights;
}

function countUndo(tx: Transaction, change: number): void {
  tx.write(RESTART_PAGE.low + 4 * RESTART_UNDO, restartWord(tx, RESTART_UNDO) + change);
}

/** PROTECT base, pages, strength. */
export function* protect(s: Request): Handler {
  const [low, pages, strength] = [s.word(1) >>> 0, s.word(2) >>> 0, s.word(3)];
  const high = low + pages * PAGE_SIZE;
  if (low % PAGE_SIZE !== 0 || pages < 1 || strength < PROTECT_PLAIN || strength > PROTECT_WINDOWS)
    return reply(STATUS_INVALID);
  const [status] = yield* s.step((tx) => {
    const area = findAreaRow(tx, low);
    if (area < 0 || areaAt(tx, area).kind !== "persistent memory" || high > areaAt(tx, area).high)
      return [STATUS_INVALID];
    for (let row = 0; row < GUARDS.rows; row++) {
      const [from, to] = [GUARDS.field.low, GUARDS.field.high].map((field) => GUARDS.get(tx, row, field) >>> 0);
      if (to === 0 || from! >= high || to! <= low) continue;
      if (from !== low || to !== high) return [STATUS_INVALID];
      if (GUARDS.get(tx, row, GUARDS.field.strength) === strength) return [STATUS_OK];
      GUARDS.clear(tx, row);
    }
    if (strength === PROTECT_PLAIN) return [STATUS_OK];
    const row = GUARDS.find(tx, GUARDS.field.high, 0);
    if (row < 0) return [STATUS_NO_MEMORY];
    const words = { low, high, strength, open: 0 };
    for (const [name, value] of Object.entries(words))
      GUARDS.set(tx, row, GUARDS.field[name as keyof typeof words], value);
    return [STATUS_OK];
  });
  if (status === STATUS_OK && strength !== PROTECT_PLAIN) yield* revoke(s, pagesOf(low, high));
  return reply(status!);
}

function pagesOf(low: number, high: number): number[] {
  return Array.from({ length: (high - low) / PAGE_SIZE }, (_, i) => low + i * PAGE_SIZE);
}

/** Most fpages of one Unmap. */
const UNMAP_LIMIT = 64;

/** The next write to these pages is a fault. */
function* revoke(s: Request, pages: readonly number[]): Part<undefined> {
  for (let i = 0; i < pages.length; i += UNMAP_LIMIT)
    yield* s.unmap(pages.slice(i, i + UNMAP_LIMIT).map((page) => makeFpage(page, PAGE_BITS, FPAGE_W)));
  return undefined;
}

/** Has all pages of persistent memory watched that have no strength of their own, as if they were declared transactional. */
export function* watchPersistentMemory(s: Request): Part<undefined> {
  const pages = yield* s.step((tx) => {
    const watched: number[] = [];
    const count = getWord(tx, "areas");
    for (let area = 0; area < count; area++) {
      const { kind, low, high } = areaAt(tx, area);
      if (kind === "persistent memory") watched.push(...watchPlainPages(tx, low, high));
    }
    return watched;
  });
  yield* revoke(
    s,
    pages.map((page) => page >>> 0),
  );
  return undefined;
}

/** A row for each run of plain pages, as long as there is room. Returns the pages. */
function watchPlainPages(tx: Transaction, low: number, high: number): number[] {
  const watched: number[] = [];
  for (let page = low; page < high; page += PAGE_SIZE) {
    if (!isPlain(tx, page)) continue;
    let end = page + PAGE_SIZE;
    while (end < high && isPlain(tx, end)) end += PAGE_SIZE;
    const row = GUARDS.find(tx, GUARDS.field.high, 0);
    if (row < 0) break;
    const words = { low: page, high: end, strength: PROTECT_TRANSACTIONAL, open: 0 };
    for (const [name, value] of Object.entries(words))
      GUARDS.set(tx, row, GUARDS.field[name as keyof typeof words], value);
    watched.push(...pagesOf(page, end));
    page = end - PAGE_SIZE;
  }
  return watched;
}

/** WINDOW base, 1 or 0. */
export function* openWindow(s: Request): Handler {
  const low = s.word(1) >>> 0;
  const [high] = yield* s.step((tx) => {
    const row = GUARDS.find(tx, GUARDS.field.low, low);
    if (row < 0 || GUARDS.get(tx, row, GUARDS.field.strength) !== PROTECT_WINDOWS) return [0];
    GUARDS.set(tx, row, GUARDS.field.open, s.word(2) === 1 ? 1 : 0);
    return [GUARDS.get(tx, row, GUARDS.field.high)];
  });
  if (high === 0) return reply(STATUS_NOT_FOUND);
  if (s.word(2) !== 1) yield* revoke(s, pagesOf(low, high! >>> 0));
  return reply(STATUS_OK);
}

/** COMMIT: pages that earlier requests have written are watched again. */
export function* commit(s: Request): Handler {
  const pages = yield* s.step((tx) => endTransactions(tx, (live) => !live));
  yield* revoke(
    s,
    pages.map((page) => page >>> 0),
  );
  return reply(STATUS_OK);
}

/** Ends the transactions of those pages that `which` wants, given whether they are the open request's. Returns the pages. */
function endTransactions(tx: Transaction, which: (live: boolean) => boolean): number[] {
  const pages: number[] = [];
  const sequence = restartWord(tx, RESTART_SEQUENCE);
  const open = restartWord(tx, RESTART_REPLIED) !== sequence;
  for (let row = 0; row < UNDO.rows; row++) {
    const page = UNDO.get(tx, row, UNDO.field.page);
    if (page === 0 || !which(open && UNDO.get(tx, row, UNDO.field.sequence) === sequence)) continue;
    UNDO.clear(tx, row);
    pages.push(page);
  }
  countUndo(tx, -pages.length);
  return pages;
}

/** The program is about to be restarted: what its open request has written goes back, and all windows are closed. Returns the pages. */
export function* rollBack(s: Request): Part<number> {
  const [undone, ...pages] = yield* s.step((tx) => {
    let count = 0;
    const sequence = restartWord(tx, RESTART_SEQUENCE);
    const open = restartWord(tx, RESTART_REPLIED) !== sequence;
    for (let row = 0; row < UNDO.rows; row++) {
      const page = UNDO.get(tx, row, UNDO.field.page) >>> 0;
      if (page === 0 || !open || UNDO.get(tx, row, UNDO.field.sequence) !== sequence) continue;
      tx.pages.copy(page, P3_UNDO_AREA + row * PAGE_SIZE, PAGE_SIZE);
      count++;
    }
    const watched = endTransactions(tx, () => true);
    for (let row = 0; row < GUARDS.rows; row++) {
      if (GUARDS.get(tx, row, GUARDS.field.open) === 0) continue;
      GUARDS.set(tx, row, GUARDS.field.open, 0);
      const [low, high] = [GUARDS.field.low, GUARDS.field.high].map((field) => GUARDS.get(tx, row, field) >>> 0);
      watched.push(...pagesOf(low!, high!));
    }
    return [count, ...watched];
  });
  yield* revoke(
    s,
    pages.map((page) => page >>> 0),
  );
  return undone!;
}

/** Persistent memory is renewed: the program declares its strengths anew. */
export function forgetGuards(tx: Transaction): void {
  for (let row = 0; row < GUARDS.rows; row++) if (GUARDS.get(tx, row, GUARDS.field.high) !== 0) GUARDS.clear(tx, row);
}
