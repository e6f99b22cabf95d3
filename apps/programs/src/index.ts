/**
 * Where the built programs lie: ELF files to hand to a machine as boot modules.
 *
 * Here: places of files. Not here: the programs (→ ../guest), how they are built (→ tools/guest).
 * @module
 */

const prebuilt = (name: string): URL => new URL(`../prebuilt/${name}.elf`, import.meta.url);

/** Program → its ELF file, with symbols. */
export const guests: Readonly<Record<string, URL>> = {
  /** The shell. */
  msh: prebuilt("msh"),
  hello: prebuilt("hello"),
};
