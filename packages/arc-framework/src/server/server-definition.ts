/**
 * What makes a server out of the runtime, and what the runtime tells.
 *
 * Here: the types. Not here: running a server (`resident-server.ts`), what handlers may do (`request.ts`).
 * @module
 */
import type { ResidentContext, ThreadId } from "@kintsugi/microkernel";
import type { Answer, Handler, Request } from "./request.ts";

/** Starts a handler, or answers at once where there is nothing to yield. */
export type HandlerFunction = (s: Request) => Handler | Answer;

/** What makes a server out of the runtime. */
export interface ServerDefinition {
  readonly name: string;
  /** Address of the thread's journal in its own space: THREAD_MEMORY_SIZE bytes, page-aligned. */
  readonly threadMemory: (thread: ThreadId, context: ResidentContext) => number;
  /** What a thread does before its first wait. The journal is fresh; other persistent memory is as it was. */
  readonly start?: HandlerFunction;
  /** Handlers by label; by label with the low four bits clear, where there is none for the label itself. */
  readonly handlers: ReadonlyMap<number, HandlerFunction>;
  /** For every other label. Replies STATUS_INVALID when left out. */
  readonly otherwise?: HandlerFunction;
  /** What handlers may become, by label. No message from outside gets here. */
  readonly continuations?: ReadonlyMap<number, HandlerFunction>;
}

/** Named events; each may be left out. An observer only looks: it must not throw. */
export interface ResidentObserver {
  /** A handler has crashed and will start over from its journal. `count`: crashes at this place so far. */
  handlerRestart?(server: string, thread: ThreadId, error: unknown, count: number): void;
  /** A request has been given up after CRASH_LIMIT crashes at one place. */
  requestFailed?(server: string, thread: ThreadId, error: unknown): void;
}
