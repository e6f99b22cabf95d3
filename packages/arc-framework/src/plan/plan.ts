/**
 * A plan: what will be done about a failure, step by step.
 *
 * Here: from an action to its steps, and a plan as text; pure. Not here: carrying it out (`../apply`).
 * Each step can be done again after being done in part, and a plan again from its start: a crash of
 * whoever carries it out costs time and nothing else.
 * Reference: thesis 4.4.1, Table 4.1, and Table 4.2 for the names of the steps.
 * @module
 */
import { describeFailure, FAILURE_KINDS, type Failure } from "../failure.ts";
import { type Action, type Environment, MILLISECOND } from "../policy/policy.ts";
import type { Siblings } from "../policy/siblings.ts";
import type { AreaKind } from "./area-kind.ts";

/** One step; the fields say all that carrying it out needs besides the process itself. */
export type PlanStep =
  /** Map a page of zeroes where the program has found none. */
  | { readonly kind: "lend page" }
  /** Let the program go on until its open request is answered. */
  | { readonly kind: "run to the reply" }
  /** Change what the program finds in its next life. */
  | { readonly kind: "change environment"; readonly environment: readonly Environment[] }
  /** Take the areas' pages from the program; their memory stays with its pager. */
  | { readonly kind: "unmap"; readonly areas: readonly AreaKind[] }
  /** Declare the contents of the areas' pages void. */
  | { readonly kind: "initialize"; readonly areas: readonly AreaKind[] }
  /** Give the program an address space without anything in it; ids, queues and interrupts stay. */
  | { readonly kind: "recreate" }
  /** Answer everybody who waits for the program with an error, in its name. */
  | { readonly kind: "answer clients" }
  /** Give up the pages that it shares with others. */
  | { readonly kind: "release shared" }
  /** Have ART stop the clients that will be restarted, too; they go on when the program is ready. */
  | { readonly kind: "stop clients" }
  /** Have ART stop these other servers; each starts cold when the one before it is ready, this one in its turn. */
  | { readonly kind: "stop siblings"; readonly siblings: Siblings }
  /** Let time pass. Clients wait meanwhile. */
  | { readonly kind: "wait"; readonly cycles: number }
  /** Put the file's contents into those void pages of the areas that come from the file. */
  | { readonly kind: "load"; readonly areas: readonly AreaKind[] }
  /** Write the start block and let the program's thread run from its entry. */
  | { readonly kind: "start"; readonly stack: "stack" | "recovery stack"; readonly reason: number }
  /** Tell ART that the process has ended. */
  | { readonly kind: "end"; readonly reason: number }
  /** Have ART reset the machine; the text is the reason that is kept. */
  | { readonly kind: "reboot"; readonly text: string };

/** A decision in full, as plain data. Thesis Table 4.1. */
export interface Plan {
  readonly failure: Failure;
  readonly action: Action;
  /** In the order in which they are carried out. */
  readonly steps: readonly PlanStep[];
}

/** Renewed by every restart. */
const VOLATILE: readonly AreaKind[] = ["image", "heap", "recovery stack", "stack"];
/** Renewed by a cold restart, too. */
const ALL: readonly AreaKind[] = [...VOLATILE, "persistent memory"];

/** The steps that an action takes. */
export function planFor(failure: Failure, action: Action): Plan {
  return { failure, action, steps: [...before(failure, action), ...stepsOf(failure, action)] };
}

/** Only an access outside all areas can be answered with a page. */
export function isPostponed({ detector }: Failure, { kind, postpone }: Action): boolean {
  return postpone === true && detector === "outside-areas" && kind !== "remove" && kind !== "reboot";
}

function before(failure: Failure, action: Action): readonly PlanStep[] {
  const { environment = [] } = action;
  return [
    ...(isPostponed(failure, action) ? ([{ kind: "lend page" }, { kind: "run to the reply" }] as const) : []),
    ...(environment.length > 0 ? [{ kind: "change environment", environment } as const] : []),
  ];
}

function stepsOf(failure: Failure, { kind, because, delay = 0, siblings }: Action): readonly PlanStep[] {
  const reason = FAILURE_KINDS[failure.kind];
  switch (kind) {
    case "handler":
      return restart([], [], delay, { kind: "start", stack: "recovery stack", reason });
    case "hot":
      return restart(VOLATILE, ["image"], delay, { kind: "start", stack: "recovery stack", reason });
    case "warm":
      return restart(VOLATILE, ["image"], delay, { kind: "start", stack: "recovery stack", reason }, [RECREATE]);
    case "cold":
      return coldRestart(delay);
    case "group":
      return [siblings ? { kind: "stop siblings", siblings } : { kind: "stop clients" }, ...coldRestart(delay)];
    case "remove":
      return [{ kind: "answer clients" }, { kind: "end", reason }];
    case "reboot":
      return [{ kind: "reboot", text: `${describeFailure(failure)}: ${because}` }];
  }
}

const RECREATE: PlanStep = { kind: "recreate" };

/** A first start in place of what was: nobody who waits is left over from before. */
function coldRestart(delay: number): readonly PlanStep[] {
  const start: PlanStep = { kind: "start", stack: "stack", reason: 0 };
  const more: PlanStep[] = [RECREATE, { kind: "answer clients" }, { kind: "release shared" }];
  return restart(ALL, ["image", "persistent memory"], delay, start, more);
}

/** Taking pages away comes first: it stops the program. */
function restart(
  renewed: readonly AreaKind[],
  loaded: readonly AreaKind[],
  delay: number,
  start: PlanStep,
  more: readonly PlanStep[] = [],
): readonly PlanStep[] {
  return [
    { kind: "unmap", areas: renewed },
    ...more,
    ...(delay > 0 ? [{ kind: "wait", cycles: delay } as const] : []),
    { kind: "initialize", areas: renewed },
    { kind: "load", areas: loaded },
    start,
  ];
}

/** The plan as lines of text. */
export function formatPlan(plan: Plan): string {
  const lines = [describeFailure(plan.failure), `${plan.action.kind}: ${plan.action.because}`];
  for (const step of plan.steps) lines.push(formatStep(step));
  return lines.join("\n");
}

function formatStep(step: PlanStep): string {
  switch (step.kind) {
    case "start":
      return `start on the ${step.stack}, reason ${step.reason}`;
    case "end":
      return `end the process, reason ${step.reason}`;
    case "wait":
      return `wait ${step.cycles / MILLISECOND} ms`;
    case "reboot":
      return `reboot: ${step.text}`;
    case "stop clients":
      return "stop the clients that agreed to be restarted";
    case "lend page":
      return "lend a page of zeroes";
    case "run to the reply":
      return "let the request be answered";
    case "change environment":
      return `change the environment: ${step.environment.join(", ")}`;
    case "stop siblings":
      return `stop the servers that start with it: ${step.siblings}`;
    case "recreate":
      return "recreate the address space";
    case "answer clients":
      return "answer all clients that wait with an error";
    case "release shared":
      return "give up shared pages";
    default:
      return `${step.kind} ${step.areas.length === 0 ? "nothing" : step.areas.join(", ")}`;
  }
}
