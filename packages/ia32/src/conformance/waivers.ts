/**
 * Waivers: all that recordings do not hold this processor to, each with the clause that says why.
 *
 * Here: masks, tolerances and reasons of the three runners, for every one of their tests; nothing is left out anywhere
 * else. A test that cannot hold is counted in no tally, and its reason is printed. Not here: what a test itself declares
 * undefined (`uf`, `us`, `mm`, `tol` of hwvec; RMSK of MOO).
 * SDM = Intel 64 and IA-32 Architectures Software Developer's Manual; its Vol. 3B, 22 is "Architecture Compatibility".
 * @module
 */
import type { Vector } from "./hwvec-format.ts";
import type { MooTest } from "./moo-format.ts";

// hwvec.

/** CF PF AF ZF SF DF OF IF NT AC ID IOPL. TF and RF are the recorder's: it steps with them. SDM Vol. 3A, 2.3, 17.3.1. */
export const COMPARED_FLAGS: number = 0x247ed5 & ~0x10100;
/** FSW bits of `tol` 1: PE, UE, C1 say how a result was rounded, which is the implementation's. SDM Vol. 1, 8.3.10. */
export const TRANSCENDENTAL_STATUS = 0x230;
/** Units of the last place: each side may be off by less than one. SDM Vol. 1, 8.3.10. */
export const TRANSCENDENTAL_ULPS = 2n;
/** `tol` 2, relative: each side may be off by 1.5 · 2⁻¹². SDM Vol. 2, RCPPS and RSQRTPS. */
export const APPROXIMATION: number = 3 / 4096;
/**
 * The recorder ran to the first INT3, so it did not tell an INT3 under test, behind a prefix, from its own. The saved EIP
 * is the next instruction's (SDM Vol. 2, INT3); where the test expects no exception it is that of the INT3.
 */
export function isSentinel(vector: Vector, exception: number): boolean {
  return exception === VECTOR_BP && vector.o.x === undefined;
}
const VECTOR_BP = 3;

// MOO: what later processors do otherwise than an 80286, and flags that the manual leaves undefined.

/** FLAGS bits 12 to 15 read as 0 on an 80286 in real mode; later processors keep NT and IOPL. SDM Vol. 3B, 22 (FLAGS). */
const FLAGS_286 = 0x0fff;
/** CF PF AF ZF SF TF IF DF OF IOPL NT. */
const FLAGS_386 = 0x7fd5;

const [CF, PF, AF, ZF, SF, OF] = [0x001, 0x004, 0x010, 0x040, 0x080, 0x800];
/**
 * Flags that are undefined after an instruction, by opcode or opcode.reg: SDM Vol. 1, appendix A, and "Flags Affected" of
 * each in Vol. 2. They are ignored in FLAGS and in the copy that an exception pushes.
 */
const UNDEFINED_FLAGS: readonly (readonly [flags: number, forms: RegExp])[] = [
  // AND, OR, XOR, TEST, and shifts by one or an immediate of 8-bit operands.
  [AF, /^(0[89A-D]|[23][0-5]|8[0-3]\.[146]|8[45]|A[89]|(C0|D[01])\.[4-7]|F[67]\.[01])$/],
  // DAA, DAS; rotates by more than one.
  [OF, /^(2[7F]|(C1|D[23])\.[0-3])$/],
  // AAA, AAS.
  [OF | SF | ZF | PF, /^3[7F]$/],
  // MUL, IMUL.
  [SF | ZF | AF | PF, /^(6[9B]|F[67]\.[45]|0FAF)$/],
  // Shifts by more than one; by CL, which may exceed the operand's size, and AAM, AAD: CF too.
  [OF | AF, /^C1\.[4-7]$/],
  [OF | AF | CF, /^(D[23]\.[4-7]|D[45]|0FA[45CD])$/],
  // DIV, IDIV.
  [OF | SF | ZF | AF | PF | CF, /^F[67]\.[67]$/],
  // BT, BTS, BTR, BTC; BSF, BSR.
  [OF | SF | AF | PF, /^0F(A3|AB|B3|BB|BA\.[4-7])$/],
  [OF | SF | AF | PF | CF, /^0FB[CD]$/],
];
/** A division error of AAM 0 leaves all of them undefined. SDM Vol. 2, AAM. */
const DIVISION_FLAGS: number = OF | SF | ZF | AF | PF | CF;

const PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3];
const LOCK = 0xf0;
/** An 80286 refuses longer instructions; later processors have 15 bytes. SDM Vol. 3B, 22. */
const LENGTH_286 = 10;
/** Opcodes whose ModR/M byte has a part of the opcode. */
const GROUPS = /^(8[0-3]|8F|C[01]|C[67]|D[0-3]|F[67]|F[EF]|0F0[01]|0FBA)$/;

interface Parts {
  readonly prefixes: readonly number[];
  /** As in UNDEFINED_FLAGS. */
  readonly form: string;
  readonly opcode: number;
  readonly modrm: number;
}

function partsOf({ bytes }: MooTest): Parts {
  let at = 0;
  while (PREFIXES.includes(bytes[at])) at++;
  const prefixes = [...bytes.subarray(0, at)];
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(2, "0");
  const escaped = bytes[at] === 0x0f;
  const opcode = bytes[at];
  let form = hex(opcode);
  if (escaped) form += hex(bytes[++at] ?? 0);
  const modrm = bytes[at + 1] ?? 0;
  if (GROUPS.test(form)) form += `.${(modrm >>> 3) & 7}`;
  return { prefixes, form, opcode, modrm };
}

/** What is not compared of one MOO test. */
export interface MooWaiver {
  /** Why the test cannot hold on a processor behind the recorded one, or null. */
  readonly reason: string | null;
  /** FLAGS bits that a test begins with. */
  readonly before: number;
  /** FLAGS bits that are compared. */
  readonly flags: number;
  /** General registers that are not compared. */
  readonly ignored: readonly string[];
  /** #GP of the recording is #SS here where the stack segment is at fault. */
  readonly stackFault: boolean;
}

/** What a test of this processor is held to on a later one. `cpu`: as the file names it. */
export function mooWaiver(test: MooTest, cpu: string): MooWaiver {
  const parts = partsOf(test);
  const { form, opcode } = parts;
  const is286 = cpu.includes("286");
  const { exception } = test;
  const undefinedFlags =
    exception?.number === 0 && opcode === 0xd4
      ? DIVISION_FLAGS
      : (UNDEFINED_FLAGS.find(([, forms]) => forms.test(form))?.[0] ?? 0);
  return {
    reason: is286 ? reason286(test, parts) : null,
    before: is286 ? FLAGS_286 : -1,
    flags: (is286 ? FLAGS_286 : FLAGS_386) & ~undefinedFlags,
    // A string instruction that faults has changed its registers on an 80286; later ones restart. SDM Vol. 3A, 6.6.
    ignored: is286 && exception !== undefined && isString(opcode) ? ["si", "di", "cx"] : [],
    // A limit fault of the stack segment is interrupt 13 on an 80286, 12 on later processors. SDM Vol. 3A, 6.15 (#SS).
    stackFault: is286 && exception?.number === 13,
  };
}

function reason286(test: MooTest, { prefixes, opcode, modrm }: Parts): string | null {
  const reg = (modrm >>> 3) & 7;
  if (prefixes.includes(LOCK)) return "LOCK is ignored by an 80286 in real mode, later #UD; SDM Vol. 2, LOCK";
  // The last byte is the HLT that ends the test.
  if (test.bytes.length - 1 > LENGTH_286) return "longer than an 80286 allows; SDM Vol. 3B, 22";
  if ((opcode === 0x8c || opcode === 0x8e) && (reg === 4 || reg === 5))
    return "FS and GS exist from the 80386 on; SDM Vol. 3B, 22";
  if (prefixes.some((byte) => byte >= 0x64 && byte <= 0x67) || opcode === 0x0f)
    return "undefined on an 80286, defined later; SDM Vol. 3B, 22";
  if (opcode === 0x8f && test.exception?.number === 13)
    return "an 80286 has popped when the destination of POP faults; SDM Vol. 3A, 6.6";
  return null;
}

function isString(opcode: number): boolean {
  return (opcode >= 0xa4 && opcode <= 0xa7) || (opcode >= 0xaa && opcode <= 0xaf) || (opcode & 0xfc) === 0x6c;
}

// TestFloat.

/**
 * Flags that TestFloat knows, at its places: inexact, underflow, overflow, divide by zero, invalid. It knows neither the
 * denormal-operand exception nor C1 (SDM Vol. 1, 4.9.1.2, 8.1.3.3), which hwvec holds us to.
 */
export function testFloatFlags(status: number): number {
  return ((status >> 5) & 1) | ((status >> 3) & 2) | ((status >> 1) & 4) | ((status << 1) & 8) | ((status << 4) & 16);
}
