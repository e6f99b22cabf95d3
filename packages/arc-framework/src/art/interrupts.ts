/**
 * Interrupts: which thread of which server hears of a line.
 *
 * Here: INTERRUPT, INTERRUPT_END. Only ART may associate a thread with an interrupt; it does so for servers that ask.
 * Not here: the end of a process, which detaches its lines (`removal.ts`).
 * Reference: thesis, appendices B.3 and B.4.1 (set and unset interrupt).
 * @module
 */
import { globalId, INTERRUPT_LINES, interruptId, NIL_THREAD, type ThreadId, threadNumber } from "@kintsugi/microkernel";
import { INTERRUPT_THREAD_SHIFT, PROCESS_FLAG_SERVER } from "../protocol/art.ts";
import { STATUS_BUSY, STATUS_INVALID, STATUS_NOT_FOUND, STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { type Handler, type Part, type Request, reply } from "../server/request.ts";
import type { WordReader, WordWriter } from "../server/table.ts";
import { type ArtMemory, P } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { alivePids, userThread } from "./processes.ts";
import { placeOf } from "./thread-table.ts";

const LINES_PER_WORD = 8;
const PLACE_BITS = 4;

/** INTERRUPT thread number/irq: its messages go to that thread from now on, number 0 being the caller's user thread. For servers only. */
export function interrupt(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const line = (s.word(1) >>> 0) & ((1 << INTERRUPT_THREAD_SHIFT) - 1);
    if (line >= INTERRUPT_LINES) return reply(STATUS_INVALID);
    const [status, thread, before] = yield* s.step((tx) => {
      const { processes } = memory;
      if (!isCaller(memory, tx, s) || (processes.get(tx, pid - 1, P.flags) & PROCESS_FLAG_SERVER) === 0)
        return [STATUS_REFUSED];
      const named = threadOf(memory, tx, pid, s.word(1) >>> INTERRUPT_THREAD_SHIFT);
      if (named === undefined) return [STATUS_REFUSED];
      if (alivePids(memory, tx).some((other) => other !== pid && hasLine(memory, tx, other, line)))
        return [STATUS_BUSY];
      const had = hasLine(memory, tx, pid, line) ? 1 : 0;
      setLine(memory, tx, pid, line, true);
      setPlace(memory, tx, pid, line, (placeOf(memory, tx, pid, named) ?? -1) + 1);
      return [STATUS_OK, named, had];
    });
    if (status !== STATUS_OK) return reply(status!);
    if ((yield* route(s, line, thread!)) || before === 1) return reply(STATUS_OK);
    yield* s.step((tx) => {
      setLine(memory, tx, pid, line, false);
      return [];
    });
    return reply(STATUS_INVALID);
  };
}

/** INTERRUPT_END irq: the line is nobody's, and masked. */
export function interruptEnd(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const line = s.word(1) >>> 0;
    const [status] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s)) return [STATUS_REFUSED];
      return [line < INTERRUPT_LINES && hasLine(memory, tx, pid, line) ? STATUS_OK : STATUS_NOT_FOUND];
    });
    if (status !== STATUS_OK) return reply(status!);
    yield* route(s, line, interruptId(line));
    yield* s.step((tx) => {
      setLine(memory, tx, pid, line, false);
      setPlace(memory, tx, pid, line, 0);
      return [];
    });
    return reply(STATUS_OK);
  };
}

/** A further thread is gone: the lines that it heard of are the user thread's. */
export function* routeLinesOf(s: Request, memory: ArtMemory, pid: number, place: number): Part<undefined> {
  const [user, ...lines] = yield* s.step((tx) => {
    const all = Array.from({ length: INTERRUPT_LINES }, (_, line) => line);
    const its = all.filter((line) => hasLine(memory, tx, pid, line) && listenerOf(memory, tx, pid, line) === place + 1);
    for (const line of its) setPlace(memory, tx, pid, line, 0);
    return [userThread(memory, tx, pid), ...its];
  });
  for (const line of lines) yield* route(s, line, user!);
  return undefined;
}

/** Attaches a line to a thread, or, to its own id, detaches it. */
function* route(s: Request, line: number, thread: ThreadId): Part<boolean> {
  const { result } = yield* s.threadControl(interruptId(line), interruptId(line), NIL_THREAD, thread, -1);
  return result === 1;
}

/** The process's thread of a number, undefined if it has none. */
function threadOf(memory: ArtMemory, tx: WordReader, pid: number, number: number): ThreadId | undefined {
  const user = userThread(memory, tx, pid);
  if (number === 0 || number === threadNumber(user)) return user;
  const thread = globalId(number, memory.processes.get(tx, pid - 1, P.version));
  return placeOf(memory, tx, pid, thread) === undefined ? undefined : thread;
}

function hasLine({ processes }: ArtMemory, tx: WordReader, pid: number, line: number): boolean {
  return (processes.get(tx, pid - 1, P.interrupts) & (1 << line)) !== 0;
}

function setLine({ processes }: ArtMemory, tx: WordWriter, pid: number, line: number, has: boolean): void {
  const lines = processes.get(tx, pid - 1, P.interrupts);
  processes.set(tx, pid - 1, P.interrupts, has ? lines | (1 << line) : lines & ~(1 << line));
}

/** 0 for the user thread, else 1 + place. */
function listenerOf({ processes }: ArtMemory, tx: WordReader, pid: number, line: number): number {
  const word = processes.get(tx, pid - 1, P.lineThreads + Math.floor(line / LINES_PER_WORD));
  return (word >>> (PLACE_BITS * (line % LINES_PER_WORD))) & 0xf;
}

function setPlace({ processes }: ArtMemory, tx: WordWriter, pid: number, line: number, value: number): void {
  const field = P.lineThreads + Math.floor(line / LINES_PER_WORD);
  const shift = PLACE_BITS * (line % LINES_PER_WORD);
  processes.set(tx, pid - 1, field, (processes.get(tx, pid - 1, field) & ~(0xf << shift)) | (value << shift));
}
