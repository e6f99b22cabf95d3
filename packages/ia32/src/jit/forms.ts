/**
 * Instructions in compiled code: operands by the row's form, or a call of the interpreter's handler.
 *
 * Here: what scripts/generate-handlers.ts writes for the interpreter, for the compiler. Not here: what rows mean (→ rows/).
 * @module
 */
import { type Encoding, isMemory, isRm, widthOf } from "../isa/encoding.ts";
import type { Slot } from "../isa/opcode-map.ts";
import type { Operation } from "../isa/operation.ts";
import { CARRIES_WORD, CONTROL_AREA_SIZE, LEFT_WORD, SIGN_WORD, ZERO_WORD } from "../state/control-area.ts";
import { EAX, ZERO } from "../state/registers.ts";
import type { Emitter } from "./emitter.ts";
import * as flag from "./flags.ts";
import { flagEffect, flowOf, leavesByRow } from "./flow.ts";
import * as local from "./locals.ts";
import { DECLINED, type Lowering } from "./lowering.ts";
import { operandAddress, read, readForWrite, write, writeBack } from "./memory-access.ts";
import { TRANSFER_SLOT } from "./system/events.ts";
import { changesVectors, emitVector } from "./vectors/vector-forms.ts";

/** Index in the view of its size of a register that is named by an operand word alone. */
const FIXED: Readonly<Record<string, number>> = { AL: 0, AX: 0, EAX: 0, CL: 4, DX: 4 };
const ALL_REGISTERS = 0xff;

/** Emits an instruction; true: by its row, false: by a call. */
export function emitOperation(to: Lowering): boolean {
  const { emit, operation } = to;
  const { slot } = operation;
  const lower = slot?.encoding.row.lower;
  if (flowOf(operation) === "leave") {
    if (lower === undefined || !leavesByRow(operation)) {
      emit.transfer(TRANSFER_SLOT);
      return false;
    }
    lower(to);
    return true;
  }
  if (slot === null || lower === undefined) {
    emitCall(emit, operation);
    return false;
  }
  const { length, depth } = emit.w;
  const { known } = emit.flags;
  try {
    emitForm(to, slot);
    return true;
  } catch (thrown) {
    if (thrown !== DECLINED) throw thrown;
    emit.w.length = length;
    emit.w.depth = depth;
    emit.flags.known = known;
    emit.begin(emit.site);
    emit.parts.begin();
    emitCall(emit, operation);
    return false;
  }
}

/** Calls the interpreter's handler. */
export function emitCall(emit: Emitter, operation: Operation): void {
  const { w, flags } = emit;
  const effect = flagEffect(operation);
  const usesFlags = (effect.reads | effect.sets) !== 0;
  if (usesFlags) {
    flags.words();
    w.setWord(SIGN_WORD, local.SIGN).setWord(ZERO_WORD, local.RESULT).setWord(CARRIES_WORD, local.B);
  }
  const registers = usedRegisters(operation);
  emit.read |= registers.read | registers.written;
  emit.written |= registers.written;
  emit.store(registers.read | registers.written);
  const vectors = changesVectors(operation);
  if (vectors) emit.vectors.store(-1);
  emit.floats.spill();
  emit.call("execute");
  emit.load(registers.written);
  if (vectors) emit.vectors.load();
  emit.vectors.forget();
  emit.floats.called(operation);
  if (usesFlags) {
    w.word(SIGN_WORD).set(local.SIGN).word(ZERO_WORD).set(local.RESULT).word(CARRIES_WORD).set(local.B);
    flags.become(flag.WORDS);
  }
  emit.afterCall(LEFT_WORD);
}

/** General registers that a handler reads or writes: all of them, unless its row is one of float operands. */
function usedRegisters({ slot, base, index }: Operation): { read: number; written: number } {
  const row = slot?.encoding.row;
  const float = row !== undefined && (/^(x87|vector|packed|scalar)/.test(row.form) || /^F/.test(row.mnemonic));
  const general = slot?.encoding.operands.some((operand) => /^(rr?32|r\/m|r32|AX|EAX)/.test(operand)) ?? true;
  if (!float || general) return { read: ALL_REGISTERS, written: ALL_REGISTERS };
  const named = (base === ZERO ? 0 : 1 << base) | (index === ZERO ? 0 : 1 << index);
  const status = row.mnemonic === "FNSTSW" ? 1 << EAX : 0;
  return { read: named | status, written: status };
}

function emitForm(to: Lowering, slot: Slot): void {
  const { encoding, variant } = slot;
  const { operands, row } = encoding;
  const { emit, operation } = to;
  const lower = row.lower ?? to.decline;
  to.size = encoding.size;
  const inMemory = (operand: string): boolean => isMemory(operand, variant);
  const value = (operand: string): number => {
    const size = widthOf(operand);
    if (inMemory(operand)) return read(emit, operandAddress(emit, operation, false), size);
    return registerValue(emit, operand, operation, size);
  };
  const [first, second] = operands;
  const size = first === undefined ? 0 : widthOf(first);
  const memory = first !== undefined && inMemory(first);
  const assign = (operand: string, from: number): void => {
    emit.setPart(widthOf(operand), registerIndex(operand, operation), from);
  };
  switch (row.form) {
    case "modify": {
      if (memory) {
        const { place, value: old } = readForWrite(emit, operandAddress(emit, operation, true), size);
        lower(to, old, ...operands.slice(1).map(value));
        writeBack(emit, place, size, emit.keep());
      } else {
        lower(to, ...operands.map(value));
        assign(first, emit.keep());
      }
      return;
    }
    case "read":
      lower(to, ...operands.map(value));
      return;
    case "write": {
      const address = memory ? operandAddress(emit, operation, true) : -1;
      lower(to, ...operands.slice(1).map(value));
      const result = emit.keep();
      if (memory) write(emit, address, size, result);
      else assign(first, result);
      if (row.mnemonic === "MOVZX" && size === 32)
        emit.learnNarrow(registerIndex(first, operation), widthOf(second) as 8 | 16);
      return;
    }
    case "set": {
      const address = memory ? operandAddress(emit, operation, true) : -1;
      lower(to);
      const result = emit.keep();
      if (memory) write(emit, address, size, result);
      else assign(first, result);
      return;
    }
    case "move": {
      const moved = value(second);
      const old = value(first);
      emit.w.get(moved).get(old);
      lower(to);
      emit.w.op(SELECT);
      assign(first, emit.keep());
      return;
    }
    case "exchange":
      exchange(to, lower, encoding, memory);
      return;
    case "transfer":
      lower(to, value(first));
      return;
    case "branch":
    case "direct":
    case "x87":
      lower(to);
      return;
    case "vector":
    case "packed32":
    case "packed64":
    case "scalar32":
    case "scalar64":
      emitVector(to, lower, encoding, variant);
      return;
    default:
      to.decline();
  }
}
const SELECT = 0x1b;

function exchange(
  to: Lowering,
  lower: NonNullable<Encoding["row"]["lower"]>,
  encoding: Encoding,
  memory: boolean,
): void {
  const { emit, operation } = to;
  const [first, second] = encoding.operands;
  const size = widthOf(first);
  const registerOf = (operand: string): number => registerIndex(operand, operation);
  emit.part(size, registerOf(second));
  const other = emit.keep();
  if (memory) {
    const { place, value } = readForWrite(emit, operandAddress(emit, operation, true), size);
    lower(to, value, other);
    writeBack(emit, place, size, emit.keep());
    emit.setPart(size, registerOf(second), value);
    return;
  }
  emit.part(size, registerOf(first));
  const old = emit.keep();
  lower(to, old, other);
  const result = emit.keep();
  emit.setPart(size, registerOf(second), old);
  emit.setPart(size, registerOf(first), result);
}

function registerIndex(operand: string, operation: Operation): number {
  return FIXED[operand] ?? (isRm(operand) ? operation.rm : operation.reg);
}

/** A local with the immediate: a constant, or read where it lies. */
function immediate(emit: Emitter, operation: Operation): number {
  if (emit.loose < 0) return emit.constant(operation.immediate);
  emit.w.word(CONTROL_AREA_SIZE + emit.loose);
  return emit.keep();
}

function registerValue(emit: Emitter, operand: string, operation: Operation, size: number): number {
  if (operand === "1") return emit.constant(1);
  if (/imm/.test(operand)) return immediate(emit, operation);
  const index = registerIndex(operand, operation);
  if (size === 32) {
    emit.read |= 1 << index;
    return local.GPR + index;
  }
  emit.part(size, index);
  return emit.keep();
}
