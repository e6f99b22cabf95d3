/**
 * What x87 instructions do to the register stack, as far as that is known before they run.
 *
 * Here: which ST(i) an instruction needs, reads and writes, and how TOP moves; what follows for a block and for a region:
 * where TOP stands, counted from a base that is found when the function is entered. Blocks that come together with different
 * tops have a place where the base is moved (→ float-stack.ts). Not here: emitting. SDM Vol. 1, 8.1.2.
 * @module
 */
import { FLAT, type Operation } from "../../isa/operation.ts";
import type { RegionBlock } from "../region.ts";

/** ST(i), as they are called before the instruction: bits by i. */
export interface StackEffect {
  /** Must not be empty; must be. */
  readonly full: number;
  readonly empty: number;
  /** Looked at or written. */
  readonly uses: number;
  readonly writes: number;
  /** Not empty behind it; empty behind it. */
  readonly fills: number;
  readonly frees: number;
  /** Added to TOP. */
  readonly move: number;
}

/** ST(7) is what a push writes. */
export const PUSHED = 7;
const TOP = 1;
const NONE: StackEffect = { full: 0, empty: 0, uses: 0, writes: 0, fills: 0, frees: 0, move: 0 };
const PUSH: StackEffect = { ...NONE, empty: 1 << PUSHED, writes: 1 << PUSHED, fills: 1 << PUSHED, move: -1 };
const READ: StackEffect = { ...NONE, full: TOP, uses: TOP };
const CHANGE: StackEffect = { ...READ, writes: TOP };

function popping(effect: StackEffect, count: number): StackEffect {
  return { ...effect, frees: (1 << count) - 1, move: count };
}

const ARITHMETIC = /^FI?(ADD|MUL|SUBR?|DIVR?)P?$/;
const COMPARISON = /^FU?I?COMI?(P{0,2})$/;
const MOVED_BY_CALLS: readonly (readonly [RegExp, number])[] = [
  [/^(FLD|FILD|FBLD|FLD1|FLDZ|FLDL2T|FLDL2E|FLDPI|FLDLG2|FLDLN2|FXTRACT|FPTAN|FSINCOS|FDECSTP)$/, -1],
  [/^(FSTP|FISTP|FISTTP|FBSTP|FPATAN|FYL2X|FYL2XP1|FINCSTP|FFREEP)$/, 1],
];

/** The effect of an x87 instruction that is compiled; null: it is called, or no x87 instruction. */
export function stackEffect({ slot, segment, rm }: Operation): StackEffect | null {
  if (slot === null || slot.encoding.row.lower === undefined) return null;
  const { row, operands } = slot.encoding;
  const { mnemonic } = row;
  if (row.form !== "x87" && !/^F/.test(mnemonic)) return null;
  const [first = "", second = ""] = operands;
  const inMemory = /^m\d/.test(first);
  if (inMemory && segment !== FLAT) return null;
  const other = 1 << rm;
  const count = mnemonic.endsWith("PP") ? 2 : mnemonic.endsWith("P") ? 1 : 0;
  if (ARITHMETIC.test(mnemonic)) {
    if (inMemory) return CHANGE;
    const effect = { ...NONE, full: TOP | other, uses: TOP | other, writes: first === "ST(i)" ? other : TOP };
    return count > 0 ? popping(effect, 1) : effect;
  }
  if (COMPARISON.test(mnemonic)) {
    // FCOMPP names no operand.
    const full = inMemory ? TOP : TOP | (second === "" && first === "" ? 2 : other);
    return popping({ ...NONE, full, uses: full }, count);
  }
  if (/^FCMOV/.test(mnemonic)) return { ...CHANGE, full: TOP | other, uses: TOP | other };
  switch (mnemonic) {
    case "FLD":
      if (first !== "ST(i)") return PUSH;
      // Of ST(7), which must be full and empty, it is always a stack fault.
      return rm === PUSHED ? null : { ...PUSH, full: other, uses: other };
    case "FILD":
    case "FLD1":
    case "FLDZ":
    case "FLDL2T":
    case "FLDL2E":
    case "FLDPI":
    case "FLDLG2":
    case "FLDLN2":
      return PUSH;
    case "FST":
    case "FSTP":
    case "FIST":
    case "FISTP":
    case "FISTTP": {
      const effect = inMemory ? READ : { ...READ, writes: other, fills: other };
      return count > 0 ? popping(effect, 1) : effect;
    }
    case "FXCH":
      return { ...NONE, full: TOP | other, uses: TOP | other, writes: TOP | other };
    case "FCHS":
    case "FABS":
    case "FSQRT":
    case "FRNDINT":
      return CHANGE;
    case "FTST":
    case "FXAM":
      return READ;
    case "FFREE":
      return { ...NONE, frees: other };
    case "FINCSTP":
      return { ...NONE, move: 1 };
    case "FDECSTP":
      return { ...NONE, move: -1 };
    default:
      return NONE;
  }
}

/** The interpreter's handler, if it is called, may look at the stack or change it. */
export function touchesStack({ slot }: Operation): boolean {
  if (slot === null) return false;
  const { row, operands } = slot.encoding;
  return row.form === "x87" || /^(F|EMMS)/.test(row.mnemonic) || operands.some((operand) => /^mm/.test(operand));
}

/** How TOP probably moves. */
export function moveOf(operation: Operation): number {
  const effect = stackEffect(operation);
  if (effect !== null) return effect.move;
  const mnemonic = operation.slot?.encoding.row.mnemonic ?? "";
  return MOVED_BY_CALLS.find(([pattern]) => pattern.test(mnemonic))?.[1] ?? 0;
}

/** TOP in a region, and which registers it keeps in locals, by their distance from the base. */
export interface StackPlan {
  /** Registers that are loaded, and those that are stored: bits. */
  readonly kept: number;
  readonly written: number;
  /** Where TOP stands at the start of each block. */
  readonly tops: ReadonlyMap<RegionBlock, number>;
}

const rotated = (mask: number, by: number): number => ((mask << by) | (mask >>> (8 - by))) & 0xff;

/** The plan of a region; null where no x87 instruction of it is compiled. */
export function planStack(region: readonly RegionBlock[]): StackPlan | null {
  if (!region.some(({ operations }) => operations.some((operation) => stackEffect(operation) !== null))) return null;
  const byEip = new Map(region.map((block) => [block.eip, block]));
  const tops = new Map<RegionBlock, number>();
  let kept = 0;
  let written = 0;
  for (const seed of region) {
    if (tops.has(seed)) continue;
    tops.set(seed, 0);
    const waiting = [seed];
    for (let block = waiting.pop(); block !== undefined; block = waiting.pop()) {
      let top = tops.get(block) ?? 0;
      for (const operation of block.operations) {
        const effect = stackEffect(operation);
        if (effect !== null) {
          kept |= rotated(effect.uses | effect.writes, top);
          written |= rotated(effect.writes, top);
        }
        top = (top + moveOf(operation)) & 7;
      }
      const behind = /call/i.test(block.flow) ? byEip.get(block.next) : undefined;
      for (const to of [...block.successors, ...block.likely, ...(behind === undefined ? [] : [behind])]) {
        if (tops.has(to)) continue;
        tops.set(to, top);
        waiting.push(to);
      }
    }
  }
  return { kept, written, tops };
}
