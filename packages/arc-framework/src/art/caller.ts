/**
 * Who may ask: only the P3 of the pid that a service thread serves.
 *
 * Here: the check, once at the start of a request and again wherever a later step relies on it.
 * Another thread may end the process between two steps of a request.
 * Not here: what is asked (`services.ts` and the other files beside it). Reference: docs/protocols.md, section 7.
 * @module
 */
import { STATUS_REFUSED } from "../protocol/status.ts";
import { type Handler, type Request, reply } from "../server/request.ts";
import type { HandlerFunction } from "../server/resident-server.ts";
import type { WordReader } from "../server/table.ts";
import { type ArtMemory, servedPid } from "./art-memory.ts";
import { isAlive, isPid, p3Thread } from "./processes.ts";

/** What a request of a live process's P3 is handled by. */
export type Service = (s: Request, pid: number) => Handler;

/** Whether the request comes from the P3 of a process that is alive, through its own service thread. */
export function isCaller(memory: ArtMemory, tx: WordReader, s: Request): boolean {
  const pid = servedPid(s.thread);
  return isPid(pid) && s.sender === p3Thread(memory, tx, pid) && isAlive(memory, tx, pid);
}

/** A handler that refuses everybody else. */
export function fromP3(memory: ArtMemory, service: Service): HandlerFunction {
  return function* (s: Request): Handler {
    const [allowed] = yield* s.step((tx) => [isCaller(memory, tx, s) ? 1 : 0]);
    return allowed === 1 ? yield* service(s, servedPid(s.thread)) : reply(STATUS_REFUSED);
  };
}
