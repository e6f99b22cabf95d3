/**
 * Tasks: switches by JMP, CALL, IRET, gates and interrupts, with 16- and 32-bit task-state segments.
 *
 * Here: the switch as the manual's steps. Faults before the new task is loaded happen in the old one, later ones in
 * the new one. Not here: who asks for a switch (→ far.ts, delivery.ts). SDM Vol. 3A, 7.2, 7.3.
 * @module
 */
import { raiseGeneralProtection, raiseWithCode, VECTOR_GP, VECTOR_NP, VECTOR_TS } from "../interrupt/exception.ts";
import {
  readSystem16,
  readSystem32,
  setAccess,
  tableEntry,
  writeSystem16,
  writeSystem32,
} from "../mmu/descriptor-table.ts";
import { loadSelector } from "../mmu/segmentation.ts";
import { CR0_TS, DR6_BT } from "../state/control-registers.ts";
import { type Core, STOP_LOOK } from "../state/core.ts";
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
  realSegment,
  SS,
  segmentOf,
  type TableEntry,
} from "../state/descriptor.ts";
import { NT, SETTABLE, VM } from "../state/eflags.ts";
import { eflags, setEflags } from "../state/lazy-flags.ts";
import { EAX, EIP } from "../state/registers.ts";
import { emptySystemSegment } from "../state/system-registers.ts";
import { loadPageDirectory, setControl0 } from "./control.ts";

export const TASK_JUMP = 0;
export const TASK_CALL = 1;
export const TASK_RETURN = 2;
export const TASK_INTERRUPT = 3;

const BUSY = 2;
const LDT = 2;
/** Type bit of descriptors with 32 bits. */
const WIDE = 8;
const SEGMENT_ORDER = [ES, CS, SS, DS, FS, GS];

/** The selector of a usable TSS descriptor type, available or busy. */
function isTaskState(entry: TableEntry, busy: boolean): boolean {
  return (entry.access & 0x17) === (busy ? 3 : 1);
}

/** A switch through a task gate; `external` is the EXT bit of error codes. */
export function switchByGate(core: Core, gate: TableEntry, kind: number, next: number, external = 0): void {
  const selector = gate.low >>> 16;
  const errorCode = (selector & 0xfffc) | external;
  const entry = selector & 4 ? null : tableEntry(core, selector);
  if (entry === null || (selector & 0xfffc) === 0 || !isTaskState(entry, false))
    raiseWithCode(core, VECTOR_GP, errorCode);
  if ((entry.access & PRESENT) === 0) raiseWithCode(core, VECTOR_NP, errorCode);
  switchBySegment(core, selector, entry, kind, next, external);
}

/** IRET with NT set: back to the task that the TSS links to. */
export function switchBack(core: Core, next: number): void {
  const { tr } = core.system;
  const selector = readSystem16(core, tr.base);
  const entry = selector & 4 || (selector & 0xfffc) === 0 ? null : tableEntry(core, selector);
  if (entry === null || !isTaskState(entry, true)) raiseWithCode(core, VECTOR_TS, selector & 0xfffc);
  if ((entry.access & PRESENT) === 0) raiseWithCode(core, VECTOR_NP, selector & 0xfffc);
  switchBySegment(core, selector, entry, TASK_RETURN, next);
}

/** A switch to a checked TSS. `next` is where the old task goes on. */
export function switchBySegment(
  core: Core,
  selector: number,
  entry: TableEntry,
  kind: number,
  next: number,
  external = 0,
): void {
  const { system } = core;
  const wide = (entry.access & WIDE) !== 0;
  if (entry.limit < (wide ? 0x67 : 0x2b)) raiseWithCode(core, VECTOR_TS, (selector & 0xfffc) | external);
  const image = readTask(core, entry.base, wide);
  const old = system.tr;
  saveTask(core, next, kind === TASK_RETURN);
  if (kind === TASK_JUMP || kind === TASK_RETURN) setAccess(core, old.selector, 0, BUSY);
  const nested = kind === TASK_CALL || kind === TASK_INTERRUPT;
  if (nested) writeSystem16(core, entry.base, old.selector);
  if (kind !== TASK_RETURN) setAccess(core, selector, BUSY, 0);
  system.tr = { selector: selector & 0xffff, base: entry.base, limit: entry.limit, wide };
  core.showTables();
  setControl0(core, system.cr0 | CR0_TS);
  loadTask(core, image, nested);
}

interface TaskImage {
  readonly pageDirectory: number | null;
  readonly eip: number;
  readonly eflags: number;
  readonly registers: readonly number[];
  /** ES CS SS DS FS GS. */
  readonly selectors: readonly number[];
  readonly ldt: number;
  readonly trap: boolean;
}

function readTask(core: Core, base: number, wide: boolean): TaskImage {
  const word = (at: number): number => readSystem16(core, (base + at) | 0);
  const long = (at: number): number => readSystem32(core, (base + at) | 0);
  const eight = [0, 1, 2, 3, 4, 5, 6, 7];
  if (wide)
    return {
      pageDirectory: long(28),
      eip: long(32),
      eflags: long(36),
      registers: eight.map((i) => long(40 + 4 * i)),
      selectors: SEGMENT_ORDER.map((_, i) => word(72 + 4 * i)),
      ldt: word(96),
      trap: (word(100) & 1) !== 0,
    };
  return {
    pageDirectory: null,
    eip: word(14),
    eflags: word(16),
    registers: eight.map((i) => word(18 + 2 * i) | 0xffff0000),
    selectors: [...[0, 1, 2, 3].map((i) => word(34 + 2 * i)), 0, 0],
    ldt: word(42),
    trap: false,
  };
}

/** Writes the running task into its TSS; IRET leaves NT clear there. */
function saveTask(core: Core, next: number, returning: boolean): void {
  const { base, wide } = core.system.tr;
  const flags = eflags(core) & (returning ? ~NT : -1);
  if (wide) {
    writeSystem32(core, (base + 32) | 0, next);
    writeSystem32(core, (base + 36) | 0, flags);
    for (let i = 0; i < 8; i++) writeSystem32(core, (base + 40 + 4 * i) | 0, core.r[EAX + i]);
    SEGMENT_ORDER.forEach((number, i) => {
      writeSystem16(core, (base + 72 + 4 * i) | 0, core.segments[number].selector);
    });
    return;
  }
  writeSystem16(core, (base + 14) | 0, next);
  writeSystem16(core, (base + 16) | 0, flags);
  for (let i = 0; i < 8; i++) writeSystem16(core, (base + 18 + 2 * i) | 0, core.r[EAX + i]);
  for (let i = 0; i < 4; i++) writeSystem16(core, (base + 34 + 2 * i) | 0, core.segments[i].selector);
}

/** Takes over a task; what is wrong with it is raised in the new task. */
function loadTask(core: Core, image: TaskImage, nested: boolean): void {
  const { system } = core;
  if (image.pageDirectory !== null && core.paging) loadPageDirectory(core, image.pageDirectory);
  image.registers.forEach((value, i) => {
    core.r[EAX + i] = value;
  });
  core.r[EIP] = image.eip;
  const virtual8086 = (image.eflags & VM) !== 0;
  system.ldtr = emptySystemSegment(image.ldt);
  // Until they are loaded, the segments are those of nobody.
  image.selectors.forEach((selector, number) => {
    core.setSegment(number, nullSegment(selector));
  });
  core.cpl = virtual8086 ? 3 : image.selectors[CS] & 3;
  setEflags(core, (image.eflags & (SETTABLE | VM)) | (nested ? NT : 0));
  core.updateMode();
  core.refetch = true;
  if (image.trap) system.debugConditions |= DR6_BT;
  // The new flags may let an interrupt in.
  if (core.stop === 0) core.stop = STOP_LOOK;
  if ((image.ldt & 0xfffc) !== 0) loadTaskLdt(core, image.ldt);
  if (virtual8086) {
    image.selectors.forEach((selector, number) => {
      core.setSegment(number, realSegment(selector, null));
    });
    return;
  }
  loadTaskCode(core, image.selectors[CS]);
  loadSelector(core, SS, image.selectors[SS], VECTOR_TS);
  for (const number of [ES, DS, FS, GS]) loadSelector(core, number, image.selectors[number], VECTOR_TS);
  if (image.eip >>> 0 > core.segments[CS].limit) raiseGeneralProtection(core);
}

function loadTaskLdt(core: Core, selector: number): void {
  const entry = selector & 4 ? null : tableEntry(core, selector);
  if (entry === null || (entry.access & 0x1f) !== LDT || (entry.access & PRESENT) === 0)
    raiseWithCode(core, VECTOR_TS, selector & 0xfffc);
  core.system.ldtr = { selector, base: entry.base, limit: entry.limit, wide: true };
}

function loadTaskCode(core: Core, selector: number): void {
  const errorCode = selector & 0xfffc;
  const entry = errorCode === 0 ? null : tableEntry(core, selector);
  if (entry === null || (entry.access & (NOT_SYSTEM | EXECUTABLE)) !== (NOT_SYSTEM | EXECUTABLE))
    raiseWithCode(core, VECTOR_TS, errorCode);
  const level = selector & 3;
  if (entry.access & CONFORMING ? entry.dpl > level : entry.dpl !== level) raiseWithCode(core, VECTOR_TS, errorCode);
  if ((entry.access & PRESENT) === 0) raiseWithCode(core, VECTOR_NP, errorCode);
  core.setSegment(CS, segmentOf(selector, entry));
}
