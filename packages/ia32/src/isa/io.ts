/**
 * Port I/O: IN OUT INS OUTS.
 *
 * Here: rows and meanings, and the permission check: IOPL first, then the I/O bitmap of the
 * task or the host. The count of
 * retired instructions is exact while a port is accessed. SDM Vol. 1, 5.1.9, 19.5; Vol. 2.
 * @module
 */
import { raiseGeneralProtection } from "../interrupt/exception.ts";
import { probeWrite, read8, read16, read32, write8, write16, write32 } from "../mmu/access.ts";
import { readSystem16 } from "../mmu/descriptor-table.ts";
import type { Core } from "../state/core.ts";
import { EAX, EDX } from "../state/registers.ts";
import { type Instruction, instruction } from "./instruction.ts";
import type { Operation } from "./operation.ts";
import {
  advanceDestination,
  advanceSource,
  destinationAddress,
  repeated,
  sourceAddress,
  stringEncodings,
} from "./string.ts";

const DX = EDX * 2;

/** Offset in the TSS of the word that says where the I/O bitmap is. */
const BITMAP_BASE = 102;

/** The bitmap of the task: a set bit, or no byte for a port, refuses. SDM Vol. 1, 19.5.2. */
function checkTaskBitmap(core: Core, port: number, size: number): void {
  const { tr } = core.system;
  if (!tr.wide || tr.limit < BITMAP_BASE + 1) raiseGeneralProtection(core);
  const place = readSystem16(core, (tr.base + BITMAP_BASE) | 0) + (port >>> 3);
  // The processor always reads two bytes.
  if (place + 1 > tr.limit) raiseGeneralProtection(core);
  const bits = readSystem16(core, (tr.base + place) | 0) >>> (port & 7);
  if (bits & ((1 << size) - 1)) raiseGeneralProtection(core);
}

/** A set bit, or a port behind the end of the bitmap, refuses. */
function checkPort(core: Core, port: number, size: number): void {
  if (core.cpl <= core.iopl && !core.virtual8086) return;
  if (core.architectural) {
    checkTaskBitmap(core, port, size);
    return;
  }
  const bitmap = core.ioPermission;
  if (bitmap === null) raiseGeneralProtection(core);
  for (let i = port; i < port + size; i++) {
    const byte = i >>> 3;
    if (byte >= bitmap.length || (bitmap[byte] >>> (i & 7)) & 1) raiseGeneralProtection(core);
  }
}

function input(core: Core, operation: Operation, port: number, size: 1 | 2 | 4): number {
  checkPort(core, port, size);
  core.position = operation.position;
  return core.ports.read(port, size);
}
function output(core: Core, operation: Operation, port: number, size: 1 | 2 | 4, value: number): void {
  checkPort(core, port, size);
  core.position = operation.position;
  core.ports.write(port, size, value);
}

export function inImmediate8(core: Core, operation: Operation): void {
  core.r8[0] = input(core, operation, operation.immediate, 1);
}
export function inImmediate16(core: Core, operation: Operation): void {
  core.r16[0] = input(core, operation, operation.immediate, 2);
}
export function inImmediate32(core: Core, operation: Operation): void {
  core.r[EAX] = input(core, operation, operation.immediate, 4);
}
export function inDx8(core: Core, operation: Operation): void {
  core.r8[0] = input(core, operation, core.r16[DX], 1);
}
export function inDx16(core: Core, operation: Operation): void {
  core.r16[0] = input(core, operation, core.r16[DX], 2);
}
export function inDx32(core: Core, operation: Operation): void {
  core.r[EAX] = input(core, operation, core.r16[DX], 4);
}

export function outImmediate8(core: Core, operation: Operation): void {
  output(core, operation, operation.immediate, 1, core.r8[0]);
}
export function outImmediate16(core: Core, operation: Operation): void {
  output(core, operation, operation.immediate, 2, core.r16[0]);
}
export function outImmediate32(core: Core, operation: Operation): void {
  output(core, operation, operation.immediate, 4, core.r[EAX] >>> 0);
}
export function outDx8(core: Core, operation: Operation): void {
  output(core, operation, core.r16[DX], 1, core.r8[0]);
}
export function outDx16(core: Core, operation: Operation): void {
  output(core, operation, core.r16[DX], 2, core.r16[0]);
}
export function outDx32(core: Core, operation: Operation): void {
  output(core, operation, core.r16[DX], 4, core.r[EAX] >>> 0);
}

/** Where INS will write; raised before the port is read, so that a fault loses no input. */
function insAddress(core: Core, operation: Operation, size: 1 | 2 | 4): number {
  checkPort(core, core.r16[DX], size);
  const address = destinationAddress(core, operation, size, true);
  probeWrite(core, address, size);
  return address;
}
function ins8Step(core: Core, operation: Operation): void {
  const address = insAddress(core, operation, 1);
  write8(core, address, input(core, operation, core.r16[DX], 1));
  advanceDestination(core, operation, 1);
}
function ins16Step(core: Core, operation: Operation): void {
  const address = insAddress(core, operation, 2);
  write16(core, address, input(core, operation, core.r16[DX], 2));
  advanceDestination(core, operation, 2);
}
function ins32Step(core: Core, operation: Operation): void {
  const address = insAddress(core, operation, 4);
  write32(core, address, input(core, operation, core.r16[DX], 4));
  advanceDestination(core, operation, 4);
}
export function ins8(core: Core, operation: Operation): void {
  repeated(core, operation, ins8Step, false);
}
export function ins16(core: Core, operation: Operation): void {
  repeated(core, operation, ins16Step, false);
}
export function ins32(core: Core, operation: Operation): void {
  repeated(core, operation, ins32Step, false);
}

function outs8Step(core: Core, operation: Operation): void {
  checkPort(core, core.r16[DX], 1);
  output(core, operation, core.r16[DX], 1, read8(core, sourceAddress(core, operation, 1)));
  advanceSource(core, operation, 1);
}
function outs16Step(core: Core, operation: Operation): void {
  checkPort(core, core.r16[DX], 2);
  output(core, operation, core.r16[DX], 2, read16(core, sourceAddress(core, operation, 2)));
  advanceSource(core, operation, 2);
}
function outs32Step(core: Core, operation: Operation): void {
  checkPort(core, core.r16[DX], 4);
  output(core, operation, core.r16[DX], 4, read32(core, sourceAddress(core, operation, 4)) >>> 0);
  advanceSource(core, operation, 4);
}
export function outs8(core: Core, operation: Operation): void {
  repeated(core, operation, outs8Step, false);
}
export function outs16(core: Core, operation: Operation): void {
  repeated(core, operation, outs16Step, false);
}
export function outs32(core: Core, operation: Operation): void {
  repeated(core, operation, outs32Step, false);
}

export const IN: Instruction = instruction({
  mnemonic: "IN",
  encodings: [
    ["o8 E4 ib", "AL, imm8"],
    ["o16 E5 ib", "AX, imm8"],
    ["o32 E5 ib", "EAX, imm8"],
  ],
  form: "direct",
  ends: "falls",
  execute: [inImmediate8, inImmediate16, inImmediate32],
  lower: (to) => to.system.input(),
});
export const IN_DX: Instruction = instruction({
  mnemonic: "IN",
  encodings: [
    ["o8 EC", "AL, DX"],
    ["o16 ED", "AX, DX"],
    ["o32 ED", "EAX, DX"],
  ],
  form: "direct",
  ends: "falls",
  execute: [inDx8, inDx16, inDx32],
  lower: (to) => to.system.input(),
});

export const OUT: Instruction = instruction({
  mnemonic: "OUT",
  encodings: [
    ["o8 E6 ib", "imm8, AL"],
    ["o16 E7 ib", "imm8, AX"],
    ["o32 E7 ib", "imm8, EAX"],
  ],
  form: "direct",
  ends: "falls",
  execute: [outImmediate8, outImmediate16, outImmediate32],
  lower: (to) => to.system.output(),
});
export const OUT_DX: Instruction = instruction({
  mnemonic: "OUT",
  encodings: [
    ["o8 EE", "DX, AL"],
    ["o16 EF", "DX, AX"],
    ["o32 EF", "DX, EAX"],
  ],
  form: "direct",
  ends: "falls",
  execute: [outDx8, outDx16, outDx32],
  lower: (to) => to.system.output(),
});

export const INS: Instruction = instruction({
  mnemonic: "INS",
  encodings: stringEncodings(0x6c),
  form: "direct",
  ends: "alone",
  outside: true,
  execute: [ins8, ins16, ins32],
});

export const OUTS: Instruction = instruction({
  mnemonic: "OUTS",
  encodings: stringEncodings(0x6e),
  form: "direct",
  ends: "alone",
  outside: true,
  execute: [outs8, outs16, outs32],
});
