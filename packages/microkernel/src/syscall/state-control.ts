/**
 * StateControl: a thread's whole state read and set, and the threads that a caller may ask for.
 *
 *   in    thread, operation (STATE_…), record: address of THREAD_RECORD_WORDS words in the caller's memory
 *   out   1, or 0 and ErrorCode; NEXT: the first thread behind this one that the caller may ask for, or nil
 *         NEXT_PAGE: the first mapping of the thread's space at or behind the address in place of the record, as an fpage,
 *         or nil; EDX is then the address in the caller's space that it came from, -1 if it came from elsewhere
 *         NEXT_PORTS: the same with ports, the first of them in place of the record, as an I/O fpage
 *         NEXT_INTERRUPT: the first line behind this one (ids) whose handler the caller may ask for, or nil; EDX is the handler, ECX
 *         INTERRUPT_PHASE_…
 * LINK of a sender in the middle of a transfer takes two records, the receiver's behind the sender's, and links both.
 * GET stops the thread, unless it is the caller, and otherwise changes nothing; ExchangeRegisters lets it go on. LOOK
 * reads the same and stops nobody. SET breaks the thread's IPC off and leaves it halted at the record's user state; LINK,
 * when every partner is set, gives it the record's IPC and lets it go on. Allowed to the space of the thread's pager, as
 * ThreadControl and ExchangeRegisters set it, and to privileged spaces; SET and LINK not to the thread itself.
 * Reference: `docs/protocols.md` section 5.
 * Here: who may ask, the record's way to and from memory. Not here: what is in it (→ export/thread-record.ts).
 * @module
 */
import { ERROR_INVALID_PARAMETER, ERROR_INVALID_THREAD, ERROR_NO_PRIVILEGE, ERROR_OK } from "../api/error-code.ts";
import { FPAGE_RWX, FPAGE_W, makeFpage, PAGE_BITS, PAGE_SIZE } from "../api/fpage.ts";
import { IO_SPACE_BITS, makeIoFpage } from "../api/io-fpage.ts";
import { USER_AREA_END } from "../api/kip.ts";
import { INTERRUPT_LINES } from "../api/protocol/interrupt.ts";
import { interruptId, NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import {
  INTERRUPT_PHASE_DELIVERING,
  INTERRUPT_PHASE_IDLE,
  INTERRUPT_PHASE_UNACKNOWLEDGED,
  RECORD_PEER,
  STATE_GET,
  STATE_LINK,
  STATE_LOOK,
  STATE_NEXT,
  STATE_NEXT_INTERRUPT,
  STATE_NEXT_PAGE,
  STATE_NEXT_PORTS,
  STATE_SET,
  THREAD_RECORD_WORDS,
} from "../api/thread-record.ts";
import { COST_SYSCALL, COST_WORD } from "../costs.ts";
import { isRecord, linkRecord, readRecord, setRecord } from "../export/thread-record.ts";
import { isReceiverRecord, isSenderRecord, isTransferRecord, linkTransfer } from "../export/transfer-record.ts";
import { nextPage } from "../ipc/map-transfer.ts";
import { findNode } from "../object/mapping-database.ts";
import { frameAt, isLarge } from "../object/mapping-tree.ts";
import { LARGE_PAGE_BITS, translate } from "../object/page-table.ts";
import { firstRegion } from "../object/port-database.ts";
import { setHalted } from "../object/ready-queue.ts";
import { findGlobal, interruptRow, isActive, isInterrupt, resolve, setRegister } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { N, R, T } from "../table/layout.ts";
import { ECX, EDX } from "../table/registers.ts";
import { FLAG_HALTED, INTERRUPT_UNACKNOWLEDGED, POLLING, READY } from "../table/states.ts";
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
  if (operation === STATE_NEXT_INTERRUPT) return nextInterrupt(a, caller, thread);
  const t = a.threads;
  const row = resolve(a, t.get(caller, T.space), thread);
  if (row === 0 || isInterrupt(a, row)) return refuse(a, caller, ERROR_INVALID_THREAD);
  if (!owns(a, caller, row)) return refuse(a, caller, ERROR_NO_PRIVILEGE);
  if (operation === STATE_NEXT_PAGE) return nextPageOf(a, caller, row, record);
  if (operation === STATE_NEXT_PORTS) return nextPortsOf(a, caller, row, record);
  const reads = operation === STATE_GET || operation === STATE_LOOK;
  if (!reads && operation !== STATE_SET && operation !== STATE_LINK) return refuse(a, caller, ERROR_INVALID_PARAMETER);
  a.charge(THREAD_RECORD_WORDS * COST_WORD);
  if (!isBuffer(a, caller, record, reads)) return refuse(a, caller, ERROR_INVALID_PARAMETER);
  if (reads) {
    const space = t.get(caller, T.space);
    for (const [i, word] of readRecord(a, row).entries())
      a.memory.write32(translate(a, space, (record + 4 * i) | 0, 1), word);
    if (operation === STATE_GET && row !== caller && isActive(a, row)) setHalted(a, row, true);
    return 1;
  }
  if (row === caller || !isActive(a, row)) return refuse(a, caller, ERROR_INVALID_THREAD);
  const words = recordAt(a, caller, record);
  if (!isRecord(words)) return refuse(a, caller, ERROR_INVALID_PARAMETER);
  if (operation === STATE_SET) {
    setRecord(a, row, words);
    return 1;
  }
  if (!isSet(a, row)) return refuse(a, caller, ERROR_INVALID_THREAD);
  if (isTransferRecord(words)) return linkSides(a, caller, row, words, (record + 4 * THREAD_RECORD_WORDS) | 0);
  linkRecord(a, row, words);
  return 1;
}

/** Links both sides of a transfer: `words` are the sender's record, and the receiver's is at `record`. */
function linkSides(a: Arena, caller: number, sender: number, words: Int32Array, record: number): 0 | 1 {
  if (!isSenderRecord(words) || !isBuffer(a, caller, record, false)) return refuse(a, caller, ERROR_INVALID_PARAMETER);
  const receivers = recordAt(a, caller, record);
  if (!isRecord(receivers) || !isReceiverRecord(receivers, words)) return refuse(a, caller, ERROR_INVALID_PARAMETER);
  const receiver = findGlobal(a, words[RECORD_PEER]);
  if (receiver === 0 || receiver === sender || receiver === caller || !isSet(a, receiver))
    return refuse(a, caller, ERROR_INVALID_THREAD);
  if (!owns(a, caller, receiver)) return refuse(a, caller, ERROR_NO_PRIVILEGE);
  return linkTransfer(a, sender, receiver, words, receivers) ? 1 : refuse(a, caller, ERROR_INVALID_THREAD);
}

/** Whether a thread is as SET left it: halted at user code. */
function isSet(a: Arena, row: number): boolean {
  return isActive(a, row) && a.threads.get(row, T.state) === READY && (a.threads.get(row, T.flags) & FLAG_HALTED) !== 0;
}

/** The record at an address in the caller's space that {@link isBuffer} has looked at. */
function recordAt(a: Arena, caller: number, record: number): Int32Array {
  const space = a.threads.get(caller, T.space);
  return Int32Array.from({ length: THREAD_RECORD_WORDS }, (_, i) =>
    a.memory.read32(translate(a, space, (record + 4 * i) | 0, 0)),
  );
}

/** Whether the caller may ask for a thread's state. */
function owns(a: Arena, caller: number, row: number): boolean {
  if (isPrivileged(a, caller)) return true;
  const pager = findGlobal(a, a.threads.get(row, T.pager));
  return pager !== 0 && a.threads.get(pager, T.space) === a.threads.get(caller, T.space);
}

/** Whether every thread of a space is the caller's to ask for. */
function ownsSpace(a: Arena, caller: number, space: number): boolean {
  const t = a.threads;
  for (let member = 1; member < t.rows; member++)
    if (t.get(member, T.id) !== 0 && t.get(member, T.space) === space && !owns(a, caller, member)) return false;
  return true;
}

/** The first mapping of a space at or behind an address: one of 4 MiB that the address lies in counts. */
function nextPageOf(a: Arena, caller: number, row: number, from: number): number {
  const t = a.threads;
  const n = a.nodes;
  const space = t.get(row, T.space);
  if (!ownsSpace(a, caller, space)) return refuse(a, caller, ERROR_NO_PRIVILEGE);
  const end = USER_AREA_END / PAGE_SIZE;
  for (let page = nextPage(a, space, from >>> PAGE_BITS, end); page < end; page = nextPage(a, space, page + 1, end)) {
    const node = findNode(a, space, page);
    if (node === 0) continue;
    const parent = n.get(node, N.parent);
    const mine = parent !== 0 && n.get(parent, N.space) === t.get(caller, T.space);
    const first = n.get(node, N.page);
    const inParent = mine ? frameAt(a, node, first) - frameAt(a, parent, 0) + n.get(parent, N.page) : 0;
    setRegister(a, caller, EDX, mine ? inParent << PAGE_BITS : -1);
    const rights = n.get(node, N.bits) & FPAGE_W ? FPAGE_RWX : FPAGE_RWX & ~FPAGE_W;
    return makeFpage(first << PAGE_BITS, isLarge(a, node) ? LARGE_PAGE_BITS : PAGE_BITS, rights);
  }
  return refuse(a, caller, ERROR_OK);
}

/** The first region of ports of a space at or behind a port. */
function nextPortsOf(a: Arena, caller: number, row: number, from: number): number {
  const r = a.regions;
  const space = a.threads.get(row, T.space);
  if (!ownsSpace(a, caller, space)) return refuse(a, caller, ERROR_NO_PRIVILEGE);
  const region = from >>> IO_SPACE_BITS === 0 ? firstRegion(a, space, from, 1 << IO_SPACE_BITS) : 0;
  if (region === 0) return refuse(a, caller, ERROR_OK);
  const parent = r.get(region, R.parent);
  const mine = parent !== 0 && r.get(parent, R.space) === a.threads.get(caller, T.space);
  setRegister(a, caller, EDX, mine ? r.get(region, R.port) : -1);
  return makeIoFpage(r.get(region, R.port), r.get(region, R.bits), FPAGE_RWX);
}

/** The interrupt of the lowest line above `after` whose handler the caller may ask for. */
function nextInterrupt(a: Arena, caller: number, after: ThreadId): ThreadId {
  const t = a.threads;
  for (let line = 0; line < INTERRUPT_LINES; line++) {
    if (interruptId(line) >>> 0 <= after >>> 0) continue;
    const row = interruptRow(line);
    const handler = findGlobal(a, t.get(row, T.pager));
    if (handler === 0 || !owns(a, caller, handler)) continue;
    setRegister(a, caller, EDX, t.get(row, T.pager));
    setRegister(a, caller, ECX, PHASES[t.get(row, T.state)] ?? INTERRUPT_PHASE_IDLE);
    return interruptId(line);
  }
  return refuse(a, caller, ERROR_OK);
}

/** By state. */
const PHASES: Readonly<Record<number, number>> = {
  [POLLING]: INTERRUPT_PHASE_DELIVERING,
  [INTERRUPT_UNACKNOWLEDGED]: INTERRUPT_PHASE_UNACKNOWLEDGED,
};

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
