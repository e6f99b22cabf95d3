/**
 * Stack frames of high-level languages: ENTER, LEAVE.
 *
 * Here: rows and meanings; a fault of ENTER leaves the registers alone, but not the words it pushed. SDM Vol. 1, 6.6; Vol. 2.
 * @module
 */
import { probeWrite, read16, read32, write16, write32 } from "../mmu/access.ts";
import type { Core } from "../state/core.ts";
import { EBP, ESP } from "../state/registers.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { type Operation, setStackPointer, stackLinear } from "./operation.ts";

/** ENTER: `immediate` bytes of locals, `immediate2` levels of display. */
function enterFrame(core: Core, operation: Operation, size: 2 | 4): void {
  const level = operation.immediate2 & 31;
  const esp = core.r[ESP];
  const ebp = core.r[EBP];
  // The frame pointer is ESP after the first push: with a 16-bit stack its high half stays, also where SP wraps.
  const mask = core.stackMask;
  const frame = (esp & ~mask) | ((esp - size) & mask);
  const final = (frame - level * size - operation.immediate) | 0;
  writeStack(core, frame, size, ebp);
  for (let i = 1; i < level; i++)
    writeStack(core, (frame - i * size) | 0, size, readStack(core, (ebp - i * size) | 0, size));
  if (level > 0) writeStack(core, (frame - level * size) | 0, size, frame);
  // The last byte of the locals must be writable too.
  probeWrite(core, stackLinear(core, final, size, true), size);
  if (size === 2) core.r16[EBP * 2] = frame;
  else core.r[EBP] = frame;
  setStackPointer(core, final);
}
function readStack(core: Core, offset: number, size: 2 | 4): number {
  const address = stackLinear(core, offset, size, false);
  return size === 2 ? read16(core, address) : read32(core, address);
}
function writeStack(core: Core, offset: number, size: 2 | 4, value: number): void {
  const address = stackLinear(core, offset, size, true);
  if (size === 2) write16(core, address, value);
  else write32(core, address, value);
}
export function enter16(core: Core, operation: Operation): void {
  enterFrame(core, operation, 2);
}
export function enter32(core: Core, operation: Operation): void {
  enterFrame(core, operation, 4);
}

export function leave16(core: Core): void {
  const ebp = core.r[EBP];
  core.r16[EBP * 2] = read16(core, stackLinear(core, ebp, 2, false));
  setStackPointer(core, ebp + 2);
}
export function leave32(core: Core): void {
  const ebp = core.r[EBP];
  core.r[EBP] = read32(core, stackLinear(core, ebp, 4, false));
  setStackPointer(core, ebp + 4);
}

export const ENTER: Instruction = instruction({
  mnemonic: "ENTER",
  encodings: [
    ["o16 C8 iw ib", "imm16, imm8"],
    ["o32 C8 iw ib", "imm16, imm8"],
  ],
  form: "direct",
  execute: [null, enter16, enter32],
});

export const LEAVE: Instruction = instruction({
  mnemonic: "LEAVE",
  encodings: [
    ["o16 C9", ""],
    ["o32 C9", ""],
  ],
  form: "direct",
  execute: [null, leave16, leave32],
  lower: (to) => to.leave(),
});
