/**
 * Where control goes behind a decoded instruction, and what it does to the arithmetic flags.
 *
 * Here: what the compiler must know before it emits anything, from the rows' own columns.
 * @module
 */
import type { Instruction } from "../isa/instruction.ts";
import { type Operation, REP_NONE } from "../isa/operation.ts";

/**
 * next: to the following instruction; jump, branch, call: to `target`, for branches also on; return, indirect: nobody
 * knows; indirectCall: the same, but it comes back; leave: a row that sets EIP and is called.
 */
export type Flow = "next" | "jump" | "branch" | "call" | "return" | "indirect" | "indirectCall" | "leave";

/** How the operation ends its block. */
export function flowOf(operation: Operation): Flow {
  const { slot, falls } = operation;
  if (falls) return "next";
  if (slot === null) return "leave";
  const { row, sizes } = slot.encoding;
  // A repeated string instruction goes on behind itself when it is through.
  if (row.ends === "alone") return "next";
  if (row.lower === undefined || sizes[0] !== 32) return "leave";
  switch (row.mnemonic) {
    case "JMP":
      return row.form === "branch" ? "jump" : "indirect";
    case "CALL":
      return row.form === "transfer" ? "indirectCall" : "call";
    case "RET":
      return "return";
    default:
      return "branch";
  }
}

/** What an operation does to the flags as a whole. */
export interface FlagEffect {
  /** It needs flags that were set before. */
  readonly reads: boolean;
  /** It sets all of them, whatever they were. */
  readonly sets: boolean;
}

const NONE: FlagEffect = { reads: false, sets: false };
const READS: FlagEffect = { reads: true, sets: false };
const SETS: FlagEffect = { reads: false, sets: true };
/** Rows that set the words by their operands alone, though the manual leaves some flags undefined. */
const DEFINES: ReadonlySet<string> = new Set(["BSF", "BSR", "MUL", "IMUL"]);
const SHIFTS: ReadonlySet<string> = new Set(["SHL", "SHR", "SAR", "SHLD", "SHRD"]);
const ALL = 6;

/** FCMOVcc is none of them: it reads the flags. */
function isFloat(row: Instruction, handler: string): boolean {
  return row.form === "x87" || /^(vector|packed|scalar)/.test(row.form) || /^f(?!cmov)/i.test(handler);
}

/** A shift whose count is known and not 0. */
export function countIsKnown({ slot, immediate }: Operation): boolean {
  const operands = slot?.encoding.operands ?? [];
  const last = operands[operands.length - 1];
  return last === "1" || (last === "imm8" && (immediate & 31) !== 0);
}

/** Effects of an operation. */
export function flagEffect(operation: Operation): FlagEffect {
  const { slot } = operation;
  if (slot === null) return READS;
  const { row } = slot.encoding;
  const { mnemonic, flags = {} } = row;
  const tested = flags.tested?.length ?? 0;
  const modified = flags.modified?.length ?? 0;
  if (row.lower === undefined) {
    if (tested === 0 && modified === 0 && isFloat(row, slot.handler)) return NONE;
    return READS;
  }
  // Repeated ones are called.
  if (row.ends === "alone" && modified > 0 && (operation.repeat !== REP_NONE || operation.addressMask >= 0))
    return READS;
  if (DEFINES.has(mnemonic)) return SETS;
  if (modified === 0) return tested === 0 ? NONE : READS;
  if (SHIFTS.has(mnemonic)) {
    // Those that are declined are called, and then all flags count as read.
    const known = countIsKnown(operation);
    if (slot.encoding.size !== 32 && (!known || mnemonic.length > 3)) return READS;
    return known ? SETS : NONE;
  }
  if (modified === ALL && mnemonic !== "SAHF") return tested === 0 ? SETS : { reads: true, sets: true };
  return { reads: true, sets: modified >= ALL - 1 };
}
