/**
 * What a policy is asked about, in P3's persistent memory and as words of a step.
 *
 * Here: history and standing of the program, written and read. Not here: how they change (`../policy/history.ts`).
 * @module
 */
import { type History, TIMES_LIMIT } from "../policy/history.ts";
import { LEVELS, type Supervised } from "../policy/policy.ts";
import type { WordReader, WordWriter } from "../server/table.ts";
import { getCount, getWord, STATE, SUPERVISION_WORDS, setCount, setWord } from "./state.ts";

/** What the policy gets beside the failure. */
export interface Supervision {
  readonly pid: number;
  readonly history: History;
  readonly program: Supervised;
}

const COUNTS = ["sequence", "replied", "failures", "nearby", "restarts"] as const;

export function readHistory(reader: WordReader): History {
  const times: number[] = [];
  for (let i = 0; i < TIMES_LIMIT; i++) {
    const at = join(getWord(reader, "times", 2 * i), getWord(reader, "times", 2 * i + 1));
    if (at > 0) times.push(at);
  }
  const [sequence, replied, failures, nearby, restarts] = COUNTS.map((field) => getWord(reader, field) >>> 0);
  const [handler, hot, warm, cold, group] = LEVELS.map((_, i) => getWord(reader, "tried", i));
  return {
    sequence: sequence!,
    replied: replied!,
    failures: failures!,
    nearby: nearby!,
    restarts: restarts!,
    tried: { handler: handler!, hot: hot!, warm: warm!, cold: cold!, group: group! },
    waited: getCount(reader, "waitedLow"),
    times,
  };
}

export function storeHistory(writer: WordWriter, history: History): void {
  for (const field of COUNTS) setWord(writer, field, history[field]);
  for (const [i, level] of LEVELS.entries()) setWord(writer, "tried", history.tried[level], i);
  setCount(writer, "waitedLow", history.waited);
  for (let i = 0; i < TIMES_LIMIT; i++) {
    const at = history.times[i] ?? 0;
    setWord(writer, "times", at | 0, 2 * i);
    setWord(writer, "times", Math.floor(at / 2 ** 32) | 0, 2 * i + 1);
  }
}

/** All that {@link supervisionOf} needs, as words of a step. */
export function supervisionWords(reader: WordReader): readonly number[] {
  return Array.from({ length: SUPERVISION_WORDS }, (_, i) => reader.read(STATE + 4 * i));
}

/** @param refused the program's `Recover` has just returned an error */
export function supervisionOf(words: readonly number[], refused: boolean): Supervision {
  const reader: WordReader = { read: (address) => words[(address - STATE) / 4]! };
  return {
    pid: getWord(reader, "pid"),
    history: readHistory(reader),
    program: { server: getWord(reader, "server") !== 0, ready: getWord(reader, "ready") !== 0, refused },
  };
}

function join(low: number, high: number): number {
  return (high >>> 0) * 2 ** 32 + (low >>> 0);
}
