/**
 * What programs' P3s say of others, and what all have failed in common.
 *
 * Here: BLAME, by which a server's P3 has the sender of a request fail that breaks the server's protocol; FAILURES, which counts
 * the failures of all programs for policies that look at a supervisor's and not at one program's. Not here: the evidence, which the
 * P3 has looked at (`../p3/violation.ts`).
 * @module
 */
import { TIME_ZERO, threadNumber } from "@kintsugi/microkernel";
import { DETECTOR_NAMES, FAILURE_KINDS } from "../failure.ts";
import { TIMES_LIMIT } from "../policy/history.ts";
import { P3_FAILED } from "../protocol/p3.ts";
import { STATUS_BUSY, STATUS_NOT_FOUND, STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { PROCESS_FIRST_THREAD } from "../protocol/thread-numbers.ts";
import { type Handler, type Request, reply } from "../server/request.ts";
import { type ArtMemory, G } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { isAlive, isPid, p3Thread, userThread } from "./processes.ts";

/** BLAME thread, label: the thread's program fails. */
export function blame(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const culprit = (threadNumber(s.word(1)) - PROCESS_FIRST_THREAD - 1) / 2;
    if (!isPid(culprit) || culprit === pid) return reply(STATUS_NOT_FOUND);
    const [p3] = yield* s.step((tx) => {
      const known = isAlive(memory, tx, culprit) && userThread(memory, tx, culprit) === s.word(1);
      return [isCaller(memory, tx, s) && known ? p3Thread(memory, tx, culprit) : 0];
    });
    if (p3 === 0) return reply(STATUS_NOT_FOUND);
    const words = [FAILURE_KINDS.protocol, DETECTOR_NAMES.indexOf("protocol"), s.word(2), 0];
    // The culprit waits for an answer, so its P3 is idle, unless somebody is stopping it.
    const answer = yield* s.call(p3!, { label: P3_FAILED, words }, { sendTimeout: TIME_ZERO });
    return reply(answer.error === 0 ? (answer.words[0] ?? STATUS_REFUSED) : STATUS_BUSY);
  };
}

/** FAILURES: → times of the last failures of all programs, with one more now. */
export function countFailure(memory: ArtMemory): Service {
  return function* (s: Request): Handler {
    const words = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s)) return [];
      const { globals } = memory;
      const now = tx.now();
      const old = Array.from({ length: 2 * (TIMES_LIMIT - 1) }, (_, i) => globals.get(tx, 0, G.failures + i));
      const times = [now | 0, Math.floor(now / 2 ** 32), ...old];
      for (const [i, word] of times.entries()) globals.set(tx, 0, G.failures + i, word);
      return times;
    });
    return words.length === 0 ? reply(STATUS_REFUSED) : reply(STATUS_OK, ...words);
  };
}
