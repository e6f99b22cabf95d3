/**
 * Threads of the process besides its first one.
 *
 * Here: NEW_THREAD, DELETE_THREAD, PRIORITY, and that a restart ends them: the program starts what it needs anew.
 * Their failures are the process's, hangs among them: each has a deadline of its own. Not here: thread ids, which are ART's (`../art/threads.ts`).
 * Reference: thesis, appendix B.4.1; docs/protocols.md section 7.
 * @module
 */
import { NIL_THREAD } from "@kintsugi/microkernel";
import { ART_DELETE_THREAD, ART_NEW_THREAD, ART_PRIORITY } from "../protocol/art.ts";
import { STATUS_FAILED, STATUS_NOT_FOUND, STATUS_OK } from "../protocol/status.ts";
import { EXTRA_THREADS } from "../protocol/thread-numbers.ts";
import { type Handler, type Part, type Request, reply } from "../server/request.ts";
import type { WordReader } from "../server/table.ts";
import { deadlineOf } from "./environment.ts";
import { startAt } from "./start.ts";
import { getWord, setWord } from "./state.ts";

/** The further threads that there are. */
export function threadsOf(reader: WordReader): number[] {
  return Array.from({ length: EXTRA_THREADS }, (_, place) => getWord(reader, "threads", place)).filter(
    (thread) => thread !== NIL_THREAD,
  );
}

/** Whether a thread is one of the process's. */
export function isOwn(reader: WordReader, thread: number): boolean {
  return thread === getWord(reader, "user") || threadsOf(reader).includes(thread);
}

function replaceThread(tx: Parameters<typeof setWord>[0] & WordReader, old: number, by: number): void {
  for (let place = 0; place < EXTRA_THREADS; place++)
    if (getWord(tx, "threads", place) === old) {
      setWord(tx, "threads", by, place);
      return;
    }
}

/** NEW_THREAD IP, SP: → thread id. */
export function* newThread(s: Request): Handler {
  const [art, user] = yield* s.step((tx) => [getWord(tx, "art"), getWord(tx, "user")]);
  const answer = yield* s.call(art!, { label: ART_NEW_THREAD, words: [user!] });
  const [status = STATUS_FAILED, thread] = answer.words;
  if (answer.error !== 0 || status !== STATUS_OK) return reply(answer.error === 0 ? status : STATUS_FAILED);
  const [deadline] = yield* s.step((tx) => {
    replaceThread(tx, NIL_THREAD, thread!);
    return [deadlineOf(tx)];
  });
  yield* s.restartControl(thread!, 0, s.thread, deadline!);
  yield* startAt(s, thread!, s.word(1), s.word(2));
  return reply(STATUS_OK, thread!);
}

/** DELETE_THREAD thread; 0 is the sender. */
export function* deleteThread(s: Request): Handler {
  const thread = s.word(1) === NIL_THREAD ? s.sender : s.word(1);
  const status = yield* end(s, thread);
  return thread === s.sender && status === STATUS_OK ? undefined : reply(status);
}

function* end(s: Request, thread: number): Part<number> {
  const [art, user, known] = yield* s.step((tx) => [
    getWord(tx, "art"),
    getWord(tx, "user"),
    threadsOf(tx).includes(thread) ? 1 : 0,
  ]);
  if (known === 0) return STATUS_NOT_FOUND;
  const answer = yield* s.call(art!, { label: ART_DELETE_THREAD, words: [thread, user!] });
  yield* s.step((tx) => {
    replaceThread(tx, thread, NIL_THREAD);
    return [];
  });
  return answer.error === 0 ? (answer.words[0] ?? STATUS_FAILED) : STATUS_FAILED;
}

/** PRIORITY thread, priority. */
export function* setPriority(s: Request): Handler {
  const [art] = yield* s.step((tx) => [getWord(tx, "art")]);
  const answer = yield* s.call(art!, { label: ART_PRIORITY, words: [s.word(1), s.word(2)] });
  return reply(answer.error === 0 ? (answer.words[0] ?? STATUS_FAILED) : STATUS_FAILED);
}

/** All of them go: the process is about to be stopped or restarted. */
export function* endThreads(s: Request): Part<undefined> {
  const threads = yield* s.step((tx) => threadsOf(tx));
  for (const thread of threads) yield* end(s, thread);
  return undefined;
}
