/**
 * A changed environment: what a program finds different in its next life.
 *
 * Here: making the change, and undoing it at the restart after that. Not here: when (`../policy/changed-environment.ts`).
 * Padded: the page behind and the page before each area are lent when they are touched. Patient: the deadline of a request is
 * sixteen times as long. Zeroed, lasting: the program's heap is told in the restart page (`guest/heap.cpp`). Demoted: the first
 * thread has the priority of a program that is no server.
 * Reference: Rx (Qin et al. 2007).
 * @module
 */
import { RESTART_ENVIRONMENT } from "@kintsugi/microkernel";
import { PAGE_SIZE, RESTART_PAGE } from "../elf/layout.ts";
import type { Environment } from "../policy/policy.ts";
import { ART_PRIORITY, PROGRAM_PRIORITY, SERVER_PRIORITY } from "../protocol/art.ts";
import { ENVIRONMENT_LASTING, ENVIRONMENT_ZEROED } from "../protocol/p3.ts";
import type { Part, Request } from "../server/request.ts";
import type { WordReader, WordWriter } from "../server/table.ts";
import { areaAt, getWord, setWord } from "./state.ts";

/** A request of a server may use so much of its own time, in µs. Other programs may compute as long as they like. */
const SERVER_DEADLINE = 10_000;
const PATIENCE = 16;

/** Bits of the restart page's word, of which a program knows those of its heap. */
const BITS: Readonly<Record<Environment, number>> = {
  padded: 1,
  patient: 2,
  zeroed: ENVIRONMENT_ZEROED,
  lasting: ENVIRONMENT_LASTING,
  demoted: 16,
};

function has(reader: WordReader, environment: Environment): boolean {
  return (getWord(reader, "environment") & BITS[environment]) !== 0;
}

/** Gives the program this environment from now on. */
export function* setEnvironment(s: Request, environment: readonly Environment[]): Part<undefined> {
  const bits = environment.reduce((sum, one) => sum | BITS[one], 0);
  const [changed, user, art] = yield* s.step((tx) => {
    const old = getWord(tx, "environment");
    setWord(tx, "environment", bits);
    if (old !== bits) writeEnvironment(tx);
    return [old ^ bits, getWord(tx, "user"), getWord(tx, "art")];
  });
  if ((changed! & BITS.patient) !== 0) yield* setDeadline(s);
  if ((changed! & BITS.demoted) !== 0) {
    const priority = (bits & BITS.demoted) !== 0 ? PROGRAM_PRIORITY : SERVER_PRIORITY;
    yield* s.call(art!, { label: ART_PRIORITY, words: [user!, priority] });
  }
  return undefined;
}

/** Tells the program. */
export function writeEnvironment(tx: WordWriter): void {
  tx.write(RESTART_PAGE.low + 4 * RESTART_ENVIRONMENT, getWord(tx, "environment"));
}

/** So much of its own time may a thread of the program use for a request, in µs; 0 for as much as it likes. */
export function deadlineOf(reader: WordReader): number {
  if (getWord(reader, "server") === 0) return 0;
  return has(reader, "patient") ? SERVER_DEADLINE * PATIENCE : SERVER_DEADLINE;
}

/** Sets the deadline that the program's requests have. */
export function* setDeadline(s: Request): Part<undefined> {
  const [user, deadline] = yield* s.step((tx) => [getWord(tx, "user"), deadlineOf(tx)]);
  yield* s.restartControl(user!, RESTART_PAGE.low, s.thread, deadline!);
  return undefined;
}

/** Whether an address outside all areas is one that this life's padding has. */
export function isPadding(tx: WordReader, address: number): boolean {
  if (!has(tx, "padded")) return false;
  const count = getWord(tx, "areas");
  for (let row = 0; row < count; row++) {
    const { low, high } = areaAt(tx, row);
    if (address >= low - PAGE_SIZE && address < high + PAGE_SIZE) return true;
  }
  return false;
}
