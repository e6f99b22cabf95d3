/**
 * The six arithmetic flags, kept as three words until somebody asks for them.
 *
 *   sign     SF = bit 31; PF = even parity of bits 7..0
 *   zero     ZF = the word is 0
 *   carries  the carries (borrows) out of each bit: CF = bit 31, OF = bit 31 xor bit 30, AF = bit 3
 *
 * An 8- or 16-bit result is sign-extended and its carries moved up, so no reader needs the operand size.
 * Here: conversion and conditions. SDM Vol. 1, appendix B (condition codes).
 * @module
 */
import type { Core } from "./core.ts";
import { AC, AF, ALWAYS_ONE, ARITHMETIC, CF, OF, PF, SF, VM, ZF } from "./eflags.ts";

const SIGN = -0x80000000;

/** 1 where the low byte has an even number of ones. */
export function parity(byte: number): number {
  const folded = (byte ^ (byte >>> 4)) & 15;
  return (0x9669 >>> folded) & 1;
}

export function carryFlag(core: Core): number {
  return core.carries >>> 31;
}

export function overflowFlag(core: Core): number {
  return (core.carries ^ (core.carries << 1)) >>> 31;
}

/** The whole EFLAGS image. */
export function eflags(core: Core): number {
  return (
    core.systemFlags |
    ALWAYS_ONE |
    (core.carries >>> 31) |
    (parity(core.sign) << 2) |
    ((core.carries & 8) << 1) |
    (core.zero === 0 ? ZF : 0) |
    ((core.sign >>> 31) << 7) |
    (((core.carries ^ (core.carries << 1)) >>> 31) << 11)
  );
}

/** Takes the arithmetic flags from an EFLAGS image. */
export function setArithmeticFlags(core: Core, image: number): void {
  const cf = image & CF ? SIGN : 0;
  const of = image & OF ? SIGN : 0;
  core.carries = cf | ((cf ^ of) >>> 1) | (image & AF ? 8 : 0);
  core.sign = (image & SF ? SIGN : 0) | (image & PF ? 0 : 1);
  core.zero = image & ZF ? 0 : 1;
}

/** Takes every flag from an EFLAGS image. */
export function setEflags(core: Core, image: number): void {
  setArithmeticFlags(core, image);
  const changed = core.systemFlags ^ image;
  core.systemFlags = image & ~ARITHMETIC & ~ALWAYS_ONE;
  if (changed & (VM | AC)) core.updateMode();
}

/** Sets CF (bit 31 of `carry`) and OF (bit 31 of `overflow`); keeps AF. */
export function setCarryOverflow(core: Core, carry: number, overflow: number): void {
  const cf = carry & SIGN;
  core.carries = cf | ((cf ^ (overflow & SIGN)) >>> 1) | (core.carries & 8);
}

// The sixteen conditions, in the order of their encoding.
export function conditionO(core: Core): boolean {
  return (core.carries ^ (core.carries << 1)) < 0;
}
export function conditionNO(core: Core): boolean {
  return (core.carries ^ (core.carries << 1)) >= 0;
}
export function conditionB(core: Core): boolean {
  return core.carries < 0;
}
export function conditionAE(core: Core): boolean {
  return core.carries >= 0;
}
export function conditionE(core: Core): boolean {
  return core.zero === 0;
}
export function conditionNE(core: Core): boolean {
  return core.zero !== 0;
}
export function conditionBE(core: Core): boolean {
  return core.carries < 0 || core.zero === 0;
}
export function conditionA(core: Core): boolean {
  return core.carries >= 0 && core.zero !== 0;
}
export function conditionS(core: Core): boolean {
  return core.sign < 0;
}
export function conditionNS(core: Core): boolean {
  return core.sign >= 0;
}
export function conditionP(core: Core): boolean {
  return parity(core.sign) !== 0;
}
export function conditionNP(core: Core): boolean {
  return parity(core.sign) === 0;
}
export function conditionL(core: Core): boolean {
  return (core.sign ^ core.carries ^ (core.carries << 1)) < 0;
}
export function conditionGE(core: Core): boolean {
  return (core.sign ^ core.carries ^ (core.carries << 1)) >= 0;
}
export function conditionLE(core: Core): boolean {
  return core.zero === 0 || (core.sign ^ core.carries ^ (core.carries << 1)) < 0;
}
export function conditionG(core: Core): boolean {
  return core.zero !== 0 && (core.sign ^ core.carries ^ (core.carries << 1)) >= 0;
}
