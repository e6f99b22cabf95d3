/**
 * The watch: a thread of ART's that looks at all programs now and then.
 *
 * Here: the looks, telling the P3 of whoever is to blame, and asking every P3 to look at its own program. Not here: what makes a
 * failure of a look (`../detect/wait-for.ts`, `starvation.ts`), what a P3 looks at (`../p3/check-up.ts`), who may be blamed by others
 * (`blame.ts`). It is more urgent than whoever it looks at, and no call of a look blocks: what it sees is one moment.
 * Its own timeout keeps no machine awake (`KernelOptions.watcher`): it looks once more after everything has come to rest, and
 * then the machine is at rest, too.
 *
 *     sleep → look at each program's threads → FAILED to those to blame → CHECK to each P3 → …
 *
 * Each program is a request of its own, so that no journal has to hold all threads; what is seen lies in the process table.
 * Reference: thesis 3.3.1 (detectors of proactive recovery), 4.4.2; docs/protocols.md section 7.
 * @module
 */
import {
  ANY_THREAD,
  CONTINUATION_RECEIVE,
  CONTINUATION_SEND,
  CONTINUATION_USER,
  globalId,
  NIL_THREAD,
  periodCode,
  RECORD_FLAG_HALTED,
  RECORD_FLAG_TIMED,
  type ThreadId,
  TIME_ZERO,
  threadNumber,
} from "@kintsugi/microkernel";
import type { Switch } from "../detect/detect.ts";
import { type Look, mostUrgent, starving } from "../detect/starvation.ts";
import { circles, leafOf } from "../detect/wait-for.ts";
import { DETECTOR_NAMES, FAILURE_KINDS } from "../failure.ts";
import { P3_CHECK, P3_FAILED } from "../protocol/p3.ts";
import {
  ART_WATCH_THREAD,
  EXTRA_THREADS,
  PROCESS_EXTRA_THREAD,
  PROCESS_FIRST_THREAD,
} from "../protocol/thread-numbers.ts";
import { CYCLES_PER_MICROSECOND } from "../protocol/time.ts";
import type { Message } from "../server/action.ts";
import type { Handler, Request } from "../server/request.ts";
import type { HandlerFunction } from "../server/resident-server.ts";
import type { WordReader } from "../server/table.ts";
import type { Transaction } from "../server/transaction.ts";
import { type ArtMemory, P } from "./art-memory.ts";
import { alivePids, p3Thread, userThread } from "./processes.ts";
import { extraThread, threadPlaces } from "./thread-table.ts";

/** What a machine's watch looks for, and how often. Times are cycles of the virtual clock. */
export interface WatchOptions {
  /** From one look to the next. */
  readonly period: number;
  /** Who has been ready for so long without getting time starves. */
  readonly starvation: number;
  /** Detectors that are switched off. */
  readonly without: ReadonlySet<Switch>;
}

/** Continuations of the watch's thread; LOOK_AT has a pid. */
export const WATCH_LOOK = 8;
const WATCH_CHECK = 9;
const WATCH_LOOK_AT = 10;
const WATCH_JUDGE = 11;

/** The watch's thread. */
export const WATCH: ThreadId = globalId(ART_WATCH_THREAD, 1);

/** More urgent than every program and P3, less than ART's service threads. */
export const WATCH_PRIORITY = 190;

const MILLISECOND = 1000 * CYCLES_PER_MICROSECOND;

/** One who is to fail. */
interface Blame {
  readonly pid: number;
  readonly kind: "deadlock" | "starvation";
  readonly detail: number;
}

/** What the watch's thread becomes, over and over. */
export function watchContinuations(memory: ArtMemory, options: WatchOptions): [number, HandlerFunction][] {
  return [
    [WATCH_LOOK, look(memory, options)],
    [WATCH_LOOK_AT, lookAt(memory)],
    [WATCH_JUDGE, judge(memory, options)],
    [WATCH_CHECK, checkAll(memory)],
  ];
}

/** Sleeps; then one program after the other. */
function look(memory: ArtMemory, options: WatchOptions): HandlerFunction {
  return function* (s: Request): Handler {
    yield* s.sleep(periodCode(options.period / CYCLES_PER_MICROSECOND));
    const [first] = yield* s.step((tx) => {
      tx.write(memory.watchBuffer, 0); // the kernel writes to present memory only
      return [pidBehind(memory, tx, 0)];
    });
    return { become: behind(first!) };
  };
}

/** The next pid that is alive, 0 behind the last one. */
function pidBehind(memory: ArtMemory, tx: WordReader, pid: number): number {
  return alivePids(memory, tx).find((other) => other > pid) ?? 0;
}

const behind = (next: number): Message =>
  next === 0 ? { label: WATCH_JUDGE } : { label: WATCH_LOOK_AT, words: [next] };

/** Looks at the threads of a program, and remembers what it sees. */
function lookAt(memory: ArtMemory): HandlerFunction {
  return function* (s: Request): Handler {
    const pid = s.word(1);
    const [next, ...threads] = yield* s.step((tx) => [
      pidBehind(memory, tx, pid),
      userThread(memory, tx, pid),
      ...threadPlaces(memory, tx, pid).flatMap((place) => [place + 1, extraThread(memory, tx, pid, place)]),
    ]);
    const partners = new Array<ThreadId>(SLOTS).fill(NIL_THREAD);
    let [urgency, fingerprint] = [0, 0];
    for (let i = 0; i < threads.length; i += 2) {
      const slot = i === 0 ? 0 : threads[i - 1]!;
      const record = yield* s.threadRecord(threads[i]!, memory.watchBuffer);
      const stopped = record.result === 0 || (record.flags & RECORD_FLAG_HALTED) !== 0;
      if (!stopped && record.continuation === CONTINUATION_USER) urgency = Math.max(urgency, record.priority + 1);
      if (!stopped && record.fault === 0 && (record.flags & RECORD_FLAG_TIMED) === 0)
        partners[slot] = partnerOf(record);
      fingerprint = Math.imul(fingerprint, HASH) ^ record.fingerprint;
    }
    yield* s.step((tx) => {
      const set = (field: number, value: number): void => memory.processes.set(tx, pid - 1, field, value);
      set(P.urgency, urgency);
      set(P.seen, fingerprint);
      for (const [slot, partner] of partners.entries()) set(P.partners + slot, partner);
      return [];
    });
    return { become: behind(next!) };
  };
}

/** Threads of a process: the user thread, then the further ones by place. */
const SLOTS = EXTRA_THREADS + 1;
const HASH = 0x01000193;

function partnerOf(record: { readonly continuation: number; readonly to: number; readonly from: number }): ThreadId {
  if (record.continuation === CONTINUATION_SEND) return record.to;
  const closed = record.continuation === CONTINUATION_RECEIVE && record.from !== ANY_THREAD;
  return closed ? record.from : NIL_THREAD;
}

/** Tells the P3 of whoever is to blame for what is seen. */
function judge(memory: ArtMemory, { without, starvation }: WatchOptions): HandlerFunction {
  return function* (s: Request): Handler {
    const words = yield* s.step((tx) => {
      const blamed: Blame[] = [];
      if (!without.has("deadlock")) blamed.push(...deadlocked(memory, tx));
      if (!without.has("starvation")) blamed.push(...hogs(memory, tx, starvation));
      return blamed.flatMap(({ pid, kind, detail }) => [
        pid === 0 ? NIL_THREAD : p3Thread(memory, tx, pid),
        FAILURE_KINDS[kind],
        DETECTOR_NAMES.indexOf(kind),
        detail,
        0,
      ]);
    });
    for (let i = 0; i < words.length; i += BLAME_WORDS) {
      const [p3, ...message] = words.slice(i, i + BLAME_WORDS);
      // A P3 that is busy is about its program's recovery already.
      yield* s.call(p3!, { label: P3_FAILED, words: message }, { sendTimeout: TIME_ZERO });
    }
    return { become: { label: WATCH_CHECK } };
  };
}

const BLAME_WORDS = 5;

/** CHECK to each P3 that is not busy with something else. */
function checkAll(memory: ArtMemory): HandlerFunction {
  return function* (s: Request): Handler {
    const p3s = yield* s.step((tx) => alivePids(memory, tx).map((pid) => p3Thread(memory, tx, pid)));
    for (const p3 of p3s) yield* s.call(p3, { label: P3_CHECK }, { sendTimeout: TIME_ZERO });
    return { become: { label: WATCH_LOOK } };
  };
}

/** Circles of threads that wait for each other: the process of each one's leaf. */
function deadlocked(memory: ArtMemory, tx: WordReader): readonly Blame[] {
  const field = (pid: number, index: number): number => memory.processes.get(tx, pid - 1, index);
  const pids = alivePids(memory, tx);
  const waits = new Map<number, number>();
  for (const pid of pids)
    for (let slot = 0; slot < SLOTS; slot++) {
      const partner = field(pid, P.partners + slot);
      if (partner === NIL_THREAD) continue;
      // A program that waits for another's end is in its P3's hands.
      const ownP3 = partner === p3Thread(memory, tx, pid);
      const awaited = ownP3 ? nodeOf(field(pid, P.waitsFor), 0) : nodeOfThread(partner);
      if (pids.includes(pidOf(awaited))) waits.set(nodeOf(pid, slot), awaited);
    }
  const blamed = circles(waits).map((circle): Blame => {
    const leaf = leafOf(circle, (node) => ({ age: field(pidOf(node), P.age), order: field(pidOf(node), P.order) }));
    return { pid: pidOf(leaf), kind: "deadlock", detail: pidOf(waits.get(leaf)!) };
  });
  return blamed.filter(({ pid }, i) => blamed.findIndex((other) => other.pid === pid) === i);
}

/** Nodes of the wait-for graph: threads, by pid and slot. */
const nodeOf = (pid: number, slot: number): number => pid * SLOTS + slot;
const pidOf = (node: number): number => Math.floor(node / SLOTS);

/** The node of a user thread or a further one; that of no process for any other thread. */
function nodeOfThread(thread: ThreadId): number {
  const number = threadNumber(thread);
  if (number >= PROCESS_EXTRA_THREAD) return number - PROCESS_EXTRA_THREAD + 1;
  const user = number - PROCESS_FIRST_THREAD - 1;
  return user > 0 && user % 2 === 0 ? nodeOf(user / 2, 0) : 0;
}

/** Whoever takes the time of one that has starved for too long. */
function hogs(memory: ArtMemory, tx: Transaction, limit: number): readonly Blame[] {
  const { processes } = memory;
  const now = Math.floor(tx.now() / MILLISECOND);
  const looks = alivePids(memory, tx).map((pid): Look => {
    const urgency = processes.get(tx, pid - 1, P.urgency);
    return { pid, ready: urgency > 0, fingerprint: processes.get(tx, pid - 1, P.seen), priority: urgency - 1 };
  });
  const before = new Map(looks.map(({ pid }) => [pid, processes.get(tx, pid - 1, P.fingerprint)]));
  const hungry = new Set(starving(looks, before));
  let longest = 0;
  for (const { pid, fingerprint } of looks) {
    processes.set(tx, pid - 1, P.fingerprint, fingerprint);
    if (!hungry.has(pid)) processes.set(tx, pid - 1, P.ranAt, now);
    longest = Math.max(longest, now - processes.get(tx, pid - 1, P.ranAt));
  }
  if (longest * MILLISECOND < limit) return [];
  for (const { pid } of looks) processes.set(tx, pid - 1, P.ranAt, now);
  return [{ pid: mostUrgent(looks), kind: "starvation", detail: longest }];
}
