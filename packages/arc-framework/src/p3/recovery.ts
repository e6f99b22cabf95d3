/**
 * From a failure to a process that runs again, or is no more.
 *
 * Here: writing down what happened, asking the policy, having the plan carried out.
 * Not here: rules (`../policy`), the plan (`../plan`), what its steps do (`restart.ts`).
 * Reference: thesis 4.3.3 (detect, restart, integrate) and 4.4.1.
 * @module
 */
import { RESTART_REPLIED, RESTART_SEQUENCE, RESTART_TIME_HIGH, RESTART_TIME_LOW } from "@kintsugi/microkernel";
import { apply } from "../apply/apply.ts";
import { RESTART_PAGE } from "../elf/layout.ts";
import { DETECTOR_NAMES, FAILURE_KINDS, type Failure, type FailureKind, failureKind } from "../failure.ts";
import { isPostponed, planFor } from "../plan/plan.ts";
import { type History, withFailure, withRestart } from "../policy/history.ts";
import type { Action, ActionKind, RecoveryPolicy } from "../policy/policy.ts";
import { ART_FAILURES } from "../protocol/art.ts";
import {
  ACTION_COLD,
  ACTION_GROUP,
  ACTION_HANDLER_RESTART,
  ACTION_HOT,
  ACTION_REBOOT,
  ACTION_REMOVED,
  ACTION_WARM,
  STEP_DECIDE,
  STEP_DETECT,
  STEP_RECOVER,
  STEP_WAIT,
} from "../protocol/recovery-record.ts";
import type { Part, Request } from "../server/request.ts";
import type { Transaction } from "../server/transaction.ts";
import { setEnvironment } from "./environment.ts";
import { writeFailure } from "./failure-words.ts";
import { lend } from "./lent.ts";
import type { RecoveryObserver } from "./observer.ts";
import { endPostponement, postpone } from "./postpone.ts";
import { report } from "./report.ts";
import { ProcessRestart } from "./restart.ts";
import { getWord, setWord } from "./state.ts";
import { readHistory, type Supervision, storeHistory, supervisionOf, supervisionWords } from "./supervision.ts";
import { endThreads } from "./threads.ts";
import { beginTimeline, markStep } from "./timeline.ts";

const ACTIONS: Readonly<Record<ActionKind, number>> = {
  handler: ACTION_HANDLER_RESTART,
  hot: ACTION_HOT,
  cold: ACTION_COLD,
  warm: ACTION_WARM,
  group: ACTION_GROUP,
  remove: ACTION_REMOVED,
  reboot: ACTION_REBOOT,
};

/**
 * Recovers from a failure. A recovery that the failure cut short is reported first, as far as it got. Returns the map item
 * with which the program goes on where its restart is postponed.
 */
export function* recover(
  s: Request,
  failure: Failure,
  policy: RecoveryPolicy,
  observer: RecoveryObserver,
): Part<readonly number[]> {
  yield* report(s, observer);
  const words = yield* s.step((tx) => {
    endPostponement(tx);
    noteFailure(tx, failure, s.sender, observer);
    return supervisionWords(tx);
  });
  return yield* carryOut(s, failure, policy, observer, supervisionOf(words, false));
}

/** `Recover` has returned an error: the recovery goes on with what the policy says to that. */
export function* recoverRefused(s: Request, policy: RecoveryPolicy, observer: RecoveryObserver): Part<undefined> {
  const words = yield* s.step((tx) => {
    markStep(tx, STEP_RECOVER, 0, observer);
    return [...failureWords(tx), ...supervisionWords(tx)];
  });
  const supervision = supervisionOf(words.slice(FAILURE_FIELDS.length), true);
  yield* carryOut(s, failureOf(words), policy, observer, supervision);
  return undefined;
}

/** A postponed restart is due: what was decided is done now. */
export function* recoverAfterReply(s: Request, observer: RecoveryObserver): Part<undefined> {
  const [action, ...words] = yield* s.step((tx) => {
    markStep(tx, STEP_WAIT, 0, observer);
    endPostponement(tx);
    return [getWord(tx, "action"), ...failureWords(tx)];
  });
  const kind = (Object.keys(ACTIONS) as ActionKind[]).find((one) => ACTIONS[one] === action) ?? "hot";
  yield* apply(
    planFor(failureOf(words), { kind, because: "the request is answered" }),
    new ProcessRestart(s, observer),
  );
  return undefined;
}

/** The last failure, as {@link noteFailure} has written it down. */
const FAILURE_FIELDS = ["kind", "detector", "detail", "address", "instruction"] as const;

function failureWords(tx: Transaction): readonly number[] {
  return FAILURE_FIELDS.map((field) => getWord(tx, field));
}

function failureOf([kind, detector, detail, address, instruction]: readonly number[]): Failure {
  return {
    kind: failureKind(kind!) ?? "killed",
    detector: DETECTOR_NAMES[detector!] ?? "kill",
    detail: detail! >>> 0,
    address: address! >>> 0,
    instruction: instruction! >>> 0,
  };
}

function* carryOut(
  s: Request,
  failure: Failure,
  policy: RecoveryPolicy,
  observer: RecoveryObserver,
  { history, program, pid }: Supervision,
): Part<readonly number[]> {
  const known = policy.supervises === true ? { ...program, supervisor: yield* supervisorTimes(s) } : program;
  const plan = planFor(failure, policy(failure, history, known));
  const item = isPostponed(failure, plan.action) ? yield* lend(s, failure.address) : [];
  yield* s.step((tx) => {
    observer.planned?.(pid, plan);
    noteAction(tx, plan.action, failure.kind === "aging" ? undefined : history, observer);
    if (item.length > 0) postpone(tx);
    return [];
  });
  if (item.length > 0) return item;
  yield* endThreads(s);
  // What one life was given is no other's.
  if (plan.action.environment === undefined) yield* setEnvironment(s, []);
  yield* apply(plan, new ProcessRestart(s, observer));
  return [];
}

/** Times of the last failures of all programs. */
function* supervisorTimes(s: Request): Part<readonly number[]> {
  const [art] = yield* s.step((tx) => [getWord(tx, "art")]);
  const { words } = yield* s.call(art!, { label: ART_FAILURES });
  const times: number[] = [];
  for (let i = 1; i + 1 < words.length; i += 2) times.push((words[i + 1]! >>> 0) * 2 ** 32 + (words[i]! >>> 0));
  return times.filter((at) => at > 0);
}

/** Restarted for another's sake, or before it fails. */
const isNoFailure = ({ kind }: Failure): boolean => kind === "group" || kind === "aging";
/** The kernel has written time and frame; of the first three also what it was. */
const SEEN_BY_KERNEL: readonly FailureKind[] = ["page fault", "exception", "hang", "check"];

/** Writes down the failure: timeline, history, record, and the restart page where the kernel did not know. */
function noteFailure(tx: Transaction, failure: Failure, sender: number, observer: RecoveryObserver): void {
  const page = RESTART_PAGE.low;
  const word = (index: number): number => tx.read(page + 4 * index) >>> 0;
  // A further thread has no restart page.
  const seenByKernel = SEEN_BY_KERNEL.includes(failure.kind) && sender === getWord(tx, "user");
  const failedAt = word(RESTART_TIME_HIGH) * 2 ** 32 + word(RESTART_TIME_LOW);
  beginTimeline(tx, seenByKernel ? failedAt : tx.now());
  markStep(tx, STEP_DETECT, 0, observer);
  const progress = { sequence: word(RESTART_SEQUENCE), replied: word(RESTART_REPLIED) };
  if (!isNoFailure(failure)) storeHistory(tx, withFailure(readHistory(tx), progress, tx.now()));
  setWord(tx, "recovering", 1);
  setWord(tx, "kind", FAILURE_KINDS[failure.kind]);
  setWord(tx, "detector", DETECTOR_NAMES.indexOf(failure.detector));
  setWord(tx, "detail", failure.detail);
  setWord(tx, "address", failure.address);
  setWord(tx, "instruction", failure.instruction);
  if (!seenByKernel || failure.kind === "check")
    writeFailure(tx, FAILURE_KINDS[failure.kind], failure.detail, failure.address);
}

/** Without a history none is kept: the restart of one that has not failed. */
function noteAction(tx: Transaction, action: Action, history: History | undefined, observer: RecoveryObserver): void {
  setWord(tx, "action", ACTIONS[action.kind]);
  setWord(tx, "quarantine", action.quarantine ? 1 : 0);
  if (history !== undefined) storeHistory(tx, withRestart(history, action));
  if (action.kind === "cold" || action.kind === "group") setWord(tx, "ready", 0);
  markStep(tx, STEP_DECIDE, 0, observer);
}
