/**
 * What surrounds a program on the rig: who calls it, whom it calls, its devices.
 *
 * Here: types, and the id of its P3. Not here: the rig (→ guest-rig.ts).
 * @module
 */
import type { PortIo } from "../../packages/ia32/src/index.ts";
import { globalId } from "../../packages/microkernel/src/api/thread-id.ts";

/** The program's P3. */
export const PAGER: number = globalId(130, 1);

/** A request: label, and message registers from MR1 on. */
export interface RigRequest {
  readonly label: number;
  readonly words: readonly number[];
  /** Whether the client comes to this now; at once when left out. */
  readonly when?: () => boolean;
  /** What the client does right before it sends this. */
  readonly before?: () => void;
}

/** Somebody who calls the driver, one request after the other; `replies` are the MRs from MR1 on. */
export interface RigClient {
  readonly requests: readonly RigRequest[];
  readonly replies: number[][];
}

/** A call that the program makes, message registers from MR1 on; its reply in the same form, or null: none ever. */
export type Answer = (to: number, label: number, words: readonly number[]) => readonly number[] | null;

/** What surrounds the program, each part with a default that does nothing. */
export interface RigOptions {
  readonly args?: readonly string[];
  /** Who is called; everything is answered with STATUS_OK when left out. */
  readonly answer?: Answer;
  /** Virtual ns that a hot restart takes; 0 when left out. */
  readonly downtime?: number;
  /** Device memory that the program maps is RAM, to be looked at by `readShared`; otherwise it must not be touched. */
  readonly deviceMemory?: boolean;
  /** A trap to the kernel debugger, with EAX and ECX. */
  readonly debugger?: (eax: number, ecx: number) => void;
}

/** The devices of a rig; times are in virtual ns. */
export interface RigDevices {
  readonly ports: PortIo;
  /** Takes the pending edge of an interrupt line; its number, or -1. */
  takeInterrupt(): number;
  /** The line's handler has acknowledged. */
  acknowledge(line: number): void;
  /** The driver waits and nobody calls it. True when that has made something happen (input typed, time advanced). */
  idle(now: number): boolean;
  advance(now: number): void;
}
