/**
 * The shape of a row of the instruction table.
 *
 * A row copies its columns from the manual's entry. Operand words are the manual's, with two more: `simm8` is an
 * imm8 that is sign-extended to the operand size, `rr32` `mm2` `xmm2` an r/m operand that must be a register. `o8` `o16` `o32` before
 * the opcode give the operand size where no operand tells it; `o` there means any operand size.
 * Here: types. Not here: the table (→ opcode-map.ts), code made from it (→ interpreter/generated/). SDM Vol. 2A, 3.1.1.
 * @module
 */

import type { Lowering } from "../jit/lowering.ts";
import type { Feature } from "../state/model.ts";

/**
 * How `execute` is called; `core` always comes first.
 *
 *   modify    first operand = execute(core, operands…)
 *   read      execute(core, operands…)
 *   write     first operand = execute(core, other operands…)
 *   exchange  first operand = execute(core, first, second); second operand = old value of the first
 *   set       first operand = execute(core) ? 1 : 0
 *   move      if (execute(core)) first operand = second operand, which is read in any case
 *   transfer  execute(core, operation, first operand)
 *   branch    EIP = execute(core) ? target : next instruction
 *   direct    execute(core, operation)
 *   x87       ST(0) or ST(i) = execute(softfloat context, destination, source), each as three words
 *   vector    execute(core, operands…[, words]): registers and memory operands as indices into the float registers,
 *             general operands as values, a general destination as the result; `words` of the destination if asked for
 *   packed32  each binary32 element of the first operand = execute(softfloat context, element[, element of the second]);
 *   packed64  the same for binary64 elements of two words, high first;
 *   scalar32  scalar64 the same for the lowest element; with one argument it is that of the second operand
 */
export type Form =
  | "modify"
  | "read"
  | "write"
  | "exchange"
  | "set"
  | "move"
  | "transfer"
  | "branch"
  | "direct"
  | FloatForm;
export type FloatForm = "x87" | "vector" | "packed32" | "packed64" | "scalar32" | "scalar64";

/** A named function, or three for operands of 8, 16 and 32 bits (null: no such form). */
export type Meaning = (...operands: never[]) => unknown;
export type Meanings = Meaning | readonly [Meaning | null, Meaning | null, Meaning | null];

export interface Instruction {
  readonly mnemonic: string;
  /** Opcode column, operand column and CPUID feature flag, as printed. */
  readonly encodings: readonly (readonly [opcode: string, operands: string, feature?: Feature])[];
  readonly flags?: { readonly tested?: readonly string[]; readonly modified?: readonly string[] };
  readonly form: Form;
  /** Memory operands of 16 bytes need not be aligned. */
  readonly unaligned?: true;
  /** LOCK is legal where the first operand is in memory. */
  readonly lockable?: true;
  /**
   * The block ends here: `jumps` = execute sets EIP, `falls` = EIP goes on but outside state may have changed,
   * `alone` = a repeatable string instruction, in a block of its own when it repeats.
   */
  readonly ends?: "jumps" | "falls" | "alone";
  /** `alone`: the block ends behind one that does not repeat, too, as outside state may have changed. */
  readonly outside?: true;
  readonly execute: Meanings;
  /** The same for the compiler (→ jit/lowering.ts); rows without it are called. */
  readonly lower?: Lower;
}

/**
 * Emits code that does what `execute` does, operands as in `form`: each is a local that holds the value, 8 and 16 bits
 * zero-extended; a result is pushed, and only its low bits count. `direct` rows take their operands from `to.operation`.
 */
export type Lower = (to: Lowering, ...operands: readonly number[]) => void;

/** The status flags that most arithmetic changes. */
export const ARITHMETIC_FLAGS: readonly string[] = ["OF", "SF", "ZF", "AF", "PF", "CF"];
export const ALL_BUT_CARRY: readonly string[] = ["OF", "SF", "ZF", "AF", "PF"];

/** Says that a value is a row; the types do the checking. */
export function instruction(row: Instruction): Instruction {
  return row;
}
