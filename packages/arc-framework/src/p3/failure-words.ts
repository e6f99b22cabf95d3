/**
 * The failure's words in the restart page: kept until the program has recovered.
 *
 * Here: saving and restoring words 80…95. Not here: the rest of the page, which is the kernel's alone.
 * The kernel writes these words at every fault, also at those that P3 then serves. A program that
 * recovers must find the failure that ended its last life, not its own first page fault.
 * Reference: docs/protocols.md section 6.
 * @module
 */
import {
  RESTART_ADDRESS,
  RESTART_DETAIL,
  RESTART_ERROR_CODE,
  RESTART_FAILURE,
  RESTART_TIME_HIGH,
} from "@kintsugi/microkernel";
import { RESTART_PAGE } from "../elf/layout.ts";
import type { Transaction } from "../server/transaction.ts";
import { writeEnvironment } from "./environment.ts";
import { getWord, setWord } from "./state.ts";

const WORDS: number = RESTART_TIME_HIGH - RESTART_FAILURE + 1;

function address(word: number): number {
  return RESTART_PAGE.low + 4 * word;
}

/** Names a failure that only P3 knows of (panic, kill, another thread's, …). The frame follows when the thread is stopped. */
export function writeFailure(tx: Transaction, kind: number, detail: number, at: number): void {
  tx.write(address(RESTART_FAILURE), kind);
  tx.write(address(RESTART_DETAIL), detail);
  tx.write(address(RESTART_ERROR_CODE), 0);
  tx.write(address(RESTART_ADDRESS), at);
}

/** Saves the words; the thread is halted, so that they are all those of the failure. */
export function saveFailureWords(tx: Transaction): void {
  for (let i = 0; i < WORDS; i++) setWord(tx, "failure", tx.read(address(RESTART_FAILURE + i)), i);
}

/** Puts the saved words back while a recovery is going on, and says what environment this life has. */
export function restoreFailureWords(tx: Transaction): void {
  if (getWord(tx, "recovering") === 0) return;
  for (let i = 0; i < WORDS; i++) tx.write(address(RESTART_FAILURE + i), getWord(tx, "failure", i));
  writeEnvironment(tx);
}
