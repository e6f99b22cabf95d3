/**
 * How registers appear in the protocol: an i386 with its x87 registers.
 *
 * Here: order, sizes, target.xml. Not here: their values (→ session.ts). Segment registers and the x87 are "not available":
 * the kernel keeps neither with a thread.
 * Reference: Debugging with GDB, appendix G.5, "i386 Features" (org.gnu.gdb.i386.core).
 * @module
 */

/** General registers, EIP and EFLAGS come first: the ones that a thread has. */
export const KNOWN_REGISTERS = 10;

interface RegisterDescription {
  readonly name: string;
  readonly bytes: number;
  readonly type: string;
}

const word = (name: string, type = "int32"): RegisterDescription => ({ name, bytes: 4, type });

export const REGISTERS: readonly RegisterDescription[] = [
  ...["eax", "ecx", "edx", "ebx"].map((name) => word(name)),
  word("esp", "data_ptr"),
  word("ebp", "data_ptr"),
  word("esi"),
  word("edi"),
  word("eip", "code_ptr"),
  word("eflags"),
  ...["cs", "ss", "ds", "es", "fs", "gs"].map((name) => word(name)),
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => ({ name: `st${n}`, bytes: 10, type: "i387_ext" })),
  ...["fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"].map((name) => word(name, "int")),
];

export const TARGET_XML: string = [
  '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd">',
  '<target version="1.0"><architecture>i386</architecture><feature name="org.gnu.gdb.i386.core">',
  ...REGISTERS.map(({ name, bytes, type }) => `<reg name="${name}" bitsize="${bytes * 8}" type="${type}"/>`),
  "</feature></target>",
].join("\n");
