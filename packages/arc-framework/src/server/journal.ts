/**
 * The journal: what a server thread must not forget, in its persistent memory.
 *
 * Here: the layout, and each change as one commit. Not here: who decides the changes (`resident-server.ts`).
 *
 *     word 0     magic
 *          1     state: phase (2) | out (1) | slot (1) | count of completed yields (12) | serial (16)
 *          2     undo log: serial (16) | entries (16); live while its serial is the state's
 *          3     crashes: serial (16) | crashes at this serial (16)
 *          4, 5  requests accepted so far, by slot
 *          8     request slots 0 and 1: sender, tag, MR1…MR63
 *          138   results of the completed yields: kind (16) | words (16), then the words
 *          1024  undo log: address, old word
 *
 * Every commit is the store of the state word, with the next serial; what it makes valid is stored before.
 * @module
 */
import type { PersistentMemory } from "./persistent-memory.ts";

/** Bytes of one thread's journal and undo log; page-aligned. */
export const THREAD_MEMORY_SIZE = 0x2000;

/** The handler of thread start has not finished. */
export const PHASE_START = 0;
/** No request is open: waiting, or (out clear) about to wait. */
export const PHASE_IDLE = 1;
/** A request is open. */
export const PHASE_HANDLING = 2;
/** A request is open and has been given up; STATUS_FAILED is due. */
export const PHASE_FAILED = 3;

const MAGIC = 0x4c4e4a4b;
const STATE = 4;
const UNDO = 8;
const CRASHES = 12;
const SEQUENCE = 16;
const SLOTS = 32;
const SLOT_SIZE = 65 * 4;
const RESULTS = SLOTS + 2 * SLOT_SIZE;
const UNDO_ENTRIES = 0x1000;
const UNDO_ENTRY_SIZE = 8;

/** Words of results that one request may gather, headers included. */
export const RESULT_WORDS: number = (UNDO_ENTRIES - RESULTS) / 4;
/** Yields that one request may complete. */
export const YIELD_LIMIT = 0xfff;
/** Words that one step may change. */
export const UNDO_LIMIT: number = (THREAD_MEMORY_SIZE - UNDO_ENTRIES) / UNDO_ENTRY_SIZE;

const PHASE = 0x3;
const OUT = 0x4;
const SLOT = 0x8;
const COUNT_SHIFT = 4;
const SERIAL_SHIFT = 16;

/** One thread's journal at a time; {@link Journal.open} points it at another. It caches only the state word. */
export class Journal {
  readonly #memory: PersistentMemory;
  #base: number = 0;
  #state: number = 0;

  constructor(memory: PersistentMemory) {
    this.#memory = memory;
  }

  /** Whether a journal lies at `base`. If not, only {@link Journal.format} may follow. */
  open(base: number): boolean {
    this.#base = base;
    this.#state = this.#memory.read(base + STATE);
    const mayCount = this.phase === PHASE_START || this.phase === PHASE_HANDLING;
    return this.#memory.read(base) === MAGIC && (mayCount || this.count === 0);
  }

  /** Forgets whatever lies here: the thread starts. */
  format(base: number): void {
    const memory = this.#memory;
    this.#base = base;
    this.#state = 0;
    for (const word of [0, UNDO, CRASHES, SEQUENCE, SEQUENCE + 4]) memory.write(base + word, 0);
    for (let word = 0; word < 2; word++) memory.write(base + SLOTS + 4 * word, 0);
    this.#store(PHASE_START);
    memory.write(base, MAGIC);
  }

  get phase(): number {
    return this.#state & PHASE;
  }

  /** A call is out: its result will be in the thread's registers. */
  get out(): boolean {
    return (this.#state & OUT) !== 0;
  }

  /** Completed yields of the open request. */
  get count(): number {
    return (this.#state >>> COUNT_SHIFT) & YIELD_LIMIT;
  }

  /** Grows with every commit, modulo 2^16. */
  get serial(): number {
    return this.#state >>> SERIAL_SHIFT;
  }

  get sender(): number {
    return this.#memory.read(this.#slot);
  }

  get tag(): number {
    return this.#memory.read(this.#slot + 4);
  }

  /** Number of the open request, from 1; 0 is the thread's start. */
  get sequence(): number {
    return this.#memory.read(this.#base + SEQUENCE + (this.#state & SLOT ? 4 : 0));
  }

  /** MR1…MRn of the open request. */
  words(count: number): number[] {
    const words: number[] = [];
    for (let i = 1; i <= count; i++) words.push(this.#memory.read(this.#slot + 4 + 4 * i));
    return words;
  }

  /** Commit: the thread is idle; a request that was open is dropped. */
  idle(): void {
    this.#commit((this.#state & SLOT) | PHASE_IDLE);
  }

  /** Commit: the reply, if one was due, and the wait are on their way. Nothing may follow in this step. */
  waitOut(): void {
    this.#store((this.#state & SLOT) | PHASE_IDLE | OUT);
  }

  /** Commit: the open request has been given up. */
  fail(): void {
    this.#commit((this.#state & SLOT) | PHASE_FAILED);
  }

  /** Commit: this request is open and nothing of it is done. */
  accept(sender: number, tag: number, words: readonly number[], sequence: number = this.sequence + 1): void {
    const memory = this.#memory;
    const other = (this.#state & SLOT) ^ SLOT;
    const slot = this.#base + SLOTS + (other ? SLOT_SIZE : 0);
    // A stale undo log must not come to life when the serial has gone round; a request has fewer commits than that.
    if (memory.read(this.#base + UNDO) !== 0) memory.write(this.#base + UNDO, 0);
    memory.write(this.#base + SEQUENCE + (other ? 4 : 0), sequence);
    memory.write(slot, sender);
    memory.write(slot + 4, tag);
    for (const [i, word] of words.entries()) memory.write(slot + 8 + 4 * i, word);
    this.#commit(other | PHASE_HANDLING);
  }

  /** Commit: the call of the next yield is on its way. The kernel makes it in the same step: nothing may follow. */
  callOut(): void {
    this.#store((this.#state & 0xffff & ~OUT) | OUT);
  }

  /**
   * Commit: the next yield is complete.
   * @param end word offset behind the last result, as {@link Journal.result} gives it
   * @returns the new end
   * @throws RangeError when the journal is full
   */
  complete(end: number, kind: number, words: readonly number[]): number {
    if (end + 1 + words.length > RESULT_WORDS || this.count === YIELD_LIMIT)
      throw new RangeError(`the journal of a request holds ${RESULT_WORDS} words and ${YIELD_LIMIT} yields`);
    const at = this.#base + RESULTS + 4 * end;
    this.#memory.write(at, (kind << 16) | words.length);
    for (const [i, word] of words.entries()) this.#memory.write(at + 4 + 4 * i, word);
    this.#commit((this.#state & (SLOT | PHASE)) | ((this.count + 1) << COUNT_SHIFT));
    return end + 1 + words.length;
  }

  /**
   * The result that starts at word offset `end`.
   * @throws Error when it is the result of another kind of yield: the handler is not deterministic
   */
  result(end: number, kind: number): number[] {
    const at = this.#base + RESULTS + 4 * end;
    const header = this.#memory.read(at);
    if (header >>> 16 !== kind) throw new Error("a handler did not repeat itself: it depends on more than its results");
    const words: number[] = [];
    for (let i = 1; i <= (header & 0xffff); i++) words.push(this.#memory.read(at + 4 * i));
    return words;
  }

  /** Crashes since the last commit, this one included. */
  countCrash(): number {
    const word = this.#memory.read(this.#base + CRASHES);
    const crashes = word >>> SERIAL_SHIFT === this.serial ? (word & 0xffff) + 1 : 1;
    this.#memory.write(this.#base + CRASHES, (this.serial << SERIAL_SHIFT) | crashes);
    return crashes;
  }

  /** Entries of the undo log that are live. */
  get undoEntries(): number {
    const word = this.#memory.read(this.#base + UNDO);
    return word >>> SERIAL_SHIFT === this.serial ? word & 0xffff : 0;
  }

  set undoEntries(entries: number) {
    this.#memory.write(this.#base + UNDO, (this.serial << SERIAL_SHIFT) | entries);
  }

  undoEntryAddress(entry: number): number {
    return this.#base + UNDO_ENTRIES + UNDO_ENTRY_SIZE * entry;
  }

  get #slot(): number {
    return this.#base + SLOTS + (this.#state & SLOT ? SLOT_SIZE : 0);
  }

  #commit(low: number): void {
    this.#store(low);
    this.#memory.cut("commit");
  }

  #store(low: number): void {
    const state = (((this.serial + 1) & 0xffff) << SERIAL_SHIFT) | low;
    this.#memory.write(this.#base + STATE, state);
    this.#state = state;
  }
}
