/**
 * Telling whoever started a program how that went.
 *
 * Here: the message. Not here: when (`starting.ts`, `removal.ts`).
 * A client's P3 waits for its own service thread, which has long gone on: the message comes in that
 * thread's name (propagation). ART's main thread gets a message of its own and starts the next module.
 * @module
 */
import { NIL_THREAD, type ThreadId, TIME_ZERO } from "@kintsugi/microkernel";
import type { Part, Request } from "../server/request.ts";
import { ART_MAIN } from "./processes.ts";

/** Label of ART's message to its own main thread: index of the module that has been started. */
export const CONTINUE_BOOT = 0x3f0;

/**
 * @param starter thread that was asked, nil when nobody waits
 * @param client who waits for it; for ART's main thread the index of the module
 * @param words of the reply
 */
export function* tellStarter(s: Request, starter: ThreadId, client: number, words: readonly number[]): Part<undefined> {
  if (starter === ART_MAIN) yield* s.send(ART_MAIN, { label: CONTINUE_BOOT, words: [client] });
  else if (starter !== NIL_THREAD) yield* s.send(client, { words }, { virtualSender: starter, sendTimeout: TIME_ZERO });
  return undefined;
}
