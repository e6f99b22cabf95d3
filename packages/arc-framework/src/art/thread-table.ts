/**
 * Which thread ids a process uses besides those of its P3 and its user thread.
 *
 * Here: the table, finding a thread in it, deleting all of a process's, whom a thread's end concerns. Not here: the calls (`threads.ts`).
 * A further thread's id follows from pid and place; its version is the process's.
 * Reference: thesis, appendix B.2 (a table of the usage of thread ids).
 * @module
 */
import { globalId, NIL_THREAD, periodCode, type ThreadId } from "@kintsugi/microkernel";
import { SESSION_CLIENT_ENDED } from "../protocol/session.ts";
import { EXTRA_THREADS, PROCESS_EXTRA_THREAD } from "../protocol/thread-numbers.ts";
import type { Part, Request } from "../server/request.ts";
import type { WordReader } from "../server/table.ts";
import { type ArtMemory, P } from "./art-memory.ts";
import { userThread } from "./processes.ts";

/** Id of a process's further thread at a place, from 0. */
export function extraThread({ processes }: ArtMemory, tx: WordReader, pid: number, place: number): ThreadId {
  return globalId(PROCESS_EXTRA_THREAD + (EXTRA_THREADS + 1) * pid + place, processes.get(tx, pid - 1, P.version));
}

/** Places that are taken, rising. */
export function threadPlaces({ processes }: ArtMemory, tx: WordReader, pid: number): number[] {
  const bits = processes.get(tx, pid - 1, P.threads);
  return Array.from({ length: EXTRA_THREADS }, (_, place) => place).filter((place) => bits & (1 << place));
}

/** Place of a thread among the process's further ones; -1 for its user thread; undefined for any other. */
export function placeOf(memory: ArtMemory, tx: WordReader, pid: number, thread: ThreadId): number | undefined {
  if (thread === userThread(memory, tx, pid)) return -1;
  return threadPlaces(memory, tx, pid).find((place) => extraThread(memory, tx, pid, place) === thread);
}

/** All further threads of a process go. Returns which there were. */
export function* deleteThreads(s: Request, memory: ArtMemory, pid: number): Part<readonly ThreadId[]> {
  const threads = yield* s.step((tx) =>
    threadPlaces(memory, tx, pid).map((place) => extraThread(memory, tx, pid, place)),
  );
  for (const thread of threads) yield* s.threadControl(thread, NIL_THREAD, NIL_THREAD, NIL_THREAD, -1);
  yield* s.step((tx) => {
    memory.processes.set(tx, pid - 1, P.threads, 0);
    return [];
  });
  return threads;
}

/** How long a server may take to hear that a client of its sessions has ended. */
const PATIENCE = periodCode(1_000_000);

/** A thread is gone: servers let go what they share with it. One that is too busy keeps that until it ends itself. */
export function* tellServers(s: Request, servers: readonly ThreadId[], thread: ThreadId): Part<undefined> {
  const message = { label: SESSION_CLIENT_ENDED, words: [thread] };
  for (const server of servers) yield* s.call(server, message, { sendTimeout: PATIENCE, receiveTimeout: PATIENCE });
  return undefined;
}
