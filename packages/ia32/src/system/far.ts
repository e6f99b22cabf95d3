/**
 * Far transfers: JMP, CALL and RET to another code segment, call gates, returns to outer levels.
 *
 * Here: the checks of protected mode in the manual's order, and what real mode does instead.
 * Not here: instruction rows (→ isa/far-transfer.ts), task switches (→ task.ts). SDM Vol. 3A, 5.8.
 * @module
 */
import { raiseGeneralProtection, raiseWithCode, VECTOR_GP, VECTOR_NP } from "../interrupt/exception.ts";
import { read16, read32 } from "../mmu/access.ts";
import { tableEntry } from "../mmu/descriptor-table.ts";
import { checkSegment, loadCodeSegment, loadRealSegment, loadSelector } from "../mmu/segmentation.ts";
import type { Core } from "../state/core.ts";
import {
  CONFORMING,
  CS,
  DS,
  ES,
  EXECUTABLE,
  FS,
  GS,
  NOT_SYSTEM,
  nullSegment,
  PRESENT,
  SS,
  type TableEntry,
} from "../state/descriptor.ts";
import { EIP, ESP } from "../state/registers.ts";
import { pushFrame, type Stack, setLevel, stackOfLevel } from "./frame.ts";
import { switchByGate, switchBySegment, TASK_CALL, TASK_JUMP } from "./task.ts";

// Types of system descriptors. SDM Vol. 3A, table 3-2.
const TSS_16 = 1;
const CALL_GATE_16 = 4;
const TASK_GATE = 5;
const TSS_32 = 9;
const CALL_GATE_32 = 12;

function isCode(entry: TableEntry): boolean {
  return (entry.access & (NOT_SYSTEM | EXECUTABLE)) === (NOT_SYSTEM | EXECUTABLE);
}

function isConforming(entry: TableEntry): boolean {
  return (entry.access & CONFORMING) !== 0;
}

function mustBePresent(core: Core, entry: TableEntry, selector: number): void {
  if ((entry.access & PRESENT) === 0) raiseWithCode(core, VECTOR_NP, selector & 0xfffc);
}

function entryOrFault(core: Core, selector: number): TableEntry {
  if ((selector & 0xfffc) === 0) raiseGeneralProtection(core);
  const entry = tableEntry(core, selector);
  if (entry === null) raiseWithCode(core, VECTOR_GP, selector & 0xfffc);
  return entry;
}

/** A code segment that JMP or CALL names directly. */
function checkDirect(core: Core, entry: TableEntry, selector: number, offset: number): void {
  const allowed = isConforming(entry) ? entry.dpl <= core.cpl : (selector & 3) <= core.cpl && entry.dpl === core.cpl;
  if (!allowed) raiseWithCode(core, VECTOR_GP, selector & 0xfffc);
  mustBePresent(core, entry, selector);
  if (offset >>> 0 > entry.limit) raiseGeneralProtection(core);
}

/** A gate or TSS descriptor that JMP or CALL may use. */
function checkSystem(core: Core, entry: TableEntry, selector: number): void {
  const type = entry.access & 15;
  const known = [TSS_16, CALL_GATE_16, TASK_GATE, TSS_32, CALL_GATE_32].includes(type);
  if (
    !core.architectural ||
    (entry.access & NOT_SYSTEM) !== 0 ||
    !known ||
    entry.dpl < Math.max(core.cpl, selector & 3)
  )
    raiseWithCode(core, VECTOR_GP, selector & 0xfffc);
  mustBePresent(core, entry, selector);
}

function currentStack(core: Core): Stack {
  return { segment: core.segments[SS], pointer: core.r[ESP] };
}

function enterReal(core: Core, selector: number, offset: number): void {
  loadRealSegment(core, CS, selector);
  core.r[EIP] = offset;
}

/** JMP ptr16:16/32 or m16:16/32. `next` is the EIP behind the instruction. */
export function farJump(core: Core, selector: number, offset: number, next: number): void {
  if (!core.selectors) {
    if (offset >>> 0 > core.segments[CS].limit) raiseGeneralProtection(core);
    enterReal(core, selector, offset);
    return;
  }
  const entry = entryOrFault(core, selector);
  if (isCode(entry)) {
    checkDirect(core, entry, selector, offset);
    loadCodeSegment(core, selector, entry);
    core.r[EIP] = offset;
    return;
  }
  checkSystem(core, entry, selector);
  const type = entry.access & 15;
  if (type === TASK_GATE) switchByGate(core, entry, TASK_JUMP, next);
  else if (type === TSS_16 || type === TSS_32) switchBySegment(core, selector, entry, TASK_JUMP, next);
  else {
    const target = gateTarget(core, entry);
    if (!isConforming(target.entry) && target.entry.dpl !== core.cpl)
      raiseWithCode(core, VECTOR_GP, target.selector & 0xfffc);
    mustBePresent(core, target.entry, target.selector);
    if (target.offset >>> 0 > target.entry.limit) raiseGeneralProtection(core);
    loadCodeSegment(core, target.selector, target.entry);
    core.r[EIP] = target.offset;
  }
}

/** The code segment and offset that a call gate leads to. */
function gateTarget(core: Core, gate: TableEntry): { selector: number; entry: TableEntry; offset: number } {
  const selector = gate.low >>> 16;
  const entry = entryOrFault(core, selector);
  if (!isCode(entry) || entry.dpl > core.cpl) raiseWithCode(core, VECTOR_GP, selector & 0xfffc);
  const wide = (gate.access & 15) === CALL_GATE_32;
  return { selector, entry, offset: (gate.low & 0xffff) | (wide ? gate.high & 0xffff0000 : 0) };
}

/** CALL ptr16:16/32 or m16:16/32; `size` is the operand size in bytes. */
export function farCall(core: Core, selector: number, offset: number, size: 2 | 4, next: number): void {
  const from = core.segments[CS].selector;
  if (!core.selectors) {
    if (offset >>> 0 > core.segments[CS].limit) raiseGeneralProtection(core);
    core.r[ESP] = pushFrame(core, currentStack(core), [from, next], size, core.cpl, 0);
    enterReal(core, selector, offset);
    return;
  }
  const entry = entryOrFault(core, selector);
  if (isCode(entry)) {
    checkDirect(core, entry, selector, offset);
    core.r[ESP] = pushFrame(core, currentStack(core), [from, next], size, core.cpl, 0);
    loadCodeSegment(core, selector, entry);
    core.r[EIP] = offset;
    return;
  }
  checkSystem(core, entry, selector);
  const type = entry.access & 15;
  if (type === TASK_GATE) switchByGate(core, entry, TASK_CALL, next);
  else if (type === TSS_16 || type === TSS_32) switchBySegment(core, selector, entry, TASK_CALL, next);
  else callThroughGate(core, entry, next);
}

function callThroughGate(core: Core, gate: TableEntry, next: number): void {
  const { selector, entry, offset } = gateTarget(core, gate);
  mustBePresent(core, entry, selector);
  const size = (gate.access & 15) === CALL_GATE_32 ? 4 : 2;
  const back = [core.segments[CS].selector, next];
  if (isConforming(entry) || entry.dpl === core.cpl) {
    if (offset >>> 0 > entry.limit) raiseGeneralProtection(core);
    core.r[ESP] = pushFrame(core, currentStack(core), back, size, core.cpl, 0);
  } else {
    const stack = stackOfLevel(core, entry.dpl, 0);
    if (offset >>> 0 > entry.limit) raiseGeneralProtection(core);
    const parameters = Array.from({ length: gate.high & 31 }, (_, i) => readStack(core, i * size, size)).reverse();
    const frame = [core.segments[SS].selector, core.r[ESP], ...parameters, ...back];
    const pointer = pushFrame(core, stack, frame, size, entry.dpl, stack.segment.selector & 0xfffc);
    setLevel(core, entry.dpl);
    core.setSegment(SS, stack.segment);
    core.r[ESP] = pointer;
  }
  loadCodeSegment(core, selector, entry);
  core.r[EIP] = offset;
}

/** What lies `distance` bytes above the top of the stack, `size` bytes; a selector is read with 2. */
export function readStack(core: Core, distance: number, size: 2 | 4): number {
  const address = checkSegment(core, SS, (core.r[ESP] + distance) & core.stackMask, size, false);
  return size === 2 ? read16(core, address) : read32(core, address);
}

/** Takes `bytes` from the stack. */
export function dropStack(core: Core, bytes: number): void {
  const mask = core.stackMask;
  core.r[ESP] = (core.r[ESP] & ~mask) | ((core.r[ESP] + bytes) & mask);
}

/** RET far with `extra` bytes of parameters. */
export function farReturn(core: Core, size: 2 | 4, extra: number): void {
  const offset = readStack(core, 0, size);
  const selector = readStack(core, size, size) & 0xffff;
  if (!core.selectors) {
    if (offset >>> 0 > core.segments[CS].limit) raiseGeneralProtection(core);
    dropStack(core, 2 * size + extra);
    enterReal(core, selector, offset);
    return;
  }
  returnTo(core, selector, offset, size, 2 * size, extra);
}

/**
 * The return of RET far and IRET: CS:EIP with its checks, and SS:ESP where the level becomes an outer one.
 *
 * @param popped bytes of the frame below SS:ESP
 */
export function returnTo(
  core: Core,
  selector: number,
  offset: number,
  size: 2 | 4,
  popped: number,
  extra: number,
): void {
  const entry = entryOrFault(core, selector);
  const level = selector & 3;
  const fits = isConforming(entry) ? entry.dpl <= level : entry.dpl === level;
  if (!isCode(entry) || level < core.cpl || !fits) raiseWithCode(core, VECTOR_GP, selector & 0xfffc);
  mustBePresent(core, entry, selector);
  if (level === core.cpl) {
    if (offset >>> 0 > entry.limit) raiseGeneralProtection(core);
    dropStack(core, popped + extra);
    loadCodeSegment(core, selector, entry);
    core.r[EIP] = offset;
    return;
  }
  const pointer = readStack(core, popped + extra, size);
  const stackSelector = readStack(core, popped + extra + size, size) & 0xffff;
  if (offset >>> 0 > entry.limit) raiseGeneralProtection(core);
  const inner = core.cpl;
  core.cpl = level;
  try {
    loadSelector(core, SS, stackSelector, VECTOR_GP);
  } catch (fault) {
    core.cpl = inner;
    throw fault;
  }
  core.updateMode();
  core.refetch = true;
  loadCodeSegment(core, selector, entry);
  core.r[EIP] = offset;
  core.r[ESP] = (core.r[ESP] & ~core.stackMask) | ((pointer + extra) & core.stackMask);
  for (const number of [ES, DS, FS, GS]) {
    const segment = core.segments[number];
    if (!segment.conforming && segment.dpl < level) core.setSegment(number, nullSegment(0));
  }
}
