/**
 * Recovery records: what P3s have reported, kept for the timeline.
 *
 * Here: RECOVERY_REPORT and RECOVERY_INFO over a ring. Not here: making a record (`p3/timeline.ts`).
 * Reference: docs/protocols.md, section 9.
 * @module
 */
import {
  ACTION_REBOOT,
  ACTION_REMOVED,
  RECOVERY_ACTION,
  RECOVERY_PID,
  RECOVERY_WORDS,
} from "../protocol/recovery-record.ts";
import { STATUS_INVALID, STATUS_NOT_FOUND, STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { type Handler, type Request, reply } from "../server/request.ts";
import { type ArtMemory, G, P, RECORD_LIMIT } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { readWords } from "./processes.ts";

/** RECOVERY_REPORT record. It is about the caller's own process, whatever it says. */
export function recoveryReport(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    if (s.count < RECOVERY_ACTION || s.count > RECOVERY_WORDS) return reply(STATUS_INVALID);
    const [status] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s)) return [STATUS_REFUSED];
      const { globals, processes, records } = memory;
      const written = globals.get(tx, 0, G.records);
      for (let i = 1; i <= RECOVERY_WORDS; i++)
        records.set(tx, written % RECORD_LIMIT, i - 1, i === RECOVERY_PID ? pid : s.word(i));
      globals.set(tx, 0, G.records, written + 1);
      const action = s.word(RECOVERY_ACTION);
      if (action !== ACTION_REMOVED && action !== ACTION_REBOOT)
        processes.set(tx, pid - 1, P.restarts, processes.get(tx, pid - 1, P.restarts) + 1);
      return [STATUS_OK];
    });
    return reply(status);
  };
}

/** RECOVERY_INFO index, 0 = latest: → record. */
export function recoveryInfo(memory: ArtMemory): Service {
  return function* (s: Request): Handler {
    const index = s.word(1) >>> 0;
    const words = yield* s.step((tx) => {
      const written = memory.globals.get(tx, 0, G.records);
      if (index >= Math.min(written, RECORD_LIMIT)) return [];
      return readWords(tx, memory.records.address((written - 1 - index) % RECORD_LIMIT, 0), RECOVERY_WORDS);
    });
    return words.length === 0 ? reply(STATUS_NOT_FOUND) : reply(STATUS_OK, ...words);
  };
}
