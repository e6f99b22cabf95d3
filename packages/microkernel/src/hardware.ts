/**
 * What the kernel needs of the machine: memory, a processor, ports, interrupts, events.
 *
 * Here: interfaces only, owned by the caller; `@kintsugi/ia32` and `@kintsugi/pc` fit them without
 * knowing. Not here: what a trap means (→ glue/ia32).
 * @module
 */

/** Guest RAM with its one write path. Addresses are physical; words are signed. */
export interface KernelMemory {
  /** Bytes of RAM. */
  readonly size: number;
  readonly ram: Uint8Array;
  read8(physical: number): number;
  read16(physical: number): number;
  read32(physical: number): number;
  write8(physical: number, value: number): void;
  write16(physical: number, value: number): void;
  write32(physical: number, value: number): void;
  readBytes(physical: number, length: number): Uint8Array;
  writeBytes(physical: number, bytes: Uint8Array): void;
  fill(physical: number, length: number, byte: number): void;
  copy(to: number, from: number, length: number): void;
}

/** Why the processor came back; the object is reused. */
export interface KernelExitCause {
  readonly kind: "budget" | "requested" | "exception" | "softwareInterrupt" | "sysenter" | "halt" | "powerFail";
  readonly vector: number;
  readonly errorCode: number;
  readonly cr2: number;
}

/** The processor in host kernel mode. Registers are EAX ECX EDX EBX ESP EBP ESI EDI EIP EFLAGS. */
export interface KernelProcessor {
  readonly registers: Int32Array;
  /** Instructions retired since power-on. */
  readonly retired: number;
  /** The virtual clock: retired instructions and everything that was charged. */
  readonly cycles: number;
  run(budget: number): KernelExitCause;
  requestExit(): void;
  advance(cycles: number): void;
  setAddressSpace(pageDirectory: number, tag: number): void;
  setPaging(on: boolean): void;
  invalidatePage(tag: number, linear: number): void;
  invalidateSpace(tag: number): void;
  setDescriptor(index: number, descriptor: SegmentDescriptor | null): void;
  loadSegment(segment: "es" | "cs" | "ss" | "ds" | "fs" | "gs", selector: number): void;
}

/** A row of the descriptor table that the host keeps for the processor. `limit` is bytes - 1. */
export interface SegmentDescriptor {
  readonly base: number;
  readonly limit: number;
  readonly kind: "code" | "data";
  readonly writable: boolean;
  readonly readable: boolean;
  readonly dpl: number;
}

/** I/O ports. */
export interface KernelPorts {
  read(port: number, size: 1 | 2 | 4): number;
  write(port: number, size: 1 | 2 | 4, value: number): void;
}

/** The interrupt controller pair's INTR and INTA. */
export interface KernelInterrupts {
  readonly pending: boolean;
  /** The vector of the most urgent request. */
  acknowledge(): number;
}

/** Devices that act by themselves. A port access that moves `nextEvent` or raises `pending` must call the processor's `requestExit`. */
export interface KernelEvents {
  /** Cycles of the next event, Infinity for none. */
  nextEvent(): number;
  /** Does everything due up to `now` (cycles). */
  advance(now: number): void;
}
