/**
 * The decoder: instruction bytes → Operation.
 *
 * Here: prefixes, opcode, ModR/M, SIB, displacement, immediates, for 16- and 32-bit code segments. It reads from a window
 * of bytes that is zero-filled behind what is available, so it never fails: an instruction longer than the
 * window simply reports its length. SDM Vol. 2A, chapter 2.
 * @module
 */
import { raiseGeneralProtection } from "../interrupt/exception.ts";
import { undefinedOpcode } from "../isa/miscellaneous.ts";
import {
  MAP_0F,
  MAP_66,
  MAP_F2,
  MAP_F3,
  OPCODE_MAP,
  type OpcodeEntry,
  opcodeIndex,
  type Slot,
} from "../isa/opcode-map.ts";
import { type Execute, FLAT, Operation, REP_NONE, REPE, REPNE } from "../isa/operation.ts";
import { type Core, VARIANT_16, VARIANT_FLAT } from "../state/core.ts";
import { CS, DS, FS, SS } from "../state/descriptor.ts";
import { mmxRegister, xmmRegister } from "../state/fpu.ts";
import { ALL_FEATURES } from "../state/model.ts";
import { byteRegister, EBP, EBX, EDI, ESI, ESP, wordRegister, ZERO } from "../state/registers.ts";
import { ADDRESS_SIZE, LOCK, OPERAND_SIZE, REP_PREFIX, REPNE_PREFIX, segmentOverride } from "./prefix.ts";

/** Longest legal instruction. */
export const MAX_LENGTH = 15;

/** 0F 20 to 0F 23, MOV of control and debug registers: both operands are registers whatever mod says. SDM Vol. 2B, MOV. */
const MOV_SPECIAL = 0x20;

function tooLong(core: Core): never {
  raiseGeneralProtection(core);
}

/** Base and index of the 16-bit addressing forms. SDM Vol. 2A, table 2-1. */
const BASE_16 = [EBX, EBX, EBP, EBP, ESI, EDI, EBP, EBX];
const INDEX_16 = [ESI, EDI, ESI, EDI, ZERO, ZERO, ZERO, ZERO];

function registerIndex(number: number, width: number): number {
  if (width > 32) return width === 64 ? mmxRegister(number) : xmmRegister(number);
  return width === 8 ? byteRegister(number) : width === 16 ? wordRegister(number) : number;
}

export class Decoder {
  /** Instruction bytes from the start; the caller fills it, zeros behind. */
  readonly window: Uint8Array = new Uint8Array(32);
  /** Bytes the last decoded instruction has, or would have. */
  length = 0;
  /** The last decoded instruction ends its block. */
  ends = false;
  readonly #view = new DataView(this.window.buffer);
  readonly #handlers: Readonly<Record<string, Execute>>;
  readonly #codes: ReadonlyMap<Execute, number>;
  readonly #features: number;

  /**
   * `codes`: handler name → case of the dispatch loop, for flat segments and 32-bit addresses.
   * `features`: rows that need another one are #UD (state/model.ts).
   */
  constructor(
    handlers: Readonly<Record<string, Execute>>,
    codes: Readonly<Record<string, number>> = {},
    features: number = ALL_FEATURES,
  ) {
    this.#handlers = handlers;
    this.#codes = new Map(Object.entries(codes).map(([name, code]) => [handlers[name], code]));
    this.#features = features;
  }

  /**
   * Decodes the instruction in the window.
   *
   * @param offset where it starts in its page
   * @param variant VARIANT_FLAT leaves out the checks of CS, DS, ES and SS; VARIANT_16 is 16-bit code
   */
  decode(offset: number, variant: number): Operation {
    const flat = variant === VARIANT_FLAT;
    const wide = variant !== VARIANT_16;
    const bytes = this.window;
    let at = 0;
    let operandSize: 16 | 32 = wide ? 32 : 16;
    let addressMask = wide ? -1 : 0xffff;
    let lock = false;
    let repeat = REP_NONE;
    let override = -1;
    let prefixed = MAP_0F;
    for (; at < MAX_LENGTH; at++) {
      const byte = bytes[at];
      const segment = segmentOverride(byte);
      if (segment >= 0) override = segment;
      else if (byte === OPERAND_SIZE) {
        operandSize = wide ? 16 : 32;
        prefixed = MAP_66;
      } else if (byte === ADDRESS_SIZE) addressMask = wide ? 0xffff : -1;
      else if (byte === LOCK) lock = true;
      else if (byte === REPNE_PREFIX) repeat = REPNE;
      else if (byte === REP_PREFIX) repeat = REPE;
      else break;
    }
    let map = 0;
    let opcode = bytes[at++];
    if (opcode === 0x0f) {
      map = repeat === REPE ? MAP_F3 : repeat === REPNE ? MAP_F2 : prefixed;
      opcode = bytes[at++];
    }
    const operation = new Operation(undefinedOpcode);
    operation.offset = offset;
    operation.addressMask = addressMask;
    operation.repeat = repeat;
    operation.falls = false;
    this.ends = true;
    const entry: OpcodeEntry | null = OPCODE_MAP[opcodeIndex(map, operandSize, opcode)];
    if (entry === null) return this.#finish(operation, at, offset);

    let slot: Slot | null;
    let segment = DS;
    if (entry.modrm) {
      const modrm = bytes[at++];
      const mod = map !== 0 && (opcode & 0xfc) === MOV_SPECIAL ? 3 : modrm >>> 6;
      const reg = (modrm >>> 3) & 7;
      // What the last-opcode register of the x87 shows.
      if (map === 0) operation.immediate = ((opcode & 7) << 8) | modrm;
      const pair = entry.digits === null ? entry.plain : entry.digits[reg];
      slot = mod === 3 ? (entry.exact?.[modrm & 63] ?? pair.reg) : pair.mem;
      operation.reg = registerIndex(reg, slot === null ? 0 : slot.registerWidth);
      if (mod === 3) operation.rm = registerIndex(modrm & 7, slot === null ? 0 : slot.rmWidth);
      else if (addressMask < 0) {
        at = this.#address32(operation, mod, modrm & 7, at);
        segment = operation.base === ESP || operation.base === EBP ? SS : DS;
      } else {
        at = this.#address16(operation, mod, modrm & 7, at);
        segment = operation.base === EBP ? SS : DS;
      }
    } else {
      slot = entry.plain.reg ?? entry.plain.mem;
      if (slot?.encoding.registerInOpcode) operation.reg = registerIndex(opcode & 7, slot.registerWidth);
    }
    if (slot === null || (slot.feature & ~this.#features) !== 0 || (lock && !slot.lockable))
      return this.#finish(operation, at, offset);

    if (override >= 0) segment = override;
    // Even a flat CS refuses writes.
    operation.segment = flat && segment < FS && segment !== CS ? FLAT : segment;
    at = this.#immediate(operation, slot, at, addressMask);
    operation.execute = slot.direct ?? this.#handlers[slot.handler];
    operation.slot = slot;
    if (flat && operation.segment === FLAT && addressMask < 0) {
      const code = this.#codes.get(operation.execute) ?? 0;
      operation.code = code !== 0 && operation.index !== ZERO ? code + 1 : code;
    }
    const { ends, outside = false } = slot.encoding.row;
    this.ends = ends !== undefined && (ends !== "alone" || repeat !== REP_NONE || outside);
    operation.falls = ends === undefined || ends === "falls" || (ends === "alone" && repeat === REP_NONE);
    return this.#finish(operation, at, offset);
  }

  #finish(operation: Operation, length: number, offset: number): Operation {
    this.length = length;
    if (length > MAX_LENGTH) {
      operation.execute = tooLong;
      operation.slot = null;
      operation.code = 0;
      operation.falls = false;
      this.ends = true;
    }
    operation.end = offset + length;
    operation.target = (operation.target + operation.end) | 0;
    return operation;
  }

  #address32(operation: Operation, mod: number, rm: number, start: number): number {
    let at = start;
    let base = rm;
    if (rm === 4) {
      const sib = this.window[at++];
      base = sib & 7;
      const index = (sib >>> 3) & 7;
      if (index !== 4) {
        operation.index = index;
        operation.scale = sib >>> 6;
      }
    }
    if (mod === 0 && base === EBP) {
      operation.displacement = this.#view.getInt32(at, true);
      return at + 4;
    }
    operation.base = base;
    if (mod === 1) operation.displacement = this.#view.getInt8(at++);
    else if (mod === 2) {
      operation.displacement = this.#view.getInt32(at, true);
      at += 4;
    }
    return at;
  }

  #address16(operation: Operation, mod: number, rm: number, at: number): number {
    if (mod === 0 && rm === 6) {
      operation.displacement = this.#view.getUint16(at, true);
      return at + 2;
    }
    operation.base = BASE_16[rm];
    operation.index = INDEX_16[rm];
    if (mod === 1) {
      operation.displacement = this.#view.getInt8(at);
      return at + 1;
    }
    if (mod === 2) {
      operation.displacement = this.#view.getUint16(at, true);
      return at + 2;
    }
    return at;
  }

  /** Reads what follows; relative targets come out relative to the end of the instruction. */
  #immediate(operation: Operation, slot: Slot, at: number, addressMask: number): number {
    const view = this.#view;
    switch (slot.immediate) {
      case "none":
        return at;
      case "imm8":
        operation.immediate = view.getUint8(at);
        return at + 1;
      case "simm8":
        operation.immediate = slot.encoding.size === 16 ? view.getInt8(at) & 0xffff : view.getInt8(at);
        return at + 1;
      case "imm16":
        operation.immediate = view.getUint16(at, true);
        return at + 2;
      case "imm32":
        operation.immediate = view.getInt32(at, true);
        return at + 4;
      case "rel8":
        operation.target = view.getInt8(at);
        return at + 1;
      case "rel16":
        operation.target = view.getInt16(at, true);
        return at + 2;
      case "rel32":
        operation.target = view.getInt32(at, true);
        return at + 4;
      case "moffs":
        if (addressMask < 0) {
          operation.displacement = view.getInt32(at, true);
          return at + 4;
        }
        operation.displacement = view.getUint16(at, true);
        return at + 2;
      case "ptr16:16":
        operation.immediate = view.getUint16(at, true);
        operation.immediate2 = view.getUint16(at + 2, true);
        return at + 4;
      case "ptr16:32":
        operation.immediate = view.getInt32(at, true);
        operation.immediate2 = view.getUint16(at + 4, true);
        return at + 6;
      case "imm16, imm8":
        operation.immediate = view.getUint16(at, true);
        operation.immediate2 = view.getUint8(at + 2);
        return at + 3;
    }
  }
}
