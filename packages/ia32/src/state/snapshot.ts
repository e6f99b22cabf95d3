/**
 * ProcessorState: the processor between two runs, as plain versioned data.
 *
 * Here: shape, saving and restoring. Not here: RAM (the owner of the memory saves it), TLB and decoded code
 * (caches that come back by themselves).
 * @module
 */
import { WORDS_PER_TAG } from "./control-area.ts";
import { ADVANCED, type Core, RETIRED_BEFORE } from "./core.ts";
import type { Descriptor, Segment } from "./descriptor.ts";
import { FLOAT_REGISTER_COUNT } from "./fpu.ts";
import { REGISTER_COUNT } from "./registers.ts";

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
    core.descriptors[index] = descriptor === null ? null : { ...descriptor };
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
}
