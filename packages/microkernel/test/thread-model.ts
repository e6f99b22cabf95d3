/**
 * Thread model: threads, their spaces and what each waits for, kept in the plainest way.
 *
 * Here: what ThreadControl, SpaceControl, ExchangeRegisters, Schedule, Ipc with words or one map item, and Unmap come to,
 * for messages that are neither propagated nor redirected, and for timeouts that are zero or never; pages by way of
 * {@link MappingModel}. Not here: the kernel.
 * @module
 */
import {
  ANY_LOCAL_THREAD,
  ANY_THREAD,
  ERROR_INVALID_PARAMETER,
  ERROR_INVALID_SCHEDULER,
  ERROR_INVALID_SPACE,
  ERROR_INVALID_THREAD,
  ERROR_NO_PRIVILEGE,
  IPC_CANCELLED,
  IPC_NON_EXISTING,
  IPC_TIMEOUT,
  ipcError,
  RECEIVE_PHASE,
  SEND_PHASE,
  type ThreadId,
  threadNumber,
} from "../src/index.ts";
import { MappingModel } from "./mapping-model.ts";

/** What a call's result register and ErrorCode say; an error of 0: the call did it. */
export type CallError = number;

/** One map item: page, where to, whether to write. */
export interface Given {
  readonly page: number;
  readonly at: number;
  readonly write: boolean;
}

export interface ModelThread {
  id: ThreadId;
  /** A number that no other space has had. */
  space: number;
  pager: ThreadId;
  priority: number;
  halted: boolean;
  state: "inactive" | "ready" | "waiting" | "polling";
  /** Its FromSpecifier while it waits, or for behind its send. */
  from: ThreadId;
  /** Whether that receive may wait. */
  patient: boolean;
  /** Whom it polls on. */
  to: ModelThread | null;
  given: Given | null;
  /** Outcome of its last IPC: 0, or the ErrorCode word. Null: it has made another call since. */
  outcome: number | null;
  starts: boolean;
}

export class ThreadModel {
  readonly threads: ModelThread[] = [];
  readonly pages: MappingModel;
  /** Who polls on whom, first come first served. */
  readonly queues: Map<ModelThread, ModelThread[]> = new Map();
  /** Spaces with their areas. */
  readonly initialised: Set<number> = new Set();
  readonly #privileged: ReadonlySet<number>;
  #spaces: number;

  /** Spaces 0 and 1 are privileged: sigma0's and the root task's. */
  constructor(pages: number) {
    this.pages = new MappingModel(pages);
    this.#privileged = new Set([0, 1]);
    this.#spaces = 2;
    this.initialised.add(0).add(1);
  }

  add(thread: ModelThread): ModelThread {
    this.threads.push(thread);
    this.queues.set(thread, []);
    return thread;
  }

  find(id: ThreadId): ModelThread | undefined {
    return this.threads.find((one) => one.id === id);
  }

  /** ThreadControl that does not delete; the same thread is everybody's scheduler. */
  create(caller: ModelThread, id: ThreadId, specifier: ThreadId, pager: ThreadId, scheduler: ThreadId): CallError {
    if (!this.#privileged.has(caller.space)) return ERROR_NO_PRIVILEGE;
    const there = this.threads.find((one) => threadNumber(one.id) === threadNumber(id));
    const judged = scheduler === id || this.find(scheduler) !== undefined;
    if (there !== undefined) return this.#modify(there, id, specifier, pager, judged);
    if (!judged) return ERROR_INVALID_SCHEDULER;
    const fresh = specifier === id;
    const member = this.find(specifier);
    if (!fresh && member === undefined) return ERROR_INVALID_SPACE;
    if (pager !== 0 && (fresh || !this.initialised.has(member?.space ?? -1))) return ERROR_INVALID_SPACE;
    const space = fresh ? this.#spaces++ : (member as ModelThread).space;
    const thread = this.add({
      ...{ id, space, pager: 0, priority: 100, halted: false, state: "inactive", from: 0, patient: true },
      ...{ to: null, given: null, outcome: null, starts: false },
    });
    if (pager !== 0) this.#activate(thread, pager);
    return 0;
  }

  #modify(thread: ModelThread, id: ThreadId, specifier: ThreadId, pager: ThreadId, judged: boolean): CallError {
    const member = this.find(specifier);
    if (member === undefined) return ERROR_INVALID_SPACE;
    const { space } = member;
    const activates = pager !== 0 && thread.state === "inactive";
    if ((space !== thread.space || activates) && !this.initialised.has(space)) return ERROR_INVALID_SPACE;
    if (!judged) return ERROR_INVALID_SCHEDULER;
    if (space !== thread.space) {
      this.abort(thread);
      const old = thread.space;
      thread.space = space;
      this.#leave(old);
    }
    if (activates) this.#activate(thread, pager);
    else if (pager !== 0) thread.pager = pager;
    if (id !== thread.id) {
      this.#abandon(thread);
      thread.id = id;
    }
    return 0;
  }

  #activate(thread: ModelThread, pager: ThreadId): void {
    Object.assign(thread, { pager, state: "waiting", from: pager, starts: true, outcome: null });
  }

  delete(caller: ModelThread, id: ThreadId): CallError {
    if (!this.#privileged.has(caller.space)) return ERROR_NO_PRIVILEGE;
    const thread = this.threads.find((one) => threadNumber(one.id) === threadNumber(id));
    if (thread === caller) return ERROR_INVALID_THREAD;
    if (thread === undefined) return 0;
    this.abort(thread);
    this.#abandon(thread);
    this.threads.splice(this.threads.indexOf(thread), 1);
    this.#leave(thread.space);
    return 0;
  }

  #leave(space: number): void {
    if (!this.threads.some((one) => one.space === space)) this.pages.forget(space);
  }

  initialise(caller: ModelThread, specifier: ThreadId): CallError {
    if (!this.#privileged.has(caller.space)) return ERROR_NO_PRIVILEGE;
    const member = this.find(specifier);
    if (member === undefined) return ERROR_INVALID_SPACE;
    this.initialised.add(member.space);
    return 0;
  }

  /** ExchangeRegisters: breaks off sending, receiving; halts, lets go on, or leaves it (null). */
  exchange(caller: ModelThread, id: ThreadId, send: boolean, receive: boolean, halt: boolean | null): CallError {
    const thread = this.find(id);
    // Every thread here has a place for its UTCB: inactive ones are addressed, too.
    if (thread === undefined) return ERROR_INVALID_THREAD;
    const allowed =
      thread.space === caller.space ||
      this.#privileged.has(caller.space) ||
      this.find(thread.pager)?.space === caller.space;
    if (!allowed) return ERROR_INVALID_THREAD;
    if ((send && thread.state === "polling") || (receive && thread.state === "waiting")) this.abort(thread);
    if (halt !== null) thread.halted = halt;
    return 0;
  }

  schedule(caller: ModelThread, id: ThreadId, priority: number): CallError {
    const thread = this.find(id);
    if (thread === undefined) return ERROR_INVALID_THREAD;
    if (priority > caller.priority) return ERROR_INVALID_PARAMETER;
    // Everybody's scheduler is the root task.
    if (!this.#privileged.has(caller.space)) return ERROR_NO_PRIVILEGE;
    thread.priority = priority;
    return 0;
  }

  /** Ipc: zero timeouts where not patient. */
  ipc(
    caller: ModelThread,
    to: ThreadId,
    from: ThreadId,
    patient: readonly [boolean, boolean],
    given: Given | null,
  ): void {
    Object.assign(caller, { from, patient: patient[1], given, outcome: null, starts: false });
    if (to === 0) {
      this.#receive(caller);
      return;
    }
    const partner = this.find(to);
    if (partner === undefined || partner.state === "inactive") this.#fail(caller, IPC_NON_EXISTING, SEND_PHASE);
    else if (partner !== caller && partner.state === "waiting" && this.#admits(partner, caller)) {
      this.#deliver(caller, partner);
      this.#receive(caller);
    } else if (!patient[0]) this.#fail(caller, IPC_TIMEOUT, SEND_PHASE);
    else {
      caller.state = "polling";
      caller.to = partner;
      this.queues.get(partner)?.push(caller);
    }
  }

  /** Receive phases: of one, and of each sender whose message that took. */
  #receive(first: ModelThread): void {
    for (let thread: ModelThread | undefined = first; thread !== undefined; ) {
      const me: ModelThread = thread;
      thread = undefined;
      const { from } = me;
      if (from === 0) {
        me.state = "ready";
        me.outcome = 0;
      } else if (
        from !== ANY_THREAD &&
        from !== ANY_LOCAL_THREAD &&
        (this.find(from)?.state ?? "inactive") === "inactive"
      )
        this.#fail(me, IPC_NON_EXISTING, RECEIVE_PHASE);
      else {
        const sender = this.queues.get(me)?.find((one) => this.#admits(me, one));
        if (sender !== undefined) {
          this.#withdraw(sender);
          this.#deliver(sender, me);
          thread = sender;
        } else if (!me.patient) this.#fail(me, IPC_TIMEOUT, RECEIVE_PHASE);
        else me.state = "waiting";
      }
    }
  }

  #admits(receiver: ModelThread, sender: ModelThread): boolean {
    if (receiver.from === ANY_THREAD) return true;
    if (receiver.from === ANY_LOCAL_THREAD) return receiver.space === sender.space;
    return receiver.from === sender.id;
  }

  #deliver(sender: ModelThread, receiver: ModelThread): void {
    receiver.state = "ready";
    receiver.outcome = receiver.starts ? null : 0;
    receiver.starts = false;
    const { given } = sender;
    if (given !== null) this.pages.map(sender.space, given.page, receiver.space, given.at, given.write);
  }

  #fail(thread: ModelThread, code: number, phase: number): void {
    Object.assign(thread, { state: "ready", outcome: ipcError(code, phase), starts: false });
  }

  #withdraw(thread: ModelThread): void {
    const queue = thread.to === null ? undefined : this.queues.get(thread.to);
    queue?.splice(queue.indexOf(thread), 1);
    thread.to = null;
  }

  /** Breaks a wait off. */
  abort(thread: ModelThread, code: number = IPC_CANCELLED): void {
    if (thread.state === "polling") {
      this.#withdraw(thread);
      this.#fail(thread, code, SEND_PHASE);
    } else if (thread.state === "waiting") this.#fail(thread, code, RECEIVE_PHASE);
  }

  /** A name goes: who is queued on it, or waits for it alone, hears of it. */
  #abandon(thread: ModelThread): void {
    for (const sender of [...(this.queues.get(thread) ?? [])]) this.abort(sender, IPC_NON_EXISTING);
    for (const other of this.threads)
      if (other !== thread && other.state === "waiting" && other.from === thread.id)
        this.abort(other, IPC_NON_EXISTING);
  }
}
