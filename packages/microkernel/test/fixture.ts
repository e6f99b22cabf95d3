/**
 * Fixture: a machine without devices, and resident programs written as scripts.
 *
 * Here: memory, a clock, a sigma0, and `Script`: a thread's steps, whose position is the thread's EIP,
 * so that nothing is lost when the kernel object is thrown away. Not here: guest machine code.
 * @module
 */
import {
  ANY_THREAD,
  FPAGE_RWX,
  globalId,
  Kernel,
  type KernelMemory,
  type KernelObserver,
  type KernelOptions,
  type KernelProcessor,
  LABEL_PAGE_FAULT,
  LABEL_SIGMA0,
  makeFpage,
  mapItem,
  messageTag,
  type ResidentContext,
  type ResidentProgram,
  ROOT_THREAD_NUMBER,
  SIGMA0_THREAD_NUMBER,
  SYSCALL_EXCHANGE_REGISTERS,
  SYSCALL_IPC,
  SYSCALL_RESIDENT_CONTROL,
  SYSCALL_SPACE_CONTROL,
  SYSCALL_THREAD_CONTROL,
  SYSCALL_UNMAP,
  type ThreadId,
  TIME_NEVER,
  TIME_ZERO,
  tagLabel,
  timeouts,
} from "../src/index.ts";

export const [EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, EIP]: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
export const NEVER: number = timeouts(TIME_NEVER, TIME_NEVER);
export const ZERO: number = timeouts(TIME_ZERO, TIME_ZERO);
export const SIGMA0: ThreadId = globalId(SIGMA0_THREAD_NUMBER, 1);
export const ROOT: ThreadId = globalId(ROOT_THREAD_NUMBER, 1);
export const MEGABYTE = 0x100000;
export const SIGMA0_PROGRAM = 1;
export const SCRIPT_PROGRAM = 2;

/** RAM with nothing around it. */
export class PlainMemory implements KernelMemory {
  readonly size: number;
  readonly ram: Uint8Array;
  readonly #view: DataView;

  constructor(size: number) {
    this.size = size;
    this.ram = new Uint8Array(size);
    this.#view = new DataView(this.ram.buffer);
  }
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
export class ClockOnly implements KernelProcessor {
  readonly registers: Int32Array = new Int32Array(10);
  readonly retired = 0;
  cycles = 0;
  run(): never {
    throw new Error("no guest code here");
  }
  requestExit(): void {}
  advance(cycles: number): void {
    this.cycles += cycles;
  }
  setAddressSpace(): void {}
  setPaging(): void {}
  invalidatePage(): void {}
  invalidateSpace(): void {}
  setDescriptor(): void {}
  loadSegment(): void {}
}

/** One step: looks at the result of the last call, loads the next, returns its number. */
export type Step = (context: ResidentContext) => number;

/** Runs each thread's steps in order; EIP is the index. After the last one the thread sleeps. */
export function scripted(scripts: ReadonlyMap<ThreadId, readonly Step[]>): ResidentProgram {
  return {
    resume(context) {
      const at = context.registers[EIP];
      const step = scripts.get(context.thread)?.[at];
      if (step === undefined) return ipc(context, 0, context.thread, NEVER);
      const call = step(context);
      if (context.registers[EIP] === at) context.registers[EIP] = at + 1;
      return call;
    },
  };
}

/** sigma0: answers page faults and requests with idempotent mappings. */
export const sigma0: ResidentProgram = {
  resume(context) {
    const { registers } = context;
    if (registers[EIP] === 0) {
      registers[EIP] = 1;
      return ipc(context, 0, ANY_THREAD, NEVER);
    }
    const label = tagLabel(registers[ESI]);
    const address = context.mr(1);
    if ((label & 0xfff0) === LABEL_PAGE_FAULT || label === LABEL_SIGMA0) {
      const fpage = label === LABEL_SIGMA0 ? address : makeFpage(address & ~0xfff, 12, 0);
      context.setMr(1, mapItem(fpage & ~0xfff));
      context.setMr(2, fpage | FPAGE_RWX);
      return ipc(context, registers[EAX], ANY_THREAD, timeouts(TIME_ZERO, TIME_NEVER), messageTag(0, 0, 2));
    }
    return ipc(context, 0, ANY_THREAD, NEVER);
  },
};

/** Loads an IPC. */
export function ipc(context: ResidentContext, to: ThreadId, from: ThreadId, time: number, tag: number = 0): number {
  const r = context.registers;
  r[EAX] = to;
  r[EDX] = from;
  r[ECX] = time;
  r[ESI] = tag;
  return SYSCALL_IPC;
}

/** Loads an IPC that sends untyped words. */
export function send(
  context: ResidentContext,
  to: ThreadId,
  from: ThreadId,
  label: number,
  words: readonly number[],
  time: number = NEVER,
): number {
  for (const [i, word] of words.entries()) context.setMr(i + 1, word);
  return ipc(context, to, from, time, messageTag(label, words.length));
}

export function threadControl(
  context: ResidentContext,
  dest: ThreadId,
  space: ThreadId,
  scheduler: ThreadId,
  pager: ThreadId,
  utcb: number,
): number {
  const r = context.registers;
  r[EAX] = dest;
  r[ECX] = pager;
  r[EDX] = scheduler;
  r[ESI] = space;
  r[EDI] = utcb;
  return SYSCALL_THREAD_CONTROL;
}

export function spaceControl(context: ResidentContext, space: ThreadId, kip: number, utcb: number): number {
  const r = context.registers;
  r[EAX] = space;
  r[ECX] = 0;
  r[EDX] = kip;
  r[ESI] = utcb;
  r[EDI] = 0;
  return SYSCALL_SPACE_CONTROL;
}

export function exchangeRegisters(
  context: ResidentContext,
  dest: ThreadId,
  control: number,
  sp = 0,
  ip = 0,
  flags = 0,
  handle = 0,
  pager = 0,
): number {
  context.registers.set([dest, control, sp, handle], EAX);
  context.registers[EBP] = pager;
  context.registers[ESI] = ip;
  context.registers[EDI] = flags;
  return SYSCALL_EXCHANGE_REGISTERS;
}

export function unmap(context: ResidentContext, control: number, fpages: readonly number[]): number {
  for (const [i, fpage] of fpages.entries()) context.setMr(i, fpage);
  context.registers[EAX] = control;
  context.registers[ESI] = fpages[0];
  return SYSCALL_UNMAP;
}

export function residentControl(context: ResidentContext, thread: ThreadId, program: number): number {
  context.registers[EAX] = thread;
  context.registers[ECX] = program;
  return SYSCALL_RESIDENT_CONTROL;
}

/** A machine with scripts for the threads of the root task's making, and what its kernel reported. */
export class Machine {
  readonly options: KernelOptions;
  readonly events: string[] = [];
  kernel: Kernel;

  constructor(scripts: ReadonlyMap<ThreadId, readonly Step[]>, size: number = 16 * MEGABYTE) {
    const note =
      (name: string) =>
      (...args: (number | string)[]) => {
        this.events.push(`${name} ${args.map((a) => (typeof a === "number" ? (a >>> 0).toString(16) : a)).join(" ")}`);
      };
    const observer: KernelObserver = {
      threadCreated: note("created"),
      threadDeleted: note("deleted"),
      transferred: note("transferred"),
      ipcFailed: note("failed"),
      pageFault: note("fault"),
      exception: note("exception"),
      hang: note("hang"),
      halted: note("halted"),
      restartRecorded: note("recorded"),
      replied: note("replied"),
      residentDied: note("died"),
    };
    this.options = {
      memory: new PlainMemory(size),
      processor: new ClockOnly(),
      ports: { read: () => 0xff, write: () => {} },
      interrupts: { pending: false, acknowledge: () => 0 },
      events: { nextEvent: () => Number.POSITIVE_INFINITY, advance: () => {} },
      programs: new Map([
        [SIGMA0_PROGRAM, sigma0],
        [SCRIPT_PROGRAM, scripted(scripts)],
      ]),
      observer,
    };
    this.kernel = Kernel.boot(this.options, {
      memorySize: size,
      arenaSize: 4 * MEGABYTE,
      modules: [],
      sigma0: { program: SIGMA0_PROGRAM, image: { low: 0x10000, high: 0x20000 } },
      root: { program: SCRIPT_PROGRAM, image: { low: 0x20000, high: 0x30000 } },
    })._unsafeUnwrap();
  }

  /** Throws the kernel away and makes a new one over the same memory. */
  rebuild(): void {
    this.kernel = Kernel.attach(this.options)._unsafeUnwrap();
  }
}
