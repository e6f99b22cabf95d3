/**
 * Boot configuration: what a loader tells the kernel of memory, modules and the first two programs.
 *
 * Here: the type. Not here: how it reaches the KIP (→ glue/ia32/kip-page.ts).
 * Addresses and sizes are bytes, physical.
 * @module
 */

/** sigma0 or the root task: a resident program with the memory it calls its own, or guest code in memory. */
export type FirstProgram =
  | { readonly program: number; readonly image: { readonly low: number; readonly high: number } }
  | { readonly ip: number; readonly sp: number; readonly low: number; readonly high: number };

/** A file that the loader left in memory, page-aligned. */
export interface BootModule {
  readonly commandLine: string;
  readonly start: number;
  readonly size: number;
}

export interface BootConfig {
  /** Bytes of RAM: the memory's whole size. */
  readonly memorySize: number;
  /** Bytes of the kernel arena at the top of memory, a multiple of 4096. */
  readonly arenaSize: number;
  readonly modules: readonly BootModule[];
  readonly sigma0: FirstProgram;
  readonly root: FirstProgram;
  /** Default 100. */
  readonly cyclesPerMicrosecond?: number;
  /** Time slice of new threads in microseconds, default 10000. */
  readonly defaultTimeslice?: number;
}
