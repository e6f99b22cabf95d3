/**
 * ExchangeRegisters: a thread's user registers read and set, its IPC broken off.
 *
 *   in    dest, control (EXREGS_… bits), SP, IP, FLAGS, UserDefinedHandle, pager
 *   out   result   dest's id in the other form: global for a local one, local for a global one; nil on error
 *         control  H was halted, R was receiving, S was sending; and the old SP IP FLAGS handle pager
 * An inactive thread is addressed from its UTCB's place being chosen on; it stays inactive, and keeps what is set.
 * Allowed inside dest's space, to the space of its pager, and to privileged spaces. Its fault's IPC
 * counts as sending or receiving. Old values are always delivered.
 * Here: who may ask, and what is done. Not here: breaking off an IPC (→ ipc/break-off.ts). Reference: X.2,
 * ExchangeRegisters.
 * @module
 */
import { ERROR_INVALID_THREAD } from "../api/error-code.ts";
import { USER_EFLAGS_MASK } from "../api/protocol/exception.ts";
import {
  EXREGS_FLAGS,
  EXREGS_HALT,
  EXREGS_HANDLE,
  EXREGS_IP,
  EXREGS_PAGER,
  EXREGS_RECEIVE,
  EXREGS_SEND,
  EXREGS_SET_HALT,
  EXREGS_SP,
} from "../api/syscall.ts";
import { isGlobal, type ThreadId } from "../api/thread-id.ts";
import { TCR_PAGER, TCR_USER_DEFINED_HANDLE } from "../api/utcb.ts";
import { COST_SYSCALL } from "../costs.ts";
import { abortIpc } from "../ipc/break-off.ts";
import { recordFrame } from "../ipc/restart-record.ts";
import { setHalted } from "../object/ready-queue.ts";
import {
  findGlobal,
  isActive,
  isAddressable,
  register,
  resolve,
  setRegister,
  setUtcbWord,
  utcbWord,
} from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { EFLAGS, EIP, ESP } from "../table/registers.ts";
import { FLAG_HALTED, FLAG_RECEIVER, FLAG_SENDER, POLLING, WAITING } from "../table/states.ts";
import { isPrivileged, refuse } from "./result.ts";

/** Registers in and out, in one reused object. */
export interface ExchangedRegisters {
  control: number;
  sp: number;
  ip: number;
  flags: number;
  handle: number;
  pager: number;
}

/** Exchanges; `x` holds the values to set and then the old ones. Returns the id, or nil. */
export function exchangeRegisters(a: Arena, caller: number, dest: ThreadId, x: ExchangedRegisters): ThreadId {
  a.charge(COST_SYSCALL);
  const t = a.threads;
  const row = resolve(a, t.get(caller, T.space), dest);
  if (row === 0 || !isAddressable(a, row) || !mayExchange(a, caller, row))
    return refuse(a, caller, ERROR_INVALID_THREAD);
  const active = isActive(a, row);
  const control = x.control;
  const state = t.get(row, T.state);
  const halted = (t.get(row, T.flags) & FLAG_HALTED) !== 0;
  const sp = register(a, row, ESP);
  const ip = register(a, row, EIP);
  const flags = register(a, row, EFLAGS);
  const handle = active ? utcbWord(a, row, TCR_USER_DEFINED_HANDLE) : t.get(row, T.handle);
  const pager = active ? utcbWord(a, row, TCR_PAGER) : t.get(row, T.pager);

  if ((control & EXREGS_IP) !== 0 && row !== caller && active) {
    if (t.get(row, T.fault) === 0) recordFrame(a, row);
    a.setTime(t, row, T.ownTime, 0);
  }
  const sends = state === POLLING || (t.get(row, T.flags) & FLAG_SENDER) !== 0;
  const receives = state === WAITING || (t.get(row, T.flags) & FLAG_RECEIVER) !== 0;
  if ((control & EXREGS_SEND && sends) || (control & EXREGS_RECEIVE && receives)) abortIpc(a, row);
  if (control & EXREGS_SP) setRegister(a, row, ESP, x.sp);
  if (control & EXREGS_IP) setRegister(a, row, EIP, x.ip);
  if (control & EXREGS_FLAGS) setRegister(a, row, EFLAGS, (flags & ~USER_EFLAGS_MASK) | (x.flags & USER_EFLAGS_MASK));
  if (control & EXREGS_HANDLE) {
    if (active) setUtcbWord(a, row, TCR_USER_DEFINED_HANDLE, x.handle);
    else t.set(row, T.handle, x.handle);
  }
  if (control & EXREGS_PAGER) {
    if (active) setUtcbWord(a, row, TCR_PAGER, x.pager);
    t.set(row, T.pager, x.pager);
  }
  if (control & EXREGS_SET_HALT) setHalted(a, row, (control & EXREGS_HALT) !== 0);

  x.control = (halted ? EXREGS_HALT : 0) | (receives ? EXREGS_RECEIVE : 0) | (sends ? EXREGS_SEND : 0);
  x.sp = sp;
  x.ip = ip;
  x.flags = flags;
  x.handle = handle;
  x.pager = pager;
  return isGlobal(dest) ? t.get(row, T.utcb) : t.get(row, T.id);
}

function mayExchange(a: Arena, caller: number, row: number): boolean {
  const t = a.threads;
  const space = t.get(caller, T.space);
  if (t.get(row, T.space) === space || isPrivileged(a, caller)) return true;
  const pager = findGlobal(a, t.get(row, T.pager));
  return pager !== 0 && t.get(pager, T.space) === space;
}
