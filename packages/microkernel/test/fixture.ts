/**
 * Fixture: a machine without devices, and resident programs written as generators.
 *
 * Here: memory, a clock, a sigma0, threads' bodies and the calls that they make. Not here: guest machine code.
 * Over 300 lines: one machine, which nobody needs in parts.
 * @module
 */
import {
  allocateMemory,
  EAX,
  EBP,
  EBX,
  ECX,
  EDI,
  EDX,
  EIP,
  ESI,
  GuestMemory,
  PDE_LARGE,
  Processor,
} from "@kintsugi/ia32";
import {
  ANY_THREAD,
  type BootConfig,
  FPAGE_RWX,
  globalId,
  Kernel,
  type KernelObserver,
  type KernelOptions,
  LABEL_IO_FAULT,
  LABEL_PAGE_FAULT,
  LABEL_SIGMA0,
  makeFpage,
  mapItem,
  messageTag,
  PageFaultSignal,
  RESIDENT_PAGE_FAULT,
  type ResidentContext,
  type ResidentProgram,
  ROOT_THREAD_NUMBER,
  SIGMA0_THREAD_NUMBER,
  STANDARD_KIP_AREA,
  STANDARD_UTCB_AREA,
  SYSCALL_EXCHANGE_REGISTERS,
  SYSCALL_IPC,
  SYSCALL_RESIDENT_CONTROL,
  SYSCALL_RESTART_CONTROL,
  SYSCALL_SCHEDULE,
  SYSCALL_SPACE_CONTROL,
  SYSCALL_STATE_CONTROL,
  SYSCALL_THREAD_CONTROL,
  SYSCALL_THREAD_SWITCH,
  SYSCALL_UNMAP,
  TAG_ERROR,
  TCR_ERROR_CODE,
  type ThreadId,
  TIME_NEVER,
  TIME_ZERO,
  tagLabel,
  tagTyped,
  tagUntyped,
  timeouts,
} from "../src/index.ts";
import { findEntry } from "../src/object/page-table.ts";
import { Arena } from "../src/table/arena.ts";

export const NEVER: number = timeouts(TIME_NEVER, TIME_NEVER);
export const ZERO: number = timeouts(TIME_ZERO, TIME_ZERO);
export const SIGMA0: ThreadId = globalId(SIGMA0_THREAD_NUMBER, 1);
export const ROOT: ThreadId = globalId(ROOT_THREAD_NUMBER, 1);
export const MEGABYTE = 0x100000;
export const SIGMA0_PROGRAM = 1;
export const SCRIPT_PROGRAM = 2;

/** What a thread does: yields the numbers of the calls that it has loaded. After its end it sleeps. */
export type Body = (context: ResidentContext) => Generator<number, void>;

function* idle(): Generator<number, void> {}

/** Runs each thread's body. The generators are user code's state: they outlive the kernel object. */
export function scripted(bodies: ReadonlyMap<ThreadId, Body>): ResidentProgram {
  const running = new Map<ThreadId, Generator<number, void>>();
  let current: ResidentContext;
  // A rebuilt kernel shows its threads another context: bodies see whichever is the present one.
  const context = new Proxy({} as ResidentContext, {
    get(_target, key) {
      const value = Reflect.get(current, key);
      return typeof value === "function" ? value.bind(current) : value;
    },
  });
  return {
    resume(present) {
      current = present;
      let body = running.get(context.thread);
      if (body === undefined) {
        body = (bodies.get(context.thread) ?? idle)(context);
        running.set(context.thread, body);
      }
      const { value, done } = body.next();
      return done === true ? ipc(context, 0, context.thread, NEVER) : (value as number);
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
    if (label === LABEL_IO_FAULT) {
      const fpage = context.mr(1);
      context.setMr(1, mapItem(0));
      context.setMr(2, fpage);
      return ipc(context, registers[EAX], ANY_THREAD, timeouts(TIME_ZERO, TIME_NEVER), messageTag(0, 0, 2));
    }
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

/** What an IPC returned. */
export interface Received {
  readonly from: ThreadId;
  readonly tag: number;
  /** ErrorCode, 0 unless the tag has E. */
  readonly error: number;
  readonly words: readonly number[];
}

function received(context: ResidentContext): Received {
  const tag = context.registers[ESI];
  const count = Math.min(63, tagUntyped(tag) + tagTyped(tag));
  return {
    from: context.registers[EAX],
    tag: tag >>> 0,
    error: tag & TAG_ERROR ? context.tcr(TCR_ERROR_CODE) : 0,
    words: Array.from({ length: count }, (_, i) => context.mr(i + 1)),
  };
}

/** An IPC with untyped words, or with typed ones in `items` behind them. */
export function* message(
  context: ResidentContext,
  to: ThreadId,
  from: ThreadId,
  options: { label?: number; words?: readonly number[]; items?: readonly number[]; flags?: number; time?: number } = {},
): Generator<number, Received> {
  const { label = 0, words = [], items = [], flags = 0, time = NEVER } = options;
  for (const [i, word] of [...words, ...items].entries()) context.setMr(i + 1, word);
  yield ipc(context, to, from, time, messageTag(label, words.length, items.length) | flags);
  return received(context);
}

/** A byte of the thread's memory; a miss is a page fault, and then the same again. */
export function* read8(context: ResidentContext, linear: number): Generator<number, number> {
  for (;;) {
    try {
      return context.read8(linear);
    } catch (error) {
      if (!(error instanceof PageFaultSignal)) throw error;
    }
    yield RESIDENT_PAGE_FAULT;
  }
}

export function* write8(context: ResidentContext, linear: number, value: number): Generator<number, void> {
  for (;;) {
    try {
      context.write8(linear, value);
      return;
    } catch (error) {
      if (!(error instanceof PageFaultSignal)) throw error;
    }
    yield RESIDENT_PAGE_FAULT;
  }
}

/** Loads registers, makes a call, returns EAX and the ErrorCode if that is 0. */
function* call(context: ResidentContext, number: number, values: readonly (readonly [number, number])[]) {
  for (const [index, value] of values) context.registers[index] = value;
  yield number;
  const result = context.registers[EAX];
  return { result, error: result === 0 ? context.tcr(TCR_ERROR_CODE) : 0 };
}

export interface Outcome {
  readonly result: number;
  readonly error: number;
}

export function* threadControl(
  context: ResidentContext,
  dest: ThreadId,
  space: ThreadId,
  scheduler: ThreadId,
  pager: ThreadId,
  utcb: number,
): Generator<number, Outcome> {
  return yield* call(context, SYSCALL_THREAD_CONTROL, [
    [EAX, dest],
    [ECX, pager],
    [EDX, scheduler],
    [ESI, space],
    [EDI, utcb],
  ]);
}

export function* spaceControl(
  context: ResidentContext,
  space: ThreadId,
  kipArea: number,
  utcbArea: number,
  redirector: ThreadId = 0,
): Generator<number, Outcome> {
  return yield* call(context, SYSCALL_SPACE_CONTROL, [
    [EAX, space],
    [ECX, 0],
    [EDX, kipArea],
    [ESI, utcbArea],
    [EDI, redirector],
  ]);
}

export interface Exchanged extends Outcome {
  readonly control: number;
  readonly sp: number;
  readonly ip: number;
  readonly flags: number;
  readonly handle: number;
  readonly pager: number;
}

export function* exchangeRegisters(
  context: ResidentContext,
  dest: ThreadId,
  control: number,
  set: { sp?: number; ip?: number; flags?: number; handle?: number; pager?: number } = {},
): Generator<number, Exchanged> {
  const outcome = yield* call(context, SYSCALL_EXCHANGE_REGISTERS, [
    [EAX, dest],
    [ECX, control],
    [EDX, set.sp ?? 0],
    [ESI, set.ip ?? 0],
    [EDI, set.flags ?? 0],
    [EBX, set.handle ?? 0],
    [EBP, set.pager ?? 0],
  ]);
  const r = context.registers;
  return { ...outcome, control: r[ECX], sp: r[EDX], ip: r[ESI], flags: r[EDI], handle: r[EBX], pager: r[EBP] };
}

/** Returns the fpages as the kernel gave them back. */
export function* unmap(
  context: ResidentContext,
  control: number,
  fpages: readonly number[],
): Generator<number, number[]> {
  for (const [i, fpage] of fpages.entries()) context.setMr(i, fpage);
  context.registers[EAX] = control | (fpages.length - 1);
  context.registers[ESI] = fpages[0];
  yield SYSCALL_UNMAP;
  return fpages.map((_, i) => context.mr(i) >>> 0);
}

export function* schedule(
  context: ResidentContext,
  dest: ThreadId,
  set: { time?: number; processor?: number; priority?: number; preemption?: number } = {},
): Generator<number, Outcome> {
  return yield* call(context, SYSCALL_SCHEDULE, [
    [EAX, dest],
    [EDX, set.time ?? -1],
    [ESI, set.processor ?? -1],
    [ECX, set.priority ?? -1],
    [EDI, set.preemption ?? -1],
  ]);
}

export function* threadSwitch(context: ResidentContext, dest: ThreadId): Generator<number, void> {
  yield* call(context, SYSCALL_THREAD_SWITCH, [[EAX, dest]]);
}

export function* restartControl(
  context: ResidentContext,
  thread: ThreadId,
  page: number,
  supervisor: ThreadId,
  deadline: number = 0,
): Generator<number, Outcome> {
  return yield* call(context, SYSCALL_RESTART_CONTROL, [
    [EAX, thread],
    [ECX, page],
    [EDX, supervisor],
    [ESI, deadline],
  ]);
}

export function* residentControl(
  context: ResidentContext,
  thread: ThreadId,
  program: number,
): Generator<number, Outcome> {
  return yield* call(context, SYSCALL_RESIDENT_CONTROL, [
    [EAX, thread],
    [ECX, program],
  ]);
}

export function* stateControl(
  context: ResidentContext,
  thread: ThreadId,
  operation: number,
  record: number,
): Generator<number, Outcome> {
  return yield* call(context, SYSCALL_STATE_CONTROL, [
    [EAX, thread],
    [ECX, operation],
    [EDX, record],
  ]);
}

export const KIP_FPAGE: number = makeFpage(STANDARD_KIP_AREA, 12, 0);
export const UTCB_FPAGE: number = makeFpage(STANDARD_UTCB_AREA, 17, 0);

/** Where the n-th thread of a space has its UTCB, and its local id there. */
export const utcbOf = (n: number): number => (STANDARD_UTCB_AREA + 512 * n) | 0;
export const localOf = (n: number): ThreadId => utcbOf(n) + 256;

/** Made by the root task: a thread (the n-th of its space) whose body is waiting to be started by its pager. */
export function* spawn(
  context: ResidentContext,
  id: ThreadId,
  n: number = 1,
  space: ThreadId = ROOT,
  pager: ThreadId = ROOT,
): Generator<number, void> {
  if (space === id) {
    yield* threadControl(context, id, id, ROOT, 0, -1);
    yield* spaceControl(context, id, KIP_FPAGE, UTCB_FPAGE);
  }
  yield* threadControl(context, id, space, ROOT, pager, utcbOf(n));
  yield* residentControl(context, id, SCRIPT_PROGRAM);
}

/** Spawns and starts. */
export function* launch(
  context: ResidentContext,
  id: ThreadId,
  n: number = 1,
  space: ThreadId = ROOT,
): Generator<number, void> {
  yield* spawn(context, id, n, space);
  yield* message(context, id, 0, { words: [0, 0] });
}

/** The kernel exported, serialised, destroyed with its processor's floats, and imported again. */
export function reimported(kernel: Kernel, options: KernelOptions, arenaSize: number): Kernel {
  const text = JSON.stringify(kernel.exportState());
  options.memory.fill(options.memory.size - arenaSize, arenaSize, 0xa5);
  options.processor.floatRegisters.fill(0x5a5a5a5a);
  return Kernel.import(options, JSON.parse(text), arenaSize)._unsafeUnwrap();
}

/** A machine with scripts for the threads of the root task's making, and what its kernel reported. */
export class Machine {
  readonly options: KernelOptions;
  readonly arenaSize: number;
  readonly events: string[] = [];
  /** What guests said with int3: operation, EAX, ECX. */
  readonly reports: number[][] = [];
  /** What went to ports: port, bytes, value. */
  readonly written: number[][] = [];
  kernel: Kernel;

  constructor(
    bodies: ReadonlyMap<ThreadId, Body> | ResidentProgram,
    size: number = 16 * MEGABYTE,
    arenaSize: number = 4 * MEGABYTE,
    config: Pick<BootConfig, "io" | "quota"> = {},
  ) {
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
      debugger: (_thread, op, eax, ecx) => {
        this.reports.push([op, eax >>> 0, ecx >>> 0]);
      },
    };
    this.arenaSize = arenaSize;
    const memory = new GuestMemory(allocateMemory(size, false), size);
    const ports = {
      read: (port: number) => port & 0xff,
      write: (port: number, size: number, value: number) => {
        this.written.push([port, size, value >>> 0]);
      },
    };
    this.options = {
      memory,
      processor: new Processor({ memory, ports, float: true }),
      ports,
      interrupts: { pending: false, acknowledge: () => 0 },
      events: { nextEvent: () => Number.POSITIVE_INFINITY, advance: () => {} },
      programs: new Map([
        [SIGMA0_PROGRAM, sigma0],
        [SCRIPT_PROGRAM, "resume" in bodies ? bodies : scripted(bodies)],
      ]),
      observer,
    };
    this.kernel = Kernel.boot(this.options, {
      memorySize: size,
      arenaSize,
      modules: [],
      ...config,
      sigma0: { program: SIGMA0_PROGRAM, image: { low: 0x10000, high: 0x20000 } },
      root: { program: SCRIPT_PROGRAM, image: { low: 0x20000, high: 0x30000 } },
    })._unsafeUnwrap();
  }

  /** Throws the kernel away and makes a new one over the same memory. */
  rebuild(): void {
    this.kernel = Kernel.attach(this.options)._unsafeUnwrap();
  }

  /** Goes on with the kernel's exported state alone. */
  reimport(): void {
    this.kernel = reimported(this.kernel, this.options, this.arenaSize);
  }
}

/** Brings a machine's kernel back to what it is now, whatever happens to it: its rows may be others then. Gives its tables. */
export function rewinder(machine: Machine): () => Arena {
  const { options, arenaSize } = machine;
  const { processor, memory } = options;
  const state = machine.kernel.exportState();
  return () => {
    processor.advance(state.clock - processor.cycles);
    machine.kernel = Kernel.import(options, state, arenaSize)._unsafeUnwrap();
    return new Arena({ ...options, observer: {} }, memory.size - arenaSize);
  };
}

/**
 * What the page tables of a space say of some pages (linear >> 12): which of the pages is the frame's number, and `w` or
 * `r`; `-` for none.
 */
export function shownPages(a: Arena, space: number, pages: readonly number[]): string {
  return pages
    .map((page) => {
      const entry = findEntry(a, space, page);
      const pte = entry === 0 ? 0 : a.memory.read32(entry);
      const frame = (pte >>> 12) + (pte & PDE_LARGE ? page & 0x3ff : 0);
      return pte & 1 ? `${pages.indexOf(frame)}${pte & 2 ? "w" : "r"}` : "-";
    })
    .join(" ");
}
