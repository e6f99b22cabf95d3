/**
 * What compiled code calls: everything that is not its hit path.
 *
 * Each call says where it comes from: the site is a block's number and the instruction's place in it. The state is then as
 * before the instruction; counts are made exact before anything outside hears of it. Where the function must be left,
 * LEFT_WORD gets LEAVE_NOW and `outcome` tells the loop how to go on; where it must be left at the end of the block, the
 * budget is taken away (`stolen`) so that the next block does not begin.
 * Here: slow accesses, ports, calls of handlers, faults. Not here: entering and leaving compiled code (→ compiler.ts), what it sees
 * of the processor's mode (→ system/mode.ts). Long because all of it is about the one call that is running.
 * @module
 */
import type { DecodedCode } from "../interpreter/code-cache.ts";
import type { Block } from "../interpreter/code-page.ts";
import { FAULT, noteDivideError, VECTOR_DB } from "../interrupt/exception.ts";
import { type Operation, REP_NONE } from "../isa/operation.ts";
import { probeWrite, read8, slowRead, slowWrite, write8 } from "../mmu/access.ts";
import { INDEX_MASK, PAGE_MASK, translate, tryTranslate } from "../mmu/tlb.ts";
import { setControlWord } from "../softfloat/context.ts";
import {
  CARRIES_WORD,
  ERROR_WORD,
  EVENT_WORD,
  FLOATS_WORD,
  LEFT_WORD,
  LIMIT_WORD,
  MODE_WORD,
  PAGE_CODE,
  PAGE_HOOKED,
  REGISTER_FILE,
  SIGN_WORD,
  SITE_WORD,
  SYSTEM_FLAGS_WORD,
  ZERO_WORD,
} from "../state/control-area.ts";
import { type Core, VARIANT_FLAT } from "../state/core.ts";
import { FCW } from "../state/fpu.ts";
import { EIP } from "../state/registers.ts";
import { LEAVE_NOW } from "./emitter.ts";
import { SITE_BITS } from "./function.ts";
import { type HelperName, WRITING } from "./imports.ts";
import { EVENT_HAS_CODE, EVENT_RESUMES, FETCH_ANEW } from "./system/events.ts";
import { beginMode, floatsThatRun, showMode, takeMode } from "./system/mode.ts";

/**
 * Rows that compiled code may leave to the interpreter when it has read their operand already: they write another one, perhaps to code of the
 * running page, or round it (CVTSI2SS).
 */
const MAY_RUN_ANEW: ReadonlySet<string | undefined> = new Set(["MOVS", "PUSH", "POP", "CALL", "CVTSI2SS"]);

/** A block of a region, as sites name it. */
export interface BlockSite {
  readonly block: Block;
  readonly operations: readonly Operation[];
  readonly pageBase: number;
}

/** How a function was left, if not by itself. */
export const OUTCOME_NONE = 0;
/** The exit has a fault; counts and EIP are set. */
export const OUTCOME_FAULT = 1;
/** The interpreter goes on with `resume`, in the block of `site`. */
export const OUTCOME_RESUME = 2;
/** At the start of a block; counts and EIP are set. */
export const OUTCOME_BOUNDARY = 3;

const POSITION = (1 << SITE_BITS) - 1;
const index = (address: number): number => (address - REGISTER_FILE) >> 2;
const LEFT = index(LEFT_WORD);
const FLOATS = index(FLOATS_WORD);
const SIGN = index(SIGN_WORD);
const ZERO = index(ZERO_WORD);
const CARRIES = index(CARRIES_WORD);
const SYSTEM_FLAGS = index(SYSTEM_FLAGS_WORD);
const SITE = index(SITE_WORD);
const LIMIT = index(LIMIT_WORD);
const MODE = index(MODE_WORD);
const EVENT = index(EVENT_WORD);
const ERROR = index(ERROR_WORD);

export class Host {
  readonly sites: BlockSite[] = [];
  /** What `core.executed` may reach. */
  limit = 0;
  outcome: number = OUTCOME_NONE;
  resume: Operation | null = null;
  /** The site of the last call. */
  site = 0;
  /** Budget that was taken away. */
  stolen = 0;
  /** The x87 control word that the interpreter's arithmetic follows. */
  controlWord = 0;
  /** Compiled code was dropped while it ran. */
  disturbed = false;
  /** The part of the TLB that the running function has looked up addresses in since it was entered. */
  tlbBase = 0;
  /** `core.charged`, as far as the limit knows. */
  #charged = 0;
  readonly #core: Core;
  readonly #code: DecodedCode;

  constructor(core: Core, code: DecodedCode) {
    this.#core = core;
    this.#code = code;
  }

  /** The functions, by the names of their imports. */
  imports(): Record<HelperName, (...values: number[]) => number | undefined> {
    return {
      read8: this.#reader(1),
      read16: this.#reader(2),
      read32: this.#reader(4),
      modify8: this.#modifier(1),
      modify16: this.#modifier(2),
      modify32: this.#modifier(4),
      write8: this.#writer(1),
      write16: this.#writer(2),
      write32: this.#writer(4),
      input8: this.#inputter(1),
      input16: this.#inputter(2),
      input32: this.#inputter(4),
      output8: this.#outputter(1),
      output16: this.#outputter(2),
      output32: this.#outputter(4),
      divideError: (site, budget) => this.#divideError(site, budget),
      locate: (linear, size, site, budget) => this.#locate(linear, size & 0xff, (size & WRITING) !== 0, site, budget),
      fetch: () => undefined,
      execute: (site, budget) => this.#execute(site, budget),
      transfer: (site, budget) => this.#transfer(site, budget),
      interpret: (site, budget) => this.#interpret(site, budget),
    };
  }

  /** Compiled code begins to run, until `executed` is `limit`. */
  begin(limit: number): void {
    const core = this.#core;
    const { control } = core;
    this.limit = limit;
    this.#charged = core.charged;
    this.outcome = OUTCOME_NONE;
    this.stolen = 0;
    this.disturbed = false;
    this.controlWord = core.x[FCW];
    control[LIMIT] = limit;
    beginMode(core);
    this.#show();
    this.flagsFromCore();
  }

  /** Shows compiled code that is entered now which mode it runs in. */
  #show(): void {
    this.tlbBase = this.#core.tlbBase;
    showMode(this.#core);
  }

  /** Takes over what compiled code has delivered and returned from. */
  settle(): void {
    const core = this.#core;
    if (core.control[MODE] === 0) return;
    this.#charged += takeMode(core);
    this.tlbBase = core.tlbBase;
    this.limit = core.control[LIMIT];
  }

  /** The fault that compiled code was left with may be delivered by compiled code. */
  get mayDeliver(): boolean {
    const core = this.#core;
    const { kind, vector } = core.exit;
    if (!core.architectural || kind !== "exception" || vector === VECTOR_DB) return false;
    return this.stolen === 0 && core.stop === 0 && !this.disturbed;
  }

  /** Shows compiled code the fault; returns the budget that is left. */
  deliver(): number {
    const core = this.#core;
    const { vector, errorCode, hasErrorCode } = core.exit;
    core.control[EVENT] = vector | EVENT_RESUMES | (hasErrorCode ? EVENT_HAS_CODE : 0);
    core.control[ERROR] = errorCode;
    core.refetch = false;
    this.outcome = OUTCOME_NONE;
    return this.limit - core.executed;
  }

  /** Makes the counts what they are before the block of a site. */
  #at(site: number, budget: number): BlockSite {
    const core = this.#core;
    if (core.control[MODE] !== 0) this.settle();
    const place = this.sites[site >>> SITE_BITS];
    this.site = site;
    core.executed = this.limit - budget - this.stolen - place.block.length;
    core.pageBase = place.pageBase;
    this.#code.running = place.block;
    return place;
  }

  /** The function goes on with what is left of the budget, to the end of the block if something is pending. */
  #goOn(budget: number): undefined {
    const core = this.#core;
    let left = core.charged === this.#charged ? budget : budget - this.#spend();
    if (this.stolen === 0 && (core.stop !== 0 || core.refetch || this.disturbed || core.tlbBase !== this.tlbBase)) {
      this.stolen = left + 1;
      left = -1;
    }
    core.control[LEFT] = left;
  }

  /** Cycles that have been charged since compiled code was entered last: they are no longer in the limit. */
  #spend(): number {
    const core = this.#core;
    const more = core.charged - this.#charged;
    if (more === 0) return 0;
    this.#charged = core.charged;
    this.limit -= more;
    core.control[LIMIT] = this.limit;
    return more;
  }

  #leave(outcome: number): number {
    this.#spend();
    this.outcome = outcome;
    this.#core.control[LEFT] = LEAVE_NOW;
    return 0;
  }

  /** A fault of the instruction: it is not done. Anything else that was thrown is thrown on. */
  #fault(thrown: unknown, place: BlockSite, site: number): number {
    if (thrown !== FAULT) throw thrown;
    return this.#leaveFaulted(place, site);
  }

  /** The exit has the instruction's fault. */
  #leaveFaulted(place: BlockSite, site: number): number {
    const core = this.#core;
    const operation = place.operations[site & POSITION];
    core.executed += operation.position + core.extra;
    core.extra = 0;
    core.position = 0;
    core.r[EIP] = place.pageBase + operation.offset;
    return this.#leave(OUTCOME_FAULT);
  }

  #interpret(site: number, budget: number): undefined {
    const place = this.#at(site, budget);
    const core = this.#core;
    core.budget = this.limit - core.executed;
    if (place.block.suspended) this.#code.refresh(place.block);
    this.resume = place.operations[site & POSITION];
    this.#leave(OUTCOME_RESUME);
  }

  /** An access to one page that only a page fault can stop, and that nobody looks at. */
  #simple(linear: number, size: number): boolean {
    const core = this.#core;
    return (linear & 0xfff) <= 0x1000 - size && !core.alignmentCheck && core.watch === null;
  }

  /** The TLB has the page for reads: it is RAM. */
  #isCached(linear: number): boolean {
    const { tlb, tlbBase } = this.#core;
    return tlb[tlbBase + ((linear >>> 10) & INDEX_MASK)] === (linear & PAGE_MASK);
  }

  #reader(size: 1 | 2 | 4) {
    return (linear: number, site: number, budget: number): number => {
      const core = this.#core;
      const place = this.#at(site, budget);
      const { slot } = place.operations[site & POSITION];
      const anew = MAY_RUN_ANEW.has(slot?.encoding.row.mnemonic);
      let value: number;
      try {
        if (this.#simple(linear, size)) {
          const physical = tryTranslate(core, linear, false);
          if (physical < 0) return this.#leaveFaulted(place, site);
          if (anew && !this.#isCached(linear)) {
            // A device is read once.
            this.#interpret(site, budget);
            return 0;
          }
          const { memory } = core;
          value = size === 1 ? memory.read8(physical) : size === 2 ? memory.read16(physical) : memory.read32(physical);
        } else if (anew) {
          this.#interpret(site, budget);
          return 0;
        } else value = size === 1 ? read8(core, linear) : slowRead(core, linear, size);
      } catch (thrown) {
        return this.#fault(thrown, place, site);
      }
      this.#goOn(budget);
      return value;
    };
  }

  /** Offset in RAM of an operand that may be written directly now, or −1. */
  #plain(linear: number, size: number): number {
    const core = this.#core;
    const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
    if (core.tlb[entry] !== ((linear + size - 1) & PAGE_MASK)) return -1;
    const physical = (core.tlb[entry + 2] + linear) | 0;
    if (core.tlb[entry + 1] === core.tlb[entry]) return physical;
    // Beside decoded code on its page nothing hears of a write.
    const flags = core.memory.flags[physical >>> 12];
    if ((flags & PAGE_HOOKED) !== PAGE_CODE) return -1;
    const offset = physical & 0xfff;
    return this.#code.ignores(physical >>> 12, offset, offset + size - 1) ? physical : -1;
  }

  /** What the TLB does not have afterwards is left to the interpreter. */
  #locate(linear: number, size: number, write: boolean, site: number, budget: number): number {
    const core = this.#core;
    const place = this.#at(site, budget);
    let physical = -1;
    try {
      if (write) {
        probeWrite(core, linear, size);
        physical = this.#plain(linear, size);
      } else if ((linear & 0xfff) + size <= 0x1000) {
        translate(core, linear, false);
        const entry = core.tlbBase + ((linear >>> 10) & INDEX_MASK);
        if (this.#isCached(linear)) physical = (core.tlb[entry + 2] + linear) | 0;
      }
    } catch (thrown) {
      return this.#fault(thrown, place, site);
    }
    if (physical < 0) {
      this.#interpret(site, budget);
      return 0;
    }
    this.#goOn(budget);
    return physical;
  }

  #modifier(size: 1 | 2 | 4) {
    return (linear: number, site: number, budget: number): number => {
      const core = this.#core;
      const place = this.#at(site, budget);
      let physical: number;
      try {
        if (this.#simple(linear, size)) {
          if (tryTranslate(core, linear, true) < 0) return this.#leaveFaulted(place, site);
        } else probeWrite(core, linear, size);
        physical = this.#plain(linear, size);
      } catch (thrown) {
        return this.#fault(thrown, place, site);
      }
      if (physical < 0) {
        this.#interpret(site, budget);
        return 0;
      }
      this.#goOn(budget);
      return physical;
    };
  }

  #writer(size: 1 | 2 | 4) {
    return (linear: number, value: number, site: number, budget: number): undefined => {
      const core = this.#core;
      const place = this.#at(site, budget);
      try {
        if (this.#simple(linear, size)) {
          const physical = tryTranslate(core, linear, true);
          if (physical < 0) {
            this.#leaveFaulted(place, site);
            return;
          }
          if (this.#holdsCode(physical, size, place.block)) {
            this.#interpret(site, budget);
            return;
          }
          const { memory } = core;
          if (size === 1) memory.write8(physical, value);
          else if (size === 2) memory.write16(physical, value);
          else memory.write32(physical, value);
          this.#goOn(budget);
          return;
        }
        if (this.#writesCode(linear, size, place.block)) {
          this.#interpret(site, budget);
          return;
        }
        if (size === 1) write8(core, linear, value & 0xff);
        else slowWrite(core, linear, size, value);
      } catch (thrown) {
        this.#fault(thrown, place, site);
        return;
      }
      this.#goOn(budget);
    };
  }

  /** A write there would change decoded code of the page that runs. Translates both ends, as the write will. */
  #writesCode(linear: number, size: number, running: Block): boolean {
    const core = this.#core;
    const first = translate(core, linear, true);
    const inPage = 0x1000 - (linear & 0xfff);
    const second = inPage >= size ? -1 : translate(core, (linear + inPage) & PAGE_MASK, true);
    if (this.#holdsCode(first, Math.min(size, inPage), running)) return true;
    return second >= 0 && this.#holdsCode(second, size - inPage, running);
  }

  /** Bytes of the page that runs are decoded. */
  #holdsCode(physical: number, bytes: number, running: Block): boolean {
    const frame = physical >>> 12;
    if (frame !== running.page?.frame || (this.#core.memory.flags[frame] & PAGE_CODE) === 0) return false;
    return this.#code.holds(frame, physical & 0xfff, (physical & 0xfff) + bytes - 1);
  }

  /** #DE of the running instruction, whose operand has been read. */
  #divideError(site: number, budget: number): undefined {
    const place = this.#at(site, budget);
    noteDivideError(this.#core);
    this.#leaveFaulted(place, site);
  }

  /** IN from a port that the program may use. */
  #inputter(size: 1 | 2 | 4) {
    const { ports } = this.#core;
    return (port: number, site: number, budget: number): number => {
      const core = this.#core;
      if (size === 1 && budget >= 0 && ports.peek !== undefined) {
        // A driver that polls: nobody asks what the time is.
        if (core.control[MODE] !== 0) this.settle();
        const seen = ports.peek(port);
        if (seen >= 0) {
          core.control[LEFT] = budget - this.#spend();
          return seen;
        }
      }
      const place = this.#at(site, budget);
      core.position = site & POSITION;
      let value: number;
      try {
        value = ports.read(port, size);
      } catch (thrown) {
        return this.#fault(thrown, place, site);
      }
      core.position = 0;
      this.#goOn(budget);
      return value;
    };
  }

  #outputter(size: 1 | 2 | 4) {
    return (port: number, value: number, site: number, budget: number): undefined => {
      const core = this.#core;
      const place = this.#at(site, budget);
      core.position = site & POSITION;
      try {
        core.ports.write(port, size, size === 4 ? value >>> 0 : value);
      } catch (thrown) {
        this.#fault(thrown, place, site);
        return;
      }
      core.position = 0;
      this.#goOn(budget);
    };
  }

  /** Flags and EFLAGS between compiled code and the core. */
  flagsToCore(): void {
    const core = this.#core;
    const { control } = core;
    core.sign = control[SIGN];
    core.zero = control[ZERO];
    core.carries = control[CARRIES];
    core.systemFlags = control[SYSTEM_FLAGS];
  }
  flagsFromCore(): void {
    const core = this.#core;
    const { control } = core;
    control[SIGN] = core.sign;
    control[ZERO] = core.zero;
    control[CARRIES] = core.carries;
    control[SYSTEM_FLAGS] = core.systemFlags;
  }

  /** The last instruction of a block: behind it compiled code is looked for anew. */
  #transfer(site: number, budget: number): undefined {
    const core = this.#core;
    const { control } = core;
    const place = this.#at(site, budget);
    const operation = place.operations[site & POSITION];
    if (place.block.suspended) this.#code.refresh(place.block);
    core.budget = this.limit - core.executed;
    this.flagsToCore();
    try {
      operation.execute(core, operation);
    } catch (thrown) {
      // A return to a task that is not there any more has cleared NT.
      this.flagsFromCore();
      this.#fault(thrown, place, site);
      return;
    }
    this.flagsFromCore();
    core.position = 0;
    if (operation.falls) core.r[EIP] = place.pageBase + operation.end;
    if (core.stop === 0 && this.stolen === 0 && !this.disturbed && core.variant === VARIANT_FLAT) {
      control[SITE] = (site & ~POSITION) | (core.refetch ? FETCH_ANEW : 0);
      control[LEFT] = budget - this.#spend();
      core.refetch = false;
      this.#show();
      return;
    }
    core.executed += operation.position + 1 + core.extra;
    core.extra = 0;
    this.#leave(OUTCOME_BOUNDARY);
  }

  /** What the x87 control word says, where compiled code has loaded another one. */
  controlWordToCore(): void {
    const { x, x87 } = this.#core;
    if (x[FCW] !== this.controlWord) setControlWord(x87, x[FCW]);
    this.controlWord = x[FCW];
  }

  #execute(site: number, budget: number): undefined {
    const core = this.#core;
    const place = this.#at(site, budget);
    const { operations, block, pageBase } = place;
    const operation = operations[site & POSITION];
    if (block.suspended) this.#code.refresh(block);
    core.budget = this.limit - core.executed;
    this.flagsToCore();
    this.controlWordToCore();
    try {
      operation.execute(core, operation);
    } catch (thrown) {
      // A repetition has set flags by what it compared before.
      this.flagsFromCore();
      this.#fault(thrown, place, site);
      return;
    }
    this.controlWord = core.x[FCW];
    this.flagsFromCore();
    const last = operation.position === block.length - 1;
    // `tlbBase` stays that of the function: where AC or another flag has changed it, this one is left.
    if (last) showMode(core);
    else core.control[FLOATS] = floatsThatRun(core);
    if (last && !operation.falls) {
      // It has set EIP. A repetition that is through goes on behind itself.
      const { extra } = core;
      core.position = 0;
      if (operation.repeat !== REP_NONE && core.r[EIP] === ((pageBase + operation.end) | 0)) {
        core.extra = 0;
        this.#goOn(budget - extra);
        return;
      }
      core.executed += operation.position + 1 + extra;
      core.extra = 0;
      this.#leave(OUTCOME_BOUNDARY);
      return;
    }
    core.position = 0;
    if (!last && operation.next === null) {
      // The rest of the block has been overwritten.
      core.executed += operation.position + 1;
      core.r[EIP] = pageBase + operation.end;
      this.#leave(OUTCOME_BOUNDARY);
      return;
    }
    this.#goOn(budget);
  }
}
