/**
 * A check-up: what a P3 looks at, now and then, in its own program.
 *
 * Here: whether the text is what was loaded, how much memory the program uses and how old it is. Not here: who has it look
 * (`../art/watch.ts`), what makes a failure of it (`../detect/check-up.ts`).
 * A page's sum is that of the file's bytes, taken at the first check-up that finds the page loaded.
 * Reference: thesis 3.3.1; Choices (code checksum).
 * @module
 */
import { FPAGE_W, RESTART_REPLIED, RESTART_SEQUENCE } from "@kintsugi/microkernel";
import { PAGE_SIZE, RESTART_PAGE } from "../elf/layout.ts";
import type { Usage } from "../policy/policy.ts";
import { P3_MODULE_AREA } from "../protocol/address-space.ts";
import type { Transaction } from "../server/transaction.ts";
import { type Area, contentOf } from "./areas.ts";
import { isLoaded, memoryRange } from "./pages.ts";
import { areaAt, getCount, getWord, PAGES, pageIndex, SHARED } from "./state.ts";
import { threadsOf } from "./threads.ts";

/** Pages that one check-up sums at most for the first time: a step's undo log has a bound. */
const NEW_SUMS = 128;

const FNV_BASIS = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/** FNV-1a by words; never 0. */
export function sumOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = FNV_BASIS;
  for (let at = 0; at + 4 <= bytes.length; at += 4) sum = Math.imul(sum ^ view.getInt32(at, true), FNV_PRIME);
  return sum | 1;
}

function imageSum(tx: Transaction, area: Area, page: number): number {
  const bytes = new Uint8Array(PAGE_SIZE);
  const { at, fileOffset, length } = contentOf(area, page);
  if (length > 0) bytes.set(tx.readBytes(P3_MODULE_AREA + fileOffset, length), at);
  return sumOf(bytes);
}

/**
 * Address of the first page of text that is not what the program's file said; 0 for none.
 * @param most pages that are summed for the first time
 */
export function damagedText(tx: Transaction, most: number = NEW_SUMS): number {
  let fresh = 0;
  const count = getWord(tx, "areas");
  for (let row = 0; row < count; row++) {
    const area = areaAt(tx, row);
    if (area.kind !== "image" || (area.rights & FPAGE_W) !== 0) continue;
    const { low, high } = memoryRange(tx, row);
    for (let page = low; page < high; page += PAGE_SIZE) {
      if (!isLoaded(tx, area, row, page)) continue;
      const index = pageIndex(area, page);
      let sum = PAGES.get(tx, index, PAGES.field.sum);
      if (sum === 0 && fresh++ < most) {
        sum = imageSum(tx, area, page);
        PAGES.set(tx, index, PAGES.field.sum, sum);
      }
      if (sum !== 0 && sum !== sumOf(tx.readBytes(page, PAGE_SIZE))) return page;
    }
  }
  return 0;
}

/** The program's use of what it has. */
export function usageOf(tx: Transaction): Usage {
  let heap = 0;
  let frames = 0;
  const count = getWord(tx, "areas");
  for (let row = 0; row < count; row++) {
    const area = areaAt(tx, row);
    const { low, high } = memoryRange(tx, row);
    for (let page = low; page < high; page += PAGE_SIZE) {
      if (!isLoaded(tx, area, row, page)) continue;
      frames++;
      if (area.kind === "heap") heap++;
    }
  }
  for (let row = 0; row < SHARED.rows; row++)
    if (SHARED.get(tx, row, SHARED.field.key) !== 0) frames += SHARED.get(tx, row, SHARED.field.pages);
  return {
    age: tx.now() - getCount(tx, "startedLow"),
    heap,
    frames,
    threads: threadsOf(tx).length,
    served: tx.read(RESTART_PAGE.low + 4 * RESTART_SEQUENCE) !== getWord(tx, "startedSequence"),
  };
}

/** Its words, as results of a step, and back. */
export function usageWords({ age, heap, frames, threads, served }: Usage): readonly number[] {
  return [age | 0, Math.floor(age / 2 ** 32), heap, frames, threads, served ? 1 : 0];
}

export function usageFrom([low, high, heap, frames, threads, served]: readonly number[]): Usage {
  const age = (low! >>> 0) + high! * 2 ** 32;
  return { age, heap: heap!, frames: frames!, threads: threads!, served: served === 1 };
}

/** A server that is ready and serves nobody just now. */
export function isQuiet(tx: Transaction): boolean {
  const word = (index: number): number => tx.read(RESTART_PAGE.low + 4 * index);
  const idle = word(RESTART_SEQUENCE) === word(RESTART_REPLIED) && getWord(tx, "recovering") === 0;
  return idle && getWord(tx, "server") !== 0 && getWord(tx, "ready") !== 0;
}
