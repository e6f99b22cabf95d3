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
import { DETECTOR_NAMES, FAILURE_KINDS, type Failure, failureKind } from "../failure.ts";
import { planFor } from "../plan/plan.ts";
import { type History, withFailure, withRestart } from "../policy/history.ts";
import type { Action, ActionKind, RecoveryPolicy } from "../policy/policy.ts";
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
} from "../protocol/recovery-record.ts";
import type { Part, Request } from "../server/request.ts";
import type { Transaction } from "../server/transaction.ts";
import { writeFailureKind } from "./failure-words.ts";
import type { RecoveryObserver } from "./observer.ts";
import { report } from "./report.ts";
import { ProcessRestart } from "./restart.ts";
import { getWord, setWord } from "./state.ts";
import { readHistory, type Supervision, storeHistory, supervisionOf, supervisionWords } from "./supervision.ts";
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

/** Recovers from a failure. A recovery that the failure cut short is reported first, as far as it got. */
export function* recover(
  s: Request,
  failure: Failure,
  policy: RecoveryPolicy,
  observer: RecoveryObserver,
): Part<undefined> {
  yield* report(s, observer);
  const words = yield* s.step((tx) => {
    noteFailure(tx, failure, observer);
    return supervisionWords(tx);
  });
  return yield* carryOut(s, failure, policy, observer, supervisionOf(words, false));
}

/** `Recover` has returned an error: the recovery goes on with what the policy says to that. */
export function* recoverRefused(s: Request, policy: RecoveryPolicy, observer: RecoveryObserver): Part<undefined> {
  const [kind, detector, detail, address, instruction, ...words] = yield* s.step((tx) => {
    markStep(tx, STEP_RECOVER, 0, observer);
    return [
      getWord(tx, "kind"),
      getWord(tx, "detector"),
      getWord(tx, "detail"),
      getWord(tx, "address"),
      getWord(tx, "instruction"),
      ...supervisionWords(tx),
    ];
  });
  const failure: Failure = {
    kind: failureKind(kind!) ?? "killed",
    detector: DETECTOR_NAMES[detector!] ?? "kill",
    detail: detail! >>> 0,
    address: address! >>> 0,
    instruction: instruction! >>> 0,
  };
  return yield* carryOut(s, failure, policy, observer, supervisionOf(words, true));
}

function* carryOut(
  s: Request,
  failure: Failure,
  policy: RecoveryPolicy,
  observer: RecoveryObserver,
  { history, program, pid }: Supervision,
): Part<undefined> {
  const plan = planFor(failure, policy(failure, history, program));
  yield* s.step((tx) => {
    observer.planned?.(pid, plan);
    noteAction(tx, plan.action, history, observer);
    return [];
  });
  yield* apply(plan, new ProcessRestart(s, observer));
  return undefined;
}

/** Writes down the failure: timeline, history, record, and the restart page where the kernel did not know. */
function noteFailure(tx: Transaction, failure: Failure, observer: RecoveryObserver): void {
  const page = RESTART_PAGE.low;
  const word = (index: number): number => tx.read(page + 4 * index) >>> 0;
  const seenByKernel = failure.kind !== "panic" && failure.kind !== "killed" && failure.kind !== "group";
  const failedAt = word(RESTART_TIME_HIGH) * 2 ** 32 + word(RESTART_TIME_LOW);
  beginTimeline(tx, seenByKernel ? failedAt : tx.now());
  markStep(tx, STEP_DETECT, 0, observer);
  const progress = { sequence: word(RESTART_SEQUENCE), replied: word(RESTART_REPLIED) };
  if (failure.kind !== "group") storeHistory(tx, withFailure(readHistory(tx), progress, tx.now()));
  setWord(tx, "recovering", 1);
  setWord(tx, "kind", FAILURE_KINDS[failure.kind]);
  setWord(tx, "detector", DETECTOR_NAMES.indexOf(failure.detector));
  setWord(tx, "detail", failure.detail);
  setWord(tx, "address", failure.address);
  setWord(tx, "instruction", failure.instruction);
  if (!seenByKernel) writeFailureKind(tx, FAILURE_KINDS[failure.kind]);
}

function noteAction(tx: Transaction, action: Action, history: History, observer: RecoveryObserver): void {
  setWord(tx, "action", ACTIONS[action.kind]);
  setWord(tx, "quarantine", action.quarantine ? 1 : 0);
  storeHistory(tx, withRestart(history, action));
  if (action.kind === "cold" || action.kind === "group") setWord(tx, "ready", 0);
  markStep(tx, STEP_DECIDE, 0, observer);
}
