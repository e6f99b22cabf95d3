/**
 * Where things lie in the reference machine's physical memory.
 *
 * Here: the regions of docs/protocols.md section 2, computed from sizes; pure. Not here: who may map what (→ sigma0),
 * what is put there (→ boot.ts).
 * @module
 */
import { err, ok, type Result } from "neverthrow";

export const PAGE = 4096;
const MIB = 1 << 20;

/** The display's memory, outside RAM. */
export const DISPLAY_SIZE: number = 4 * MIB;
/** Kernel arena: tables, and the frames that the kernel owns (page tables, UTCBs). */
export const ARENA_SIZE: number = 8 * MIB;
/** The kernel's copy of what the loader says, right below the arena: room for 64 modules with long command lines. */
export const BOOT_INFO_SIZE: number = 4 * PAGE;
/** Conventional memory without which not even the shell's processes fit. */
export const LEAST_CONVENTIONAL: number = 4 * MIB;

/** A range of physical bytes: first and last address. */
export interface Region {
  readonly low: number;
  readonly high: number;
}

/** What has to be placed, in bytes. */
export interface Sizes {
  readonly ram: number;
  readonly modules: readonly number[];
  /** Persistent memory of sigma0 and of the root task. */
  readonly sigma0: number;
  readonly root: number;
}

export interface MemoryMap {
  readonly conventional: Region;
  readonly modules: readonly { readonly start: number; readonly size: number }[];
  readonly sigma0: Region;
  readonly root: Region;
  readonly bootInfo: Region;
  readonly arena: Region;
}

export interface MemoryMapError {
  readonly code: "memory-too-small";
  readonly message: string;
  /** Bytes of RAM that would do. */
  readonly needed: number;
}

/** Lays everything out below the arena at the top of RAM; page 0 is never used. */
export function memoryMap(sizes: Sizes): Result<MemoryMap, MemoryMapError> {
  const fixed =
    ARENA_SIZE +
    BOOT_INFO_SIZE +
    pages(sizes.sigma0) +
    pages(sizes.root) +
    sizes.modules.reduce((sum, size) => sum + pages(size), 0);
  const needed = PAGE + LEAST_CONVENTIONAL + fixed;
  if (sizes.ram < needed) {
    const message = `${mib(sizes.ram)} MiB of memory are too few: this machine and its files need ${mib(needed)} MiB`;
    return err({ code: "memory-too-small", message, needed });
  }
  let top = sizes.ram;
  const below = (size: number): Region => {
    const high = top - 1;
    top -= pages(size);
    return { low: top, high };
  };
  const arena = below(ARENA_SIZE);
  const bootInfo = below(BOOT_INFO_SIZE);
  const root = below(sizes.root);
  const sigma0 = below(sizes.sigma0);
  const modules = [...sizes.modules].reverse().map((size) => ({ start: below(size).low, size }));
  return ok({ conventional: { low: PAGE, high: top - 1 }, modules: modules.reverse(), sigma0, root, bootInfo, arena });
}

/** Bytes of the whole pages that `size` bytes need. */
function pages(size: number): number {
  return Math.ceil(size / PAGE) * PAGE;
}

function mib(bytes: number): number {
  return Math.ceil(bytes / MIB);
}
