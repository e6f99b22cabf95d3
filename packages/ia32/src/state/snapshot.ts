/**
 * ProcessorState: the processor between two runs, as plain versioned data.
 *
 * Here: shape, saving and restoring. Not here: RAM (the owner of the memory saves it), TLB and decoded code
 * (caches that come back by themselves).
 * @module
 */
import { WORDS_PER_TAG } from "./control-area.ts";
import { deriveControl } from "./control-registers.ts";
import { ADVANCED, type Core, RESUME, RETIRED_BEFORE, SHADOW } from "./core.ts";
import type { Descriptor, Segment, SystemSegment, TableRegister } from "./descriptor.ts";
import { ALWAYS_ONE, ARITHMETIC } from "./eflags.ts";
import { ES, FLOAT_REGISTER_COUNT, FSW } from "./fpu.ts";
import { REGISTER_COUNT } from "./registers.ts";
import type { SystemRegisters } from "./system-registers.ts";

/** A processor between two runs, as plain data that survives JSON. */
export interface ProcessorState {
  readonly version: 2;
  /** EAX ECX EDX EBX ESP EBP ESI EDI EIP EFLAGS. */
  readonly registers: readonly number[];
  /** As `Processor.floatRegisters`. */
  readonly floatRegisters: readonly number[];
  /** ES CS SS DS FS GS with their hidden parts. */
  readonly segments: readonly Readonly<Segment>[];
  readonly descriptors: readonly (Descriptor | null)[];
  readonly cpl: number;
  readonly paging: boolean;
  readonly pageDirectory: number;
  readonly tag: number;
  readonly cr2: number;
  readonly ioPermission: readonly number[] | null;
  readonly retired: number;
  readonly advanced: number;
  /** `retired` while interrupts wait behind STI, MOV SS or POP SS; otherwise another number. */
  readonly shadow: number;
  /** Architectural mode only. */
  readonly system: SystemState | null;
}

/** The fields of SystemRegisters as plain data. */
export interface SystemState {
  readonly cr0: number;
  readonly cr4: number;
  readonly efer: number;
  readonly gdtr: TableRegister;
  readonly idtr: TableRegister;
  readonly ldtr: SystemSegment;
  readonly tr: SystemSegment;
  readonly debug: readonly number[];
  readonly pdpte: readonly number[];
  readonly sysenter: readonly number[];
  readonly kept: readonly (readonly [number, readonly [number, number]])[];
  readonly timeStampOffset: number;
  readonly a20Mask: number;
  readonly ignoreNumericError: boolean;
  readonly interruptLine: boolean;
  readonly nonMaskable: boolean;
  readonly nonMaskableBlocked: boolean;
  readonly halted: boolean;
  readonly shutdown: boolean;
  readonly debugConditions: number;
}

function saveSystem(system: SystemRegisters): SystemState {
  const { trapEip: _, ...fields } = system;
  return {
    ...fields,
    gdtr: { ...system.gdtr },
    idtr: { ...system.idtr },
    ldtr: { ...system.ldtr },
    tr: { ...system.tr },
    debug: [...system.debug],
    pdpte: [...system.pdpte],
    sysenter: [...system.sysenter],
    kept: [...system.kept],
  };
}

function restoreSystem(system: SystemRegisters, state: SystemState): void {
  const { debug, pdpte, sysenter, kept, ...fields } = state;
  Object.assign(system, fields, {
    gdtr: { ...fields.gdtr },
    idtr: { ...fields.idtr },
    ldtr: { ...fields.ldtr },
    tr: { ...fields.tr },
  });
  system.debug.set(debug);
  system.pdpte.set(pdpte);
  system.sysenter.set(sysenter);
  system.kept.clear();
  for (const [number, value] of kept) system.kept.set(number, value);
}

export function saveState(core: Core): ProcessorState {
  return {
    version: 2,
    registers: [...core.r.subarray(0, REGISTER_COUNT)],
    floatRegisters: [...core.x.subarray(0, FLOAT_REGISTER_COUNT)],
    segments: core.segments.map((segment) => ({ ...segment })),
    descriptors: core.descriptors.map((descriptor) => (descriptor === null ? null : { ...descriptor })),
    cpl: core.cpl,
    paging: core.paging,
    pageDirectory: core.pageDirectory,
    tag: core.tag,
    cr2: core.cr2,
    ioPermission: core.ioPermission === null ? null : [...core.ioPermission],
    retired: core.retired,
    advanced: core.clock[ADVANCED],
    shadow: core.clock[SHADOW],
    system: core.architectural ? saveSystem(core.system) : null,
  };
}

export function restoreState(core: Core, state: ProcessorState): void {
  if (state.version !== 2) throw new RangeError(`processor state of version ${state.version}`);
  core.r.set(state.registers);
  core.x.set(state.floatRegisters);
  state.segments.forEach((segment, number) => {
    core.setSegment(number, { ...segment });
  });
  state.descriptors.forEach((descriptor, index) => {
    core.setHostDescriptor(index, descriptor === null ? null : { ...descriptor });
  });
  core.cpl = state.cpl;
  core.paging = state.paging;
  core.pageDirectory = state.pageDirectory;
  core.tag = state.tag;
  core.tlbBase = state.tag * WORDS_PER_TAG;
  core.cr2 = state.cr2;
  core.exit.cr2 = state.cr2;
  core.ioPermission = state.ioPermission === null ? null : Uint8Array.from(state.ioPermission);
  core.clock[RETIRED_BEFORE] = state.retired;
  core.executed = 0;
  core.position = 0;
  core.clock[ADVANCED] = state.advanced;
  core.clock[SHADOW] = state.shadow;
  core.clock[RESUME] = -1;
  core.systemFlags = state.registers[REGISTER_COUNT - 1] & ~ARITHMETIC & ~ALWAYS_ONE;
  if ((state.system !== null) !== core.architectural) throw new RangeError("processor state of the other mode");
  if (state.system !== null) {
    restoreSystem(core.system, state.system);
    core.showTables();
    deriveControl(core);
  } else core.updateMode();
  // Whoever restores the processor restores its devices: no edge is told.
  core.floatErrorAsserted = !core.numericError && (core.x[FSW] & ES) !== 0;
}
