/**
 * Encodings: what the opcode and operand columns of a row say, in a form a decoder can use.
 *
 * Here: parsing the manual's notation. Not here: the opcode map made of it (→ opcode-map.ts). SDM Vol. 2A, 3.1.1.
 * @module
 */
import type { Feature } from "../state/model.ts";
import type { Instruction, Meaning } from "./instruction.ts";

export type Variant = "reg" | "mem";
export type MandatoryPrefix = "NP" | "66" | "F3" | "F2";

export interface Encoding {
  readonly name: string;
  readonly feature: Feature | null;
  readonly row: Instruction;
  readonly operands: readonly string[];
  /** 0: one-byte map, 1: 0F map. */
  readonly map: 0 | 1;
  /** Mandatory prefix of the 0F map, NP where all of them are refused, or null where none matters. */
  readonly prefix: MandatoryPrefix | null;
  readonly opcode: number;
  /** The low three opcode bits are a register number. */
  readonly registerInOpcode: boolean;
  /** Opcode extension in ModR/M, or −1. */
  readonly digit: number;
  readonly modrm: boolean;
  /** The whole ModR/M byte, where it belongs to the opcode, or −1. */
  readonly exact: number;
  /** Operand forms that the r/m field may take; one of them stands for "none" where there is no ModR/M. */
  readonly variants: readonly Variant[];
  /** Operand sizes (of the prefix) under which this encoding is selected. */
  readonly sizes: readonly (16 | 32)[];
  /** Size by which `execute` is chosen, 8, 16 or 32. */
  readonly size: number;
}

const widths = new Map<string, number>();

/** Bits of an operand word: r/m32 → 32. 0 for words without a size of their own. */
export function widthOf(operand: string): number {
  let width = widths.get(operand);
  if (width === undefined) {
    width = parseWidth(operand);
    widths.set(operand, width);
  }
  return width;
}

function parseWidth(operand: string): number {
  if (operand === "AL" || operand === "CL") return 8;
  if (operand === "AX" || operand === "DX") return 16;
  if (operand === "EAX") return 32;
  if (operand === "mm" || operand === "mm2") return 64;
  if (operand === "xmm" || operand === "xmm2") return 128;
  const match = /^(?:r\/m|rr|r|moffs|m|imm|simm|rel|x?mm\/m|r32\/m)(8|16|32|64|128)$/.exec(operand);
  return match === null ? 0 : Number(match[1]);
}

const namedByRm = new Map<string, boolean>();

/** The operand is named by the r/m field. */
export function isRm(operand: string): boolean {
  let named = namedByRm.get(operand);
  if (named === undefined) {
    named = parseRm(operand);
    namedByRm.set(operand, named);
  }
  return named;
}

function parseRm(operand: string): boolean {
  return /^(r\/m|rr|r32\/m|x?mm\/|x?mm2$|ST\(i\)$|m(?!m|offs))/.test(operand);
}

export function isMoffs(operand: string): boolean {
  return operand.startsWith("moffs");
}

/** The operand is in memory when the r/m field takes `variant`. */
export function isMemory(operand: string, variant: Variant): boolean {
  return isMoffs(operand) || (isRm(operand) && variant === "mem");
}

export function parseEncoding(name: string, row: Instruction, index: number): Encoding {
  const [column, operandColumn, feature = null] = row.encodings[index];
  const operands = operandColumn === "" ? [] : operandColumn.split(", ");
  let explicit = -1;
  let digit = -1;
  let registerInOpcode = false;
  let modrm = operands.some(isRm);
  let exact = -1;
  let inRegister = false;
  const opcodes: number[] = [];
  const tokens = column.split(" ");
  const prefix = /^(NP|66|F2|F3) 0F /.test(column) ? (tokens.shift() as MandatoryPrefix) : null;
  for (const token of tokens) {
    if (/^o(8|16|32|)$/.test(token)) explicit = Number(token.slice(1));
    else if (/^\/[0-7]$/.test(token)) digit = Number(token[1]);
    else if (token === "/r") modrm = true;
    else if (/^[0-9A-Fa-f]{2}\+r[bwd]$/.test(token)) {
      opcodes.push(Number.parseInt(token.slice(0, 2), 16));
      registerInOpcode = true;
    } else if (/^[0-9A-F]{2}\+i$/.test(token)) {
      digit = (Number.parseInt(token, 16) >>> 3) & 7;
      inRegister = true;
    } else if (/^[0-9A-F]{2}$/i.test(token)) opcodes.push(Number.parseInt(token, 16));
    else if (!/^(i[bwd]|c[bwdp])$/.test(token)) throw new Error(`${name}: unknown word ${token} in an opcode column`);
  }
  const map = opcodes[0] === 0x0f && opcodes.length > 1 ? 1 : 0;
  const opcode = opcodes[map];
  // cb is also an opcode (RET far); a relative operand tells the two readings apart.
  if (opcodes.length > map + 1 && !operands.some((word) => word.startsWith("rel") || word.startsWith("ptr"))) {
    exact = opcodes[map + 1];
    if (opcodes.length > map + 2 || exact < 0xc0) throw new Error(`${name}: too many opcode bytes in ${column}`);
    digit = (exact >>> 3) & 7;
    modrm = true;
  }

  const widths = operands.map(widthOf);
  const sized = widths.find((width) => width === 16 || width === 32) ?? 0;
  const byteOnly = widths[0] === 8 && row.form !== "branch";
  const selector = explicit > 0 ? explicit : explicit === 0 || byteOnly ? 0 : sized;
  const sizes: (16 | 32)[] = prefix !== null ? [16, 32] : selector === 16 ? [16] : selector === 32 ? [32] : [16, 32];
  const source = row.form === "write" && operands.length === 2;
  const size = explicit > 0 ? explicit : widths[source ? 1 : 0] || sized;
  const rm = operands.find(isRm);
  const variants: Variant[] =
    rm === undefined || inRegister || /^(rr|x?mm2|ST)/.test(rm)
      ? ["reg"]
      : /^m(?!m)/.test(rm)
        ? ["mem"]
        : ["reg", "mem"];
  return {
    name,
    feature,
    row,
    operands,
    map,
    prefix,
    opcode,
    registerInOpcode,
    digit,
    modrm,
    exact,
    variants,
    sizes,
    size,
  };
}

/** The function that gives this encoding its meaning. */
export function meaningOf(encoding: Encoding): Meaning {
  const { execute } = encoding.row;
  const meaning = typeof execute === "function" ? execute : execute[Math.max(0, [8, 16, 32].indexOf(encoding.size))];
  if (meaning === null) throw new Error(`${encoding.name}: no meaning for ${encoding.size} bits`);
  return meaning;
}

/** Name of the handler that runs this encoding with the r/m operand in a register or in memory. */
export function handlerName(encoding: Encoding, variant: Variant): string {
  if (encoding.row.form === "direct") return meaningOf(encoding).name;
  const words = encoding.operands.map((word) => word.replace(/[/()]/g, "").replace("simm8", "imm"));
  const immediate = words.map((word) => (word.startsWith("imm") ? "imm" : word));
  const wide = encoding.row.form === "branch" || encoding.operands[0]?.includes("imm") ? `_o${encoding.sizes[0]}` : "";
  return `${encoding.name}_${immediate.join("_").replace(/rel\d+/, "rel")}${wide}_${variant}`;
}
