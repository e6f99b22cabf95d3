/**
 * Resident programs: user code that runs in the host, under the same kernel.
 *
 * Here: the two interfaces between such a program and the kernel. Not here: the kernel's side
 * (→ context.ts), the programs (sigma0, ART and P3 are in @kintsugi/arc-framework).
 * Reference: `docs/protocols.md` section 8.
 * @module
 */
import type { ThreadId } from "../api/thread-id.ts";

/** User code of one or more threads. It keeps nothing that matters outside its own address space. */
export interface ResidentProgram {
  /**
   * Runs one atomic step: reads the result of its last call from registers and UTCB, loads the next
   * call's registers. Returns SYSCALL_… to make that call, RESIDENT_AGAIN to be resumed, or
   * RESIDENT_PAGE_FAULT after it caught a {@link PageFaultSignal} and undid what it had done.
   */
  resume(context: ResidentContext): number;
}

/** What the kernel shows a resident program of its thread. One reused object: valid during `resume` only. */
export interface ResidentContext {
  /** Global id of the running thread. */
  readonly thread: ThreadId;
  /** Its program number. */
  readonly program: number;
  /** Saved registers: EAX ECX EDX EBX ESP EBP ESI EDI EIP EFLAGS, signed. The same contract as guest code has. */
  readonly registers: Int32Array;
  /** Message register 0…63, signed. */
  mr(index: number): number;
  /** Sets message register 0…63. */
  setMr(index: number, value: number): void;
  /** A thread control register, by its (negative) word index TCR_…. */
  tcr(index: number): number;
  /** Sets a thread control register, by the same index. */
  setTcr(index: number, value: number): void;
  /** Buffer register 0…32, signed; BR0 is the acceptor. */
  br(index: number): number;
  /** Sets buffer register 0…32. */
  setBr(index: number, value: number): void;
  /**
   * One byte, 0…255. As all accesses below: linear, in the thread's own address space, rights checked as a
   * user's, of any alignment, little-endian. A miss throws the {@link PageFaultSignal} before anything is written.
   */
  read8(linear: number): number;
  /** Two bytes, 0…65535. */
  read16(linear: number): number;
  /** Four bytes, signed. */
  read32(linear: number): number;
  /** Writes the low 8 bits of `value`. */
  write8(linear: number, value: number): void;
  /** Writes the low 16 bits of `value`. */
  write16(linear: number, value: number): void;
  /** Writes the low 32 bits of `value`. */
  write32(linear: number, value: number): void;
  /** A copy of `length` bytes. */
  readBytes(linear: number, length: number): Uint8Array;
  /** Writes all of `bytes`. */
  writeBytes(linear: number, bytes: Uint8Array): void;
  /** Sets `length` bytes to `byte`, 0…255. */
  fill(linear: number, length: number, byte: number): void;
  /** Copies `length` bytes as if through a buffer: the ranges may overlap. */
  copy(to: number, from: number, length: number): void;
  /** Lets the step take time. */
  charge(cycles: number): void;
  /** Cycles on the virtual clock. */
  now(): number;
  /** Instructions that guests have retired. */
  retired(): number;
  /** Writes the low `size` bytes of `value` to an I/O port, at once: not undone with the step. No right is asked for. */
  portWrite(port: number, size: 1 | 2 | 4, value: number): void;
  /** Gives up: return its value from `resume`. */
  died(reason: string): number;
}

/** Thrown by the context's memory accesses; preallocated, so compare by identity or `instanceof`. */
export class PageFaultSignal extends Error {
  override readonly name: string = "PageFaultSignal";
}
