/**
 * The timeline of a recovery: how long each step took, in persistent memory.
 *
 * Here: taking times, and the record for ART. Not here: when steps begin and end (`recovery.ts`).
 * Times are differences of both clocks since the mark before: guest instructions of the whole machine, and
 * cycles, which are instructions, charged work and idle time.
 * Reference: docs/protocols.md section 9; thesis Table 4.2.
 * @module
 */
import {
  RECOVERY_ACTION,
  RECOVERY_ADDRESS,
  RECOVERY_DETAIL,
  RECOVERY_KIND,
  RECOVERY_NAME,
  RECOVERY_PID,
  RECOVERY_STEPS,
  RECOVERY_WORDS,
  RECOVERY_WORDS_PER_STEP,
} from "../protocol/recovery-record.ts";
import type { WordReader } from "../server/table.ts";
import type { Transaction } from "../server/transaction.ts";
import type { RecoveryObserver } from "./observer.ts";
import { ARGUMENTS, getCount, getWord, setCount, setWord, TIMELINE_WORDS } from "./state.ts";

/** Begins a timeline, at a time in cycles that may lie back. */
export function beginTimeline(tx: Transaction, cycles: number): void {
  for (let i = 0; i < TIMELINE_WORDS; i++) setWord(tx, "timeline", 0, i);
  setCount(tx, "cyclesLow", cycles);
  setCount(tx, "retiredLow", tx.retired());
}

/** Ends a step: adds the time since the last mark, and pages, to its words. */
export function markStep(tx: Transaction, step: number, pages: number, observer: RecoveryObserver): void {
  observer.marked?.(getWord(tx, "pid"), step);
  const cycles = tx.now();
  const retired = tx.retired();
  add(tx, step, 0, retired - getCount(tx, "retiredLow"));
  add(tx, step, 1, cycles - getCount(tx, "cyclesLow"));
  add(tx, step, 2, pages);
  setCount(tx, "cyclesLow", cycles);
  setCount(tx, "retiredLow", retired);
}

/** Adds to a word of a step; a word that would overflow keeps its largest value. */
function add(tx: Transaction, step: number, word: number, amount: number): void {
  const index = step * RECOVERY_WORDS_PER_STEP + word;
  setWord(tx, "timeline", Math.min(0xffffffff, (getWord(tx, "timeline", index) >>> 0) + amount) | 0, index);
}

/** MR1… of the recovery record. */
export function recordWords(reader: WordReader): number[] {
  const words: number[] = new Array(RECOVERY_WORDS).fill(0);
  const put = (mr: number, value: number): void => {
    words[mr - 1] = value;
  };
  put(RECOVERY_PID, getWord(reader, "pid"));
  put(RECOVERY_KIND, getWord(reader, "kind"));
  put(RECOVERY_DETAIL, getWord(reader, "detail"));
  put(RECOVERY_ADDRESS, getWord(reader, "address"));
  put(RECOVERY_ACTION, getWord(reader, "action"));
  for (let i = 0; i < TIMELINE_WORDS; i++) put(RECOVERY_STEPS + i, getWord(reader, "timeline", i));
  for (const [i, word] of nameWords(reader).entries()) put(RECOVERY_NAME + i, word);
  return words;
}

const NAME_WORDS = RECOVERY_WORDS - RECOVERY_NAME + 1;
const SPACE = 0x20;

/** The program's name, the first word of its arguments, cut to what fits with a NUL. */
function nameWords(reader: WordReader): number[] {
  const words: number[] = new Array(NAME_WORDS).fill(0);
  const length = Math.min(getWord(reader, "argumentBytes"), 4 * NAME_WORDS - 1);
  for (let i = 0; i < length; i++) {
    const byte = (reader.read(ARGUMENTS + (i & ~3)) >>> (8 * (i & 3))) & 0xff;
    if (byte === SPACE || byte === 0) break;
    words[i >>> 2] |= byte << (8 * (i & 3));
  }
  return words;
}
