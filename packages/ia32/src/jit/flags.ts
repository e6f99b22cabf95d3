/**
 * The arithmetic flags in compiled code: operands and result of what set them last, until somebody asks.
 *
 * The interpreter keeps three words (state/lazy-flags.ts). Compiled code keeps less: which kind of operation set the flags
 * (the local KIND, and while a block is emitted also `kind`), its result and its operands. The words are made of them where
 * an instruction asks for more than its kind can tell, and where the function is left.
 *
 *   kind     RESULT         A                        B
 *   WORDS    the zero word  –                        the carries word; SIGN is the sign word
 *   LOGIC    result         –                        –
 *   ADD SUB  result         (first operand)          second operand, 8 and 16 bits zero-extended
 *   ADC SBB  result         first operand            second operand, 8 and 16 bits zero-extended
 *   INC DEC  result         –                        bit 31: CF
 *   SHL      result         operand << (count − 1)   –
 *   SHR SAR  result         operand >> (count − 1)   –
 *   ROL ROR  zero word      AF: 0 or 8               result
 *   MUL      low half       first operand            second operand
 *
 * All results are sign-extended. A in brackets need not survive: where the function is left it is made of B and the result.
 * Where blocks meet, CARRY may be all that is known of them.
 * Here: setting, asking, making the words.
 * Long because each kind is asked in each way.
 * @module
 */
import * as local from "./locals.ts";
import type { CodeWriter } from "./wasm/code-writer.ts";
import * as op from "./wasm/opcodes.ts";

export const WORDS = 0;
export const LOGIC = 1;
export const ADD32 = 2;
export const ADD16 = 3;
export const ADD8 = 4;
export const SUB32 = 5;
export const SUB16 = 6;
export const SUB8 = 7;
export const INC32 = 8;
export const DEC32 = 9;
export const SHL32 = 10;
export const SHR32 = 11;
export const SAR32 = 12;
export const ROL32 = 13;
export const ROR32 = 14;
export const MUL32 = 15;
export const ADC32 = 16;
export const ADC16 = 17;
export const ADC8 = 18;
export const SBB32 = 19;
export const SBB16 = 20;
export const SBB8 = 21;
export const KINDS = 22;
/** The kind depends on the way here. */
export const UNKNOWN = -1;

const SIGN_BIT = -0x80000000;

/** Bits that a result of the kind is moved up by. */
function missing(kind: number): number {
  if (kind === ADD8 || kind === SUB8 || kind === ADC8 || kind === SBB8) return 24;
  return kind === ADD16 || kind === SUB16 || kind === ADC16 || kind === SBB16 ? 16 : 0;
}

/** Without a carry in. */
const isPlainAdd = (kind: number): boolean => kind >= ADD32 && kind <= ADD8;
const isPlainSub = (kind: number): boolean => kind >= SUB32 && kind <= SUB8;
const isAdd = (kind: number): boolean => isPlainAdd(kind) || (kind >= ADC32 && kind <= ADC8);
const isSub = (kind: number): boolean => isPlainSub(kind) || (kind >= SBB32 && kind <= SBB8);

/** What is known of the flags where a block begins or ends. */
export interface KnownFlags {
  readonly kind: number;
  readonly carry: boolean;
}

export class Flags {
  readonly #w: CodeWriter;
  /** What set the flags, or UNKNOWN. */
  kind: number = UNKNOWN;
  /** The kind is unknown, but CARRY holds CF. */
  carryKnown = false;
  /** Kinds that the function can be left with. */
  used = 0;

  constructor(writer: CodeWriter) {
    this.#w = writer;
  }

  /** The operands and the result are in their locals; `kind` tells how to read them. */
  become(kind: number): void {
    this.#w.const(kind).set(local.KIND);
    this.kind = kind;
    this.used |= 1 << kind;
  }

  /** Pushes the carries word of a kind, of which nothing but bits 31, 30 and 3 counts. */
  #carries(kind: number): void {
    const w = this.#w;
    const { A, B, RESULT } = local;
    if (kind === WORDS) w.get(B);
    else if (kind === LOGIC) w.const(0);
    else if (isAdd(kind)) {
      w.get(A)
        .get(B)
        .op(op.I32_AND)
        .get(A)
        .get(B)
        .op(op.I32_OR)
        .get(RESULT)
        .const(-1)
        .op(op.I32_XOR, op.I32_AND, op.I32_OR);
      this.#moveUp(missing(kind));
    } else if (isSub(kind)) {
      w.get(A).const(-1).op(op.I32_XOR).get(B).op(op.I32_AND);
      w.get(A).get(B).op(op.I32_XOR).const(-1).op(op.I32_XOR).get(RESULT).op(op.I32_AND, op.I32_OR);
      this.#moveUp(missing(kind));
    } else if (kind === INC32 || kind === DEC32) {
      // CF, then OF = the result that only an overflow gives, then AF.
      w.get(B).const(SIGN_BIT).op(op.I32_AND).tee(B);
      w.get(B)
        .get(RESULT)
        .const(kind === INC32 ? SIGN_BIT : 0x7fffffff)
        .op(op.I32_EQ)
        .const(31)
        .op(op.I32_SHL);
      w.op(op.I32_XOR).const(1).op(op.I32_SHR_U, op.I32_OR);
      w.get(RESULT)
        .const(15)
        .op(op.I32_AND)
        .const(kind === INC32 ? 0 : 15)
        .op(op.I32_EQ)
        .const(3)
        .op(op.I32_SHL, op.I32_OR);
    } else if (kind === SHL32) {
      w.get(A)
        .const(SIGN_BIT)
        .op(op.I32_AND)
        .get(RESULT)
        .const(SIGN_BIT)
        .op(op.I32_AND)
        .const(1)
        .op(op.I32_SHR_U, op.I32_OR);
    } else if (kind === SHR32) {
      w.get(A).const(31).op(op.I32_SHL).get(A).const(31).op(op.I32_SHL);
      w.get(RESULT)
        .const(1)
        .op(op.I32_SHL)
        .const(SIGN_BIT)
        .op(op.I32_AND, op.I32_XOR)
        .const(1)
        .op(op.I32_SHR_U, op.I32_OR);
    } else if (kind === SAR32) {
      w.get(A).const(31).op(op.I32_SHL).get(A).const(31).op(op.I32_SHL).const(1).op(op.I32_SHR_U, op.I32_OR);
    } else if (kind === ROL32) {
      w.get(B).const(31).op(op.I32_SHL).get(B).const(SIGN_BIT).op(op.I32_AND).const(1).op(op.I32_SHR_U, op.I32_OR);
      w.get(A).op(op.I32_OR);
    } else if (kind === ROR32) w.get(B).const(-0x40000000).op(op.I32_AND).get(A).op(op.I32_OR);
    else this.#productOverflow();
  }

  /** Bit 31, where the product of A and B has more than 32 bits. */
  #productOverflow(): void {
    const w = this.#w;
    w.get(local.A).op(op.I64_EXTEND_I32_S).get(local.B).op(op.I64_EXTEND_I32_S, op.I64_MUL);
    w.get(local.RESULT).op(op.I64_EXTEND_I32_S, op.I64_NE).const(31).op(op.I32_SHL);
  }

  /** Carries of 8 or 16 bits are moved up, but AF stays at bit 3. */
  #moveUp(bits: number): void {
    if (bits === 0) return;
    const w = this.#w;
    w.tee(local.B).const(bits).op(op.I32_SHL).get(local.B).const(8).op(op.I32_AND, op.I32_OR);
  }

  get known(): KnownFlags {
    return { kind: this.kind, carry: this.carryKnown };
  }
  set known({ kind, carry }: KnownFlags) {
    this.kind = kind;
    this.carryKnown = carry;
  }

  /** Puts CF into CARRY. */
  keepCarry(): void {
    if (this.kind === UNKNOWN) {
      if (!this.carryKnown) throw new Error("CF is not known");
      return;
    }
    this.carry();
    this.#w.set(local.CARRY);
  }

  /** Makes the three words of a kind behind everything; the locals of the kind are used up. */
  make(kind: number): void {
    if (kind === WORDS) return;
    if (isPlainAdd(kind) || isPlainSub(kind)) {
      const inverse = isPlainAdd(kind) ? op.I32_SUB : op.I32_ADD;
      this.#w.get(local.RESULT).get(local.B).op(inverse).set(local.A);
    }
    this.#toWords(kind);
  }

  #toWords(kind: number): void {
    const w = this.#w;
    this.#carries(kind);
    w.set(local.B).get(local.RESULT).set(local.SIGN);
  }

  /** Makes the three words of the known kind. */
  words(): void {
    if (this.kind === UNKNOWN) throw new Error("flags of an unknown kind");
    if (this.kind === WORDS) return;
    this.#toWords(this.kind);
    this.become(WORDS);
  }

  /** Pushes the six flags at their places in EFLAGS; the kind is WORDS. */
  image(): void {
    const w = this.#w;
    const { B, SIGN } = local;
    this.carry();
    this.condition(10);
    w.const(2).op(op.I32_SHL, op.I32_OR);
    w.get(B).const(8).op(op.I32_AND).const(1).op(op.I32_SHL, op.I32_OR);
    this.condition(4);
    w.const(6).op(op.I32_SHL, op.I32_OR);
    w.get(SIGN).const(31).op(op.I32_SHR_U).const(7).op(op.I32_SHL, op.I32_OR);
    this.condition(0);
    w.const(11).op(op.I32_SHL, op.I32_OR);
  }

  /** Pushes CF as 0 or 1. */
  carry(): void {
    const w = this.#w;
    const { A, B, RESULT } = local;
    const { kind } = this;
    if (kind === UNKNOWN) {
      if (!this.carryKnown) throw new Error("flags of an unknown kind");
      w.get(local.CARRY);
    } else if (kind === LOGIC) w.const(0);
    else if (isPlainSub(kind)) w.get(A).get(B).op(op.I32_LT_U);
    else if (isSub(kind)) this.#borrow(kind);
    else if (kind === WORDS || kind === INC32 || kind === DEC32) w.get(B).const(31).op(op.I32_SHR_U);
    else if (kind === SHL32) w.get(A).const(31).op(op.I32_SHR_U);
    else if (kind === SHR32 || kind === SAR32) w.get(A).const(1).op(op.I32_AND);
    else if (kind === ROL32) w.get(B).const(1).op(op.I32_AND);
    else if (kind === ROR32) w.get(B).const(31).op(op.I32_SHR_U);
    else if (kind === MUL32) {
      this.#productOverflow();
      w.const(31).op(op.I32_SHR_U);
    } else {
      w.get(A)
        .get(B)
        .op(op.I32_AND)
        .get(A)
        .get(B)
        .op(op.I32_OR)
        .get(RESULT)
        .const(-1)
        .op(op.I32_XOR, op.I32_AND, op.I32_OR);
      w.const(31 - missing(kind)).op(op.I32_SHR_U);
      if (missing(kind) > 0) w.const(1).op(op.I32_AND);
    }
  }

  /** The borrow out of all bits tells, whether or not one went in. */
  #borrow(kind: number): void {
    const w = this.#w;
    const { A, B, RESULT } = local;
    w.get(A).const(-1).op(op.I32_XOR).get(B).op(op.I32_AND);
    w.get(A).get(B).op(op.I32_XOR).const(-1).op(op.I32_XOR).get(RESULT).op(op.I32_AND, op.I32_OR);
    w.const(31 - missing(kind)).op(op.I32_SHR_U);
    if (missing(kind) > 0) w.const(1).op(op.I32_AND);
  }

  /** The words have been changed where they are. */
  changed(): void {
    this.used |= 1 << WORDS;
  }

  /** Pushes AF as 0 or 8. */
  auxiliary(): void {
    const { kind } = this;
    const w = this.#w;
    if (kind === LOGIC || kind === SHL32 || kind === SHR32 || kind === SAR32 || kind === MUL32) w.const(0);
    else if (kind === ROL32 || kind === ROR32) w.get(local.A);
    else if (isAdd(kind) || isSub(kind)) {
      // The carry into bit 4 is what the exclusive or of operands and result shows there.
      w.get(local.A).get(local.B).op(op.I32_XOR).get(local.RESULT).op(op.I32_XOR).const(1).op(op.I32_SHR_U);
      w.const(8).op(op.I32_AND);
    } else {
      this.words();
      w.get(local.B).const(8).op(op.I32_AND);
    }
  }

  /** Pushes condition 0 to 15, in the order of their encodings, as 0 or 1. */
  condition(number: number): void {
    const w = this.#w;
    this.#positive(number & 14);
    if (number & 1) w.op(op.I32_EQZ);
  }

  #positive(number: number): void {
    const w = this.#w;
    const { RESULT } = local;
    if (number === 2) this.carry();
    else if (number === 4) w.get(RESULT).op(op.I32_EQZ);
    else if (number === 6) this.#belowOrEqual();
    else if (number === 8) w.get(this.#sign).const(0).op(op.I32_LT_S);
    else if (number === 10) {
      w.get(this.#sign).const(0xff).op(op.I32_AND, op.I32_POPCNT).const(1).op(op.I32_AND, op.I32_EQZ);
    } else if (number === 0) this.#overflow();
    else this.#signed(number);
  }

  get #sign(): number {
    return this.kind === WORDS ? local.SIGN : local.RESULT;
  }

  #belowOrEqual(): void {
    const w = this.#w;
    if (isPlainSub(this.kind)) w.get(local.A).get(local.B).op(op.I32_LE_U);
    else if (this.kind === LOGIC) w.get(local.RESULT).op(op.I32_EQZ);
    else {
      this.carry();
      w.get(local.RESULT).op(op.I32_EQZ, op.I32_OR);
    }
  }

  #overflow(): void {
    const w = this.#w;
    if (this.kind === LOGIC) {
      w.const(0);
      return;
    }
    this.words();
    w.get(local.B).get(local.B).const(1).op(op.I32_SHL, op.I32_XOR).const(31).op(op.I32_SHR_U);
  }

  /** L and LE. */
  #signed(number: number): void {
    const w = this.#w;
    const { A, B, RESULT } = local;
    const orEqual = number === 14;
    const { kind } = this;
    if (kind === LOGIC)
      w.get(RESULT)
        .const(0)
        .op(orEqual ? op.I32_LE_S : op.I32_LT_S);
    else if (isPlainSub(kind)) {
      const extend = kind === SUB8 ? [op.I32_EXTEND8_S] : kind === SUB16 ? [op.I32_EXTEND16_S] : [];
      w.get(A)
        .op(...extend)
        .get(B)
        .op(...extend, orEqual ? op.I32_LE_S : op.I32_LT_S);
    } else if (kind === DEC32 || kind === INC32) {
      // A comparison of what was before: a < 1, or a < −1.
      w.get(RESULT)
        .const(kind === DEC32 ? 1 : -1)
        .op(op.I32_ADD);
      w.const(kind === DEC32 ? 1 : -1).op(orEqual ? op.I32_LE_S : op.I32_LT_S);
    } else {
      this.words();
      w.get(local.SIGN).get(B).op(op.I32_XOR).get(B).const(1).op(op.I32_SHL, op.I32_XOR).const(0).op(op.I32_LT_S);
      if (orEqual) w.get(RESULT).op(op.I32_EQZ, op.I32_OR);
    }
  }
}
