/**
 * The state of a 16550: everything that a rebuilt one needs to go on.
 *
 * Here: its shape, its value after a reset, copies. Not here: what the chip makes of it (`chip.ts`).
 * National Semiconductor PC16550D data sheet (TL/C/8652), "UART Reset Configuration".
 * @module
 */
import { UART_MSR_CTS, UART_MSR_DCD, UART_MSR_DSR } from "./registers.ts";

/** Plain, versioned state. Times are virtual ns; null is "not now". */
export interface Uart16550State {
  readonly version: 1;
  readonly divisor: number;
  readonly ier: number;
  /** FIFO control: the enable bit and the trigger level. */
  readonly fcr: number;
  readonly lcr: number;
  readonly mcr: number;
  readonly scr: number;
  /** Modem status as it reads: the lines, and which have changed. */
  readonly msr: number;
  /** A received byte was lost since the last read of the line status. */
  readonly overrun: boolean;
  /** Bytes received and not read, the oldest first; one at most without FIFOs. */
  readonly received: readonly number[];
  /** When the bytes waiting become a character timeout; FIFO mode only. */
  readonly timeoutAt: number | null;
  /** That has happened, and no byte was read since. */
  readonly timedOut: boolean;
  /** Bytes written and not yet in the shift register, the oldest first. */
  readonly waiting: readonly number[];
  /** The byte in the shift register, and when its last stop bit will have left. */
  readonly shifting: number | null;
  readonly shiftedAt: number | null;
  /** The interrupt of the empty holding register is pending. */
  readonly thrInterrupt: boolean;
  /** Level of the interrupt line. */
  readonly interrupt: boolean;
}

/** As the data sheet resets it, with 9600 baud, as firmware leaves it, and a ready peer. */
export const UART16550_STATE_AT_RESET: Uart16550State = {
  version: 1,
  divisor: 12,
  ier: 0,
  fcr: 0,
  lcr: 0,
  mcr: 0,
  scr: 0,
  msr: UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD,
  overrun: false,
  received: [],
  timeoutAt: null,
  timedOut: false,
  waiting: [],
  shifting: null,
  shiftedAt: null,
  thrInterrupt: false,
  interrupt: false,
};

/** The state while a chip works on it. */
export type Uart16550Fields = {
  -readonly [K in keyof Omit<Uart16550State, "received" | "waiting">]: Uart16550State[K];
} & {
  received: number[];
  waiting: number[];
};

/** A copy that shares nothing. */
export function copyState(state: Uart16550State): Uart16550Fields {
  return { ...state, received: [...state.received], waiting: [...state.waiting] };
}
