/**
 * \@kintsugi/ia32: a typed IA-32 processor to embed.
 *
 * Here: the public names, nothing else.
 * @module
 */
export type { FloatErrorPin, InterruptSource, MemoryIo, PortIo } from "./bus.ts";
export type { Exit, ExitKind } from "./exit.ts";
export type { TraceObserver, Watchpoint, WatchpointHit } from "./interpreter/debugger.ts";
export type { JitOptions, JitStatistics } from "./jit/options.ts";
export { allocateMemory, GuestMemory, type PageObserver } from "./memory/guest-memory.ts";
export {
  ACCESS_USER,
  ACCESS_WRITE,
  PDE_LARGE,
  PF_PRESENT,
  PF_USER,
  PF_WRITE,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_USER,
  PTE_WRITABLE,
} from "./mmu/fault.ts";
export { walkPage } from "./mmu/page-walk.ts";
export { type Engine, Processor, type ProcessorOptions } from "./processor.ts";
export { CONTROL_AREA_SIZE, POWER_WORD, TAGS } from "./state/control-area.ts";
export type { Descriptor, Segment, SegmentName } from "./state/descriptor.ts";
export {
  FCS,
  FCW,
  FDP,
  FDS,
  FIP,
  FLOAT_REGISTER_COUNT,
  FOP,
  FSW,
  FTW,
  MXCSR,
  R0,
} from "./state/fpu.ts";
export type { Model } from "./state/model.ts";
export { EAX, EBP, EBX, ECX, EDI, EDX, EFLAGS, EIP, ESI, ESP } from "./state/registers.ts";
export type { ProcessorState, SystemState } from "./state/snapshot.ts";
