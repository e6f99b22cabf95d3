/**
 * A process twice: CLONE, and how the P3 of the second one begins.
 *
 * Here: where the clone's thread goes on, what of the first process's tables is not the clone's, pages that are looked for in ART
 * before they are mapped. Not here: the pages' copies, which ART makes (`../art/clone.ts`).
 * A clone has one thread, no shared pages, no history of failures. Only programs are cloned: none is ever restarted.
 * Reference: thesis, appendix A.1 (copy-on-write); docs/protocols.md section 7.
 * @module
 */
import { PAGE_SIZE, RESTART_PAGE } from "../elf/layout.ts";
import { NO_HISTORY } from "../policy/history.ts";
import { ART_NEW_TASK, ART_PROCESS_STARTED, PROCESS_FLAG_DISK } from "../protocol/art.ts";
import { START_PID } from "../protocol/start-block.ts";
import { STATUS_FAILED, STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { EXTRA_THREADS } from "../protocol/thread-numbers.ts";
import type { Message } from "../server/action.ts";
import { type Handler, type Request, reply } from "../server/request.ts";
import { packText } from "../server/text.ts";
import type { Transaction } from "../server/transaction.ts";
import { allocate } from "./memory.ts";
import { loadPage, memoryArrived } from "./pages.ts";
import { startAt, topPage } from "./start.ts";
import { startBlock } from "./start-block.ts";
import { ARGUMENTS, areaAt, findAreaRow, getWord, MODULE_RUN_WORDS, SHARED, setWord } from "./state.ts";
import { storeHistory } from "./supervision.ts";

/** CLONE IP, SP: → pid. */
export function* clone(s: Request): Handler {
  const [server, art] = yield* s.step((tx) => {
    setWord(tx, "cloneIp", s.word(1));
    setWord(tx, "cloneSp", s.word(2));
    if (getWord(tx, "server") === 0) setWord(tx, "copied", 1);
    return [getWord(tx, "server"), getWord(tx, "art")];
  });
  if (server !== 0) return reply(STATUS_REFUSED);
  const answer = yield* s.call(art!, { label: ART_NEW_TASK, words: [s.thread] });
  const message: Message = answer.error === 0 ? { words: answer.words } : reply(STATUS_FAILED);
  return message;
}

/** The start of a clone's P3, whose memory is full of the first process's tables. */
export function* adopt(s: Request, art: number, pid: number, user: number, flags: number): Handler {
  const [ip, sp] = yield* s.step((tx) => {
    setWord(tx, "art", art);
    setWord(tx, "pid", pid);
    setWord(tx, "user", user);
    for (const field of ["recovering", "prefetch", "quarantine", "group"] as const) setWord(tx, field, 0);
    // A module is mapped anew; the bytes of a file are pages like others.
    const keepsFile = (flags & PROCESS_FLAG_DISK) !== 0;
    for (let run = 0; run < MODULE_RUN_WORDS && !keepsFile; run++) setWord(tx, "moduleRuns", 0, run);
    for (let place = 0; place < EXTRA_THREADS; place++) setWord(tx, "threads", 0, place);
    for (let row = 0; row < SHARED.rows; row++) if (SHARED.get(tx, row, SHARED.field.key) !== 0) SHARED.clear(tx, row);
    storeHistory(tx, NO_HISTORY);
    writePid(tx, pid);
    return [getWord(tx, "cloneIp"), getWord(tx, "cloneSp")];
  });
  const status = yield* allocate(s, art, RESTART_PAGE.low, 1);
  const refusal = [status, ...packText("there is no memory for it; end another program")];
  if (status === STATUS_OK) {
    yield* s.step((tx) => {
      const row = findAreaRow(tx, RESTART_PAGE.low);
      memoryArrived(tx, areaAt(tx, row), row, RESTART_PAGE.low, 1);
      loadPage(tx, areaAt(tx, row), row, RESTART_PAGE.low);
      return [];
    });
    yield* s.restartControl(user, RESTART_PAGE.low, s.thread, 0);
  }
  yield* s.call(art, { label: ART_PROCESS_STARTED, words: status === STATUS_OK ? [STATUS_OK] : refusal });
  if (status !== STATUS_OK) return undefined;
  yield* startAt(s, user, ip!, sp!);
  return undefined;
}

/** The start block says which process this is. */
function writePid(tx: Transaction, pid: number): void {
  const top = topPage("stack") + PAGE_SIZE;
  const { sp } = startBlock(top, 0, pid, tx.readBytes(ARGUMENTS, getWord(tx, "argumentBytes")));
  tx.write(sp + 4 * START_PID, pid);
}

/** Makes sure that a page is here as it is about to be mapped: a fault of P3 itself has ART bring it, or a copy to write to. */
export function touch(tx: Transaction, page: number, write: boolean): void {
  const word = tx.read(page);
  if (write) tx.pages.write(page, Uint8Array.of(word & 0xff));
}
