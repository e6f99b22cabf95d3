/**
 * What the kernel tells an observer: named events, all of them optional.
 *
 * Here: the events. Not here: any effect on the run: an observer only looks.
 * Ids are thread ids as registers hold them.
 * @module
 */
import type { ThreadId } from "./api/thread-id.ts";

export interface KernelObserver {
  threadCreated?(thread: ThreadId, space: number): void;
  threadDeleted?(thread: ThreadId): void;
  /** A message was copied. `tag` is as delivered. */
  transferred?(from: ThreadId, to: ThreadId, tag: number): void;
  /** An IPC ended with this ErrorCode word. */
  ipcFailed?(thread: ThreadId, errorCode: number): void;
  pageFault?(thread: ThreadId, address: number, access: number, ip: number): void;
  exception?(thread: ThreadId, vector: number, errorCode: number, ip: number): void;
  interrupt?(line: number, handler: ThreadId): void;
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
