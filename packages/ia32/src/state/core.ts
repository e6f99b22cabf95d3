/**
 * The core: everything instructions work on, in one object of fixed shape.
 *
 * Here: registers, flags, segments, control state, views of memory, and the position in the running block.
 * It is what an instruction's `execute` gets. Not here: fetching and running (→ interpreter/).
 * Over 300 lines: fields with their meaning, in one shape.
 * @module
 */
import type { FloatErrorPin, PortIo } from "../bus.ts";
import type { Exit } from "../exit.ts";
import type { GuestMemory } from "../memory/guest-memory.ts";
import { createFloatContext, type FloatContext } from "../softfloat/context.ts";
import {
  CONTROL_AREA_SIZE,
  CR2_WORD,
  FILLED_COUNT_WORD,
  FILLED_ENTRIES,
  FILLED_KNOWN,
  FLOAT_FILE,
  FS_WORD,
  GS_WORD,
  IDT_WORD,
  INNER_DATA_WORD,
  KNOWN_SEGMENTS,
  LARGE_CACHED,
  RAM_PAGES_WORD,
  REGISTER_FILE,
  REGISTER_FILE_SIZE,
  SELECTOR_WORDS,
  TAGS,
  TLB_AREA,
  WORDS_PER_TAG,
} from "./control-area.ts";
import { CR0_AM, CR0_PE } from "./control-registers.ts";
import {
  ACCESSED,
  CS,
  type Descriptor,
  entryOfDescriptor,
  FS,
  nullSegment,
  type Segment,
  SS,
  type TableEntry,
} from "./descriptor.ts";
import { AC, IOPL, RESET, RF, VM } from "./eflags.ts";
import { ES, FLOAT_FILE_WORDS, FSW, resetFloatRegisters } from "./fpu.ts";
import { featuresOf, type Model } from "./model.ts";
import { REGISTER_COUNT } from "./registers.ts";
import { SystemRegisters } from "./system-registers.ts";

/** Places in `clock`. */
export const RETIRED_BEFORE = 0;
export const ADVANCED = 1;
/** Interrupts wait while `retired` has this value: behind STI, MOV SS and POP SS. */
export const SHADOW = 2;
/** RF is set while `retired` has this value, see resumeFlag(). */
export const RESUME = 3;

/** Values of `stop`: requestExit() was called; the instruction itself filled in the Exit; something may be pending. */
export const STOP_REQUESTED = 1;
export const STOP_EXIT = 2;
export const STOP_LOOK = 3;

/** Where `control` has the selectors, and what compiled code delivers events by. */
const SELECTORS = (SELECTOR_WORDS - REGISTER_FILE) >> 2;
const KNOWN = (KNOWN_SEGMENTS - REGISTER_FILE) >> 2;
const CR2 = (CR2_WORD - REGISTER_FILE) >> 2;
const FILLED_COUNT = (FILLED_COUNT_WORD - REGISTER_FILE) >> 2;
const TABLES = (IDT_WORD - REGISTER_FILE) >> 2;
const INNER_DATA = (INNER_DATA_WORD - REGISTER_FILE) >> 2;

/** Which decoded code runs: flat 32-bit segments, any 32-bit code segment, any 16-bit one. */
export const VARIANT_FLAT = 0;
export const VARIANT_32 = 1;
export const VARIANT_16 = 2;
export const VARIANTS = 3;

/** Tables of the TLB in architectural mode: supervisor, user, user with alignment checks (never filled). */
export const TAG_SUPERVISOR = 0;
export const TAG_USER = 1;
export const TAG_ALIGNED = 2;

/** Bytes of an access behind its first one, at most. */
const LONGEST = 15;

/** Hears of changes to DR0-DR7. */
export interface Debugging {
  /** Instructions are run one by one. */
  readonly stepping: boolean;
  registersChanged(): void;
}

/** Data accesses that somebody wants to hear of. */
export interface DataWatch {
  /** Accesses to the linear page must be shown, so they may not go through the TLB. */
  watches(page: number): boolean;
  accessed(linear: number, size: number, write: boolean): void;
}

export class Core {
  readonly memory: GuestMemory;
  readonly ports: PortIo;
  readonly exit: Exit = {
    kind: "budget",
    vector: 0,
    errorCode: 0,
    hasErrorCode: false,
    cr2: 0,
  };

  /** Register file as words, half-words and bytes; `r[EIP]` is valid between blocks, flags are lazy. */
  readonly r: Int32Array;
  readonly r16: Uint16Array;
  readonly r8: Uint8Array;
  /** Float registers (fpu.ts) as words, half-words and bytes, and where their arithmetic works. */
  readonly x: Int32Array;
  readonly x16: Uint16Array;
  readonly x8: Uint8Array;
  readonly x87: FloatContext = createFloatContext();
  readonly sse: FloatContext = createFloatContext();
  /** CR0.EM, CR0.MP, CR0.TS and CR0.NE, CR4.OSFXSR and CR4.OSXMMEXCPT: what float instructions trap on. */
  emulation = false;
  monitorCoprocessor = true;
  taskSwitched = false;
  numericError = true;
  osFxsr = true;
  osXmmExceptions = true;
  /** FERR#, and who is told of its edges. */
  floatErrorAsserted = false;
  floatErrorPin: FloatErrorPin | null = null;
  /** The control area from the register file on, as words. */
  readonly control: Int32Array;
  /** Guest RAM. */
  readonly ram: DataView;
  readonly ram8: Uint8Array;
  readonly tlb: Int32Array;
  /** Entries filled since local ones were forgotten, but global ones; when the list is full, it does not know. */
  readonly filled: Int32Array;
  /** By linear address >>> 22: some entry may be part of a large page there. */
  readonly largeCached: Uint8Array;
  /** First word of the current address space's table. */
  tlbBase = 0;

  // Arithmetic flags, see lazy-flags.ts.
  sign = 1;
  zero = 1;
  carries = 0;
  /** All other EFLAGS bits. */
  systemFlags: number = RESET & ~2;

  readonly segments: Segment[] = [0, 1, 2, 3, 4, 5].map(() => nullSegment(0));
  /** Flat CS and SS of level 0, then of level 3, as last loaded from descriptors that stand in KNOWN_SEGMENTS. */
  readonly knownSegments: (Segment | null)[] = [null, null, null, null];
  /** What a host kernel put into its table, and the same as table entries. */
  readonly descriptors: (Descriptor | null)[] = new Array(16).fill(null);
  readonly #entries: (TableEntry | null)[] = new Array(16).fill(null);
  cpl = 3;
  /** ES, CS, SS and DS are flat: code decoded now leaves their checks out. */
  flat = false;
  /** VARIANT_… of the code that CS selects. */
  variant: number = VARIANT_32;
  /** FFFF where the stack segment has 16 bits, else −1. */
  stackMask = -1;

  /** The guest owns descriptor tables, control registers and interrupts; otherwise the host does. */
  readonly architectural: boolean;
  readonly system: SystemRegisters = new SystemRegisters();
  // Derived, see updateMode().
  /** Selectors name descriptors: protected mode, and not virtual-8086. */
  selectors = true;
  virtual8086 = false;
  /** Accesses are a user's (CPL 3). */
  user = true;
  /** Misaligned accesses are #AC. */
  alignmentCheck = false;
  noExecute = false;
  /** What the last page walk found out beside the address, see mmu/page-walk-full.ts. */
  walked = 0;
  watch: DataWatch | null = null;
  debugging: Debugging | null = null;

  paging = false;
  pageDirectory = 0;
  tag = 0;
  pageSizeExtensions = true;
  writeProtect = true;
  timeStampDisable = false;
  readonly model: Model;
  /** What CPUID claims and the decoder lets through: bits of FEATURES (model.ts). */
  readonly features: number;
  ioPermission: Uint8Array | null = null;

  // Where the interpreter stands. `r[EIP]` of an instruction = pageBase + its offset in the page.
  pageBase = 0;
  /** Instructions retired in this run() before the running block. */
  executed = 0;
  /** Instructions of this run() still allowed, counted from the start of the running block. */
  budget = 0;
  /** RETIRED_BEFORE this run() since power-on, and ADVANCED; doubles from the start, so that no field ever changes shape. */
  readonly clock: Float64Array = new Float64Array(4);
  /** Instructions that a repeated string instruction retired beyond its one. */
  extra = 0;
  /** Instructions of the running block retired before the one that asks for the count. */
  position = 0;
  /** `retired` is that of the running instruction: it runs alone. */
  exact = true;
  /** A timed device wants the instruction that left run() to be run again, alone. */
  again = false;
  /** The running block was dropped from the cache of decoded code: fetch again before going on. */
  refetch = false;
  /** Second result of a division. */
  remainder = 0;
  /** Cycles of this stretch that were no instructions, but count against its budget: events that compiled code delivered, slow ports. */
  charged = 0;
  /** Nonzero: leave run() after this instruction. STOP_EXIT: the Exit is filled in. */
  stop = 0;
  /** requestExit() was called in this run(): something else may have taken `stop` since. */
  requested = false;

  constructor(memory: GuestMemory, ports: PortIo, model: Model, float = true, architectural = false) {
    this.model = model;
    this.architectural = architectural;
    this.clock[SHADOW] = -1;
    this.clock[RESUME] = -1;
    this.features = featuresOf(model, float, architectural);
    this.memory = memory;
    this.ports = ports;
    const buffer = memory.buffer;
    this.r = new Int32Array(buffer, REGISTER_FILE, REGISTER_FILE_SIZE / 4);
    this.control = new Int32Array(buffer, REGISTER_FILE, 0x1000);
    for (const number of [FS, FS + 1]) this.#mirror(number, this.segments[number]);
    this.segments.forEach(({ selector }, number) => {
      this.control[SELECTORS + number] = selector;
    });
    this.control[INNER_DATA] = 0;
    this.control[CR2] = 0;
    for (let place = 0; place < 4; place++) this.control[KNOWN + 4 * place] = -1;
    this.showTables();
    this.r16 = new Uint16Array(buffer, REGISTER_FILE, REGISTER_FILE_SIZE / 2);
    this.r8 = new Uint8Array(buffer, REGISTER_FILE, REGISTER_FILE_SIZE);
    this.x = new Int32Array(buffer, FLOAT_FILE, FLOAT_FILE_WORDS);
    this.x16 = new Uint16Array(buffer, FLOAT_FILE, FLOAT_FILE_WORDS * 2);
    this.x8 = new Uint8Array(buffer, FLOAT_FILE, FLOAT_FILE_WORDS * 4);
    resetFloatRegisters(this.x);
    this.r.fill(0);
    this.r[REGISTER_COUNT - 1] = RESET;
    this.ram = new DataView(buffer, CONTROL_AREA_SIZE, memory.size);
    this.ram8 = memory.ram;
    this.tlb = new Int32Array(buffer, TLB_AREA, TAGS * WORDS_PER_TAG);
    this.filled = new Int32Array(buffer, FILLED_ENTRIES, FILLED_KNOWN);
    this.largeCached = new Uint8Array(buffer, LARGE_CACHED, 1024);
    this.control[(RAM_PAGES_WORD - REGISTER_FILE) >> 2] = memory.size >>> 12;
  }

  get cr2(): number {
    return this.control[CR2];
  }
  set cr2(linear: number) {
    this.control[CR2] = linear;
  }

  get filledCount(): number {
    return this.control[FILLED_COUNT];
  }
  set filledCount(count: number) {
    this.control[FILLED_COUNT] = count;
  }

  /** The host's descriptor that a selector names; LDT selectors and indices past the end name none. */
  hostEntry(selector: number): TableEntry | null {
    return selector & 4 ? null : (this.#entries[(selector & 0xfff8) >>> 3] ?? null);
  }

  /** Puts a descriptor into the host's table. */
  setHostDescriptor(index: number, descriptor: Descriptor | null): void {
    this.descriptors[index] = descriptor;
    this.#entries[index] = descriptor === null ? null : entryOfDescriptor(descriptor);
  }

  /** Keeps for compiled code what a descriptor has made of CS or SS; `selector` has the level. */
  keepSegment(number: number, selector: number, { access, low, high }: TableEntry, segment: Segment): void {
    const level = selector & 3;
    if (!segment.flat || segment.conforming || (access & ACCESSED) === 0 || selector & 4) return;
    if (segment.dpl !== level || (level !== 0 && level !== 3)) return;
    const place = (level === 0 ? 0 : 2) + (number === CS ? 0 : 1);
    this.knownSegments[place] = segment;
    const at = KNOWN + 4 * place;
    this.control[at] = selector & 0xffff;
    this.control[at + 2] = low;
    this.control[at + 3] = high;
  }

  /** Shows compiled code where the tables lie: called when one has been loaded. */
  showTables(): void {
    const { idtr, gdtr, tr } = this.system;
    const { control } = this;
    control[TABLES] = idtr.base;
    control[TABLES + 1] = idtr.limit;
    control[TABLES + 2] = gdtr.base;
    control[TABLES + 3] = gdtr.limit;
    control[TABLES + 4] = tr.base;
    control[TABLES + 5] = tr.wide ? tr.limit : -1;
  }

  /** Replaces the hidden part of a segment register. */
  setSegment(number: number, segment: Segment): void {
    const previous = this.segments[number];
    this.segments[number] = segment;
    this.control[SELECTORS + number] = segment.selector;
    if (number !== CS && number !== SS) {
      const inner = !segment.conforming && segment.dpl < 3;
      const bit = 1 << number;
      this.control[INNER_DATA] = inner ? this.control[INNER_DATA] | bit : this.control[INNER_DATA] & ~bit;
    }
    // From flat to flat nothing else follows, and that is what nearly all loads are.
    if (previous.flat && segment.flat && previous.writable === segment.writable && number < FS) return;
    const [es, cs, ss, ds] = this.segments;
    this.flat = cs.flat && es.flat && es.writable && ss.flat && ss.writable && ds.flat && ds.writable;
    if (number >= FS) this.#mirror(number, segment);
    if (number === SS) this.stackMask = ss.big ? -1 : 0xffff;
    const variant = this.flat ? VARIANT_FLAT : cs.big ? VARIANT_32 : VARIANT_16;
    const moved = number === CS && (previous.base !== segment.base || previous.limit !== segment.limit);
    if (variant !== this.variant || moved) this.refetch = true;
    this.variant = variant;
  }

  /** Shows compiled code FS or GS: its base, and how far it reaches where nothing needs a check. */
  #mirror(number: number, { base, limit, readable, writable, expandDown }: Segment): void {
    const at = (number === FS ? FS_WORD : GS_WORD) - REGISTER_FILE;
    const plain = readable && writable && !expandDown && limit >= LONGEST;
    this.control[at >> 2] = base;
    this.control[(at >> 2) + 1] = plain ? limit - LONGEST + 1 : 0;
  }

  /** Takes over a privilege level and its flat CS and SS (null: the old one), which compiled code has loaded. */
  adopt(level: number, code: Segment | null, stack: Segment | null): void {
    if (code !== null) this.segments[CS] = code;
    if (stack !== null) this.segments[SS] = stack;
    this.cpl = level;
    this.updateMode();
  }

  /** Brings what follows from CPL, CR0 and EFLAGS up to date. */
  updateMode(): void {
    const { cr0 } = this.system;
    const protectedMode = !this.architectural || (cr0 & CR0_PE) !== 0;
    this.virtual8086 = protectedMode && (this.systemFlags & VM) !== 0;
    this.selectors = protectedMode && !this.virtual8086;
    this.user = this.cpl === 3;
    if (!this.architectural) return;
    this.alignmentCheck = this.user && (cr0 & CR0_AM) !== 0 && (this.systemFlags & AC) !== 0;
    const tag = this.user ? (this.alignmentCheck ? TAG_ALIGNED : TAG_USER) : TAG_SUPERVISOR;
    this.tlbBase = tag * WORDS_PER_TAG;
  }

  /** FERR# follows FSW.ES while CR0.NE is clear: called when one of them may have changed. */
  updateFloatError(): void {
    const asserted = !this.numericError && (this.x[FSW] & ES) !== 0;
    if (asserted === this.floatErrorAsserted) return;
    this.floatErrorAsserted = asserted;
    this.floatErrorPin?.set(asserted);
  }

  /** Until updateMode(), accesses are the processor's own: a supervisor's, whatever the CPL. */
  actAsSupervisor(): void {
    this.user = false;
    if (this.architectural) this.tlbBase = TAG_SUPERVISOR * WORDS_PER_TAG;
  }

  /** Instructions retired since power-on, before the running one; of a repetition its iterations before the running one, too. */
  get retired(): number {
    return this.clock[RETIRED_BEFORE] + this.executed + this.position + this.extra;
  }

  /**
   * RF, as 0 or 1: set by IRET until the next instruction retires. While nobody looks on, the bit is not kept among
   * the flags, where it would stop each instruction behind an IRET, but as the count at which it holds.
   */
  get resumeFlag(): number {
    return (this.systemFlags & RF) !== 0 || this.clock[RESUME] === this.retired ? 1 : 0;
  }

  /** The I/O privilege level. */
  get iopl(): number {
    return (this.systemFlags & IOPL) >>> 12;
  }
}
