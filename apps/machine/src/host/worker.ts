/**
 * The machine's own thread.
 *
 * Here: powering on over the memory that the parent supplied, running slices, posting effects in order, taking input
 * between slices. Not here: anything of the outside world (→ machine-thread.ts and above); the machine (→ ../machine.ts).
 * Killing this thread is a power cut: nothing but the memories and what was posted survives.
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { diskOver } from "../disk-medium.ts";
import { machineHash } from "../hash.ts";
import { Machine } from "../machine.ts";
import { watchFor } from "../residents.ts";
import { type Operator, PersonOperator, ReplayOperator, ScriptOperator } from "../run/operator.ts";
import { Run, type RunEnd, type RunState } from "../run/run.ts";
import { sha256 } from "./digest.ts";
import { Outbox } from "./outbox.ts";
import { loadPolicy } from "./policy-file.ts";
import type { Effect, FromWorker, OperatorChoice, ToWorker, WorkerStart } from "./worker-protocol.ts";

/** Cycles between two looks at the host's clock. */
const SLICE = 100_000;
/** Host milliseconds between two looks at the mailbox. */
const TURN = 4;
/** Batches that the parent may be behind before the machine waits for it. */
const FARTHEST_AHEAD = 64;

const port = parentPort ?? refuse("this file is the machine's worker and is started by the kintsugi command");
const start = workerData as WorkerStart;
const outbox = new Outbox();
/** The drive's, with its write cache. */
const disk = start.disk && diskOver(start.disk, (lba, bytes) => outbox.disk(lba, bytes));
const post = (message: FromWorker): void => port.postMessage(message);

function operatorOf(choice: OperatorChoice): Operator {
  if (choice.kind === "script") return new ScriptOperator(choice.lines, choice);
  return choice.kind === "replay" ? new ReplayOperator(choice.entries) : new PersonOperator();
}

async function main(): Promise<void> {
  const policy = await loadPolicy(start.policy);
  if (policy.isErr()) {
    post({ kind: "refused", error: { code: "bad-policy", message: policy.error.message } });
    port.close();
    return;
  }
  const watch = watchFor(start.watch, policy.value);
  const options = {
    policy: policy.value,
    without: start.without ?? [],
    ...(watch ? { watch } : {}),
    memory: start.memory,
    ramSize: start.ramSize,
    modules: start.modules,
    ...(start.video ? { video: start.video } : {}),
    ...(disk ? { disk } : {}),
    seed: start.seed,
    console: start.console ?? "serial",
    outside: outbox,
    ...(start.hostTimes ? { hostClock: () => performance.now() } : {}),
  };
  const machine = start.restore ? Machine.restore(options, start.restore) : Machine.powerOn(options);
  if (machine.isErr()) {
    post({ kind: "refused", error: machine.error });
    port.close();
    return;
  }
  serve(machine.value, operatorOf(start.operator));
}

function serve(machine: Machine, operator: Operator): void {
  const run = new Run(machine, operator, start.limit, (entry) => outbox.taken(entry));
  const person = operator instanceof PersonOperator;
  let ahead = 0;
  let state: RunState = "running";
  let scheduled = false;

  function turn(): void {
    scheduled = false;
    const until = performance.now() + TURN;
    do state = run.slice(SLICE);
    while (state === "running" && performance.now() < until);
    if (run.end !== undefined) disk?.flush(); // as a drive does when it is switched off; a killed thread's does not
    // A person wants to see half a line at once; elsewhere chunks depend on the run alone.
    const effects = outbox.flush(person || state !== "running");
    const screen = person || run.end !== undefined ? changedScreen(machine) : undefined;
    if (screen !== undefined) effects.push(screen);
    if (effects.length > 0) {
      ahead++;
      post({ kind: "effects", effects });
    }
    if (run.end !== undefined) finish(machine, run.end);
    else wake();
  }

  function wake(): void {
    if (scheduled || state !== "running" || ahead >= FARTHEST_AHEAD) return;
    scheduled = true;
    setImmediate(turn);
  }

  port.on("message", (message: ToWorker) => {
    if (state === "ended") return;
    if (message.kind === "written") ahead -= message.batches;
    else {
      if (message.kind === "type") run.type(message.bytes);
      else if (message.kind === "leave") run.leave();
      else if (operator instanceof ScriptOperator) operator.add(message.lines, message.ended);
      state = "running";
    }
    wake();
  });
  wake();
}

let shown = "";

/** The screen, if it is the console and shows something else than before. */
function changedScreen(machine: Machine): Effect | undefined {
  if (start.console !== "screen") return undefined;
  const { screen } = machine.chips;
  const text = JSON.stringify(screen);
  if (text === shown) return undefined;
  shown = text;
  return { kind: "screen", screen };
}

function finish(machine: Machine, end: RunEnd): void {
  const state = machine.snapshot();
  const hash = start.hash ? machineHash([machine.video, machine.ram], state, sha256()) : "";
  const figures = { cycles: machine.cycles, instructions: machine.instructions, hash };
  post({ kind: "end", end, figures, state });
  port.close();
}

function refuse(message: string): never {
  throw new Error(message);
}

await main();
