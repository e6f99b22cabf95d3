/**
 * The watch: a thread of ART's that looks at all programs now and then.
 *
 * Here: the looks, telling the P3 of whoever is to blame, and asking every P3 to look at its own program. Not here: what makes a
 * failure of a look (`../detect/wait-for.ts`, `starvation.ts`), what a P3 looks at (`../p3/check-up.ts`), who may be blamed by others
 * (`blame.ts`). It is more urgent than whoever it looks at, and no call of a look blocks: what it sees is one moment.
 * Its own timeout keeps no machine awake (`KernelOptions.watcher`): it looks once more after everything has come to rest, and
 * then the machine is at rest, too.
 *
 *     sleep → look at each program's thread → FAILED to those to blame → CHECK to each P3 → …
 *
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
import { ART_WATCH_THREAD, PROCESS_FIRST_THREAD } from "../protocol/thread-numbers.ts";
import { CYCLES_PER_MICROSECOND } from "../protocol/time.ts";
import type { Handler, Part, Request } from "../server/request.ts";
import type { HandlerFunction } from "../server/resident-server.ts";
import type { Transaction } from "../server/transaction.ts";
import { type ArtMemory, P } from "./art-memory.ts";
import { alivePids, p3Thread, userThread } from "./processes.ts";

/** What a machine's watch looks for, and how often. Times are cycles of the virtual clock. */
export interface WatchOptions {
  /** From one look to the next. */
  readonly period: number;
  /** Who has been ready for so long without getting time starves. */
  readonly starvation: number;
  /** Detectors that are switched off. */
  readonly without: ReadonlySet<Switch>;
}

/** Continuations of the watch's thread. */
export const WATCH_LOOK = 8;
const WATCH_CHECK = 9;

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
    [WATCH_CHECK, checkAll(memory)],
  ];
}

/** Sleeps, looks, tells. */
function look(memory: ArtMemory, options: WatchOptions): HandlerFunction {
  return function* (s: Request): Handler {
    yield* s.sleep(periodCode(options.period / CYCLES_PER_MICROSECOND));
    const pids = yield* s.step((tx) => {
      tx.write(memory.watchBuffer, 0); // the kernel writes to present memory only
      return alivePids(memory, tx);
    });
    const seen: Seen[] = [];
    for (const pid of pids) seen.push(yield* lookAt(s, memory, pid));
    const words = yield* s.step((tx) => judge(memory, tx, options, seen).flatMap(wordsOf));
    for (let i = 0; i < words.length; i += BLAME_WORDS) {
      const [p3, ...message] = words.slice(i, i + BLAME_WORDS);
      // A P3 that is busy is about its program's recovery already.
      yield* s.call(p3!, { label: P3_FAILED, words: message }, { sendTimeout: TIME_ZERO });
    }
    return { become: { label: WATCH_CHECK } };

    function wordsOf({ pid, kind, detail }: Blame): number[] {
      const p3 = seen.find((one) => one.pid === pid)?.p3 ?? NIL_THREAD;
      return [p3, FAILURE_KINDS[kind], DETECTOR_NAMES.indexOf(kind), detail, 0];
    }
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

/** What is seen of a program. */
interface Seen extends Look {
  readonly p3: ThreadId;
  /** Whom its thread waits for, without end; nil for nobody. */
  readonly partner: ThreadId;
}

function* lookAt(s: Request, memory: ArtMemory, pid: number): Part<Seen> {
  const [p3, user] = yield* s.step((tx) => [p3Thread(memory, tx, pid), userThread(memory, tx, pid)]);
  const record = yield* s.threadRecord(user!, memory.watchBuffer);
  const stopped = record.result === 0 || (record.flags & RECORD_FLAG_HALTED) !== 0;
  return {
    pid,
    p3: p3!,
    ready: !stopped && record.continuation === CONTINUATION_USER,
    partner: stopped || record.fault !== 0 || (record.flags & RECORD_FLAG_TIMED) !== 0 ? NIL_THREAD : partnerOf(record),
    fingerprint: record.fingerprint,
    priority: record.priority,
  };
}

function partnerOf(record: { readonly continuation: number; readonly to: number; readonly from: number }): ThreadId {
  if (record.continuation === CONTINUATION_SEND) return record.to;
  const closed = record.continuation === CONTINUATION_RECEIVE && record.from !== ANY_THREAD;
  return closed ? record.from : NIL_THREAD;
}

/** Who is to blame for what is seen; remembers it for the next look. */
function judge(memory: ArtMemory, tx: Transaction, options: WatchOptions, seen: readonly Seen[]): readonly Blame[] {
  const blamed: Blame[] = [];
  if (!options.without.has("deadlock")) blamed.push(...deadlocked(memory, tx, seen));
  if (!options.without.has("starvation")) blamed.push(...hogs(memory, tx, options.starvation, seen));
  return blamed;
}

function deadlocked(memory: ArtMemory, tx: Transaction, seen: readonly Seen[]): readonly Blame[] {
  const waits = new Map<number, number>();
  for (const { pid, p3, partner } of seen) {
    const other = (threadNumber(partner) - PROCESS_FIRST_THREAD - 1) / 2;
    // A program that waits for another's end is in its P3's hands.
    const awaited = partner === p3 ? memory.processes.get(tx, pid - 1, P.waitsFor) : other;
    if (seen.some((one) => one.pid === awaited)) waits.set(pid, awaited);
  }
  const field = (pid: number, index: number): number => memory.processes.get(tx, pid - 1, index);
  return circles(waits).map((circle) => {
    const pid = leafOf(circle, (one) => ({ age: field(one, P.age), order: field(one, P.order) }));
    return { pid, kind: "deadlock", detail: waits.get(pid)! };
  });
}

/** Whoever takes the time of one that has starved for too long. */
function hogs(memory: ArtMemory, tx: Transaction, limit: number, seen: readonly Seen[]): readonly Blame[] {
  const { processes } = memory;
  const now = Math.floor(tx.now() / MILLISECOND);
  const before = new Map(seen.map(({ pid }) => [pid, processes.get(tx, pid - 1, P.fingerprint)]));
  const hungry = new Set(starving(seen, before));
  let longest = 0;
  for (const { pid, fingerprint } of seen) {
    processes.set(tx, pid - 1, P.fingerprint, fingerprint);
    if (!hungry.has(pid)) processes.set(tx, pid - 1, P.ranAt, now);
    longest = Math.max(longest, now - processes.get(tx, pid - 1, P.ranAt));
  }
  if (longest * MILLISECOND < limit) return [];
  for (const { pid } of seen) processes.set(tx, pid - 1, P.ranAt, now);
  return [{ pid: mostUrgent(seen), kind: "starvation", detail: longest }];
}
