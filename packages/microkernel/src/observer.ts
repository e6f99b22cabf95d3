/**
 * What the kernel tells an observer: named events, all of them optional.
 *
 * Here: the events. Not here: any effect on the run: an observer only looks.
 * Ids are global thread ids as registers hold them, signed.
 * Reference: X.2, protocols (page fault, exception, interrupt); `docs/protocols.md` sections 6 and 7.
 * @module
 */
import type { ThreadId } from "./api/thread-id.ts";

/** Called inside kernel steps: it must neither call the kernel nor change the machine. */
export interface KernelObserver {
  /** A thread exists, active or not. The same number is the same space. */
  threadCreated?(thread: ThreadId, space: number): void;
  /** A thread is gone, and its space with the last one. */
  threadDeleted?(thread: ThreadId): void;
  /** A message was copied. `tag` is as delivered. */
  transferred?(from: ThreadId, to: ThreadId, tag: number): void;
  /** An IPC ended with this ErrorCode word. */
  ipcFailed?(thread: ThreadId, errorCode: number): void;
  /** A fault goes to the pager. `access` is PAGE_FAULT_READ or PAGE_FAULT_WRITE; addresses are linear. Never sigma0's. */
  pageFault?(thread: ThreadId, address: number, access: number, ip: number): void;
  /** A thread touches `count` ports from `port` on that its space has not: its pager hears of it. */
  ioFault?(thread: ThreadId, port: number, count: number, ip: number): void;
  /** An exception goes to the exception handler; `errorCode` is 0 where the vector has none. */
  exception?(thread: ThreadId, vector: number, errorCode: number, ip: number): void;
  /** A line, 0…15, is masked and its handler gets the message. */
  interrupt?(line: number, handler: ThreadId): void;
  /** A request took longer than the deadline: cycles of the thread's own time, at the time of the report. */
  hang?(thread: ThreadId, ownCycles: number): void;
  /** The thread stops for good: it has nobody to turn to. */
  halted?(thread: ThreadId, reason: string): void;
  /** An open receive was recorded in the restart page. */
  restartRecorded?(thread: ThreadId, sequence: number, sender: ThreadId): void;
  /** The recorded request was answered. */
  replied?(thread: ThreadId, sequence: number): void;
  /** A resident program gave up. */
  residentDied?(thread: ThreadId, reason: string): void;
  /** int3 with `cmpb $op,%al`: registers as they are. */
  debugger?(thread: ThreadId, op: number, eax: number, ecx: number): void;
  /** The processor goes from one thread to another. */
  switched?(from: ThreadId, to: ThreadId): void;
}
