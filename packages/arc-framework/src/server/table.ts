/**
 * Tables in persistent memory: rows of word fields, read and written in a step.
 *
 * Here: where a row's fields lie, and access through a transaction. Not here: what rows mean,
 * undoing a write (`transaction.ts`).
 * @module
 */
import type { Fields, Struct, WordIndices } from "@kintsugi/records";
import { wordIndices } from "@kintsugi/records";

/** Anything that reads words: a transaction, or persistent memory itself. */
export interface WordReader {
  /** The word at this linear address, signed. */
  read(address: number): number;
}

/** Anything that writes words, too. */
export interface WordWriter extends WordReader {
  /** Writes the low 32 bits of `value` at this linear address. */
  write(address: number, value: number): void;
}

/** `rows` rows of `layout`, one after the other from `base` on. It keeps no state of its own. */
export class PersistentTable<F extends Fields> {
  readonly base: number;
  readonly rows: number;
  /** Bytes of a row. */
  readonly stride: number;
  /** Word index of each field inside a row. */
  readonly field: WordIndices<F>;

  constructor(base: number, rows: number, layout: Struct<F>) {
    this.base = base;
    this.rows = rows;
    this.stride = layout.size;
    this.field = wordIndices(layout);
  }

  /** First address behind the table. */
  get end(): number {
    return this.base + this.rows * this.stride;
  }

  /**
   * Address of a word of a row.
   * @throws RangeError outside the rows, or outside the words of a row
   */
  address(row: number, field: number): number {
    if (row >>> 0 !== row || row >= this.rows) throw new RangeError(`row ${row} of ${this.rows}`);
    if (field >>> 0 !== field || 4 * field >= this.stride) throw new RangeError(`word ${field} of ${this.stride / 4}`);
    return this.base + row * this.stride + 4 * field;
  }

  /** A word of a row, signed. Throws as {@link PersistentTable.address} does. */
  get(reader: WordReader, row: number, field: number): number {
    return reader.read(this.address(row, field));
  }

  /** Writes a word of a row. Throws as {@link PersistentTable.address} does. */
  set(writer: WordWriter, row: number, field: number, value: number): void {
    writer.write(this.address(row, field), value);
  }

  /** Makes every word of a row zero. */
  clear(writer: WordWriter, row: number): void {
    for (let word = 0; 4 * word < this.stride; word++) writer.write(this.address(row, word), 0);
  }

  /** The first row whose `field` is `value`, or -1. */
  find(reader: WordReader, field: number, value: number): number {
    for (let row = 0; row < this.rows; row++) if (this.get(reader, row, field) === (value | 0)) return row;
    return -1;
  }
}
