// What a 386 does otherwise than the recorded 286, so that a test cannot hold or a register is not compared.
//
// Here: the list, with the manual's place for each. SDM Vol. 3B, 22 (compatibility); 80286 Programmer's Reference.
import type { MooRegisters, MooTest } from "./format.ts";

const PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0xf0, 0xf2, 0xf3];
/** The 286 refuses longer instructions; later processors have 15 bytes. SDM Vol. 3B, 22.25 */
const LENGTH_286 = 10;
const ARITHMETIC = 0x8d5;

/** Opcode bytes behind the prefixes, and the prefixes. */
function split(bytes: Uint8Array): { prefixes: number[]; opcode: number; modrm: number } {
  let at = 0;
  while (PREFIXES.includes(bytes[at])) at++;
  return { prefixes: [...bytes.subarray(0, at)], opcode: bytes[at], modrm: bytes[at + 1] };
}

/** Why the test cannot hold on a 386, or null. */
export function reasonToSkip(test: MooTest): string | null {
  const { prefixes, opcode, modrm } = split(test.bytes);
  if (prefixes.includes(0xf0)) return "LOCK: ignored by the 286 in real mode, here checked. SDM Vol. 2A, LOCK";
  // The last byte is the HLT that ends the test.
  if (test.bytes.length - 1 > LENGTH_286) return "longer than a 286 allows";
  const reg = (modrm >>> 3) & 7;
  if ((opcode === 0x8c || opcode === 0x8e) && (reg === 4 || reg === 5)) return "FS and GS exist from the 386 on";
  if ((opcode >= 0x64 && opcode <= 0x67) || opcode === 0x0f) return "undefined on a 286, defined on a 386";
  if (opcode === 0x8f && test.exception?.vector === 13) return "a 286 has popped when the destination of POP faults";
  return null;
}

/** FLAGS bits that an exception leaves undefined beyond what the metadata say: those of AAM 0. SDM Vol. 2A, AAM. */
export function undefinedFlags(test: MooTest): number {
  return test.exception?.vector === 0 && split(test.bytes).opcode === 0xd4 ? ARITHMETIC : 0;
}

/** Registers that a 286 has changed when the instruction faults. */
export function advancedByFault(test: MooTest): readonly (keyof MooRegisters)[] {
  const { opcode } = split(test.bytes);
  const isString =
    (opcode >= 0xa4 && opcode <= 0xa7) || (opcode >= 0xaa && opcode <= 0xaf) || (opcode >= 0x6c && opcode <= 0x6f);
  return test.exception !== null && isString ? ["si", "di", "cx"] : [];
}
