/**
 * Crash campaigns against the parallel-port driver.
 *
 * Here: a booted machine with a chosen driver, a schedule of crashes on the driver's thread, and the books that are
 * kept of requests, replies and failed IPC while it prints. Not here: what must come out (→ the tests).
 */
import { PROCESS_FIRST_THREAD } from "@kintsugi/arc-framework";
import { globalId, type KernelObserver } from "@kintsugi/microkernel";
import type { BootModule } from "../src/boot.ts";
import { CrashSchedule, type InjectedCrash, type ScheduledCrash } from "../src/crash-schedule.ts";
import { bootModules } from "../src/host/modules.ts";
import { CRASH_KINDS, type CrashKind, machineCrashAddresses } from "../src/injector.ts";
import type { Random } from "../src/random.ts";
import { Rig, type RigOptions, type SavedMachine } from "./rig.ts";

const PARALLEL_WRITE = 0x501;
/** The reference machine starts serial, parallel, msh, in this order. */
export const PARALLEL_PID = 2;
export const PARALLEL_THREAD: number = userThread(PARALLEL_PID);
const MSH_THREAD = userThread(3);

/** User thread of a process whose pid has not been used before. */
export function userThread(pid: number): number {
  return globalId(PROCESS_FIRST_THREAD + 2 * pid + 1, 1);
}

export interface Books {
  requests: number;
  replies: number;
  /** Failed IPC of the client. */
  failures: number;
}

export class Campaign {
  readonly rig: Rig;
  readonly crashes: InjectedCrash[] = [];
  readonly books: Books = { requests: 0, replies: 0, failures: 0 };
  readonly #schedule: CrashSchedule;

  constructor(
    modules: readonly BootModule[],
    saved?: SavedMachine,
    options: Pick<RigOptions, "memory" | "policy" | "without"> = {},
  ) {
    const addresses = machineCrashAddresses(modules);
    if (addresses === undefined) throw new Error("no program has code that fails");
    this.#schedule = new CrashSchedule(
      () => this.rig.machine,
      addresses,
      (crash) => this.crashes.push(crash),
    );
    const observer: KernelObserver = {
      transferred: (from, to, tag) => {
        if (to === PARALLEL_THREAD && tag >>> 16 === PARALLEL_WRITE) this.books.requests++;
        if (from === PARALLEL_THREAD && to === MSH_THREAD) this.books.replies++;
      },
      ipcFailed: (thread) => {
        if (thread === MSH_THREAD) this.books.failures++;
      },
    };
    this.rig = new Rig({ modules, observer, probe: this.#schedule, ...options }, saved);
    if (saved === undefined) this.rig.settle();
  }

  /** Prints a file that may never be done, for so many virtual seconds from the crash on; gives what the serial line said. */
  printUnnoticed(file: string, crash: ScheduledCrash, seconds: number): string {
    this.rig.clear();
    this.#schedule.arm(PARALLEL_THREAD, [crash]);
    this.rig.type(`print ${file}\r`);
    for (let turn = 0; turn < 100 && this.crashes.length === 0; turn++) this.rig.settle(0.01);
    this.rig.settle(seconds);
    return this.rig.output;
  }

  /** Prints a file of the machine while the driver crashes; gives what came out. */
  print(file: string, crashes: readonly ScheduledCrash[]): Printed {
    this.rig.clear();
    this.crashes.length = 0;
    Object.assign(this.books, { requests: 0, replies: 0, failures: 0 });
    const before = this.rig.machine.chips.printer.state.violations;
    this.#schedule.arm(PARALLEL_THREAD, crashes);
    const output = this.rig.command(`print ${file}`);
    const instructions = this.#schedule.counted;
    this.#schedule.disarm();
    return {
      output,
      paper: Uint8Array.from(this.rig.paper),
      violations: this.rig.machine.chips.printer.state.violations - before,
      crashes: [...this.crashes],
      instructions,
    };
  }
}

export interface Printed {
  readonly output: string;
  readonly paper: Uint8Array;
  readonly violations: number;
  readonly crashes: readonly InjectedCrash[];
  /** Instructions of the driver while it printed. */
  readonly instructions: number;
}

/** The reference machine's modules with one driver, and files beside them. */
export function modulesWith(driver: string, files: Readonly<Record<string, Uint8Array>>): BootModule[] {
  const added = Object.entries(files).map(([name, bytes]) => ({ name, commandLine: name, bytes }));
  return [...bootModules(driver), ...added];
}

/** Printable bytes that tell their position, so that a repeated or lost byte is seen. */
export function testFile(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => 33 + random.below(94));
}

export function anyKind(random: Random): CrashKind {
  return CRASH_KINDS[random.below(CRASH_KINDS.length)];
}
