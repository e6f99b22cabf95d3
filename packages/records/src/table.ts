/**
 * Tables: equal rows of 32-bit fields over words that the caller supplies.
 *
 * Here: the word index of every field, and a row's words, without allocating.
 * Not here: layouts with smaller fields (`struct.ts`), and who owns which row (the user of the table).
 * Hot code leaves the methods aside and computes `words[table.base + row * table.stride + F.state]`,
 * with `const F = wordIndices(SomeStruct)`. Words are signed, as an Int32Array gives them: compare a
 * `u32` after `>>> 0`. The host must be little-endian, as every host of WebAssembly's memories is.
 * @module
 */
import type { Fields, RecordOf, Struct } from "./struct.ts";

/** Word index of each field inside a row; an array field's index is that of its first word. */
export type WordIndices<F extends Fields> = { readonly [K in keyof F]: number };

/**
 * The field indices of a row, for a module constant.
 * @throws RangeError when a field is smaller than a word
 */
export function wordIndices<F extends Fields>(layout: Struct<F>): WordIndices<F> {
  const known = INDICES.get(layout);
  if (known !== undefined) return known as WordIndices<F>;
  const entries = (Object.keys(layout.fields) as (keyof F & string)[]).map((name): [string, number] => {
    const kind = layout.fields[name];
    if (kind === "u8" || kind === "u16") throw new RangeError(`field ${name}: ${kind} is no word`);
    return [name, layout.offsets[name] / 4];
  });
  // Made at once: V8 would keep an object that grows field by field as a hash table, and look into it at each use.
  const indices = Object.freeze(Object.fromEntries(entries)) as WordIndices<F>;
  INDICES.set(layout, indices);
  return indices;
}

/** Of layouts seen so far: tables are made often. */
const INDICES: WeakMap<object, object> = new WeakMap();

/** Rows of one struct, one after the other. It keeps no state of its own: the words are the table. */
export class Table<F extends Fields> {
  readonly words: Int32Array;
  /** Index in `words` of the first word of row 0. */
  readonly base: number;
  readonly rows: number;
  /** Words from one row to the next. */
  readonly stride: number;
  /** Word index of each field inside a row. */
  readonly field: WordIndices<F>;
  readonly #layout: Struct<F>;
  readonly #view: DataView;

  /**
   * Lays `rows` rows over `words` from word `baseWord` on; the words keep what they hold.
   * @throws RangeError when the rows do not fit, or a field is smaller than a word
   */
  constructor(words: Int32Array, baseWord: number, rows: number, layout: Struct<F>) {
    this.field = wordIndices(layout);
    this.stride = layout.size / 4;
    if (!Number.isInteger(baseWord) || baseWord < 0 || !Number.isInteger(rows) || rows < 0)
      throw new RangeError(`no table has ${rows} rows at word ${baseWord}`);
    if (baseWord + rows * this.stride > words.length)
      throw new RangeError(`${rows} rows of ${this.stride} words at ${baseWord} leave ${words.length} words`);
    this.words = words;
    this.base = baseWord;
    this.rows = rows;
    this.#layout = layout;
    this.#view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  }

  /**
   * Index in `words` of a word of a row. `field` is a constant of {@link Table.field}, or that plus
   * the index of an element of an array field.
   * @throws RangeError outside the rows, or outside the words of a row
   */
  wordAddress(row: number, field: number): number {
    if (row >>> 0 !== row || row >= this.rows || field >>> 0 !== field || field >= this.stride)
      throw this.#outside(row, field);
    return this.base + row * this.stride + field;
  }

  /** Apart, so that the check is small enough to be inlined wherever it stands. */
  #outside(row: number, field: number): RangeError {
    return row >>> 0 !== row || row >= this.rows
      ? new RangeError(`row ${row} of ${this.rows}`)
      : new RangeError(`word ${field} of ${this.stride}`);
  }

  /** A word of a row, signed. Throws as {@link Table.wordAddress} does. */
  get(row: number, field: number): number {
    return this.words[this.wordAddress(row, field)];
  }

  /** Writes a word of a row (the low 32 bits of `value`). Throws as {@link Table.wordAddress} does. */
  set(row: number, field: number, value: number): void {
    this.words[this.wordAddress(row, field)] = value;
  }

  /** A row as a plain object; for inspection and export, not for hot code. */
  read(row: number): RecordOf<F> {
    return this.#layout.read(this.#view, 4 * this.wordAddress(row, 0));
  }

  /** Writes the fields given of a row, and no other word. Throws as {@link Struct.write} does. */
  write(row: number, values: Partial<RecordOf<F>>): void {
    this.#layout.write(this.#view, 4 * this.wordAddress(row, 0), values);
  }

  /** Makes every word of a row zero. */
  clear(row: number): void {
    const first = this.wordAddress(row, 0);
    this.words.fill(0, first, first + this.stride);
  }
}
