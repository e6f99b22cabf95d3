/**
 * Instruction prefixes.
 *
 * Here: their bytes and the segment each override names. SDM Vol. 2A, 2.1.1.
 * @module
 */
import { CS, DS, ES, FS, GS, SS } from "../state/descriptor.ts";

export const OPERAND_SIZE = 0x66;
export const ADDRESS_SIZE = 0x67;
export const LOCK = 0xf0;
export const REPNE_PREFIX = 0xf2;
export const REP_PREFIX = 0xf3;

/** Segment register that an override names, or −1. */
export function segmentOverride(byte: number): number {
  switch (byte) {
    case 0x26:
      return ES;
    case 0x2e:
      return CS;
    case 0x36:
      return SS;
    case 0x3e:
      return DS;
    case 0x64:
      return FS;
    case 0x65:
      return GS;
    default:
      return -1;
  }
}

/** Any prefix byte. */
export function isPrefix(byte: number): boolean {
  return (
    byte === OPERAND_SIZE ||
    byte === ADDRESS_SIZE ||
    byte === LOCK ||
    byte === REPNE_PREFIX ||
    byte === REP_PREFIX ||
    segmentOverride(byte) >= 0
  );
}
