/**
 * Why run() came back.
 *
 * Here: the kinds and the one Exit object that a processor reuses: read it before the next run().
 * @module
 */

/**
 * Host kernel mode: all but shutdown. Architectural mode: budget, requested, halt (nothing wakes it: raise an
 * interrupt), shutdown (triple fault), powerFail. Both: breakpoint, watchpoint.
 */
export type ExitKind =
  | "budget"
  | "requested"
  | "exception"
  | "softwareInterrupt"
  | "sysenter"
  | "halt"
  | "shutdown"
  | "breakpoint"
  | "watchpoint"
  | "powerFail";

/** EIP afterwards: exception = the faulting instruction (traps: the next one); every other kind = the next instruction. */
export interface Exit {
  kind: ExitKind;
  /** exception and softwareInterrupt: the vector; otherwise 0. */
  vector: number;
  /** exception: the error code, 0 if the exception has none. */
  errorCode: number;
  hasErrorCode: boolean;
  /** #PF: the faulting linear address (signed 32 bit); otherwise what the last #PF left. */
  cr2: number;
}
