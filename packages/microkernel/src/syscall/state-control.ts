/**
 * StateControl: a thread's whole state read and set, and the threads that a caller may ask for.
 *
 *   in    thread, operation (STATE_…), record: address of THREAD_RECORD_WORDS words in the caller's memory
 *   out   1, or 0 and ErrorCode; NEXT: the first thread behind this one that the caller may ask for, or nil
 *         NEXT_PAGE: the first mapping of the thread's space at or behind the address in place of the record, as an fpage,
 *         or nil; EDX is then the address in the caller's space that it came from, -1 if it came from elsewhere
 * GET changes nothing. SET breaks the thread's IPC off and leaves it halted at the record's user state; LINK, when every
 * partner is set, gives it the record's IPC and lets it go on. Allowed to the space of the thread's pager, as
 * ThreadControl and ExchangeRegisters set it, and to privileged spaces; SET and LINK not to the thread itself.
 * Reference: `docs/protocols.md` section 5.
 * Here: who may ask, the record's way to and from memory. Not here: what is in it (→ export/thread-record.ts).
 * @module
 */
import { ERROR_INVALID_PARAMETER, ERROR_INVALID_THREAD, ERROR_NO_PRIVILEGE, ERROR_OK } from "../api/error-code.ts";
import { FPAGE_RWX, FPAGE_W, makeFpage, PAGE_BITS, PAGE_SIZE } from "../api/fpage.ts";
import { USER_AREA_END } from "../api/kip.ts";
import { NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import {
  STATE_GET,
  STATE_LINK,
  STATE_NEXT,
  STATE_NEXT_PAGE,
  STATE_SET,
  THREAD_RECORD_WORDS,
} from "../api/thread-record.ts";
import { COST_SYSCALL, COST_WORD } from "../costs.ts";
import { isRecord, linkRecord, readRecord, setRecord } from "../export/thread-record.ts";
import { nextPage } from "../ipc/map-transfer.ts";
import { findNode } from "../object/mapping-database.ts";
import { translate } from "../object/page-table.ts";
import { findGlobal, isActive, isInterrupt, resolve, setRegister } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { N, T } from "../table/layout.ts";
import { EDX } from "../table/registers.ts";
import { FLAG_HALTED, READY } from "../table/states.ts";
import { isPrivileged, refuse } from "./result.ts";

export function stateControl(
  a: Arena,
  caller: number,
  thread: ThreadId,
  operation: number,
  record: number,
): ThreadId | 0 | 1 {
  a.charge(COST_SYSCALL);
  if (operation === STATE_NEXT) return next(a, caller, thread);
  const t = a.threads;
  const row = resolve(a, t.get(caller, T.space), thread);
  if (row === 0 || isInterrupt(a, row)) return refuse(a, caller, ERROR_INVALID_THREAD);
  if (!owns(a, caller, row)) return refuse(a, caller, ERROR_NO_PRIVILEGE);
  if (operation === STATE_NEXT_PAGE) return nextPageOf(a, caller, row, record);
  if (operation !== STATE_GET && operation !== STATE_SET && operation !== STATE_LINK)
    return refuse(a, caller, ERROR_INVALID_PARAMETER);
  a.charge(THREAD_RECORD_WORDS * COST_WORD);
  const reads = operation === STATE_GET;
  if (!isBuffer(a, caller, record, reads)) return refuse(a, caller, ERROR_INVALID_PARAMETER);
  const space = t.get(caller, T.space);
  if (reads) {
    for (const [i, word] of readRecord(a, row).entries())
      a.memory.write32(translate(a, space, (record + 4 * i) | 0, 1), word);
    return 1;
  }
  if (row === caller || !isActive(a, row)) return refuse(a, caller, ERROR_INVALID_THREAD);
  const words = Int32Array.from({ length: THREAD_RECORD_WORDS }, (_, i) =>
    a.memory.read32(translate(a, space, (record + 4 * i) | 0, 0)),
  );
  if (!isRecord(words)) return refuse(a, caller, ERROR_INVALID_PARAMETER);
  if (operation === STATE_SET) {
    setRecord(a, row, words);
    return 1;
  }
  const set = t.get(row, T.state) === READY && (t.get(row, T.flags) & FLAG_HALTED) !== 0;
  if (!set) return refuse(a, caller, ERROR_INVALID_THREAD);
  linkRecord(a, row, words);
  return 1;
}

/** Whether the caller may ask for a thread's state. */
function owns(a: Arena, caller: number, row: number): boolean {
  if (isPrivileged(a, caller)) return true;
  const pager = findGlobal(a, a.threads.get(row, T.pager));
  return pager !== 0 && a.threads.get(pager, T.space) === a.threads.get(caller, T.space);
}

/** The first mapping of a space at or behind an address; every thread of the space must be the caller's to ask for. */
function nextPageOf(a: Arena, caller: number, row: number, from: number): number {
  const t = a.threads;
  const n = a.nodes;
  const space = t.get(row, T.space);
  for (let member = 1; member < t.rows; member++)
    if (t.get(member, T.id) !== 0 && t.get(member, T.space) === space && !owns(a, caller, member))
      return refuse(a, caller, ERROR_NO_PRIVILEGE);
  const end = USER_AREA_END / PAGE_SIZE;
  for (let page = nextPage(a, space, from >>> PAGE_BITS, end); page < end; page = nextPage(a, space, page + 1, end)) {
    const node = findNode(a, space, page);
    if (node === 0) continue;
    const parent = n.get(node, N.parent);
    const mine = parent !== 0 && n.get(parent, N.space) === t.get(caller, T.space);
    setRegister(a, caller, EDX, mine ? n.get(parent, N.page) << PAGE_BITS : -1);
    const rights = n.get(node, N.bits) & FPAGE_W ? FPAGE_RWX : FPAGE_RWX & ~FPAGE_W;
    return makeFpage(page << PAGE_BITS, PAGE_BITS, rights);
  }
  return refuse(a, caller, ERROR_OK);
}

/** Whether a record can be there: words, each of them present and, to be written to, writable. */
function isBuffer(a: Arena, caller: number, record: number, write: boolean): boolean {
  if ((record & 3) !== 0) return false;
  const space = a.threads.get(caller, T.space);
  for (let i = 0; i < THREAD_RECORD_WORDS; i++)
    if (translate(a, space, (record + 4 * i) | 0, write ? 1 : 0) < 0) return false;
  return true;
}

/** The lowest id above `after` of a thread that the caller may ask for: a cursor that survives every change. */
function next(a: Arena, caller: number, after: ThreadId): ThreadId {
  const t = a.threads;
  let found = NIL_THREAD;
  for (let row = 1; row < t.rows; row++) {
    const id = t.get(row, T.id);
    if (id === 0 || isInterrupt(a, row) || id >>> 0 <= after >>> 0) continue;
    if ((found === NIL_THREAD || id >>> 0 < found >>> 0) && owns(a, caller, row)) found = id;
  }
  return found === NIL_THREAD ? refuse(a, caller, ERROR_OK) : found;
}
