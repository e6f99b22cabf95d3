/**
 * The code cache: decoded instructions, in blocks, by physical page.
 *
 * Here: decoding blocks, finding them, and dropping them when their bytes change, even by the block that is
 * running. Decoded code is keyed by physical address, so two mappings of a page share it. An instruction that
 * crosses a page is a block of its own and is kept for one second page: which bytes it has depends on the mapping.
 * @module
 */
import { type Decoder, MAX_LENGTH } from "../decode/decoder.ts";
import { raiseGeneralProtection } from "../interrupt/exception.ts";
import { type Operation, REP_NONE } from "../isa/operation.ts";
import type { CodeCache } from "../memory/guest-memory.ts";
import { frameOf, invalidateAll, PAGE_MASK, revokeWrites } from "../mmu/tlb.ts";
import { PAGE_CODE, PAGE_DEVICE } from "../state/control-area.ts";
import { type Core, VARIANTS } from "../state/core.ts";
import { CS } from "../state/descriptor.ts";
import { Block, CodePage } from "./code-page.ts";

/** Instructions in a block at most. */
const BLOCK_LIMIT = 64;

/** What runs hot blocks instead of the loop (→ jit/). It translates no fetch: it stops where the loop would have to. */
export interface HotCode {
  /** What `heat` of a new block at an offset of a physical page is. */
  heatOf(frame: number, offset: number): number;
  /** Behind enter(): `core.exit` has a fault, everything is as run() must leave it. */
  readonly faulted: boolean;
  /** Behind enter(): the page that the last block lies in; `core.pageBase` is its base. */
  readonly page: CodePage | null;
  /** Behind enter(): the operation to go on with, in the block that is `running`; null: at the start of a block. */
  readonly resume: Operation | null;
  /** Runs compiled code from `block` on, where there is some, while `core.executed` stays below `limit`; false: nothing ran. */
  enter(block: Block, pageBase: number, limit: number): boolean;
  /** A page of decoded code is dropped. */
  dropped(page: CodePage): void;
  /** A block is dropped, the page is kept. */
  blockDropped(block: Block): void;
  /** All decoded code is dropped. */
  flushed(): void;
}

/** More often than any block is executed before it is counted anew. */
export const NEVER = 0x3fffffff;

export class DecodedCode implements CodeCache {
  /** The block that is running. */
  running: Block | null = null;
  /** The compiler, if there is one: set before the first run. */
  hot: HotCode | null = null;
  readonly #core: Core;
  readonly #decoder: Decoder;
  /** By variant, then by frame. */
  readonly #pages: readonly (CodePage | null)[][];

  constructor(core: Core, decoder: Decoder) {
    this.#core = core;
    this.#decoder = decoder;
    const { flags } = core.memory;
    this.#pages = Array.from({ length: VARIANTS }, () => new Array(flags.length).fill(null));
    for (let frame = 0; frame < flags.length; frame++) flags[frame] &= ~PAGE_CODE;
    core.memory.attachCodeCache(this);
  }

  /**
   * The page of decoded code that a linear address of CS lies in; null where none is kept: outside RAM, on pages of
   * devices, and where CS ends inside the page. May raise #PF or #GP.
   */
  pageAt(eip: number): CodePage | null {
    const core = this.#core;
    const segment = core.segments[CS];
    const start = eip >>> 0;
    if (start > segment.limit) raiseGeneralProtection(core);
    const linear = (segment.base + eip) | 0;
    const frame = frameOf(core, linear);
    return start - (linear & 0xfff) + 0xfff > segment.limit ? null : this.#page(frame);
  }

  /** The page of decoded code of a frame, which from now on hears of writes; null outside RAM. */
  #page(frame: number): CodePage | null {
    const core = this.#core;
    const { flags } = core.memory;
    if (frame >= flags.length || flags[frame] & PAGE_DEVICE) return null;
    const pages = this.#pages[core.variant];
    let page = pages[frame];
    if (page === null) {
      page = new CodePage(frame, core.variant);
      pages[frame] = page;
      flags[frame] |= PAGE_CODE;
      revokeWrites(core, frame);
    }
    return page;
  }

  /** Decodes the block at `eip`, whose physical page is known. May raise the fault of fetching its first instruction. */
  build(page: CodePage | null, eip: number, physicalPage: number): Block {
    const core = this.#core;
    const decoder = this.#decoder;
    const linearOffset = (core.segments[CS].base + eip) & 0xfff;
    if (page !== null && linearOffset > 4096 - MAX_LENGTH) {
      const known = this.#knownCrossing(page, eip, linearOffset);
      if (known !== null) return known;
    }
    const suspended = page?.suspended(linearOffset) ?? null;
    if (page !== null && suspended !== null) {
      this.refresh(suspended);
      page.restore(suspended);
      return suspended;
    }
    let offset = linearOffset;
    let first: Operation | null = null;
    let last: Operation | null = null;
    let length = 0;
    while (length < BLOCK_LIMIT && offset < 4096) {
      const available = Math.min(MAX_LENGTH, 4096 - offset, this.#toLimit(eip + offset - linearOffset));
      this.#fill(physicalPage * 4096 + offset, available);
      let operation = decoder.decode(offset, core.variant);
      if (decoder.length > available && available < MAX_LENGTH) {
        if (first !== null) break;
        operation = this.#straddler(eip, offset, available);
        const block = new Block(operation, 1, operation.end, page, this.#heatOf(page, offset));
        if (page !== null && core.flat)
          page.addCrossing(block, this.#page(frameOf(core, (eip + available) & PAGE_MASK)));
        return block;
      }
      const alone = operation.repeat !== REP_NONE && decoder.ends && !operation.falls;
      if (alone && first !== null) break;
      operation.position = length++;
      if (last === null) first = operation;
      else last.next = operation;
      last = operation;
      if (decoder.ends) break;
      offset = operation.end;
    }
    if (first === null || last === null) raiseGeneralProtection(core);
    const block = new Block(first, length, last.end, page, this.#heatOf(page, linearOffset));
    page?.add(block);
    return block;
  }

  /** The crossing instruction at `eip`, if its second page is still the one it was decoded from. */
  #knownCrossing(page: CodePage, eip: number, offset: number): Block | null {
    const { crossing, second } = page;
    if (crossing === null || second === null || crossing.first.offset !== offset) return null;
    const frame = frameOf(this.#core, (eip + 4096 - offset) | 0);
    return frame === second.frame && this.#pages[page.variant][frame] === second ? crossing : null;
  }

  #heatOf(page: CodePage | null, offset: number): number {
    return this.hot === null || page === null ? NEVER : this.hot.heatOf(page.frame, offset);
  }

  /** The page of decoded code of a frame for the code that runs now, if there is one. */
  known(frame: number): CodePage | null {
    return this.#pages[this.#core.variant][frame] ?? null;
  }

  /** Bytes up to the limit of CS. */
  #toLimit(eip: number): number {
    return this.#core.segments[CS].limit - (eip >>> 0) + 1;
  }

  #fill(physical: number, count: number): void {
    const { window } = this.#decoder;
    const memory = this.#core.memory;
    for (let i = 0; i < MAX_LENGTH; i++) window[i] = i < count ? memory.read8(physical + i) : 0;
  }

  /** Decodes an instruction whose bytes continue on the next page. */
  #straddler(eip: number, offset: number, available: number): Operation {
    const core = this.#core;
    const allowed = Math.min(MAX_LENGTH, this.#toLimit(eip));
    if (available >= allowed) raiseGeneralProtection(core);
    const linear = (core.segments[CS].base + eip) | 0;
    const physical = frameOf(core, (linear + available) & PAGE_MASK) * 4096;
    const { window } = this.#decoder;
    for (let i = available; i < MAX_LENGTH; i++)
      window[i] = i < allowed ? core.memory.read8(physical + i - available) : 0;
    const operation = this.#decoder.decode(offset, core.variant);
    if (this.#decoder.length > allowed && allowed < MAX_LENGTH) raiseGeneralProtection(core);
    return operation;
  }

  /** Some byte from `first` to `last` of a page is decoded. */
  holds(frame: number, first: number, last: number): boolean {
    for (const pages of this.#pages) if (pages[frame]?.holds(first, last)) return true;
    return false;
  }

  /** A write of bytes from `first` to `last` of a page changes nothing here: none is decoded, and what is on the page stays. */
  ignores(frame: number, first: number, last: number): boolean {
    for (const pages of this.#pages) {
      const page = pages[frame];
      if (page !== null && (page.isEmpty || page.holds(first, last))) return false;
    }
    return true;
  }

  codeWritten(frame: number, first: number, last: number): void {
    let kept = false;
    for (const pages of this.#pages) {
      const page = pages[frame];
      if (page === null) continue;
      const held = page.holds(first, last);
      if (held ? !page.isRewritten(first, last) : !page.isEmpty) {
        if (held) this.#patch(page, first, last);
        kept = true;
        continue;
      }
      pages[frame] = null;
      this.hot?.dropped(page);
      if (this.running !== null && this.running.page === page) this.#sever();
    }
    if (!kept) this.#core.memory.flags[frame] &= ~PAGE_CODE;
  }

  /** Drops the blocks that have bytes from `first` to `last`, or suspends the only one. */
  #patch(page: CodePage, first: number, last: number): void {
    const only = page.blockOf(first, last);
    if (only !== null && only !== this.running && page.blockOf(first, last, only) === null) {
      const operation = page.suspend(only, first, last);
      if (operation !== null && !only.loose.includes(operation)) {
        only.loose = [...only.loose, operation];
        this.hot?.blockDropped(only);
      }
      if (operation !== null) return;
    }
    for (let block = only; block !== null; block = page.blockOf(first, last)) {
      page.remove(block);
      this.hot?.blockDropped(block);
      if (this.running === block) this.#sever();
    }
  }

  /** Reads the immediates anew that may have changed. */
  refresh({ page, loose }: Block): void {
    const base = (page?.frame ?? 0) * 4096;
    for (const operation of loose) operation.immediate = this.#core.memory.read32(base + operation.end - 4);
  }

  pagesMoved(): void {
    invalidateAll(this.#core);
    this.#core.refetch = true;
  }

  pageHooked(frame: number): void {
    revokeWrites(this.#core, frame);
  }

  /** Drops all decoded code. */
  flush(): void {
    const { flags } = this.#core.memory;
    this.hot?.flushed();
    for (const pages of this.#pages) pages.fill(null);
    for (let frame = 0; frame < flags.length; frame++) flags[frame] &= ~PAGE_CODE;
  }

  /** Makes the running block end behind the running instruction. */
  #sever(): void {
    let operation: Operation | null = this.running?.first ?? null;
    while (operation !== null) {
      const next: Operation | null = operation.next;
      operation.next = null;
      operation = next;
    }
    this.#core.refetch = true;
  }
}
