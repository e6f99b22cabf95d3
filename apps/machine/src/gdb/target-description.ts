/**
 * How registers appear in the protocol: an i386 with x87, and what a whole PC has beyond a task.
 *
 * Here: order, sizes, target.xml. Not here: their values (→ targets). Registers that a target does not give are "not
 * available": the reference machine's kernel keeps neither segment registers nor the x87 with a thread.
 * Reference: Debugging with GDB, appendix G.5, "i386 Features" (org.gnu.gdb.i386.core, org.gnu.gdb.i386.sse).
 * @module
 */

export interface RegisterDescription {
  readonly name: string;
  readonly bytes: number;
  readonly type: string;
}

export interface TargetDescription {
  /** By their numbers. */
  readonly registers: readonly RegisterDescription[];
  readonly xml: string;
}

const word = (name: string, type = "int32"): RegisterDescription => ({ name, bytes: 4, type });
const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];

const CORE: readonly RegisterDescription[] = [
  ...["eax", "ecx", "edx", "ebx"].map((name) => word(name)),
  word("esp", "data_ptr"),
  word("ebp", "data_ptr"),
  word("esi"),
  word("edi"),
  word("eip", "code_ptr"),
  word("eflags"),
  ...["cs", "ss", "ds", "es", "fs", "gs"].map((name) => word(name)),
  ...EIGHT.map((n) => ({ name: `st${n}`, bytes: 10, type: "i387_ext" })),
  ...["fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"].map((name) => word(name, "int")),
];

const SSE: readonly RegisterDescription[] = [
  ...EIGHT.map((n) => ({ name: `xmm${n}`, bytes: 16, type: "vec128" })),
  word("mxcsr", "int"),
];

const SYSTEM: readonly RegisterDescription[] = ["cr0", "cr2", "cr3", "cr4"].map((name) => word(name));

/** The views that GDB has of an XMM register. */
const VECTORS: readonly (readonly [view: string, type: string, count: number])[] = [
  ["v4_float", "ieee_single", 4],
  ["v2_double", "ieee_double", 2],
  ["v16_int8", "int8", 16],
  ["v8_int16", "int16", 8],
  ["v4_int32", "int32", 4],
  ["v2_int64", "int64", 2],
];
const VECTOR_TYPES: string = [
  ...VECTORS.map(([view, type, count]) => `<vector id="${view}_type" type="${type}" count="${count}"/>`),
  '<union id="vec128">',
  ...VECTORS.map(([view]) => `<field name="${view}" type="${view}_type"/>`),
  '<field name="uint128" type="uint128"/></union>',
].join("");

function description(...features: (readonly [name: string, types: string, registers: typeof CORE])[]) {
  const xml = [
    '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd">',
    '<target version="1.0"><architecture>i386</architecture>',
    ...features.flatMap(([name, types, registers]) => [
      `<feature name="${name}">${types}`,
      ...registers.map((at) => `<reg name="${at.name}" bitsize="${at.bytes * 8}" type="${at.type}"/>`),
      "</feature>",
    ]),
    "</target>",
  ].join("\n");
  return { registers: features.flatMap(([, , registers]) => registers), xml };
}

/** A task of the reference machine: of these it has the general registers, EIP and EFLAGS. */
export const TASK_DESCRIPTION: TargetDescription = description(["org.gnu.gdb.i386.core", "", CORE]);

/** A whole PC. */
export const PC_DESCRIPTION: TargetDescription = description(
  ["org.gnu.gdb.i386.core", "", CORE],
  ["org.gnu.gdb.i386.sse", VECTOR_TYPES, SSE],
  ["kintsugi.pc.system", "", SYSTEM],
);
