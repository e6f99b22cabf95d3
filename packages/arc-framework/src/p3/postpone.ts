/**
 * A postponed restart: the program goes on in a degraded state until its request is answered.
 *
 * Here: going on, and hearing of the answer. Not here: the page (`lent.ts`), the restart (`recovery.ts`).
 * Nobody tells a P3 of an answer. But a server asks its P3 to COMMIT when a request begins and the restart page says that there
 * is something to be committed: so the P3 says so, and the server is restarted at the very beginning of its next request, which
 * is served by its next life. The watch, where there is one, finds the quiet moment before that.
 * Reference: thesis 3.3.3 (delayed recovery, degraded mode).
 * @module
 */
import { RESTART_REPLIED, RESTART_SEQUENCE, RESTART_UNDO } from "@kintsugi/microkernel";
import { RESTART_PAGE } from "../elf/layout.ts";
import type { WordReader } from "../server/table.ts";
import type { Transaction } from "../server/transaction.ts";
import { getWord, setWord } from "./state.ts";

const address = (index: number): number => RESTART_PAGE.low + 4 * index;
const restartWord = (tx: WordReader, index: number): number => tx.read(address(index));

/** From now on the program's restart waits for the answer to its open request. */
export function postpone(tx: Transaction): void {
  setWord(tx, "postponed", 1);
  setWord(tx, "postponedFor", restartWord(tx, RESTART_SEQUENCE));
  tx.write(address(RESTART_UNDO), restartWord(tx, RESTART_UNDO) + 1);
}

/** Whether the program goes on although it has failed. */
export function isPostponed(tx: WordReader): boolean {
  return getWord(tx, "postponed") !== 0;
}

/** Whether the request is answered that a restart waits for. */
export function isDue(tx: WordReader): boolean {
  const sequence = restartWord(tx, RESTART_SEQUENCE);
  const open = sequence === getWord(tx, "postponedFor") && restartWord(tx, RESTART_REPLIED) !== sequence;
  return isPostponed(tx) && !open;
}

/** The restart is made, or another failure has come before it. */
export function endPostponement(tx: Transaction): void {
  if (!isPostponed(tx)) return;
  setWord(tx, "postponed", 0);
  tx.write(address(RESTART_UNDO), restartWord(tx, RESTART_UNDO) - 1);
}
