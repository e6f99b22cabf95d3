/**
 * Actions: what a handler may yield, as values that the runtime carries out.
 *
 * Here: the shape of an action, IPC and the other kernel calls: loading the thread's registers, taking
 * the words of the result. Not here: the typed form for handlers (`request.ts`); when an action is
 * journaled (`resident-server.ts`). Over 300 lines: one function for each kernel call.
 * Reference: X.2 on IA-32, register contract of the system calls; docs/protocols.md, section 5.
 * @module
 */
import {
  BR_BASE,
  messageTag,
  NIL_THREAD,
  RECORD_CONTINUATION,
  RECORD_FAULT,
  RECORD_FLAGS,
  RECORD_FROM,
  RECORD_PRIORITY,
  RECORD_REGISTERS,
  RECORD_TO,
  type ResidentContext,
  STATE_LOOK,
  SYSCALL_EXCHANGE_REGISTERS,
  SYSCALL_IPC,
  SYSCALL_RESIDENT_CONTROL,
  SYSCALL_RESTART_CONTROL,
  SYSCALL_SCHEDULE,
  SYSCALL_SPACE_CONTROL,
  SYSCALL_STATE_CONTROL,
  SYSCALL_THREAD_CONTROL,
  SYSCALL_THREAD_SWITCH,
  SYSCALL_UNMAP,
  TAG_ERROR,
  TAG_PROPAGATED,
  TCR_ERROR_CODE,
  TCR_VIRTUAL_SENDER,
  TIME_NEVER,
  TIME_ZERO,
  tagTyped,
  tagUntyped,
  timeouts,
} from "@kintsugi/microkernel";
import type { Transaction } from "./transaction.ts";

// Registers in the SDM's order, as the context holds them.
const EAX = 0;
const ECX = 1;
const EDX = 2;
const EBX = 3;
const EBP = 5;
const ESI = 6;
const EDI = 7;

/** A step: done at once, as one transaction. Its words are journaled. */
export interface Step {
  readonly kind: typeof STEP;
  readonly run: (tx: Transaction) => readonly number[];
}

/** A kernel call: its words are journaled when the thread runs again. `kind` is its number. */
export interface KernelCall {
  readonly kind: number;
  /** Puts the arguments into registers and UTCB. */
  readonly load: (context: ResidentContext) => void;
  /** The words of the result, of registers and UTCB. Changes nothing. */
  readonly collect: (context: ResidentContext) => readonly number[];
}

/** The end of the thread, on purpose; for sigma0 and ART, a reset of the machine with this reason kept. */
export interface Death {
  readonly kind: typeof DEATH;
  readonly reason: string;
}

export type Action = Step | KernelCall | Death;

/** Kind of a step among the kinds in the journal; kernel calls have their numbers, from 1. */
export const STEP = 0;
/** Kind of a death; never in a journal. */
export const DEATH = -1;

/** A message to send. */
export interface Message {
  /** 0 when left out, as in replies. */
  readonly label?: number;
  /** Untyped words, MR1…. */
  readonly words?: readonly number[];
  /** Words of typed items, behind the untyped ones. */
  readonly items?: readonly number[];
}

/** How to send and receive. */
export interface IpcOptions {
  /** Receive window, as an fpage; nothing is mapped without it. */
  readonly accept?: number;
  /** Time codes; never when left out, except where a function says otherwise. */
  readonly sendTimeout?: number;
  readonly receiveTimeout?: number;
  /** Send in the name of this thread of the same space (propagation). */
  readonly virtualSender?: number;
}

/** How an IPC came out. */
export interface Received {
  /** Whom the message is from; nil after an error or a mere send. */
  readonly from: number;
  readonly tag: number;
  /** ErrorCode word of the IPC, 0 for success. */
  readonly error: number;
  /** MR1…, untyped words and then typed items. */
  readonly words: readonly number[];
}

/** Loads the registers and MRs of an IPC. No message sends nothing. */
export function loadIpc(
  context: ResidentContext,
  to: number,
  message: Message | undefined,
  from: number,
  options: IpcOptions,
): void {
  const words = message?.words ?? [];
  const items = message?.items ?? [];
  let tag = messageTag(message?.label ?? 0, words.length, items.length);
  if (words.length + items.length > 63) throw new RangeError("a message has at most 63 words");
  for (let i = 0; i < words.length; i++) context.setMr(i + 1, words[i]);
  for (let i = 0; i < items.length; i++) context.setMr(words.length + i + 1, items[i]);
  if (options.virtualSender !== undefined) {
    tag |= TAG_PROPAGATED;
    context.setTcr(TCR_VIRTUAL_SENDER, options.virtualSender);
  }
  context.setMr(0, tag);
  context.setTcr(BR_BASE, options.accept ?? 0);
  const registers = context.registers;
  registers[EAX] = to;
  registers[EDX] = from;
  registers[ECX] = timeouts(options.sendTimeout ?? TIME_NEVER, options.receiveTimeout ?? TIME_NEVER);
  registers[ESI] = tag;
}

/** Tag and sender of the message that an IPC received, or its error. */
export function collectIpc(context: ResidentContext): number[] {
  const tag = context.registers[ESI];
  if (tag & TAG_ERROR) return [NIL_THREAD, tag, context.tcr(TCR_ERROR_CODE)];
  const result = [context.registers[EAX], tag, 0];
  const count = Math.min(63, tagUntyped(tag) + tagTyped(tag));
  for (let i = 1; i <= count; i++) result.push(context.mr(i));
  return result;
}

/** Loads a reply with send timeout zero and an open wait for the next request. */
export function loadReplyAndWait(context: ResidentContext, to: number, message: Message | undefined): void {
  loadIpc(context, to, message, ANY_SENDER, { sendTimeout: TIME_ZERO });
}

const ANY_SENDER = -1;

/** An IPC with a send phase (unless `message` is left out) and a receive phase (unless `from` is nil). */
export function ipcAction(to: number, message: Message | undefined, from: number, options: IpcOptions): KernelCall {
  const receives = from !== NIL_THREAD;
  return {
    kind: SYSCALL_IPC,
    load: (context) => loadIpc(context, to, message, from, options),
    // After a mere send only the error counts; the MRs are still those of the message.
    collect: (context) => (receives ? collectIpc(context) : collectIpc(context).slice(0, 3)),
  };
}

/** Result and, when it is 0, ErrorCode. */
function collectResult(context: ResidentContext): number[] {
  const result = context.registers[EAX];
  return [result, result === 0 ? context.tcr(TCR_ERROR_CODE) : 0];
}

export function threadControlAction(
  thread: number,
  space: number,
  scheduler: number,
  pager: number,
  utcb: number,
): KernelCall {
  return {
    kind: SYSCALL_THREAD_CONTROL,
    load: ({ registers }) => {
      registers[EAX] = thread;
      registers[ESI] = space;
      registers[EDX] = scheduler;
      registers[ECX] = pager;
      registers[EDI] = utcb;
    },
    collect: collectResult,
  };
}

export function spaceControlAction(space: number, kipArea: number, utcbArea: number): KernelCall {
  return {
    kind: SYSCALL_SPACE_CONTROL,
    load: ({ registers }) => {
      registers[EAX] = space;
      registers[ECX] = 0;
      registers[EDX] = kipArea;
      registers[ESI] = utcbArea;
      registers[EDI] = NIL_THREAD;
    },
    collect: collectResult,
  };
}

/** What to set with ExchangeRegisters; what is left out is not set. */
export interface RegisterChanges {
  readonly sp?: number;
  readonly ip?: number;
  readonly flags?: number;
  readonly handle?: number;
  readonly pager?: number;
}

/** Result: EAX, control, SP, IP, FLAGS, handle, pager, ErrorCode if EAX is nil. */
export function exchangeRegistersAction(thread: number, control: number, changes: RegisterChanges): KernelCall {
  return {
    kind: SYSCALL_EXCHANGE_REGISTERS,
    load: ({ registers }) => {
      registers[EAX] = thread;
      registers[ECX] = control;
      registers[EDX] = changes.sp ?? 0;
      registers[ESI] = changes.ip ?? 0;
      registers[EDI] = changes.flags ?? 0;
      registers[EBX] = changes.handle ?? 0;
      registers[EBP] = changes.pager ?? 0;
    },
    collect: (context) => {
      const r = context.registers;
      const error = r[EAX] === NIL_THREAD ? context.tcr(TCR_ERROR_CODE) : 0;
      return [r[EAX], r[ECX], r[EDX], r[ESI], r[EDI], r[EBX], r[EBP], error];
    },
  };
}

/** Result: the fpages with the access seen. */
export function unmapAction(flags: number, fpages: readonly number[]): KernelCall {
  if (fpages.length === 0 || fpages.length > 64) throw new RangeError("Unmap takes 1 to 64 fpages");
  return {
    kind: SYSCALL_UNMAP,
    load: (context) => {
      for (let i = 0; i < fpages.length; i++) context.setMr(i, fpages[i]);
      context.registers[EAX] = flags | (fpages.length - 1);
      context.registers[ESI] = fpages[0];
    },
    collect: (context) => fpages.map((_, i) => (i === 0 ? context.registers[ESI] : context.mr(i))),
  };
}

export function scheduleAction(
  thread: number,
  time: number,
  processor: number,
  priority: number,
  preemption: number,
): KernelCall {
  return {
    kind: SYSCALL_SCHEDULE,
    load: ({ registers }) => {
      registers[EAX] = thread;
      registers[EDX] = time;
      registers[ESI] = processor;
      registers[ECX] = priority;
      registers[EDI] = preemption;
    },
    collect: ({ registers }) => [registers[EAX], registers[EDX]],
  };
}

export function restartControlAction(thread: number, page: number, supervisor: number, deadline: number): KernelCall {
  return {
    kind: SYSCALL_RESTART_CONTROL,
    load: ({ registers }) => {
      registers[EAX] = thread;
      registers[ECX] = page;
      registers[EDX] = supervisor;
      registers[ESI] = deadline;
    },
    collect: collectResult,
  };
}

export function residentControlAction(thread: number, program: number): KernelCall {
  return {
    kind: SYSCALL_RESIDENT_CONTROL,
    load: ({ registers }) => {
      registers[EAX] = thread;
      registers[ECX] = program;
    },
    collect: collectResult,
  };
}

/** Words of a thread record that are kept, in this order; behind them a number made of the registers. */
const RECORD_KEPT = [RECORD_CONTINUATION, RECORD_FLAGS, RECORD_TO, RECORD_FROM, RECORD_FAULT, RECORD_PRIORITY];

/** Result: EAX, then {@link RECORD_KEPT}, then the registers' fingerprint. `buffer`: present memory of one record. */
export function threadRecordAction(thread: number, buffer: number): KernelCall {
  return {
    kind: SYSCALL_STATE_CONTROL,
    load: ({ registers }) => {
      registers[EAX] = thread;
      registers[ECX] = STATE_LOOK;
      registers[EDX] = buffer;
    },
    collect: (context) => {
      const word = (index: number): number => context.read32(buffer + 4 * index);
      const registers = Array.from({ length: REGISTERS }, (_, i) => word(RECORD_REGISTERS + i));
      const fingerprint = registers.reduce((sum, value) => Math.imul(sum ^ value, FNV_PRIME), FNV_BASIS);
      return [context.registers[EAX]!, ...RECORD_KEPT.map(word), fingerprint];
    },
  };
}

const REGISTERS = 10;
const FNV_BASIS = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

export function threadSwitchAction(to: number): KernelCall {
  return {
    kind: SYSCALL_THREAD_SWITCH,
    load: ({ registers }) => {
      registers[EAX] = to;
    },
    collect: () => [],
  };
}
