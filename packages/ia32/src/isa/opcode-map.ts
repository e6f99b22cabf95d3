/**
 * The opcode map: (map, operand size, opcode, extension) → what the decoder needs to know.
 *
 * Maps: 0 one-byte opcodes; 1 to 4 the 0F map without a mandatory prefix and behind 66, F3, F2.
 * Here: building the map from the table; two rows for one slot are refused, except that a whole opcode beats one
 * with a register in it (90 is NOP, not XCHG EAX, EAX). Not here: reading instruction bytes (→ decode/). SDM Vol. 2D, appendix A.
 * @module
 */

import { FEATURES } from "../state/model.ts";
import {
  type Encoding,
  handlerName,
  isMemory,
  isMoffs,
  isRm,
  type MandatoryPrefix,
  meaningOf,
  parseEncoding,
  type Variant,
  widthOf,
} from "./encoding.ts";
import type { Execute } from "./operation.ts";
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
  /** Where the r/m operand is. */
  readonly variant: Variant;
  /** Name of the generated handler; unused where the row's own function is the handler. */
  readonly handler: string;
  /** The row's own function, where that is the handler: a minifier may rename it. */
  readonly direct: Execute | null;
  readonly lockable: boolean;
  readonly immediate: Immediate;
  readonly registerWidth: number;
  readonly rmWidth: number;
  /** Bit of the CPUID feature that it needs (state/model.ts), or 0. */
  readonly feature: number;
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
  /** By ModR/M − C0: where that whole byte belongs to the opcode. */
  readonly exact: (Slot | null)[] | null;
}

const PREFIXES: readonly (MandatoryPrefix | null)[] = [null, "NP", "66", "F3", "F2"];
const MAPS = PREFIXES.length;
/** Number of the 0F map behind 66, behind F3 and behind F2, which win over 66. */
export const MAP_0F = 1;
export const MAP_66 = 2;
export const MAP_F3 = 3;
export const MAP_F2 = 4;

/** Index of an opcode in the map. */
export function opcodeIndex(map: number, operandSize: 16 | 32, opcode: number): number {
  return map * 512 + (operandSize === 16 ? 256 : 0) + opcode;
}

function immediateOf(encoding: Encoding): Immediate {
  const words = encoding.operands.filter((word) => /^(imm|simm|rel|ptr)/.test(word));
  if (words.length > 0) return words.join(", ") as Immediate;
  return encoding.operands.some(isMoffs) ? "moffs" : "none";
}

function featureOf(encoding: Encoding): number {
  return encoding.feature === null ? 0 : FEATURES[encoding.feature];
}

/** Width of the register that an r/m operand names. */
function registerWidthOf(rm: string): number {
  return rm.startsWith("xmm") ? 128 : rm.startsWith("mm") ? 64 : rm.startsWith("r32/") ? 32 : widthOf(rm);
}

function slotOf(encoding: Encoding, variant: Variant): Slot {
  const register = encoding.operands.find((word) => !isRm(word) && /^(r(8|16|32)|x?mm)$/.test(word));
  const rm = encoding.operands.find(isRm);
  const first = encoding.operands[0];
  return {
    encoding,
    variant,
    handler: handlerName(encoding, variant),
    direct: encoding.row.form === "direct" ? (meaningOf(encoding) as Execute) : null,
    lockable: encoding.row.lockable === true && first !== undefined && isMemory(first, variant),
    immediate: immediateOf(encoding),
    registerWidth: register === undefined ? 0 : widthOf(register),
    feature: featureOf(encoding),
    rmWidth: rm === undefined ? 0 : registerWidthOf(rm),
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

/** Maps that an encoding belongs to: those of the 0F map all, unless it asks for a prefix or for none. */
function mapsOf(encoding: Encoding): number[] {
  if (encoding.map === 0) return [0];
  return encoding.prefix === null ? [MAP_0F, MAP_66, MAP_F3, MAP_F2] : [PREFIXES.indexOf(encoding.prefix)];
}

function newEntry(encoding: Encoding): OpcodeEntry {
  const digits = encoding.digit < 0 ? null : Array.from({ length: 8 }, (): SlotPair => ({ reg: null, mem: null }));
  const exact = digits === null ? null : new Array(64).fill(null);
  return { modrm: encoding.modrm || encoding.digit >= 0, plain: { reg: null, mem: null }, digits, exact };
}

function put(entries: (OpcodeEntry | null)[], encoding: Encoding, index: number): void {
  const entry = entries[index] ?? newEntry(encoding);
  entries[index] = entry;
  if ((entry.digits === null) !== encoding.digit < 0)
    throw new Error(`${encoding.name}: opcode with and without extension`);
  if (entry.exact !== null && encoding.exact >= 0) {
    if (entry.exact[encoding.exact & 63] !== null) throw new Error(`${encoding.name}: ModR/M byte given twice`);
    entry.exact[encoding.exact & 63] = slotOf(encoding, "reg");
  } else place(entry.digits === null ? entry.plain : entry.digits[encoding.digit], encoding);
}

function build(): (OpcodeEntry | null)[] {
  const entries: (OpcodeEntry | null)[] = new Array(MAPS * 512).fill(null);
  for (const { name, row } of TABLE)
    for (let i = 0; i < row.encodings.length; i++) {
      const encoding = parseEncoding(name, row, i);
      for (const map of mapsOf(encoding))
        for (const size of encoding.sizes)
          for (let register = 0; register < (encoding.registerInOpcode ? 8 : 1); register++)
            put(entries, encoding, opcodeIndex(map, size, encoding.opcode + register));
    }
  return entries;
}

/** 512 entries for each map, see opcodeIndex; null: undefined opcode (or a prefix). */
export const OPCODE_MAP: readonly (OpcodeEntry | null)[] = build();
