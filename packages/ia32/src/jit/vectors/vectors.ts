/**
 * What rows of vector instructions emit: data transfer, integers, shuffles; arithmetic and conversions by their parts.
 *
 * Operands are locals with vectors (or int32 for general operands); the result is pushed. Memory operands have zeros
 * behind what was loaded. Here: rows that raise no floating-point exception. Not here: operands (→ vector-forms.ts),
 * arithmetic (→ arithmetic.ts), conversions and comparisons (→ conversion.ts).
 * @module
 */
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import type { CodeWriter } from "../wasm/code-writer.ts";
import * as simd from "../wasm/simd-opcodes.ts";
import { FloatArithmetic } from "./arithmetic.ts";
import { FloatConversion } from "./conversion.ts";
import { storeVector } from "./vector-forms.ts";

const ZERO = [0, 0, 0, 0];
const WORDS_OF_LOW_HALF = [-1, -1, 0, 0];

/** Bytes of elements of `size` bytes: element i of the result is element order[i] of first and second operand. */
export function bytesOf(size: number, order: readonly number[]): number[] {
  return order.flatMap((element) => Array.from({ length: size }, (_, i) => element * size + i));
}

export class Vectors {
  readonly arithmetic: FloatArithmetic;
  readonly conversion: FloatConversion;
  /** What is known of the result (vector-registers.ts). */
  facts = 0;
  readonly #to: Lowering;

  constructor(to: Lowering) {
    this.#to = to;
    this.arithmetic = new FloatArithmetic(to);
    this.conversion = new FloatConversion(to);
  }

  get #w(): CodeWriter {
    return this.#to.emit.w;
  }

  get #immediate(): number {
    return this.#to.operation.immediate;
  }

  /** One vector instruction on both operands. */
  lanes(name: keyof typeof simd, d: number, s: number): void {
    this.#w.get(d).get(s).simd(simd[name]);
  }

  move(s: number): void {
    this.#w.get(s);
    this.facts = s < local.VECTORS ? this.#to.emit.vectors.facts(s - local.XMM) : 0;
  }

  /** Lowest element of the second operand, the rest of the first. */
  moveLow(size: 32 | 64, d: number, s: number): void {
    const order = size === 32 ? [4, 1, 2, 3] : [2, 1];
    this.#w.get(d).get(s).shuffle(bytesOf(size / 8, order));
  }

  /** Upper half of the second operand as lower half. */
  moveHighToLow(d: number, s: number): void {
    this.shuffle(8, [3, 1], d, s);
  }

  /** Lower half of the second operand as upper half. */
  moveLowToHigh(d: number, s: number): void {
    this.shuffle(8, [0, 2], d, s);
  }

  /** Lower half, zeros above. */
  lowHalf(s: number): void {
    this.#w.get(s).vector(WORDS_OF_LOW_HALF).simd(simd.V128_AND);
  }

  /** A general register or 32 bits of memory, zeros above. */
  fromInteger(value: number): void {
    this.#w.vector(ZERO).get(value).lane(simd.I32X4_REPLACE_LANE, 0);
  }

  toInteger(s: number): void {
    this.#w.get(s).lane(simd.I32X4_EXTRACT_LANE, 0);
  }

  /** Stores `bits` of the register, from its element `lane` of that size on. */
  store(bits: 32 | 64 | 128, lane = 0, aligned = false): void {
    storeVector(this.#to, bits, lane, aligned);
  }

  shuffle(size: number, order: readonly number[], d: number, s: number): void {
    this.#w.get(d).get(s).shuffle(bytesOf(size, order));
  }

  /** PSHUFD, PSHUFLW, PSHUFHW: four elements, from element `from` on, by the immediate; the others stay. */
  shuffleByImmediate(size: 2 | 4, from: number, s: number): void {
    const count = 16 / size;
    const order = Array.from({ length: count }, (_, i) =>
      i < from || i >= from + 4 ? i : from + ((this.#immediate >>> (2 * (i - from))) & 3),
    );
    this.shuffle(size, order, s, s);
  }

  /** SHUFPS. */
  shuffleSingles(d: number, s: number): void {
    const pick = (i: number): number => (this.#immediate >>> (2 * i)) & 3;
    this.shuffle(4, [pick(0), pick(1), 4 + pick(2), 4 + pick(3)], d, s);
  }

  /** SHUFPD. */
  shuffleDoubles(d: number, s: number): void {
    this.shuffle(8, [this.#immediate & 1, 2 + ((this.#immediate >>> 1) & 1)], d, s);
  }

  /** PUNPCKL… and PUNPCKH…: elements of the lower or upper halves in turn. */
  interleave(size: number, upper: boolean, d: number, s: number): void {
    const half = 8 / size;
    const from = upper ? half : 0;
    const order = Array.from({ length: half }, (_, i) => [from + i, 2 * half + from + i]).flat();
    this.shuffle(size, order, d, s);
  }

  /** Shifts of elements of `size` bits by the immediate; too far is all zeros, or all signs. */
  shift(name: "SHL" | "SHR_U" | "SHR_S", size: 16 | 32 | 64, d: number): void {
    const count = this.#immediate & 0xff;
    const shape = { 16: "I16X8", 32: "I32X4", 64: "I64X2" }[size];
    if (count >= size && name !== "SHR_S") {
      this.#w.vector(ZERO);
      return;
    }
    const opcode = simd[`${shape}_${name}` as keyof typeof simd];
    this.#w.get(d).const(Math.min(count, size - 1)).simd(opcode);
  }

  /** PSLLDQ and PSRLDQ: by bytes. */
  shiftBytes(left: boolean, d: number): void {
    const count = Math.min(this.#immediate & 0xff, 16);
    const order = Array.from({ length: 16 }, (_, i) => {
      const from = left ? i - count : i + count;
      return from < 0 || from > 15 ? 16 : from;
    });
    this.#w.get(d).vector(ZERO).shuffle(order);
  }

  /** PMULUDQ: the even elements of both. */
  multiplyEven(d: number, s: number): void {
    const even = bytesOf(4, [0, 2, 0, 2]);
    this.#w.get(d).get(d).shuffle(even);
    this.#w.get(s).get(s).shuffle(even).simd(simd.I64X2_EXTMUL_LOW_I32X4_U);
  }

  /** PMULHW and PMULHUW: upper halves of the products. */
  multiplyHigh(signed: boolean, d: number, s: number): void {
    this.#w
      .get(d)
      .get(s)
      .simd(signed ? simd.I32X4_EXTMUL_LOW_I16X8_S : simd.I32X4_EXTMUL_LOW_I16X8_U);
    this.#w
      .get(d)
      .get(s)
      .simd(signed ? simd.I32X4_EXTMUL_HIGH_I16X8_S : simd.I32X4_EXTMUL_HIGH_I16X8_U);
    this.#w.shuffle(bytesOf(2, [1, 3, 5, 7, 9, 11, 13, 15]));
  }

  /** PINSRW. */
  insertWord(d: number, value: number): void {
    this.#w
      .get(d)
      .get(value)
      .lane(simd.I16X8_REPLACE_LANE, this.#immediate & 7);
  }

  /** PEXTRW. */
  extractWord(s: number): void {
    this.#w.get(s).lane(simd.I16X8_EXTRACT_LANE_U, this.#immediate & 7);
  }

  /** Signs of the elements as bits. */
  signs(name: "I8X16_BITMASK" | "I32X4_BITMASK" | "I64X2_BITMASK", s: number): void {
    this.#w.get(s).simd(simd[name]);
  }
}
