/**
 * A PC under our L4 kernel, for sigma0s and root tasks from elsewhere.
 *
 * Here: power-on, the run loop, what ends a run. Not here: what is loaded (→ kickstart.ts), the chips' wiring (→ ../pc/),
 * files and terminals (→ ../commands/l4.ts). Same images and the same input at the same times: same run, bit for bit.
 * @module
 */
import { allocateMemory, GuestMemory, type PortIo, Processor } from "@kintsugi/ia32";
import { type BootConfig, Kernel, type KernelObserver } from "@kintsugi/microkernel";
import {
  type CivilTime,
  UART_LSR,
  UART_LSR_DATA_READY,
  UART_PORT,
  UART_PORT_COUNT,
  VGA_MEMORY,
  VGA_MEMORY_SIZE,
} from "@kintsugi/pc";
import { err, ok, type Result } from "neverthrow";
import { PcChips, VIDEO_MEMORY_SIZE } from "../pc/pc-chips.ts";
import { DebuggerConsole, type DebuggerMachine, hex } from "./debugger-console.ts";
import { kickstart, type L4Files, type L4ImageError } from "./kickstart.ts";
import { LastWords } from "./last-words.ts";
import { Typist } from "./typist.ts";

/** Nanoseconds of a cycle at 100 MHz. */
const CYCLE_TIME = 10;
/** Cycles of a program's port access: a microsecond, as on an ISA bus. */
const PORT_TIME = 100;
/** Cycles of port accesses after which the kernel looks at the clock again. */
const PORT_TIME_LIMIT = 2000;
const PAGE = 4096;
/** The calendar at power-on is always the same: a run depends on its inputs alone. */
const POWER_ON: CivilTime = { year: 2026, month: 1, day: 1, dayOfWeek: 5, hour: 0, minute: 0, second: 0 };

export interface L4Options {
  /** Bytes of RAM. */
  readonly memory: number;
  readonly files: L4Files;
  readonly engine: "interpreter" | "jit";
  /** How programs get at ports: IOPL 3, the default, or I/O fpages. */
  readonly io?: BootConfig["io"];
  /** A byte on COM1, of programs or of the kernel debugger, in order. */
  serial(byte: number): void;
  readonly observer?: KernelObserver;
}

export type L4Exit =
  | { readonly kind: "limit" }
  /** Nobody can run and nothing is due: only input can go on. `why`: threads that stopped for good, the last page fault. */
  | { readonly kind: "idle"; readonly why: readonly string[] }
  /** A thread waits in the kernel debugger for a character, and none is on its way. */
  | { readonly kind: "starved" }
  /** A thread does nothing any more but enter the kernel debugger. */
  | { readonly kind: "stuck"; readonly where: string }
  /** sigma0 is dead: nobody has memory any more. */
  | { readonly kind: "dead"; readonly reason: string }
  /** A program wrote an exit port. */
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "reset" }
  /** `stop` was called. */
  | { readonly kind: "stopped" };

export class L4Machine {
  readonly memory: GuestMemory;
  readonly processor: Processor;
  readonly chips: PcChips;
  /** For inspection. */
  readonly kernel: Kernel;
  readonly #console: DebuggerConsole;
  readonly #typist: Typist;
  /** As the kernel uses them: its own work is charged by its table of costs. */
  readonly #ports: PortIo = {
    read: (port, size) => {
      const value = this.chips.ports.read(port, size);
      this.#afterPort();
      return value;
    },
    write: (port, size, value) => {
      this.chips.ports.write(port, size, value);
      this.#afterPort();
    },
  };
  readonly #lastWords: LastWords = new LastWords();
  #ended: L4Exit | undefined;
  /** The chips' next event, nanoseconds; NaN when something may have changed it. The kernel asks twice a step. */
  #next = Number.NaN;
  /** What the kernel was last told of it. */
  #told = Number.POSITIVE_INFINITY;
  /** Cycles of port accesses since then. */
  #portTime = 0;

  /** Loads the files and boots the kernel over them. */
  static powerOn(options: L4Options): Result<L4Machine, L4ImageError> {
    const memory = new GuestMemory(allocateMemory(options.memory, false), options.memory);
    const config = kickstart(memory, options.files);
    if (config.isErr()) return err(config.error);
    const machine = new L4Machine(options, memory);
    const kernel = Kernel.boot(machine.#kernelOptions(options), { ...config.value, io: options.io ?? "iopl" });
    if (kernel.isErr())
      return err({ code: "broken", file: options.files.root.commandLine, message: kernel.error.text });
    (machine as { kernel: Kernel }).kernel = kernel.value;
    return ok(machine);
  }

  private constructor(options: L4Options, memory: GuestMemory) {
    this.memory = memory;
    this.processor = new Processor({
      memory,
      model: "pentium4",
      float: true,
      engine: options.engine,
      ports: {
        read: (port, size) => {
          this.#passPortTime();
          const value = this.#ports.read(port, size);
          this.#watchUart(port, value);
          return value;
        },
        write: (port, size, value) => {
          this.#passPortTime();
          this.#ports.write(port, size, value);
          this.#watchUart(port);
        },
      },
      mmio: {
        read: (physical, size) => {
          this.#next = Number.NaN;
          return this.chips.memory.read(physical, size);
        },
        write: (physical, size, value) => {
          this.#next = Number.NaN;
          this.chips.memory.write(physical, size, value);
        },
      },
    });
    const wires = {
      ram: memory.ram,
      video: new Uint8Array(VIDEO_MEMORY_SIZE),
      read: (address: number, count: number) => memory.readBytes(address, count),
      write: (address: number, bytes: Uint8Array) => memory.writeBytes(address, bytes),
      now: () => this.#now(),
      serial: (byte: number) => options.serial(byte),
      console: () => undefined,
      paper: () => undefined,
      a20: () => undefined,
      nonMaskable: () => undefined,
      ignoreNumericError: () => undefined,
      exit: (code: number) => this.#end({ kind: "exit", code }),
      reset: () => this.#end({ kind: "reset" }),
      shadow: () => undefined,
    };
    const { memory: size } = options;
    const bare = { bios: null, videoBios: null, roms: [], disk: null, disc: null, time: POWER_ON, bootOrder: [] };
    this.chips = new PcChips(wires, { memory: size, ...bare });
    this.#typist = new Typist(this.chips.serialLine);
    this.#console = new DebuggerConsole(this.#debuggerMachine(options));
    this.#console.initialise();
    this.kernel = undefined as unknown as Kernel; // set by the factory before anybody sees the machine
    memory.setPages(VGA_MEMORY / PAGE, VGA_MEMORY_SIZE / PAGE, "device");
  }

  /** The virtual clock. */
  get cycles(): number {
    return this.processor.cycles;
  }

  /** Everything typed has been read by the guest. */
  get inputEmpty(): boolean {
    return this.#typist.empty;
  }

  /** Bytes for COM1's receiver, each when the guest looks for one. */
  type(bytes: Iterable<number>): void {
    this.#typist.type(bytes, this.#now());
  }

  /** From a callback: the run comes back behind the current instruction. */
  stop(): void {
    this.#end({ kind: "stopped" });
  }

  /** Runs until the clock reaches `until` (cycles) or there is nothing left to run. */
  run(until: number): L4Exit {
    this.#ended = undefined;
    this.#next = Number.NaN;
    this.#typist.advance(this.#now());
    const exit = this.kernel.run(until);
    const ended = this.#ended as L4Exit | undefined;
    if (ended !== undefined) {
      this.chips.drain();
      this.#next = Number.NaN;
      return ended;
    }
    if (exit.kind === "reset") return { kind: "dead", reason: exit.reason };
    if (exit.kind !== "idle") return { kind: "limit" };
    if (exit.next === Number.POSITIVE_INFINITY)
      return this.#typist.asked(this.#now()) ? { kind: "limit" } : { kind: "idle", why: this.#lastWords.sentences };
    // The next event lies beyond `until`: time passes, nobody works.
    this.processor.advance(Math.max(0, until - this.cycles));
    return { kind: "limit" };
  }

  #kernelOptions(options: L4Options): Parameters<typeof Kernel.boot>[0] {
    const { chips, processor } = this;
    return {
      memory: this.memory,
      processor,
      ports: this.#ports,
      interrupts: {
        get pending(): boolean {
          return chips.interruptPending;
        },
        acknowledge: () => chips.acknowledge(),
      },
      events: {
        nextEvent: () => {
          this.#portTime = 0;
          this.#told = this.#nextEvent();
          return Math.ceil(this.#told / CYCLE_TIME);
        },
        advance: (now) => {
          chips.advance(now * CYCLE_TIME);
          this.#next = Number.NaN;
        },
      },
      programs: new Map(),
      observer: {
        ...options.observer,
        halted: (thread, reason) => {
          this.#lastWords.halted(thread, reason);
          options.observer?.halted?.(thread, reason);
        },
        pageFault: (thread, address, access, ip) => {
          this.#lastWords.pageFault(thread, address, ip);
          options.observer?.pageFault?.(thread, address, access, ip);
        },
      },
      debugger: this.#console,
    };
  }

  #debuggerMachine(options: L4Options): DebuggerMachine {
    const { chips, processor } = this;
    return {
      clock: processor,
      readPort: (port) => this.#ports.read(port, 1),
      writePort: (port, value) => this.#ports.write(port, 1, value),
      drain: () => {
        chips.drain();
        this.#next = Number.NaN;
      },
      show: (byte) => options.serial(byte),
      starved: (waits) => {
        this.#next = Number.NaN;
        if (!this.#typist.asked(this.#now()) && waits && this.inputEmpty) this.#end({ kind: "starved" });
      },
      stuck: (thread, ip) => this.#end({ kind: "stuck", where: `thread ${hex(thread)} at ${hex(ip)}` }),
    };
  }

  /** Tells the typist what a program does with COM1; `read` is what it read. */
  #watchUart(port: number, read?: number): void {
    if (port < UART_PORT || port >= UART_PORT + UART_PORT_COUNT) return;
    if (port !== UART_PORT + UART_LSR || read === undefined) this.#typist.used();
    else {
      this.#typist.polled((read & UART_LSR_DATA_READY) !== 0, this.#now());
      this.#next = Number.NaN;
    }
  }

  /** The slice was planned without this time. */
  #passPortTime(): void {
    this.processor.advance(PORT_TIME);
    this.#portTime += PORT_TIME;
    if (this.#portTime >= PORT_TIME_LIMIT) this.processor.requestExit();
  }

  #end(exit: L4Exit): void {
    if (this.#ended !== undefined) return;
    this.#ended = exit;
    this.kernel?.requestExit();
  }

  #now(): number {
    return this.processor.cycles * CYCLE_TIME;
  }

  /** A slice was planned without knowing of this access: it ends here if an interrupt is due or an event came nearer. */
  #afterPort(): void {
    this.#next = Number.NaN;
    if (this.chips.interruptPending || this.#nextEvent() < this.#told) this.processor.requestExit();
  }

  #nextEvent(): number {
    if (Number.isNaN(this.#next)) this.#next = this.chips.nextEvent();
    return this.#next;
  }
}
