/**
 * The kernel debugger's console: COM1, shared with the programs.
 *
 * Here: text out in order behind what the programs sent, characters in from the receiver, and finding a thread that stays
 * in the debugger for good. Not here: what a trap asks (→ @kintsugi/microkernel, debugger-trap.ts).
 * @module
 */
import type { Processor } from "@kintsugi/ia32";
import type { KernelDebugger } from "@kintsugi/microkernel";
import {
  UART_DLL,
  UART_DLM,
  UART_LCR,
  UART_LCR_DLAB,
  UART_LCR_WORD_LENGTH,
  UART_LSR,
  UART_LSR_DATA_READY,
  UART_PORT,
  UART_RBR,
} from "@kintsugi/pc";

/** Cycles that a character takes: nobody prints without end in no time. */
const CHARACTER_TIME = 100;
/** Guest instructions between two traps of a loop that does nothing but trap. */
const LOOP_LENGTH = 4;
/** Cycles of such a loop, with nobody else running, until it counts as the end: ten time slices. */
const LOOP_TIME = 10_000_000;
const ENCODER: TextEncoder = new TextEncoder();

/** What the console needs of its machine. */
export interface DebuggerMachine {
  readonly clock: Pick<Processor, "retired" | "cycles" | "advance">;
  readPort(port: number): number;
  writePort(port: number, value: number): void;
  /** Lets COM1 send what programs have given to it. */
  drain(): void;
  show(byte: number): void;
  /** A thread wants a character and there is none; it `waits` for one, or goes on. */
  starved(waits: boolean): void;
  /** A thread does nothing but enter the debugger. */
  stuck(thread: number, ip: number): void;
}

interface Entry {
  readonly thread: number;
  readonly ip: number;
  readonly retired: number;
  /** When the loop began, cycles. */
  readonly since: number;
}

export class DebuggerConsole implements KernelDebugger {
  readonly #machine: DebuggerMachine;
  #last: Entry = { thread: 0, ip: 0, retired: 0, since: 0 };

  constructor(machine: DebuggerMachine) {
    this.#machine = machine;
  }

  /** Sets COM1 to 115,200 baud, eight bits, no parity, one stop bit: what firmware and debugger leave to programs. */
  initialise(): void {
    const { writePort } = this.#machine;
    writePort(UART_PORT + UART_LCR, UART_LCR_DLAB | UART_LCR_WORD_LENGTH);
    writePort(UART_PORT + UART_DLL, 1);
    writePort(UART_PORT + UART_DLM, 0);
    writePort(UART_PORT + UART_LCR, UART_LCR_WORD_LENGTH);
  }

  print(text: Uint8Array): void {
    this.#machine.drain();
    this.#machine.clock.advance(CHARACTER_TIME * text.length);
    for (const byte of text) this.#machine.show(byte);
  }

  enter(thread: number, text: Uint8Array | null, ip: number): void {
    const { retired, cycles } = this.#machine.clock;
    const last = this.#last;
    const again = last.thread === thread && last.ip === ip && retired - last.retired <= LOOP_LENGTH;
    this.#last = { thread, ip, retired, since: again ? last.since : cycles };
    if (!again) {
      const place = `thread ${hex(thread)} at ${hex(ip - 1)}`;
      this.print(ENCODER.encode(text === null ? `--- KD# ${place} ---\r\n` : "--- KD# "));
      if (text !== null) this.print(Uint8Array.of(...text, ...ENCODER.encode(` --- ${place}\r\n`)));
    } else if (cycles - last.since >= LOOP_TIME) this.#machine.stuck(thread, ip - 1);
  }

  read(waits: boolean): number {
    if (this.#machine.readPort(UART_PORT + UART_LSR) & UART_LSR_DATA_READY)
      return this.#machine.readPort(UART_PORT + UART_RBR);
    this.#machine.starved(waits);
    return -1;
  }
}

/** As thread ids and addresses are written. */
export function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
