/**
 * Exits: what each way out of user mode means.
 *
 * Here: from the processor's exit to a fault, a system call or a debugger trap (→ debugger-trap.ts). Not here: what those do.
 * The thread's registers have been saved before; EIP stands as ia32's exit says.
 * Reference: SDM Vol. 3, 6.15 for error codes; X.2 on IA-32 for entry code and debugger traps.
 * @module
 */

import { fpageBase } from "../../api/fpage.ts";
import { KIP_API_FLAGS_WORD, KIP_API_VERSION_WORD, KIP_KERNEL_ID } from "../../api/kip.ts";
import { SYSCALL_VECTOR_BASE } from "../../api/syscall.ts";
import { COST_SYSCALL } from "../../costs.ts";
import { raiseException } from "../../fault/exception.ts";
import { ioFault } from "../../fault/io-fault.ts";
import { pageFault } from "../../fault/page-fault.ts";
import type { KernelExitCause } from "../../hardware.ts";
import { claimFloats } from "../../object/floats.ts";
import { hasIoFpages, hasPorts } from "../../object/port-database.ts";
import { register, setRegister } from "../../object/thread.ts";
import { ipc } from "../../syscall/ipc.ts";
import { systemCall } from "../../syscall/table.ts";
import type { Arena } from "../../table/arena.ts";
import { S, T } from "../../table/layout.ts";
import { EAX, EBP, EBX, ECX, EDX, EIP, ESI, ESP } from "../../table/registers.ts";
import { debuggerTrap } from "./debugger-trap.ts";
import { portAccess } from "./port-access.ts";
import { userByte } from "./user-byte.ts";

const VECTOR_BREAKPOINT = 3;
const VECTOR_UNDEFINED = 6;
const VECTOR_NOT_AVAILABLE = 7;
const VECTOR_PROTECTION = 13;
const VECTOR_PAGE_FAULT = 14;
const PAGE_FAULT_WRITE_BIT = 2;
/** lock; nop */
const KERNEL_INTERFACE_CODE = 0x90f0;
/** Bytes of `int n`. */
const INT_SIZE = 2;

/** Handles an exit of thread `row`. False when it was a fault of sigma0 that nobody can resolve. */
export function handleExit(a: Arena, row: number, exit: KernelExitCause): boolean {
  switch (exit.kind) {
    case "sysenter":
      enterIpc(a, row);
      return true;
    case "softwareInterrupt":
      if (!systemCall(a, row, exit.vector - SYSCALL_VECTOR_BASE)) {
        setRegister(a, row, EIP, register(a, row, EIP) - INT_SIZE);
        raiseException(a, row, VECTOR_PROTECTION, exit.vector * 8 + 2);
      }
      return true;
    case "exception":
      if (exit.vector === VECTOR_PAGE_FAULT)
        return pageFault(a, row, exit.cr2, (exit.errorCode & PAGE_FAULT_WRITE_BIT) !== 0);
      if (exit.vector === VECTOR_NOT_AVAILABLE) claimFloats(a, row);
      else if (exit.vector === VECTOR_UNDEFINED && isKernelInterface(a, row)) kernelInterface(a, row);
      else if (exit.vector === VECTOR_BREAKPOINT) debuggerTrap(a, row);
      else if (exit.vector !== VECTOR_PROTECTION || !missesPorts(a, row))
        raiseException(a, row, exit.vector, exit.errorCode);
      return true;
    case "halt":
      raiseException(a, row, VECTOR_PROTECTION, 0);
      return true;
    default:
      return true;
  }
}

/** The KIP's entry code for Ipc: EBX is where it returns to, EBP the stack. */
function enterIpc(a: Arena, row: number): void {
  const w = a.words;
  const registers = a.threads.wordAddress(row, T.registers);
  w[registers + EIP] = w[registers + EBX];
  w[registers + ESP] = w[registers + EBP];
  ipc(a, row, w[registers + EAX], w[registers + EDX], w[registers + ECX], w[registers + ESI]);
}

/** Sends the I/O fault of an instruction that touches ports its space has not; false for every other #GP. */
function missesPorts(a: Arena, row: number): boolean {
  const access = hasIoFpages(a) ? portAccess(a, row) : null;
  if (access === null || hasPorts(a, a.threads.get(row, T.space), access.port, access.count)) return false;
  ioFault(a, row, access.port, access.count);
  return true;
}

function isKernelInterface(a: Arena, row: number): boolean {
  const ip = register(a, row, EIP);
  return (userByte(a, row, ip) | (userByte(a, row, ip + 1) << 8)) === KERNEL_INTERFACE_CODE;
}

/** KernelInterface: where the KIP is in this space, and which kernel this is. */
function kernelInterface(a: Arena, row: number): void {
  a.charge(COST_SYSCALL);
  setRegister(a, row, EAX, fpageBase(a.spaces.get(a.threads.get(row, T.space), S.kipArea)));
  setRegister(a, row, ECX, KIP_API_VERSION_WORD);
  setRegister(a, row, EDX, KIP_API_FLAGS_WORD);
  setRegister(a, row, ESI, KIP_KERNEL_ID);
  setRegister(a, row, EIP, register(a, row, EIP) + 2);
}
