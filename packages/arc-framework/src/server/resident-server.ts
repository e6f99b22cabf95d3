/**
 * Resident servers: handlers dropped at any time go on from their journal.
 *
 * Here: one thread's way from wait to request to reply, replay, adoption of calls, crashes.
 * Not here: what survives (`journal.ts`), what handlers may do (`request.ts`), undoing (`transaction.ts`).
 * One mechanism serves a rebuilt host, a snapshot, a page fault of the server itself and a crash of its
 * code: the handler is run again, gets the results that are journaled, and goes on behind them. A call
 * that is out is never made twice: its result arrives in the thread's registers. A thread whose EIP is
 * not RUNNING has been started afresh.
 * Reference: docs/adr/0005-resident-handlers.md.
 * @module
 */
import {
  messageTag,
  NIL_THREAD,
  PageFaultSignal,
  RESIDENT_AGAIN,
  RESIDENT_PAGE_FAULT,
  type ResidentContext,
  type ResidentProgram,
  SYSCALL_IPC,
  TAG_CROSS_PROCESSOR,
  type ThreadId,
  tagTyped,
  tagUntyped,
  threadNumber,
} from "@kintsugi/microkernel";
import { STATUS_FAILED, STATUS_INVALID } from "../protocol/status.ts";
import {
  type Action,
  collectIpc,
  DEATH,
  type Death,
  type KernelCall,
  loadReplyAndWait,
  type Message,
  STEP,
  type Step,
} from "./action.ts";
import { COST_HANDLER_RESTART, COST_STEP } from "./costs.ts";
import type { CutProbe } from "./cut-point.ts";
import { Journal, PHASE_FAILED, PHASE_HANDLING, PHASE_IDLE, PHASE_START } from "./journal.ts";
import { PersistentMemory } from "./persistent-memory.ts";
import { type Answer, type Handler, Request, reply } from "./request.ts";
import type { HandlerFunction, ResidentObserver, ServerDefinition } from "./server-definition.ts";
import { Transaction, undo } from "./transaction.ts";

export type { HandlerFunction, ResidentObserver, ServerDefinition } from "./server-definition.ts";

/** "RUNK": EIP of a resident thread whose journal is its own. Nobody starts a thread there. */
export const RUNNING = 0x4b4e5552;

/** Crashes at the same place before the request is answered with STATUS_FAILED. */
export const CRASH_LIMIT = 3;

const EIP = 8;

/** Marks what a handler has become; the kernel never delivers this flag. */
const TAG_BECOME = TAG_CROSS_PROCESSOR;

/** How far a handler has come. A cache of what the journal says, nothing else. */
interface Run {
  readonly thread: ThreadId;
  /** The journal's serial that this run belongs to. */
  serial: number;
  readonly handler: Handler;
  next: IteratorResult<Action, Answer>;
  /** Word offset behind the last result in the journal. */
  end: number;
}

/** One server program: any number of threads, in one address space or one each. */
export class ResidentServer implements ResidentProgram {
  readonly #definition: ServerDefinition;
  readonly #observer: ResidentObserver;
  readonly #memory: PersistentMemory;
  readonly #journal: Journal;
  readonly #transaction: Transaction;
  /** By thread number; disposable. */
  readonly #runs: Map<number, Run> = new Map();
  /** The running thread's journal is open and no step is half done in it from before. */
  #opened: boolean = false;

  constructor(definition: ServerDefinition, options: { probe?: CutProbe; observer?: ResidentObserver } = {}) {
    this.#definition = definition;
    this.#observer = options.observer ?? {};
    this.#memory = new PersistentMemory(definition.name, options.probe);
    this.#journal = new Journal(this.#memory);
    this.#transaction = new Transaction(this.#memory, this.#journal);
  }

  /** Runs the thread until its next kernel call. Called by the kernel. */
  resume(context: ResidentContext): number {
    this.#memory.enter(context);
    this.#opened = false;
    const base = this.#definition.threadMemory(context.thread, context);
    try {
      return this.#run(context, base);
    } catch (error) {
      this.#runs.delete(threadNumber(context.thread));
      if (error instanceof PageFaultSignal) return this.#opened ? this.#pageFault(context) : RESIDENT_PAGE_FAULT;
      return this.#opened ? this.#crashed(context, error) : this.#crashedBefore(context, error);
    }
  }

  #run(context: ResidentContext, base: number): number {
    const journal = this.#journal;
    const valid = journal.open(base);
    if (context.registers[EIP] !== RUNNING) {
      this.#runs.delete(threadNumber(context.thread));
      journal.format(base);
      context.registers[EIP] = RUNNING;
    } else if (!valid) return context.died(`${this.#definition.name}: a journal is corrupted`);
    else undo(this.#memory, journal);
    this.#opened = true;

    for (;;) {
      const call = this.#proceed(context);
      if (call !== 0) return call;
    }
  }

  /** Goes on to the next commit. Returns the number of the call that is out, or 0. */
  #proceed(context: ResidentContext): number {
    const journal = this.#journal;
    switch (journal.phase) {
      case PHASE_IDLE:
        if (!journal.out) return this.#replyAndWait(context, NIL_THREAD, undefined);
        this.#takeRequest(context);
        return 0;
      case PHASE_FAILED:
        return this.#replyAndWait(context, journal.sender, reply(STATUS_FAILED));
      default:
        return this.#proceedHandler(context, this.#currentRun(context.thread));
    }
  }

  #takeRequest(context: ResidentContext): void {
    const [sender, tag, error, ...words] = collectIpc(context);
    // The receiver of the reply is gone, or somebody sent what we do not accept: wait for the next.
    if (error !== 0) this.#journal.idle();
    else this.#journal.accept(sender, tag & ~TAG_BECOME, words);
  }

  #replyAndWait(context: ResidentContext, to: ThreadId, message: Message | undefined): number {
    this.#memory.cut("yield");
    loadReplyAndWait(context, to, message);
    this.#journal.waitOut();
    return SYSCALL_IPC;
  }

  #proceedHandler(context: ResidentContext, run: Run): number {
    const journal = this.#journal;
    const next = run.next;
    if (next.done) return this.#finish(context, next.value);
    const action = next.value;
    if (journal.out) {
      this.#complete(run, action, (action as KernelCall).collect(context));
    } else if (action.kind === DEATH) {
      return context.died((action as Death).reason);
    } else if (action.kind === STEP) {
      this.#memory.cut("yield");
      context.charge(COST_STEP);
      this.#transaction.begin();
      this.#complete(run, action, (action as Step).run(this.#transaction));
    } else {
      this.#memory.cut("yield");
      (action as KernelCall).load(context);
      journal.callOut();
      run.serial = journal.serial;
      return action.kind;
    }
    return 0;
  }

  #complete(run: Run, action: Action, words: readonly number[]): void {
    run.end = this.#journal.complete(run.end, action.kind, words);
    run.next = run.handler.next(words.map((word) => word | 0));
    run.serial = this.#journal.serial;
  }

  #finish(context: ResidentContext, result: Answer): number {
    const journal = this.#journal;
    this.#runs.delete(threadNumber(context.thread));
    if (result !== undefined && "become" in result) {
      const { label = 0, words = [] } = result.become;
      journal.accept(journal.sender, messageTag(label, words.length) | TAG_BECOME, words, journal.sequence);
    } else if (result === undefined || journal.phase === PHASE_START) journal.idle();
    else return this.#replyAndWait(context, journal.sender, result);
    return 0;
  }

  /** The run of the thread's open request; rebuilt from the journal unless we still have it. */
  #currentRun(thread: ThreadId): Run {
    const known = this.#runs.get(threadNumber(thread));
    if (known !== undefined && known.thread === thread && known.serial === this.#journal.serial) return known;
    const run = this.#rebuild(thread);
    this.#runs.set(threadNumber(thread), run);
    return run;
  }

  #rebuild(thread: ThreadId): Run {
    const journal = this.#journal;
    const request = this.#openRequest(thread);
    const handler = generatorOf(this.#handlerOf(request)(request));
    let next = handler.next([]);
    let end = 0;
    for (let i = journal.count; i > 0; i--) {
      if (next.done) throw new Error("a handler did not repeat itself: it ended early");
      const words = journal.result(end, next.value.kind);
      end += 1 + words.length;
      next = handler.next(words);
    }
    return { thread, serial: journal.serial, handler, next, end };
  }

  #openRequest(thread: ThreadId): Request {
    const journal = this.#journal;
    if (journal.phase === PHASE_START) return new Request(thread, NIL_THREAD, 0, [], 0);
    const tag = journal.tag;
    const words = journal.words(Math.min(63, tagUntyped(tag) + tagTyped(tag)));
    return new Request(thread, journal.sender, tag, words, journal.sequence);
  }

  #handlerOf(request: Request): HandlerFunction {
    const { start = nothing, handlers, otherwise = invalid, continuations } = this.#definition;
    if (this.#journal.phase === PHASE_START) return start;
    if (request.tag & TAG_BECOME) return continuations?.get(request.label) ?? otherwise;
    return handlers.get(request.label) ?? handlers.get(request.label & 0xfff0) ?? otherwise;
  }

  #pageFault(context: ResidentContext): number {
    try {
      undo(this.#memory, this.#journal);
      return RESIDENT_PAGE_FAULT;
    } catch (error) {
      if (!(error instanceof PageFaultSignal)) return this.#crashed(context, error);
      return context.died(`${this.#definition.name}: persistent memory was lost while a step was undone`);
    }
  }

  /** Before the journal is open nothing has been done that the next attempt does not do again. */
  #crashedBefore(context: ResidentContext, error: unknown): number {
    this.#observer.handlerRestart?.(this.#definition.name, context.thread, error, 1);
    context.charge(COST_HANDLER_RESTART);
    return RESIDENT_AGAIN;
  }

  /** The code has thrown: undoes the open step and decides how to go on. May crash itself, a few times. */
  #crashed(context: ResidentContext, cause: unknown): number {
    let error = cause;
    for (let attempt = 0; attempt < CRASH_LIMIT; attempt++) {
      try {
        return this.#restartHandler(context, error);
      } catch (again) {
        error = again;
      }
    }
    return context.died(`${this.#definition.name}: crashed while undoing a step (${describe(error)})`);
  }

  #restartHandler(context: ResidentContext, error: unknown): number {
    const journal = this.#journal;
    undo(this.#memory, journal);
    const count = journal.countCrash();
    this.#observer.handlerRestart?.(this.#definition.name, context.thread, error, count);
    context.charge(COST_HANDLER_RESTART);
    if (count < CRASH_LIMIT) return RESIDENT_AGAIN;
    // Nobody waits for a thread that starts, or for what a start has become: without it there is no server.
    if (journal.phase !== PHASE_HANDLING || journal.sender === NIL_THREAD)
      return context.died(`${this.#definition.name}: crashed ${count} times (${describe(error)})`);
    journal.fail();
    this.#observer.requestFailed?.(this.#definition.name, context.thread, error);
    return RESIDENT_AGAIN;
  }
}

function nothing(): undefined {}

function invalid(): Message {
  return reply(STATUS_INVALID);
}

function generatorOf(handler: Handler | Answer): Handler {
  return handler !== undefined && "next" in handler ? handler : ended(handler);
}

// biome-ignore lint/correctness/useYield: an answer at once is a handler that has ended.
function* ended(answer: Answer): Handler {
  return answer;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
