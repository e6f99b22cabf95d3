/**
 * The system calls in one table: number to registers to call.
 *
 * Here: the register contract, from saved registers to arguments and back. Not here: the calls.
 * Guest and resident code come through the same door.
 * Reference: X.2 on IA-32, register contract; `docs/protocols.md` section 5.
 * @module
 */
import {
  SYSCALL_EXCHANGE_REGISTERS,
  SYSCALL_IPC,
  SYSCALL_LIPC,
  SYSCALL_MEMORY_CONTROL,
  SYSCALL_PROCESSOR_CONTROL,
  SYSCALL_RESIDENT_CONTROL,
  SYSCALL_RESTART_CONTROL,
  SYSCALL_SCHEDULE,
  SYSCALL_SPACE_CONTROL,
  SYSCALL_STATE_CONTROL,
  SYSCALL_SYSTEM_CLOCK,
  SYSCALL_THREAD_CONTROL,
  SYSCALL_THREAD_SWITCH,
  SYSCALL_UNMAP,
} from "../api/syscall.ts";
import { register, setRegister, setUtcbWord, utcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { EAX, EBP, EBX, ECX, EDI, EDX, ESI } from "../table/registers.ts";
import { type ExchangedRegisters, exchangeRegisters } from "./exchange-registers.ts";
import { ipc } from "./ipc.ts";
import { memoryControl, processorControl } from "./memory-control.ts";
import { residentControl } from "./resident-control.ts";
import { restartControl } from "./restart-control.ts";
import { type SchedulingControl, schedule } from "./schedule.ts";
import { spaceControl } from "./space-control.ts";
import { stateControl } from "./state-control.ts";
import { systemClock } from "./system-clock.ts";
import { threadControl } from "./thread-control.ts";
import { threadSwitch } from "./thread-switch.ts";
import { unmap } from "./unmap.ts";

/** Reused between calls: they run to completion. */
const exchanged: ExchangedRegisters = { control: 0, sp: 0, ip: 0, flags: 0, handle: 0, pager: 0 };
const scheduling: SchedulingControl = { time: 0, processor: 0, priority: 0, preemption: 0 };

/** Carries out the call of the running thread `row`. False when there is no such number. */
export function systemCall(a: Arena, row: number, number: number): boolean {
  const eax = register(a, row, EAX);
  const ecx = register(a, row, ECX);
  const edx = register(a, row, EDX);
  const esi = register(a, row, ESI);
  const edi = register(a, row, EDI);
  switch (number) {
    case SYSCALL_IPC:
    case SYSCALL_LIPC:
      ipc(a, row, eax, edx, ecx, esi);
      return true;
    case SYSCALL_UNMAP:
      setUtcbWord(a, row, 0, esi);
      unmap(a, row, eax);
      setRegister(a, row, ESI, utcbWord(a, row, 0));
      return true;
    case SYSCALL_EXCHANGE_REGISTERS:
      exchange(a, row, eax, ecx, edx, esi, edi);
      return true;
    case SYSCALL_SYSTEM_CLOCK: {
      const microseconds = systemClock(a);
      setRegister(a, row, EAX, microseconds % 2 ** 32);
      setRegister(a, row, EDX, Math.floor(microseconds / 2 ** 32));
      return true;
    }
    case SYSCALL_THREAD_SWITCH:
      threadSwitch(a, row, eax);
      return true;
    case SYSCALL_SCHEDULE:
      scheduling.time = edx;
      scheduling.processor = esi;
      scheduling.priority = ecx;
      scheduling.preemption = edi;
      setRegister(a, row, EAX, schedule(a, row, eax, scheduling));
      setRegister(a, row, EDX, scheduling.time);
      return true;
    case SYSCALL_SPACE_CONTROL:
      setRegister(a, row, EAX, spaceControl(a, row, eax, edx, esi, edi));
      setRegister(a, row, ECX, 0);
      return true;
    case SYSCALL_THREAD_CONTROL:
      // EAX dest, ECX pager, EDX scheduler, ESI SpaceSpecifier, EDI UtcbLocation
      setRegister(a, row, EAX, threadControl(a, row, eax, esi, edx, ecx, edi));
      return true;
    case SYSCALL_PROCESSOR_CONTROL:
      setRegister(a, row, EAX, processorControl(a, row));
      return true;
    case SYSCALL_MEMORY_CONTROL: {
      const ebx = register(a, row, EBX);
      setRegister(a, row, EAX, memoryControl(a, row, ecx, edx, ebx, register(a, row, EBP)));
      return true;
    }
    case SYSCALL_RESTART_CONTROL:
      setRegister(a, row, EAX, restartControl(a, row, eax, ecx, edx, esi));
      return true;
    case SYSCALL_RESIDENT_CONTROL:
      setRegister(a, row, EAX, residentControl(a, row, eax, ecx));
      return true;
    case SYSCALL_STATE_CONTROL:
      setRegister(a, row, EAX, stateControl(a, row, eax, ecx, edx));
      return true;
    default:
      return false;
  }
}

function exchange(a: Arena, row: number, dest: number, control: number, sp: number, ip: number, flags: number): void {
  exchanged.control = control;
  exchanged.sp = sp;
  exchanged.ip = ip;
  exchanged.flags = flags;
  exchanged.handle = register(a, row, EBX);
  exchanged.pager = register(a, row, EBP);
  const result = exchangeRegisters(a, row, dest, exchanged);
  setRegister(a, row, EAX, result);
  if (result === 0) return;
  setRegister(a, row, ECX, exchanged.control);
  setRegister(a, row, EDX, exchanged.sp);
  setRegister(a, row, ESI, exchanged.ip);
  setRegister(a, row, EDI, exchanged.flags);
  setRegister(a, row, EBX, exchanged.handle);
  setRegister(a, row, EBP, exchanged.pager);
}
