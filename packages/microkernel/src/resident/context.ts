/**
 * Resident context: the kernel's side of a resident program's thread.
 *
 * Here: UTCB and memory access on behalf of the running thread. Not here: the loop (→ kernel.ts).
 * Nothing in it outlives a step: the kernel binds it to a thread before each `resume`.
 * @module
 */
import { PAGE_SIZE } from "../api/fpage.ts";
import { RESIDENT_DIED } from "../api/syscall.ts";
import type { ThreadId } from "../api/thread-id.ts";
import { BR_BASE } from "../api/utcb.ts";
import { translate } from "../object/page-table.ts";
import { setUtcbWord, utcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { REGISTER_COUNT } from "../table/registers.ts";
import { PageFaultSignal, type ResidentContext } from "./program.ts";

const SIGNAL: PageFaultSignal = new PageFaultSignal("page fault of a resident program");

export class KernelContext implements ResidentContext {
  thread: ThreadId = 0;
  program: number = 0;
  readonly registers: Int32Array = new Int32Array(REGISTER_COUNT);
  /** Address and kind of the last miss. */
  faultAddress: number = 0;
  faultWrite: boolean = false;
  /** Why the program died. */
  reason: string = "";
  readonly #arena: Arena;
  #row: number = 0;
  #space: number = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Shows the program thread `row`. */
  bind(row: number): void {
    const t = this.#arena.threads;
    this.#row = row;
    this.#space = t.get(row, T.space);
    this.thread = t.get(row, T.id);
    this.program = t.get(row, T.program);
    for (let i = 0; i < REGISTER_COUNT; i++) this.registers[i] = t.get(row, T.registers + i);
  }

  /** Takes the registers back into the thread. */
  commit(): void {
    const t = this.#arena.threads;
    for (let i = 0; i < REGISTER_COUNT; i++) t.set(this.#row, T.registers + i, this.registers[i]);
  }

  mr(index: number): number {
    return utcbWord(this.#arena, this.#row, index);
  }

  setMr(index: number, value: number): void {
    setUtcbWord(this.#arena, this.#row, index, value);
  }

  tcr(index: number): number {
    return utcbWord(this.#arena, this.#row, index);
  }

  setTcr(index: number, value: number): void {
    setUtcbWord(this.#arena, this.#row, index, value);
  }

  br(index: number): number {
    return utcbWord(this.#arena, this.#row, BR_BASE - index);
  }

  setBr(index: number, value: number): void {
    setUtcbWord(this.#arena, this.#row, BR_BASE - index, value);
  }

  read8(linear: number): number {
    return this.#arena.memory.read8(this.#at(linear, 0));
  }

  read16(linear: number): number {
    return this.read8(linear) | (this.read8(linear + 1) << 8);
  }

  read32(linear: number): number {
    if ((linear & 3) === 0) return this.#arena.memory.read32(this.#at(linear, 0));
    return this.read16(linear) | (this.read16(linear + 2) << 16);
  }

  write8(linear: number, value: number): void {
    this.#arena.memory.write8(this.#at(linear, 1), value);
  }

  write16(linear: number, value: number): void {
    this.#check(linear, 2, 1);
    this.write8(linear, value & 0xff);
    this.write8(linear + 1, (value >>> 8) & 0xff);
  }

  write32(linear: number, value: number): void {
    if ((linear & 3) === 0) {
      this.#arena.memory.write32(this.#at(linear, 1), value);
      return;
    }
    this.#check(linear, 4, 1);
    for (let i = 0; i < 4; i++) this.write8(linear + i, (value >>> (8 * i)) & 0xff);
  }

  readBytes(linear: number, length: number): Uint8Array {
    this.#check(linear, length, 0);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const part = Math.min(length - done, toPageEnd(linear + done));
      bytes.set(this.#arena.memory.readBytes(this.#at(linear + done, 0), part), done);
      done += part;
    }
    return bytes;
  }

  writeBytes(linear: number, bytes: Uint8Array): void {
    this.#check(linear, bytes.length, 1);
    for (let done = 0; done < bytes.length; ) {
      const part = Math.min(bytes.length - done, toPageEnd(linear + done));
      this.#arena.memory.writeBytes(this.#at(linear + done, 1), bytes.subarray(done, done + part));
      done += part;
    }
  }

  fill(linear: number, length: number, byte: number): void {
    this.#check(linear, length, 1);
    for (let done = 0; done < length; ) {
      const part = Math.min(length - done, toPageEnd(linear + done));
      this.#arena.memory.fill(this.#at(linear + done, 1), part, byte);
      done += part;
    }
  }

  copy(to: number, from: number, length: number): void {
    this.#check(from, length, 0);
    this.writeBytes(to, this.readBytes(from, length));
  }

  charge(cycles: number): void {
    this.#arena.charge(cycles);
  }

  now(): number {
    return this.#arena.now();
  }

  retired(): number {
    return this.#arena.cpu.retired;
  }

  portWrite(port: number, size: 1 | 2 | 4, value: number): void {
    this.#arena.ports.write(port, size, value);
  }

  died(reason: string): number {
    this.reason = reason;
    return RESIDENT_DIED;
  }

  /** Touches every page of a region first, so that a fault leaves no half-written bytes. */
  #check(linear: number, length: number, write: number): void {
    for (let done = 0; done < length; done += toPageEnd(linear + done)) this.#at(linear + done, write);
  }

  #at(linear: number, write: number): number {
    const physical = translate(this.#arena, this.#space, linear, write);
    if (physical >= 0) return physical;
    this.faultAddress = linear | 0;
    this.faultWrite = write !== 0;
    throw SIGNAL;
  }
}

function toPageEnd(linear: number): number {
  return PAGE_SIZE - (linear & (PAGE_SIZE - 1));
}
