/**
 * The kernel: pick a thread, run it, handle what it came back with.
 *
 * Here: the loop and its edges: boot, attach, run, step, inspection. Not here: anything that lasts:
 * a `Kernel` can be dropped between any two steps and made anew over the same memory.
 * Each step looks at devices, timeouts, interrupts and the scheduler in this order, then runs one
 * thread until it comes back: so a run does not depend on where it was interrupted.
 * Over 300 lines: one loop, whose order of checks is its meaning.
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import { EXCEPTION_RESIDENT_DIED } from "./api/protocol/exception.ts";
import { RESIDENT_DIED, RESIDENT_PAGE_FAULT } from "./api/syscall.ts";
import type { ThreadId } from "./api/thread-id.ts";
import { bootArena } from "./boot.ts";
import type { BootConfig } from "./boot-config.ts";
import { COST_RESIDENT_STEP } from "./costs.ts";
import { readState } from "./export/read-state.ts";
import type { StateError, SystemState } from "./export/state.ts";
import { writeState } from "./export/write-state.ts";
import { raiseException } from "./fault/exception.ts";
import { ownTimeLeft, reportHang } from "./fault/hang.ts";
import { takeInterrupt } from "./fault/interrupt.ts";
import { pageFault } from "./fault/page-fault.ts";
import { checkPreemption, reportPreemption, wokenByEvent } from "./fault/preemption.ts";
import { quantumLeft, reportQuantum } from "./fault/quantum.ts";
import { carryOnTransfer } from "./fault/transfer-fault.ts";
import { handleExit } from "./glue/ia32/exit.ts";
import { UserMode } from "./glue/ia32/user-mode.ts";
import { abortIpc, expire } from "./ipc/break-off.ts";
import type { KernelError, KernelExit, KernelOptions, ThreadInfo } from "./kernel-edge.ts";
import { saveFloats } from "./object/floats.ts";
import { account, schedule } from "./object/ready-queue.ts";
import { findGlobal, isActive, setRegister } from "./object/thread.ts";
import { nextTimeout } from "./object/timeout-queue.ts";
import { KernelContext } from "./resident/context.ts";
import { PageFaultSignal, type ResidentProgram } from "./resident/program.ts";
import { stateOf } from "./syscall/schedule.ts";
import { systemCall } from "./syscall/table.ts";
import { Arena, type ArenaHardware, findArena, resetReason, setResetReason } from "./table/arena.ts";
import { H, T } from "./table/layout.ts";
import { EIP, REGISTER_COUNT } from "./table/registers.ts";
import { SENDING } from "./table/states.ts";
import { plainTurn, turnBudget } from "./turn.ts";

/** Longest run of a guest without looking up, in instructions. */
const MAXIMUM_SLICE = 0x3fffffff;

const LIMIT: KernelExit = { kind: "limit" };
const REQUESTED: KernelExit = { kind: "requested" };
const POWER_FAIL: KernelExit = { kind: "powerFail" };

/**
 * An L4 X.2 kernel over one machine. All that lasts is in the arena in `memory`: it can be dropped between two
 * calls, and another one attached.
 */
export class Kernel {
  readonly #options: KernelOptions;
  readonly #arena: Arena;
  readonly #userMode: UserMode;
  readonly #context: KernelContext;
  /** The cycle when something else than user code is to happen. In an array: a number of its own would be made at each turn. */
  readonly #due: Float64Array = new Float64Array(1);
  #exitRequested: boolean = false;

  private constructor(options: KernelOptions, arena: Arena) {
    this.#options = options;
    this.#arena = arena;
    this.#userMode = new UserMode(arena);
    this.#context = new KernelContext(arena);
    this.#userMode.initialise();
  }

  /**
   * A fresh kernel, with sigma0 and the root task ready. Reset count and reason of an arena that was there are
   * kept. Fails with "boot-config" or "arena-size".
   */
  static boot(options: KernelOptions, config: BootConfig): Result<Kernel, KernelError> {
    return bootArena(hardwareOf(options), config).map((arena) => new Kernel(options, arena));
  }

  /** A kernel over an arena that exists: it goes on where that one stopped. Fails with "no-arena" or "bad-arena". */
  static attach(options: KernelOptions): Result<Kernel, KernelError> {
    const base = findArena(options.memory);
    if (base.isErr()) return err(base.error);
    return ok(new Kernel(options, new Arena(hardwareOf(options), base.value)));
  }

  /**
   * A kernel from an exported state, in a fresh arena of `arenaSize` bytes at the top of memory: it goes on where that
   * one stopped, on whichever machine. The clock is brought up to the state's; contents of user frames and the
   * devices' state are the caller's to bring. `state` is looked at as a value from outside: "bad-state" and "clock-ahead"
   * refuse it with nothing changed, "no-room" leaves a memory without a kernel.
   */
  static import(options: KernelOptions, state: unknown, arenaSize: number): Result<Kernel, StateError> {
    return writeState(hardwareOf(options), state, arenaSize).map((arena) => new Kernel(options, arena));
  }

  /**
   * Everything that the kernel remembers, as plain data: between any two steps, and nothing is changed by it. See
   * {@link SystemState}.
   */
  exportState(): SystemState {
    return readState(this.#arena);
  }

  /** Runs until the clock reaches `until` cycles, or something else comes first. */
  run(until: number): KernelExit {
    for (;;) {
      const exit = this.#step(until, true);
      if (exit !== null) return exit;
    }
  }

  /** One iteration: null to go on. */
  step(until: number = Number.POSITIVE_INFINITY): KernelExit | null {
    return this.#step(until, false);
  }

  /** One iteration; `follows`: and those behind it that only run a guest after an IPC. */
  #step(until: number, follows: boolean): KernelExit | null {
    const a = this.#arena;
    const { events, interrupts } = this.#options;
    account(a);
    if (a.get(H.resetPending) !== 0) return { kind: "reset", reason: resetReason(a.words) };
    const now = a.now();
    let event = events.nextEvent();
    if (event <= now) {
      events.advance(now);
      event = events.nextEvent();
    }
    const timeout = nextTimeout(a);
    if (timeout <= now) {
      const woken = a.get(H.timeoutHead);
      expire(a, woken);
      wokenByEvent(a, woken);
      return null;
    }
    if (interrupts.pending) {
      takeInterrupt(a, interrupts.acknowledge());
      return null;
    }
    if (this.#exitRequested) {
      this.#exitRequested = false;
      return REQUESTED;
    }
    if (now >= until) return LIMIT;
    checkPreemption(a);
    const last = a.get(H.current);
    const row = schedule(a);
    if (row === 0) return this.#idle(until, last);
    if (row !== last) a.observer.switched?.(last === 0 ? 0 : a.threads.get(last, T.id), a.threads.get(row, T.id));
    if (a.threads.get(row, T.state) === SENDING) {
      carryOnTransfer(a, row);
      return null;
    }
    if (reportPreemption(a, row)) return null;
    if (quantumLeft(a, row) <= 0) {
      reportQuantum(a, row);
      return null;
    }
    if (ownTimeLeft(a, row) <= 0) {
      reportHang(a, row);
      return null;
    }
    if (a.threads.get(row, T.program) !== 0) return this.#runResident(row);
    this.#due[0] = Math.min(until, event, timeout);
    return follows ? this.#runGuests(row, until) : this.#runGuest(row);
  }

  /** Makes run() return as soon as the current instruction or step is over. */
  requestExit(): void {
    this.#exitRequested = true;
    this.#options.processor.requestExit();
  }

  /** What a thread is doing; null when there is none of this id. */
  threadInfo(thread: ThreadId): ThreadInfo | null {
    const row = findGlobal(this.#arena, thread);
    return row === 0 ? null : this.#info(row);
  }

  /** All user threads, in the order of their rows. */
  threads(): ThreadInfo[] {
    const list: ThreadInfo[] = [];
    for (let row = 1; row < this.#arena.threads.rows; row++)
      if (this.#arena.threads.get(row, T.id) !== 0 && this.#arena.threads.get(row, T.space) !== 0)
        list.push(this.#info(row));
    return list;
  }

  /** Global id of the thread whose turn it is, 0 for nobody. */
  currentThread(): ThreadId {
    const row = this.#arena.get(H.current);
    return row === 0 ? 0 : this.#arena.threads.get(row, T.id);
  }

  /** The kernel debugger's right: breaks off a thread's IPC and lets it go on at `eip`. False for no such active thread. */
  redirect(thread: ThreadId, eip: number): boolean {
    const a = this.#arena;
    const row = findGlobal(a, thread);
    if (row === 0 || !isActive(a, row)) return false;
    abortIpc(a, row);
    setRegister(a, row, EIP, eip);
    return true;
  }

  /** How often this arena was booted and reset, and why the last time. */
  bootInfo(): { readonly boots: number; readonly resets: number; readonly reason: string } {
    const a = this.#arena;
    return { boots: a.get(H.bootCount), resets: a.get(H.resetCount), reason: resetReason(a.words) };
  }

  #info(row: number): ThreadInfo {
    const t = this.#arena.threads;
    return {
      id: t.get(row, T.id),
      state: stateOf(this.#arena, row),
      space: t.get(row, T.space),
      priority: t.get(row, T.priority),
      pager: t.get(row, T.pager),
      program: t.get(row, T.program),
      registers: Array.from({ length: REGISTER_COUNT }, (_, i) => t.get(row, T.registers + i)),
    };
  }

  /** `last`: who had its turn just now, 0 if nobody has since the last time. */
  #idle(until: number, last: number): KernelExit | null {
    const a = this.#arena;
    const event = this.#options.events.nextEvent();
    const next = Math.min(event, nextTimeout(a));
    if (event === Number.POSITIVE_INFINITY && next !== event && this.#onlyWatcherWaits()) {
      const watcher = a.get(H.timeoutHead);
      if (last === 0 || last === watcher) return { kind: "idle", next: Number.POSITIVE_INFINITY };
      expire(a, watcher);
      return null;
    }
    if (next > until || next === Number.POSITIVE_INFINITY) return { kind: "idle", next };
    const gap = Math.ceil(next) - a.now();
    if (gap > 0) a.cpu.advance(gap);
    return null;
  }

  #onlyWatcherWaits(): boolean {
    const { threads, words } = this.#arena;
    const row = words[H.timeoutHead];
    const { watcher } = this.#options;
    return watcher !== undefined && threads.get(row, T.id) === watcher && threads.get(row, T.timeoutNext) === 0;
  }

  #runResident(row: number): KernelExit | null {
    const a = this.#arena;
    const context = this.#context;
    a.charge(COST_RESIDENT_STEP);
    const program = this.#options.programs.get(a.threads.get(row, T.program));
    context.bind(row);
    const call = program === undefined ? context.died("no such resident program") : resume(program, context);
    if (call === RESIDENT_PAGE_FAULT) {
      // The registers stay as they were before the step, which is resumed with them.
      if (!pageFault(a, row, context.faultAddress, context.faultWrite)) this.#reset("sigma0: no memory at a fault");
      return null;
    }
    context.commit();
    if (call === RESIDENT_DIED) this.#died(row, context.reason);
    else if (call > 0 && !systemCall(a, row, call)) this.#died(row, `no system call ${call}`);
    return null;
  }

  #died(row: number, reason: string): void {
    const a = this.#arena;
    const space = a.threads.get(row, T.space);
    a.observer.residentDied?.(a.threads.get(row, T.id), reason);
    if (space === a.get(H.sigma0Space)) this.#reset(`sigma0: ${reason}`);
    else if (space === a.get(H.rootSpace)) this.#reset(`root task: ${reason}`);
    else raiseException(a, row, EXCEPTION_RESIDENT_DIED, 0);
  }

  #reset(reason: string): void {
    const a = this.#arena;
    setResetReason(a.words, reason);
    a.set(H.resetCount, a.get(H.resetCount) + 1);
    a.set(H.resetPending, 1);
  }

  /** Runs a guest, and as long as nothing else is due those that it calls: each turn is what a step would have done. */
  #runGuests(first: number, until: number): KernelExit | null {
    const a = this.#arena;
    const { events, interrupts } = this.#options;
    for (let row = first; row !== 0; row = plainTurn(a)) {
      const exit = this.#runGuest(row);
      if (exit !== null) return exit;
      account(a);
      const due = Math.min(until, events.nextEvent(), nextTimeout(a));
      this.#due[0] = due;
      if (due <= a.now() || interrupts.pending || this.#exitRequested || a.get(H.resetPending) !== 0) return null;
    }
    return null;
  }

  /** Runs a guest until `#due` at most. */
  #runGuest(row: number): KernelExit | null {
    const a = this.#arena;
    const { probe, processor } = this.#options;
    let budget = turnBudget(a, row, Math.ceil(Math.min(this.#due[0] - a.now(), MAXIMUM_SLICE)));
    const thread = probe === undefined ? 0 : a.threads.get(row, T.id);
    // Before the registers are loaded: the probe may send the thread elsewhere.
    if (probe !== undefined) budget = Math.min(budget, probe.limit(thread));
    this.#userMode.load(row);
    const exit = processor.run(Math.max(1, budget));
    probe?.reached(thread, processor);
    this.#userMode.save(row);
    if (exit.kind === "powerFail") {
      saveFloats(a);
      return POWER_FAIL;
    }
    account(a);
    if (!handleExit(a, row, exit)) this.#reset("sigma0: no memory at a fault");
    return null;
  }
}

/** One step of a program; a fault that it did not catch counts as caught. */
function resume(program: ResidentProgram, context: KernelContext): number {
  try {
    return program.resume(context);
  } catch (error) {
    if (error instanceof PageFaultSignal) return RESIDENT_PAGE_FAULT;
    throw error;
  }
}

function hardwareOf(options: KernelOptions): ArenaHardware {
  const { memory, processor, ports } = options;
  return { memory, processor, ports, observer: options.observer ?? {}, debugger: options.debugger };
}
