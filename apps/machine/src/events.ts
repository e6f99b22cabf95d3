/**
 * What the machine tells its observers: named events, stamped in cycles.
 *
 * Here: the shapes. Not here: who prints them (→ commands/), the paper and the serial line, which are effects
 * (→ machine.ts, `Outside`). All events are plain data and travel between threads unchanged.
 * @module
 */
import type { Environment } from "@kintsugi/arc-framework";

/** One step of a recovery, measured three ways that are never added up. */
export interface RecoveryStep {
  readonly step: string;
  /** Instructions that guest code retired meanwhile. */
  readonly instructions: number;
  /** Cycles of virtual time, charged kernel and server work included. */
  readonly cycles: number;
  readonly pages: number;
  /** Host time in microseconds; only when host times were asked for. */
  readonly hostMicroseconds?: number;
}

export type MachineEvent =
  /** The machine was powered on or reset, and the kernel starts. */
  | { readonly event: "boot"; readonly at: number; readonly resets: number }
  | { readonly event: "reset"; readonly at: number; readonly reason: string }
  /** The injector has redirected a thread to real code that fails. */
  | {
      readonly event: "injected";
      readonly at: number;
      readonly thread: number;
      readonly crash: string;
      readonly from: number;
      readonly to: number;
    }
  /** A detector has seen a program fail. */
  | {
      readonly event: "detected";
      readonly at: number;
      readonly pid: number;
      readonly kind: string;
      readonly detector: string;
      readonly address: number;
      readonly ip: number;
    }
  /** The policy has decided, and these steps will be taken. */
  | {
      readonly event: "planned";
      readonly at: number;
      readonly pid: number;
      readonly action: string;
      readonly because: string;
      /** Cycles that the restart waits; missing for none. */
      readonly delay?: number;
      /** The open request will be answered with an error. */
      readonly quarantine?: true;
      /** Other servers that are restarted, too. */
      readonly siblings?: "later" | "all";
      /** It is done when the open request is answered; until then the program goes on. */
      readonly postpone?: true;
      /** What the program's next life finds changed. */
      readonly environment?: readonly Environment[];
      readonly steps: readonly string[];
    }
  | {
      readonly event: "recovery";
      readonly at: number;
      readonly pid: number;
      readonly name: string;
      readonly kind: string;
      readonly action: string;
      readonly steps: readonly RecoveryStep[];
    }
  /** The request that was open at the failure has been answered; counted from the end of `Recover`. */
  | {
      readonly event: "replayed";
      readonly at: number;
      readonly pid: number;
      readonly instructions: number;
      readonly cycles: number;
    }
  /** A resident server's handler failed and starts over from its journal. */
  | {
      readonly event: "handlerRestart";
      readonly at: number;
      readonly server: string;
      readonly thread: number;
      readonly reason: string;
    };
