/**
 * Restart record: the last open receive of a supervised thread, in one step.
 *
 * Here: writing request, reply and failure into the restart page. Not here: its layout
 * (→ api/restart-page.ts), who may register it (→ syscall/restart-control.ts).
 * The page is found through the recorder's page table at each write: never a stale frame. A page
 * that is not there is not written: its owner took it away.
 * Reference: `docs/protocols.md` section 6.
 * @module
 */
import { tagTyped, tagUntyped } from "../api/msg-tag.ts";
import {
  RESTART_ADDRESS,
  RESTART_DETAIL,
  RESTART_ERROR_CODE,
  RESTART_FAILURE,
  RESTART_FRAME,
  RESTART_MAGIC,
  RESTART_MAGIC_WORD,
  RESTART_MR1,
  RESTART_REPLIED,
  RESTART_SENDER,
  RESTART_SEQUENCE,
  RESTART_TAG,
  RESTART_TIME_HIGH,
  RESTART_TIME_LOW,
} from "../api/restart-page.ts";
import type { ThreadId } from "../api/thread-id.ts";
import { COST_RECORD } from "../costs.ts";
import { translate } from "../object/page-table.ts";
import { findGlobal, register, utcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { EAX, EBP, EBX, ECX, EDI, EDX, EFLAGS, EIP, ESI, ESP } from "../table/registers.ts";

/** The order of the frame words. */
const FRAME: readonly number[] = [EIP, EFLAGS, EDI, ESI, EBP, ESP, EBX, EDX, ECX, EAX];

/** Physical address of a thread's restart page, -1 when it has none. */
function pageOf(a: Arena, row: number): number {
  const linear = a.threads.get(row, T.restartPage);
  if (linear === 0) return -1;
  const recorder = findGlobal(a, a.threads.get(row, T.recorder));
  return recorder === 0 ? -1 : translate(a, a.threads.get(recorder, T.space), linear, 1);
}

/** Marks the page as the kernel's. */
export function openRecord(a: Arena, row: number): void {
  const page = pageOf(a, row);
  if (page >= 0) a.memory.write32(page + 4 * RESTART_MAGIC, RESTART_MAGIC_WORD);
}

/** An open receive of `row` has completed: its UTCB holds the message of `sender` (global id). */
export function recordRequest(a: Arena, row: number, sender: ThreadId): void {
  a.setTime(a.threads, row, T.ownTime, 0);
  const page = pageOf(a, row);
  if (page < 0) return;
  a.charge(COST_RECORD);
  const memory = a.memory;
  const sequence = (memory.read32(page + 4 * RESTART_SEQUENCE) + 1) | 0;
  const tag = utcbWord(a, row, 0);
  memory.write32(page + 4 * RESTART_MAGIC, RESTART_MAGIC_WORD);
  memory.write32(page + 4 * RESTART_SEQUENCE, sequence);
  memory.write32(page + 4 * RESTART_SENDER, sender);
  memory.write32(page + 4 * RESTART_TAG, tag);
  const words = Math.min(63, tagUntyped(tag) + tagTyped(tag));
  for (let i = 1; i <= words; i++) memory.write32(page + 4 * (RESTART_MR1 + i - 1), utcbWord(a, row, i));
  a.observer.restartRecorded?.(a.threads.get(row, T.id), sequence, sender);
}

/** `row` has sent a message to `to` (global id): if that is whose request is open, it is answered. */
export function recordReply(a: Arena, row: number, to: ThreadId): void {
  const page = pageOf(a, row);
  if (page < 0) return;
  const memory = a.memory;
  const sequence = memory.read32(page + 4 * RESTART_SEQUENCE);
  if (memory.read32(page + 4 * RESTART_SENDER) !== to || memory.read32(page + 4 * RESTART_REPLIED) === sequence) return;
  a.charge(COST_RECORD);
  memory.write32(page + 4 * RESTART_REPLIED, sequence);
  a.observer.replied?.(a.threads.get(row, T.id), sequence);
}

/** A fault, exception or hang is being reported: what, and the frame as interrupted. */
export function recordFailure(a: Arena, row: number, kind: number, detail: number, error: number, at: number): void {
  const page = pageOf(a, row);
  if (page < 0) return;
  const memory = a.memory;
  memory.write32(page + 4 * RESTART_FAILURE, kind);
  memory.write32(page + 4 * RESTART_DETAIL, detail);
  memory.write32(page + 4 * RESTART_ERROR_CODE, error);
  memory.write32(page + 4 * RESTART_ADDRESS, at);
  recordFrame(a, row);
}

/** The frame alone: somebody else is about to move the thread. */
export function recordFrame(a: Arena, row: number): void {
  const page = pageOf(a, row);
  if (page < 0) return;
  a.charge(COST_RECORD);
  for (let i = 0; i < FRAME.length; i++) a.memory.write32(page + 4 * (RESTART_FRAME + i), register(a, row, FRAME[i]));
  a.memory.write32(page + 4 * RESTART_TIME_LOW, (a.now() % 2 ** 32) | 0);
  a.memory.write32(page + 4 * RESTART_TIME_HIGH, Math.floor(a.now() / 2 ** 32));
}
