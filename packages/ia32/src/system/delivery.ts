/**
 * Interrupts and exceptions through the IDT, or the vector table of real mode; IRET.
 *
 * Here: gates, privilege transfers, error codes, double and triple faults. Not here: which event comes when
 * (→ interpreter/architectural.ts). SDM Vol. 3A, 6.8 to 6.15, 15.3; Vol. 2A, INT n and IRET.
 * @module
 */
import {
  FAULT,
  raiseGeneralProtection,
  raiseWithCode,
  VECTOR_DB,
  VECTOR_DE,
  VECTOR_DF,
  VECTOR_GP,
  VECTOR_NP,
  VECTOR_PF,
  VECTOR_TS,
} from "../interrupt/exception.ts";
import { readSystem16, readSystem32, tableEntry } from "../mmu/descriptor-table.ts";
import { loadCodeSegment, loadRealSegment } from "../mmu/segmentation.ts";
import { type Core, RESUME, RETIRED_BEFORE, STOP_LOOK } from "../state/core.ts";
import {
  CONFORMING,
  CS,
  DS,
  ES,
  EXECUTABLE,
  entryOfWords,
  FS,
  GS,
  NOT_SYSTEM,
  nullSegment,
  PRESENT,
  realSegment,
  SS,
  type TableEntry,
} from "../state/descriptor.ts";
import { AC, IF, IOPL, NT, RF, SETTABLE, TF, VIF, VIP, VM } from "../state/eflags.ts";
import { eflags, setEflags } from "../state/lazy-flags.ts";
import { EIP, ESP } from "../state/registers.ts";
import { dropStack, readStack, returnTo } from "./far.ts";
import { pushFrame, setLevel, stackOfLevel } from "./frame.ts";
import { switchBack, switchByGate, TASK_INTERRUPT } from "./task.ts";

const TASK_GATE = 5;
/** Interrupt and trap gates of 16 and 32 bits: 6, 7, 14, 15. */
const GATE = 6;
const GATE_TRAP = 1;
const GATE_WIDE = 8;

/** What is delivered. */
export interface Event {
  readonly vector: number;
  /** INT n, INT3, INTO: the gate's DPL counts, and error codes have no EXT bit. */
  readonly software: boolean;
  readonly errorCode: number | null;
  /** The handler sees RF set: a fault, unless an instruction breakpoint. */
  readonly resume: boolean;
}

/** Delivers an event at CS:EIP as it is; may raise a fault, and then has changed nothing. */
function deliverOnce(core: Core, event: Event): void {
  if (!core.selectors && !core.virtual8086) deliverReal(core, event.vector);
  else deliverProtected(core, event);
}

function deliverReal(core: Core, vector: number): void {
  const { idtr } = core.system;
  if (vector * 4 + 3 > idtr.limit) raiseWithCode(core, VECTOR_GP, vector * 8 + 2);
  const offset = readSystem16(core, (idtr.base + vector * 4) | 0);
  const selector = readSystem16(core, (idtr.base + vector * 4 + 2) | 0);
  const stack = { segment: core.segments[SS], pointer: core.r[ESP] };
  core.r[ESP] = pushFrame(core, stack, [eflags(core), core.segments[CS].selector, core.r[EIP]], 2, 0, 0);
  setEflags(core, eflags(core) & ~(IF | TF | AC | RF));
  loadRealSegment(core, CS, selector);
  core.r[EIP] = offset;
}

function deliverProtected(core: Core, event: Event): void {
  const { vector, software } = event;
  const { idtr } = core.system;
  const external = software ? 0 : 1;
  const gateCode = (vector * 8 + 2) | external;
  if (vector * 8 + 7 > idtr.limit) raiseWithCode(core, VECTOR_GP, gateCode);
  const address = (idtr.base + vector * 8) | 0;
  const low = readSystem32(core, address);
  const gate = entryOfWords(low, readSystem32(core, (address + 4) | 0));
  const type = gate.access & 0x1f;
  if (type !== TASK_GATE && (type & ~(GATE_TRAP | GATE_WIDE)) !== GATE) raiseWithCode(core, VECTOR_GP, gateCode);
  if (software && gate.dpl < core.cpl) raiseWithCode(core, VECTOR_GP, gateCode);
  if ((gate.access & PRESENT) === 0) raiseWithCode(core, VECTOR_NP, gateCode);
  if (type === TASK_GATE) {
    switchByGate(core, gate, TASK_INTERRUPT, core.r[EIP], external);
    if (event.errorCode === null) return;
    const stack = { segment: core.segments[SS], pointer: core.r[ESP] };
    core.r[ESP] = pushFrame(core, stack, [event.errorCode], core.system.tr.wide ? 4 : 2, core.cpl, external);
    return;
  }
  const selector = low >>> 16;
  const errorCode = (selector & 0xfffc) | external;
  const entry = (selector & 0xfffc) === 0 ? null : tableEntry(core, selector);
  if (entry === null || (entry.access & (NOT_SYSTEM | EXECUTABLE)) !== (NOT_SYSTEM | EXECUTABLE))
    raiseWithCode(core, VECTOR_GP, errorCode);
  if (entry.dpl > core.cpl) raiseWithCode(core, VECTOR_GP, errorCode);
  if ((entry.access & PRESENT) === 0) raiseWithCode(core, VECTOR_NP, errorCode);
  enterHandler(core, event, gate, selector, entry, external);
}

function enterHandler(
  core: Core,
  event: Event,
  gate: TableEntry,
  selector: number,
  entry: TableEntry,
  external: number,
): void {
  const size = gate.access & GATE_WIDE ? 4 : 2;
  const offset = (gate.low & 0xffff) | (size === 4 ? gate.high & 0xffff0000 : 0);
  const { segments, r } = core;
  const flags = (eflags(core) & ~RF) | (event.resume || core.resumeFlag !== 0 ? RF : 0);
  const inner = (entry.access & CONFORMING) === 0 && entry.dpl < core.cpl;
  const from8086 = core.virtual8086;
  const frame: number[] = [];
  if (inner && from8086) for (const number of [GS, FS, DS, ES]) frame.push(segments[number].selector);
  if (inner) frame.push(segments[SS].selector, r[ESP]);
  frame.push(flags, segments[CS].selector, r[EIP]);
  if (event.errorCode !== null) frame.push(event.errorCode);
  if (from8086 && (!inner || entry.dpl !== 0)) raiseWithCode(core, VECTOR_GP, (selector & 0xfffc) | external);
  if (inner) {
    const stack = stackOfLevel(core, entry.dpl, external);
    if (offset >>> 0 > entry.limit) raiseWithCode(core, VECTOR_GP, external);
    const stackCode = (stack.segment.selector & 0xfffc) | external;
    const pointer = pushFrame(core, stack, frame, size, entry.dpl, stackCode);
    setEflags(core, eflags(core) & ~VM);
    setLevel(core, entry.dpl);
    core.setSegment(SS, stack.segment);
    r[ESP] = pointer;
    if (from8086) for (const number of [GS, FS, DS, ES]) core.setSegment(number, nullSegment(0));
  } else {
    if (offset >>> 0 > entry.limit) raiseWithCode(core, VECTOR_GP, external);
    r[ESP] = pushFrame(core, { segment: segments[SS], pointer: r[ESP] }, frame, size, core.cpl, external);
  }
  loadCodeSegment(core, selector, entry);
  r[EIP] = offset;
  setEflags(core, eflags(core) & ~(TF | NT | VM | RF | (gate.access & GATE_TRAP ? 0 : IF)));
}

/** 0 benign, 1 contributory, 2 page fault, 3 double fault. SDM Vol. 3A, table 6-4. */
function severity(vector: number): number {
  if (vector === VECTOR_DF) return 3;
  if (vector === VECTOR_PF) return 2;
  return vector === VECTOR_DE || (vector >= VECTOR_TS && vector <= VECTOR_GP) ? 1 : 0;
}

/** Two faults in a row that cannot be handled one after the other. */
function doubles(first: number, second: number): boolean {
  const a = severity(first);
  const b = severity(second);
  return (a === 1 && b === 1) || (a === 2 && b > 0);
}

/** A fault that is about to be delivered: the Exit holds it. */
export function faultEvent(core: Core): Event {
  const { vector, errorCode, hasErrorCode } = core.exit;
  return { vector, software: false, errorCode: hasErrorCode ? errorCode : null, resume: vector !== VECTOR_DB };
}

/**
 * Events that can follow each other until one is delivered or a triple fault; more come round for ever, for example #AC
 * whose own handler's stack is misaligned. There silicon never comes back from its microcode.
 */
const LONGEST_CHAIN = 8;

/**
 * Delivers an event, and what faults on the way to its handler instead.
 *
 * @returns false: a triple fault or a chain of faults without end, the processor is shut down
 */
export function deliver(core: Core, first: Event): boolean {
  let event = first;
  // A software interrupt is no exception: a fault of its delivery is simply the next event.
  let previous = event.software ? -1 : event.vector;
  for (let link = 0; link < LONGEST_CHAIN; link++) {
    try {
      deliverOnce(core, event);
      core.clock[RESUME] = -1;
      return true;
    } catch (thrown) {
      if (thrown !== FAULT) throw thrown;
    }
    const { vector } = core.exit;
    if (event.software) {
      // The instruction itself faults, so it did not retire.
      core.r[EIP] = core.system.trapEip;
      core.clock[RETIRED_BEFORE]--;
    }
    if (previous >= 0 && severity(previous) === 3 && severity(vector) > 0) return false;
    event =
      previous >= 0 && doubles(previous, vector)
        ? { vector: VECTOR_DF, software: false, errorCode: 0, resume: false }
        : faultEvent(core);
    previous = event.vector;
  }
  return false;
}

/** The flags that POPF and IRET may change at the current privilege. */
export function writableFlags(core: Core): number {
  let mask = SETTABLE & ~(IF | IOPL);
  if (core.cpl <= core.iopl) mask |= IF;
  if (core.cpl === 0) mask |= IOPL;
  return mask;
}

/** IRET. `next`: EIP behind it, where a task goes on that is returned from. */
export function interruptReturn(core: Core, size: 2 | 4, next: number): void {
  core.system.nonMaskableBlocked = false;
  if (core.virtual8086 && core.iopl < 3) raiseGeneralProtection(core);
  if (core.selectors && core.systemFlags & NT) {
    if (!core.architectural) raiseGeneralProtection(core);
    switchBack(core, next);
    return;
  }
  const offset = readStack(core, 0, size);
  const selector = readStack(core, size, size) & 0xffff;
  const image = readStack(core, 2 * size, size);
  const mask = size === 2 ? writableFlags(core) & 0xffff : writableFlags(core);
  const flags = (eflags(core) & ~mask) | (image & mask & ~(VM | VIF | VIP));
  if (!core.selectors) {
    if (offset >>> 0 > core.segments[CS].limit) raiseGeneralProtection(core);
    dropStack(core, 3 * size);
    loadRealSegment(core, CS, selector);
    core.r[EIP] = offset;
  } else if (size === 4 && image & VM && core.cpl === 0) {
    returnTo8086(core, selector, offset, image);
    return;
  } else returnTo(core, selector, offset, size, 3 * size, 0);
  setEflags(core, flags);
  deferResume(core);
  lookForPending(core);
}

/** RF has been set by the running instruction: unless somebody looks on, it need not stop the next one. */
function deferResume(core: Core): void {
  const { systemFlags } = core;
  if ((systemFlags & (RF | TF)) !== RF || !core.architectural || core.debugging?.stepping === true) return;
  core.systemFlags = systemFlags & ~RF;
  core.clock[RESUME] = core.retired + 1;
}

/** IF, TF or RF may have been set: what was waiting for that is looked for behind this instruction. */
export function lookForPending(core: Core): void {
  const { interruptLine, nonMaskable } = core.system;
  if (!core.architectural || core.stop !== 0) return;
  if (interruptLine || nonMaskable || core.systemFlags & (TF | RF)) core.stop = STOP_LOOK;
}

function returnTo8086(core: Core, selector: number, offset: number, image: number): void {
  const [esp, ss, es, ds, fs, gs] = [3, 4, 5, 6, 7, 8].map((i) => readStack(core, 4 * i, 4));
  setEflags(core, image & (SETTABLE | VM));
  setLevel(core, 3);
  core.updateMode();
  [es, selector, ss, ds, fs, gs].forEach((value, number) => {
    core.setSegment(number, realSegment(value & 0xffff, null));
  });
  core.r[ESP] = esp;
  core.r[EIP] = offset & 0xffff;
  deferResume(core);
  lookForPending(core);
}
