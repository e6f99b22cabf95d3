/**
 * Loads and stores of compiled code: the TLB's hit path inline, the rest a call.
 *
 * Here: linear addresses of operands, reads, writes, and reads that a write to the same place follows. A miss calls the host, which translates
 * and fills the TLB as the interpreter does, and may make the function be left before the instruction. So an instruction
 * may change no register and no flag before its last access. TLB: mmu/tlb.ts.
 * @module
 */
import { FLAT, type Operation } from "../isa/operation.ts";
import { OFFSET_MASK } from "../mmu/tlb.ts";
import {
  ADDENDS,
  ADDENDS_ENTRIES,
  CONTROL_AREA_SIZE,
  FS_WORD,
  GS_WORD,
  LEFT_WORD,
  TLB_AREA,
} from "../state/control-area.ts";
import { CS, FS, GS } from "../state/descriptor.ts";
import { ZERO } from "../state/registers.ts";
import type { Extent } from "./anchors.ts";
import type { Emitter } from "./emitter.ts";
import * as local from "./locals.ts";
import * as op from "./wasm/opcodes.ts";

const LOADS: Readonly<Record<number, number>> = { 8: op.I32_LOAD8_U, 16: op.I32_LOAD16_U, 32: op.I32_LOAD };
const STORES: Readonly<Record<number, number>> = { 8: op.I32_STORE8, 16: op.I32_STORE16, 32: op.I32_STORE };
/** Words of an entry, in bytes. */
export const READABLE = 0;
export const WRITABLE = 4;
const ADDEND = 8;

/** Pushes the offset of the memory operand in its segment. */
export function pushOffset(to: Emitter, operation: Operation): void {
  const { w } = to;
  const { base, index, scale, displacement, addressMask } = operation;
  let terms = 0;
  const add = (): void => {
    if (terms++ > 0) w.op(op.I32_ADD);
  };
  if (base !== ZERO) {
    to.register(base);
    add();
  }
  if (index !== ZERO) {
    to.register(index);
    if (scale > 0) w.const(scale).op(op.I32_SHL);
    add();
  }
  if (displacement !== 0 || terms === 0) {
    w.const(displacement);
    add();
  }
  if (addressMask >= 0) w.const(addressMask).op(op.I32_AND);
}

/** Turns the offset on the stack into a linear address in a new local. */
export function linearOf(to: Emitter, segment: number, write: boolean): number {
  const { w } = to;
  if (segment === FLAT || (segment === CS && !write)) return to.keep();
  const offset = to.keep();
  const word = segment === FS ? FS_WORD : segment === GS ? GS_WORD : -1;
  if (word < 0) {
    interpret(to);
    return offset;
  }
  w.get(offset)
    .word(word + 4)
    .op(op.I32_GE_U);
  w.hint(false).if();
  interpret(to);
  w.end();
  w.get(offset).word(word).op(op.I32_ADD).set(offset);
  return offset;
}

/** Leaves before the instruction; the interpreter does the rest of the block. */
export function interpret(to: Emitter): void {
  to.call("interpret");
  to.w.br(to.ways.exit);
}

/** A local with the linear address of the memory operand. */
export function operandAddress(to: Emitter, operation: Operation, write: boolean): number {
  const { base, index, displacement, addressMask, segment } = operation;
  pushOffset(to, operation);
  const address = linearOf(to, segment, write);
  if (segment === FLAT && base !== ZERO && index === ZERO && addressMask < 0)
    to.anchors.note(address, base, displacement);
  return address;
}

/** Pushes whether the TLB has the page of the last byte; `entry` gets the entry's offset. */
export function pushHit(to: Emitter, address: number, size: number, word: number, entry: number): void {
  const { w } = to;
  w.get(address).const(8).op(op.I32_SHR_U).const(OFFSET_MASK).op(op.I32_AND).get(local.TLB).op(op.I32_ADD).tee(entry);
  w.memory(op.I32_LOAD, TLB_AREA + word).get(address);
  if (size > 8) w.const(size / 8 - 1).op(op.I32_ADD);
  w.const(-4096).op(op.I32_AND, op.I32_EQ);
}

/** Pushes the RAM address of a linear one. */
export function pushAddress(to: Emitter, address: number, entry: number): void {
  to.w
    .get(entry)
    .memory(op.I32_LOAD, TLB_AREA + ADDEND)
    .get(address)
    .op(op.I32_ADD);
}

/**
 * `hit` emits what to do with a place in RAM: what `push` pushes, and `offset`; `miss` emits the call of the host.
 * Nothing is on the stack before and behind either.
 */
function access(
  to: Emitter,
  address: number,
  size: number,
  word: number,
  hit: (push: () => void, offset: number) => void,
  miss: () => void,
): void {
  const { w, anchors } = to;
  const near = anchors.find(address, size, word === WRITABLE);
  if (near !== null) {
    w.get(near.local).const(0).op(op.I32_GE_S);
    w.hint(true).if();
    hit(() => w.get(near.local), CONTROL_AREA_SIZE + near.distance);
    w.else();
  }
  const extent = near === null ? anchors.extent(address, size, word === WRITABLE) : null;
  const entry = to.temporary();
  pushHit(to, address, size, word, entry);
  w.hint(true).if();
  const push = (): void => {
    if (to.chained && word === READABLE) pushGuessed(to, address, entry);
    else pushAddress(to, address, entry);
  };
  if (extent === null) hit(push, CONTROL_AREA_SIZE);
  else {
    setAnchor(to, address, entry, extent, push);
    hit(() => w.get(entry), CONTROL_AREA_SIZE);
  }
  w.else();
  miss();
  to.afterCall(LEFT_WORD);
  w.end();
  if (near !== null) w.end();
}

/** Puts the place in RAM into `entry`, and into the anchor's local if all of the extent lies in the same page. */
function setAnchor(to: Emitter, address: number, entry: number, extent: Extent, push: () => void): void {
  const { w } = to;
  const { before, behind, writes } = extent;
  const offset = w.get(address).const(0xfff).op(op.I32_AND);
  if (before > 0) offset.const(before).op(op.I32_SUB);
  w.const(4096 - before - behind).op(op.I32_LE_U);
  if (writes) {
    w.get(entry).memory(op.I32_LOAD, TLB_AREA + WRITABLE);
    w.get(entry)
      .memory(op.I32_LOAD, TLB_AREA + READABLE)
      .op(op.I32_EQ, op.I32_AND);
  }
  w.set(extent.local);
  push();
  w.tee(entry).const(-1).get(extent.local).op(op.SELECT).set(extent.local);
}

/** A local with the value of `size` bits at a linear address, zero-extended. */
export function read(to: Emitter, address: number, size: number): number {
  const { w } = to;
  const value = to.temporary();
  access(
    to,
    address,
    size,
    READABLE,
    (push, offset) => {
      push();
      w.memory(LOADS[size], offset).set(value);
    },
    () => {
      w.get(address);
      to.call(`read${size as 8 | 16 | 32}`);
      w.set(value);
    },
  );
  return value;
}

/**
 * As pushAddress(), by what the TLB added here last, if it still does: the processor foretells that, and goes on before the
 * TLB has answered.
 */
function pushGuessed(to: Emitter, address: number, entry: number): void {
  const { w } = to;
  const word = ADDENDS + 4 * ((to.site * ADDENDS_HASH) & (ADDENDS_ENTRIES - 1));
  w.get(entry)
    .memory(op.I32_LOAD, TLB_AREA + ADDEND)
    .tee(entry)
    .word(word)
    .op(op.I32_NE);
  w.hint(false).if();
  w.setWord(word, entry);
  w.end();
  w.word(word).get(address).op(op.I32_ADD);
}
/** Spreads sites, which are 64 apart from block to block. */
const ADDENDS_HASH = 7;

/** Reads what will be written: where it lies in RAM, and its value. */
export function readForWrite(to: Emitter, address: number, size: number): { place: number; value: number } {
  const { w } = to;
  const place = to.temporary();
  access(
    to,
    address,
    size,
    WRITABLE,
    (push, offset) => {
      push();
      if (offset !== CONTROL_AREA_SIZE) w.const(offset - CONTROL_AREA_SIZE).op(op.I32_ADD);
      w.set(place);
    },
    () => {
      w.get(address);
      to.call(`modify${size as 8 | 16 | 32}`);
      w.set(place);
    },
  );
  w.get(place).memory(LOADS[size], CONTROL_AREA_SIZE);
  return { place, value: to.keep() };
}

/** Writes the low bits of a local to where readForWrite() found the operand. */
export function writeBack(to: Emitter, place: number, size: number, value: number): void {
  to.w.get(place).get(value).memory(STORES[size], CONTROL_AREA_SIZE);
}

/** Writes the low bits of a local to a linear address. */
export function write(to: Emitter, address: number, size: number, value: number): void {
  const { w } = to;
  access(
    to,
    address,
    size,
    WRITABLE,
    (push, offset) => {
      push();
      w.get(value).memory(STORES[size], offset);
    },
    () => {
      w.get(address).get(value);
      to.call(`write${size as 8 | 16 | 32}`);
    },
  );
}
