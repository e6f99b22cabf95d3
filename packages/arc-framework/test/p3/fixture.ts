/**
 * Fixture: a P3 on the real kernel, with scripts for ART and for the program.
 *
 * Here: memory, a clock, a root task that makes one process and answers its P3, scripts that survive the
 * kernel but not their thread's restart, what a run comes to. Not here: machine code, the real ART.
 * Over 300 lines: one machine, which nobody needs in parts.
 * @module
 */
import { allocateMemory, GuestMemory, Processor } from "@kintsugi/ia32";
import {
  FPAGE_RWX,
  globalId,
  Kernel,
  type KernelMemory,
  type KernelOptions,
  type KernelProcessor,
  LABEL_PAGE_FAULT,
  makeFpage,
  mapItem,
  PageFaultSignal,
  RESIDENT_AGAIN,
  RESIDENT_PAGE_FAULT,
  type ResidentContext,
  type ResidentProgram,
  type SliceProbe,
  TIME_ZERO,
  tagLabel,
} from "@kintsugi/microkernel";
import { buildElf } from "../../src/elf/build.ts";
import { createP3 } from "../../src/p3/p3.ts";
import { undertaker } from "../../src/p3/undertaker.ts";
import { formatPlan } from "../../src/plan/plan.ts";
import { ART_RECREATE, ART_UNDERTAKER, PROCESS_FLAG_SERVER } from "../../src/protocol/art.ts";
import { PROGRAM_UNDERTAKER } from "../../src/protocol/thread-numbers.ts";
import type { KernelCall } from "../../src/server/action.ts";
import { ipcAction, residentControlAction, spaceControlAction, threadControlAction } from "../../src/server/action.ts";
import { type CutPoint, ResidentCrash } from "../../src/server/cut-point.ts";

const MEGABYTE = 0x100000;
const SIZE: number = 4 * MEGABYTE;
const MODULE = MEGABYTE;
const FRAMES = 2 * MEGABYTE;
/** For pages of P3 itself, which no scenario refuses. */
const SPARE_FRAMES = 16;
const ROOT = globalId(50, 1);
export const P3 = globalId(130, 1);
export const USER = globalId(131, 1);
const KILLER = globalId(51, 1);
const TWIN = globalId(200, 1);
const EAX = 0;
const ESP = 4;
const EIP = 8;
const ANY = -1;
const UTCB = 0xbf000000;
const AREAS = { kip: makeFpage(0xbff00000, 12, 0), utcb: makeFpage(UTCB, 12, 0) };
export const TEXT = 0x20000000;
export const DATA = 0x20001000;
export const HEAP = 0x40000000;
export const PDATA = 0x60000000;

export const PROGRAM = buildElf(TEXT, [
  { address: TEXT, bytes: new Uint8Array(64).fill(0x90), rights: 5 },
  { address: DATA + 8, bytes: Uint8Array.of(1, 2, 3, 4), memorySize: 0x2000, rights: 6 },
  { address: PDATA, bytes: Uint8Array.of(7, 0, 0, 0), rights: 6, persistent: true },
]);

class PlainMemory implements KernelMemory {
  readonly size: number = SIZE;
  readonly ram: Uint8Array = new Uint8Array(this.size);
  readonly #view: DataView = new DataView(this.ram.buffer);
  read8 = (at: number): number => this.#view.getUint8(at);
  read16 = (at: number): number => this.#view.getUint16(at, true);
  read32 = (at: number): number => this.#view.getInt32(at, true);
  write8 = (at: number, value: number): void => this.#view.setUint8(at, value);
  write16 = (at: number, value: number): void => this.#view.setUint16(at, value, true);
  write32 = (at: number, value: number): void => this.#view.setInt32(at, value, true);
  readBytes = (at: number, length: number): Uint8Array => this.ram.slice(at, at + length);
  writeBytes = (at: number, bytes: Uint8Array): void => this.ram.set(bytes, at);
  fill = (at: number, length: number, byte: number): void => void this.ram.fill(byte, at, at + length);
  copy = (to: number, from: number, length: number): void => void this.ram.copyWithin(to, from, from + length);
}

class ClockOnly implements KernelProcessor {
  readonly registers: Int32Array = new Int32Array(10);
  readonly floatRegisters: Int32Array = new Int32Array(73);
  readonly retired = 0;
  cycles = 0;
  run = (): never => {
    throw new Error("no guest code here");
  };
  advance = (cycles: number): void => {
    this.cycles += cycles;
  };
  requestExit(): void {}
  setTaskSwitched(): void {}
  setAddressSpace(): void {}
  setPaging(): void {}
  invalidatePage(): void {}
  invalidateSpace(): void {}
  setIoPermission(): void {}
  setDescriptor(): void {}
  loadSegment(): void {}
}

/** What a script yields: a kernel call, or memory accesses, retried after a page fault. */
export type Doing = KernelCall | ((context: ResidentContext) => number);
export type Script = Generator<Doing, void, readonly number[]>;

/** Sends the program's thread to the addresses of the redirects, exact to the instruction. */
function redirector(
  redirects: readonly (readonly [number, number])[],
  processor: KernelProcessor,
  redirect: (address: number) => void,
): SliceProbe {
  const left = redirects.map(([count, address]) => ({ count, address }));
  let before = 0;
  return {
    limit(thread) {
      before = processor.retired;
      const next = left[0];
      if (thread !== USER || next === undefined) return Number.POSITIVE_INFINITY;
      if (next.count > 0) return next.count;
      redirect(next.address);
      left.shift();
      return left[0]?.count ?? Number.POSITIVE_INFINITY;
    },
    reached(thread) {
      if (thread === USER && left[0] !== undefined) left[0].count -= processor.retired - before;
    },
  };
}

/** One life of a script after the other: each time its thread is started anew. */
class ScriptProgram implements ResidentProgram {
  readonly #lives: (sp: number) => Script;
  #script: Script | undefined;
  #next: IteratorResult<Doing, void> | undefined;
  #out: KernelCall | undefined;

  constructor(lives: (sp: number) => Script) {
    this.#lives = lives;
  }

  resume(context: ResidentContext): number {
    const { registers } = context;
    if (registers[EIP] !== 0x5c) {
      // Committed at once: a step that meets a page fault changes no register.
      registers[EIP] = 0x5c;
      this.#script = this.#lives(registers[ESP]! >>> 0);
      this.#out = undefined;
      this.#next = this.#script.next();
      return RESIDENT_AGAIN;
    }
    if (this.#out !== undefined) this.#next = this.#script!.next(this.#out.collect(context));
    this.#out = undefined;
    while (!this.#next!.done) {
      const doing: Doing = this.#next!.value;
      if (typeof doing !== "function") {
        doing.load(context);
        this.#out = doing;
        return doing.kind;
      }
      try {
        this.#next = this.#script!.next([doing(context)]);
      } catch (error) {
        if (error instanceof PageFaultSignal) return RESIDENT_PAGE_FAULT;
        throw error;
      }
    }
    const sleep = ipcAction(0, undefined, context.thread, {});
    sleep.load(context);
    return sleep.kind;
  }
}

export const call = (to: number, label: number, words: readonly number[] = []): KernelCall =>
  ipcAction(to, { label, words }, to, {});
export const read =
  (address: number): Doing =>
  (c) =>
    c.read32(address);
export const write =
  (address: number, value: number): Doing =>
  (c) => {
    c.write32(address, value);
    return 0;
  };

/** sigma0: everything to whoever asks. */
const sigma0: ResidentProgram = {
  resume(c) {
    const first = c.registers[EIP] === 0;
    c.registers[EIP] = 1;
    const address = c.mr(1) & ~0xfff;
    const items = [mapItem(address), makeFpage(address, 12, FPAGE_RWX)];
    const action = first ? ipcAction(0, undefined, ANY, {}) : ipcAction(c.registers[EAX]!, { items }, ANY, {});
    action.load(c);
    return action.kind;
  },
};

type Say = (...words: (number | string)[]) => void;

export interface Scenario {
  readonly module?: Uint8Array;
  readonly server?: boolean;
  readonly user?: (sp: number, say: Say) => Script;
  /** The program is machine code on the real processor; `user` is not asked. */
  readonly guest?: {
    /** Another thread of ART, which talks to the program. */
    readonly client: (say: Say) => Script;
    /** After so many instructions of the program it is sent to this address; in turn. */
    readonly redirects: readonly (readonly [number, number])[];
  };
  /** ART has the server killed when it gets its n-th message. */
  readonly kill?: number;
  readonly frames?: number;
  readonly crashAt?: number;
  readonly rebuild?: boolean;
}

export interface Outcome {
  /** Messages to ART as label and words, and what the program said. */
  readonly log: string[];
  readonly plans: string[];
  readonly cuts: number;
  readonly exit: string;
  readonly cycles: number;
  readonly retired: number;
}

export const hex = (word: number): string => (word >>> 0).toString(16);

export function run(scenario: Scenario): Outcome {
  const { module = PROGRAM, server = true, frames = 90 } = scenario;
  const log: string[] = [];
  const plans: string[] = [];
  let cuts = 0;
  const say = (...words: (number | string)[]): void => {
    log.push(words.map((word) => (typeof word === "number" ? hex(word) : word)).join(" "));
  };
  const user = new ScriptProgram((sp) => (scenario.user ?? (() => nothing()))(sp, say));
  const { guest } = scenario;
  const killer = new ScriptProgram(() => guest?.client(say) ?? killerScript(say));
  const art = new ScriptProgram(() => artScript(module, server, frames, scenario.kill ?? -1, guest !== undefined, say));
  let touched = FRAMES;
  const root: ResidentProgram = {
    resume(c) {
      if (touched === FRAMES) for (let page = MODULE; page < MODULE + module.length; page += 0x1000) c.read8(page);
      for (; touched < FRAMES + 0x1000 * (frames + SPARE_FRAMES); touched += 0x1000) c.write8(touched, 0);
      return (c.thread === KILLER ? killer : art).resume(c);
    },
  };
  const probe = (_point: CutPoint): void => {
    if (cuts++ === scenario.crashAt) throw new ResidentCrash("test");
  };
  const makeP3 = (): ResidentProgram =>
    createP3({ probe, observer: { planned: (pid, plan) => void plans.push(`${pid}: ${formatPlan(plan)}`) } });
  const programs = new Map<number, ResidentProgram>([
    [1, sigma0],
    [2, root],
    [3, makeP3()],
    [4, user],
    [PROGRAM_UNDERTAKER, undertaker],
  ]);
  const noPorts = { read: () => 0xff, write: () => {} };
  const memory = guest ? new GuestMemory(allocateMemory(SIZE, false), SIZE) : new PlainMemory();
  memory.writeBytes(MODULE, module);
  const processor = guest ? new Processor({ memory: memory as GuestMemory, ports: noPorts }) : new ClockOnly();
  const options: KernelOptions = {
    memory,
    processor,
    ports: noPorts,
    interrupts: { pending: false, acknowledge: () => 0 },
    events: { nextEvent: () => Number.POSITIVE_INFINITY, advance: () => {} },
    programs,
    ...(guest
      ? { probe: redirector(guest.redirects, processor, (address) => void kernel.redirect(USER, address)) }
      : {}),
    observer: { residentDied: (thread, reason) => say("died", thread, reason) },
  };
  let kernel: Kernel = Kernel.boot(options, {
    memorySize: memory.size,
    arenaSize: MEGABYTE,
    modules: [],
    sigma0: { program: 1, image: { low: 0x10000, high: 0x20000 } },
    root: { program: 2, image: { low: 0x20000, high: 0x30000 } },
  }).match(
    (booted) => booted,
    (error) => {
      throw new Error(error.text);
    },
  );
  const limit = 1e9;
  let exit = null;
  while (exit === null) {
    exit = kernel.step(limit);
    if (scenario.rebuild !== true) continue;
    programs.set(3, makeP3());
    kernel = Kernel.attach(options)._unsafeUnwrap();
  }
  return { log, plans, cuts, exit: exit.kind, cycles: processor.cycles, retired: processor.retired };
}

function* nothing(): Script {}

/** Another thread of ART, which kills the server when it is told to. */
function* killerScript(say: Say): Script {
  for (;;) {
    yield ipcAction(0, undefined, ROOT, {});
    say("killed", ...(yield call(P3, 0x401)).slice(3));
  }
}

/** A root task that makes one process and answers its P3. */
function* artScript(
  module: Uint8Array,
  server: boolean,
  frames: number,
  kill: number,
  guest: boolean,
  say: Say,
): Script {
  for (const [thread, pager, program] of [
    [P3, ROOT, 3],
    [USER, P3, 4],
  ] as const) {
    yield threadControlAction(thread, thread, ROOT, 0, -1);
    yield spaceControlAction(thread, AREAS.kip, AREAS.utcb);
    yield threadControlAction(thread, thread, ROOT, pager, UTCB);
    if (program === 3 || !guest) yield residentControlAction(thread, program);
  }
  yield ipcAction(P3, { words: [0, 0] }, 0, {});
  yield threadControlAction(KILLER, ROOT, ROOT, ROOT, UTCB + 0x200);
  yield residentControlAction(KILLER, 2);
  yield ipcAction(KILLER, { words: [0, 0] }, 0, {});
  let frame = FRAMES;
  const take = (address: number): number[] => {
    const items = [mapItem(address), makeFpage(frame, 12, FPAGE_RWX)];
    frame += 0x1000;
    return items;
  };
  let [from, tag, , ...words] = yield ipcAction(0, undefined, ANY, {});
  for (let count = 0; ; count++) {
    const label = tagLabel(tag!);
    const fault = (label & 0xfff0) === LABEL_PAGE_FAULT;
    if (!fault) say("art", label, ...words);
    const [a, b, c] = words as [number, number, number];
    let message: { words?: number[]; items?: number[] } | undefined = { words: [0] };
    if (fault) message = { items: take(a & ~0xfff) };
    else if (label === 0x301 && (frame - FRAMES) / 0x1000 + b > frames) message = { words: [3] };
    else if (label === 0x301) message = { words: [0], items: [] };
    if (label === 0x301 && message!.items !== undefined)
      for (let i = 0; i < b; i++) message!.items.push(...take(a + 0x1000 * i));
    if (label === 0x303) {
      const items: number[] = [];
      for (let i = b; i < b + c; i++)
        items.push(mapItem(0x01000000 + 0x1000 * i), makeFpage(MODULE + 0x1000 * i, 12, 5));
      message = { words: [0], items };
    }
    if (label === 0x304) message = undefined;
    if (label === 0x306) {
      const text = [0x6f727053, 0x72652067, 0x00676966];
      message = { words: [0, 7, USER, server ? PROCESS_FLAG_SERVER : 0, 5, module.length, ...text] };
    }
    if (label === ART_RECREATE) {
      yield threadControlAction(TWIN, TWIN, ROOT, 0, -1);
      yield spaceControlAction(TWIN, AREAS.kip, AREAS.utcb);
      yield threadControlAction(USER, TWIN, 0, 0, -1);
      yield threadControlAction(TWIN, 0, 0, 0, -1);
    }
    if (label === ART_UNDERTAKER) yield residentControlAction(USER, a === 1 ? PROGRAM_UNDERTAKER : guest ? 0 : 4);
    if (label === 0x201) message = { words: [0, ...words.map((word) => word + 1)] };
    if (count === kill) yield ipcAction(KILLER, {}, 0, {});
    [from, tag, , ...words] = yield message === undefined
      ? ipcAction(0, undefined, ANY, {})
      : ipcAction(from!, message, ANY, { sendTimeout: TIME_ZERO });
  }
}

/** What matters of a run: recovery records without their times, memory requests left out. */
export function essence({ log, plans, exit }: Outcome): unknown {
  const lines = log
    .filter((line) => !/^art 30[13] /.test(line))
    .map((line) => (line.startsWith("art 305 ") ? line.split(" ").slice(0, 7).join(" ") : line));
  return { lines, plans: [...new Set(plans)], exit };
}

/** Crash scenarios: each life says what it finds; the first one fails by `crash`, the second one ends. */
export function crashing(crash: () => Doing): Scenario["user"] & object {
  let life = 0;
  return function* (sp, say): Script {
    const [reason] = yield read(sp);
    say("life", ++life, "reason", reason!, "sp", sp);
    say("memory", ...(yield read(DATA + 8)), ...(yield read(HEAP)), ...(yield read(PDATA)));
    if (life > 1) {
      const [failure] = yield read(0x70000000 + 4 * 80);
      say("page", failure!, ...(yield read(0x70000000 + 4 * 83)), ...(yield read(0x70000000 + 4 * 89)));
      if (reason !== 0) say("recovered", ...(yield call(P3, 0x104, [0])).slice(3));
      else say("ready", ...(yield call(P3, 0x103)).slice(3));
      say("stack", ...(yield read(0xbdffe000)));
      yield call(P3, 0x101, [42]);
      return;
    }
    yield write(DATA + 8, 99);
    yield write(HEAP, 5);
    yield write(PDATA, 8);
    yield write(0xbdffe000, 6);
    say("ready", ...(yield call(P3, 0x103)).slice(3));
    say("lookup", ...(yield call(P3, 0x201, [1])).slice(3));
    yield crash();
    say("survived");
  };
}

export const WILD_STORE = (): Doing => write(0x10, 1);
