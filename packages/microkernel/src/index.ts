/**
 * @kintsugi/microkernel: an L4 X.2 kernel that lives as plain data in guest RAM.
 *
 * Here: the public names; the X.2 interface's constants and words come from `api/`. Not here: anything else.
 * @module
 */
export * from "./api/acceptor.ts";
export * from "./api/error-code.ts";
export * from "./api/fpage.ts";
export * from "./api/io-fpage.ts";
export * from "./api/kip.ts";
export * from "./api/msg-tag.ts";
export * from "./api/protocol/exception.ts";
export * from "./api/protocol/hang.ts";
export * from "./api/protocol/interrupt.ts";
export * from "./api/protocol/io-fault.ts";
export * from "./api/protocol/page-fault.ts";
export * from "./api/protocol/preemption.ts";
export * from "./api/protocol/sigma0.ts";
export * from "./api/protocol/thread-start.ts";
export * from "./api/restart-page.ts";
export * from "./api/syscall.ts";
export * from "./api/thread-id.ts";
export * from "./api/thread-record.ts";
export * from "./api/time.ts";
export * from "./api/typed-item.ts";
export * from "./api/utcb.ts";
export type { BootConfig, BootModule, FirstProgram, LoaderInfo, MemoryDescription } from "./boot-config.ts";
export * from "./costs.ts";
export * from "./export/state.ts";
export type * from "./hardware.ts";
export { Kernel } from "./kernel.ts";
export type { KernelError, KernelExit, KernelOptions, SliceProbe, ThreadInfo } from "./kernel-edge.ts";
export type { KernelObserver } from "./observer.ts";
export { PageFaultSignal, type ResidentContext, type ResidentProgram } from "./resident/program.ts";
