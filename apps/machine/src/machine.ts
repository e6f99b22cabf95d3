/**
 * The reference machine: processor, chips, kernel and resident servers, wired together.
 *
 * Here: power-on, reset, running, and the whole state as plain data. Not here: threads, files and terminals (→ host/),
 * what is typed when (→ run/). Everything that the machine remembers is in its RAM, its display's
 * memory and `snapshot()`. Over 300 lines: one wiring, and the loop over it.
 * @module
 */
import { type CutProbe, decide, type RecoveryPolicy, type Switch, WATCH } from "@kintsugi/arc-framework";
import { EIP, GuestMemory, type PortIo, Processor, type ProcessorState } from "@kintsugi/ia32";
import { Kernel, type KernelObserver, type KernelOptions, type SliceProbe } from "@kintsugi/microkernel";
import { type Disk, type DmaMemory, type SoundBlock, VGA_MEMORY, VGA_MEMORY_SIZE } from "@kintsugi/pc";
import { err, ok, type Result } from "neverthrow";
import { type BootModule, load } from "./boot.ts";
import { type ChipStates, Chips, type ConsoleKind } from "./chips.ts";
import type { MachineEvent } from "./events.ts";
import { type CrashAddresses, crashKindOf, DEBUGGER_REDIRECT, machineCrashAddresses } from "./injector.ts";
import { DISPLAY_SIZE, PAGE } from "./memory-map.ts";
import { tellBoth } from "./observers.ts";
import { residentNeeds, residentPrograms, type Watch } from "./residents.ts";
import { Trace } from "./trace.ts";

/** Nanoseconds of a cycle at 100 MHz. */
const CYCLE_TIME = 10;

/** Where everything goes that leaves the machine, in order. `at` is in cycles. */
export interface Outside {
  serial(byte: number, at: number): void;
  paper(byte: number): void;
  sound(block: SoundBlock): void;
  event(event: MachineEvent): void;
}

export interface MachineOptions {
  /** Control area and guest RAM; the control area may hold anything. */
  readonly memory: { readonly buffer: ArrayBufferLike };
  /** Bytes of guest RAM. */
  readonly ramSize: number;
  readonly modules: readonly BootModule[];
  /** The display's memory, a power of two; who gives it keeps it. 4 MiB that are forgotten with the machine when left out. */
  readonly video?: Uint8Array;
  /** The first disk, with its write cache; none when left out. */
  readonly disk?: Disk;
  /** What is typed arrives on the serial line, which is the default, or at the keyboard. */
  readonly console?: ConsoleKind;
  /** Chooses when typed characters arrive. */
  readonly seed: number;
  readonly outside: Outside;
  /** Milliseconds of the host; its readings go into events and nowhere else. */
  readonly hostClock?: () => number;
  /** What P3s do about failures; the reference policy when left out. */
  readonly policy?: RecoveryPolicy;
  /** Detectors of theirs that are switched off; none when left out. */
  readonly without?: readonly Switch[];
  /** Looks at all programs now and then, for detectors that need it; nobody looks when left out. */
  readonly watch?: Watch;
  /** Tests look at the kernel, and stop threads at exact instructions. */
  readonly observer?: KernelObserver;
  readonly probe?: SliceProbe;
  /** Tests crash resident servers at numbered places. */
  readonly cutProbe?: CutProbe;
}

/** All that is neither RAM nor the display's memory: with the bytes of both, enough to go on as if nothing had happened. */
export interface MachineState {
  readonly version: 1;
  readonly processor: ProcessorState;
  readonly chips: ChipStates;
}

export type MachineExit =
  | { readonly kind: "limit" }
  /** Nothing is ready and nothing is due: only input can go on. */
  | { readonly kind: "idle" }
  | { readonly kind: "powerOff"; readonly code: number }
  /** The machine has been reset and is about to boot. */
  | { readonly kind: "reset"; readonly reason: string }
  /** The power word was set: what is not RAM is lost. */
  | { readonly kind: "powerFail" };

export interface MachineError {
  readonly code: "memory-too-small" | "no-kernel" | "bad-state" | "bad-policy";
  readonly message: string;
}

export class Machine {
  readonly #options: MachineOptions;
  readonly #memory: GuestMemory;
  readonly #trace: Trace;
  readonly #ports: PortIo = {
    read: (port, size) => {
      const value = this.#chips.bus.read(port, size);
      this.#afterPort();
      return value;
    },
    write: (port, size, value) => {
      this.#chips.bus.write(port, size, value);
      this.#afterPort();
    },
  };
  readonly #dmaMemory: DmaMemory = {
    read: (address, count) => this.#memory.readBytes(address, count),
    write: (address, bytes) => this.#memory.writeBytes(address, bytes),
  };
  readonly #video: Uint8Array;
  #processor: Processor;
  #chips: Chips;
  #kernel: Kernel;
  /** What the kernel was last told about the chips' next event: a port access that brings it forward ends the slice. */
  #told = Number.POSITIVE_INFINITY;
  #crashAddresses: CrashAddresses | undefined;
  #off: number | undefined;
  #resetAsked: string | undefined;

  private constructor(options: MachineOptions, memory: GuestMemory, state?: MachineState) {
    this.#options = options;
    this.#memory = memory;
    memory.setPages(VGA_MEMORY / PAGE, VGA_MEMORY_SIZE / PAGE, "device");
    this.#video = options.video ?? new Uint8Array(DISPLAY_SIZE);
    const { outside, hostClock } = options;
    this.#trace = new Trace(this, (event) => outside.event(event), hostClock);
    this.#processor = this.#newProcessor(state?.processor);
    this.#chips = this.#newChips(state?.chips);
    this.#kernel = undefined as unknown as Kernel; // set by the two factories before anybody sees the machine
  }

  /** Switches on: RAM keeps what it held, everything else starts anew. */
  static powerOn(options: MachineOptions): Result<Machine, MachineError> {
    const machine = new Machine(options, new GuestMemory(options.memory, options.ramSize));
    return machine.#boot().map(() => machine);
  }

  /** Goes on from `state` over the RAM in `options.memory` and the display's memory in `options.video`. */
  static restore(options: MachineOptions, state: MachineState): Result<Machine, MachineError> {
    if (state.version !== 1) return err({ code: "bad-state", message: `no machine state of version ${state.version}` });
    const machine = new Machine(options, new GuestMemory(options.memory, options.ramSize), state);
    return Kernel.attach(machine.#kernelOptions())
      .map((kernel) => {
        machine.#kernel = kernel;
        return machine;
      })
      .mapErr((error) => ({ code: "no-kernel", message: error.text }));
  }

  /** The virtual clock. */
  get cycles(): number {
    return this.#processor.cycles;
  }

  /** Instructions that guest code has retired. */
  get instructions(): number {
    return this.#processor.retired;
  }

  get ram(): Uint8Array {
    return this.#memory.ram;
  }

  /** The display's memory. */
  get video(): Uint8Array {
    return this.#video;
  }

  /** Everything typed has been read by the guest. */
  get inputEmpty(): boolean {
    return this.#chips.serialLine.empty;
  }

  /** For inspection and fault injection. */
  get kernel(): Kernel {
    return this.#kernel;
  }

  get processor(): Processor {
    return this.#processor;
  }

  get chips(): Chips {
    return this.#chips;
  }

  type(bytes: Iterable<number>): void {
    this.#chips.serialLine.type(bytes, this.#now());
  }

  /** Plain data, as of now; the run goes on as if it had not been taken. Between two runs only. */
  snapshot(): MachineState {
    this.#chips.advance(this.#now()); // so that the states do not tell when the chips were last asked
    return { version: 1, processor: this.#processor.state, chips: this.#chips.state };
  }

  /** Runs until the clock reaches `until` (cycles) or something else has to be done first. */
  run(until: number): MachineExit {
    const exit = this.#kernel.run(until);
    if (this.#off !== undefined) {
      this.#chips.drain();
      return { kind: "powerOff", code: this.#off };
    }
    const reason = exit.kind === "reset" ? exit.reason : this.#resetAsked;
    if (reason !== undefined) return this.#reset(reason);
    if (exit.kind === "idle") {
      if (exit.next === Number.POSITIVE_INFINITY) return { kind: "idle" };
      // The next event lies beyond `until`: time passes, nobody works.
      this.#processor.advance(Math.max(0, until - this.cycles));
    }
    return exit.kind === "powerFail" ? exit : { kind: "limit" };
  }

  #reset(reason: string): MachineExit {
    this.#options.outside.event({ event: "reset", at: this.cycles, reason });
    this.#resetAsked = undefined;
    const { printer, serialLine } = this.#chips.state;
    const { retired, advanced } = this.#processor.state;
    this.#processor = this.#newProcessor();
    // Time goes on over a reset: the world outside has only one clock.
    this.#processor.state = { ...this.#processor.state, retired, advanced };
    this.#chips = this.#newChips({ printer, serialLine });
    this.#boot()._unsafeUnwrap(); // what fitted at power-on fits again
    return { kind: "reset", reason };
  }

  #boot(): Result<void, MachineError> {
    const config = load(this.#memory, this.#options.modules, residentNeeds(this.#memory.size));
    if (config.isErr()) return err({ code: config.error.code, message: config.error.message });
    const kernel = Kernel.boot(this.#kernelOptions(), config.value);
    if (kernel.isErr()) return err({ code: "no-kernel", message: kernel.error.text });
    this.#kernel = kernel.value;
    return ok(undefined);
  }

  #kernelOptions(): KernelOptions {
    const { probe, policy = decide, without = [], watch } = this.#options;
    const chips = this.#chips;
    return {
      memory: this.#memory,
      processor: this.#processor,
      ports: this.#ports,
      interrupts: chips.i8259a,
      events: {
        nextEvent: () => {
          this.#told = chips.nextEvent();
          return Math.ceil(this.#told / CYCLE_TIME);
        },
        advance: (now) => chips.advance(now * CYCLE_TIME),
      },
      programs: residentPrograms(this.#trace.servers, policy, new Set(without), watch, this.#options.cutProbe),
      ...(watch ? { watcher: WATCH } : {}),
      observer: this.#observer(),
      ...(probe ? { probe } : {}),
    };
  }

  #observer(): KernelObserver {
    const { observer } = this.#options;
    const own: KernelObserver = {
      ...this.#trace.kernel,
      debugger: (_thread, op, eax, ecx) => {
        if (op === DEBUGGER_REDIRECT) this.#crash(eax, ecx);
      },
    };
    return observer === undefined ? own : tellBoth(own, observer);
  }

  /** The shell's `crash`: sends a thread to the code that fails in that way. A thread or kind that is none is ignored. */
  #crash(thread: number, kindNumber: number): void {
    const kind = crashKindOf(kindNumber);
    const info = this.#kernel.threadInfo(thread);
    const from = info?.program === 0 ? info.registers[EIP] : undefined; // resident threads have no such code
    this.#crashAddresses ??= machineCrashAddresses(this.#options.modules);
    const to = kind === undefined ? undefined : this.#crashAddresses?.[kind];
    if (kind === undefined || from === undefined || to === undefined) return;
    if (!this.#kernel.redirect(thread, to)) return;
    this.#options.outside.event({ event: "injected", at: this.cycles, thread, crash: kind, from: from >>> 0, to });
  }

  #newProcessor(state?: ProcessorState): Processor {
    const mmio = {
      read: (physical: number, size: 1 | 2 | 4) => this.#chips.devices.read(physical, size),
      write: (physical: number, size: 1 | 2 | 4, value: number) => this.#chips.devices.write(physical, size, value),
    };
    const processor = new Processor({ memory: this.#memory, ports: this.#ports, mmio, float: true });
    if (state !== undefined) processor.state = state;
    return processor;
  }

  #newChips(state?: Partial<ChipStates>): Chips {
    const { outside, seed } = this.#options;
    return new Chips(
      {
        now: () => this.#now(),
        serial: (byte) => outside.serial(byte, this.cycles),
        paper: (byte) => outside.paper(byte),
        sound: (block) => outside.sound(block),
        memory: this.#dmaMemory,
        video: this.#video,
        disk: this.#options.disk ?? null,
        console: this.#options.console ?? "serial",
        powerOff: (code) => {
          this.#off = code;
          this.#kernel.requestExit();
        },
        reset: (reason) => {
          this.#resetAsked = reason;
          this.#kernel.requestExit();
        },
        seed,
      },
      state,
    );
  }

  #now(): number {
    return this.#processor.cycles * CYCLE_TIME;
  }

  /** A slice was planned without knowing of this access: it ends here if an interrupt is due or an event came nearer. */
  #afterPort(): void {
    if (this.#chips.i8259a.pending || this.#chips.nextEvent() < this.#told) this.#processor.requestExit();
  }
}
