/**
 * A PC for foreign systems: processor, memory and chips, driven by virtual time.
 *
 * Here: power-on, the run loop, what ends a run. Not here: the chips' wiring (→ pc-chips.ts), what is loaded (→ multiboot.ts,
 * linux.ts), files and terminals (→ commands/pc.ts). Same inputs at the same times: same run, bit for bit.
 * @module
 */
import {
  allocateMemory,
  EFLAGS,
  type Exit,
  GuestMemory,
  type Model,
  Processor,
  type ProcessorState,
} from "@kintsugi/ia32";
import { type ShadowArea, VGA_MEMORY, VGA_MEMORY_SIZE } from "@kintsugi/pc";
import { PcChips, type PcParts } from "./pc-chips.ts";

/** Nanoseconds of a cycle at 100 MHz. */
const CYCLE_TIME = 10;
const PAGE = 4096;
const IF = 0x200;

export interface PcOptions extends PcParts {
  readonly model: Model;
  /** A byte that COM1 has sent, and one for the console of port e9. */
  serial(byte: number): void;
  console(byte: number): void;
}

export type PcExit =
  | { readonly kind: "limit" }
  /** A program wrote an exit port. */
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "reset" }
  /** The processor met an exception while delivering a double fault. */
  | { readonly kind: "tripleFault" }
  /** Halted, and nothing can wake it; `interruptible`: input could. */
  | { readonly kind: "halted"; readonly interruptible: boolean }
  /** `stop` was called. */
  | { readonly kind: "stopped" };

export class PcMachine {
  readonly memory: GuestMemory;
  readonly processor: Processor;
  readonly chips: PcChips;
  #ended: PcExit | undefined;
  /** The next event that the running slice was planned with, nanoseconds. */
  #planned = 0;

  constructor(options: PcOptions) {
    const memory = new GuestMemory(allocateMemory(options.memory, false), options.memory);
    this.memory = memory;
    this.processor = new Processor({
      memory,
      model: options.model,
      architectural: true,
      ports: {
        read: (port, size) => {
          const value = this.chips.ports.read(port, size);
          this.#afterAccess();
          return value;
        },
        write: (port, size, value) => {
          this.chips.ports.write(port, size, value);
          this.#afterAccess();
        },
      },
      mmio: {
        read: (physical, size) => this.chips.memory.read(physical, size),
        write: (physical, size, value) => this.chips.memory.write(physical, size, value),
      },
      interrupts: {
        acknowledge: () => {
          const vector = this.chips.pic.acknowledge();
          this.processor.setInterruptLine(this.chips.pic.pending);
          return vector;
        },
      },
    });
    this.chips = new PcChips(
      {
        ram: memory.ram,
        read: (address, count) => memory.readBytes(address, count),
        write: (address, bytes) => memory.writeBytes(address, bytes),
        now: () => this.processor.cycles * CYCLE_TIME,
        serial: (byte) => options.serial(byte),
        console: (byte) => options.console(byte),
        a20: (open) => this.processor.setA20(open),
        exit: (code) => this.#end({ kind: "exit", code }),
        reset: () => this.#end({ kind: "reset" }),
        shadow: (areas) => {
          if (options.bios !== null) this.#shadow(areas);
        },
      },
      options,
    );
    memory.setPages(VGA_MEMORY / PAGE, VGA_MEMORY_SIZE / PAGE, "device");
    if (options.bios !== null) this.#shadow(this.chips.bridge.shadow);
    for (const { address, bytes } of options.roms) {
      if (address + bytes.length > memory.size) continue; // the chips answer there
      memory.ram.set(bytes, address);
      memory.setPages(address / PAGE, Math.ceil(bytes.length / PAGE), "readOnly");
    }
  }

  /** The virtual clock. */
  get cycles(): number {
    return this.processor.cycles;
  }

  /** Changes some of the processor's state: where a loader leaves off. */
  start(change: (state: ProcessorState) => ProcessorState): void {
    this.processor.state = change(this.processor.state);
  }

  /** Bytes for COM1's receiver, arriving one character time apart. */
  type(bytes: Iterable<number>): void {
    this.chips.serialLine.type(bytes, this.cycles * CYCLE_TIME);
  }

  /** From a callback: the run comes back behind the current instruction. */
  stop(): void {
    this.#end({ kind: "stopped" });
  }

  /** Runs until the clock reaches `until` (cycles) or the run ends. */
  run(until: number): PcExit {
    const exit = this.#run(until);
    if (exit.kind !== "limit") this.chips.drain();
    return exit;
  }

  #run(until: number): PcExit {
    const { processor, chips } = this;
    this.#ended = undefined;
    for (;;) {
      chips.advance(this.cycles * CYCLE_TIME);
      processor.setInterruptLine(chips.pic.pending);
      if (this.#ended !== undefined) return this.#ended;
      if (this.cycles >= until) return { kind: "limit" };
      this.#planned = chips.nextEvent();
      const deadline = Math.min(until, Math.max(this.cycles + 1, Math.ceil(this.#planned / CYCLE_TIME)));
      const exit: Exit = processor.run(deadline - this.cycles);
      if (this.#ended !== undefined) return this.#ended;
      if (exit.kind === "shutdown") return { kind: "tripleFault" };
      if (exit.kind !== "halt") continue;
      const interruptible = (processor.registers[EFLAGS] & IF) !== 0;
      if (!interruptible || this.#planned === Number.POSITIVE_INFINITY) return { kind: "halted", interruptible };
      processor.advance(Math.max(0, deadline - this.cycles));
    }
  }

  #end(exit: PcExit): void {
    if (this.#ended !== undefined) return;
    this.#ended = exit;
    this.processor.requestExit();
  }

  /** A slice was planned without knowing of this access: it ends here if an event came nearer. */
  #afterAccess(): void {
    const { processor, chips } = this;
    if (chips.nextEvent() < this.#planned) processor.requestExit();
    processor.setInterruptLine(chips.pic.pending);
  }

  #shadow(areas: readonly ShadowArea[]): void {
    for (const { first, size, readRam, writeRam } of areas)
      this.memory.setPages(first / PAGE, size / PAGE, readRam ? (writeRam ? "ram" : "readOnly") : "device");
  }
}
