/**
 * Where the built drivers lie: ELF files to hand to a machine as boot modules.
 *
 * Here: places of files. Not here: the drivers (→ ../guest), how they are built (→ tools/guest in the repository).
 * @module
 */

const prebuilt = (name: string): URL => new URL(`../prebuilt/${name}.elf`, import.meta.url);

/** Driver → its ELF file, with symbols. */
export const guests: Readonly<Record<string, URL>> = {
  /** COM1: an interrupt-driven 16550. */
  serial: prebuilt("serial"),
  /** LPT1, three times: as a replayed request repeats bytes, as the thesis has it, and exact. */
  "parallel-naive": prebuilt("parallel-naive"),
  "parallel-thesis": prebuilt("parallel-thesis"),
  "parallel-exact": prebuilt("parallel-exact"),
};
