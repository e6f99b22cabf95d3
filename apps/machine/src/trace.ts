/**
 * From the observers of kernel and servers to the machine's events.
 *
 * Here: translation, and host times of recovery steps where a host clock is given. No event has an effect on the run,
 * and nothing here is part of the machine's state. Not here: the shapes (→ events.ts), who prints them.
 * @module
 */
import {
  ACTION_COLD,
  ACTION_GROUP,
  ACTION_HANDLER_RESTART,
  ACTION_HOT,
  ACTION_REBOOT,
  ACTION_REMOVED,
  ACTION_WARM,
  failureKind,
  P3_GROUP_GO,
  P3_PANIC,
  P3_RESTART,
  type Plan,
  PROCESS_FIRST_THREAD,
  RECOVERY_ACTION,
  RECOVERY_KIND,
  RECOVERY_NAME,
  RECOVERY_PID,
  RECOVERY_STEPS,
  RECOVERY_WORDS,
  RECOVERY_WORDS_PER_STEP,
  type RecoveryObserver,
  type ResidentObserver,
  STEP_DETECT,
  STEP_RECOVER,
  unpackText,
} from "@kintsugi/arc-framework";
import { type KernelObserver, type ThreadId, threadNumber } from "@kintsugi/microkernel";
import type { MachineEvent, RecoveryStep } from "./events.ts";

/** In the order of their numbers; the replay after them has an event of its own. */
const STEP_NAMES = ["detect", "decide", "unmap", "initialize", "load", "start", "recover", "wait"];
const ACTION_NAMES: Readonly<Record<number, string>> = {
  [ACTION_HOT]: "hot",
  [ACTION_WARM]: "warm",
  [ACTION_COLD]: "cold",
  [ACTION_REMOVED]: "removed",
  [ACTION_HANDLER_RESTART]: "handler",
  [ACTION_GROUP]: "group",
  [ACTION_REBOOT]: "reboot",
};

/** Messages to a P3 that begin a recovery. */
const BEGINNINGS: ReadonlySet<number> = new Set([P3_PANIC, P3_RESTART, P3_GROUP_GO]);

/** The clocks that the trace reads. */
export interface TraceClocks {
  readonly cycles: number;
  readonly instructions: number;
}

/** Host microseconds of the steps of a recovery, by step number. */
interface HostTimes {
  last: number;
  readonly steps: number[];
}

export class Trace {
  readonly #clocks: TraceClocks;
  readonly #emit: (event: MachineEvent) => void;
  readonly #host: (() => number) | undefined;
  /** User threads' numbers → where both clocks stood when Recover was over. */
  readonly #replays: Map<number, { readonly cycles: number; readonly instructions: number }> = new Map();
  readonly #failures: Map<number, number> = new Map();
  readonly #hostTimes: Map<number, HostTimes> = new Map();

  /** `host`: milliseconds of the host. */
  constructor(clocks: TraceClocks, emit: (event: MachineEvent) => void, host?: () => number) {
    this.#clocks = clocks;
    this.#emit = emit;
    this.#host = host;
  }

  /** For P3 and the runtime of resident servers. */
  get servers(): RecoveryObserver & ResidentObserver {
    return {
      planned: (pid, plan) => this.#planned(pid, plan),
      marked: (pid, step) => this.#marked(pid, step),
      reported: (record) => this.#reported(record),
      handlerRestart: (server, thread, error) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#emit({ event: "handlerRestart", at: this.#clocks.cycles, server, thread, reason });
      },
    };
  }

  /** For the kernel. */
  get kernel(): KernelObserver {
    const host = this.#host;
    const failed = host && ((thread: ThreadId) => void this.#failures.set(threadNumber(thread), host()));
    // What is no event of the kernel's begins with its message to P3, whose thread is the one before the user's.
    const told =
      failed &&
      ((_from: ThreadId, to: ThreadId, tag: number) => {
        if (BEGINNINGS.has(tag >>> 16)) this.#failures.set(threadNumber(to) + 1, host());
      });
    return {
      replied: (thread) => this.#replayed(threadNumber(thread)),
      // A next request: the one that was open, if any, had been answered before the failure.
      restartRecorded: (thread) => void this.#replays.delete(threadNumber(thread)),
      ...(failed && told ? { pageFault: failed, exception: failed, hang: failed, transferred: told } : {}),
    };
  }

  #planned(pid: number, { failure, action, steps }: Plan): void {
    const at = this.#clocks.cycles;
    const { kind, detector, address, instruction: ip } = failure;
    this.#emit({ event: "detected", at, pid, kind, detector, address, ip });
    const names = steps.map((step) => step.kind);
    const { kind: level, because, delay = 0, quarantine, siblings, postpone, environment } = action;
    const given = {
      ...(quarantine ? { quarantine } : {}),
      ...(siblings ? { siblings } : {}),
      ...(postpone ? { postpone } : {}),
      ...(environment ? { environment } : {}),
    };
    const extra = { ...(delay > 0 ? { delay } : {}), ...given };
    this.#emit({ event: "planned", at, pid, action: level, because, ...extra, steps: names });
  }

  #marked(pid: number, step: number): void {
    const { cycles, instructions } = this.#clocks;
    const thread = userThreadNumber(pid);
    if (step === STEP_RECOVER) this.#replays.set(thread, { cycles, instructions });
    if (this.#host === undefined) return;
    const now = this.#host();
    if (step === STEP_DETECT) this.#hostTimes.set(pid, { last: this.#failures.get(thread) ?? now, steps: [] });
    const times = this.#hostTimes.get(pid);
    if (times === undefined) return;
    times.steps[step] = (times.steps[step] ?? 0) + (now - times.last) * 1000;
    times.last = now;
  }

  #reported(record: readonly number[]): void {
    const word = (mr: number): number => record[mr - 1] >>> 0;
    const pid = word(RECOVERY_PID);
    const host = this.#hostTimes.get(pid)?.steps;
    this.#hostTimes.delete(pid);
    const steps = STEP_NAMES.map((step, number): RecoveryStep => {
      const at = RECOVERY_STEPS + number * RECOVERY_WORDS_PER_STEP;
      const numbers = { step, instructions: word(at), cycles: word(at + 1), pages: word(at + 2) };
      return host ? { ...numbers, hostMicroseconds: host[number] ?? 0 } : numbers;
    });
    this.#emit({
      event: "recovery",
      at: this.#clocks.cycles,
      pid,
      name: unpackText(record.slice(RECOVERY_NAME - 1, RECOVERY_WORDS)),
      kind: failureKind(word(RECOVERY_KIND)) ?? "",
      action: ACTION_NAMES[word(RECOVERY_ACTION)] ?? "",
      steps,
    });
  }

  #replayed(thread: number): void {
    const from = this.#replays.get(thread);
    if (from === undefined) return;
    this.#replays.delete(thread);
    const { cycles, instructions } = this.#clocks;
    this.#emit({
      event: "replayed",
      at: cycles,
      pid: (thread - userThreadNumber(0)) / 2,
      instructions: instructions - from.instructions,
      cycles: cycles - from.cycles,
    });
  }
}

function userThreadNumber(pid: number): number {
  return PROCESS_FIRST_THREAD + 2 * pid + 1;
}
