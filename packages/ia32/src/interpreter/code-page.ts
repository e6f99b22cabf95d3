/**
 * Decoded blocks, and the physical page that they lie in.
 *
 * Here: which blocks a page has, and which bytes those are made of, so that a write drops only what it changes. Not here:
 * decoding, and what happens when bytes change (→ code-cache.ts).
 * @module
 */
import { MAX_LENGTH } from "../decode/decoder.ts";
import type { Operation } from "../isa/operation.ts";

/** Bits of the offset in a granule: a block is looked for in those that it has bytes in. */
const GRANULE = 6;
const GRANULES = 4096 >>> GRANULE;
/** Writes to decoded bytes of other granules than the last one, after which a page counts as written anew. */
const SPREAD = 4;

const NONE: readonly Operation[] = [];

/** Instructions that run one after the other; only the last one may jump. */
export class Block {
  readonly first: Operation;
  readonly length: number;
  readonly page: CodePage | null;
  /** Offset behind its last byte; over 4096 where it crosses the end of the page. */
  readonly end: number;
  /** Counts down to the moment when the block is worth compiling; below 0 from then on. */
  heat: number;
  /** Where compiled code for it is entered, as the compiler numbers it; −1: nowhere. */
  entry = -1;
  /** Linear page that the compiled code is for. */
  entryBase = 0;
  /** Compiled functions that it is part of. */
  uses = 0;
  /** Its number in its page. */
  place = 0;
  /** It is not found until it has been restored: immediates of `loose` have changed. */
  suspended = false;
  /** Instructions whose immediates have changed once: compiled code reads them where they lie in RAM. */
  loose: readonly Operation[] = NONE;

  constructor(first: Operation, length: number, end: number, page: CodePage | null, heat: number) {
    this.first = first;
    this.length = length;
    this.end = end;
    this.page = page;
    this.heat = heat;
  }
}

/** The blocks of one physical page, decoded for one kind of code segment. */
export class CodePage {
  readonly frame: number;
  readonly variant: number;
  /** Offset in the page → place in `blocks`, 0 for none. */
  readonly index: Uint16Array = new Uint16Array(4096);
  readonly blocks: (Block | null)[] = [null];
  /** The instruction that crosses the end of the page, as last decoded, and the page that its end lies in. */
  crossing: Block | null = null;
  second: CodePage | null = null;
  /** An instruction crosses into this page. */
  crossed = false;
  /** Places in `blocks` that are free. */
  readonly #free: number[] = [];
  /** Blocks with bytes in each granule. */
  readonly #granules: Block[][] = Array.from({ length: GRANULES }, () => []);
  #count = 0;
  #patched = -1;
  #spread = 0;

  constructor(frame: number, variant: number) {
    this.frame = frame;
    this.variant = variant;
  }

  /** Nothing is decoded any more. */
  get isEmpty(): boolean {
    return this.#count === 0 && !this.crossed;
  }

  /** A block that lies in the page. */
  add(block: Block): void {
    block.place = this.#free.pop() ?? this.blocks.length;
    this.index[block.first.offset] = block.place;
    this.blocks[block.place] = block;
    this.#enter(block);
  }

  /** The block that begins at an offset. */
  blockAt(offset: number): Block | null {
    return this.blocks[this.index[offset]] ?? (this.crossing?.first.offset === offset ? this.crossing : null);
  }

  /** The instruction that crosses the end of the page into `second`, instead of the one that was decoded before. */
  addCrossing(block: Block, second: CodePage | null): void {
    if (this.crossing !== null) this.remove(this.crossing);
    this.crossing = block;
    this.second = second;
    if (second !== null) second.crossed = true;
    this.#enter(block);
  }

  #enter(block: Block): void {
    this.#count++;
    const last = (block.end - 1) >>> GRANULE;
    for (let at = block.first.offset >>> GRANULE; at <= last && at < GRANULES; at++) this.#granules[at].push(block);
  }

  remove(block: Block): void {
    if (this.crossing === block) this.crossing = null;
    else {
      this.index[block.first.offset] = 0;
      this.blocks[block.place] = null;
      this.#free.push(block.place);
    }
    this.#count--;
    const last = (block.end - 1) >>> GRANULE;
    for (let at = block.first.offset >>> GRANULE; at <= last && at < GRANULES; at++) {
      const granule = this.#granules[at];
      granule[granule.indexOf(block)] = granule[granule.length - 1];
      granule.pop();
    }
  }

  /**
   * Bytes from `first` to `last` are about to change. If they belong to an immediate of `block`, the block is not found any more
   * until it has been restored; the instruction, or null if not.
   */
  suspend(block: Block, first: number, last: number): Operation | null {
    let operation: Operation | null = block.first;
    while (operation !== null && operation.end <= first) operation = operation.next;
    if (operation === null || block === this.crossing || operation.slot?.immediate !== "imm32") return null;
    if (first < operation.end - 4 || last >= operation.end) return null;
    block.suspended = true;
    this.index[block.first.offset] = 0;
    return operation;
  }

  /** The suspended block at an offset. */
  suspended(offset: number): Block | null {
    for (const block of this.#granules[offset >>> GRANULE])
      if (block.first.offset === offset && block.suspended) return block;
    return null;
  }

  /** The block is found again. */
  restore(block: Block): void {
    block.suspended = false;
    this.index[block.first.offset] = block.place;
  }

  /** A block with bytes from `first` to `last`, not more than a granule apart; `but`: any but this one. */
  blockOf(first: number, last: number, but: Block | null = null): Block | null {
    for (let granule = first >>> GRANULE; granule <= last >>> GRANULE; granule++)
      for (const block of this.#granules[granule])
        if (block.first.offset <= last && block.end > first && block !== but) return block;
    return null;
  }

  /** Some byte from `first` to `last` is decoded. */
  holds(first: number, last: number): boolean {
    return (this.crossed && first < MAX_LENGTH) || this.blockOf(first, last) !== null;
  }

  /** Bytes from `first` to `last` are about to change, and with them the whole page, it seems: it is not worth keeping. */
  isRewritten(first: number, last: number): boolean {
    const granule = first >>> GRANULE;
    if ((this.crossed && first < MAX_LENGTH) || last >>> GRANULE > granule + 1) return true;
    if (granule === this.#patched) return false;
    this.#patched = granule;
    return ++this.#spread > SPREAD;
  }
}
