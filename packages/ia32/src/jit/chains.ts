/**
 * Loads whose address was loaded: links of lists, entries of tables by what a table said.
 *
 * Such a load waits for the one before it, and its time is that of the way through the TLB, not the number of its instructions;
 * so it guesses what the TLB will add (→ memory-access.ts). Here: which ones these are, as far as loops show it; a guess that is wrong
 * costs a nanosecond. What comes from the stack does not count: arguments and spilled pointers are there early.
 * @module
 */
import { isMemory, isRm, widthOf } from "../isa/encoding.ts";
import type { Operation } from "../isa/operation.ts";
import { EAX, EBP, ESP, ZERO } from "../state/registers.ts";
import type { Item } from "./structure.ts";

/** Operations of a structured region that load from where a load said. */
export function chainedLoads(items: readonly Item[]): ReadonlySet<Operation> {
  const chained = new Set<Operation>();
  const visit = (inside: readonly Item[], loop: boolean): void => {
    const blocks = inside.flatMap((item) => (item.kind === "block" ? [item.block] : []));
    let loaded = 0;
    for (let before = -1; loop && before !== loaded; ) {
      before = loaded;
      for (const { operations } of blocks) loaded |= follow(operations, before, null);
    }
    for (const { operations } of blocks) follow(operations, loaded, chained);
    for (const item of inside) if (item.kind === "loop") visit(item.body, true);
  };
  visit(items, false);
  return chained;
}

/** Registers, as bits by number, with something loaded behind the operations; those that depend on it go into `chained`. */
function follow(operations: readonly Operation[], before: number, chained: Set<Operation> | null): number {
  let loaded = before;
  for (const operation of operations) {
    const { base, index, slot } = operation;
    const address = (base === ZERO ? 0 : 1 << base) | (index === ZERO ? 0 : 1 << index);
    if ((address & loaded) !== 0) chained?.add(operation);
    if (slot !== null) loaded = behind(operation, slot, address, loaded);
  }
  return loaded;
}

function behind(operation: Operation, slot: NonNullable<Operation["slot"]>, address: number, loaded: number): number {
  const { variant, encoding } = slot;
  const { row, operands } = encoding;
  if (row.mnemonic === "LODS") return loaded | (1 << EAX);
  const [first, second] = operands;
  const lea = row.mnemonic === "LEA";
  if (first === undefined || (!lea && !RESULT_FIRST.has(row.form)) || isMemory(first, variant)) return loaded;
  const target = registerBit(first, operation);
  let sources = 0;
  if (lea) sources = address;
  else if (second !== undefined && isMemory(second, variant)) {
    if ((address & STACK) === 0) return loaded | target;
  } else if (second !== undefined) sources = registerBit(second, operation);
  if (row.form !== "write" && !lea && !(sources === target && CLEARING.has(row.mnemonic))) sources |= target;
  return (sources & loaded) !== 0 ? loaded | target : loaded & ~target;
}

const STACK = (1 << ESP) | (1 << EBP);
/** Forms of rows whose first operand is what becomes of the others. */
const RESULT_FIRST: ReadonlySet<string> = new Set(["write", "modify", "move"]);
/** Of one register alone they make 0. */
const CLEARING: ReadonlySet<string> = new Set(["XOR", "SUB"]);
const FIXED: Readonly<Record<string, number>> = { AL: 0, AX: 0, EAX: 0, CL: 1, DX: 2 };

/** A general register that an operand word names, as a bit; 0: none. */
function registerBit(operand: string, { reg, rm }: Operation): number {
  if (operand in FIXED) return 1 << FIXED[operand];
  if (!/^(rr?|r\/m)(8|16|32)$/.test(operand)) return 0;
  const index = isRm(operand) ? rm : reg;
  const size = widthOf(operand);
  return 1 << (size === 8 ? index >> 2 : size === 16 ? index >> 1 : index);
}
