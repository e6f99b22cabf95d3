/**
 * Regions: decoded blocks that are compiled together, as one function.
 *
 * Here: finding the blocks that are reached from a hot one without leaving what has already run, across pages, and which of
 * their flags are read. Finding changes nothing: blocks are not decoded, fetches are not translated.
 * @module
 */
import type { DecodedCode } from "../interpreter/code-cache.ts";
import type { Block, CodePage } from "../interpreter/code-page.ts";
import { type Operation, REP_NONE } from "../isa/operation.ts";
import { INDEX_MASK, PAGE_MASK } from "../mmu/tlb.ts";
import type { Core } from "../state/core.ts";
import { ZERO } from "../state/registers.ts";
import { ALL_FLAGS, comesBack, type Flow, flagsRead, flowOf, isFloat } from "./flow.ts";

export interface RegionBlock {
  readonly block: Block;
  readonly page: CodePage;
  readonly eip: number;
  /** Linear page (CS is flat), and what its TLB entry adds. */
  readonly pageBase: number;
  readonly home: number;
  readonly operations: readonly Operation[];
  readonly flow: Flow;
  /** EIP of the target, and behind the last instruction. */
  readonly target: number;
  readonly next: number;
  /** Where its number stands in the region. */
  index: number;
  /** Where the end of the block has gone to, if nothing but running it tells. */
  likely: RegionBlock[];
  /** Other code comes here: by a return, an indirect jump, or from outside. */
  entry: boolean;
  /** Blocks of the region that it goes to directly. */
  successors: RegionBlock[];
  /** Flags that are read before they are set: CARRY, OTHERS (flow.ts). */
  flagsLive: number;
  /** The block of the region that alone leads here, by its end; null: several, or code outside. */
  only: RegionBlock | null;
  /** An instruction that crosses into a second page: that page's linear address and TLB addend. */
  second: { readonly page: number; readonly home: number; readonly code: CodePage } | null;
}

/** Instructions of a region, behind which it takes no more blocks: some 50 KB of WebAssembly. x87 and vectors count as four. */
const OPERATIONS = 512;
const FLOAT_OPERATIONS = 4;
/** Entries of a jump table that are looked at. */
const TABLE_LIMIT = 64;
/** A block belongs to a region when it has run 1/16 as often as one that is compiled. */
const WARM = 4;

export class RegionFinder {
  readonly #core: Core;
  readonly #code: DecodedCode;
  readonly #limit: number;
  #operations = 0;
  #lean = false;
  readonly #found = new Map<number, RegionBlock>();
  /** Linear page → its code and TLB addend. */
  readonly #pages = new Map<number, { page: CodePage; home: number } | null>();

  readonly #learned: ReadonlyMap<number, ReadonlySet<number>>;
  readonly #sharing: boolean;

  /** `sharing`: what has a function of its own is left there. `learned`: EIP of a block → EIPs that it was seen to go to in other functions. */
  constructor(
    core: Core,
    code: DecodedCode,
    limit: number,
    sharing: boolean,
    learned: ReadonlyMap<number, ReadonlySet<number>>,
  ) {
    this.#sharing = sharing;
    this.#core = core;
    this.#code = code;
    this.#limit = limit;
    this.#learned = learned;
  }

  /** The block has hardly run. */
  #isCold(block: Block, { frame }: CodePage): boolean {
    const heat = this.#code.hot?.heatOf(frame, block.first.offset) ?? 0;
    return block.heat > heat - (heat >> WARM);
  }

  /** The region of a block that is about to run in the page at `pageBase`; the block comes first. */
  find(seed: Block, page: CodePage, pageBase: number): RegionBlock[] {
    this.#pages.set(pageBase, { page, home: (page.frame * 4096 - pageBase) | 0 });
    const first = this.#add(seed, page, pageBase);
    if (first === null) return [];
    first.entry = true;
    // Where code is left in the middle, every block comes to have a function: only the first one takes the others with it.
    this.#lean = this.#sharing && seed.uses > 0;
    const region = [first];
    for (let i = 0; i < region.length; i++) {
      const from = region[i];
      const take = (eip: number, share: boolean): RegionBlock | null => {
        const known = this.#found.get(eip);
        if (known !== undefined) return known;
        if (region.length >= this.#limit || this.#operations > OPERATIONS) return null;
        const found = this.#lookUp(eip, true, share);
        if (found === null) return null;
        found.index = region.length;
        region.push(found);
        return found;
      };
      for (const eip of staticTargets(from)) {
        const to = take(eip, this.#sharing);
        if (to !== null && !from.successors.includes(to)) from.successors.push(to);
      }
      // Behind a call and in a jump table is the same function.
      for (const eip of this.#entries(from)) {
        const to = take(eip, false);
        if (to === null) continue;
        to.entry = true;
        if (from.flow === "indirect") from.likely.push(to);
      }
      for (const eip of this.#learned.get(from.eip) ?? []) {
        const to = take(eip, this.#sharing);
        if (to === null || from.successors.includes(to) || from.likely.includes(to)) continue;
        to.entry = true;
        from.likely.push(to);
      }
    }
    // A block that was not taken for one edge may have been taken for another: all edges inside the region count.
    for (const from of region)
      for (const eip of staticTargets(from)) {
        const to = this.#found.get(eip);
        if (to !== undefined && !from.successors.includes(to)) from.successors.push(to);
      }
    markFlags(region);
    return region;
  }

  /** EIPs that control may come to from elsewhere: behind a call, and what a jump table holds. */
  #entries(from: RegionBlock): number[] {
    if (from.flow === "call" || from.flow === "indirectCall") return [from.next];
    if (from.flow === "leave") return comesBack(from.operations[from.operations.length - 1]) ? [from.next] : [];
    if (from.flow !== "indirect") return [];
    const { base, index, scale, displacement } = from.operations[from.operations.length - 1];
    if (base !== ZERO || index === ZERO || scale !== 2) return [];
    const targets: number[] = [];
    for (let i = 0; i < TABLE_LIMIT; i++) {
      const eip = this.#read((displacement + 4 * i) | 0);
      if (eip === null || this.#lookUp(eip, false) === null) {
        if (i >= 16) break;
      } else if (!targets.includes(eip)) targets.push(eip);
    }
    return targets;
  }

  /** A word of memory, if the TLB knows its page. */
  #read(linear: number): number | null {
    const { core } = this;
    const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
    if (core.tlb[entry] !== ((linear + 3) & PAGE_MASK)) return null;
    return core.ram.getInt32((core.tlb[entry + 2] + linear) | 0, true);
  }

  get core(): Core {
    return this.#core;
  }

  #pageOf(pageBase: number): { page: CodePage; home: number } | null {
    const known = this.#pages.get(pageBase);
    if (known !== undefined) return known;
    const core = this.#core;
    const entry = core.tlbBase + ((pageBase >>> 10) & INDEX_MASK);
    const home = core.tlb[entry + 2];
    const page = core.tlb[entry] === pageBase ? this.#code.known((home + pageBase) >>> 12) : null;
    const found = page === null ? null : { page, home };
    this.#pages.set(pageBase, found);
    return found;
  }

  #lookUp(eip: number, add = true, share = false): RegionBlock | null {
    const pageBase = eip & PAGE_MASK;
    const found = this.#pageOf(pageBase);
    if (found === null) return null;
    const { page } = found;
    const offset = eip & 0xfff;
    const block = page.blockAt(offset);
    if (block === null || this.#isCold(block, page) || (share && block.entry >= 0)) return null;
    if (this.#lean && block.uses > 0) return null;
    if (!add) return { block } as RegionBlock;
    return this.#add(block, page, pageBase);
  }

  #add(block: Block, page: CodePage, pageBase: number): RegionBlock | null {
    const operations: Operation[] = [];
    for (let at: Operation | null = block.first; at !== null; at = at.next) operations.push(at);
    // A severed block has lost its end.
    if (operations.length !== block.length) return null;
    const last = operations[operations.length - 1];
    let second: RegionBlock["second"] = null;
    if (last.end > 4096) {
      const linear = (pageBase + 4096) | 0;
      const found = this.#pageOf(linear);
      if (found === null || page.crossing !== block || page.second !== found.page) return null;
      second = { page: linear, home: found.home, code: found.page };
    }
    const added: RegionBlock = {
      block,
      page,
      eip: (pageBase + block.first.offset) | 0,
      pageBase,
      home: (page.frame * 4096 - pageBase) | 0,
      operations,
      flow: flowOf(last),
      target: (pageBase + last.target) | 0,
      next: (pageBase + last.end) | 0,
      index: 0,
      likely: [],
      entry: false,
      successors: [],
      flagsLive: 0,
      only: null,
      second,
    };
    for (const { slot } of operations)
      this.#operations += slot !== null && isFloat(slot.encoding.row) ? FLOAT_OPERATIONS : 1;
    this.#found.set(added.eip, added);
    return added;
  }
}

/** EIPs that the end of the block names. */
function staticTargets({ flow, target, next }: RegionBlock): number[] {
  if (flow === "next") return [next];
  if (flow === "jump" || flow === "call") return [target];
  return flow === "branch" ? [next, target] : [];
}

/** The last operation repeats: it may stop in the middle and begin again. */
export function repeats({ operations }: RegionBlock): boolean {
  return operations[0].repeat !== REP_NONE && operations[0].slot?.encoding.row.ends === "alone";
}

export function isDynamic({ flow }: RegionBlock): boolean {
  return flow === "return" || flow === "indirect" || flow === "indirectCall";
}

/** Finds out which blocks read flags that others have set, and where only one other comes from. */
function markFlags(region: readonly RegionBlock[]): void {
  const effects = region.map(({ operations }) =>
    [0, 1, 2, ALL_FLAGS].map((behind) =>
      operations.reduceRight((live, operation) => flagsRead(operation, live), behind),
    ),
  );
  for (let changed = true; changed; ) {
    changed = false;
    const atEntries = flagsLiveAtEntries(region);
    for (let i = region.length - 1; i >= 0; i--) {
      const block = region[i];
      const live = effects[i][liveBehind(block, atEntries)];
      if (live !== block.flagsLive) {
        block.flagsLive = live;
        changed = true;
      }
    }
  }
  const many = new Set<RegionBlock>();
  for (const block of region)
    for (const to of block.successors) {
      if (to.only !== null) many.add(to);
      to.only = block;
    }
  for (const block of region) if (block.entry || many.has(block)) block.only = null;
}

/** Flags that are read behind an entry of the region: a jump of unknown target may come there. */
function flagsLiveAtEntries(region: readonly RegionBlock[]): number {
  return region.reduce((live, block) => (block.entry ? live | block.flagsLive : live), 0);
}

function liveBehind(block: RegionBlock, atEntries: number): number {
  return block.successors.reduce((live, to) => live | to.flagsLive, isDynamic(block) ? atEntries : 0);
}

/** Flags that are read behind each operation before they are set. */
export function flagsLiveBehind(region: readonly RegionBlock[], block: RegionBlock): number[] {
  let live = liveBehind(block, flagsLiveAtEntries(region));
  const result: number[] = new Array(block.operations.length);
  for (let at = block.operations.length - 1; at >= 0; at--) {
    result[at] = live;
    live = flagsRead(block.operations[at], live);
  }
  return result;
}
