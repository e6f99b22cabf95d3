/**
 * Rows found by a key of two words: the index of buffers and of inodes in core.
 *
 * Here: hash chains in the arena, finding, inserting, removing. Not here: which row may be taken from its
 * owner (`buffer-cache.ts`, `inode/`). A row begins with the words key a, key b, flags, next.
 * @module
 */

const FLAGS = 2;
const NEXT = 3;

export class RowTable {
  readonly words: Int32Array;
  readonly base: number;
  readonly rows: number;
  readonly stride: number;
  readonly #hash: number;
  readonly #mask: number;

  /** Lays the table over words that `layOutRegions` has prepared: flags 0 and hash heads -1. */
  constructor(words: Int32Array, base: number, rows: number, stride: number, hash: number, hashSize: number) {
    this.words = words;
    this.base = base;
    this.rows = rows;
    this.stride = stride;
    this.#hash = hash;
    this.#mask = hashSize - 1;
  }

  /** Index of the first word of a row. */
  at(row: number): number {
    return this.base + row * this.stride;
  }

  #head(a: number, b: number): number {
    return this.#hash + ((Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ (b >> 7)) & this.#mask);
  }

  /** The row with this key, or -1. */
  find(a: number, b: number): number {
    const w = this.words;
    for (let row = w[this.#head(a, b)]; row !== -1; ) {
      const at = this.base + row * this.stride;
      if (w[at] === (a | 0) && w[at + 1] === (b | 0)) return row;
      row = w[at + NEXT];
    }
    return -1;
  }

  /** Gives a free row its key and flags. */
  insert(row: number, a: number, b: number, flags: number): void {
    const w = this.words;
    const at = this.at(row);
    const head = this.#head(a, b);
    w[at] = a;
    w[at + 1] = b;
    w[at + FLAGS] = flags;
    w[at + NEXT] = w[head];
    w[head] = row;
  }

  /** Makes a row free. */
  remove(row: number): void {
    const w = this.words;
    const at = this.at(row);
    let link = this.#head(w[at], w[at + 1]);
    while (w[link] !== row) {
      if (w[link] === -1) throw new Error(`row ${row} is not in its chain`);
      link = this.at(w[link]) + NEXT;
    }
    w[link] = w[at + NEXT];
    w[at + FLAGS] = 0;
  }

  flags(row: number): number {
    return this.words[this.base + row * this.stride + FLAGS];
  }

  setFlags(row: number, flags: number): void {
    this.words[this.base + row * this.stride + FLAGS] = flags;
  }
}
