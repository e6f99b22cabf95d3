/**
 * Accesses near an earlier one: those of a block that add constants to the same register, such as a stack frame's.
 *
 * The first of them, the anchor, goes through the TLB and sees whether all that follow lie in its page. If so a local
 * gets its place in RAM, and the others find theirs by adding a constant. The local is negative where that does not hold, and behind each call
 * of the host, which may change what the TLB holds; so it holds whenever the TLB would hit. Only within a block.
 * Here: which accesses belong together. Not here: emitting them (→ memory-access.ts).
 * @module
 */
import { isMemory, widthOf } from "../isa/encoding.ts";
import { FLAT, type Operation } from "../isa/operation.ts";
import { ESP, ZERO } from "../state/registers.ts";
import * as local from "./locals.ts";
import type { CodeWriter } from "./wasm/code-writer.ts";

/** An address: what a register held in its `version`, and a constant. */
interface Place {
  readonly register: number;
  readonly version: number;
  readonly offset: number;
}

interface Anchor extends Place {
  readonly local: number;
  /** Offsets that were looked at, and whether the page may be written. */
  readonly low: number;
  readonly high: number;
  readonly writable: boolean;
}

/** What the first access must find out: bytes before and behind its address, and whether the page may be written. */
export interface Extent {
  readonly local: number;
  readonly before: number;
  readonly behind: number;
  readonly writes: boolean;
}

/** Fewer accesses than these behind the first are not worth it. */
const WORTHWHILE = 2;

export class Anchors {
  readonly #w: CodeWriter;
  /** Whether the function is worth the larger code. */
  enabled = false;
  #operations: readonly Operation[] = [];
  #position = 0;
  readonly #versions: number[] = new Array(8).fill(0);
  /** What was added to a register in its version. */
  readonly #moved: number[] = new Array(8).fill(0);
  /** Locals of this instruction that hold addresses. */
  readonly #places = new Map<number, Place>();
  #anchors: Anchor[] = [];

  constructor(writer: CodeWriter) {
    this.#w = writer;
  }

  /** A block begins. */
  begin(operations: readonly Operation[]): void {
    this.#operations = operations;
    this.#anchors = [];
    if (!this.enabled || operations.length <= WORTHWHILE) return;
    for (let i = 0; i < local.ANCHOR_COUNT; i++) this.#w.const(-1).set(local.ANCHORS + i);
  }

  /** The instruction at a position of the block begins. */
  at(position: number): void {
    this.#position = position;
    this.#places.clear();
  }

  /** A local is the sum of a register and a constant. */
  note(address: number, register: number, offset: number): void {
    this.#places.set(address, {
      register,
      version: this.#versions[register],
      offset: offset + this.#moved[register],
    });
  }

  /** A register gets another value. */
  changed(register: number): void {
    this.#versions[register]++;
    this.#moved[register] = 0;
  }

  /** A register is moved by a constant. */
  step(register: number, by: number): void {
    this.#moved[register] += by;
  }

  /** Behind a call of the host no anchor holds. */
  called(): void {
    for (const anchor of this.#anchors) this.#w.const(-1).set(anchor.local);
  }

  /** The anchor that an access may use, and how far from it. */
  find(address: number, size: number, write: boolean): { local: number; distance: number } | null {
    const place = this.#places.get(address);
    const anchor = this.#anchors.find(
      (each) => each.register === place?.register && each.version === place.version && (each.writable || !write),
    );
    if (place === undefined || anchor === undefined) return null;
    if (place.offset < anchor.low || place.offset + size / 8 > anchor.high) return null;
    return { local: anchor.local, distance: place.offset - anchor.offset };
  }

  /** What an access must find out to be an anchor; null: it is no use. */
  extent(address: number, size: number, write: boolean): Extent | null {
    const place = this.#places.get(address);
    if (!this.enabled || place === undefined || this.#anchors.length === local.ANCHOR_COUNT) return null;
    if (this.#operations.length <= WORTHWHILE) return null;
    const { register, version, offset } = place;
    if (version !== this.#versions[register]) return null;
    const span = { low: offset, high: offset + size / 8, count: 0, writes: false };
    let moved = this.#moved[register];
    for (let i = this.#position; i < this.#operations.length; i++) {
      const found = accessOf(this.#operations[i], register);
      if (found === null) break;
      if (i > this.#position && found.size > 0) {
        const at = moved + found.offset;
        span.count++;
        span.low = Math.min(span.low, at);
        span.high = Math.max(span.high, at + found.size);
        span.writes ||= found.writes;
      }
      moved += found.step;
      if (found.last) break;
    }
    if (span.count < WORTHWHILE || span.high - span.low > 2048) return null;
    const { low, high, writes } = span;
    const anchor = {
      register,
      version,
      offset,
      low,
      high,
      writable: writes || write,
      local: local.ANCHORS + this.#anchors.length,
    };
    this.#anchors.push(anchor);
    return { local: anchor.local, before: offset - low, behind: high - offset, writes: writes && !write };
  }
}

/** How an operation uses a register as an address: bytes, where, what it adds; `last`: it sets it. null: nobody knows. */
interface Use {
  readonly offset: number;
  readonly size: number;
  readonly writes: boolean;
  readonly step: number;
  readonly last: boolean;
}

const UNUSED: Use = { offset: 0, size: 0, writes: false, step: 0, last: false };
/** Forms of rows whose operands tell all that they do. */
const TOLD: ReadonlySet<string> = new Set(["read", "write", "modify", "move", "set", "branch"]);
const KNOWN: ReadonlySet<string> = new Set(["LEA", "CDQ", "CWDE", "PUSH", "POP", "CALL", "RET"]);

function accessOf(operation: Operation, register: number): Use | null {
  const { slot, base, index, displacement, addressMask, segment } = operation;
  if (slot === null || slot.encoding.row.lower === undefined) return null;
  const { row, operands, size } = slot.encoding;
  if (!TOLD.has(row.form) && !KNOWN.has(row.mnemonic)) return null;
  if (register === ESP && (row.mnemonic === "PUSH" || row.mnemonic === "CALL")) {
    return size === 32 ? { offset: -4, size: 4, writes: true, step: -4, last: row.mnemonic === "CALL" } : null;
  }
  if (register === ESP && (row.mnemonic === "POP" || row.mnemonic === "RET")) {
    return size === 32 ? { offset: 0, size: 4, writes: false, step: 4, last: row.mnemonic === "RET" } : null;
  }
  const [first] = operands;
  const memory = operands.find((operand) => isMemory(operand, slot.variant));
  const sets =
    first !== undefined && first !== memory && row.form !== "read" && setsRegister(first, operation, register);
  if (memory === undefined || row.mnemonic === "LEA" || base !== register || index !== ZERO)
    return sets ? { ...UNUSED, last: true } : UNUSED;
  if (addressMask >= 0 || segment !== FLAT) return sets ? { ...UNUSED, last: true } : UNUSED;
  const writes = memory === first && row.form !== "read" && row.mnemonic !== "PUSH";
  return { offset: displacement, size: widthOf(memory) / 8, writes, step: 0, last: sets };
}

function setsRegister(operand: string, { reg, rm }: Operation, register: number): boolean {
  if (/^(AL|AX|EAX)$/.test(operand)) return register === 0;
  if (!/^(rr?|r\/m)(8|16|32)$/.test(operand)) return true;
  const size = widthOf(operand);
  const index = operand.startsWith("r/m") || operand.startsWith("rr") ? rm : reg;
  return register === (size === 8 ? index >> 2 : size === 16 ? index >> 1 : index);
}
