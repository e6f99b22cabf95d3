/**
 * Ending a process: its threads, its pages and whoever waits for it.
 *
 * Here: from "it ends" to a row that can be used again. Whoever comes first ends it; others find it
 * ending and leave it alone. Its mappings go with its spaces; what it held is let go in batches, each a request of its
 * own, so that no journal has to hold a whole process.
 * Not here: why it ends. Reference: thesis, appendix B (delete task, exit).
 * @module
 */
import { INTERRUPT_LINES, interruptId, NIL_THREAD, TIME_ZERO } from "@kintsugi/microkernel";
import { STATUS_FAILED, STATUS_OK } from "../protocol/status.ts";
import { PROCESS_LIMIT } from "../protocol/thread-numbers.ts";
import { type Answer, type Handler, type Part, type Request, reply } from "../server/request.ts";
import type { HandlerFunction } from "../server/resident-server.ts";
import type { Transaction } from "../server/transaction.ts";
import { type ArtMemory, P } from "./art-memory.ts";
import { releaseDevices } from "./direct.ts";
import { releaseGroup } from "./group.ts";
import { endOffers, offering } from "./offers.ts";
import {
  isAlive,
  PROCESS_ENDED,
  PROCESS_ENDING,
  PROCESS_FREE,
  PROCESS_RUNNING,
  PROCESS_STARTING,
  p3Thread,
  serviceThread,
  stateOf,
  userThread,
} from "./processes.ts";
import { forget } from "./relations.ts";
import { drop, mappingsOf } from "./space.ts";
import { tellStarter } from "./starter.ts";
import { deleteThreads, tellServers } from "./thread-table.ts";

/** The continuation that goes on with a removal: pid, 1 if the sender gets a reply at the end. */
export const REMOVE_PAGES = 1;

const BATCH = 32;
/** How a process ended. */
export interface Exit {
  readonly status: number;
  /** FAILURE_ kind, 0 for an exit of its own. */
  readonly kind: number;
  readonly detail: number;
  readonly address: number;
}

/** Ends a process; the rest of the request is the removal of its pages. */
export function* endProcess(s: Request, memory: ArtMemory, pid: number, exit: Exit, replies: boolean): Part<Answer> {
  const [first, interrupts, user, p3, loading, ...servers] = yield* s.step((tx) => begin(tx, memory, pid, exit));
  if (first === 0) return replies ? reply(STATUS_OK) : undefined;
  for (let line = 0; line < INTERRUPT_LINES; line++)
    if (interrupts & (1 << line))
      yield* s.threadControl(interruptId(line), interruptId(line), NIL_THREAD, interruptId(line), -1);
  yield* s.threadControl(user, NIL_THREAD, NIL_THREAD, NIL_THREAD, -1);
  const others = yield* deleteThreads(s, memory, pid);
  yield* s.threadControl(p3, NIL_THREAD, NIL_THREAD, NIL_THREAD, -1);
  // A P3 that was loading a file has a session in its own name.
  for (const thread of [user!, ...(loading === 1 ? [p3!] : []), ...others]) yield* tellServers(s, servers, thread);
  return { become: { label: REMOVE_PAGES, words: [pid, replies ? 1 : 0] } };
}

/** Result: 1 if this is the first to end it; its lines; its threads; 1 if it has not started; those who share something with it. */
function begin(tx: Transaction, memory: ArtMemory, pid: number, exit: Exit): number[] {
  if (!isAlive(memory, tx, pid)) return [0];
  const { processes } = memory;
  const row = pid - 1;
  const loading = stateOf(memory, tx, pid) === PROCESS_STARTING ? 1 : 0;
  processes.set(tx, row, P.exitStatus, exit.status);
  processes.set(tx, row, P.exitKind, exit.kind);
  processes.set(tx, row, P.exitDetail, exit.detail);
  processes.set(tx, row, P.exitAddress, exit.address);
  processes.set(tx, row, P.state, PROCESS_ENDING);
  forget(memory, tx, pid);
  const servers = offering(memory, tx, pid);
  endOffers(memory, tx, pid);
  releaseDevices(memory, tx, pid);
  const interrupts = processes.get(tx, row, P.interrupts);
  return [1, interrupts, userThread(memory, tx, pid), p3Thread(memory, tx, pid), loading, ...servers];
}

/** Takes back a batch of pages; after the last one tells everybody and frees the row. */
export function removePages(memory: ArtMemory): HandlerFunction {
  return function* (s: Request): Handler {
    const pid = s.word(1);
    const [left] = yield* s.step((tx) => {
      const rows = mappingsOf(memory, tx, pid, BATCH);
      for (const row of rows) drop(memory, tx, row);
      return [rows.length];
    });
    if (left! > 0) return { become: { label: REMOVE_PAGES, words: s.words } };
    yield* releaseGroup(s, memory, pid);
    yield* tellWaiters(s, memory, pid);
    return s.word(2) === 1 ? reply(STATUS_OK) : undefined;
  };
}

function* tellWaiters(s: Request, memory: ArtMemory, pid: number): Part<undefined> {
  const [starter, startClient, ...waiters] = yield* s.step((tx) => finish(tx, memory, pid));
  yield* tellStarter(s, starter, startClient, [STATUS_FAILED]);
  const exit = waiters.splice(0, 4);
  while (waiters.length > 0) {
    const [service, client] = waiters.splice(0, 2);
    const message = { words: [STATUS_OK, ...exit] };
    // The client waits for its own service thread: the message comes in that one's name.
    yield* s.send(client, message, { virtualSender: service, sendTimeout: TIME_ZERO });
  }
  return undefined;
}

/** Frees the row. Result: starter, its client, the exit, then service thread and P3 of each that waits. */
function finish(tx: Transaction, memory: ArtMemory, pid: number): number[] {
  const { processes } = memory;
  const row = pid - 1;
  const told = [P.starter, P.startClient, P.exitStatus, P.exitKind, P.exitDetail, P.exitAddress];
  const result = told.map((field) => processes.get(tx, row, field));
  const parent = processes.get(tx, row, P.parent);
  let waitedFor = parent === 0 || stateOf(memory, tx, parent) !== PROCESS_RUNNING;
  for (let other = 1; other <= PROCESS_LIMIT; other++) {
    if (processes.get(tx, other - 1, P.waitsFor) === pid) {
      result.push(serviceThread(other), processes.get(tx, other - 1, P.waitClient));
      processes.set(tx, other - 1, P.waitsFor, 0);
      if (other === parent) waitedFor = true;
    }
    if (processes.get(tx, other - 1, P.parent) === pid) {
      processes.set(tx, other - 1, P.parent, 0);
      // Its exit was kept for this process only.
      if (stateOf(memory, tx, other) === PROCESS_ENDED) processes.set(tx, other - 1, P.state, PROCESS_FREE);
    }
  }
  processes.set(tx, row, P.waitsFor, 0);
  processes.set(tx, row, P.state, waitedFor ? PROCESS_FREE : PROCESS_ENDED);
  return result;
}
