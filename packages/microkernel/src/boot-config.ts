/**
 * Boot configuration: what a loader tells the kernel of memory and programs.
 *
 * Here: the type. Not here: how it reaches the KIP (→ glue/ia32/kip-page.ts).
 * Addresses and sizes are bytes, physical. Reference: X.2 on IA-32, initial servers; `docs/protocols.md` section 2.
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

/** A range of memory as a loader describes it: MEMORY_… with its subtype, first byte, and the byte behind the last. */
export interface MemoryDescription {
  readonly type: number;
  readonly low: number;
  readonly end: number;
}

/** A loader that writes its own boot info, as L4Ka's kickstart does. */
export interface LoaderInfo {
  /** Physical address of the boot info; 0 for none. */
  readonly bootInfo: number;
  /** All physical memory, modules included, in the KIP's order: later ones override earlier ones. */
  readonly descriptors: readonly MemoryDescription[];
}

/** The machine at power-on. `Kernel.boot` refuses one that does not fit its memory, with code "boot-config". */
export interface BootConfig {
  /** Bytes of RAM: the memory's whole size. */
  readonly memorySize: number;
  /** Bytes of the kernel arena at the top of memory, a multiple of 4096. */
  readonly arenaSize: number;
  /** Below the boot info and the arena, and no more of them than the KIP can describe. */
  readonly modules: readonly BootModule[];
  /** The owner of all memory, created first. The death of a resident one is a reset. */
  readonly sigma0: FirstProgram;
  /** The root task, with sigma0 as its pager. The death of a resident one is a reset, too. */
  readonly root: FirstProgram;
  /** What a loader has written itself; without, the kernel writes boot info and descriptors from `modules`. */
  readonly loader?: LoaderInfo;
  /**
   * How user threads get at I/O ports: "iopl" lets all of them use every port (IOPL 3, as L4Ka::Pistachio does by
   * default); "fpages" maps ports by I/O fpages (IOPL 0). Default "iopl".
   */
  readonly io?: "iopl" | "fpages";
  /**
   * Most bytes of kernel memory that a space without privilege may cost: its threads, tables, UTCB pages, mappings, regions of
   * ports. Default a quarter of the arena. sigma0's space and the root task's have no quota.
   */
  readonly quota?: number;
  /** Default 100. */
  readonly cyclesPerMicrosecond?: number;
  /** Time slice of new threads in microseconds, default 10000. */
  readonly defaultTimeslice?: number;
}
