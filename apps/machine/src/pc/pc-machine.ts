/**
 * A PC for foreign systems: processor, memory and chips, driven by virtual time.
 *
 * Here: power-on, reset, the run loop, what ends a run, the state. Not here: the chips' wiring (→ pc-chips.ts), what is
 * loaded (→ multiboot.ts, linux.ts), files and terminals (→ commands/pc/). Same inputs at the same times: same run, bit for bit.
 * Over 300 lines: one loop, and the wires that can end it.
 * @module
 */
import {
  allocateMemory,
  EFLAGS,
  EIP,
  type Exit,
  GuestMemory,
  type Model,
  Processor,
  type ProcessorOptions,
  type ProcessorState,
  type Watchpoint,
} from "@kintsugi/ia32";
import { APIC_MEMORY, type ShadowArea, VGA_MEMORY, VGA_MEMORY_SIZE } from "@kintsugi/pc";
import { type PcChipStates, PcChips, type PcParts, type PcWires, VIDEO_MEMORY_SIZE } from "./pc-chips.ts";
import { chipsAfterReset, fillMemoryOfFirmware, fillShadow } from "./pc-reset.ts";
import { SHADOW_FIRST, shadowedRom } from "./rom-device.ts";

/** Nanoseconds of a cycle at 100 MHz. */
const CYCLE_TIME = 10;
/** Cycles that a byte takes to or from a port: 1 µs on the ISA bus, which programs rely on when they wait by a port. IEEE P996. */
const PORT_CYCLES = 100;
const PAGE = 4096;
const IF = 0x200;
/** No port: an access of several bytes may reach several chips. */
const WIDE_ACCESS = -1;
const CS = 1;

/** What a machine is made of. */
export interface PcConfiguration extends PcParts {
  readonly model: Model;
  /** What executes; no part of what a run computes. */
  readonly engine?: Pick<ProcessorOptions, "engine" | "jit">;
}

/** Where bytes go: those that COM1 has sent, those for the console of port e9, those that LPT1's printer prints. */
export interface PcOutputs {
  serial(byte: number): void;
  console(byte: number): void;
  paper(byte: number): void;
}

/** A machine between two runs; what disks hold is not in it. */
export interface PcState {
  readonly version: 1;
  readonly processor: ProcessorState;
  readonly chips: PcChipStates;
  /** Bytes that COM1 has sent. */
  readonly sent: number;
}

/** A state with the memories that go with it. */
export interface PcSnapshot {
  readonly state: PcState;
  readonly ram: Uint8Array;
  readonly video: Uint8Array;
}

export type PcExit =
  | { readonly kind: "limit" }
  /** A program wrote an exit port. */
  | { readonly kind: "exit"; readonly code: number }
  /** The guest has reset the machine, by this. */
  | { readonly kind: "reset"; readonly by: string }
  /** Halted, and no chip will wake it; `interruptible`: input could. */
  | { readonly kind: "halted"; readonly interruptible: boolean }
  /** `stop` was called. */
  | { readonly kind: "stopped" }
  /** A debugger's; the watchpoint's hit is the processor's. */
  | { readonly kind: "breakpoint" | "watchpoint" | "stepped" };

export class PcMachine {
  readonly memory: GuestMemory;
  readonly processor: Processor;
  /** The display's memory. */
  readonly video: Uint8Array;
  readonly #configuration: PcConfiguration;
  readonly #wires: PcWires;
  readonly #powerOn: ProcessorState;
  /** What the BIOS answers from c0000 on. */
  readonly #rom: Uint8Array | null;
  #chips: PcChips;
  #ended: PcExit | undefined;
  /** The next event that the running slice was planned with, nanoseconds. */
  #planned = 0;
  #breakpoints: ReadonlySet<number> = new Set();
  /** Instructions retired when the debugger let go: a breakpoint there is passed. */
  #passing = -1;
  #shown = 0;
  #sent: number;

  /** As after power-on, or as `saved`; the configuration is then the one that it was saved with. */
  constructor(configuration: PcConfiguration, outputs: PcOutputs, saved?: PcSnapshot) {
    const memory = new GuestMemory(allocateMemory(configuration.memory, false), configuration.memory);
    this.memory = memory;
    this.video = new Uint8Array(VIDEO_MEMORY_SIZE);
    this.#configuration = configuration;
    this.#sent = saved?.state.sent ?? 0;
    this.processor = new Processor({
      ...configuration.engine,
      memory,
      model: configuration.model,
      architectural: true,
      ports: {
        read: (port, size) => {
          const value = this.#chips.ports.read(port, size);
          this.#afterAccess(size === 1 ? port : WIDE_ACCESS);
          return value;
        },
        // Nothing follows from it: a slice ends before the next event, so that none is due.
        peek: (port) => {
          const value = this.#chips.ports.peek(port);
          if (value >= 0) this.processor.charge(PORT_CYCLES);
          return value;
        },
        write: (port, size, value) => {
          this.#chips.ports.write(port, size, value);
          this.#afterAccess(size === 1 ? port : WIDE_ACCESS);
        },
      },
      mmio: {
        // What the APIC sends arrives behind the very instruction that wrote to it.
        timed: (physical) => physical >= APIC_MEMORY,
        read: (physical, size) => this.#chips.memory.read(physical, size),
        write: (physical, size, value) => {
          this.#shown++;
          this.#chips.memory.write(physical, size, value);
          if (physical >= APIC_MEMORY) this.#afterAccess(WIDE_ACCESS);
        },
      },
      interrupts: {
        acknowledge: () => {
          const vector = this.#chips.acknowledge();
          this.processor.setInterruptLine(this.#chips.interruptPending);
          return vector;
        },
      },
      floatError: {
        set: (asserted) => {
          this.#chips.floatError.ferr.set(asserted);
          this.processor.setInterruptLine(this.#chips.interruptPending);
        },
      },
    });
    this.#powerOn = this.processor.state;
    const { bios, videoBios } = configuration;
    this.#rom = bios === null ? null : shadowedRom(bios, videoBios);
    this.#wires = {
      console: (byte) => outputs.console(byte),
      paper: (byte) => outputs.paper(byte),
      serial: (byte) => {
        this.#shown++;
        this.#sent++;
        outputs.serial(byte);
      },
      ram: memory.ram,
      video: this.video,
      read: (address, count) => memory.readBytes(address, count),
      write: (address, bytes) => {
        memory.writeBytes(address, bytes);
        const meets = ({ first, size, readRam }: ShadowArea): boolean =>
          !readRam && address < first + size && address + bytes.length > first;
        if (this.#chips.bridge.shadow.some(meets)) this.#shadow(this.#chips.bridge.shadow);
      },
      now: () => this.processor.cycles * CYCLE_TIME,
      a20: (open) => this.processor.setA20(open),
      nonMaskable: () => this.processor.raiseNonMaskable(),
      ignoreNumericError: (on) => this.processor.setIgnoreNumericError(on),
      exit: (code) => this.#end({ kind: "exit", code }),
      reset: (by) => this.#end({ kind: "reset", by }),
      shadow: (areas) => this.#shadow(areas),
    };
    this.#chips = new PcChips(this.#wires, configuration, saved?.state.chips);
    if (saved === undefined) {
      fillShadow(configuration, memory.ram);
      fillMemoryOfFirmware(configuration, memory.ram, this.video);
    } else {
      memory.ram.set(saved.ram);
      this.video.set(saved.video);
      this.processor.state = saved.state.processor;
    }
    memory.setPages(VGA_MEMORY / PAGE, VGA_MEMORY_SIZE / PAGE, "device");
    this.#shadow(this.#chips.bridge.shadow);
    // The chips answer outside RAM.
    for (const { address, bytes } of configuration.roms)
      if (address + bytes.length <= memory.size)
        memory.setPages(address / PAGE, Math.ceil(bytes.length / PAGE), "readOnly");
  }

  /** The chips; others after a reset. */
  get chips(): PcChips {
    return this.#chips;
  }

  /** The virtual clock. */
  get cycles(): number {
    return this.processor.cycles;
  }

  /** Grows with every byte that COM1 sends and every write to the display's memory. */
  get shown(): number {
    return this.#shown;
  }

  /** Bytes that COM1 has sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Everything but the memories, between two runs. */
  get state(): PcState {
    return { version: 1, processor: this.processor.state, chips: this.#chips.state, sent: this.#sent };
  }

  /** Linear address of the next instruction. */
  get programCounter(): number {
    const { segments, registers } = this.processor.state;
    return (segments[CS].base + registers[EIP]) >>> 0;
  }

  /** Changes some of the processor's state: where a loader leaves off. */
  start(change: (state: ProcessorState) => ProcessorState): void {
    this.processor.state = change(this.processor.state);
  }

  /**
   * The reset line: processor and chips are as after power-on. RAM, calendar and CMOS memory, what is plugged in, bytes on
   * their way to COM1 and the clock stay.
   */
  reset(): void {
    const { retired, advanced } = this.processor.state;
    this.#chips = new PcChips(this.#wires, this.#configuration, chipsAfterReset(this.#chips.state));
    this.processor.state = { ...this.#powerOn, retired, advanced, shadow: -1 };
    fillMemoryOfFirmware(this.#configuration, this.memory.ram, this.video);
    this.#shadow(this.#chips.bridge.shadow);
  }

  /** Bytes for COM1's receiver, arriving one character time apart. */
  type(bytes: Iterable<number>): void {
    this.#chips.serialLine.type(bytes, this.cycles * CYCLE_TIME);
  }

  /** Lets time pass for a halted machine in which nothing happens. */
  idle(until: number): void {
    this.processor.advance(Math.max(0, until - this.cycles));
  }

  /** From a callback: the run comes back behind the current instruction. */
  stop(): void {
    this.#end({ kind: "stopped" });
  }

  /** Linear addresses before which a run stops, and what it stops behind accesses to. */
  debug(breakpoints: Iterable<number>, watchpoints: readonly Watchpoint[]): void {
    this.#breakpoints = new Set(Array.from(breakpoints, (address) => address >>> 0));
    this.processor.setBreakpoints(this.#breakpoints);
    this.processor.setWatchpoints(watchpoints);
  }

  /** The next run goes on from where it stands, whether or not there is a breakpoint. */
  pass(): void {
    this.#passing = this.processor.retired;
  }

  /** One instruction, with all interrupts waiting; a halted processor waits for one as ever, until the clock is `until`. */
  step(until: number): PcExit {
    const { processor } = this;
    const before = processor.retired;
    if (processor.state.system?.halted) {
      const exit = this.#run(until, 1);
      return exit.kind === "limit" && processor.retired > before ? { kind: "stepped" } : exit;
    }
    this.#ended = undefined;
    processor.setInterruptLine(false);
    const exit = processor.run(1);
    this.#chips.advance(this.cycles * CYCLE_TIME);
    processor.setInterruptLine(this.#chips.interruptPending);
    if (this.#ended !== undefined) return this.#ended;
    if (exit.kind === "shutdown") return TRIPLE_FAULT;
    return { kind: exit.kind === "watchpoint" ? exit.kind : "stepped" };
  }

  /** Runs until the clock reaches `until` (cycles) or the run ends. */
  run(until: number): PcExit {
    const exit = this.#run(until, Number.POSITIVE_INFINITY);
    if (exit.kind !== "limit") this.#chips.drain();
    return exit;
  }

  #run(until: number, most: number): PcExit {
    const { processor } = this;
    const chips = this.#chips;
    const end = processor.retired + most;
    this.#ended = undefined;
    for (;;) {
      chips.advance(this.cycles * CYCLE_TIME);
      processor.setInterruptLine(chips.interruptPending);
      if (this.#ended !== undefined) return this.#ended;
      if (this.cycles >= until || processor.retired >= end) return { kind: "limit" };
      if (this.#atBreakpoint()) return { kind: "breakpoint" };
      this.#planned = chips.nextEvent();
      const deadline = Math.min(until, Math.max(this.cycles + 1, Math.ceil(this.#planned / CYCLE_TIME)));
      const exit: Exit = processor.run(Math.min(most, deadline - this.cycles));
      if (this.#ended !== undefined) return this.#ended;
      if (exit.kind === "shutdown") return TRIPLE_FAULT;
      if (exit.kind === "breakpoint" || exit.kind === "watchpoint") return { kind: exit.kind };
      if (exit.kind !== "halt") continue;
      const interruptible = (processor.registers[EFLAGS] & IF) !== 0;
      if (!interruptible || this.#planned === Number.POSITIVE_INFINITY) return { kind: "halted", interruptible };
      processor.advance(Math.max(0, deadline - this.cycles));
    }
  }

  /** The processor passes a breakpoint that a run begins at; here that is only right where the debugger let go. */
  #atBreakpoint(): boolean {
    if (this.#breakpoints.size === 0 || this.processor.retired === this.#passing) return false;
    return this.#breakpoints.has(this.programCounter);
  }

  #end(exit: PcExit): void {
    if (this.#ended !== undefined) return;
    this.#ended = exit;
    this.processor.requestExit();
  }

  /** A slice was planned without knowing of this access: it ends here if an event came nearer. */
  #afterAccess(port: number): void {
    const { processor } = this;
    const chips = this.#chips;
    if (port >= 0) processor.charge(PORT_CYCLES);
    if (chips.nextEventMovedBy(port) < this.#planned) processor.requestExit();
    processor.setInterruptLine(chips.interruptPending);
  }

  /** Where the BIOS answers and RAM behind it has its bytes, RAM stands for it: code in a device runs slowly. */
  #shadow(areas: readonly ShadowArea[]): void {
    const rom = this.#rom;
    if (rom === null) return;
    const same = (first: number, size: number): boolean =>
      rom
        .subarray(first - SHADOW_FIRST, first - SHADOW_FIRST + size)
        .every((byte, i) => byte === this.memory.ram[first + i]);
    for (const { first, size, readRam, writeRam } of areas) {
      const inRam = readRam || (!writeRam && same(first, size));
      this.memory.setPages(first / PAGE, size / PAGE, inRam ? (readRam && writeRam ? "ram" : "readOnly") : "device");
    }
  }
}

/** The processor met an exception while delivering a double fault; boards answer with a reset. */
const TRIPLE_FAULT: PcExit = { kind: "reset", by: "a triple fault" };
