/**
 * Processor: run(budget) → Exit, and everything a host sets between runs.
 *
 * Here: the public face over core, decoded code and interpreter. In host kernel mode every trap is returned to the
 * caller; in architectural mode the guest handles its own. Nothing is global; several processors live in one process.
 * Over 300 lines: one face, whose members are short.
 * @module
 */
import type { FloatErrorPin, InterruptSource, MemoryIo, PortIo } from "./bus.ts";
import { Decoder } from "./decode/decoder.ts";
import type { Exit } from "./exit.ts";
import { leave, runArchitectural, type Surroundings } from "./interpreter/architectural.ts";
import { DecodedCode } from "./interpreter/code-cache.ts";
import {
  Debugger,
  STOP_BREAKPOINT,
  type TraceObserver,
  type Watchpoint,
  type WatchpointHit,
} from "./interpreter/debugger.ts";
import { CODES } from "./interpreter/generated/dispatch.ts";
import { HANDLERS } from "./interpreter/generated/handlers.ts";
import { runLoop } from "./interpreter/loop.ts";
import { warmUp } from "./interpreter/warm-up.ts";
import { FAULT, runAlone } from "./interrupt/exception.ts";
import { attachCompiler, type Compiler } from "./jit/compiler.ts";
import type { JitOptions, JitStatistics } from "./jit/options.ts";
import type { GuestMemory } from "./memory/guest-memory.ts";
import { tableEntry } from "./mmu/descriptor-table.ts";
import { loadRealSegment } from "./mmu/segmentation.ts";
import { invalidateAll, invalidatePage, invalidateSpace } from "./mmu/tlb.ts";
import { setControlWord, setMxcsr } from "./softfloat/context.ts";
import { POWER_WORD, REGISTER_FILE, SLOW_WORD, TAGS, WALK_WORD, WORDS_PER_TAG } from "./state/control-area.ts";
import { ADVANCED, Core, RESUME, RETIRED_BEFORE, STOP_EXIT, STOP_LOOK, STOP_REQUESTED } from "./state/core.ts";
import {
  CS,
  type Descriptor,
  nullSegment,
  SEGMENT_NUMBERS,
  type Segment,
  type SegmentName,
  segmentOf,
  type TableEntry,
} from "./state/descriptor.ts";
import { RF, SETTABLE, VM } from "./state/eflags.ts";
import { FCW, FLOAT_REGISTER_COUNT, MXCSR } from "./state/fpu.ts";
import { eflags, setEflags } from "./state/lazy-flags.ts";
import type { Model } from "./state/model.ts";
import { EFLAGS, REGISTER_COUNT } from "./state/registers.ts";
import { reset } from "./state/reset.ts";
import { type ProcessorState, restoreState, saveState } from "./state/snapshot.ts";

/** What a processor is made of; everything outside it is passed in. */
export interface ProcessorOptions {
  readonly memory: GuestMemory;
  readonly ports: PortIo;
  /** What CPUID says; default "pentium3". */
  readonly model?: Model;
  /**
   * With x87 and what the model has of MMX and SSE; default only in architectural mode, because a
   * host kernel that switches programs must then switch `floatRegisters` too (→ setTaskSwitched). Without, CPUID does not claim them and they are #UD.
   */
  readonly float?: boolean;
  /**
   * The guest owns control registers, descriptor tables and interrupts, and starts in real mode at F000:FFF0. Default:
   * host kernel mode, a user program in protected mode.
   */
  readonly architectural?: boolean;
  /** Devices at physical addresses that are not RAM (→ GuestMemory.setPages). */
  readonly mmio?: MemoryIo;
  /** Architectural mode: where vectors come from. */
  readonly interrupts?: InterruptSource;
  /** Architectural mode: told of x87 errors while CR0.NE is clear. */
  readonly floatError?: FloatErrorPin;
  /**
   * What executes: "jit" turns hot code into WebAssembly, where the memory is a WebAssembly.Memory; results are those of
   * "interpreter", the default, to the bit.
   */
  readonly engine?: Engine;
  /** How the compiler works; no setting changes a result. */
  readonly jit?: JitOptions;
}

/** What executes instructions. */
export type Engine = "interpreter" | "jit";

/** Where compiled code is told that events are the host's. */
const SLOW = (SLOW_WORD - REGISTER_FILE) >> 2;
const WALK = (WALK_WORD - REGISTER_FILE) >> 2;
/** Instructions after which a processor is taken for one that will run many more. */
const SHORT_RUN = 10_000;

/** Devices of which some or all find the clock exact in their callbacks. */
function timed(core: Core, devices: MemoryIo): MemoryIo {
  const { timed: which } = devices;
  if (!which) return devices;
  const isTimed = which === true ? () => true : which;
  return {
    read: (physical, size) => {
      if (isTimed(physical)) runAlone(core);
      return devices.read(physical, size);
    },
    write: (physical, size, value) => {
      if (isTimed(physical)) runAlone(core);
      devices.write(physical, size, value);
    },
  };
}

/** Asked although no interrupt controller is there: the answer of one without a request. */
const NO_CONTROLLER: InterruptSource = { acknowledge: () => 7 };

/** One IA-32 processor. It keeps no state outside the control area of its memory and {@link Processor.state}. */
export class Processor {
  /** EAX ECX EDX EBX ESP EBP ESI EDI EIP EFLAGS: valid and settable between runs. */
  readonly registers: Int32Array;
  /**
   * XMM, x87 and MMX registers and their control words, indexed as state/fpu.ts says (XMM0 = 0, R0, FCW, FSW, …):
   * valid and settable between runs.
   */
  readonly floatRegisters: Int32Array;
  readonly #core: Core;
  readonly #code: DecodedCode;
  readonly #powerWord: Int32Array;
  readonly #surroundings: Surroundings;
  readonly #debugger: Debugger;
  #compiler: Compiler | null = null;
  /** What the host's descriptors put into a segment register, by GDT index: made once, so that a switch allocates nothing. */
  readonly #hostSegments: (Segment | null)[] = [];

  constructor(options: ProcessorOptions) {
    const { memory, ports, model = "pentium3", architectural = false, float = architectural } = options;
    const core = new Core(memory, ports, model, float, architectural);
    this.#core = core;
    if (options.mmio !== undefined) memory.attachDevices(timed(core, options.mmio));
    core.floatErrorPin = options.floatError ?? null;
    this.#debugger = new Debugger(core);
    this.#surroundings = { interrupts: options.interrupts ?? NO_CONTROLLER, debugger: this.#debugger };
    this.#code = new DecodedCode(core, new Decoder(HANDLERS, CODES, core.features));
    if (options.engine === "jit") this.#compiler = attachCompiler(core, this.#code, options.jit ?? {});
    this.registers = core.r.subarray(0, REGISTER_COUNT);
    this.floatRegisters = core.x.subarray(0, FLOAT_REGISTER_COUNT);
    this.#powerWord = new Int32Array(options.memory.buffer, POWER_WORD, 1);
    Atomics.store(this.#powerWord, 0, 0);
    invalidateAll(core);
    if (architectural) reset(core);
  }

  /**
   * Executes at most `budget` instructions, each REP iteration counting as one.
   *
   * @returns the processor's one Exit object, valid until the next run
   */
  run(budget: number): Exit {
    const core = this.#core;
    // A processor that runs little is not worth it.
    if (this.#code.hot === null && (budget > SHORT_RUN || core.retired > SHORT_RUN)) warmUp();
    setEflags(core, core.r[EFLAGS] & (core.architectural ? SETTABLE | VM : SETTABLE));
    setControlWord(core.x87, core.x[FCW]);
    setMxcsr(core.sse, core.x[MXCSR]);
    const limit = Math.min(budget, 0x3fffffff);
    core.requested = false;
    this.#debugger.begin();
    try {
      if (core.architectural) runArchitectural(core, this.#code, this.#powerWord, limit, this.#surroundings);
      else if (this.#debugger.stepping) this.#runStepping(limit);
      else this.#runForHost(limit);
    } finally {
      core.exact = true;
      core.again = false;
      core.clock[RETIRED_BEFORE] += core.executed;
      core.executed = 0;
      core.r[EFLAGS] = eflags(core) | (core.resumeFlag !== 0 ? RF : 0);
      core.clock[RESUME] = -1;
    }
    return core.exit;
  }

  /** Host kernel mode. */
  #runForHost(limit: number): void {
    const core = this.#core;
    for (let left = limit; ; ) {
      core.exact = core.again;
      core.again = false;
      runLoop(core, this.#code, this.#powerWord, core.exact ? Math.min(left, 1) : left);
      left -= core.executed + core.charged;
      core.charged = 0;
      if (core.again && core.requested) {
        leave(core, "requested");
        return;
      }
      if (!core.again && (!core.exact || core.exit.kind !== "budget" || left <= 0)) return;
      core.clock[RETIRED_BEFORE] += core.executed;
      core.executed = 0;
    }
  }

  /** Host kernel mode with somebody looking on: one instruction at a time. */
  #runStepping(limit: number): void {
    const core = this.#core;
    for (let left = limit; ; ) {
      if (left > 0 && this.#debugger.before() === STOP_BREAKPOINT) {
        leave(core, "breakpoint");
        return;
      }
      runLoop(core, this.#code, this.#powerWord, Math.min(left, 1));
      left -= core.executed + core.charged;
      core.charged = 0;
      core.clock[RETIRED_BEFORE] += core.executed;
      core.executed = 0;
      if (this.#debugger.takeHit()) {
        leave(core, "watchpoint");
        return;
      }
      if (core.exit.kind !== "budget" || left <= 0) return;
    }
  }

  /**
   * run() returns "breakpoint" before an instruction at one of these linear addresses, but always passes its first
   * instruction. Breakpoints are not state, and slow the processor down to single steps.
   */
  setBreakpoints(addresses: Iterable<number>): void {
    this.#debugger.setBreakpoints(addresses);
  }

  /** run() returns "watchpoint" behind an instruction that accessed one of these ranges, see `watchpointHit`. */
  setWatchpoints(watchpoints: readonly Watchpoint[]): void {
    this.#debugger.setWatchpoints(watchpoints);
  }

  /** The access that the last "watchpoint" exit was for. */
  get watchpointHit(): WatchpointHit | null {
    return this.#debugger.hit;
  }

  /** Is told of every instruction before it runs, by linear address; null: nobody. */
  trace(observer: TraceObserver | null): void {
    this.#debugger.observer = observer;
  }

  /**
   * From a callback of a port or a timed device: run() returns behind the current instruction, with kind "requested". From that of
   * another device it does so some instructions later, in architectural mode behind the delivery of what they have raised.
   */
  requestExit(): void {
    const core = this.#core;
    core.requested = true;
    if (core.stop !== STOP_EXIT) core.stop = STOP_REQUESTED;
  }

  /** Makes run() return "powerFail", now and until a new Processor is made. Another thread sets POWER_WORD instead. */
  requestPowerCut(): void {
    Atomics.store(this.#powerWord, 0, 1);
  }

  /** Instructions retired since power-on; inside a port's or timed device's callback, those before the current one. */
  get retired(): number {
    return this.#core.retired;
  }

  /** What the compiler has done so far; null where none works. */
  get jitStatistics(): JitStatistics | null {
    return this.#compiler === null ? null : this.#compiler.statistics(this.#core.retired);
  }

  /** Moves the clock without retiring anything. */
  advance(cycles: number): void {
    this.#core.clock[ADVANCED] += cycles;
  }

  /** From a callback: the running instruction takes so many cycles more. They pass, and count against the budget of run(). */
  charge(cycles: number): void {
    this.#core.clock[ADVANCED] += cycles;
    this.#core.charged += cycles;
  }

  /** The virtual clock: retired + advanced. RDTSC reads it. */
  get cycles(): number {
    return this.#core.retired + this.#core.clock[ADVANCED];
  }

  /** CR3 and the tag of its TLB entries, 0..TAGS-1. Flushes nothing. */
  setAddressSpace(pageDirectory: number, tag: number): void {
    if (tag < 0 || tag >= TAGS) throw new RangeError(`address-space tag ${tag}`);
    const core = this.#core;
    core.pageDirectory = pageDirectory | 0;
    core.tag = tag;
    core.tlbBase = tag * WORDS_PER_TAG;
    core.refetch = true;
  }

  /** CR0.PG; flushes the TLB when it changes. */
  setPaging(on: boolean): void {
    if (this.#core.paging === on) return;
    this.#core.paging = on;
    invalidateAll(this.#core);
  }

  /** Forgets one page of one address space: call it whenever an entry loses rights, accessed or dirty bits. */
  invalidatePage(tag: number, linear: number): void {
    invalidatePage(this.#core, tag, linear);
    this.#core.refetch = true;
  }

  /** Forgets all pages of one address space. */
  invalidateSpace(tag: number): void {
    invalidateSpace(this.#core, tag);
    this.#core.refetch = true;
  }

  /** Puts a descriptor at GDT index 1..15, or takes it away; loaded segment registers keep what they have. */
  setDescriptor(selectorIndex: number, descriptor: Descriptor | null): void {
    if (selectorIndex < 1 || selectorIndex > 15) throw new RangeError(`descriptor index ${selectorIndex}`);
    this.#core.setHostDescriptor(selectorIndex, descriptor);
    this.#hostSegments[selectorIndex] = null;
  }

  /** Loads a segment register without the checks a program meets; CS also sets the privilege level (its RPL). */
  loadSegment(segment: SegmentName, selector: number): void {
    const core = this.#core;
    const number = SEGMENT_NUMBERS[segment];
    // What a host kernel does at each switch, mostly for nothing.
    const known = this.#hostSegments[selector >>> 3];
    if (core.segments[number] === known && known?.selector === selector && number !== CS) return;
    if (!core.selectors) {
      loadRealSegment(core, number, selector);
      return;
    }
    const loaded = this.#segment(selector);
    if (core.segments[number] !== loaded) core.setSegment(number, loaded);
    if (number === CS && core.cpl !== (selector & 3)) {
      core.cpl = selector & 3;
      core.updateMode();
      if (!core.architectural) invalidateAll(core);
    }
  }

  #segment(selector: number): Segment {
    const known = this.#core.architectural ? null : (this.#hostSegments[selector >>> 3] ?? null);
    if (known?.selector === selector) return known;
    if ((selector & 0xfffc) === 0) return nullSegment(selector);
    const entry = this.#descriptor(selector);
    if (entry === null) throw new RangeError(`no descriptor for selector ${selector.toString(16)}`);
    const segment = segmentOf(selector, entry);
    if (!this.#core.architectural) this.#hostSegments[selector >>> 3] = segment;
    return segment;
  }

  /** The descriptor that a selector names; null too where the guest's paging does not map its table. */
  #descriptor(selector: number): TableEntry | null {
    try {
      return tableEntry(this.#core, selector);
    } catch (thrown) {
      if (thrown !== FAULT) throw thrown;
      return null;
    }
  }

  /** CR0.TS of host kernel mode: on, float instructions are #NM, so that the host can exchange `floatRegisters`. */
  setTaskSwitched(on: boolean): void {
    this.#core.taskSwitched = on;
  }

  /** The interrupt controller's output, in architectural mode. May be called at any time. */
  setInterruptLine(on: boolean): void {
    const { system } = this.#core;
    if (on === system.interruptLine) return;
    system.interruptLine = on;
    if (on) this.#lookForPending();
  }

  /** A non-maskable interrupt: one edge. */
  raiseNonMaskable(): void {
    this.#core.system.nonMaskable = true;
    this.#lookForPending();
  }

  /** IGNNE#: while it is on and CR0.NE clear, x87 instructions run although an exception is pending. */
  setIgnoreNumericError(on: boolean): void {
    this.#core.system.ignoreNumericError = on;
  }

  /** The A20 gate: off makes bit 20 of every physical address 0. */
  setA20(on: boolean): void {
    const core = this.#core;
    core.system.a20Mask = on ? -1 : ~0x100000;
    core.control[WALK] = 0;
    invalidateAll(core);
    core.refetch = true;
  }

  #lookForPending(): void {
    const core = this.#core;
    core.control[SLOW] = 1;
    if (core.stop === 0) core.stop = STOP_LOOK;
  }

  /** The I/O bitmap, consulted where CPL > IOPL: a set bit refuses. null refuses all ports. Not copied. */
  setIoPermission(bitmap: Uint8Array | null): void {
    this.#core.ioPermission = bitmap;
  }

  /** Everything that outlives a run, as plain data. The TLB and decoded code are caches and not part of it. */
  get state(): ProcessorState {
    return saveState(this.#core);
  }

  /** Goes on from `state`; caches are dropped. */
  set state(state: ProcessorState) {
    restoreState(this.#core, state);
    this.#debugger.registersChanged();
    invalidateAll(this.#core);
    this.#code.flush();
  }
}
