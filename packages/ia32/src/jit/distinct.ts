/**
 * A multiplication that tells numbers apart: `(number × multiplier) >>> (32 − bits)` differs for each of them.
 *
 * Here: finding it, for switches on EIPs. What it makes of other numbers is anything.
 * @module
 */

/** More numbers are not worth a table. */
const MOST = 64;
/** Multipliers tried for each number of bits. */
const TRIES = 64;
/** Larger tables than the next power of two, by so many bits. */
const SPARE_BITS = 3;
/** Knuth's multiplier, 2³² by the golden ratio, and steps from there. */
const GOLDEN = 0x9e3779b1;
const STEP = 0x3c6ef372;

export interface Distinction {
  readonly multiplier: number;
  readonly bits: number;
  /** Place of the number for each value; −1: none has it. */
  readonly order: readonly number[];
}

/** null: there are too many, or none was found. */
export function distinct(numbers: readonly number[]): Distinction | null {
  if (numbers.length < 2 || numbers.length > MOST) return null;
  const least = 32 - Math.clz32(numbers.length - 1);
  for (let bits = least; bits <= least + SPARE_BITS; bits++) {
    for (let i = 0; i < TRIES; i++) {
      const multiplier = (GOLDEN + Math.imul(i, STEP)) | 0;
      const order = new Array<number>(1 << bits).fill(-1);
      if (numbers.every((number, at) => take(order, Math.imul(number, multiplier) >>> (32 - bits), at)))
        return { multiplier, bits, order };
    }
  }
  return null;
}

function take(order: number[], value: number, at: number): boolean {
  if (order[value] !== -1) return false;
  order[value] = at;
  return true;
}
