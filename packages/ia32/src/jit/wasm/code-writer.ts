/**
 * Writes the instructions of a WebAssembly function.
 *
 * Here: bytes, LEB128 numbers, and labels by nesting, so that a branch names the construct and not its distance.
 * WebAssembly Core Specification 2.0, 5.2 and 5.4.
 * @module
 */
import * as op from "./opcodes.ts";

/** An open block, loop or if: how deep it is nested. */
export type Label = number;

export class CodeWriter {
  bytes: Uint8Array = new Uint8Array(4096);
  length = 0;
  /** Constructs that are open. */
  depth = 0;

  byte(value: number): void {
    if (this.length === this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes[this.length++] = value;
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
    for (let i = 0; i < other.length; i++) this.byte(other.bytes[i]);
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

  /** A load or store at `offset` behind the address on the stack; no alignment is promised. */
  memory(opcode: number, offset: number): this {
    this.byte(opcode);
    this.byte(0);
    return this.unsigned(offset);
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
