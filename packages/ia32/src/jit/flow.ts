/**
 * Where control goes behind a decoded instruction, and what it does to the arithmetic flags.
 *
 * Here: what the compiler must know before it emits anything, from the rows' own columns.
 * @module
 */
import { CLTS, INVLPG, MOV_TO_CONTROL } from "../isa/control-register.ts";
import { isMemory } from "../isa/encoding.ts";
import { IRET } from "../isa/far-transfer.ts";
import type { Instruction } from "../isa/instruction.ts";
import { type Operation, REP_NONE } from "../isa/operation.ts";
import { INT } from "../isa/software-interrupt.ts";

/**
 * next: to the following instruction; jump, branch, call: to `target`, for branches also on; return, indirect: nobody
 * knows; indirectCall: the same, but it comes back; leave: a row that sets EIP and is called, or one behind which code is looked for anew.
 */
export type Flow = "next" | "jump" | "branch" | "call" | "return" | "indirect" | "indirectCall" | "leave";

/** Rows behind which the next page of code is translated anew. */
const FETCH_ANEW: ReadonlySet<Instruction> = new Set([MOV_TO_CONTROL, INVLPG, CLTS]);
/** Rows that end a region, but not always by the host: their `lower` says how. */
const EVENTS: ReadonlySet<Instruction> = new Set([INT, IRET, INVLPG]);

/** The operation leaves as its row's `lower` says. */
export function leavesByRow({ slot }: Operation): boolean {
  return slot !== null && EVENTS.has(slot.encoding.row) && slot.encoding.sizes.includes(32);
}

/** The program goes on behind the operation that leaves, sooner or later. */
export function comesBack({ slot }: Operation): boolean {
  return slot !== null && (FETCH_ANEW.has(slot.encoding.row) || slot.encoding.row === INT);
}

/** How the operation ends its block. */
export function flowOf(operation: Operation): Flow {
  const { slot, falls } = operation;
  if (slot !== null && FETCH_ANEW.has(slot.encoding.row)) return "leave";
  if (falls) return "next";
  if (slot === null) return "leave";
  const { row, sizes } = slot.encoding;
  // A repeated string instruction goes on behind itself when it is through.
  if (row.ends === "alone") return "next";
  if (row.lower === undefined || sizes[0] !== 32 || EVENTS.has(row)) return "leave";
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

/** CF, and the five other arithmetic flags. */
export const CARRY = 1;
const OTHERS = 2;
export const ALL_FLAGS: number = CARRY | OTHERS;

/** What an operation does to the flags: CARRY, OTHERS. */
export interface FlagEffect {
  /** It needs those that were set before. */
  readonly reads: number;
  /** It sets those, whatever they were. */
  readonly sets: number;
}

const NONE: FlagEffect = { reads: 0, sets: 0 };
const READS: FlagEffect = { reads: ALL_FLAGS, sets: 0 };
const SETS: FlagEffect = { reads: 0, sets: ALL_FLAGS };
/** INC and DEC hand CF on. */
const STEPS: FlagEffect = { reads: CARRY, sets: OTHERS };
/** ADC and SBB. */
const CARRIES: FlagEffect = { reads: CARRY, sets: ALL_FLAGS };
const READS_CARRY: FlagEffect = { reads: CARRY, sets: 0 };
/** Rows that set the words by their operands alone, though the manual leaves some flags undefined. */
const DEFINES: ReadonlySet<string> = new Set(["BSF", "BSR", "MUL", "IMUL"]);
const SHIFTS: ReadonlySet<string> = new Set(["SHL", "SHR", "SAR", "SHLD", "SHRD"]);
/** Forms of rows that ask for a condition and are never called. */
const BY_CONDITION: ReadonlySet<string> = new Set(["modify", "set", "move", "branch"]);
const STEPPING: ReadonlySet<string> = new Set(["INC", "DEC"]);
/** Rows that, on registers, are always lowered and never left. */
const PLAIN: ReadonlySet<string> = new Set([
  ...["ADD", "SUB", "AND", "OR", "XOR", "CMP", "TEST", "NEG", "NOT", "INC", "DEC", "LEA", "MOV", "MOVZX", "MOVSX"],
]);
const SETS_AND_READS: FlagEffect = { reads: ALL_FLAGS, sets: ALL_FLAGS };
const ALL = 6;

const floats = new Map<Instruction, boolean>();

/** x87 and vector instructions. FCMOVcc is none of them: it reads the flags. */
export function isFloat(row: Instruction): boolean {
  let known = floats.get(row);
  if (known === undefined) {
    known = row.form === "x87" || /^(vector|packed|scalar)/.test(row.form) || /^F(?!CMOV)/.test(row.mnemonic);
    floats.set(row, known);
  }
  return known;
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
    if (tested === 0 && modified === 0 && isFloat(row)) return NONE;
    return READS;
  }
  // Repeated ones are called.
  if (row.ends === "alone" && modified > 0 && (operation.repeat !== REP_NONE || operation.addressMask >= 0))
    return READS;
  if (DEFINES.has(mnemonic)) return SETS;
  const carryOnly =
    tested === 1 && flags.tested?.[0] === "CF" && BY_CONDITION.has(row.form) && flowOf(operation) !== "leave";
  if (modified === 0) return tested === 0 ? NONE : carryOnly ? READS_CARRY : READS;
  if (STEPPING.has(mnemonic)) return STEPS;
  if (SHIFTS.has(mnemonic)) {
    // Those that are declined are called, and then all flags count as read.
    const known = countIsKnown(operation);
    if (slot.encoding.size !== 32 && (!known || mnemonic.length > 3)) return READS;
    return known ? SETS : NONE;
  }
  if (modified === ALL && mnemonic !== "SAHF") return tested === 0 ? SETS : carryOnly ? CARRIES : SETS_AND_READS;
  return modified >= ALL - 1 ? SETS_AND_READS : READS;
}

/** A shift by CL: it sets flags if it shifts at all. */
export function shiftsByRegister(operation: Operation): boolean {
  const { slot } = operation;
  return (
    slot !== null && SHIFTS.has(slot.encoding.row.mnemonic) && slot.encoding.size === 32 && !countIsKnown(operation)
  );
}

/**
 * Which flags must be known before an operation, if `behind` are needed behind it and nobody can see those that are set anew
 * at once; found out once for each operation.
 */
export function flagsRead(operation: Operation, behind: number): number {
  if (operation.flagsRead < 0) {
    operation.flagsRead = 0;
    if (!hidesCarry(operation))
      for (let all = 0; all <= ALL_FLAGS; all++) operation.flagsRead |= flagsNeeded(operation, all) << (2 * all);
  }
  return (operation.flagsRead >>> (2 * behind)) & ALL_FLAGS;
}

/** Which flags must be known before an operation, if `behind` are needed behind it. */
function flagsNeeded(operation: Operation, behind: number): number {
  if (shiftsByRegister(operation)) return behind === 0 ? 0 : ALL_FLAGS;
  const { reads, sets } = flagEffect(operation);
  return (behind & ~sets) | reads;
}

/** INC or DEC whose CF is set anew before anybody can see it. */
export function hidesCarry(operation: Operation): boolean {
  if (!STEPPING.has(operation.slot?.encoding.row.mnemonic ?? "") || !staysInRegisters(operation)) return false;
  for (let at = operation.next; at !== null && staysInRegisters(at); at = at.next) {
    const { reads, sets } = flagEffect(at);
    if (reads & CARRY) return false;
    if (sets & CARRY) return true;
  }
  return false;
}

/** Nothing can go wrong in it, so that compiled code is not left there. */
function staysInRegisters({ slot, addressMask }: Operation): boolean {
  if (slot === null || addressMask >= 0) return false;
  const { row, operands } = slot.encoding;
  if (row.lower === undefined || !PLAIN.has(row.mnemonic)) return false;
  return row.mnemonic === "LEA" || !operands.some((operand) => isMemory(operand, slot.variant));
}
