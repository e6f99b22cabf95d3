/**
 * What the command line may say about a debugger.
 *
 * Here: shapes and checks. Not here: the run that GDB can stop (→ debug.ts).
 * @module
 */
import { UsageError } from "./options.ts";

export interface DebugFlags {
  readonly gdb?: number;
  readonly gdbTask?: string;
}

export function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError(`--gdb wants a TCP port from 0 to 65535, not '${text}'; 0 takes any that is free`);
}
