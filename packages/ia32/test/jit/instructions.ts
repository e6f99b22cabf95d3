// Random instructions, made from the rows of the instruction table: every form that a row has can come up.
//
// Here: bytes of one instruction. Not here: what they are strung together to (program.ts).
import { type Encoding, isMoffs, isRm, parseEncoding } from "../../src/isa/encoding.ts";
import { TABLE } from "../../src/isa/table.ts";
import { ALIAS, CODE, DATA, DATA_SIZE } from "./places.ts";
import type { Random } from "./random.ts";

interface Form {
  readonly encoding: Encoding;
  readonly group: string;
}

/** How often the instructions of a group come up in a program of each mix. */
export type Mix = "integer" | "float" | "system";

/** Groups whose rows are strung together with a purpose elsewhere, or come up rarely here. */
const RARE: readonly string[] = ["control-transfer", "far-transfer", "software-interrupt", "enter-leave", "io"];
const SYSTEM: readonly string[] = ["system", "descriptor-register", "control-register", "model-specific"];

/** Chance would hang or end the program with these: HLT has its place in a handler, the tables are loaded once. */
const LEFT_OUT: readonly string[] = ["HLT", "LGDT", "LIDT", "LTR", "LLDT", "LMSW", "WRMSR", "MWAIT"];

const FORMS: readonly Form[] = TABLE.flatMap(({ name, group, row }) =>
  LEFT_OUT.includes(name) ? [] : row.encodings.map((_, i) => ({ encoding: parseEncoding(name, row, i), group })),
);

function formsOf(test: (form: Form) => boolean): readonly Form[] {
  return FORMS.filter(test);
}

const isFloat = ({ group }: Form): boolean => /^(x87|mmx|sse)\//.test(group);
const isRare = ({ group }: Form): boolean => RARE.includes(group) || group === "segment-register";
const isSystem = ({ group }: Form): boolean => SYSTEM.includes(group);

const INTEGER = formsOf((form) => !isFloat(form) && !isRare(form) && !isSystem(form));
const KINDS = {
  integer: INTEGER,
  x87: formsOf(({ group }) => group.startsWith("x87/")),
  mmx: formsOf(({ group }) => group.startsWith("mmx/")),
  sse: formsOf(({ group }) => group.startsWith("sse/")),
  rare: formsOf(isRare),
  system: formsOf(isSystem),
} as const;
const WEIGHTS: Readonly<Record<Mix, readonly (readonly [number, keyof typeof KINDS])[]>> = {
  integer: [
    [60, "integer"],
    [1, "rare"],
  ],
  float: [
    [20, "integer"],
    [12, "x87"],
    [5, "mmx"],
    [16, "sse"],
  ],
  system: [
    [40, "integer"],
    [4, "rare"],
    [2, "system"],
    [1, "sse"],
    [1, "x87"],
  ],
};

const PREFIX_BYTE: Readonly<Record<string, number>> = { "66": 0x66, F3: 0xf3, F2: 0xf2 };
const SEGMENT_PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
const ESP = 4;
const EBP = 5;

function little(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 0xff);
}

/**
 * Address of data; often near the end of a page, aligned where the operand has 16 bytes. Now and then code or data in the second
 * mapping, where each page shares its entry of the TLB with one of the first.
 */
export function dataAddress(random: Random, aligned: boolean): number {
  const page = random.once(14)
    ? ALIAS + CODE + (random.below((DATA + DATA_SIZE - CODE) / 4096) << 12)
    : DATA + (random.below(DATA_SIZE / 4096) << 12);
  const offset = random.once(5) ? 0xff0 + random.below(16) : random.below(4096);
  const mask = aligned && !random.once(8) ? ~15 : random.once(2) ? ~7 : ~0;
  return page + (offset & mask);
}

/** ModR/M with its SIB and displacement; a base register may first be given an address, in an instruction of its own. */
function memoryOperand(random: Random, reg: number, wide: boolean, aligned: boolean, before: number[][]): number[] {
  const modrm = (mod: number, rm: number): number => (mod << 6) | (reg << 3) | rm;
  const address = dataAddress(random, aligned);
  if (!wide)
    return random.once(2) ? [modrm(0, 6), ...little(address, 2)] : [modrm(2, random.below(8)), ...little(address, 2)];
  const kind = random.below(10);
  if (kind < 4) return [modrm(0, EBP), ...little(address, 4)];
  if (kind === 4) return [modrm(1, ESP), 0x24, random.below(64)];
  const base = random.pick([0, 1, 2, 3, 5, 6, 7]);
  const displacement = random.below(256) - 128;
  if (kind < 8) before.push([0xb8 + base, ...little(address - displacement, 4)]);
  if (random.once(3)) {
    const index = random.pick([0, 1, 2, 3, 5, 6, 7].filter((register) => register !== base));
    const scale = random.below(4);
    if (kind < 8) before.push([0xb8 + index, ...little(random.below(16), 4)]);
    const sib = (scale << 6) | (index << 3) | base;
    return random.once(2)
      ? [modrm(1, ESP), sib, displacement & 0xff]
      : [modrm(2, ESP), sib, ...little(displacement, 4)];
  }
  return random.once(2) ? [modrm(1, base), displacement & 0xff] : [modrm(2, base), ...little(displacement, 4)];
}

function immediates(random: Random, encoding: Encoding, operandSize: number, addressSize: number): number[] {
  return encoding.operands.flatMap((word) => {
    if (isMoffs(word)) return little(dataAddress(random, false), addressSize);
    if (word === "imm8" || word === "simm8" || word === "rel8") return [random.operand() & 0xff];
    if (word === "imm16") return little(random.operand(), 2);
    if (word === "imm32") return little(random.operand(), 4);
    if (word.startsWith("rel")) return little(random.below(64), operandSize);
    if (word.startsWith("ptr")) return [...little(random.word(), operandSize), ...little(random.pick([8, 0x1b, 0]), 2)];
    return [];
  });
}

/** Random instructions: the last one is of the mix, those before it give it an address. `wide`: for 32-bit code. */
export function randomInstruction(random: Random, mix: Mix, wide: boolean): number[][] {
  const { encoding } = random.pick(KINDS[random.weighted(WEIGHTS[mix])]);
  const before: number[][] = [];
  const bytes: number[] = [];
  const operandSize = random.pick(encoding.sizes);
  if (encoding.prefix === null && random.once(300)) bytes.push(0xf0);
  if ((operandSize === 32) !== wide && (encoding.prefix === null || encoding.prefix === "NP")) bytes.push(0x66);
  const wideAddress = random.once(60) ? !wide : wide;
  if (wideAddress !== wide) bytes.push(0x67);
  if (random.once(25)) bytes.push(random.pick(SEGMENT_PREFIXES));
  if (encoding.row.ends === "alone" && random.once(2)) {
    bytes.push(random.pick([0xf3, 0xf3, 0xf2]));
    if (!random.once(10)) before.push([0xb9, ...little(random.below(40), 4)]);
    if (!random.once(10)) before.push([0xbe, ...little(dataAddress(random, false), 4)]);
    if (!random.once(10)) before.push([0xbf, ...little(dataAddress(random, false), 4)]);
  }
  if (encoding.prefix !== null && encoding.prefix !== "NP") bytes.push(PREFIX_BYTE[encoding.prefix]);
  if (encoding.map === 1) bytes.push(0x0f);
  bytes.push(encoding.opcode + (encoding.registerInOpcode ? register(random) : 0));
  if (encoding.exact >= 0) bytes.push(encoding.exact);
  else if (encoding.modrm || encoding.digit >= 0) {
    const reg = encoding.digit >= 0 ? encoding.digit : register(random);
    const variant = encoding.variants.length > 1 ? random.pick(encoding.variants) : encoding.variants[0];
    const aligned = encoding.operands.some((word) => word.includes("128"));
    const hasRm = encoding.operands.some(isRm);
    if (variant === "mem" && hasRm) bytes.push(...memoryOperand(random, reg, wideAddress, aligned, before));
    else bytes.push(0xc0 | (reg << 3) | register(random));
  }
  bytes.push(...immediates(random, encoding, operandSize / 8, wideAddress ? 4 : 2));
  return [...before.map((move) => (wide ? move : [0x66, ...move])), bytes];
}

/** A register number; ESP less often than the others. */
function register(random: Random): number {
  const number = random.below(8);
  return number === ESP && !random.once(6) ? random.below(4) : number;
}
