/**
 * Threads: rows, names, registers, and the words of a thread's UTCB.
 *
 * Here: finding a thread by its global or local id, taking and freeing rows.
 * Not here: what threads do (→ ipc/, ready-queue.ts), system calls on them (→ syscall/).
 * @module
 */
import { EFLAGS_IOPL, INITIAL_EFLAGS } from "../api/protocol/exception.ts";
import { interruptId, isGlobal, type ThreadId, threadNumber } from "../api/thread-id.ts";
import { BR_BASE, TCR_ERROR_CODE, TCR_MY_GLOBAL_ID, UTCB_MR0_OFFSET, UTCB_SIZE } from "../api/utcb.ts";
import { type Arena, THREAD_BUCKETS } from "../table/arena.ts";
import { H, S, T } from "../table/layout.ts";
import { FLAG_INTERRUPT } from "../table/states.ts";
import { book, unbook } from "./kernel-memory.ts";
import { translate } from "./page-table.ts";

function bucket(a: Arena, number: number): number {
  return a.get(H.bucketsAt) + (number & (THREAD_BUCKETS - 1));
}

/** The thread with this number, whatever its version, or 0. */
export function findNumber(a: Arena, number: number): number {
  const { words, threads } = a;
  let row = words[bucket(a, number)];
  while (row !== 0) {
    const at = threads.base + row * threads.stride;
    if (threadNumber(words[at + T.id]) === number) return row;
    row = words[at + T.bucketNext];
  }
  return 0;
}

/** The thread with exactly this global id, or 0. */
export function findGlobal(a: Arena, id: ThreadId): number {
  if (!isGlobal(id)) return 0;
  const row = findNumber(a, threadNumber(id));
  return row !== 0 && a.threads.get(row, T.id) === id ? row : 0;
}

/** The thread of a space that has this local id, or 0: the active one, else an inactive one that is to get it. */
export function findLocal(a: Arena, space: number, local: ThreadId): number {
  if (local === 0 || (local & (UTCB_SIZE - 1)) !== UTCB_MR0_OFFSET) return 0;
  const t = a.threads;
  const physical = translate(a, space, local + 4 * TCR_MY_GLOBAL_ID, 0);
  if (physical >= 0) {
    // The user can write that word: it is a hint, and the row must agree.
    const row = findGlobal(a, a.memory.read32(physical));
    if (row !== 0 && t.get(row, T.space) === space && t.get(row, T.utcb) === local && isActive(a, row)) return row;
  }
  let found = 0;
  for (let row = 1; row < t.rows; row++) {
    if (t.get(row, T.utcb) !== local || t.get(row, T.space) !== space || t.get(row, T.id) === 0) continue;
    if (isActive(a, row)) return row;
    // Several may have chosen the place: by id, because in which rows they are must not be seen.
    if (found === 0 || t.get(row, T.id) >>> 0 < t.get(found, T.id) >>> 0) found = row;
  }
  return found;
}

/** The thread that an id names for somebody in `space`, or 0. */
export function resolve(a: Arena, space: number, id: ThreadId): number {
  return isGlobal(id) ? findGlobal(a, id) : findLocal(a, space, id);
}

/** The id by which somebody in `space` knows a thread: local inside the space, else global. */
export function nameFor(a: Arena, space: number, row: number): ThreadId {
  const t = a.threads;
  return t.get(row, T.space) === space && t.get(row, T.utcbPhysical) !== 0 ? t.get(row, T.utcb) : t.get(row, T.id);
}

export function isActive(a: Arena, row: number): boolean {
  return a.threads.get(row, T.utcbPhysical) !== 0;
}

/** Whether a thread has a local id: it is active, or its UTCB's place is chosen. */
export function isAddressable(a: Arena, row: number): boolean {
  return a.threads.get(row, T.utcb) !== 0;
}

export function isInterrupt(a: Arena, row: number): boolean {
  return (a.threads.get(row, T.flags) & FLAG_INTERRUPT) !== 0;
}

/** The row of interrupt `line`: attached or not, it has one. */
export function interruptRow(line: number): number {
  return line + 1;
}

/** The line of an interrupt's row. */
export function interruptLine(row: number): number {
  return row - 1;
}

/** A fresh row for a thread of a space, known under its id; 0 when there is none, or none for the space. */
export function takeThread(a: Arena, id: ThreadId, space: number): number {
  const t = a.threads;
  const row = a.get(H.freeThread);
  if (row === 0 || !book(a, space, t.stride * 4)) return 0;
  a.set(H.freeThread, t.get(row, T.freeNext));
  t.clear(row);
  t.set(row, T.space, space);
  setName(a, row, id);
  a.spaces.set(space, S.threads, a.spaces.get(space, S.threads) + 1);
  return row;
}

/** Gives a row back; nothing may point at it any more. */
export function giveThread(a: Arena, row: number): void {
  const t = a.threads;
  dropName(a, row);
  const space = t.get(row, T.space);
  a.spaces.set(space, S.threads, a.spaces.get(space, S.threads) - 1);
  unbook(a, space, t.stride * 4);
  t.clear(row);
  t.set(row, T.freeNext, a.get(H.freeThread));
  a.set(H.freeThread, row);
}

/** Makes a row known under an id. */
export function setName(a: Arena, row: number, id: ThreadId): void {
  const at = bucket(a, threadNumber(id));
  a.threads.set(row, T.id, id);
  a.threads.set(row, T.bucketNext, a.words[at]);
  a.words[at] = row;
}

/** Takes a row out of the ids. */
export function dropName(a: Arena, row: number): void {
  const t = a.threads;
  const at = bucket(a, threadNumber(t.get(row, T.id)));
  const next = t.get(row, T.bucketNext);
  if (a.words[at] === row) a.words[at] = next;
  else {
    let before = a.words[at];
    while (t.get(before, T.bucketNext) !== row) before = t.get(before, T.bucketNext);
    t.set(before, T.bucketNext, next);
  }
  t.set(row, T.id, 0);
}

/** Gives the 16 interrupts their rows 1…16; done once, while the free list is in order. */
export function makeInterrupts(a: Arena, lines: number): void {
  for (let line = 0; line < lines; line++) {
    const row = takeThread(a, interruptId(line), 0);
    if (row !== interruptRow(line)) throw new Error(`interrupt ${line} got row ${row}`);
    a.threads.set(row, T.flags, FLAG_INTERRUPT);
  }
}

/** EFLAGS of a fresh thread; what user code cannot change of them stays so. */
export function initialEflags(a: Arena): number {
  return a.get(H.ioFpages) === 0 ? INITIAL_EFLAGS : INITIAL_EFLAGS & ~EFLAGS_IOPL;
}

/** A saved register. */
export function register(a: Arena, row: number, index: number): number {
  return a.threads.get(row, T.registers + index);
}

export function setRegister(a: Arena, row: number, index: number, value: number): void {
  a.threads.set(row, T.registers + index, value);
}

/** A word of a thread's UTCB: MRi at i, TCRs and BRs at negative indices. The thread must be active. */
export function utcbWord(a: Arena, row: number, index: number): number {
  return a.memory.read32(a.threads.get(row, T.utcbPhysical) + 4 * index);
}

export function setUtcbWord(a: Arena, row: number, index: number, value: number): void {
  a.memory.write32(a.threads.get(row, T.utcbPhysical) + 4 * index, value);
}

/** Buffer register 0: the acceptor. */
export function acceptor(a: Arena, row: number): number {
  return utcbWord(a, row, BR_BASE);
}

/** Sets the ErrorCode TCR. */
export function setErrorCode(a: Arena, row: number, code: number): void {
  setUtcbWord(a, row, TCR_ERROR_CODE, code);
}
