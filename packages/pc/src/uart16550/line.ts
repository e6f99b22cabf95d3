/**
 * What the control registers of a 16550 say about the wire.
 *
 * Here: frame length, word mask, trigger level, modem lines, as pure functions. Not here: the chip.
 * National Semiconductor PC16550D data sheet (TL/C/8652), "Line", "FIFO" and "Modem Control Register".
 * @module
 */
import * as R from "./registers.ts";

/** Bits of a word, as a mask. */
export function wordMask(lcr: number): number {
  return (1 << wordLength(lcr)) - 1;
}

/** Time in ns from the start bit to the end of the last stop bit. A divisor of 0 counts as 65,536. */
export function frameTime(lcr: number, divisor: number): number {
  const stopBits = (lcr & R.UART_LCR_STOP) === 0 ? 1 : wordLength(lcr) === 5 ? 1.5 : 2;
  const bits = 1 + wordLength(lcr) + ((lcr & R.UART_LCR_PARITY) === 0 ? 0 : 1) + stopBits;
  return Math.ceil((bits * (divisor === 0 ? 0x10000 : divisor) * 1e9) / R.UART_BASE_RATE);
}

/** Received bytes that make an interrupt: 1 without FIFOs. */
export function triggerLevel(fcr: number): number {
  return [1, 4, 8, 14][(fcr >> R.UART_FCR_TRIGGER_SHIFT) & 3];
}

/** The four lines of the modem status: the outputs looped back, or a peer that is always ready. */
export function modemLines(mcr: number): number {
  if ((mcr & R.UART_MCR_LOOP) === 0) return R.UART_MSR_CTS | R.UART_MSR_DSR | R.UART_MSR_DCD;
  let lines = 0;
  if ((mcr & R.UART_MCR_DTR) !== 0) lines |= R.UART_MSR_DSR;
  if ((mcr & R.UART_MCR_RTS) !== 0) lines |= R.UART_MSR_CTS;
  if ((mcr & R.UART_MCR_OUT1) !== 0) lines |= R.UART_MSR_RI;
  if ((mcr & R.UART_MCR_OUT2) !== 0) lines |= R.UART_MSR_DCD;
  return lines;
}

function wordLength(lcr: number): number {
  return 5 + (lcr & R.UART_LCR_WORD_LENGTH);
}
