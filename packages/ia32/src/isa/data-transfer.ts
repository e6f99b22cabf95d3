/**
 * Data transfer: MOV CMOVcc XCHG BSWAP XADD CMPXCHG CMPXCHG8B PUSH POP PUSHA POPA CBW CWD MOVSX MOVZX.
 *
 * Here: rows and meanings; an instruction that may fault reads and probes before it changes a register.
 * Segment registers are in segment-register.ts. SDM Vol. 1, 5.1.1; Vol. 2.
 * Long because it is the manual's largest group.
 * @module
 */
import { probeWrite, read16, read32, readForWrite32, write16, write32 } from "../mmu/access.ts";
import type { Core } from "../state/core.ts";
import * as conditions from "../state/lazy-flags.ts";
import { EAX, EBP, EBX, ECX, EDI, EDX, ESI, ESP } from "../state/registers.ts";
import { add8, add16, add32, sub8, sub16, sub32 } from "./binary-arithmetic.ts";
import { ARITHMETIC_FLAGS, type Instruction, instruction } from "./instruction.ts";
import { linear, type Operation, setStackPointer, stackLinear } from "./operation.ts";

export function copy(_core: Core, value: number): number {
  return value;
}
export function signExtend8(_core: Core, value: number): number {
  return (value << 24) >> 24;
}
export function signExtend16(_core: Core, value: number): number {
  return (value << 16) >> 16;
}
export function second(_core: Core, _a: number, b: number): number {
  return b;
}

export function bswap(_core: Core, a: number): number {
  return (a << 24) | ((a & 0xff00) << 8) | ((a >>> 8) & 0xff00) | (a >>> 24);
}
/** BSWAP of a 16-bit register is undefined; silicon clears it. */
export function bswap16(_core: Core, _a: number): number {
  return 0;
}

export function push16(core: Core, value: number): void {
  const esp = (core.r[ESP] - 2) | 0;
  write16(core, stackLinear(core, esp, 2, true), value);
  setStackPointer(core, esp);
}
export function push32(core: Core, value: number): void {
  const esp = (core.r[ESP] - 4) | 0;
  write32(core, stackLinear(core, esp, 4, true), value);
  setStackPointer(core, esp);
}
export function pop16(core: Core): number {
  const esp = core.r[ESP];
  const value = read16(core, stackLinear(core, esp, 2, false));
  setStackPointer(core, esp + 2);
  return value;
}
export function pop32(core: Core): number {
  const esp = core.r[ESP];
  const value = read32(core, stackLinear(core, esp, 4, false));
  setStackPointer(core, esp + 4);
  return value;
}

/** POP to memory computes its address with the ESP after the pop, but must leave ESP alone on a fault. */
function popAddress(core: Core, operation: Operation, size: 2 | 4): number {
  const esp = core.r[ESP];
  setStackPointer(core, esp + size);
  let address: number;
  try {
    address = linear(core, operation, size, true);
  } finally {
    core.r[ESP] = esp;
  }
  probeWrite(core, address, size);
  return address;
}
export function popMemory16(core: Core, operation: Operation): void {
  const value = read16(core, stackLinear(core, core.r[ESP], 2, false));
  write16(core, popAddress(core, operation, 2), value);
  setStackPointer(core, core.r[ESP] + 2);
}
export function popMemory32(core: Core, operation: Operation): void {
  const value = read32(core, stackLinear(core, core.r[ESP], 4, false));
  write32(core, popAddress(core, operation, 4), value);
  setStackPointer(core, core.r[ESP] + 4);
}

/** As on silicon, a fault in the middle leaves the words pushed before it, below an unchanged ESP. */
export function pusha16(core: Core): void {
  const esp = core.r[ESP];
  const r16 = core.r16;
  for (let i = 0; i < 8; i++) write16(core, stackLinear(core, (esp - 2 * i - 2) | 0, 2, true), r16[i * 2]);
  setStackPointer(core, esp - 16);
}
export function pusha32(core: Core): void {
  const esp = core.r[ESP];
  for (let i = 0; i < 8; i++) write32(core, stackLinear(core, (esp - 4 * i - 4) | 0, 4, true), core.r[i]);
  setStackPointer(core, esp - 32);
}
export function popa16(core: Core): void {
  const esp = core.r[ESP];
  const at = (i: number): number => read16(core, stackLinear(core, (esp + 2 * i) | 0, 2, false));
  const [di, si, bp, , bx, dx, cx, ax] = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)];
  const r16 = core.r16;
  r16[EDI * 2] = di;
  r16[ESI * 2] = si;
  r16[EBP * 2] = bp;
  r16[EBX * 2] = bx;
  r16[EDX * 2] = dx;
  r16[ECX * 2] = cx;
  r16[EAX * 2] = ax;
  setStackPointer(core, esp + 16);
}
export function popa32(core: Core): void {
  const esp = core.r[ESP];
  const at = (i: number): number => read32(core, stackLinear(core, (esp + 4 * i) | 0, 4, false));
  const [edi, esi, ebp, , ebx, edx, ecx, eax] = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)];
  const r = core.r;
  r[EDI] = edi;
  r[ESI] = esi;
  r[EBP] = ebp;
  r[EBX] = ebx;
  r[EDX] = edx;
  r[ECX] = ecx;
  r[EAX] = eax;
  setStackPointer(core, esp + 32);
}

export function cbw(core: Core): void {
  core.r16[0] = (core.r8[0] << 24) >> 24;
}
export function cwde(core: Core): void {
  core.r[EAX] = (core.r16[0] << 16) >> 16;
}
export function cwd(core: Core): void {
  core.r16[4] = core.r16[0] & 0x8000 ? 0xffff : 0;
}
export function cdq(core: Core): void {
  core.r[EDX] = core.r[EAX] >> 31;
}

export function cmpxchg8(core: Core, destination: number, source: number): number {
  sub8(core, core.r8[0], destination);
  if (core.zero === 0) return source;
  core.r8[0] = destination;
  return destination;
}
export function cmpxchg16(core: Core, destination: number, source: number): number {
  sub16(core, core.r16[0], destination);
  if (core.zero === 0) return source;
  core.r16[0] = destination;
  return destination;
}
export function cmpxchg32(core: Core, destination: number, source: number): number {
  sub32(core, core.r[EAX], destination);
  if (core.zero === 0) return source;
  core.r[EAX] = destination;
  return destination;
}

/** Writes in any case, as the bus cycle does; only ZF changes. */
export function cmpxchg8b(core: Core, operation: Operation): void {
  const r = core.r;
  const address = linear(core, operation, 8, true);
  probeWrite(core, address, 8);
  const low = readForWrite32(core, address);
  const high = readForWrite32(core, (address + 4) | 0);
  const equal = low === r[EAX] && high === r[EDX];
  write32(core, address, equal ? r[EBX] : low);
  write32(core, (address + 4) | 0, equal ? r[ECX] : high);
  if (!equal) {
    r[EAX] = low;
    r[EDX] = high;
  }
  core.zero = equal ? 0 : 1;
}

export const MOV: Instruction = instruction({
  mnemonic: "MOV",
  encodings: [
    ["88 /r", "r/m8, r8"],
    ["89 /r", "r/m16, r16"],
    ["89 /r", "r/m32, r32"],
    ["8A /r", "r8, r/m8"],
    ["8B /r", "r16, r/m16"],
    ["8B /r", "r32, r/m32"],
    ["A0", "AL, moffs8"],
    ["A1", "AX, moffs16"],
    ["A1", "EAX, moffs32"],
    ["A2", "moffs8, AL"],
    ["A3", "moffs16, AX"],
    ["A3", "moffs32, EAX"],
    ["B0+rb ib", "r8, imm8"],
    ["B8+rw iw", "r16, imm16"],
    ["B8+rd id", "r32, imm32"],
    ["C6 /0 ib", "r/m8, imm8"],
    ["C7 /0 iw", "r/m16, imm16"],
    ["C7 /0 id", "r/m32, imm32"],
  ],
  form: "write",
  execute: copy,
  lower: (to, value) => to.value(value),
});

export const MOVZX: Instruction = instruction({
  mnemonic: "MOVZX",
  encodings: [
    ["0F B6 /r", "r16, r/m8"],
    ["0F B6 /r", "r32, r/m8"],
    ["0F B7 /r", "r16, r/m16"],
    ["0F B7 /r", "r32, r/m16"],
  ],
  form: "write",
  execute: copy,
  lower: (to, value) => to.value(value),
});

export const MOVSX: Instruction = instruction({
  mnemonic: "MOVSX",
  encodings: [
    ["0F BE /r", "r16, r/m8"],
    ["0F BE /r", "r32, r/m8"],
    ["0F BF /r", "r16, r/m16"],
    ["0F BF /r", "r32, r/m16"],
  ],
  form: "write",
  execute: [signExtend8, signExtend16, null],
  lower: (to, value) => to.signed(value),
});

export const XCHG: Instruction = instruction({
  mnemonic: "XCHG",
  encodings: [
    ["90+rw", "AX, r16"],
    ["90+rd", "EAX, r32"],
    ["86 /r", "r/m8, r8"],
    ["87 /r", "r/m16, r16"],
    ["87 /r", "r/m32, r32"],
  ],
  form: "exchange",
  lockable: true,
  execute: second,
  lower: (to, _a, b) => to.value(b),
});

export const BSWAP: Instruction = instruction({
  mnemonic: "BSWAP",
  encodings: [
    ["0F C8+rw", "r16"],
    ["0F C8+rd", "r32"],
  ],
  form: "modify",
  execute: [null, bswap16, bswap],
  lower: (to, a) => (to.size === 32 ? to.bits.bytesSwapped(a) : to.decline()),
});

export const XADD: Instruction = instruction({
  mnemonic: "XADD",
  encodings: [
    ["0F C0 /r", "r/m8, r8"],
    ["0F C1 /r", "r/m16, r16"],
    ["0F C1 /r", "r/m32, r32"],
  ],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "exchange",
  lockable: true,
  execute: [add8, add16, add32],
  lower: (to, a, b) => to.arithmetic.add(a, b),
});

export const CMPXCHG: Instruction = instruction({
  mnemonic: "CMPXCHG",
  encodings: [
    ["0F B0 /r", "r/m8, r8"],
    ["0F B1 /r", "r/m16, r16"],
    ["0F B1 /r", "r/m32, r32"],
  ],
  flags: { modified: ARITHMETIC_FLAGS },
  form: "modify",
  lockable: true,
  execute: [cmpxchg8, cmpxchg16, cmpxchg32],
  lower: (to, a, b) => to.arithmetic.compareAndExchange(a, b),
});

export const CMPXCHG8B: Instruction = instruction({
  mnemonic: "CMPXCHG8B",
  encodings: [["0F C7 /1", "m64", "CX8"]],
  flags: { modified: ["ZF"] },
  form: "direct",
  lockable: true,
  execute: cmpxchg8b,
  lower: (to) => to.system.compareExchange8(),
});

export const PUSH: Instruction = instruction({
  mnemonic: "PUSH",
  encodings: [
    ["50+rw", "r16"],
    ["50+rd", "r32"],
    ["o16 6A ib", "simm8"],
    ["o32 6A ib", "simm8"],
    ["68 iw", "imm16"],
    ["68 id", "imm32"],
    ["FF /6", "r/m16"],
    ["FF /6", "r/m32"],
  ],
  form: "read",
  execute: [null, push16, push32],
  lower: (to, value) => to.push(value),
});

export const POP: Instruction = instruction({
  mnemonic: "POP",
  encodings: [
    ["58+rw", "r16"],
    ["58+rd", "r32"],
    ["8F /0", "rr16"],
    ["8F /0", "rr32"],
  ],
  form: "write",
  execute: [null, pop16, pop32],
  lower: (to) => to.pop(),
});
export const POP_MEMORY: Instruction = instruction({
  mnemonic: "POP",
  encodings: [
    ["8F /0", "m16"],
    ["8F /0", "m32"],
  ],
  form: "direct",
  execute: [null, popMemory16, popMemory32],
});

export const PUSHA: Instruction = instruction({
  mnemonic: "PUSHA",
  encodings: [
    ["o16 60", ""],
    ["o32 60", ""],
  ],
  form: "direct",
  execute: [null, pusha16, pusha32],
});

export const POPA: Instruction = instruction({
  mnemonic: "POPA",
  encodings: [
    ["o16 61", ""],
    ["o32 61", ""],
  ],
  form: "direct",
  execute: [null, popa16, popa32],
});

export const CBW: Instruction = instruction({
  mnemonic: "CBW",
  encodings: [
    ["o16 98", ""],
    ["o32 98", ""],
  ],
  form: "direct",
  execute: [null, cbw, cwde],
  lower: (to) => to.extendAccumulator(),
});

export const CWD: Instruction = instruction({
  mnemonic: "CWD",
  encodings: [
    ["o16 99", ""],
    ["o32 99", ""],
  ],
  form: "direct",
  execute: [null, cwd, cdq],
  lower: (to) => to.signToData(),
});

function cmovcc(
  suffix: string,
  number: number,
  tested: readonly string[],
  execute: (core: Core) => boolean,
): Instruction {
  const opcode = (0x40 + number).toString(16);
  return instruction({
    mnemonic: `CMOV${suffix}`,
    encodings: [
      [`0F ${opcode} /r`, "r16, r/m16", "CMOV"],
      [`0F ${opcode} /r`, "r32, r/m32", "CMOV"],
    ],
    flags: { tested },
    form: "move",
    execute,
    lower: (to) => to.condition(number),
  });
}

export const CMOVO: Instruction = cmovcc("O", 0, ["OF"], conditions.conditionO);
export const CMOVNO: Instruction = cmovcc("NO", 1, ["OF"], conditions.conditionNO);
export const CMOVB: Instruction = cmovcc("B", 2, ["CF"], conditions.conditionB);
export const CMOVAE: Instruction = cmovcc("AE", 3, ["CF"], conditions.conditionAE);
export const CMOVE: Instruction = cmovcc("E", 4, ["ZF"], conditions.conditionE);
export const CMOVNE: Instruction = cmovcc("NE", 5, ["ZF"], conditions.conditionNE);
export const CMOVBE: Instruction = cmovcc("BE", 6, ["CF", "ZF"], conditions.conditionBE);
export const CMOVA: Instruction = cmovcc("A", 7, ["CF", "ZF"], conditions.conditionA);
export const CMOVS: Instruction = cmovcc("S", 8, ["SF"], conditions.conditionS);
export const CMOVNS: Instruction = cmovcc("NS", 9, ["SF"], conditions.conditionNS);
export const CMOVP: Instruction = cmovcc("P", 10, ["PF"], conditions.conditionP);
export const CMOVNP: Instruction = cmovcc("NP", 11, ["PF"], conditions.conditionNP);
export const CMOVL: Instruction = cmovcc("L", 12, ["SF", "OF"], conditions.conditionL);
export const CMOVGE: Instruction = cmovcc("GE", 13, ["SF", "OF"], conditions.conditionGE);
export const CMOVLE: Instruction = cmovcc("LE", 14, ["ZF", "SF", "OF"], conditions.conditionLE);
export const CMOVG: Instruction = cmovcc("G", 15, ["ZF", "SF", "OF"], conditions.conditionG);
