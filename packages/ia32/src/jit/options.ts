/**
 * What a host can set and read of the compiler.
 *
 * Here: types and defaults. No setting changes what a guest computes, counts or sees.
 * @module
 */

/** How the compiler works; defaults suit a real guest, small values suit tests. */
export interface JitOptions {
  /** A block is compiled when it has been executed this often; 0: at once. Default 150. */
  readonly threshold?: number;
  /**
   * A region is compiled again, and better, when slices that ended in it had so many instructions for each execution of `threshold`,
   * and once more at sixteen times as many. Default 2000.
   */
  readonly again?: number;
  /** Blocks in one compiled function at most. Default 64. */
  readonly regionBlocks?: number;
  /** Compiled functions that are kept at most; the coldest go first. Default 8192. */
  readonly cacheRegions?: number;
  /** Bytes of WebAssembly that are kept at most. Default 64 MiB. */
  readonly cacheBytes?: number;
  /** Functions that are compiled together, in one module, at most. Default 16. */
  readonly moduleRegions?: number;
  /** Tail calls between compiled functions; default: where the host has them. */
  readonly tailCalls?: boolean;
}

/** What the compiler has done since the processor was made. */
export interface JitStatistics {
  /** WebAssembly modules that are kept, and their functions and bytes. */
  readonly modules: number;
  readonly regions: number;
  readonly bytes: number;
  /** Bytes of the largest module: as much is compiled without a break. */
  readonly largestModule: number;
  /** Blocks in the regions that were compiled since the start, and how many of those regions were compiled again because they were hot. */
  readonly compiledBlocks: number;
  readonly recompiled: number;
  /** Regions compiled since the start, and regions dropped because code changed or the cache was full. */
  readonly compiled: number;
  readonly dropped: number;
  /** Instructions retired by compiled code, and all. */
  readonly compiledInstructions: number;
  readonly instructions: number;
  /** Rows without `lower` that compiled code calls: instructions in compiled code, by row. */
  readonly notLowered: Readonly<Record<string, number>>;
}

export const DEFAULT_OPTIONS: Required<Omit<JitOptions, "tailCalls">> = {
  threshold: 150,
  again: 2000,
  regionBlocks: 64,
  cacheRegions: 8192,
  cacheBytes: 64 << 20,
  moduleRegions: 16,
};
