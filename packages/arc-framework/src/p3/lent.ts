/**
 * Pages of zeroes lent to a program where it has none: so that a bad access does not stop it.
 *
 * Here: lending, and taking back at a restart. Not here: to whom (`postpone.ts`, `environment.ts`).
 * Reference: thesis 3.3.3 ("it is also possible to assign a page to an access violation").
 * @module
 */
import { FPAGE_R, FPAGE_W, makeFpage, mapItem, PAGE_BITS } from "@kintsugi/microkernel";
import { PAGE_SIZE, STACK } from "../elf/layout.ts";
import { P3_PERSISTENT_MEMORY, SESSION_AREA } from "../protocol/address-space.ts";
import { ART_RELEASE } from "../protocol/art.ts";
import { STATUS_OK } from "../protocol/status.ts";
import type { Part, Request } from "../server/request.ts";
import { pageOf } from "./areas.ts";
import { allocate } from "./memory.ts";
import { getWord, LENT } from "./state.ts";

const FPAGE_RW = FPAGE_R | FPAGE_W;

/** Whether this P3 can have a page of its program's at this address: its own memory is in the way, and the kernel's. */
function isLendable(page: number): boolean {
  return page + PAGE_SIZE <= P3_PERSISTENT_MEMORY || (page >= SESSION_AREA && page < STACK.high + PAGE_SIZE);
}

/** Lends the page of an address, which lies outside all areas. Returns the words of the map item, none where that cannot be. */
export function* lend(s: Request, address: number): Part<readonly number[]> {
  const page = pageOf(address);
  const [row, art] = yield* s.step((tx) => {
    const known = LENT.find(tx, LENT.field.page, page);
    const has = known >= 0 && LENT.get(tx, known, LENT.field.pages) !== 0;
    return [has ? -2 : LENT.find(tx, LENT.field.pages, 0), getWord(tx, "art")];
  });
  if (row! === -1 || !isLendable(page)) return [];
  if (row! >= 0) {
    if ((yield* allocate(s, art!, page, 1)) !== STATUS_OK) return [];
    yield* s.step((tx) => {
      LENT.set(tx, row!, LENT.field.page, page);
      LENT.set(tx, row!, LENT.field.pages, 1);
      return [];
    });
  }
  const fpage = makeFpage(page, PAGE_BITS, FPAGE_RW);
  return [mapItem(fpage), fpage];
}

/** Takes all lent pages back. */
export function* takeBack(s: Request): Part<undefined> {
  const [art, ...pages] = yield* s.step((tx) => {
    const found: number[] = [];
    for (let row = 0; row < LENT.rows; row++)
      if (LENT.get(tx, row, LENT.field.pages) !== 0) found.push(LENT.get(tx, row, LENT.field.page));
    return [getWord(tx, "art"), ...found];
  });
  for (const page of pages) yield* s.call(art!, { label: ART_RELEASE, words: [page, 1] });
  yield* s.step((tx) => {
    for (let row = 0; row < LENT.rows; row++) if (LENT.get(tx, row, LENT.field.pages) !== 0) LENT.clear(tx, row);
    return [];
  });
  return undefined;
}
