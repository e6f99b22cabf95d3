/**
 * The start of a program as its P3 sees it: what to run, and how loading went.
 *
 * Here: PROCESS_START and PROCESS_STARTED. Not here: what comes before (`creation.ts`), loading (`p3/loader.ts`).
 * Reference: docs/protocols.md, section 7.
 * @module
 */
import { FAILURE_NONE, NIL_THREAD } from "@kintsugi/microkernel";
import { STATUS_INVALID, STATUS_OK } from "../protocol/status.ts";
import { type Handler, type Request, reply } from "../server/request.ts";
import { ARGUMENT_BYTES, type ArtMemory, M, P } from "./art-memory.ts";
import type { Service } from "./caller.ts";
import { isCaller } from "./caller.ts";
import { PROCESS_RUNNING, PROCESS_STARTING, readWords, stateOf, userThread } from "./processes.ts";
import { endProcess } from "./removal.ts";
import { tellStarter } from "./starter.ts";

/** PROCESS_START: → pid, user thread, flags, module, its size, argument text. */
export function processStart(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const words = yield* s.step((tx) => {
      const { processes, modules } = memory;
      const row = pid - 1;
      const module = processes.get(tx, row, P.module);
      const argument = readWords(tx, processes.address(row, P.argument), ARGUMENT_BYTES / 4);
      while (argument.length > 0 && argument[argument.length - 1] === 0) argument.pop();
      const size = modules.get(tx, module, M.size);
      return [pid, userThread(memory, tx, pid), processes.get(tx, row, P.flags), module, size, ...argument];
    });
    return reply(STATUS_OK, ...words);
  };
}

/** PROCESS_STARTED status, text: answers the EXECUTE that waits. A program that could not be loaded is removed. */
export function processStarted(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const status = s.word(1);
    const [starting, starter, client] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s) || stateOf(memory, tx, pid) !== PROCESS_STARTING) return [0];
      const { processes } = memory;
      const row = pid - 1;
      const told = [1, processes.get(tx, row, P.starter), processes.get(tx, row, P.startClient)];
      processes.set(tx, row, P.starter, NIL_THREAD);
      if (status === STATUS_OK) processes.set(tx, row, P.state, PROCESS_RUNNING);
      return told;
    });
    if (starting === 0) return reply(STATUS_INVALID);
    const words = status === STATUS_OK ? [STATUS_OK, pid] : [status, ...s.words.slice(1, s.count)];
    yield* tellStarter(s, starter, client, words);
    if (status === STATUS_OK) return reply(STATUS_OK);
    return yield* endProcess(s, memory, pid, { status, kind: FAILURE_NONE, detail: 0, address: 0 }, false);
  };
}
