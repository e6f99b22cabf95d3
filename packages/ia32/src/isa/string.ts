/**
 * String instructions: MOVS CMPS SCAS LODS STOS, alone and repeated.
 *
 * Here: one step of each, and the repetition: every iteration retires one instruction, leaves the registers
 * as the manual says, and may be the last one of this run(). A repetition with a zero count retires one.
 * SDM Vol. 1, 5.1.8; Vol. 2B, REP.
 * @module
 */
import { read8, read16, read32, write8, write16, write32 } from "../mmu/access.ts";
import { checkSegment } from "../mmu/segmentation.ts";
import type { Core } from "../state/core.ts";
import { ES } from "../state/descriptor.ts";
import { DF } from "../state/eflags.ts";
import { EAX, ECX, EDI, EIP, ESI } from "../state/registers.ts";
import { sub8, sub16, sub32 } from "./binary-arithmetic.ts";
import { ARITHMETIC_FLAGS, type Instruction, instruction } from "./instruction.ts";
import { currentEip, nextEip, type Operation, REP_NONE, REPE } from "./operation.ts";
import { type Bulk, bulkMove8, bulkMove16, bulkMove32, bulkStore8, bulkStore16, bulkStore32 } from "./string-bulk.ts";

type Step = (core: Core, operation: Operation) => void;

/** Linear address of the source: DS:ESI, or the overriding segment. */
export function sourceAddress(core: Core, operation: Operation, size: number): number {
  const offset = core.r[ESI] & operation.addressMask;
  return operation.segment < 0 ? offset : checkSegment(core, operation.segment, offset, size, false);
}

/** Linear address of the destination: always ES:EDI. */
export function destinationAddress(core: Core, operation: Operation, size: number, write: boolean): number {
  const offset = core.r[EDI] & operation.addressMask;
  return core.flat ? offset : checkSegment(core, ES, offset, size, write);
}

function advance(core: Core, operation: Operation, register: number, size: number): void {
  const step = core.systemFlags & DF ? -size : size;
  if (operation.addressMask < 0) core.r[register] += step;
  else core.r16[register * 2] += step;
}
export function advanceSource(core: Core, operation: Operation, size: number): void {
  advance(core, operation, ESI, size);
}
export function advanceDestination(core: Core, operation: Operation, size: number): void {
  advance(core, operation, EDI, size);
}

function repeatCount(core: Core, operation: Operation): number {
  return operation.addressMask < 0 ? core.r[ECX] >>> 0 : core.r16[ECX * 2];
}

/**
 * Runs `step` as often as the prefix, the count and the budget allow.
 *
 * @param compares the step sets ZF and the prefix tests it
 * @param bulk does many steps at once where it can
 */
export function repeated(
  core: Core,
  operation: Operation,
  step: Step,
  compares: boolean,
  bulk: Bulk | null = null,
): void {
  if (operation.repeat === REP_NONE) {
    step(core, operation);
    return;
  }
  const wide = operation.addressMask < 0;
  let count = repeatCount(core, operation);
  let done = 0;
  while (count !== 0) {
    let steps = bulk === null ? 0 : bulk(core, operation, Math.min(count, core.budget - done));
    if (steps === 0) {
      step(core, operation);
      steps = 1;
    }
    count -= steps;
    done += steps;
    if (wide) core.r[ECX] = count;
    else core.r16[ECX * 2] = count;
    core.extra = done;
    if (compares && (core.zero === 0) !== (operation.repeat === REPE)) break;
    if (count !== 0 && (done >= core.budget || core.refetch || core.stop !== 0)) {
      core.extra = done - 1;
      core.r[EIP] = currentEip(core, operation);
      return;
    }
  }
  core.extra = done === 0 ? 0 : done - 1;
  core.r[EIP] = nextEip(core, operation);
}

function movs8Step(core: Core, operation: Operation): void {
  const value = read8(core, sourceAddress(core, operation, 1));
  write8(core, destinationAddress(core, operation, 1, true), value);
  advanceSource(core, operation, 1);
  advanceDestination(core, operation, 1);
}
function movs16Step(core: Core, operation: Operation): void {
  const value = read16(core, sourceAddress(core, operation, 2));
  write16(core, destinationAddress(core, operation, 2, true), value);
  advanceSource(core, operation, 2);
  advanceDestination(core, operation, 2);
}
function movs32Step(core: Core, operation: Operation): void {
  const value = read32(core, sourceAddress(core, operation, 4));
  write32(core, destinationAddress(core, operation, 4, true), value);
  advanceSource(core, operation, 4);
  advanceDestination(core, operation, 4);
}
export function movs8(core: Core, operation: Operation): void {
  repeated(core, operation, movs8Step, false, bulkMove8);
}
export function movs16(core: Core, operation: Operation): void {
  repeated(core, operation, movs16Step, false, bulkMove16);
}
export function movs32(core: Core, operation: Operation): void {
  repeated(core, operation, movs32Step, false, bulkMove32);
}

function cmps8Step(core: Core, operation: Operation): void {
  const a = read8(core, sourceAddress(core, operation, 1));
  sub8(core, a, read8(core, destinationAddress(core, operation, 1, false)));
  advanceSource(core, operation, 1);
  advanceDestination(core, operation, 1);
}
function cmps16Step(core: Core, operation: Operation): void {
  const a = read16(core, sourceAddress(core, operation, 2));
  sub16(core, a, read16(core, destinationAddress(core, operation, 2, false)));
  advanceSource(core, operation, 2);
  advanceDestination(core, operation, 2);
}
function cmps32Step(core: Core, operation: Operation): void {
  const a = read32(core, sourceAddress(core, operation, 4));
  sub32(core, a, read32(core, destinationAddress(core, operation, 4, false)));
  advanceSource(core, operation, 4);
  advanceDestination(core, operation, 4);
}
export function cmps8(core: Core, operation: Operation): void {
  repeated(core, operation, cmps8Step, true);
}
export function cmps16(core: Core, operation: Operation): void {
  repeated(core, operation, cmps16Step, true);
}
export function cmps32(core: Core, operation: Operation): void {
  repeated(core, operation, cmps32Step, true);
}

function scas8Step(core: Core, operation: Operation): void {
  sub8(core, core.r8[0], read8(core, destinationAddress(core, operation, 1, false)));
  advanceDestination(core, operation, 1);
}
function scas16Step(core: Core, operation: Operation): void {
  sub16(core, core.r16[0], read16(core, destinationAddress(core, operation, 2, false)));
  advanceDestination(core, operation, 2);
}
function scas32Step(core: Core, operation: Operation): void {
  sub32(core, core.r[EAX], read32(core, destinationAddress(core, operation, 4, false)));
  advanceDestination(core, operation, 4);
}
export function scas8(core: Core, operation: Operation): void {
  repeated(core, operation, scas8Step, true);
}
export function scas16(core: Core, operation: Operation): void {
  repeated(core, operation, scas16Step, true);
}
export function scas32(core: Core, operation: Operation): void {
  repeated(core, operation, scas32Step, true);
}

function lods8Step(core: Core, operation: Operation): void {
  core.r8[0] = read8(core, sourceAddress(core, operation, 1));
  advanceSource(core, operation, 1);
}
function lods16Step(core: Core, operation: Operation): void {
  core.r16[0] = read16(core, sourceAddress(core, operation, 2));
  advanceSource(core, operation, 2);
}
function lods32Step(core: Core, operation: Operation): void {
  core.r[EAX] = read32(core, sourceAddress(core, operation, 4));
  advanceSource(core, operation, 4);
}
export function lods8(core: Core, operation: Operation): void {
  repeated(core, operation, lods8Step, false);
}
export function lods16(core: Core, operation: Operation): void {
  repeated(core, operation, lods16Step, false);
}
export function lods32(core: Core, operation: Operation): void {
  repeated(core, operation, lods32Step, false);
}

function stos8Step(core: Core, operation: Operation): void {
  write8(core, destinationAddress(core, operation, 1, true), core.r8[0]);
  advanceDestination(core, operation, 1);
}
function stos16Step(core: Core, operation: Operation): void {
  write16(core, destinationAddress(core, operation, 2, true), core.r16[0]);
  advanceDestination(core, operation, 2);
}
function stos32Step(core: Core, operation: Operation): void {
  write32(core, destinationAddress(core, operation, 4, true), core.r[EAX]);
  advanceDestination(core, operation, 4);
}
export function stos8(core: Core, operation: Operation): void {
  repeated(core, operation, stos8Step, false, bulkStore8);
}
export function stos16(core: Core, operation: Operation): void {
  repeated(core, operation, stos16Step, false, bulkStore16);
}
export function stos32(core: Core, operation: Operation): void {
  repeated(core, operation, stos32Step, false, bulkStore32);
}

/** Opcode for bytes; the next one is for words and doublewords. */
export function stringEncodings(opcode: number): [string, string][] {
  const hex = (value: number): string => value.toString(16).toUpperCase();
  return [
    [`o8 ${hex(opcode)}`, ""],
    [`o16 ${hex(opcode + 1)}`, ""],
    [`o32 ${hex(opcode + 1)}`, ""],
  ];
}

export const MOVS: Instruction = instruction({
  mnemonic: "MOVS",
  encodings: stringEncodings(0xa4),
  form: "direct",
  ends: "alone",
  execute: [movs8, movs16, movs32],
  lower: (to) => to.strings.move(),
});

export const CMPS: Instruction = instruction({
  mnemonic: "CMPS",
  encodings: stringEncodings(0xa6),
  flags: { modified: ARITHMETIC_FLAGS },
  form: "direct",
  ends: "alone",
  execute: [cmps8, cmps16, cmps32],
  lower: (to) => to.strings.compare(),
});

export const STOS: Instruction = instruction({
  mnemonic: "STOS",
  encodings: stringEncodings(0xaa),
  form: "direct",
  ends: "alone",
  execute: [stos8, stos16, stos32],
  lower: (to) => to.strings.store(),
});

export const LODS: Instruction = instruction({
  mnemonic: "LODS",
  encodings: stringEncodings(0xac),
  form: "direct",
  ends: "alone",
  execute: [lods8, lods16, lods32],
  lower: (to) => to.strings.load(),
});

export const SCAS: Instruction = instruction({
  mnemonic: "SCAS",
  encodings: stringEncodings(0xae),
  flags: { modified: ARITHMETIC_FLAGS },
  form: "direct",
  ends: "alone",
  execute: [scas8, scas16, scas32],
  lower: (to) => to.strings.scan(),
});
