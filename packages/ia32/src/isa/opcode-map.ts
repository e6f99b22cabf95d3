/**
 * The opcode map: (map, operand size, opcode, extension) → what the decoder needs to know.
 *
 * Here: building the map from the table; two rows for one slot are refused, except that a whole opcode beats one
 * with a register in it (90 is NOP, not XCHG EAX, EAX). Not here: reading instruction bytes (→ decode/). SDM Vol. 2D, appendix A.
 * @module
 */
import {
  type Encoding,
  handlerName,
  isMemory,
  isMoffs,
  isRm,
  parseEncoding,
  type Variant,
  widthOf,
} from "./encoding.ts";
import { TABLE } from "./table.ts";

/** What follows the opcode and ModR/M. */
export type Immediate =
  | "none"
  | "imm8"
  | "simm8"
  | "imm16"
  | "imm32"
  | "rel8"
  | "rel16"
  | "rel32"
  | "moffs"
  | "ptr16:16"
  | "ptr16:32"
  | "imm16, imm8";

/** One way to decode an opcode: an encoding with its r/m operand in a register or in memory. */
export interface Slot {
  readonly encoding: Encoding;
  readonly handler: string;
  readonly lockable: boolean;
  readonly immediate: Immediate;
  readonly registerWidth: number;
  readonly rmWidth: number;
}

export interface SlotPair {
  reg: Slot | null;
  mem: Slot | null;
}

/** An opcode: with `digits` the ModR/M extension chooses. */
export interface OpcodeEntry {
  readonly modrm: boolean;
  readonly plain: SlotPair;
  readonly digits: readonly SlotPair[] | null;
}

/** Index of an opcode in the map. */
export function opcodeIndex(map: number, operandSize: 16 | 32, opcode: number): number {
  return map * 512 + (operandSize === 16 ? 256 : 0) + opcode;
}

function immediateOf(encoding: Encoding): Immediate {
  const words = encoding.operands.filter((word) => /^(imm|simm|rel|ptr)/.test(word));
  if (words.length > 0) return words.join(", ") as Immediate;
  return encoding.operands.some(isMoffs) ? "moffs" : "none";
}

function slotOf(encoding: Encoding, variant: Variant): Slot {
  const register = encoding.operands.find((word) => !isRm(word) && /^r(8|16|32)$/.test(word));
  const rm = encoding.operands.find(isRm);
  const first = encoding.operands[0];
  return {
    encoding,
    handler: handlerName(encoding, variant),
    lockable: encoding.row.lockable === true && first !== undefined && isMemory(first, variant),
    immediate: immediateOf(encoding),
    registerWidth: register === undefined ? 0 : widthOf(register),
    rmWidth: rm === undefined ? 0 : widthOf(rm),
  };
}

function place(pair: SlotPair, encoding: Encoding): void {
  for (const variant of encoding.variants) {
    const present = pair[variant];
    if (present !== null) {
      if (encoding.registerInOpcode && !present.encoding.registerInOpcode) continue;
      if (encoding.registerInOpcode || !present.encoding.registerInOpcode)
        throw new Error(`${encoding.name} and ${present.encoding.name} share a slot`);
    }
    pair[variant] = slotOf(encoding, variant);
  }
}

function build(): (OpcodeEntry | null)[] {
  const entries: (OpcodeEntry | null)[] = new Array(1024).fill(null);
  for (const { name, row } of TABLE) {
    for (let i = 0; i < row.encodings.length; i++) {
      const encoding = parseEncoding(name, row, i);
      for (const size of encoding.sizes) {
        for (let register = 0; register < (encoding.registerInOpcode ? 8 : 1); register++) {
          const index = opcodeIndex(encoding.map, size, encoding.opcode + register);
          let entry = entries[index];
          if (entry === null) {
            const digits =
              encoding.digit < 0 ? null : Array.from({ length: 8 }, (): SlotPair => ({ reg: null, mem: null }));
            entry = { modrm: encoding.modrm || encoding.digit >= 0, plain: { reg: null, mem: null }, digits };
            entries[index] = entry;
          }
          if ((entry.digits === null) !== encoding.digit < 0)
            throw new Error(`${name}: opcode with and without extension`);
          place(entry.digits === null ? entry.plain : entry.digits[encoding.digit], encoding);
        }
      }
    }
  }
  return entries;
}

/** 1024 entries, see opcodeIndex; null: undefined opcode (or a prefix). */
export const OPCODE_MAP: readonly (OpcodeEntry | null)[] = build();
