/**
 * Rows of the float groups in one line: they are many, and most have one encoding or the same pair of encodings.
 *
 * Here: what spells such a row out. The columns are those of the manual's entry, in its order.
 * @module
 */
import type { Lowering } from "../../jit/lowering.ts";
import type { Feature } from "../../state/model.ts";
import { type Instruction, instruction, type Lower, type Meanings } from "../instruction.ts";

/** A row with one encoding. */
export function row(
  mnemonic: string,
  opcode: string,
  operands: string,
  feature: Feature,
  form: Instruction["form"],
  execute: Meanings,
  lower?: Lower,
): Instruction {
  return instruction({ mnemonic, encodings: [[opcode, operands, feature]], form, execute, ...lowered(lower) });
}

/** A packed integer instruction on MMX registers and, behind 66, with SSE2, on XMM registers. */
export function packed(
  mnemonic: string,
  opcode: string,
  feature: Feature,
  execute: Meanings,
  lower?: Lower,
  operand: "mm/m64" | "mm/m32" = "mm/m64",
): Instruction {
  return instruction({
    mnemonic,
    encodings: [
      [`NP 0F ${opcode} /r`, `mm, ${operand}`, feature],
      [`66 0F ${opcode} /r`, "xmm, xmm/m128", "SSE2"],
    ],
    form: "vector",
    execute,
    ...lowered(lower),
  });
}

function lowered(lower: Lower | undefined): { readonly lower?: Lower } {
  return lower === undefined ? {} : { lower };
}

/** Lowers to one vector instruction on both operands. */
export function lanes(name: Parameters<Lowering["vectors"]["lanes"]>[0]): Lower {
  return (to, d, s) => to.vectors.lanes(name, d, s);
}

/** Lowers to elements of both operands in turn, of the lower or upper halves. */
export function interleaved(size: number, upper: boolean): Lower {
  return (to, d, s) => to.vectors.interleave(size, upper, d, s);
}
