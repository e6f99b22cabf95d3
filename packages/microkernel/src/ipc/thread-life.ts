/**
 * Thread life: becoming active, moving, being renamed, being deleted.
 *
 * Here: the steps with their effect on partners and queues. Not here: who may ask (→ syscall/thread-control.ts).
 * @module
 */

import { IPC_CANCELLED } from "../api/error-code.ts";
import { INTERRUPT_LINES } from "../api/protocol/interrupt.ts";
import type { ThreadId } from "../api/thread-id.ts";
import { TIME_NEVER } from "../api/time.ts";
import { TCR_MY_GLOBAL_ID, TCR_PAGER, TCR_USER_DEFINED_HANDLE, UTCB_MR0_OFFSET, UTCB_SIZE } from "../api/utcb.ts";
import { backUtcb, destroySpace } from "../object/address-space.ts";
import { dropFloats } from "../object/floats.ts";
import { detachInterrupt } from "../object/irq.ts";
import { book, unbook } from "../object/kernel-memory.ts";
import { dequeueReady } from "../object/ready-queue.ts";
import {
  dropName,
  giveThread,
  initialEflags,
  interruptRow,
  isActive,
  setName,
  setRegister,
  setUtcbWord,
} from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { H, S, T } from "../table/layout.ts";
import { EFLAGS } from "../table/registers.ts";
import { FLAG_HALTED, FLAG_START, WAITING } from "../table/states.ts";
import { abandonPartners, abortIpc } from "./break-off.ts";

/** Makes an inactive thread active: it waits for its pager's start message. False when the kernel is out of frames. */
export function activate(a: Arena, row: number, pager: ThreadId): boolean {
  const t = a.threads;
  if (!backUtcb(a, row)) return false;
  setUtcbWord(a, row, TCR_MY_GLOBAL_ID, t.get(row, T.id));
  setUtcbWord(a, row, TCR_PAGER, pager);
  setUtcbWord(a, row, TCR_USER_DEFINED_HANDLE, t.get(row, T.handle));
  setRegister(a, row, EFLAGS, initialEflags(a));
  t.set(row, T.pager, pager);
  t.set(row, T.from, pager);
  t.set(row, T.receiveTimeout, TIME_NEVER);
  t.set(row, T.flags, FLAG_START | (t.get(row, T.flags) & FLAG_HALTED));
  t.set(row, T.state, WAITING);
  return true;
}

/** Takes a thread out of its IPC and queues, with an error for whoever dealt with it. */
function withdraw(a: Arena, row: number): void {
  abortIpc(a, row, IPC_CANCELLED);
  abandonPartners(a, row);
  dequeueReady(a, row);
  if (a.get(H.current) === row) a.set(H.current, 0);
  if (a.get(H.accounted) === row) a.set(H.accounted, 0);
  if (a.get(H.lastGuest) === row) a.set(H.lastGuest, 0);
}

/** Deletes a thread, and its space with the last one. */
export function deleteThread(a: Arena, row: number): void {
  const t = a.threads;
  const id = t.get(row, T.id);
  const space = t.get(row, T.space);
  withdraw(a, row);
  for (let line = 0; line < INTERRUPT_LINES; line++)
    if (t.get(interruptRow(line), T.pager) === id) detachInterrupt(a, line);
  dropFloats(a, row);
  giveThread(a, row);
  if (a.spaces.get(space, S.threads) === 0) destroySpace(a, space);
  a.observer.threadDeleted?.(id);
}

/** Gives a thread another version of its id. The old one names nobody any more. */
export function renameThread(a: Arena, row: number, id: ThreadId): void {
  abandonPartners(a, row);
  dropName(a, row);
  setName(a, row, id);
  if (isActive(a, row)) setUtcbWord(a, row, TCR_MY_GLOBAL_ID, id);
}

/**
 * Moves a thread to another, initialised space, with the words of its UTCB; its IPC is broken off.
 * False when the kernel is out of frames; the thread then stays where it was.
 */
export function migrateThread(a: Arena, row: number, space: number): boolean {
  const t = a.threads;
  const old = t.get(row, T.space);
  if (!book(a, space, t.stride * 4)) return false;
  abortIpc(a, row, IPC_CANCELLED);
  const physical = t.get(row, T.utcbPhysical);
  if (physical !== 0) {
    const words = a.memory.readBytes(physical - UTCB_MR0_OFFSET, UTCB_SIZE);
    t.set(row, T.space, space);
    if (!backUtcb(a, row)) {
      t.set(row, T.space, old);
      unbook(a, space, t.stride * 4);
      return false;
    }
    a.memory.writeBytes(t.get(row, T.utcbPhysical) - UTCB_MR0_OFFSET, words);
  }
  t.set(row, T.space, space);
  unbook(a, old, t.stride * 4);
  a.spaces.set(space, S.threads, a.spaces.get(space, S.threads) + 1);
  a.spaces.set(old, S.threads, a.spaces.get(old, S.threads) - 1);
  if (a.spaces.get(old, S.threads) === 0) destroySpace(a, old);
  return true;
}
