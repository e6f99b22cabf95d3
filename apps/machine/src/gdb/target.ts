/**
 * What a debugger's session needs of the thing that is debugged.
 *
 * Here: types only, owned by the session. Not here: the protocol (→ session.ts), targets (→ task-target.ts, pc-target.ts).
 * @module
 */
import type { TargetDescription } from "./target-description.ts";

/** As Z and z packets number them. */
export const BREAK_SOFTWARE = 0;
export const BREAK_HARDWARE = 1;
export const WATCH_WRITE = 2;
export const WATCH_READ = 3;
export const WATCH_ACCESS = 4;

export interface Point {
  /** BREAK_… or WATCH_…. */
  readonly kind: number;
  readonly address: number;
  /** Bytes that are watched; of a breakpoint, the length of an instruction that nobody writes. */
  readonly length: number;
}

export type Stop =
  /** Single step, or the task's first instruction. */
  | { readonly kind: "step" }
  | { readonly kind: "interrupt" }
  | { readonly kind: "point"; readonly point: Point }
  /** The machine is off. */
  | { readonly kind: "exit"; readonly code: number };

/** A register of four bytes as a number, a longer one as its bytes, the lowest first. */
export type RegisterValue = number | Uint8Array;

/** A stopped target, unless a method says otherwise. Addresses are linear. */
export interface Target {
  /** Which registers there are. */
  readonly description: TargetDescription;
  /** The first ones of the description, at least to EFLAGS; undefined when there is no such thread now. */
  registers(): readonly RegisterValue[] | undefined;
  /** As many as `registers` gives. False when they cannot be set now. */
  setRegisters(registers: readonly RegisterValue[]): boolean;
  /** Bytes up to the first that is not mapped. */
  readMemory(address: number, length: number): Uint8Array;
  /** All bytes or none. */
  writeMemory(address: number, bytes: Uint8Array): boolean;
  insert(point: Point): void;
  remove(point: Point): void;
  /** Goes on; one instruction if `step`. The stop is reported to whoever drives the target. */
  resume(step: boolean): void;
  /** The running target stops as soon as it can. */
  interrupt(): void;
  /** Goes on without any points. */
  detach(): void;
  kill(): void;
}
