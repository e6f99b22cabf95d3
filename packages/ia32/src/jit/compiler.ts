/**
 * The compiler, as the interpreter's loop sees it: enters compiled code, and makes it where a block is hot.
 *
 * A block that is hot asks for a region; requests are compiled together, some regions to a module, when there are enough of them or
 * one comes again. Regions that stay hot are compiled once more, larger and with what was learned of their jumps.
 * Here: entering, and when to compile what. Not here: emitting (→ function.ts), keeping (→ region-cache.ts), what compiled code
 * calls (→ host.ts). Over 300 lines: one way, from a hot block to the function that it runs in.
 * @module
 */
import type { DecodedCode, HotCode } from "../interpreter/code-cache.ts";
import type { Block, CodePage } from "../interpreter/code-page.ts";
import type { Operation } from "../isa/operation.ts";
import { JUMPS_TAKEN, JUMPS_TAKEN_ENTRIES, REGISTER_FILE, SITE_WORD } from "../state/control-area.ts";
import { type Core, VARIANT_FLAT } from "../state/core.ts";
import { EIP } from "../state/registers.ts";
import { fixedModule } from "./fixed-modules.ts";
import { AT_START, type CompiledBody, functionBody, SITE_BITS } from "./function.ts";
import { Host, OUTCOME_BOUNDARY, OUTCOME_FAULT, OUTCOME_NONE } from "./host.ts";
import { COMPILED_TYPE, IMPORTS, TYPES } from "./imports.ts";
import { DEFAULT_OPTIONS, type JitOptions, type JitStatistics } from "./options.ts";
import { type RegionBlock, RegionFinder } from "./region.ts";
import { ENTRY_BITS, type Module, RETRY, type Region, RegionCache, type Reservation } from "./region-cache.ts";
import { DECLINED, FAULT_SLOT, FETCH_ANEW } from "./system/events.ts";
import { ACCESSES, SYSTEM_EXPORTS } from "./system/functions.ts";
import { hasTailCalls } from "./trampoline.ts";
import { moduleBytes } from "./wasm/module-writer.ts";
import { FLOAT_TYPES, floatFunctions } from "./x87/functions.ts";

const SITE = (SITE_WORD - REGISTER_FILE) >> 2;
const TAKEN = (JUMPS_TAKEN - REGISTER_FILE) >> 2;
/** When a region is compiled again, and better: multiples of JitOptions.again. */
const HOT_AT = [1, 16];
/** Functions among the last jumps from which on code is flat: larger copies of all of it would not fit into the processor's caches. */
const FLAT = 36;
/** Flat code is looked at again when as much of its heat has come anew. */
const FLAT_RETRY = 1 / 16;
/** Bytes of functions behind which a module ends: a few milliseconds of work. */
const MODULE_BYTES = 32_768;
/** A wish comes again after a quarter of the executions that it took. */
const SOON = 2;
/** Blocks that are known to jump elsewhere, and targets of each. */
const LEARNED_LIMIT = 4096;
const TARGET_LIMIT = 8;

/** A region that is to be compiled. */
interface Wanted {
  readonly block: Block;
  readonly page: CodePage;
  readonly pageBase: number;
  readonly level: number;
  /** The one that it takes the place of. */
  readonly old: Region | null;
}

/** A region that is being compiled. */
interface Draft {
  readonly wanted: Wanted;
  readonly blocks: readonly RegionBlock[];
  readonly place: Reservation;
  readonly body: CompiledBody;
}

type Run = (slot: number, entry: number, budget: number) => number;

const TYPES_WITH_FLOATS = [...TYPES, ...FLOAT_TYPES];
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
  readonly #imports: Record<string, unknown>;
  readonly #run: Run;
  readonly #cache: RegionCache;
  /** What is to be compiled next, by where it begins. */
  readonly #wanted = new Map<Block, Wanted>();
  /** Regions of a module at most. */
  readonly #batch: number;
  readonly #learned = new Map<number, Set<number>>();
  /** Blocks met in another mapping than they were compiled for: only now and then is that worth compiling. */
  #moves = 0;
  #compiled = 0;
  #recompiled = 0;
  #blocks = 0;
  #largest = 0;
  #instructions = 0;
  readonly #notLowered = new Map<string, number>();

  constructor(core: Core, code: DecodedCode, memory: WebAssembly.Memory, options: JitOptions) {
    this.#core = core;
    this.#code = code;
    this.#memory = memory;
    this.#options = { ...DEFAULT_OPTIONS, tailCalls: hasTailCalls(), ...options };
    this.#threshold = this.#options.threshold;
    this.#host = new Host(core, code);
    this.#cache = new RegionCache(code, this.#host, memory, this.#options);
    // At once means each by itself.
    this.#batch = this.#threshold === 0 ? 1 : this.#options.moduleRegions;
    this.#imports = { memory, table: this.#cache.table, ...this.#host.imports() };
    const tailCalls = this.#options.tailCalls;
    this.#run = this.#instance(fixedModule("run", this.#shared, tailCalls)).run as Run;
    const shared = this.#instance(fixedModule("system", this.#shared, tailCalls));
    for (const [slot, name] of Object.entries(SYSTEM_EXPORTS)) this.#cache.table.set(Number(slot), shared[name]);
    for (const name of ACCESSES) this.#imports[name] = shared[name];
    core.control.fill(-1, TAKEN, TAKEN + 2 * JUMPS_TAKEN_ENTRIES);
  }

  get #shared(): boolean {
    return !(this.#memory.buffer instanceof ArrayBuffer);
  }

  #instance(module: WebAssembly.Module): Record<string, unknown> {
    return new WebAssembly.Instance(module, { m: this.#imports }).exports;
  }

  heatOf(frame: number, offset: number): number {
    return this.#cache.heatOf(frame, offset);
  }

  enter(block: Block, pageBase: number, limit: number): boolean {
    block.heat = 0;
    const core = this.#core;
    const budget = limit - core.executed;
    if (block.length > budget || block.page === null || block.page.variant !== VARIANT_FLAT) return false;
    if (block.entry >= 0 && block.entryBase !== pageBase && ++this.#moves % RETRY !== 0) return false;
    if (block.entry < 0 || block.entryBase !== pageBase) {
      this.#want({ block, page: block.page, pageBase, level: 0, old: null });
      if (block.entry < 0 || block.entryBase !== pageBase) return false;
    }
    const host = this.#host;
    const slot = block.entry >> ENTRY_BITS;
    this.#cache.remember(block, core.r[EIP], pageBase);
    const from = core.executed;
    const events = core.charged;
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
      if (core.executed === from && core.charged === events) return false;
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

  /** A slice has ended here: learns where compiled code goes, and compiles what is hot once more. */
  #sample(site: number, instructions: number): void {
    const region = this.#cache.of(site >>> SITE_BITS);
    if (region === undefined) return;
    const hot = (HOT_AT[region.level] ?? Infinity) * this.#options.again * this.#threshold;
    region.heat += instructions;
    if (region.heat < hot) return;
    if (this.#isFlat()) {
      region.heat = hot * (1 - FLAT_RETRY);
      return;
    }
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
    const { block, page, pageBase } = region.seed;
    const repeated = region.wanted;
    region.wanted = true;
    this.#want({ block, page, pageBase, level: region.level + 1, old: region }, repeated);
  }

  /** Control has gone through many functions of late. */
  #isFlat(): boolean {
    const { control } = this.#core;
    const regions = new Set<Region>();
    for (let i = 0; i < JUMPS_TAKEN_ENTRIES; i++) {
      const region = this.#cache.of(control[TAKEN + 2 * i] >>> SITE_BITS);
      if (region !== undefined) regions.add(region);
    }
    return regions.size >= FLAT;
  }

  /** Takes a wish. When there are enough of them, or one comes again, all are compiled. */
  #want(wanted: Wanted, again = this.#wanted.has(wanted.block)): void {
    this.#wanted.set(wanted.block, wanted);
    if (again || this.#wanted.size >= this.#batch) {
      this.#compile();
      return;
    }
    // Comes again after a while.
    if (wanted.old === null) wanted.block.heat = this.heatOf(wanted.page.frame, wanted.block.first.offset) >> SOON;
  }

  #compile(): void {
    while (this.#wanted.size > 0) {
      this.#cache.makeRoom();
      const drafts: Draft[] = [];
      /** Blocks that are in them. */
      const taken = new Set<Block>();
      let bytes = 0;
      for (const wanted of this.#wanted.values()) {
        if (bytes > MODULE_BYTES) break;
        this.#wanted.delete(wanted.block);
        const draft = this.#draft(wanted, taken);
        if (draft === null) continue;
        drafts.push(draft);
        bytes += draft.body.body.length;
        for (const { block } of draft.blocks) taken.add(block);
      }
      if (drafts.length > 0) this.#finish(drafts);
    }
  }

  #draft(wanted: Wanted, taken: ReadonlySet<Block>): Draft | null {
    const { block, page, pageBase, level, old } = wanted;
    const { regionBlocks, tailCalls } = this.#options;
    const heat = this.heatOf(page.frame, block.first.offset);
    // It may be part of another one now, or gone.
    if (old === null ? taken.has(block) || (block.entry >= 0 && block.entryBase === pageBase) : !this.#cache.has(old)) {
      if (old === null && block.entry < 0) block.heat = heat;
      return null;
    }
    if (!this.#cache.isKnown(block)) return null;
    const limit = Math.min(level === 0 ? regionBlocks : 2 * regionBlocks, 1 << ENTRY_BITS);
    const finder = new RegionFinder(this.#core, this.#code, limit, level === 0, this.#learned);
    if (old !== null) this.#cache.drop(old);
    const blocks = finder.find(block, page, pageBase);
    if (blocks.length === 0) {
      block.heat = heat + RETRY;
      return null;
    }
    const place = this.#cache.reserve(blocks);
    const body = functionBody(blocks, {
      slot: place.slot,
      site: (each) => place.sites[each.index],
      tailCalls,
      hot: level > 0,
      called: (each, position) => this.#count(each.operations[position]),
    });
    return { wanted, blocks, place, body };
  }

  /** Makes a module of the drafts. */
  #finish(drafts: readonly Draft[]): void {
    const floats = floatFunctions(new Set(drafts.flatMap(({ body }) => [...body.floats])));
    const functions = drafts.map(({ body: { body } }, i) => ({ type: COMPILED_TYPE, name: `f${i}`, body }));
    const bytes = moduleBytes({
      types: floats.length > 0 ? TYPES_WITH_FLOATS : TYPES,
      imports: IMPORTS,
      sharedMemory: this.#shared,
      functions: [...floats, ...functions],
    });
    const made = this.#instance(new WebAssembly.Module(bytes));
    const module: Module = { bytes: bytes.length, regions: new Set() };
    drafts.forEach(({ wanted, blocks, place }, i) => {
      this.#cache.add(blocks, place, wanted.level, module, made[`f${i}`]);
      this.#compiled++;
      this.#blocks += blocks.length;
      if (wanted.level > 0) this.#recompiled++;
    });
    this.#largest = Math.max(this.#largest, bytes.length);
  }

  #count({ slot }: Operation): void {
    const name = slot === null ? "undefined opcode" : slot.encoding.name;
    this.#notLowered.set(name, (this.#notLowered.get(name) ?? 0) + 1);
  }

  dropped(page: CodePage): void {
    this.#cache.dropPage(page);
  }

  blockDropped(block: Block): void {
    this.#cache.dropBlock(block);
  }

  flushed(): void {
    this.#wanted.clear();
    this.#cache.dropAll();
  }

  statistics(retired: number): JitStatistics {
    return {
      modules: this.#cache.modules,
      regions: this.#cache.size,
      bytes: this.#cache.bytes,
      largestModule: this.#largest,
      compiledBlocks: this.#blocks,
      recompiled: this.#recompiled,
      compiled: this.#compiled,
      dropped: this.#cache.dropped,
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
