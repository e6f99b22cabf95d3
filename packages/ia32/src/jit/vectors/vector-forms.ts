/**
 * Operands of vector instructions in compiled code.
 *
 * Here: who may run, registers and memory operands as vectors, results into registers, stores. What the hit path of the
 * TLB does not cover is left to the interpreter, before the instruction. Not here: what rows mean (→ vectors.ts); the same
 * for the interpreter: isa/mmx/operand.ts.
 * @module
 */
import { type Encoding, isMemory, isRm, type Variant } from "../../isa/encoding.ts";
import type { Lower } from "../../isa/instruction.ts";
import type { Operation } from "../../isa/operation.ts";
import { CONTROL_AREA_SIZE, FLOATS_WORD } from "../../state/control-area.ts";
import * as local from "../locals.ts";
import type { Lowering } from "../lowering.ts";
import { operandAddress, pushAddress, pushHit, READABLE, read, WRITABLE } from "../memory-access.ts";
import * as op from "../wasm/opcodes.ts";
import * as simd from "../wasm/simd-opcodes.ts";

const SSE_RUNS = 2;
const LOADS: Readonly<Record<number, number>> = {
  32: simd.V128_LOAD32_ZERO,
  64: simd.V128_LOAD64_ZERO,
  128: simd.V128_LOAD,
};

const isXmm = (operand: string): boolean => operand.startsWith("xmm");
const isMmx = (operand: string): boolean => /^mm/.test(operand);
const isGeneral = (operand: string): boolean => /^(rr?32|r\/m32)/.test(operand);

function operandsOf({ slot }: Operation): readonly string[] {
  return slot?.encoding.operands ?? [];
}

/** Number of the register that an operand names; operations hold its index in the float registers. */
function registerOf(operand: string, operation: Operation): number {
  return (isRm(operand) ? operation.rm : operation.reg) >> 2;
}

/** XMM registers that operations name: bits by number. */
export function registersOf(operations: readonly Operation[]): number {
  let registers = 0;
  for (const operation of operations)
    for (const operand of operandsOf(operation))
      if (isXmm(operand) && !isMemory(operand, operation.slot?.variant ?? "reg"))
        registers |= 1 << registerOf(operand, operation);
  return registers;
}

/** A function with these operations needs locals for vectors. */
export function usesVectors(operations: readonly Operation[]): boolean {
  return operations.some((operation) => operandsOf(operation).some(isXmm));
}

/** A call of the operation's handler may read or write XMM registers. */
export function changesVectors(operation: Operation): boolean {
  return operandsOf(operation).some(isXmm) || /^FX/.test(operation.slot?.encoding.row.mnemonic ?? "");
}

/** Leaves before the instruction where SSE instructions may not run. */
export function enter(to: Lowering): void {
  const { emit } = to;
  if (emit.vectors.ready) return;
  emit.w.word(FLOATS_WORD).const(SSE_RUNS).op(op.I32_AND, op.I32_EQZ);
  to.interpretIf();
  emit.vectors.ready = true;
}

/** Pushes the RAM address of the memory operand. */
function place(to: Lowering, bits: number, write: boolean, aligned: boolean): void {
  const { emit } = to;
  const address = operandAddress(emit, to.operation, write);
  if (aligned) {
    emit.w.get(address).const(bits / 8 - 1).op(op.I32_AND);
    to.interpretIf();
  }
  const entry = emit.temporary();
  pushHit(emit, address, bits, write ? WRITABLE : READABLE, entry);
  emit.w.op(op.I32_EQZ);
  to.interpretIf();
  pushAddress(emit, address, entry);
}

/** A local with an operand: a register's, or a vector loaded from memory whose other elements are 0. */
function value(to: Lowering, operand: string, variant: Variant, unaligned: boolean): number {
  const { emit, operation } = to;
  if (isGeneral(operand)) {
    if (isMemory(operand, variant) && operand !== "r/m32") to.decline();
    if (isMemory(operand, variant)) return read(emit, operandAddress(emit, operation, false), 32);
    emit.register(isRm(operand) ? operation.rm : operation.reg);
    return emit.keep();
  }
  if (!isMemory(operand, variant)) return local.XMM + registerOf(operand, operation);
  const bits = Number(/m(\d+)$/.exec(operand)?.[1]);
  const load = LOADS[bits] ?? to.decline();
  place(to, bits, false, bits === 128 && !unaligned);
  const loaded = emit.vector();
  emit.w.vectorMemory(load, CONTROL_AREA_SIZE).set(loaded);
  return loaded;
}

/** An instruction of a vector form. */
export function emitVector(to: Lowering, lower: Lower, encoding: Encoding, variant: Variant): void {
  const { operands, row } = encoding;
  const { emit, operation } = to;
  if (operands.some(isMmx)) to.decline();
  enter(to);
  const [destination] = operands;
  const general = isGeneral(destination);
  const sources = operands.filter((operand, i) => !operand.startsWith("imm") && !(general && i === 0));
  to.vectors.facts = 0;
  lower(to, ...sources.map((operand) => value(to, operand, variant, row.unaligned === true)));
  // COMISS and its like set flags and nothing else.
  if (row.flags !== undefined) return;
  if (general) emit.setRegister(isRm(destination) ? operation.rm : operation.reg);
  else emit.vectors.set(registerOf(destination, operation), to.vectors.facts);
}

/** Stores 32, 64 or 128 bits of the register, from element `lane` of that size on. */
export function storeVector(to: Lowering, bits: number, lane: number, aligned: boolean): void {
  const { operation, emit } = to;
  enter(to);
  place(to, bits, true, aligned);
  emit.w.get(local.XMM + (operation.reg >> 2));
  if (bits === 128) emit.w.vectorMemory(simd.V128_STORE, CONTROL_AREA_SIZE);
  else
    emit.w.vectorMemory(bits === 32 ? simd.V128_STORE32_LANE : simd.V128_STORE64_LANE, CONTROL_AREA_SIZE, lane);
}
