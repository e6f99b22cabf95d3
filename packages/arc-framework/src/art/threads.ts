/**
 * Threads of processes: making, deleting, priorities.
 *
 * Here: NEW_THREAD, DELETE_THREAD and PRIORITY, each for the process of the P3 that asks. A P3 runs no threads but its own: it is host code.
 * Not here: which ids are in use (`thread-table.ts`), starting a thread, which its P3 does.
 * Reference: thesis, appendix B.4.1 (thread management).
 * @module
 */
import { NIL_THREAD, STANDARD_UTCB_AREA, UTCB_SIZE } from "@kintsugi/microkernel";
import { PROCESS_FLAG_SERVER, PROGRAM_PRIORITY, SERVER_PRIORITY } from "../protocol/art.ts";
import { STATUS_INVALID, STATUS_NO_MEMORY, STATUS_NOT_FOUND, STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { EXTRA_THREADS } from "../protocol/thread-numbers.ts";
import { type Handler, type Request, reply } from "../server/request.ts";
import type { WordReader } from "../server/table.ts";
import { type ArtMemory, P } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { routeLinesOf } from "./interrupts.ts";
import { offering } from "./offers.ts";
import { ART_MAIN, p3Thread, userThread } from "./processes.ts";
import { extraThread, placeOf, tellServers, threadPlaces } from "./thread-table.ts";

/** What X.2 knows. */
const HIGHEST_PRIORITY = 255;

/** NEW_THREAD space: → thread id, of an active thread that waits to be started by its P3. */
export function newThread(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const [status, thread, user, p3, place, priority] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s) || s.word(1) !== userThread(memory, tx, pid)) return [STATUS_REFUSED];
      const taken = threadPlaces(memory, tx, pid);
      const place = Array.from({ length: EXTRA_THREADS }, (_, i) => i).find((i) => !taken.includes(i));
      if (place === undefined) return [STATUS_NO_MEMORY];
      memory.processes.set(tx, pid - 1, P.threads, memory.processes.get(tx, pid - 1, P.threads) | (1 << place));
      const ids = [extraThread(memory, tx, pid, place), userThread(memory, tx, pid), p3Thread(memory, tx, pid)];
      return [STATUS_OK, ...ids, place, highestOf(memory, tx, pid)];
    });
    if (status !== STATUS_OK) return reply(status!);
    const utcb = STANDARD_UTCB_AREA + (place! + 1) * UTCB_SIZE;
    const { result } = yield* s.threadControl(thread!, user!, ART_MAIN, p3!, utcb);
    if (result === 1) {
      yield* s.schedule(thread!, priority!);
      return reply(STATUS_OK, thread!);
    }
    yield* s.step((tx) => forgetThread(memory, tx, pid, place!));
    return reply(STATUS_NO_MEMORY);
  };
}

/** DELETE_THREAD thread, space. Interrupts that it took go to the user thread. */
export function deleteThread(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const thread = s.word(1);
    const [status, place, ...servers] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s) || s.word(2) !== userThread(memory, tx, pid)) return [STATUS_REFUSED];
      const found = placeOf(memory, tx, pid, thread);
      // The first thread goes with its process.
      if (found === undefined || found < 0) return [found === undefined ? STATUS_NOT_FOUND : STATUS_REFUSED];
      return [STATUS_OK, found, ...offering(memory, tx, pid)];
    });
    if (status !== STATUS_OK) return reply(status!);
    yield* s.threadControl(thread, NIL_THREAD, NIL_THREAD, NIL_THREAD, -1);
    yield* routeLinesOf(s, memory, pid, place!);
    yield* tellServers(s, servers, thread);
    yield* s.step((tx) => forgetThread(memory, tx, pid, place!));
    return reply(STATUS_OK);
  };
}

function forgetThread(
  { processes }: ArtMemory,
  tx: Parameters<typeof processes.set>[0],
  pid: number,
  place: number,
): [] {
  processes.set(tx, pid - 1, P.threads, processes.get(tx, pid - 1, P.threads) & ~(1 << place));
  return [];
}

/** PRIORITY thread, priority: of a thread of the process. None may run before those that were started above it. */
export function setPriority(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const [thread, priority] = [s.word(1), s.word(2) >>> 0];
    if (priority > HIGHEST_PRIORITY) return reply(STATUS_INVALID);
    const [status] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s) || placeOf(memory, tx, pid, thread) === undefined) return [STATUS_REFUSED];
      return [priority > highestOf(memory, tx, pid) ? STATUS_REFUSED : STATUS_OK];
    });
    if (status === STATUS_OK) yield* s.schedule(thread, priority);
    return reply(status!);
  };
}

function highestOf({ processes }: ArtMemory, tx: WordReader, pid: number): number {
  return processes.get(tx, pid - 1, P.flags) & PROCESS_FLAG_SERVER ? SERVER_PRIORITY : PROGRAM_PRIORITY;
}
