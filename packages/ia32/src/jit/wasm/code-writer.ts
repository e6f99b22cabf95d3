/**
 * Writes the instructions of a WebAssembly function.
 *
 * Here: bytes, LEB128 numbers, and labels by nesting, so that a branch names the construct and not its distance.
 * WebAssembly Core Specification 2.0, 5.2 and 5.4.
 * @module
 */
import * as op from "./opcodes.ts";
import * as simd from "./simd-opcodes.ts";

/** An open block, loop or if: how deep it is nested. */
export type Label = number;

export class CodeWriter {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;
  /** Branches that are known to go one way: twice the offset, plus 1 where they are taken. */
  readonly hints: number[] = [];
  /** Constructs that are open. */
  depth = 0;

  /** `capacity`: bytes that are probably enough. */
  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Empty again, with the room that it has. */
  clear(): this {
    this.length = 0;
    this.depth = 0;
    this.hints.length = 0;
    return this;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.#reserve(1);
    this.bytes[this.length++] = value;
  }

  #reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes);
    this.bytes = larger;
  }

  op(...opcodes: readonly number[]): this {
    for (const opcode of opcodes) this.byte(opcode);
    return this;
  }

  unsigned(value: number): this {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
    return this;
  }

  /** Signed LEB128 of an int32. */
  signed(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && low & 0x40)) {
        this.byte(low);
        return this;
      }
      this.byte(low | 0x80);
    }
  }

  append(other: CodeWriter): this {
    for (const hint of other.hints) this.hints.push(hint + 2 * this.length);
    return this.put(other);
  }

  /** As append(), but hints stay behind. */
  put(other: CodeWriter): this {
    this.#reserve(other.length);
    this.bytes.set(other.bytes.subarray(0, other.length), this.length);
    this.length += other.length;
    return this;
  }

  /** The `if` or `br_if` that comes next is nearly always taken, or nearly never. */
  hint(taken: boolean): this {
    this.hints.push(2 * this.length + (taken ? 1 : 0));
    return this;
  }

  get(local: number): this {
    this.byte(op.LOCAL_GET);
    return this.unsigned(local);
  }

  set(local: number): this {
    this.byte(op.LOCAL_SET);
    return this.unsigned(local);
  }

  tee(local: number): this {
    this.byte(op.LOCAL_TEE);
    return this.unsigned(local);
  }

  const(value: number): this {
    this.byte(op.I32_CONST);
    return this.signed(value);
  }

  /** A 64-bit constant that fits 32 bits, sign-extended. */
  const64(value: number): this {
    this.byte(op.I64_CONST);
    return this.signed(value);
  }

  /** Any 64-bit constant. */
  big(value: bigint): this {
    this.byte(op.I64_CONST);
    let rest = BigInt.asIntN(64, value);
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && low & 0x40)) {
        this.byte(low);
        return this;
      }
      this.byte(low | 0x80);
    }
  }

  /** A load or store at `offset` behind the address on the stack; no alignment is promised. */
  memory(opcode: number, offset: number): this {
    this.byte(opcode);
    this.byte(0);
    return this.unsigned(offset);
  }

  /** Vector instructions without operands of their own. */
  simd(...opcodes: readonly number[]): this {
    for (const opcode of opcodes) {
      this.byte(simd.PREFIX_SIMD);
      this.unsigned(opcode);
    }
    return this;
  }

  /** A vector instruction that names a lane. */
  lane(opcode: number, lane: number): this {
    this.simd(opcode);
    this.byte(lane);
    return this;
  }

  /** A load or store of a vector, or of one lane. */
  vectorMemory(opcode: number, offset: number, lane?: number): this {
    this.simd(opcode);
    this.byte(0);
    this.unsigned(offset);
    if (lane !== undefined) this.byte(lane);
    return this;
  }

  /** Bytes of the two vectors on the stack, 0…31. */
  shuffle(bytes: readonly number[]): this {
    this.simd(simd.I8X16_SHUFFLE);
    return this.op(...bytes);
  }

  /** A vector constant of four words. */
  vector(words: readonly number[]): this {
    this.simd(simd.V128_CONST);
    for (const word of words) for (let shift = 0; shift < 32; shift += 8) this.byte((word >>> shift) & 0xff);
    return this;
  }

  double(value: number): this {
    this.byte(simd.F64_CONST);
    return this.op(...new Uint8Array(Float64Array.of(value).buffer));
  }

  single(value: number): this {
    this.byte(simd.F32_CONST);
    return this.op(...new Uint8Array(Float32Array.of(value).buffer));
  }

  /** Pushes the int32 at a fixed address. */
  word(address: number): this {
    return this.const(0).memory(op.I32_LOAD, address);
  }

  /** Stores a local at a fixed address. */
  setWord(address: number, local: number): this {
    return this.const(0).get(local).memory(op.I32_STORE, address);
  }

  call(index: number): this {
    this.byte(op.CALL);
    return this.unsigned(index);
  }

  block(): Label {
    this.op(op.BLOCK, op.VOID);
    return ++this.depth;
  }

  loop(): Label {
    this.op(op.LOOP, op.VOID);
    return ++this.depth;
  }

  /** `type`: of the result, or VOID. */
  if(type: number = op.VOID): Label {
    this.op(op.IF, type);
    return ++this.depth;
  }

  else(): void {
    this.byte(op.ELSE);
  }

  end(): void {
    this.byte(op.END);
    this.depth--;
  }

  br(label: Label): this {
    this.byte(op.BR);
    return this.unsigned(this.depth - label);
  }

  brIf(label: Label): this {
    this.byte(op.BR_IF);
    return this.unsigned(this.depth - label);
  }

  brTable(labels: readonly Label[], otherwise: Label): this {
    this.byte(op.BR_TABLE);
    this.unsigned(labels.length);
    for (const label of labels) this.unsigned(this.depth - label);
    return this.unsigned(this.depth - otherwise);
  }
}
