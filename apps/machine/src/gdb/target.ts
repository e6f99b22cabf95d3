/**
 * What a debugger's session needs of the thing that is debugged.
 *
 * Here: types only, owned by the session. Not here: the protocol (→ session.ts), a machine as target (→ task-target.ts).
 * @module
 */

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

/** A stopped target, unless a method says otherwise. Addresses are linear. */
export interface Target {
  /** EAX ECX EDX EBX ESP EBP ESI EDI EIP EFLAGS; undefined when there is no such thread now. */
  registers(): readonly number[] | undefined;
  /** False when the registers cannot be set now. */
  setRegisters(registers: readonly number[]): boolean;
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
