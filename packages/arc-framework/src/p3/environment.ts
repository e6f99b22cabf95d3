/**
 * A changed environment: what a program finds different in its next life.
 *
 * Here: making the change, and undoing it at the restart after that. Not here: when (`../policy/changed-environment.ts`).
 * Padded: the page behind and the page before each area are lent when they are touched. Patient: the deadline of a request is
 * sixteen times as long.
 * Reference: Rx (Qin et al. 2007).
 * @module
 */
import { PAGE_SIZE, RESTART_PAGE } from "../elf/layout.ts";
import { ENVIRONMENTS, type Environment } from "../policy/policy.ts";
import type { Part, Request } from "../server/request.ts";
import type { WordReader } from "../server/table.ts";
import { areaAt, getWord, setWord } from "./state.ts";

/** A request of a server may use so much of its own time, in µs. Other programs may compute as long as they like. */
const SERVER_DEADLINE = 10_000;
const PATIENCE = 16;

const bitOf = (environment: Environment): number => 1 << ENVIRONMENTS.indexOf(environment);

/** Gives the program this environment from now on. */
export function* setEnvironment(s: Request, environment: readonly Environment[]): Part<undefined> {
  const bits = environment.reduce((sum, one) => sum | bitOf(one), 0);
  const [changed] = yield* s.step((tx) => {
    const old = getWord(tx, "environment");
    setWord(tx, "environment", bits);
    return [old === bits ? 0 : 1];
  });
  if (changed === 1) yield* setDeadline(s);
  return undefined;
}

/** So much of its own time may a thread of the program use for a request, in µs; 0 for as much as it likes. */
export function deadlineOf(reader: WordReader): number {
  if (getWord(reader, "server") === 0) return 0;
  const patient = (getWord(reader, "environment") & bitOf("patient")) !== 0;
  return patient ? SERVER_DEADLINE * PATIENCE : SERVER_DEADLINE;
}

/** Sets the deadline that the program's requests have. */
export function* setDeadline(s: Request): Part<undefined> {
  const [user, deadline] = yield* s.step((tx) => [getWord(tx, "user"), deadlineOf(tx)]);
  yield* s.restartControl(user!, RESTART_PAGE.low, s.thread, deadline!);
  return undefined;
}

/** Whether an address outside all areas is one that this life's padding has. */
export function isPadding(tx: WordReader, address: number): boolean {
  if ((getWord(tx, "environment") & bitOf("padded")) === 0) return false;
  const count = getWord(tx, "areas");
  for (let row = 0; row < count; row++) {
    const { low, high } = areaAt(tx, row);
    if (address >= low - PAGE_SIZE && address < high + PAGE_SIZE) return true;
  }
  return false;
}
