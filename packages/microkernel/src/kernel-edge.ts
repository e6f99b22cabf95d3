/**
 * The kernel's edge: what it is given, why it comes back, what it tells.
 *
 * Here: types only. Not here: the loop (→ kernel.ts), the machine's parts (→ hardware.ts).
 * @module
 */
import type { ThreadId } from "./api/thread-id.ts";
import type { BootError } from "./boot.ts";
import type {
  KernelDebugger,
  KernelEvents,
  KernelInterrupts,
  KernelMemory,
  KernelPorts,
  KernelProcessor,
} from "./hardware.ts";
import type { KernelObserver } from "./observer.ts";
import type { ResidentProgram } from "./resident/program.ts";
import type { ArenaError } from "./table/arena.ts";

/** Stops a guest thread between two exact instructions; the fault injector of tests. */
export interface SliceProbe {
  /**
   * Instructions that the thread may retire now, 1 or more; Infinity for any number. Asked before each
   * stretch of user code; the thread may be redirected here.
   */
  limit(thread: ThreadId): number;
  /**
   * The stretch is over, after the limit or sooner. `processor.registers` are the thread's; they may be
   * changed. If the stretch ended in a trap, that is handled next.
   */
  reached(thread: ThreadId, processor: KernelProcessor): void;
}

/** The machine around a kernel. All of it is the host's, and can be made anew over the same memory. */
export interface KernelOptions {
  readonly memory: KernelMemory;
  readonly processor: KernelProcessor;
  readonly ports: KernelPorts;
  readonly interrupts: KernelInterrupts;
  readonly events: KernelEvents;
  /** Resident programs by the number that ResidentControl names, 1 or more. A thread whose number is missing dies. */
  readonly programs: ReadonlyMap<number, ResidentProgram>;
  readonly observer?: KernelObserver;
  /** Without one, what programs ask of the debugger has no effect. */
  readonly debugger?: KernelDebugger;
  readonly probe?: SliceProbe;
  /**
   * A thread whose timeout alone keeps no machine awake: when nothing else is to come and others have run since it ran last,
   * its wait ends at once; then the machine is at rest.
   */
  readonly watcher?: ThreadId;
}

/** Why there is no kernel: a configuration that cannot be booted, or an arena that cannot be made or found. */
export type KernelError = BootError | ArenaError;

/** Why run() came back. */
export type KernelExit =
  | { readonly kind: "limit" }
  /** Nobody can run; `next` is the cycle of the next device event or timeout, Infinity for none. */
  | { readonly kind: "idle"; readonly next: number }
  | { readonly kind: "reset"; readonly reason: string }
  | { readonly kind: "requested" }
  | { readonly kind: "powerFail" };

/** A user thread as it was when asked for; a copy. */
export interface ThreadInfo {
  /** Global id. */
  readonly id: ThreadId;
  /** SCHEDULE_…, as Schedule would return it. */
  readonly state: number;
  /** Same number, same space. */
  readonly space: number;
  /** 0…255; higher is more urgent. */
  readonly priority: number;
  /** As ThreadControl or ExchangeRegisters set it; nil for none. */
  readonly pager: ThreadId;
  /** Program number, 0 for guest code. */
  readonly program: number;
  /** EAX ECX EDX EBX ESP EBP ESI EDI EIP EFLAGS. */
  readonly registers: readonly number[];
}
