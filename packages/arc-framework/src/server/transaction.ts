/**
 * Transactions: what a step may do, and how it is undone.
 *
 * Here: reads and logged writes of words, bulk writes of pages, charged as they happen; the undo.
 * Not here: when a step is committed or undone (`resident-server.ts`).
 * A word is logged before it changes: entry, then the number of entries, then the word itself. So at
 * every store the log says all that has to go back.
 * @module
 */
import { COST_BULK_UNIT, COST_STEP_WORD } from "./costs.ts";
import { type Journal, UNDO_LIMIT } from "./journal.ts";
import type { PersistentMemory } from "./persistent-memory.ts";

/**
 * Bulk writes to pages that nobody relies on before the step commits: they bypass the undo log, so
 * doing them again must do no harm.
 */
export interface Pages {
  /** Sets `length` bytes to `byte`, 0…255. */
  fill(address: number, length: number, byte: number): void;
  /** Copies `length` bytes as if through a buffer: the ranges may overlap. */
  copy(to: number, from: number, length: number): void;
  /** Writes all of `bytes`. */
  write(address: number, bytes: Uint8Array): void;
}

/** What the function of a step gets. It must not be kept beyond the step. */
export class Transaction {
  readonly #memory: PersistentMemory;
  readonly #journal: Journal;
  /** Writes in bulk, not undone. */
  readonly pages: Pages;
  #entries: number = 0;

  constructor(memory: PersistentMemory, journal: Journal) {
    this.#memory = memory;
    this.#journal = journal;
    this.pages = {
      fill: (address, length, byte) => {
        this.#chargeBulk(length);
        memory.fill(address, length, byte);
      },
      copy: (to, from, length) => {
        this.#chargeBulk(length);
        memory.copy(to, from, length);
      },
      write: (address, bytes) => {
        this.#chargeBulk(bytes.length);
        memory.writeBytes(address, bytes);
      },
    };
  }

  /** Starts a step: its log is empty. */
  begin(): void {
    this.#entries = 0;
  }

  /** The word at `address`, signed. */
  read(address: number): number {
    this.#memory.context.charge(COST_STEP_WORD);
    return this.#memory.read(address);
  }

  /**
   * Writes the low 32 bits of `value`.
   * @throws RangeError when the step has changed `UNDO_LIMIT` words already
   */
  write(address: number, value: number): void {
    this.#memory.context.charge(COST_STEP_WORD);
    const old = this.#memory.read(address);
    if (old === (value | 0)) return;
    if (this.#entries === UNDO_LIMIT) throw new RangeError(`a step changes at most ${UNDO_LIMIT} words`);
    const entry = this.#journal.undoEntryAddress(this.#entries);
    this.#memory.write(entry, address);
    this.#memory.write(entry + 4, old);
    this.#journal.undoEntries = this.#entries + 1;
    this.#entries++;
    this.#memory.write(address, value);
  }

  /** A copy of bytes. */
  readBytes(address: number, length: number): Uint8Array {
    this.#chargeBulk(length);
    return this.#memory.readBytes(address, length);
  }

  /** The clock, in cycles. */
  now(): number {
    return this.#memory.context.now();
  }

  /** Guest instructions retired since power-on. */
  retired(): number {
    return this.#memory.context.retired();
  }

  /**
   * Writes to an I/O port. This cannot be undone: after a crash it may happen twice.
   * @param size bytes
   */
  portWrite(port: number, size: 1 | 2 | 4, value: number): void {
    this.#memory.context.portWrite(port, size, value);
  }

  #chargeBulk(length: number): void {
    this.#memory.context.charge(COST_BULK_UNIT * Math.ceil(length / 16));
  }
}

/**
 * Takes back what an unfinished step has done; may be cut and run again. The last store that was logged may not have been
 * done: its page could not be written yet. Nothing is stored there.
 */
export function undo(memory: PersistentMemory, journal: Journal): void {
  for (let entry = journal.undoEntries - 1; entry >= 0; entry--) {
    const at = journal.undoEntryAddress(entry);
    const [address, old] = [memory.read(at), memory.read(at + 4)];
    if (memory.read(address) !== old) memory.write(address, old);
  }
  if (journal.undoEntries !== 0) journal.undoEntries = 0;
}
