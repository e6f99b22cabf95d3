/**
 * Which bytes of memory an instruction is about to read and write.
 *
 * Here: the integer instructions of 32-bit flat code, from opcode bytes and registers, for watchpoints on reads; pure.
 * Not here: executing (→ @kintsugi/ia32). Not modelled: 16-bit addresses, accesses through FS and GS (the thread's local id),
 * float instructions, of which the reference machine's programs have none.
 * Reference: SDM Vol. 2A, 2.1 (ModR/M, SIB); Vol. 2D, appendix A (opcode map).
 * @module
 */

export interface MemoryAccess {
  readonly address: number;
  /** Bytes. */
  readonly length: number;
  readonly reads: boolean;
  readonly writes: boolean;
}

/** What an instruction does with its r/m operand; the size is the operand size where none is given. */
interface Operand {
  readonly use: "r" | "w" | "rw";
  readonly size?: number;
}

const EAX = 0;
const ECX = 1;
const EBX = 3;
const ESP = 4;
const EBP = 5;
const ESI = 6;
const EDI = 7;
const PUSHA_BYTES = 32;

const READ: Operand = { use: "r" };
const WRITE: Operand = { use: "w" };
const BOTH: Operand = { use: "rw" };

/** @param code up to 15 bytes from EIP; @param registers EAX ECX EDX EBX ESP EBP ESI EDI */
export function memoryAccesses(code: Uint8Array, registers: readonly number[]): MemoryAccess[] {
  let at = 0;
  let size = 4;
  let repeated = false;
  for (; ; at++) {
    const prefix = code[at];
    if (prefix === 0x66) size = 2;
    else if (prefix === 0xf2 || prefix === 0xf3) repeated = true;
    else if (prefix === 0x64 || prefix === 0x65 || prefix === 0x67) return [];
    else if (![0x26, 0x2e, 0x36, 0x3e, 0xf0].includes(prefix)) break;
  }
  const access = (address: number, { use, size: own }: Operand): MemoryAccess => ({
    address: address >>> 0,
    length: own ?? size,
    reads: use !== "w",
    writes: use !== "r",
  });
  const push = (length = size): MemoryAccess => access(registers[ESP] - length, { use: "w", size: length });
  const pop = (from = registers[ESP], length = size): MemoryAccess => access(from, { use: "r", size: length });

  const escaped = code[at] === 0x0f;
  if (escaped) at++;
  const opcode = code[at++];
  if (opcode === undefined) return [];
  if (escaped && (opcode === 0xa0 || opcode === 0xa8)) return [push()];
  if (escaped && (opcode === 0xa1 || opcode === 0xa9)) return [pop()];
  if (!escaped) {
    if (isString(opcode)) return repeated && registers[ECX] === 0 ? [] : stringAccesses(opcode, registers, access);
    if (opcode >= 0xa0 && opcode <= 0xa3)
      return [access(word(code, at), { use: opcode < 0xa2 ? "r" : "w", ...byteIfEven(opcode) })];
    if (opcode === 0xd7) return [access(registers[EBX] + (registers[EAX] & 0xff), { use: "r", size: 1 })];
    if (pushes(opcode)) return [push()];
    if (pops(opcode)) return [pop()];
    if (opcode === 0x60) return [push(PUSHA_BYTES)];
    if (opcode === 0x61) return [pop(registers[ESP], PUSHA_BYTES)];
    if (opcode === 0xc9) return [pop(registers[EBP])];
  }
  const extension = (code[at] >>> 3) & 7;
  const operand = escaped ? escapedOperand(opcode, extension) : plainOperand(opcode, extension);
  if (operand === undefined || code[at] >>> 6 === 3) {
    return !escaped && opcode === 0xff && (extension === 2 || extension === 6) ? [push()] : [];
  }
  let address = effectiveAddress(code, at, registers);
  // BT and its kin with a register reach beyond the operand.
  if (escaped && [0xa3, 0xab, 0xb3, 0xbb].includes(opcode))
    address += (registers[extension] >> (size === 4 ? 5 : 4)) * size;
  const accesses = [access(address, operand)];
  if (!escaped && opcode === 0x8f) accesses.push(pop());
  if (!escaped && opcode === 0xff && (extension === 2 || extension === 6)) accesses.push(push());
  return accesses;
}

function pushes(opcode: number): boolean {
  return (opcode >= 0x50 && opcode <= 0x57) || [0x06, 0x0e, 0x16, 0x1e, 0x68, 0x6a, 0x9c, 0xc8, 0xe8].includes(opcode);
}

function pops(opcode: number): boolean {
  return (opcode >= 0x58 && opcode <= 0x5f) || [0x07, 0x17, 0x1f, 0x9d, 0xc2, 0xc3].includes(opcode);
}

function isString(opcode: number): boolean {
  return (opcode >= 0xa4 && opcode <= 0xa7) || (opcode >= 0xaa && opcode <= 0xaf) || (opcode >= 0x6c && opcode <= 0x6f);
}

function stringAccesses(
  opcode: number,
  registers: readonly number[],
  access: (address: number, operand: Operand) => MemoryAccess,
): MemoryAccess[] {
  const size = byteIfEven(opcode);
  const source = (): MemoryAccess => access(registers[ESI], { use: "r", ...size });
  const destination = (use: "r" | "w"): MemoryAccess => access(registers[EDI], { use, ...size });
  switch (opcode & 0xfe) {
    case 0xa4:
      return [source(), destination("w")];
    case 0xa6:
      return [source(), destination("r")];
    case 0xaa:
    case 0x6c:
      return [destination("w")];
    case 0xae:
      return [destination("r")];
    default:
      return [source()];
  }
}

/** Even opcodes of the one-byte map work on bytes. */
function byteIfEven(opcode: number): { size?: number } {
  return opcode & 1 ? {} : { size: 1 };
}

function plainOperand(opcode: number, extension: number): Operand | undefined {
  const size = byteIfEven(opcode);
  if (opcode < 0x40) {
    const form = opcode & 7;
    if (form > 3) return undefined;
    return { ...(form > 1 || opcode >= 0x38 ? READ : BOTH), ...size };
  }
  if (opcode >= 0x80 && opcode <= 0x83) return { ...(extension === 7 ? READ : BOTH), ...size };
  if (opcode === 0xc0 || opcode === 0xc1 || (opcode >= 0xd0 && opcode <= 0xd3)) return { ...BOTH, ...size };
  switch (opcode) {
    case 0x69:
    case 0x6b:
      return READ;
    case 0x84:
    case 0x85:
    case 0x8a:
    case 0x8b:
      return { ...READ, ...size };
    case 0x86:
    case 0x87:
      return { ...BOTH, ...size };
    case 0x88:
    case 0x89:
    case 0xc6:
    case 0xc7:
      return { ...WRITE, ...size };
    case 0x8c:
      return { use: "w", size: 2 };
    case 0x8e:
      return { use: "r", size: 2 };
    case 0x8f:
      return WRITE;
    case 0xf6:
    case 0xf7:
      return { ...(extension === 2 || extension === 3 ? BOTH : READ), ...size };
    case 0xfe:
    case 0xff:
      if (extension === 3 || extension === 5) return { use: "r", size: 6 };
      return { ...(extension < 2 ? BOTH : READ), ...size };
    default:
      return undefined;
  }
}

/** Opcodes behind 0F. */
function escapedOperand(opcode: number, extension: number): Operand | undefined {
  if (opcode >= 0x40 && opcode <= 0x4f) return READ;
  if (opcode >= 0x90 && opcode <= 0x9f) return { use: "w", size: 1 };
  switch (opcode) {
    case 0xa3:
    case 0xaf:
    case 0xbc:
    case 0xbd:
      return READ;
    case 0xba:
      return extension === 4 ? READ : BOTH;
    case 0xb6:
    case 0xbe:
      return { use: "r", size: 1 };
    case 0xb7:
    case 0xbf:
      return { use: "r", size: 2 };
    case 0xa4:
    case 0xa5:
    case 0xab:
    case 0xac:
    case 0xad:
    case 0xb3:
    case 0xbb:
      return BOTH;
    case 0xb0:
    case 0xb1:
    case 0xc0:
    case 0xc1:
      return { ...BOTH, ...byteIfEven(opcode) };
    case 0xc7:
      return { use: "rw", size: 8 };
    default:
      return undefined;
  }
}

function effectiveAddress(code: Uint8Array, at: number, registers: readonly number[]): number {
  const mod = code[at] >>> 6;
  let base = code[at] & 7;
  let next = at + 1;
  let index = 0;
  if (base === ESP) {
    const sib = code[next++];
    base = sib & 7;
    const number = (sib >>> 3) & 7;
    if (number !== ESP) index = registers[number] << (sib >>> 6);
  }
  if (base === EBP && mod === 0) return (word(code, next) + index) | 0;
  const displacement = mod === 1 ? (code[next] << 24) >> 24 : mod === 2 ? word(code, next) : 0;
  return (registers[base] + index + displacement) | 0;
}

function word(code: Uint8Array, at: number): number {
  return code[at] | (code[at + 1] << 8) | (code[at + 2] << 16) | (code[at + 3] << 24);
}
