/**
 * Carrying a plan out, one step after the other.
 *
 * Here: the order, and the mark after each step. Not here: what a step does to a process: whoever owns
 * the process supplies that as parts of a handler, and each part may be cut and run again.
 * Reference: thesis Table 4.2.
 * @module
 */
import type { AreaKind } from "../plan/area-kind.ts";
import type { Plan, PlanStep } from "../plan/plan.ts";
import type { Environment } from "../policy/policy.ts";
import type { Siblings } from "../policy/siblings.ts";
import { STEP_INITIALIZE, STEP_LOAD, STEP_START, STEP_UNMAP, STEP_WAIT } from "../protocol/recovery-record.ts";
import type { Part } from "../server/request.ts";

/** What can be done to a process. Each returns how many pages it dealt with. */
export interface Restartable {
  unmap(areas: readonly AreaKind[]): Part<number>;
  initialize(areas: readonly AreaKind[]): Part<number>;
  load(areas: readonly AreaKind[]): Part<number>;
  wait(cycles: number): Part<number>;
  start(stack: "stack" | "recovery stack", reason: number): Part<number>;
  /** The process has ended: its report first, then ART removes it, and this P3 with it. */
  end(reason: number): Part<number>;
  stopClients(): Part<number>;
  stopSiblings(siblings: Siblings): Part<number>;
  changeEnvironment(environment: readonly Environment[]): Part<number>;
  recreate(): Part<number>;
  answerClients(): Part<number>;
  releaseShared(): Part<number>;
  /** The machine is reset, and this P3 with it. */
  reboot(text: string): Part<number>;
  /** A step of the recovery is done: takes the time. */
  mark(step: number, pages: number): Part<void>;
}

/** The steps of the recovery record that plan steps stand for. An end has none: its record has been sent. */
const RECORD_STEPS: Readonly<Partial<Record<PlanStep["kind"], number>>> = {
  unmap: STEP_UNMAP,
  recreate: STEP_UNMAP,
  "release shared": STEP_UNMAP,
  initialize: STEP_INITIALIZE,
  load: STEP_LOAD,
  wait: STEP_WAIT,
  start: STEP_START,
};

/** What comes before the restart, if it is postponed: not here (`../p3/postpone.ts`). */
type Prelude = "lend page" | "run to the reply";
type RestartStep = Exclude<PlanStep, { readonly kind: Prelude }>;

const isRestartStep = (step: PlanStep): step is RestartStep =>
  step.kind !== "lend page" && step.kind !== "run to the reply";

/** Carries the plan out, from the restart on. */
export function* apply(plan: Plan, process: Restartable): Part<void> {
  for (const step of plan.steps.filter(isRestartStep)) {
    const pages = yield* perform(step, process);
    const recorded = RECORD_STEPS[step.kind];
    if (recorded !== undefined) yield* process.mark(recorded, pages);
  }
}

function perform(step: RestartStep, process: Restartable): Part<number> {
  switch (step.kind) {
    case "unmap":
      return process.unmap(step.areas);
    case "initialize":
      return process.initialize(step.areas);
    case "load":
      return process.load(step.areas);
    case "start":
      return process.start(step.stack, step.reason);
    case "end":
      return process.end(step.reason);
    case "wait":
      return process.wait(step.cycles);
    case "reboot":
      return process.reboot(step.text);
    case "stop clients":
      return process.stopClients();
    case "stop siblings":
      return process.stopSiblings(step.siblings);
    case "change environment":
      return process.changeEnvironment(step.environment);
    case "recreate":
      return process.recreate();
    case "answer clients":
      return process.answerClients();
    case "release shared":
      return process.releaseShared();
  }
}
