/**
 * `kintsugi boot --gdb PORT` and `start --gdb PORT`: a run that GDB can stop.
 *
 * Here: the machine in this thread and its output: the machine boots to the task's first instruction and waits
 * there for a debugger. Not here: protocol, socket and target (→ ../gdb/), the same without a debugger (→ boot.ts, start.ts).
 * One debugger at a time; one that goes away, in whatever manner, leaves the machine running.
 * @module
 */
import { createInterface } from "node:readline";
import { PROCESS_FIRST_THREAD } from "@kintsugi/arc-framework";
import { globalId } from "@kintsugi/microkernel";
import type { BootModule } from "../boot.ts";
import { diskOver } from "../disk-medium.ts";
import { GdbServer } from "../gdb/server.ts";
import { TaskStopped, TaskTarget } from "../gdb/task-target.ts";
import type { HostFiles } from "../host/host-files.ts";
import { machineMemory } from "../host/machine-thread.ts";
import { Outbox } from "../host/outbox.ts";
import { loadPolicy } from "../host/policy-file.ts";
import type { Effect } from "../host/worker-protocol.ts";
import { Machine } from "../machine.ts";
import { type Operator, PersonOperator, ScriptOperator } from "../run/operator.ts";
import { Run, type RunEnd } from "../run/run.ts";
import type { DebugFlags } from "./debug-options.ts";
import { endingOf } from "./ending.ts";
import { UsageError } from "./options.ts";
import { filesOf, prepare, readScript } from "./prepare.ts";
import type { BootFlags } from "./program.ts";
import { onInterrupt, writeOut } from "./streams.ts";
import { CYCLES_PER_SECOND } from "./virtual-time.ts";

/** Cycles between two looks at socket and terminal. */
const SLICE = 100_000;
const LEAVE_KEY = 0x1d;
const DEFAULT_TASK = "parallel";

/** `person`: somebody sits at the terminal, as with `start`. */
export async function debug(flags: BootFlags & DebugFlags, person: boolean): Promise<number> {
  for (const name of ["record", "replay", "json"] as const)
    if (flags[name] !== undefined) throw new UsageError(`--${name} cannot go with --gdb; leave one of them out`);
  const prepared = prepare(flags);
  const thread = threadOf(flags.gdbTask ?? DEFAULT_TASK, prepared.modules);
  const outbox = new Outbox();
  const files = filesOf(flags, prepared);
  const disk = diskOver(prepared.disk, (lba, bytes) => outbox.disk(lba, bytes));
  const target: TaskTarget = new TaskTarget(
    () => machine,
    thread,
    () => run.leave(),
  );
  const policy = await loadPolicy(prepared.header.policy);
  if (policy.isErr()) throw new UsageError(policy.error.message);
  const powered = Machine.powerOn({
    policy: policy.value,
    without: prepared.header.without ?? [],
    memory: machineMemory(prepared.ramSize),
    ramSize: prepared.ramSize,
    modules: prepared.modules,
    disk,
    console: prepared.header.console ?? "serial",
    seed: prepared.header.seed,
    outside: outbox,
    probe: target,
    observer: target.observer,
  });
  if (powered.isErr()) throw new UsageError(`--memory: ${powered.error.message}; give more`);
  const machine = powered.value;
  const terminal = person && process.stdin.isTTY === true;
  const limit = flags.limit === undefined ? Number.POSITIVE_INFINITY : Math.ceil(flags.limit * CYCLES_PER_SECOND);
  const operator = operatorOf(flags, person, terminal);
  const run = new Run(machine, operator, limit, () => {});
  const stage = new Stage(run, target, flags.gdb ?? 0, async (whole) => {
    for (const effect of outbox.flush(whole)) await show(effect, files);
  });
  const interrupted = onInterrupt(() => stage.leave());
  if (terminal) listen(stage);
  else if (operator instanceof ScriptOperator && person) pipe(stage, operator);
  let end: RunEnd;
  try {
    end = await stage.ended;
  } finally {
    if (terminal) process.stdin.setRawMode(false);
    process.stdin.unref?.();
    disk.flush();
    for (const effect of outbox.flush(true)) await show(effect, files);
    files.close();
  }
  const ending = endingOf(end, { cycles: machine.cycles, instructions: machine.instructions, hash: "" }, "");
  if (ending.message !== "") process.stderr.write(`kintsugi: ${ending.message}\n`);
  return interrupted.code ?? ending.code;
}

/** Drives the run between the debugger's stops. */
class Stage {
  readonly ended: Promise<RunEnd>;
  readonly #run: Run;
  readonly #target: TaskTarget;
  readonly #flush: (whole: boolean) => Promise<void>;
  readonly #server: GdbServer;
  #scheduled = false;
  #busy = false;
  /** Woken while it was busy. */
  #woken = false;
  #settle!: { readonly resolve: (end: RunEnd) => void; readonly reject: (error: unknown) => void };

  constructor(run: Run, target: TaskTarget, port: number, flush: (whole: boolean) => Promise<void>) {
    this.#run = run;
    this.#target = target;
    this.#flush = flush;
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#server = new GdbServer(target, port, {
      changed: () => this.wake(),
      failed: (error) => this.#settle.reject(new UsageError(`--gdb ${port}: ${error.message}; choose another port`)),
    });
    this.wake();
  }

  type(bytes: Uint8Array): void {
    this.#run.type(bytes);
    this.wake();
  }

  leave(): void {
    this.#run.leave();
    this.wake();
  }

  /** Something has changed that may let the machine go on. */
  wake(): void {
    if (this.#busy) this.#woken = true;
    if (this.#scheduled || this.#busy) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#turn().catch((error) => this.#settle.reject(error));
    });
  }

  async #turn(): Promise<void> {
    this.#busy = true;
    this.#woken = false;
    let again = false;
    if (this.#run.end === undefined && this.#target.stop === undefined) again = this.#slice();
    await this.#flush(!again);
    this.#busy = false;
    if (this.#run.end !== undefined) return this.#finish(this.#run.end);
    this.#server.tell();
    if (again || this.#woken) this.wake();
  }

  /** False when there is nothing to go on with. */
  #slice(): boolean {
    try {
      return this.#run.slice(SLICE) === "running";
    } catch (error) {
      if (!(error instanceof TaskStopped)) throw error;
      this.#server.listen();
      return false;
    }
  }

  #finish(end: RunEnd): void {
    this.#target.ended(end.reason === "powerOff" ? end.code : 0);
    this.#server.tell();
    this.#server.close();
    this.#settle.resolve(end);
  }
}

/** User thread of a task that starts with the machine. Processes are numbered in the order of their modules. */
function threadOf(task: string, modules: readonly BootModule[]): number {
  const started = modules.filter(({ commandLine }) => commandLine.split(" ").includes("start"));
  const index = started.findIndex(({ name }) => name === task);
  if (index < 0) {
    const names = started.map(({ name }) => name).join(", ");
    throw new UsageError(`--gdb-task wants one of ${names}, not '${task}'`);
  }
  const pid = index + 1;
  return globalId(PROCESS_FIRST_THREAD + 2 * pid + 1, 1);
}

function operatorOf(flags: BootFlags, person: boolean, terminal: boolean): Operator {
  if (terminal) return new PersonOperator();
  if (person) return new ScriptOperator([], { ended: false, after: "left" });
  const lines = flags.script === undefined ? [] : readScript(flags.script);
  return new ScriptOperator(lines, { ended: true, after: "deadlock" });
}

async function show(effect: Effect, files: HostFiles): Promise<void> {
  files.take(effect);
  if (effect.kind === "serial") await writeOut(effect.bytes);
}

function listen(stage: Stage): void {
  process.stdin.setRawMode(true);
  process.stdin.on("data", (data: Buffer) => {
    const leave = data.indexOf(LEAVE_KEY);
    const typed = leave < 0 ? data : data.subarray(0, leave);
    if (typed.length > 0) stage.type(Uint8Array.from(typed));
    if (leave >= 0) stage.leave();
  });
  process.stdin.on("end", () => stage.leave());
}

/** Lines of a pipe are typed like a script's. */
function pipe(stage: Stage, operator: ScriptOperator): void {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  const add = (more: readonly string[], ended: boolean): void => {
    operator.add(more, ended);
    stage.wake();
  };
  lines.on("line", (line) => add([line], false));
  lines.on("close", () => add([], true));
}
