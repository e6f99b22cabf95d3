/**
 * The general registers: their numbers in the register file and the views over it.
 *
 * Here: indices in the order of the instruction encodings (SDM Vol. 2A, table 2-2). Not here: values (→ core.ts).
 * @module
 */

export const EAX = 0;
export const ECX = 1;
export const EDX = 2;
export const EBX = 3;
export const ESP = 4;
export const EBP = 5;
export const ESI = 6;
export const EDI = 7;
export const EIP = 8;
export const EFLAGS = 9;

/** Words of the public register file. */
export const REGISTER_COUNT = 10;

/** A word behind the register file that stays 0: an absent base or index register reads it. */
export const ZERO = 10;

/** Byte index of an 8-bit register 0..7 (AL CL DL BL AH CH DH BH) in the register file. */
export function byteRegister(number: number): number {
  return number < 4 ? number * 4 : (number - 4) * 4 + 1;
}

/** Half-word index of a 16-bit register 0..7 (AX … DI) in the register file. */
export function wordRegister(number: number): number {
  return number * 2;
}
