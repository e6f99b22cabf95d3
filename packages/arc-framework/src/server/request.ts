/**
 * A request as its handler sees it, and everything that a handler may do.
 *
 * Here: the open request's words, and the yields, typed. Not here: carrying a yield out (`resident-server.ts`).
 *
 *     function* handle(s: Request): Handler {
 *       const [row] = yield* s.step((tx) => [choose(tx)]);   // one transaction; its words are journaled
 *       const answer = yield* s.call(peer, { label: 7, words: [row] });
 *       return reply(answer.error === 0 ? STATUS_OK : STATUS_FAILED);
 *     }
 *
 * Between yields it is a function of message and results, run again from them after a crash. It catches nothing.
 * @module
 */
import { ANY_THREAD, NIL_THREAD, TIME_NEVER, tagLabel, tagUntyped } from "@kintsugi/microkernel";
import {
  type Action,
  DEATH,
  exchangeRegistersAction,
  type IpcOptions,
  ipcAction,
  type Message,
  type Received,
  type RegisterChanges,
  residentControlAction,
  restartControlAction,
  STEP,
  scheduleAction,
  spaceControlAction,
  threadControlAction,
  threadRecordAction,
  threadSwitchAction,
  unmapAction,
} from "./action.ts";
import type { Transaction } from "./transaction.ts";

/**
 * Go on with this message, from the same sender, in place of the request; what was journaled is dropped.
 * Its label is one of the server's continuations. It carries untyped words only.
 */
export interface Become {
  readonly become: Message;
}

/**
 * What a handler comes to: the reply to the sender; nothing when there is none (or another thread sends
 * it later); or {@link Become}, so that long work needs no long journal.
 */
export type Answer = Message | Become | undefined;

/** A running handler. */
export type Handler = Generator<Action, Answer, readonly number[]>;

/** A part of a handler, to be used with `yield*`. */
export type Part<T> = Generator<Action, T, readonly number[]>;

/** Result of a kernel call: 1 (or an id) and 0, or 0 and the ErrorCode. */
export interface CallResult {
  readonly result: number;
  readonly error: number;
}

/** Result of ExchangeRegisters: the old values. */
export interface ExchangedRegisters extends CallResult {
  readonly control: number;
  readonly sp: number;
  readonly ip: number;
  readonly flags: number;
  readonly handle: number;
  readonly pager: number;
}

/** What a thread is doing: words of its record (RECORD_), and a number made of its registers. `result` 0: there is none. */
export interface ThreadLook {
  readonly result: number;
  readonly continuation: number;
  readonly flags: number;
  readonly to: number;
  readonly from: number;
  readonly fault: number;
  readonly priority: number;
  readonly fingerprint: number;
}

/** Both clocks: all cycles, and guest instructions retired. */
export interface Clock {
  readonly cycles: number;
  readonly retired: number;
}

/** A reply: label 0, MR1 the status, then further words. */
export function reply(status: number, ...words: readonly number[]): Message {
  return { words: [status, ...words] };
}

/** One open request, or the thread's start (sender nil, label 0). Words are signed. */
export class Request {
  /** Global id of the thread that handles it. */
  readonly thread: number;
  readonly sender: number;
  readonly tag: number;
  /** MR1…: untyped words, then typed items. */
  readonly words: readonly number[];
  /** Counts the requests that this thread has accepted, from 1; 0 for the thread's start. */
  readonly sequence: number;

  constructor(thread: number, sender: number, tag: number, words: readonly number[], sequence: number) {
    this.thread = thread;
    this.sender = sender;
    this.tag = tag;
    this.words = words;
    this.sequence = sequence;
  }

  /** What is asked for: the tag's label, 0…65535. 0 for the thread's start. */
  get label(): number {
    return tagLabel(this.tag);
  }

  /** Untyped words of the message. */
  get count(): number {
    return tagUntyped(this.tag);
  }

  /** MRi, i from 1; 0 where the message has no such word. */
  word(i: number): number {
    return i <= this.count ? this.words[i - 1] : 0;
  }

  /** One transaction over persistent memory. The words that `run` returns are its result. */
  *step(run: (tx: Transaction) => readonly number[] | undefined): Part<readonly number[]> {
    return yield { kind: STEP, run: (tx) => run(tx) ?? [] };
  }

  /** The time, as it is when this is first reached. */
  *clock(): Part<Clock> {
    const w = yield { kind: STEP, run: (tx) => [...split(tx.now()), ...split(tx.retired())] };
    return { cycles: join(w[0], w[1]), retired: join(w[2], w[3]) };
  }

  /** Sends to a thread and waits for its answer. */
  *call(to: number, message: Message, options: IpcOptions = {}): Part<Received> {
    return received(yield ipcAction(to, message, to, options));
  }

  /** Sends only. Returns the ErrorCode word, 0 for success. */
  *send(to: number, message: Message, options: IpcOptions = {}): Part<number> {
    const result = yield ipcAction(to, message, NIL_THREAD, options);
    return result[2];
  }

  /** Waits for a message of one thread, or of any. Requests to this thread may arrive here: mind the sender. */
  *receive(from: number = ANY_THREAD, options: IpcOptions = {}): Part<Received> {
    return received(yield ipcAction(NIL_THREAD, undefined, from, options));
  }

  /** Sleeps, for a time code. */
  *sleep(time: number): Part<undefined> {
    if (time === TIME_NEVER) throw new RangeError("a handler that sleeps for ever never answers");
    yield ipcAction(NIL_THREAD, undefined, this.thread, { receiveTimeout: time });
    return undefined;
  }

  /** ThreadControl; -1 leaves the UTCB location alone. */
  *threadControl(thread: number, space: number, scheduler: number, pager: number, utcb: number): Part<CallResult> {
    return outcome(yield threadControlAction(thread, space, scheduler, pager, utcb));
  }

  /** SpaceControl; areas are fpages. */
  *spaceControl(space: number, kipArea: number, utcbArea: number): Part<CallResult> {
    return outcome(yield spaceControlAction(space, kipArea, utcbArea));
  }

  /** ExchangeRegisters; `control` says which of the changes count (EXREGS_ bits). */
  *exchangeRegisters(thread: number, control: number, changes: RegisterChanges = {}): Part<ExchangedRegisters> {
    const w = yield exchangeRegistersAction(thread, control, changes);
    return { result: w[0], control: w[1], sp: w[2], ip: w[3], flags: w[4], handle: w[5], pager: w[6], error: w[7] };
  }

  /** Unmap of up to 64 fpages that carry the rights to take back. Returns them with the access seen. */
  *unmap(fpages: readonly number[], flags: number = 0): Part<readonly number[]> {
    return yield unmapAction(flags, fpages);
  }

  /** Schedule; -1 leaves a part alone. Returns the thread's state before and its old TimeControl. */
  *schedule(thread: number, priority: number, time: number = -1): Part<{ state: number; time: number }> {
    const w = yield scheduleAction(thread, time, -1, priority, -1);
    return { state: w[0], time: w[1] };
  }

  /** RestartControl; deadline in microseconds of own time. */
  *restartControl(thread: number, page: number, supervisor: number, deadline: number): Part<CallResult> {
    return outcome(yield restartControlAction(thread, page, supervisor, deadline));
  }

  /** StateControl's record of a thread, as much of it as tells what it is doing; `buffer` takes the whole record. */
  *threadRecord(thread: number, buffer: number): Part<ThreadLook> {
    const w = yield threadRecordAction(thread, buffer);
    return {
      result: w[0]!,
      continuation: w[1]!,
      flags: w[2]!,
      to: w[3]!,
      from: w[4]!,
      fault: w[5]!,
      priority: w[6]!,
      fingerprint: w[7]!,
    };
  }

  /** ResidentControl: the thread's user code becomes a host program; 0 makes it guest code again. Privileged. */
  *residentControl(thread: number, program: number): Part<CallResult> {
    return outcome(yield residentControlAction(thread, program));
  }

  /** Ends this thread: of an ordinary server its process ends, of ART the machine is reset and keeps the reason. */
  *die(reason: string): Part<never> {
    yield { kind: DEATH, reason };
    throw new Error("a dead thread was resumed");
  }

  /** Gives up the rest of the timeslice. */
  *threadSwitch(to: number = NIL_THREAD): Part<undefined> {
    yield threadSwitchAction(to);
    return undefined;
  }
}

function received(words: readonly number[]): Received {
  return { from: words[0], tag: words[1], error: words[2], words: words.slice(3) };
}

function outcome(words: readonly number[]): CallResult {
  return { result: words[0], error: words[1] };
}

/** A count below 2^53 as two words, low first. */
function split(count: number): [number, number] {
  return [count | 0, Math.floor(count / 2 ** 32) | 0];
}

function join(low: number, high: number): number {
  return (high >>> 0) * 2 ** 32 + (low >>> 0);
}
