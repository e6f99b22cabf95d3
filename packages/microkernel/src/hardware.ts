/**
 * What the kernel needs of the machine: memory, processor, ports, interrupts.
 *
 * Here: interfaces only, owned by the caller; `@kintsugi/ia32` and `@kintsugi/pc` fit them without
 * knowing. Not here: what a trap means (→ glue/ia32).
 * Reference: SDM Vol. 3, 3.4 (segments), 4.3 (32-bit paging), 6.15 (exceptions).
 * @module
 */

/**
 * Guest RAM with its one write path. Addresses are physical bytes, of any alignment; values are little-endian.
 * Outside RAM, reads give all ones and writes are lost.
 */
export interface KernelMemory {
  /** Bytes of RAM. */
  readonly size: number;
  /** The bytes of RAM themselves. Writing here passes no page hooks: only for pages that nothing maps. */
  readonly ram: Uint8Array;
  /** One byte, 0…255. */
  read8(physical: number): number;
  /** Two bytes, 0…65535. */
  read16(physical: number): number;
  /** Four bytes, signed. */
  read32(physical: number): number;
  /** Writes the low 8 bits of `value`. */
  write8(physical: number, value: number): void;
  /** Writes the low 16 bits of `value`. */
  write16(physical: number, value: number): void;
  /** Writes the low 32 bits of `value`. */
  write32(physical: number, value: number): void;
  /** A copy of `length` bytes. */
  readBytes(physical: number, length: number): Uint8Array;
  /** Writes all of `bytes`; what would lie past the end of RAM is lost. */
  writeBytes(physical: number, bytes: Uint8Array): void;
  /** Sets `length` bytes to `byte`, 0…255. */
  fill(physical: number, length: number, byte: number): void;
  /** Copies `length` bytes as if through a buffer: the ranges may overlap. */
  copy(to: number, from: number, length: number): void;
}

/** Why the processor came back; the object is reused. */
export interface KernelExitCause {
  /** Shutdown never comes in host kernel mode; break- and watchpoints are the probe's: the thread is not due yet. */
  readonly kind:
    | "budget"
    | "requested"
    | "exception"
    | "softwareInterrupt"
    | "sysenter"
    | "halt"
    | "shutdown"
    | "breakpoint"
    | "watchpoint"
    | "powerFail";
  /** Of an exception or a software interrupt; otherwise 0. */
  readonly vector: number;
  /** Of an exception, 0 where it has none (SDM Vol. 3, 6.15). */
  readonly errorCode: number;
  /** After a page fault the linear address, signed; otherwise what the last one left. */
  readonly cr2: number;
}

/** The processor in host kernel mode. Registers are EAX ECX EDX EBX ESP EBP ESI EDI EIP EFLAGS. */
export interface KernelProcessor {
  /** Valid and settable between runs. */
  readonly registers: Int32Array;
  /** XMM and x87 registers, 73 words in ia32's order: valid and settable between runs. */
  readonly floatRegisters: Int32Array;
  /** Instructions retired since power-on. */
  readonly retired: number;
  /** The virtual clock: retired instructions and everything that was charged. */
  readonly cycles: number;
  /** Executes at most `budget` instructions of user code, each REP iteration counting as one. */
  run(budget: number): KernelExitCause;
  /** The run in progress ends behind the current instruction, with kind "requested". */
  requestExit(): void;
  /** Moves the clock by `cycles` without retiring anything. */
  advance(cycles: number): void;
  /** CR0.TS: on, float instructions raise #NM (vector 7). */
  setTaskSwitched(on: boolean): void;
  /** Sets CR3 (physical) and the tag, 0…TAGS - 1, of the TLB entries made under it. Flushes nothing. */
  setAddressSpace(pageDirectory: number, tag: number): void;
  /** CR0.PG; flushes the TLB when it changes. */
  setPaging(on: boolean): void;
  /** Which ports user code may touch where IOPL does not let it: a set bit refuses, null refuses all. Not copied. */
  setIoPermission(bitmap: Uint8Array | null): void;
  /** Forgets the TLB entry of one page. Due whenever a page table entry loses rights, accessed or dirty bits. */
  invalidatePage(tag: number, linear: number): void;
  /** Forgets all TLB entries of one tag. */
  invalidateSpace(tag: number): void;
  /** Puts a descriptor at GDT index 1…15, or takes it away (null). Loaded segment registers keep what they have. */
  setDescriptor(index: number, descriptor: SegmentDescriptor | null): void;
  /** Loads a segment register without the checks a program meets; CS sets CPL to its RPL. RangeError without such a descriptor. */
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

/** The I/O address space: ports 0…0xFFFF, sizes in bytes, values little-endian. */
export interface KernelPorts {
  /** The value, unsigned; all ones where nobody answers. */
  read(port: number, size: 1 | 2 | 4): number;
  /** Writes the low `size` bytes of `value`; lost where nobody answers. */
  write(port: number, size: 1 | 2 | 4, value: number): void;
}

/** The interrupt controller pair's INTR and INTA. */
export interface KernelInterrupts {
  /** INTR: a request waits that is not masked. */
  readonly pending: boolean;
  /** INTA: the vector, 0…255, of the most urgent request. */
  acknowledge(): number;
}

/** The console of the kernel debugger: what programs ask of it with `int3`. Text is bytes. */
export interface KernelDebugger {
  /** Shows the text of a print, as it is. */
  print(text: Uint8Array): void;
  /**
   * A thread enters the debugger, with a text or without (null); it goes on at once. `ip` is the address behind
   * its int3.
   */
  enter(thread: number, text: Uint8Array | null, ip: number): void;
  /** The next character typed, 0…255, or -1 when there is none. `waits`: the thread will ask until there is one. */
  read(waits: boolean): number;
}

/** Devices that act by themselves. A port access that moves `nextEvent` or raises `pending` must call the processor's `requestExit`. */
export interface KernelEvents {
  /** Cycles of the next event, Infinity for none. */
  nextEvent(): number;
  /** Does everything due up to `now` (cycles). */
  advance(now: number): void;
}
