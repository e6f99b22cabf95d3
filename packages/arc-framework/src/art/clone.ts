/**
 * A process made from another one: the same memory, copied page by page when either of the two writes.
 *
 * Here: NEW_TASK – row and threads, then the pages in batches, each a request of its own – and DELETE_TASK.
 * Not here: the copy itself (`faults.ts`), what the new P3 does with the old one's tables (`../p3/clone.ts`).
 * The P3's own tables are among the pages; its journal is not, nor is the restart page, which the kernel writes, nor what is shared.
 * The P3 that asks waits meanwhile, so that its tables stand still.
 * Reference: thesis, appendices A.1 (copy-on-write) and B.4.1 (new task, delete task).
 * @module
 */
import { FAILURE_NONE, FPAGE_W, type ThreadId } from "@kintsugi/microkernel";
import {
  P3_MODULE_AREA,
  P3_PERSISTENT_MEMORY,
  RESTART_PAGE,
  SESSION_AREA,
  SESSION_AREA_END,
} from "../protocol/address-space.ts";
import { PROCESS_FLAG_CLONE, PROCESS_FLAG_SERVER, PROGRAM_PRIORITY } from "../protocol/art.ts";
import { STATUS_FAILED, STATUS_NO_MEMORY, STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { THREAD_MEMORY_SIZE } from "../server/journal.ts";
import { type Handler, type Request, reply } from "../server/request.ts";
import type { HandlerFunction } from "../server/resident-server.ts";
import type { Transaction } from "../server/transaction.ts";
import { ARGUMENT_BYTES, type ArtMemory, M, MP, P } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { makeThreads, startP3 } from "./creation.ts";
import { MODULE_PROGRAM_SHIFT } from "./modules.ts";
import { pageOf } from "./page-table.ts";
import {
  enter,
  freePid,
  PROCESS_RUNNING,
  PROCESS_STARTING,
  p3Thread,
  readWords,
  stateOf,
  userThread,
} from "./processes.ts";
import { endProcess } from "./removal.ts";
import { hold, MAPPING_COPY_ON_WRITE, mappingAt, mappingsLeft, setRights } from "./space.ts";

/** The continuation that goes on with copying: new pid, old pid, row of the next mapping. */
export const CLONE_PAGES = 7;
/** Pages of one step: its undo log has a bound. */
const BATCH = 16;

/** NEW_TASK P3: → pid, when the new process's P3 has started. Servers have a name that only one can bear. */
export function newTask(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const [status, child, p3, user] = yield* s.step((tx) => {
      const { processes, modules } = memory;
      const flags = processes.get(tx, pid - 1, P.flags);
      const module = processes.get(tx, pid - 1, P.module);
      const program = modules.get(tx, module, M.flags) >>> MODULE_PROGRAM_SHIFT;
      if (!isCaller(memory, tx, s) || s.word(1) !== s.sender || stateOf(memory, tx, pid) !== PROCESS_RUNNING)
        return [STATUS_REFUSED];
      if ((flags & PROCESS_FLAG_SERVER) !== 0 || program !== 0) return [STATUS_REFUSED];
      const free = freePid(memory, tx);
      if (free === 0 || mappingsLeft(memory, tx) < processes.get(tx, pid - 1, P.pages)) return [STATUS_NO_MEMORY];
      const argument = readWords(tx, processes.address(pid - 1, P.argument), ARGUMENT_BYTES / 4);
      enter(memory, tx, free, {
        [P.module]: module,
        [P.flags]: flags | PROCESS_FLAG_CLONE,
        [P.parent]: pid,
        [P.starter]: s.thread,
        [P.startClient]: s.sender,
        ...Object.fromEntries(argument.map((word, i) => [P.argument + i, word])),
      });
      return [STATUS_OK, free, p3Thread(memory, tx, free), userThread(memory, tx, free)];
    });
    if (status !== STATUS_OK) return reply(status!);
    const threads = { pid: child!, p3: p3!, user: user!, program: 0, priority: PROGRAM_PRIORITY };
    if (!(yield* makeThreads(s, memory, threads))) return reply(STATUS_NO_MEMORY);
    const [first] = yield* s.step((tx) => [memory.processes.get(tx, pid - 1, P.mapping)]);
    return { become: { label: CLONE_PAGES, words: [child!, pid, first!] } };
  };
}

/** A batch of pages; behind the last one the new P3 starts, and answers for itself (PROCESS_STARTED). */
export function clonePages(memory: ArtMemory): HandlerFunction {
  return function* (s: Request): Handler {
    const [child, parent] = [s.word(1), s.word(2)];
    const [status, next, ...frames] = yield* s.step((tx) => copyBatch(tx, memory, child, parent, s.word(3)));
    if (status !== STATUS_OK) {
      // Whoever waits for it hears that it has not started.
      const exit = { status: status!, kind: FAILURE_NONE, detail: 0, address: 0 };
      return yield* endProcess(s, memory, child, exit, false);
    }
    if (frames.length > 0) yield* s.unmap(frames.map((frame) => pageOf(frame, FPAGE_W)));
    if (next !== 0) return { become: { label: CLONE_PAGES, words: [child, parent, next!] } };
    const [p3] = yield* s.step((tx) => [p3Thread(memory, tx, child)]);
    yield* startP3(s, child, p3 as ThreadId);
    return undefined;
  };
}

/** Result: status, row of the next mapping or 0, frames that nobody may write any more. */
function copyBatch(tx: Transaction, memory: ArtMemory, child: number, parent: number, from: number): number[] {
  if (stateOf(memory, tx, parent) !== PROCESS_RUNNING || stateOf(memory, tx, child) !== PROCESS_STARTING)
    return [STATUS_FAILED];
  if (mappingsLeft(memory, tx) < BATCH) return [STATUS_NO_MEMORY];
  const frames: number[] = [];
  let row = from;
  for (let count = 0; row !== 0 && count < BATCH; count++, row = memory.mappings.get(tx, row, MP.spaceNext)) {
    const { address, frame, rights } = mappingAt(memory, tx, row);
    if (!isInherited(address)) continue;
    setRights(memory, tx, row, rights | MAPPING_COPY_ON_WRITE);
    hold(memory, tx, child, address, frame, rights | MAPPING_COPY_ON_WRITE);
    frames.push(frame);
  }
  return [STATUS_OK, row, ...frames];
}

const JOURNAL_END = P3_PERSISTENT_MEMORY + THREAD_MEMORY_SIZE;

/** Module pages are not held at all; the new P3 maps them as it needs them. */
function isInherited(address: number): boolean {
  if (address < P3_MODULE_AREA) return address >= JOURNAL_END;
  return address !== RESTART_PAGE && (address < SESSION_AREA || address >= SESSION_AREA_END);
}

/** DELETE_TASK space: the caller's own process ends, with all its threads; no reply. */
export function deleteTask(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const [own] = yield* s.step((tx) => [s.word(1) === userThread(memory, tx, pid) ? 1 : 0]);
    if (own === 0) return reply(STATUS_REFUSED);
    return yield* endProcess(s, memory, pid, { status: 0, kind: FAILURE_NONE, detail: 0, address: 0 }, false);
  };
}
