/**
 * The cache of compiled code: regions, the modules that they are in, and where compiled code finds them.
 *
 * A region is a function in a table; the jump cache tells compiled code which one is for an EIP. Regions die with a block that
 * they were made from, or when there are too many: then the coldest modules go, as a module's memory is given back when
 * none of its regions is left. Here: keeping and dropping. Not here: when and what to compile (→ compiler.ts).
 * @module
 */
import type { DecodedCode } from "../interpreter/code-cache.ts";
import type { Block, CodePage } from "../interpreter/code-page.ts";
import type { Host } from "./host.ts";
import { JumpCache } from "./jump-cache.ts";
import type { JitOptions } from "./options.ts";
import type { RegionBlock } from "./region.ts";
import { SYSTEM_SLOTS } from "./system/events.ts";

/** Functions that were compiled together. */
export interface Module {
  /** Of the module as it was given to the host. */
  readonly bytes: number;
  /** Those that still run. */
  readonly regions: Set<Region>;
}

/** A compiled function. */
export interface Region {
  readonly slot: number;
  readonly blocks: readonly RegionBlock[];
  readonly sites: readonly number[];
  /** Where it was found. */
  readonly seed: RegionBlock;
  /** Compiled again, because it is hot, so often. */
  readonly level: number;
  readonly module: Module;
  /** Instructions of slices that ended in it, halved now and then. */
  heat: number;
  /** It is to be compiled again. */
  wanted: boolean;
}

/** A place in the table, and numbers of blocks, for a region that is about to be compiled. */
export interface Reservation {
  readonly slot: number;
  readonly sites: readonly number[];
}

/** `entry` of a block: the slot and, in the low bits, the block's number in the region. */
export const ENTRY_BITS = 8;
/** Times that code may change before it is compiled later, and doublings of that. */
const PATIENCE = 3;
const LATEST = 12;
/** Executions before a block that could not be compiled, or is mapped elsewhere, is tried again. */
export const RETRY = 64;
/** Places that the table grows by. */
const TABLE_STEP = 256;
/** Places whose changes are remembered at most. */
const CHANGES_LIMIT = 65_536;

/** Where blocks that begin in the same 64 bytes of RAM are. */
function placeOf(frame: number, offset: number): number {
  return (frame << 6) | (offset >>> 6);
}

function pagesOf(blocks: readonly RegionBlock[]): Set<CodePage> {
  return new Set(blocks.flatMap(({ page, second }) => (second === null ? [page] : [page, second.code])));
}

export class RegionCache {
  readonly table: WebAssembly.Table;
  readonly #host: Host;
  readonly #code: DecodedCode;
  readonly #jumps: JumpCache;
  readonly #threshold: number;
  readonly #limit: number;
  readonly #byteLimit: number;
  readonly #regions = new Map<number, Region>();
  readonly #byPage = new Map<CodePage, Set<Region>>();
  /** Site → slot. */
  readonly #regionOfSite: number[] = [];
  /** Place of a block → times that its compiled code was dropped because it changed. */
  readonly #changes = new Map<number, number>();
  readonly #freeSlots: number[] = [];
  readonly #freeSites: number[] = [];
  #slots = SYSTEM_SLOTS + 1;
  modules = 0;
  /** Of all modules that are kept. */
  bytes = 0;
  dropped = 0;

  constructor(code: DecodedCode, host: Host, memory: WebAssembly.Memory, options: Required<JitOptions>) {
    this.#code = code;
    this.#host = host;
    this.#jumps = new JumpCache(memory);
    this.#threshold = options.threshold;
    this.#limit = options.cacheRegions;
    this.#byteLimit = options.cacheBytes;
    this.table = new WebAssembly.Table({ element: "anyfunc", initial: TABLE_STEP });
  }

  get size(): number {
    return this.#regions.size;
  }

  /** Code that changes again and again is compiled later and later. */
  heatOf(frame: number, offset: number): number {
    const changes = this.#changes.get(placeOf(frame, offset)) ?? 0;
    return changes <= PATIENCE ? this.#threshold : (this.#threshold + RETRY) << Math.min(changes - PATIENCE, LATEST);
  }

  /** The region that a site belongs to. */
  of(site: number): Region | undefined {
    return this.#regions.get(this.#regionOfSite[site]);
  }

  /** Compiled code may find a block with compiled code by its EIP. */
  remember(block: Block, eip: number, pageBase: number): void {
    const home = ((block.page?.frame ?? 0) * 4096 - pageBase) | 0;
    this.#jumps.remember(eip, home, block.entry >> ENTRY_BITS, block.entry & ((1 << ENTRY_BITS) - 1));
  }

  /** Makes room for a region. */
  reserve(blocks: readonly RegionBlock[]): Reservation {
    const slot = this.#freeSlots.pop() ?? this.#slots++;
    const sites = blocks.map(({ block, operations, pageBase }) => {
      const site = this.#freeSites.pop() ?? this.#host.sites.length;
      this.#regionOfSite[site] = slot;
      this.#host.sites[site] = { block, operations, pageBase };
      return site;
    });
    return { slot, sites };
  }

  /** A region has been compiled: from now on its entries are. */
  add(blocks: readonly RegionBlock[], { slot, sites }: Reservation, level: number, module: Module, run: unknown): void {
    if (slot >= this.table.length) this.table.grow(Math.max(TABLE_STEP, slot + 1 - this.table.length));
    this.table.set(slot, run);
    const region: Region = { slot, blocks, sites, seed: blocks[0], level, module, heat: 0, wanted: false };
    if (module.regions.size === 0) {
      this.modules++;
      this.bytes += module.bytes;
    }
    module.regions.add(region);
    this.#regions.set(slot, region);
    for (const page of pagesOf(blocks)) this.#byPage.set(page, (this.#byPage.get(page) ?? new Set()).add(region));
    for (const each of blocks) {
      each.block.uses++;
      // What is hotter keeps what it jumps to to itself.
      const owner = each.block.entry < 0 ? undefined : this.#regions.get(each.block.entry >> ENTRY_BITS);
      if (!each.entry || (each.index > 0 && owner !== undefined && owner.level >= level)) continue;
      each.block.entry = (slot << ENTRY_BITS) | each.index;
      each.block.entryBase = each.pageBase;
      each.block.heat = 0;
      this.remember(each.block, each.eip, each.pageBase);
    }
  }

  /** Drops the modules of the colder half, if there is no room for more. */
  makeRoom(): void {
    if (this.#regions.size < this.#limit && this.bytes < this.#byteLimit) return;
    const heat = new Map<Module, number>();
    for (const { module, heat: own } of this.#regions.values()) heat.set(module, (heat.get(module) ?? 0) + own);
    const coldest = [...heat].sort(([a, hot], [b, hotter]) => hot / a.bytes - hotter / b.bytes);
    const [regions, bytes] = [this.#regions.size / 2, this.bytes / 2];
    for (const [module] of coldest) {
      if (this.#regions.size <= regions && this.bytes <= bytes) break;
      for (const region of [...module.regions]) this.drop(region);
    }
    for (const region of this.#regions.values()) region.heat /= 2;
  }

  drop(region: Region): void {
    const { slot, module } = region;
    if (!this.has(region)) return;
    this.#regions.delete(slot);
    this.table.set(slot, null);
    module.regions.delete(region);
    if (module.regions.size === 0) {
      this.modules--;
      this.bytes -= module.bytes;
    }
    for (const page of pagesOf(region.blocks)) this.#byPage.get(page)?.delete(region);
    for (const { block, eip } of region.blocks) {
      this.#jumps.forget(eip, slot);
      block.uses--;
      if (block.entry >> ENTRY_BITS !== slot) continue;
      block.entry = -1;
      block.heat = this.heatOf(block.page?.frame ?? 0, block.first.offset);
    }
    this.#freeSlots.push(slot);
    this.#freeSites.push(...region.sites);
    this.dropped++;
    this.#host.disturbed = true;
  }

  has(region: Region): boolean {
    return this.#regions.get(region.slot) === region;
  }

  /** Drops what was made of a page. */
  dropPage(page: CodePage): void {
    for (const region of [...(this.#byPage.get(page) ?? [])]) {
      for (const { block } of region.blocks) if (block.page === page) this.#changed(block);
      this.drop(region);
    }
    this.#byPage.delete(page);
  }

  /** Drops what was made of a block. */
  dropBlock(block: Block): void {
    if (block.uses === 0 || block.page === null) return;
    this.#changed(block);
    for (const region of [...(this.#byPage.get(block.page) ?? [])])
      if (region.blocks.some((each) => each.block === block)) this.drop(region);
  }

  dropAll(): void {
    for (const region of [...this.#regions.values()]) this.drop(region);
  }

  /** The block is still the one of its place. */
  isKnown({ page, first }: Block): boolean {
    return page !== null && this.#code.known(page.frame) === page && page.blockAt(first.offset)?.first === first;
  }

  /** Compiled code of a block is dropped because its bytes change. */
  #changed({ page, first }: Block): void {
    const place = placeOf(page?.frame ?? 0, first.offset);
    if (this.#changes.size > CHANGES_LIMIT) this.#changes.clear();
    this.#changes.set(place, (this.#changes.get(place) ?? 0) + 1);
  }
}
