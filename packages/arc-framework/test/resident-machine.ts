/**
 * A machine without guest code: the real kernel under resident programs only.
 *
 * Here: RAM, a clock, a boot of the kernel with two programs, runs that rebuild the kernel, crash counts.
 * Not here: what the programs do.
 * @module
 */
import {
  type BootModule,
  Kernel,
  type KernelError,
  type KernelExit,
  type KernelMemory,
  type KernelObserver,
  type KernelOptions,
  type KernelProcessor,
  type ResidentProgram,
} from "@kintsugi/microkernel";
import type { Result } from "neverthrow";
import { PROGRAM_ART, PROGRAM_SIGMA0 } from "../src/protocol/thread-numbers.ts";
import { type CutPoint, type CutProbe, ResidentCrash } from "../src/server/cut-point.ts";

export const MEGABYTE = 0x100000;
export const RAM_SIZE: number = 16 * MEGABYTE;
const ARENA_SIZE = 4 * MEGABYTE;
const IMAGES = 0x10000;

/** RAM with nothing around it. */
class PlainMemory implements KernelMemory {
  readonly size: number = RAM_SIZE;
  readonly ram: Uint8Array = new Uint8Array(RAM_SIZE);
  readonly #view: DataView = new DataView(this.ram.buffer);

  read8(at: number): number {
    return this.#view.getUint8(at);
  }
  read16(at: number): number {
    return this.#view.getUint16(at, true);
  }
  read32(at: number): number {
    return this.#view.getInt32(at, true);
  }
  write8(at: number, value: number): void {
    this.#view.setUint8(at, value);
  }
  write16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }
  write32(at: number, value: number): void {
    this.#view.setInt32(at, value, true);
  }
  readBytes(at: number, length: number): Uint8Array {
    return this.ram.slice(at, at + length);
  }
  writeBytes(at: number, bytes: Uint8Array): void {
    this.ram.set(bytes, at);
  }
  fill(at: number, length: number, byte: number): void {
    this.ram.fill(byte, at, at + length);
  }
  copy(to: number, from: number, length: number): void {
    this.ram.copyWithin(to, from, from + length);
  }
}

/** A processor for kernels that never reach guest code: a clock. */
class ClockOnly implements KernelProcessor {
  readonly registers: Int32Array = new Int32Array(10);
  readonly floatRegisters: Int32Array = new Int32Array(73);
  readonly retired = 0;
  cycles = 0;
  run(): never {
    throw new Error("no guest code here");
  }
  requestExit(): void {}
  advance(cycles: number): void {
    this.cycles += cycles;
  }
  setTaskSwitched(): void {}
  setAddressSpace(): void {}
  setPaging(): void {}
  invalidatePage(): void {}
  invalidateSpace(): void {}
  setIoPermission(): void {}
  setDescriptor(): void {}
  loadSegment(): void {}
}

export interface Plan {
  /** Programs by number; made anew with every rebuild of the kernel. */
  readonly programs: () => ReadonlyMap<number, ResidentProgram>;
  /** Bytes of the images of sigma0 and of the root task. */
  readonly images: readonly [number, number];
  readonly modules?: readonly { readonly commandLine: string; readonly bytes: Uint8Array }[];
  readonly observer?: KernelObserver;
}

/** A booted machine. */
export class ResidentMachine {
  readonly memory: PlainMemory = new PlainMemory();
  readonly portWrites: (readonly number[])[] = [];
  readonly #processor: ClockOnly = new ClockOnly();
  readonly #plan: Plan;
  kernel: Kernel;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.kernel = this.boot();
  }

  get cycles(): number {
    return this.#processor.cycles;
  }

  /** Boots over the RAM as it is. */
  boot(): Kernel {
    const [sigma0, root] = this.#plan.images;
    let at = IMAGES + sigma0 + root;
    const modules: BootModule[] = [];
    for (const { commandLine, bytes } of this.#plan.modules ?? []) {
      this.memory.writeBytes(at, bytes);
      modules.push({ commandLine, start: at, size: bytes.length });
      at += Math.ceil(bytes.length / 4096) * 4096;
    }
    const config = {
      memorySize: RAM_SIZE,
      arenaSize: ARENA_SIZE,
      modules,
      sigma0: { program: PROGRAM_SIGMA0, image: { low: IMAGES, high: IMAGES + sigma0 } },
      root: { program: PROGRAM_ART, image: { low: IMAGES + sigma0, high: IMAGES + sigma0 + root } },
    };
    this.kernel = unwrap(Kernel.boot(this.#options(), config));
    return this.kernel;
  }

  /** Throws the kernel and the programs away and goes on over the same RAM. */
  rebuild(): void {
    this.kernel = unwrap(Kernel.attach(this.#options()));
  }

  /** Runs until nobody can; at most a virtual minute. */
  run(): KernelExit {
    return this.kernel.run(this.cycles + 6e9);
  }

  /** The same, rebuilding everything after every step. */
  runRebuilding(): KernelExit {
    for (;;) {
      const exit = this.kernel.step(6e9);
      if (exit !== null) return exit;
      this.rebuild();
    }
  }

  #options(): KernelOptions {
    return {
      memory: this.memory,
      processor: this.#processor,
      ports: {
        read: () => 0xff,
        write: (port, size, value) => {
          if (port >= 0x100 || (port & 0xfe) !== (port & 0xa0 ? 0xa0 : 0x20)) this.portWrites.push([port, size, value]);
        },
      },
      interrupts: { pending: false, acknowledge: () => 0 },
      events: { nextEvent: () => Number.POSITIVE_INFINITY, advance: () => {} },
      programs: this.#plan.programs(),
      ...(this.#plan.observer && { observer: this.#plan.observer }),
    };
  }
}

function unwrap(result: Result<Kernel, KernelError>): Kernel {
  return result.match(
    (kernel) => kernel,
    (error) => {
      throw new Error(error.text);
    },
  );
}

/** A probe that crashes the named server once, at its `at`-th cut point; and counts. */
export class CrashOnce {
  cuts: number = 0;
  readonly #server: string;
  readonly #at: number;

  constructor(server: string, at: number = Number.POSITIVE_INFINITY) {
    this.#server = server;
    this.#at = at;
  }

  readonly probe: CutProbe = (point: CutPoint) => {
    if (point.server === this.#server && this.cuts++ === this.#at) throw new ResidentCrash(`at cut ${this.#at}`);
  };
}
