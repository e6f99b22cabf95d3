/**
 * A schedule of crashes at exact instructions of one thread.
 *
 * Here: counting the thread's own instructions (not those of others, not time) and redirecting it when a count is
 * reached. Not here: which crash when (campaigns draw that), what happens then (→ P3).
 * @module
 */
import { EIP } from "@kintsugi/ia32";
import type { SliceProbe, ThreadId } from "@kintsugi/microkernel";
import type { CrashAddresses, CrashKind } from "./injector.ts";
import type { Machine } from "./machine.ts";

export interface ScheduledCrash {
  /** Instructions that the thread executes from the arming, or from its restart after the crash before, to this one. */
  readonly after: number;
  readonly kind: CrashKind;
}

/** What has been done to the thread. */
export interface InjectedCrash {
  readonly kind: CrashKind;
  /** The instruction that was not executed any more, and the failing code that was instead. */
  readonly from: number;
  readonly to: number;
}

const NEVER = Number.MAX_SAFE_INTEGER;

/** Plugs into the kernel as its probe of slices. */
export class CrashSchedule implements SliceProbe {
  readonly #machine: () => Pick<Machine, "instructions" | "kernel">;
  readonly #addresses: CrashAddresses;
  readonly #report: (crash: InjectedCrash) => void;
  #thread: ThreadId = 0;
  #crashes: readonly ScheduledCrash[] = [];
  #next = 0;
  #left = NEVER;
  #counted = 0;
  #mark = 0;
  /** It runs code that fails, until it is started again at its entry: nothing of this is counted. */
  #failing = false;

  /** `machine`: the one that runs now (a rebuilt machine is another object). */
  constructor(
    machine: () => Pick<Machine, "instructions" | "kernel">,
    addresses: CrashAddresses,
    report: (crash: InjectedCrash) => void,
  ) {
    this.#machine = machine;
    this.#addresses = addresses;
    this.#report = report;
  }

  /** Starts counting the thread's instructions from now; forgets any schedule before. */
  arm(thread: ThreadId, crashes: readonly ScheduledCrash[]): void {
    this.#thread = thread;
    this.#crashes = crashes;
    this.#next = 0;
    this.#counted = 0;
    this.#failing = false;
    this.#left = crashes[0]?.after ?? NEVER;
  }

  disarm(): void {
    this.arm(0, []);
  }

  /** Instructions of the thread since the arming. */
  get counted(): number {
    return this.#counted;
  }

  /** Called when the thread is about to run: a crash that is due happens here, at an instruction boundary. */
  limit(thread: ThreadId): number {
    if (thread !== this.#thread) return Number.POSITIVE_INFINITY;
    const machine = this.#machine();
    this.#mark = machine.instructions;
    const eip = (machine.kernel.threadInfo(thread)?.registers[EIP] ?? 0) >>> 0;
    if (this.#failing) this.#failing = eip !== this.#addresses.entry;
    if (this.#failing) return Number.POSITIVE_INFINITY;
    if (this.#left > 0) return this.#left;
    this.#crash(machine, eip);
    return Number.POSITIVE_INFINITY;
  }

  reached(thread: ThreadId): void {
    if (thread !== this.#thread || this.#failing) return;
    const ran = this.#machine().instructions - this.#mark;
    this.#left -= ran;
    this.#counted += ran;
  }

  #crash(machine: Pick<Machine, "kernel">, from: number): void {
    const { kind } = this.#crashes[this.#next];
    const to = this.#addresses[kind];
    if (!machine.kernel.redirect(this.#thread, to)) throw new Error("the thread that is about to run is not active");
    this.#failing = true;
    this.#next++;
    this.#left = this.#crashes[this.#next]?.after ?? NEVER;
    this.#report({ kind, from, to });
  }
}
