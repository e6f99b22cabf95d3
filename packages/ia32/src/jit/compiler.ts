/**
 * The compiler, as the interpreter's loop sees it: enters compiled code, and makes it where a block is hot.
 *
 * A region becomes a function in a table; the jump cache tells compiled code where the function for an EIP is. Regions die
 * with a page of decoded code that they were made from, or when there are too many.
 * Here: entering, making and dropping regions. Not here: emitting (→ function.ts), what compiled code calls (→ host.ts).
 * Long because a region's whole life is one table's.
 * @module
 */
import type { DecodedCode, HotCode } from "../interpreter/code-cache.ts";
import type { Block, CodePage } from "../interpreter/code-page.ts";
import type { Operation } from "../isa/operation.ts";
import { JUMPS_TAKEN, JUMPS_TAKEN_ENTRIES, REGISTER_FILE, SITE_WORD } from "../state/control-area.ts";
import { type Core, VARIANT_FLAT } from "../state/core.ts";
import { EIP } from "../state/registers.ts";
import { AT_START, functionBody, SITE_BITS } from "./function.ts";
import { Host, OUTCOME_BOUNDARY, OUTCOME_FAULT, OUTCOME_NONE } from "./host.ts";
import { COMPILED_TYPE, IMPORTS, TYPES } from "./imports.ts";
import { JumpCache } from "./jump-cache.ts";
import { DEFAULT_OPTIONS, type JitOptions, type JitStatistics } from "./options.ts";
import { type RegionBlock, RegionFinder } from "./region.ts";
import { DECLINED, FAULT_SLOT, FETCH_ANEW, SYSTEM_SLOTS } from "./system/events.ts";
import { ACCESSES, SYSTEM_EXPORTS, systemModule } from "./system/functions.ts";
import { hasTailCalls, trampolineModule } from "./trampoline.ts";
import { moduleBytes } from "./wasm/module-writer.ts";
import { FLOAT_FUNCTIONS, FLOAT_TYPES } from "./x87/functions.ts";

/** A compiled function. */
interface Region {
  readonly slot: number;
  readonly blocks: readonly RegionBlock[];
  readonly pages: readonly CodePage[];
  readonly sites: readonly number[];
  readonly bytes: number;
  /** Where it was found. */
  readonly seed: RegionBlock;
  /** Compiled again, because it is hot, so often. */
  readonly level: number;
  /** Instructions of slices that ended in it, halved now and then. */
  heat: number;
}

/** `entry` of a block: the slot and, in the low bits, the block's number in the region. */
const ENTRY_BITS = 8;
const SITE = (SITE_WORD - REGISTER_FILE) >> 2;
const TAKEN = (JUMPS_TAKEN - REGISTER_FILE) >> 2;
/** Instructions, by those of the threshold, after which a region is compiled again, and better. */
const HOT_AT = [750, 12_000];
/** Times that code may change before it is compiled later, and doublings of that. */
const PATIENCE = 3;
const LATEST = 12;
/** Executions before a block that could not be compiled, or is mapped elsewhere, is tried again. */
const RETRY = 64;
/** Blocks that are known to jump elsewhere, and targets of each. */
const LEARNED_LIMIT = 4096;
const TARGET_LIMIT = 8;

/** Where blocks that begin in the same 64 bytes of RAM are. */
function placeOf(frame: number, offset: number): number {
  return (frame << 6) | (offset >>> 6);
}

type Run = (slot: number, entry: number, budget: number) => number;

export class Compiler implements HotCode {
  readonly #threshold: number;
  faulted = false;
  page: CodePage | null = null;
  resume: Operation | null = null;
  readonly #core: Core;
  readonly #code: DecodedCode;
  readonly #memory: WebAssembly.Memory;
  readonly #options: Required<JitOptions>;
  readonly #host: Host;
  readonly #table: WebAssembly.Table;
  readonly #imports: Record<string, unknown>;
  readonly #run: Run;
  readonly #jumps: JumpCache;
  readonly #regions = new Map<number, Region>();
  readonly #byPage = new Map<CodePage, Set<Region>>();
  /** Site → slot. */
  readonly #regionOfSite: number[] = [];
  readonly #learned = new Map<number, Set<number>>();
  /** Place of a block → times that its compiled code was dropped because it changed. */
  readonly #drops = new Map<number, number>();
  readonly #freeSlots: number[] = [];
  readonly #freeSites: number[] = [];
  #slots = SYSTEM_SLOTS + 1;
  /** Blocks met in another mapping than they were compiled for: only now and then is that worth compiling. */
  #moves = 0;
  #bytes = 0;
  #compiled = 0;
  #dropped = 0;
  #instructions = 0;
  readonly #notLowered = new Map<string, number>();

  constructor(core: Core, code: DecodedCode, memory: WebAssembly.Memory, options: JitOptions) {
    this.#core = core;
    this.#code = code;
    this.#memory = memory;
    this.#options = { ...DEFAULT_OPTIONS, tailCalls: hasTailCalls(), ...options };
    this.#threshold = this.#options.threshold;
    this.#host = new Host(core, code);
    this.#table = new WebAssembly.Table({ element: "anyfunc", initial: this.#options.cacheRegions + SYSTEM_SLOTS + 2 });
    this.#imports = { memory, table: this.#table, ...this.#host.imports() };
    this.#run = this.#instantiate(trampolineModule(this.#shared)).run as Run;
    const shared = this.#instantiate(systemModule(this.#shared, this.#options.tailCalls));
    for (const [slot, name] of Object.entries(SYSTEM_EXPORTS)) this.#table.set(Number(slot), shared[name]);
    for (const name of ACCESSES) this.#imports[name] = shared[name];
    this.#jumps = new JumpCache(memory);
    core.control.fill(-1, TAKEN, TAKEN + 2 * JUMPS_TAKEN_ENTRIES);
  }

  get #shared(): boolean {
    return !(this.#memory.buffer instanceof ArrayBuffer);
  }

  #instantiate(bytes: Uint8Array<ArrayBuffer>): Record<string, unknown> {
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: this.#imports }).exports;
  }

  /** Code that changes again and again is compiled later and later. */
  heatOf(frame: number, offset: number): number {
    const drops = this.#drops.get(placeOf(frame, offset)) ?? 0;
    return drops <= PATIENCE ? this.#threshold : (this.#threshold + RETRY) << Math.min(drops - PATIENCE, LATEST);
  }

  enter(block: Block, pageBase: number, limit: number): boolean {
    block.heat = 0;
    const core = this.#core;
    const budget = limit - core.executed;
    if (block.length > budget || block.page === null || block.page.variant !== VARIANT_FLAT) return false;
    if (block.entry >= 0 && block.entryBase !== pageBase && ++this.#moves % RETRY !== 0) return false;
    if (block.entry < 0 || block.entryBase !== pageBase) {
      if (!this.#compile(block, block.page, pageBase, 0)) {
        block.heat = this.heatOf(block.page.frame, block.first.offset) + RETRY;
        return false;
      }
    }
    const host = this.#host;
    const slot = block.entry >> ENTRY_BITS;
    this.#remember(block, core.r[EIP], pageBase);
    const from = core.executed;
    const events = core.delivered;
    host.begin(limit);
    let left = this.#run(slot, block.entry & ((1 << ENTRY_BITS) - 1), budget);
    while (host.outcome === OUTCOME_FAULT && host.mayDeliver) {
      const more = this.#run(FAULT_SLOT, host.site, host.deliver());
      if (more === DECLINED) {
        host.outcome = OUTCOME_FAULT;
        break;
      }
      left = more;
    }
    host.settle();
    host.flagsToCore();
    host.controlWordToCore();
    let site = host.site;
    let anew = false;
    if (host.outcome === OUTCOME_NONE) {
      site = core.control[SITE];
      anew = (site & AT_START) === FETCH_ANEW;
      if ((site & AT_START) === AT_START) {
        const { block: next, pageBase: base } = host.sites[site >>> SITE_BITS];
        core.r[EIP] = base + next.first.offset;
      }
      core.executed = host.limit - left - host.stolen;
      if (core.executed === from && core.delivered === events) return false;
    }
    // The sample may give the site's number to another block.
    const place = host.sites[site >>> SITE_BITS];
    if (host.outcome === OUTCOME_NONE && left + host.stolen < 64) this.#sample(site, core.executed - from);
    this.#instructions += core.executed - from;
    core.pageBase = place.pageBase;
    this.faulted = host.outcome === OUTCOME_FAULT;
    this.resume = null;
    if (host.outcome === OUTCOME_NONE || host.outcome === OUTCOME_BOUNDARY || this.faulted) {
      const { page } = place.block;
      this.page = !anew && page !== null && this.#code.known(page.frame) === page ? page : null;
    } else {
      this.resume = host.resume;
      this.page = place.block.page;
    }
    return true;
  }

  /** Compiled code may find this block by its EIP. */
  #remember(block: Block, eip: number, pageBase: number): void {
    const home = ((block.page?.frame ?? 0) * 4096 - pageBase) | 0;
    this.#jumps.remember(eip, home, block.entry >> ENTRY_BITS, block.entry & ((1 << ENTRY_BITS) - 1));
  }

  /** A slice has ended here: learns where compiled code goes, and compiles what is hot once more. */
  #sample(site: number, instructions: number): void {
    const region = this.#regions.get(this.#regionOfSite[site >>> SITE_BITS]);
    if (region === undefined) return;
    region.heat += instructions;
    if (region.level === HOT_AT.length || region.heat < HOT_AT[region.level] * this.#threshold) return;
    const { control } = this.#core;
    for (let i = 0; i < JUMPS_TAKEN_ENTRIES; i++) {
      const at = TAKEN + 2 * i;
      const from = this.#host.sites[control[at] >>> SITE_BITS];
      if (control[at] >= 0 && from !== undefined) {
        const eip = (from.pageBase + from.block.first.offset) | 0;
        if (this.#learned.size > LEARNED_LIMIT) this.#learned.clear();
        const targets = this.#learned.get(eip) ?? new Set();
        if (targets.size < TARGET_LIMIT) this.#learned.set(eip, targets.add(control[at + 1]));
      }
      control[at] = -1;
    }
    const { seed } = region;
    this.#drop(region);
    this.#compile(seed.block, seed.page, seed.pageBase, region.level + 1);
  }

  #compile(block: Block, page: CodePage, pageBase: number, level: number): boolean {
    const { regionBlocks } = this.#options;
    const limit = Math.min(level === 0 ? regionBlocks : 2 * regionBlocks, 1 << ENTRY_BITS);
    const finder = new RegionFinder(this.#core, this.#code, limit, level === 0, this.#learned);
    const blocks = finder.find(block, page, pageBase);
    if (blocks.length === 0) return false;
    if (this.#regions.size >= this.#options.cacheRegions) this.#evict();
    const slot = this.#freeSlots.pop() ?? this.#slots++;
    const sites = blocks.map((each) => {
      const site = this.#freeSites.pop() ?? this.#host.sites.length;
      this.#regionOfSite[site] = slot;
      this.#host.sites[site] = { block: each.block, operations: each.operations, pageBase: each.pageBase };
      return site;
    });
    const { body, floats } = functionBody(blocks, {
      slot,
      site: (each) => sites[each.index],
      tailCalls: this.#options.tailCalls,
      hot: level > 0,
      called: (each, position) => this.#count(each.operations[position]),
    });
    const bytes = moduleBytes({
      types: floats ? [...TYPES, ...FLOAT_TYPES] : TYPES,
      imports: IMPORTS,
      sharedMemory: this.#shared,
      functions: [{ type: COMPILED_TYPE, name: "f", body }, ...(floats ? FLOAT_FUNCTIONS : [])],
    });
    this.#table.set(slot, this.#instantiate(bytes).f);
    const pages = new Set<CodePage>();
    for (const each of blocks) {
      pages.add(each.page);
      if (each.second !== null) pages.add(each.second.code);
    }
    const region: Region = {
      slot,
      blocks,
      pages: [...pages],
      sites,
      bytes: bytes.length,
      seed: blocks[0],
      level,
      heat: 0,
    };
    this.#regions.set(slot, region);
    for (const each of region.pages) {
      const regions = this.#byPage.get(each) ?? new Set();
      this.#byPage.set(each, regions.add(region));
    }
    for (const each of blocks) {
      each.block.uses++;
      // What is hotter keeps what it jumps to to itself.
      const owner = each.block.entry < 0 ? undefined : this.#regions.get(each.block.entry >> ENTRY_BITS);
      if (!each.entry || (each.index > 0 && owner !== undefined && owner.level >= level)) continue;
      each.block.entry = (slot << ENTRY_BITS) | each.index;
      each.block.entryBase = each.pageBase;
      each.block.heat = 0;
      this.#remember(each.block, each.eip, each.pageBase);
    }
    this.#bytes += bytes.length;
    this.#compiled++;
    return true;
  }

  #count({ slot }: Operation): void {
    const name = slot === null ? "undefined opcode" : slot.encoding.name;
    this.#notLowered.set(name, (this.#notLowered.get(name) ?? 0) + 1);
  }

  /** Drops the colder half. */
  #evict(): void {
    const coldest = [...this.#regions.values()].sort((a, b) => a.heat - b.heat);
    for (const region of coldest.slice(0, Math.ceil(coldest.length / 2))) this.#drop(region);
    for (const region of this.#regions.values()) region.heat /= 2;
  }

  #drop(region: Region): void {
    const { slot } = region;
    if (this.#regions.get(slot) !== region) return;
    this.#regions.delete(slot);
    this.#table.set(slot, null);
    for (const page of region.pages) this.#byPage.get(page)?.delete(region);
    for (const { block, eip } of region.blocks) {
      this.#jumps.forget(eip, slot);
      block.uses--;
      if (block.entry >> ENTRY_BITS !== slot) continue;
      block.entry = -1;
      block.heat = this.heatOf(block.page?.frame ?? 0, block.first.offset);
    }
    this.#freeSlots.push(slot);
    this.#freeSites.push(...region.sites);
    this.#bytes -= region.bytes;
    this.#dropped++;
    this.#host.disturbed = true;
  }

  dropped(page: CodePage): void {
    const regions = this.#byPage.get(page);
    if (regions === undefined) return;
    for (const region of [...regions]) {
      for (const { block } of region.blocks) if (block.page === page) this.#changed(block);
      this.#drop(region);
    }
    this.#byPage.delete(page);
  }

  blockDropped(block: Block): void {
    if (block.uses === 0 || block.page === null) return;
    this.#changed(block);
    for (const region of [...(this.#byPage.get(block.page) ?? [])])
      if (region.blocks.some((each) => each.block === block)) this.#drop(region);
  }

  /** Compiled code of a block is dropped because its bytes change. */
  #changed({ page, first }: Block): void {
    const place = placeOf(page?.frame ?? 0, first.offset);
    this.#drops.set(place, (this.#drops.get(place) ?? 0) + 1);
  }

  flushed(): void {
    for (const region of [...this.#regions.values()]) this.#drop(region);
  }

  statistics(retired: number): JitStatistics {
    return {
      modules: this.#regions.size,
      regions: this.#regions.size,
      bytes: this.#bytes,
      compiled: this.#compiled,
      dropped: this.#dropped,
      compiledInstructions: this.#instructions,
      instructions: retired,
      notLowered: Object.fromEntries(this.#notLowered),
    };
  }
}

/** A compiler for this processor's decoded code; null where its memory is no WebAssembly.Memory. */
export function attachCompiler(core: Core, code: DecodedCode, options: JitOptions): Compiler | null {
  const { source } = core.memory;
  if (!(source instanceof WebAssembly.Memory)) return null;
  const compiler = new Compiler(core, code, source, options);
  code.hot = compiler;
  return compiler;
}
